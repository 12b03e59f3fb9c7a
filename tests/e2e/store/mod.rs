//! What must be true of the store, whichever database is behind it: the contract as one suite over a way to open one, and
//! what happens when processes work at once, are killed, or have a disk that fails.

mod board;
mod contract;
mod faults;
mod kills;
mod listings;
mod place;
mod rot;
mod together;
mod workflows;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use assize::event::{Kind, RunId};
use assize::store::Store;
use assize_tests::happenings::{all_events, insist_on_soundness};
use tempfile::TempDir;

/// Why strace is wanted.
const STRACE: &str = "what the store does when a process is killed or its disk is full";

/// A world with one store in it, that can be opened as often as a test likes.
struct World {
    folder: TempDir,
}

impl World {
    /// The embedded database in a folder of its own.
    fn sqlite() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    fn open(&self) -> Store {
        Store::open(&self.state_dir()).unwrap_or_else(|error| panic!("does not open: {error}"))
    }

    fn state_dir(&self) -> PathBuf {
        self.folder.path().join("assize")
    }

    /// A file in the state folder.
    fn path(&self, name: &str) -> PathBuf {
        self.state_dir().join(name)
    }

    /// A process that writes to the store as often as it is told.
    fn writer(&self, name: &str, times: u64) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_store-writer"));
        command
            .arg(self.state_dir())
            .args([name, &times.to_string()])
            .env_clear();
        command
    }
}

/// What a process was told is on disk: the lines that it printed.
struct Acknowledged(Vec<String>);

impl Acknowledged {
    fn of(stdout: &str) -> Self {
        // A line that is not whole was not told.
        let whole = stdout.rsplit_once('\n').map_or("", |(whole, _)| whole);
        Self(whole.lines().map(str::to_owned).collect())
    }

    /// Insists that everything of it is in the store.
    fn is_kept(&self, store: &Store, agent: &str, when: &str) {
        let events = all_events(store);
        for line in &self.0 {
            let words: Vec<&str> = line.split(' ').collect();
            let kept = match words.as_slice() {
                ["step", sequence] => {
                    let sequence: u64 = sequence.parse().expect("a number");
                    let found = events.iter().find(|recorded| recorded.sequence == sequence);
                    found.is_some_and(|recorded| recorded.event.kind() == Kind::Workflow)
                }
                ["event", sequence] => {
                    let sequence: u64 = sequence.parse().expect("a number");
                    let found = events.iter().find(|recorded| recorded.sequence == sequence);
                    found.is_some_and(|recorded| recorded.event.agent() == agent)
                }
                ["state", key, version] => {
                    let item = store.state_get(agent, key).expect("reads");
                    item.is_some_and(|item| item.version >= version.parse().expect("a number"))
                }
                ["artifact", digest] => {
                    let digest = digest.parse().expect("a digest");
                    store.artifact_get(&digest, 0, 10).expect("reads").is_some()
                }
                ["open"] | ["failed", ..] => true,
                _ => panic!("{when}: what is {line:?}?"),
            };
            assert!(kept, "{when}: `{line}` was acknowledged and is gone");
        }
    }
}

/// The contents of a folder, to be put back.
struct Moment(Vec<(PathBuf, Vec<u8>)>);

impl Moment {
    fn of(folder: &Path) -> Self {
        let entries = fs::read_dir(folder).expect("a folder");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        Self(
            paths
                .map(|path| (path.clone(), fs::read(&path).expect("a file")))
                .collect(),
        )
    }

    fn restore(&self, folder: &Path) {
        let _ = fs::remove_dir_all(folder);
        fs::create_dir(folder).expect("a folder");
        for (path, contents) in &self.0 {
            fs::write(path, contents).expect("a file");
        }
    }
}

/// Insists that a store can be written and that nothing is wrong with it.
fn works(world: &World, when: &str) {
    let store = world.open();
    insist_on_soundness(&store, when);
    let event = assize_tests::happenings::access(99, "afterwards", "workspace.read", true);
    let sequences = store
        .append(assize_tests::happenings::moment(0), &[event])
        .expect("appends");
    assert_eq!(sequences.len(), 1, "{when}");
}

/// The error as a person reads it.
fn refusal<T>(result: Result<T, impl fmt::Display>) -> String {
    match result {
        Ok(_) => panic!("it was not refused"),
        Err(error) => error.to_string(),
    }
}

/// The name of a run that no test starts.
const NOBODY: RunId = RunId::from_bytes([0xff; 16]);
