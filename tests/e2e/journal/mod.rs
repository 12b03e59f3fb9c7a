//! The journal of host calls: what is kept, going on after a kill, and replay without any outside.

mod going_on;
mod hostile;
mod kept;
mod kills;
mod replay;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use assize::host_call::Journal;
use assize::outcome::Outcome;
use assize::sandbox::{Account, Board, Declined, Desk, Done, Noting, Record, StoreDesk};
use assize::store::{Act, KeyPage, StateItem};
use assize_provenance::digest::Digest;
use assize_tests::guests;
use assize_tests::workshop::Workshop;

/// May use what lies in the store.
const ROLE: &str =
    "allow = [\"state.*\", \"artifacts.*\", \"workspace.*\"]\n[roles.agent.files]\nread = [\"**\"]\nwrite = [\"**\"]\n";

/// What the agents here pass: `key` at 6144, `report` at 6160, `text/plain` at 6176, `a.txt` at 6192.
const TEXTS: &str = r#"(data (i32.const 6144) "key") (data (i32.const 6160) "report") (data (i32.const 6176) "text/plain")
    (data (i32.const 6192) "a.txt")"#;

/// Sets a value of three letters.
const SET: &str = "(call $set (i32.const 6144) (i32.const 3) (i32.const 1) (i32.const 6144) (i32.const 3)
  (i32.const 0) (i64.const 0) (i32.const 4096))";

/// Reads what it remembers, makes it one letter longer, and insists on the version it has read: three times. Then it lists its keys,
/// writes the letters into a file, stores them as an artifact and reads that back. Whatever is refused makes it trap.
const COUNTING: &str = r#"
  (local $n i32) (local $length i32) (local $version i64)
  (memory.fill (i32.const 16384) (i32.const 120) (i32.const 1000))
  (loop $on
    (call $get (i32.const 6144) (i32.const 3) (i32.const 4096))
    (if (i32.load8_u (i32.const 4096)) (then unreachable))
    (local.set $length (i32.const 0)) (local.set $version (i64.const 0))
    (if (i32.load8_u (i32.const 4104)) (then
      (local.set $version (i64.load (i32.const 4120)))
      (local.set $length (i32.load (i32.const 4132)))))
    (local.set $length (i32.add (local.get $length) (i32.const 1)))
    (call $set (i32.const 6144) (i32.const 3) (i32.const 1) (i32.const 16384) (local.get $length)
      (i32.const 1) (local.get $version) (i32.const 4096))
    (if (i32.load8_u (i32.const 4096)) (then unreachable))
    (local.set $n (i32.add (local.get $n) (i32.const 1)))
    (br_if $on (i32.lt_u (local.get $n) (i32.const 3))))
  (call $keys (i32.const 6144) (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 4096))
  (if (i32.load8_u (i32.const 4096)) (then unreachable))
  (call $write (i32.const 6192) (i32.const 5) (i32.const 16384) (local.get $length) (i32.const 2) (i32.const 4096))
  (if (i32.load8_u (i32.const 4096)) (then unreachable))
  (call $store (i32.const 6160) (i32.const 6) (i32.const 6176) (i32.const 10)
    (i32.const 16384) (local.get $length) (i32.const 4096))
  (if (i32.load8_u (i32.const 4096)) (then unreachable))
  (call $fetch (i32.load (i32.const 4104)) (i32.load (i32.const 4108)) (i64.const 0) (i32.const 100) (i32.const 4096))
  (if (i32.load8_u (i32.const 4096)) (then unreachable))
  (i32.store (i32.const 2052) (i32.load (i32.const 4100)))
  (i32.store (i32.const 2056) (i32.load (i32.const 4104)))
  (i32.const 2048)"#;

/// How many host calls that makes.
const COUNTING_CALLS: u64 = 10;

fn counting() -> Vec<u8> {
    guests::agent_with(TEXTS, COUNTING)
}

fn summary(account: &Account<Done>) -> &str {
    match &account.outcome {
        Outcome::Finished(done) => &done.summary,
        Outcome::Ended(absence, detail) => panic!("{absence:?}: {detail}"),
    }
}

/// What was known of a run at the moment in which its process was killed: everything but its end.
fn without_end(journal: Journal) -> Journal {
    Journal {
        ending: None,
        ..journal
    }
}

