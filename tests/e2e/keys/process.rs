//! `assize signer`: a process that holds the keys, and hosts that have none.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use assize_tests::bed::{Bed, Run, ran};
use assize_tests::{records, tools, trace};

use super::{ASSIZE, Running, bed, change, holds_a_private_half, listed, listens, logs, wait_until, with};

/// A user that owns nothing here.
const FOREIGN: u32 = 65_534;

/// The signer's own home beside the bed: the host's home has no keys.
fn home(bed: &Bed) -> PathBuf {
    bed.beside("signer-home")
}

fn socket(bed: &Bed) -> PathBuf {
    home(bed).join("signer/socket")
}

/// The command that serves.
fn service(bed: &Bed, arguments: &[&str]) -> Command {
    let mut command = bed.command(&[&["signer"], arguments].concat());
    command.env("ASSIZE_HOME", home(bed));
    command
}

/// Starts a signer and waits until it listens.
fn started(bed: &Bed) -> Running {
    let running = Running::start(&mut service(bed, &[]));
    wait_until("the signer", || listens(&socket(bed)));
    running
}

/// Runs a host's command that uses the signer.
fn host(bed: &Bed, arguments: &[&str]) -> Run {
    with(bed, &[("ASSIZE_SIGNER", &socket(bed).to_string_lossy())], arguments)
}

/// Asks a process to end.
fn terminate(running: &Running) {
    let pid = rustix::process::Pid::from_child(&running.0);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("is ours");
}

#[test]
fn every_command_works_with_a_signers_process() {
    let bed = bed();
    let mut signer = started(&bed);
    let init = host(&bed, &["init"]);
    assert!(init.code == 0, "{init:?}");
    let _ = host(&bed, &["review"]).expect(0);
    assert!(!holds_a_private_half(&bed));
    assert!(listed(&bed).iter().all(|key| key.2 == "signer"), "{:?}", listed(&bed));
    change(&bed, "2");
    let _ = host(&bed, &["review"]).expect(0);
    assert_eq!(logs(&bed).len(), 1);
    let doctor = host(&bed, &["doctor", "--format", "json"]);
    assert!(doctor.stdout.contains("answers with the council key"), "{doctor:?}");
    let new = host(&bed, &["key", "new"]).expect(2);
    assert!(new.stderr.contains("ASSIZE_SIGNER"), "{new:?}");
    // What the signer signed is this user's, also where nobody can be asked.
    for arguments in [&["audit", "verify"][..], &["audit", "check", "HEAD"], &["audit", "log"]] {
        let _ = bed.assize(arguments).expect(0);
        let _ = host(&bed, arguments).expect(0);
    }
    terminate(&signer);
    let ended = signer.0.wait().expect("it ends");
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    assert!(!socket(&bed).exists());
    change(&bed, "3");
    let gone = host(&bed, &["review"]).expect(74);
    assert!(gone.stderr.contains("assize signer"), "{gone:?}");
    // No keys are made in its place.
    assert!(!holds_a_private_half(&bed) && logs(&bed).len() == 1);
}

#[test]
fn several_hosts_ask_at_once() {
    let bed = bed();
    for number in ["2", "3", "4", "5"] {
        change(&bed, number);
    }
    let _signer = started(&bed);
    std::thread::scope(|scope| {
        for back in ["HEAD", "HEAD~1", "HEAD~2", "HEAD~3"] {
            let bed = &bed;
            scope.spawn(move || host(bed, &["review", back]).expect(0));
        }
    });
    assert_eq!(logs(&bed).len(), 1);
    records::insist_on_proof(&bed, "after four hosts at once");
}

#[test]
fn a_killed_signer_leaves_its_socket_and_its_memory_and_the_next_one_takes_both() {
    let bed = bed();
    let mut signer = started(&bed);
    let _ = host(&bed, &["review"]).expect(0);
    let twice = ran(&service(&bed, &[]).output().expect("it starts")).expect(2);
    assert!(twice.stderr.contains("another signer serves"), "{twice:?}");
    signer.kill();
    assert!(socket(&bed).exists() && !listens(&socket(&bed)));
    let _ = host(&bed, &["audit", "verify"]).expect(0);
    let _again = started(&bed);
    change(&bed, "2");
    let _ = host(&bed, &["review"]).expect(0);
    assert_eq!(logs(&bed).len(), 1);
    // A clone that was put back to an earlier moment cannot have its log go on: the memory is the signer's.
    let memory = home(&bed).join(format!("signer/{}.json", logs(&bed).first().expect("a log")));
    let text = fs::read_to_string(&memory).expect("the memory of the log");
    assert!(text.contains("\"size\""), "{text}");
}

/// The process that listens at the signer's socket.
fn listener(bed: &Bed) -> Option<rustix::process::Pid> {
    let stream = UnixStream::connect(socket(bed)).ok()?;
    Some(rustix::net::sockopt::socket_peercred(&stream).expect("a peer").pid)
}

