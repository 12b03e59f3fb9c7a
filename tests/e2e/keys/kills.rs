//! Keys that are moved are never lost: the n-th call of each kind that changes the disk is the one that the process does not
//! live to see.

use assize::chain::keys::KeyStore;
use assize::clock::Clock;
use assize_provenance::key::PublicKey;
use assize_tests::bed::{Bed, ran};
use assize_tests::snapshot::Snapshot;
use assize_tests::{tools, trace};

use super::{PASSPHRASE, bed, current, with};

/// The calls that can change a disk.
const CALLS: [&str; 7] = ["openat", "write", "fsync", "rename", "unlink", "mkdir", "ftruncate"];
/// More calls of one kind than such a command makes.
const CALLS_MAX: usize = 200;

fn store(bed: &Bed) -> KeyStore {
    KeyStore::new(bed.home().join("keys")).with_passphrase(PASSPHRASE.to_owned())
}

/// Insists that the same pair still signs.
fn still_signs(bed: &Bed, pair: &[PublicKey; 2], when: &str) {
    let (signer, made) = match store(bed).own_signer(Clock::Fixed(0)) {
        Ok(found) => found,
        Err(fault) => panic!("{when}: {fault}"),
    };
    assert!(!made, "{when}: keys were made anew");
    assert_eq!([signer.council_key(), signer.log_key()], *pair, "{when}");
    let left = std::fs::read_dir(bed.home().join("keys")).expect("a folder");
    let names: Vec<String> = left
        .map(|file| file.expect("a file").file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".new"))
        .collect();
    assert!(names.is_empty(), "{when}: {names:?} was left");
}

/// Runs a command with a kill at every point; gives how often it was killed.
fn kill_everywhere(bed: &Bed, arguments: &[&str], pair: &[PublicKey; 2]) -> usize {
    let Some(strace) = tools::program("strace", "keys that are moved by a process that is killed") else {
        return usize::MAX;
    };
    let before = Snapshot::of(&bed.home().join("keys"));
    let mut kills = 0;
    for call in CALLS {
        // Most files that are opened are libraries.
        let step = if call == "openat" { 8 } else { 1 };
        for point in (1..CALLS_MAX).step_by(step) {
            before.restore();
            let (filter, injection) = (
                format!("trace={call}"),
                format!("inject={call}:signal=KILL:when={point}"),
            );
            let options = ["-f", "-qq", "-o", "/dev/null", "-e", &filter, "-e", &injection, "--"];
            let mut command = bed.command(arguments);
            command.env("ASSIZE_KEYS_PASSPHRASE", PASSPHRASE);
            let run = ran(&trace::under(&strace, &options, &command)
                .output()
                .expect("strace starts"));
            if run.code == 0 {
                break;
            }
            assert_eq!(run.code, -1, "{arguments:?}, {call} {point}: {run:?}");
            still_signs(bed, pair, &format!("{arguments:?} killed at {call} {point}"));
            kills += 1;
        }
    }
    before.restore();
    kills
}

#[test]
fn keys_survive_a_kill_anywhere_while_they_are_moved() {
    let bed = bed();
    let _ = bed.assize(&["key", "new"]).expect(0);
    let (signer, _) = store(&bed).own_signer(Clock::Fixed(0)).expect("opens");
    let pair = [signer.council_key(), signer.log_key()];
    let log = current(&bed, "log");
    let protecting = kill_everywhere(&bed, &["key", "protect", &log], &pair);
    let known = [("ASSIZE_KEYS_PASSPHRASE", PASSPHRASE)];
    let _ = with(&bed, &known, &["key", "protect", &log]).expect(0);
    let unprotecting = kill_everywhere(&bed, &["key", "unprotect", &log], &pair);
    let person = kill_everywhere(&bed, &["key", "new", "--role", "person"], &pair);
    for (what, kills) in [("protect", protecting), ("unprotect", unprotecting), ("new", person)] {
        assert!(kills > 5, "{what}: only {kills} kills: were the calls seen at all?");
    }
}