/// A desk whose process is killed at its so-many-th writing: after it, so that nobody heard of it, or before.
struct Dying {
    desk: StoreDesk,
    left: Arc<AtomicUsize>,
    after: bool,
}

impl Dying {
    fn new(desk: StoreDesk, writings: usize, after: bool) -> Self {
        Self {
            desk,
            left: Arc::new(AtomicUsize::new(writings)),
            after,
        }
    }

    /// Does a writing, unless the process is dead.
    fn write<T>(&mut self, write: impl FnOnce(&mut StoreDesk) -> Result<T, Declined>) -> Result<T, Declined> {
        let dead = || Declined::Unavailable("the process is dead".to_owned());
        let left = self.left.load(Ordering::Relaxed);
        if left == 0 {
            return Err(dead());
        }
        self.left.store(left - 1, Ordering::Relaxed);
        if left > 1 {
            return write(&mut self.desk);
        }
        if self.after {
            write(&mut self.desk)?;
        }
        Err(dead())
    }
}

impl Board for Dying {
    fn act(&mut self, act: Act, noting: Noting<u64>) -> Result<u64, Declined> {
        self.write(|desk| desk.act(act, noting))
    }
}

impl Desk for Dying {
    fn state_get(&mut self, key: &str) -> Result<Option<StateItem>, Declined> {
        self.desk.state_get(key)
    }

    fn state_set(
        &mut self,
        key: &str,
        value: Option<Vec<u8>>,
        expected: Option<u64>,
        bytes_max: u64,
        noting: Noting<u64>,
    ) -> Result<u64, Declined> {
        self.write(|desk| desk.state_set(key, value, expected, bytes_max, noting))
    }

    fn state_list(&mut self, prefix: &str, after: Option<&str>, max: usize) -> Result<KeyPage, Declined> {
        self.desk.state_list(prefix, after, max)
    }

    fn artifact_store(
        &mut self,
        name: &str,
        media_type: &str,
        contents: Vec<u8>,
        noting: Noting<Digest>,
    ) -> Result<Digest, Declined> {
        self.write(|desk| desk.artifact_store(name, media_type, contents, noting))
    }

    fn artifact_get(&mut self, digest: &Digest, offset: u64, length: u32) -> Result<Vec<u8>, Declined> {
        self.desk.artifact_get(digest, offset, length)
    }

    fn record(&mut self, record: Record<'_>) -> Result<(), Declined> {
        self.write(|desk| desk.record(record))
    }
}

/// A desk that must not be asked for anything.
struct Closed;

impl Board for Closed {
    fn act(&mut self, act: Act, _: Noting<u64>) -> Result<u64, Declined> {
        panic!("{act:?} is done")
    }
}

impl Desk for Closed {
    fn state_get(&mut self, key: &str) -> Result<Option<StateItem>, Declined> {
        panic!("{key} is read")
    }

    fn state_set(
        &mut self,
        key: &str,
        _: Option<Vec<u8>>,
        _: Option<u64>,
        _: u64,
        _: Noting<u64>,
    ) -> Result<u64, Declined> {
        panic!("{key} is set")
    }

    fn state_list(&mut self, prefix: &str, _: Option<&str>, _: usize) -> Result<KeyPage, Declined> {
        panic!("{prefix} is listed")
    }

    fn artifact_store(&mut self, name: &str, _: &str, _: Vec<u8>, _: Noting<Digest>) -> Result<Digest, Declined> {
        panic!("{name} is stored")
    }

    fn artifact_get(&mut self, digest: &Digest, _: u64, _: u32) -> Result<Vec<u8>, Declined> {
        panic!("{digest} is read")
    }

    fn record(&mut self, _: Record<'_>) -> Result<(), Declined> {
        Ok(())
    }
}

/// The same folder again, as it is in a worktree that is made anew: empty but for these files.
fn anew(workshop: &Workshop, files: &[(&str, &str)]) {
    std::fs::remove_dir_all(workshop.folder()).expect("the folder goes");
    std::fs::create_dir(workshop.folder()).expect("a folder");
    files.iter().for_each(|(path, contents)| workshop.put(path, contents));
}