/// The signer is killed while it remembers and answers; the host tries again with the next signer.
#[test]
fn a_signer_may_be_killed_while_it_remembers_and_answers() {
    let Some(strace) = tools::program("strace", "a signer that is killed while it remembers") else {
        return;
    };
    let bed = bed();
    drop(started(&bed));
    let mut kills = 0;
    // A thread counts for itself: the first call of each kind that is not there is one of the thread that listens.
    for (call, first, last) in [("fsync", 1, 2), ("sendto", 1, 6)] {
        for point in first..=last {
            let (filter, injection) = (
                format!("trace={call}"),
                format!("inject={call}:signal=KILL:when={point}"),
            );
            let options = ["-f", "-qq", "-o", "/dev/null", "-e", &filter, "-e", &injection, "--"];
            let mut watched = Running::start(&mut trace::under(&strace, &options, &service(&bed, &[])));
            // What it says when it listens is written too, and may be the end of it.
            let mut is_over = false;
            wait_until("the signer", || {
                is_over = watched.0.try_wait().expect("is ours").is_some();
                is_over || listens(&socket(&bed))
            });
            change(&bed, &format!("{call} {point}"));
            let run = host(&bed, &["review"]);
            if run.code != 0 {
                assert_eq!(run.code, 74, "{call} {point}: {run:?}");
                kills += usize::from(!is_over);
            }
            if let Some(left) = listener(&bed) {
                rustix::process::kill_process(left, rustix::process::Signal::KILL).expect("is ours");
            }
            watched.0.wait().expect("ends with what it watches");
            let _next = started(&bed);
            let run = host(&bed, &["review"]);
            assert_eq!(run.code, 0, "{call} {point}, the next review: {run:?}");
            assert_eq!(logs(&bed).len(), 1, "{call} {point}");
            records::insist_on_proof(&bed, &format!("killed at {call} {point}"));
        }
    }
    assert!(kills >= 3, "only {kills} kills: were the calls seen at all?");
}

/// A host is killed between its signatures and its ref: the signer signs the same again, and nothing else of that size.
#[test]
fn a_host_may_be_killed_between_signature_and_ref() {
    let Some(strace) = tools::program("strace", "a host that is killed while it seals") else {
        return;
    };
    let bed = bed();
    let _signer = started(&bed);
    let _ = host(&bed, &["review"]).expect(0);
    let mut kills = 0;
    for call in ["fsync", "rename"] {
        for point in (1..40).step_by(2) {
            change(&bed, &format!("{call} {point}"));
            let (filter, injection) = (
                format!("trace={call}"),
                format!("inject={call}:signal=KILL:when={point}"),
            );
            let mut review = bed.command(&["review"]);
            review.env("ASSIZE_SIGNER", socket(&bed));
            let options = ["-f", "-qq", "-o", "/dev/null", "-e", &filter, "-e", &injection, "--"];
            let run = ran(&trace::under(&strace, &options, &review)
                .output()
                .expect("strace starts"));
            if run.code == 0 {
                break;
            }
            kills += 1;
            let next = host(&bed, &["review"]);
            assert_eq!(next.code, 0, "{call} {point}: {next:?}");
            assert_eq!(logs(&bed).len(), 1, "{call} {point}");
            records::insist_on_proof(&bed, &format!("a host killed at {call} {point}"));
        }
    }
    assert!(kills > 5, "only {kills} kills: were the calls seen at all?");
}

/// Gives a folder with all that is in it to another user.
fn give(path: &Path, user: u32) {
    chown(path, Some(user), Some(user)).expect("root gives");
    if fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir()) {
        for entry in fs::read_dir(path).expect("a folder") {
            let path = entry.expect("an entry").path();
            if !path.is_symlink() {
                give(&path, user);
            }
        }
    }
}

/// Only root can be somebody else.
#[test]
fn a_foreign_user_is_refused_unless_the_signer_was_told() {
    let what = "a signer that a foreign user asks";
    if !rustix::process::geteuid().is_root() {
        return tools::skip(what, "only root can be somebody else");
    }
    let Some(setpriv) = tools::program("setpriv", what) else {
        return;
    };
    let bed = bed();
    let outer = bed.repository().parent().expect("the bed's folder").to_owned();
    fs::set_permissions(&outer, fs::Permissions::from_mode(0o755)).expect("is ours");
    let open = bed.beside("open");
    fs::create_dir(&open).expect("a folder");
    let path = open.join("socket").to_string_lossy().into_owned();
    give(&bed.repository(), FOREIGN);
    give(&bed.home(), FOREIGN);
    // The cache of compiled components is shared by all beds, and this user's own.
    fs::remove_file(bed.home().join("cache")).expect("the link to it");
    let executable = bed.beside("assize");
    fs::copy(ASSIZE, &executable).expect("a copy that everybody can start");
    let foreign = || {
        let mut command = bed.command(&["init"]);
        command.env("ASSIZE_SIGNER", &path);
        let user = FOREIGN.to_string();
        let options = ["--reuid", &user, "--regid", &user, "--clear-groups", "--"];
        let mut outer = Command::new(&setpriv);
        outer
            .args(options)
            .arg(&executable)
            .args(command.get_args())
            .env_clear();
        outer.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        outer.current_dir(bed.repository());
        ran(&outer.output().expect("setpriv starts"))
    };
    for (allowed, code) in [("12345", 74), ("65534", 0)] {
        let mut signer = Running::start(&mut service(&bed, &["--socket", &path, "--allow-user", allowed]));
        wait_until("the signer", || listens(Path::new(&path)));
        let run = foreign();
        assert_eq!(run.code, code, "{allowed}: {run:?}");
        terminate(&signer);
        signer.0.wait().expect("ends");
    }
    assert!(!holds_a_private_half(&bed));
}
