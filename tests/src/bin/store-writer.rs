//! Writes to the store in the folder that it is given, and prints what was acknowledged, one line each, until it is killed or
//! has written as often as it was told: `store-writer DIR NAME TIMES`.
//!
//! A process of its own, so that it can be killed, and its disk can fail.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use assize::store::{Store, StoreError};
use assize_tests::happenings::{access, change, draft, moment};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, folder, name, times] = arguments.as_slice() else {
        return ExitCode::from(2);
    };
    let times = times.parse().expect("a number");
    match write(Path::new(folder), name, times) {
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

/// One write for each line: what was printed before a kill is whole.
fn say(line: &str) {
    let mut stdout = std::io::stdout();
    let _ = stdout.write_all(format!("{line}\n").as_bytes());
    let _ = stdout.flush();
}
