//! Acknowledged means durable: processes at once, killed at any point, on a full disk, after copies and restored backups.
//! Whatever happens, the next review succeeds, nothing that was acknowledged is lost, and nobody forks a log.

mod copies;
mod faults;
mod kills;
mod leftovers;
mod story;
mod together;

use std::fs;
use std::path::Path;

use assize_tests::bed::{Bed, Run};
use assize_tests::snapshot::Snapshot;
use assize_tests::{records, seats, tools};

const ASSIZE: &str = env!("CARGO_BIN_EXE_assize-under-test");

/// Why strace is wanted.
const STRACE: &str = "what happens when a process is killed or its disk is full";

/// A bed with `changes` commits after the one that appoints an approving judge, the newest last.
fn bed_of(changes: usize) -> Bed {
    seats::approving(ASSIZE, changes)
}

/// A repository and its owner's home, to be put back in place: folders keep their inodes, so the clone stays the same one.
struct Moment {
    repository: Snapshot,
    home: Snapshot,
}

impl Moment {
    fn of(bed: &Bed) -> Self {
        Self {
            repository: Snapshot::of(&bed.repository()),
            home: Snapshot::of(&bed.home()),
        }
    }

    fn restore(&self) {
        self.repository.restore();
        self.home.restore();
    }
}

/// What a clone has acknowledged: the entries in its logs, and those that wait in its write-ahead log.
fn acknowledged(repository: &Path) -> Vec<Vec<u8>> {
    let mut lines = records::entries(repository);
    // Between the ref's move and the cut, the same entries stand in both.
    let waiting: Vec<Vec<u8>> = waiting(repository)
        .into_iter()
        .filter(|line| !lines.contains(line))
        .collect();
    lines.extend(waiting);
    lines
}

/// The entries in the write-ahead log, up to the first frame that is not whole. A frame is its length and the length's
/// complement, four bytes each, big-endian; then a kind, the payload and 32 bytes of digest. Kind 0 is an entry.
fn waiting(repository: &Path) -> Vec<Vec<u8>> {
    let bytes = fs::read(repository.join(".git/assize/wal")).unwrap_or_default();
    let header = bytes
        .iter()
        .position(|byte| *byte == b'\n')
        .map_or(bytes.len(), |end| end + 1);
    let mut rest = &bytes[header..];
    let mut entries = Vec::new();
    while let Some((head, body)) = rest.split_first_chunk::<8>() {
        let number = |bytes: &[u8]| u32::from_be_bytes(bytes.try_into().expect("four bytes"));
        let length = number(&head[..4]);
        if length != !number(&head[4..]) || length < 33 || body.len() < length as usize {
            break;
        }
        let (frame, after) = body.split_at(length as usize);
        if frame[0] == 0 {
            entries.push(frame[1..frame.len() - 32].to_vec());
        }
        rest = after;
    }
    entries
}

/// Insists that the next review succeeds, that everything acknowledged before it is in the log exactly once, that there
/// is one log, and that the whole chain is proved.
fn recovers(bed: &Bed, when: &str) {
    let before = acknowledged(&bed.repository());
    let run = bed.assize(&["review"]);
    assert_eq!(run.code, 0, "{when}, the next review: {run:?}");
    let logs = records::logs(&bed.repository());
    assert_eq!(
        logs.len(),
        1,
        "{when}: there are {:?}; the next review said {}",
        logs.keys(),
        run.stderr
    );
    let lines: Vec<&Vec<u8>> = logs.values().flatten().collect();
    for line in &before {
        let found = lines.iter().filter(|other| **other == line).count();
        assert_eq!(found, 1, "{when}: an acknowledged entry is {found} times in the log");
    }
    is_sound(bed, when);
}

/// Insists that `verify` proves the chain, in the library and as a process, and that git finds nothing wrong.
fn is_sound(bed: &Bed, when: &str) {
    records::insist_on_proof(bed, when);
    let verified = bed.assize(&["audit", "verify"]);
    assert_eq!(verified.code, 0, "{when}: {verified:?}");
    if let Some(checked) = fsck(bed) {
        assert_eq!(checked.code, 0, "{when}: {checked:?}");
    }
}

/// Lets stock git check every object and ref, where there is a git.
fn fsck(bed: &Bed) -> Option<Run> {
    let git = tools::program("git", "git fsck after every recovery")?;
    Some(bed.tool(&git, &["fsck", "--strict", "--full", "--no-dangling", "--no-progress"]))
}
