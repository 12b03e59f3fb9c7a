//! What others left behind: locks and half-written files of processes that are gone, and a damaged write-ahead log.

use std::fs;
use std::path::{Path, PathBuf};

use assize_tests::bed::{Bed, ran};
use assize_tests::{records, tools, trace};

use super::{Moment, STRACE, acknowledged, bed_of, recovers, waiting};

/// Paths of the bed that a process may have left, with what can stand in them.
fn leftovers(bed: &Bed) -> Vec<(PathBuf, &'static [u8])> {
    let log = records::logs(&bed.repository()).into_keys().next().expect("a log");
    let id = log.rsplit('/').next().expect("a name").to_owned();
    let git = bed.repository().join(".git");
    let evidence = format!("refs/assize/v1/evidence/{id}");
    vec![
        (git.join(format!("{log}.lock")), b"assize\n"),
        (git.join(format!("{evidence}.lock")), b"assize\n"),
        (git.join(format!("{log}.value.lock")), b"0123"),
        (git.join("assize/log.new"), b"{\"v\": 1"),
        (git.join("assize/wal.new"), b""),
        (git.join("objects/pack/pack_git2_0123456789abcdef"), b"PACK"),
        (git.join("objects/pack/tmp_pack_XXXXXX"), b"PACK"),
        (bed.home().join(format!("seen/{id}.new")), b"{"),
        (bed.home().join("keys/current.new"), b"{"),
        (bed.home().join("keys/lock"), b""),
        (bed.home().join("seen/lock"), b""),
    ]
}

#[test]
fn files_of_processes_that_are_gone_are_in_nobodys_way() {
    let bed = bed_of(2);
    let _ = bed.assize(&["review", "HEAD~1"]).expect(0);
    let moment = Moment::of(&bed);
    for (path, contents) in leftovers(&bed) {
        moment.restore();
        fs::write(&path, contents).expect("a leftover");
        recovers(&bed, &format!("with {}", path.display()));
    }
}

/// A lock of git's own says nothing of its holder, so it is waited for before it is taken away.
#[test]
fn a_lock_that_git_left_is_taken_away_in_the_end() {
    let bed = bed_of(2);
    let _ = bed.assize(&["review", "HEAD~1"]).expect(0);
    let log = records::logs(&bed.repository()).into_keys().next().expect("a log");
    fs::write(bed.repository().join(".git").join(format!("{log}.lock")), "").expect("a lock");
    recovers(&bed, "with a lock of git's");
}

/// Leaves a clone whose write-ahead log holds a whole batch: the process was killed before the ref moved.
fn stopped_before_sealing(strace: &Path, bed: &Bed) -> Vec<u8> {
    let injection = ["-e", "trace=rename", "-e", "inject=rename:signal=KILL:when=1"];
    let options = [["-f", "-qq", "-o", "/dev/null"].as_slice(), &injection, &["--"]].concat();
    let run = ran(&trace::under(strace, &options, &bed.command(&["review", "HEAD~1"]))
        .output()
        .expect("strace starts"));
    assert_eq!(run.code, -1, "{run:?}");
    assert!(
        !waiting(&bed.repository()).is_empty(),
        "nothing waits in the write-ahead log"
    );
    fs::read(bed.repository().join(".git/assize/wal")).expect("a write-ahead log")
}

/// A byte that changed in the middle is damage, not a write that was cut short: nothing goes on until a person looks.
#[test]
fn a_damaged_write_ahead_log_is_named_and_kept() {
    let Some(strace) = tools::program("strace", STRACE) else {
        return;
    };
    let bed = bed_of(3);
    let _ = bed.assize(&["review", "HEAD~2"]).expect(0);
    let intact = stopped_before_sealing(&strace, &bed);
    let promised = acknowledged(&bed.repository());
    let wal = bed.repository().join(".git/assize/wal");
    let header = intact.iter().position(|byte| *byte == b'\n').expect("a header") + 1;
    for position in [header, header + 5, header + 8, header + 40] {
        let mut damaged = intact.clone();
        damaged[position] ^= 0x10;
        fs::write(&wal, &damaged).expect("damage");
        let run = bed.assize(&["review"]);
        assert!(run.code == 2 || run.code == 74, "byte {position}: {run:?}");
        assert!(run.stderr.contains(".git/assize/wal"), "byte {position}: {run:?}");
        assert_eq!(run.stdout, "");
        assert_eq!(
            fs::read(&wal).expect("it stays"),
            damaged,
            "byte {position}: the file was touched"
        );
    }
    fs::write(&wal, &intact).expect("repaired");
    recovers(&bed, "after the repair");
    let kept = records::entries(&bed.repository());
    assert!(
        promised.iter().all(|line| kept.contains(line)),
        "an acknowledged entry is gone"
    );
}
