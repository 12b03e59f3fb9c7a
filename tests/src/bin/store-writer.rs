//! Writes to the store in the folder that it is given, and prints what was acknowledged, one line each, until it is killed or
//! has written as often as it was told: `store-writer DIR NAME TIMES [THREADS]`. With threads, each of them appends so many
//! events and nothing is printed. `store-writer DIR NAME TIMES drive` takes the lease of one run so often, in turns with others
//! that do, and appends three steps each time.
//!
//! A process of its own, so that it can be killed, and its disk can fail.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use assize::store::wake::Watcher;
use assize::store::{Holder, Store, StoreError, run_lease};
use assize_tests::happenings::{access, change, draft, moment, run};
use assize_tests::steps::{PLAN, submitted, tried};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |text: &String| text.parse().expect("a number");
    let written = match arguments.as_slice() {
        [_, folder, name, times] => write(Path::new(folder), name, number(times)),
        [_, folder, _, times, drive] if drive == "drive" => drive_run(Path::new(folder), number(times)),
        [_, folder, name, times, threads] => write_at_once(Path::new(folder), name, number(times), number(threads)),
        _ => return ExitCode::from(2),
    };
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("failed {error}"));
            ExitCode::from(if error.is_machine() { 74 } else { 2 })
        }
    }
}

/// An event, a value and an artifact in turns: each is printed when it is acknowledged, and not before.
fn write(folder: &Path, name: &str, times: u64) -> Result<(), StoreError> {
    let store = Store::open_patiently(folder, Duration::from_secs(20))?;
    say("open");
    for number in 0..times {
        let at = moment(number);
        match number % 3 {
            0 => {
                let events = [
                    access(number, name, "workspace.read", true),
                    access(number, name, "workspace.write", false),
                ];
                for sequence in store.append(at, &events)? {
                    say(&format!("event {sequence}"));
                }
            }
            1 => {
                let key = format!("key-{}", number % 5);
                let mut change = change(number, name, &key, Some(&number.to_be_bytes()));
                change.bytes_max = 1 << 20;
                if let Ok(version) = store.state_set(at, change)? {
                    say(&format!("state {key} {version}"));
                }
            }
            _ => {
                let contents = format!("{name} {number} {}", "x".repeat(5000));
                let digest = store.artifact_store(at, draft(number, name, "report", contents.as_bytes()))?;
                say(&format!("artifact {digest}"));
            }
        }
    }
    Ok(())
}

/// A driver: the attempt of each step is the fence under which it was appended.
fn drive_run(folder: &Path, times: u64) -> Result<(), StoreError> {
    let store = Store::open_patiently(folder, Duration::from_secs(20))?;
    let holder = Holder::claim(folder).expect("lives");
    let bell = Watcher::of(folder).expect("listens");
    // Another may have been faster.
    let _ = store.append_steps(moment(0), None, vec![submitted(1)], vec![PLAN.to_vec()])?;
    say("open");
    let mut taken = 0;
    while taken < times {
        let state_dir = folder.to_owned();
        let lease = store.lease_take(&run_lease(run(1)), holder.id(), 0, u64::MAX, move |id| {
            Holder::is_dead(&state_dir, id)
        })?;
        let Ok(lease) = lease else {
            bell.wait(Some(Duration::from_millis(500))).expect("waits");
            continue;
        };
        for _ in 0..3 {
            let steps = vec![tried(1, "build", lease.fence)];
            let sequences = store.append_steps(moment(0), Some(&lease), steps, Vec::new())?;
            for sequence in sequences.expect("nobody takes over from the living") {
                say(&format!("step {sequence}"));
            }
        }
        store.lease_release(&lease)?.expect("nobody takes over from the living");
        taken += 1;
    }
    Ok(())
}

/// Threads that append at once.
fn write_at_once(folder: &Path, name: &str, times: u64, threads: u64) -> Result<(), StoreError> {
    let store = Store::open(folder)?;
    let append = || -> Result<(), StoreError> {
        (0..times).try_for_each(|number| {
            let event = access(number, name, "workspace.read", true);
            store.append(moment(number), &[event]).map(drop)
        })
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(append)).collect();
        threads.into_iter().try_for_each(|thread| thread.join().expect("ends"))
    })
}

/// One write for each line: what was printed before a kill is whole.
fn say(line: &str) {
    let mut stdout = std::io::stdout();
    let _ = stdout.write_all(format!("{line}\n").as_bytes());
    let _ = stdout.flush();
}
