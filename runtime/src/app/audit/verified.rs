//! How far each log was verified on this machine, so that the signatures of those entries need not be checked once more.
//!
//! One small file a log, `$ASSIZE_HOME/seen/verified/LOG.json`. It counts only for the same keys, pin and witnesses, and for the
//! same version of Assize and its verifier; else, and where it is damaged or missing, the log is verified whole. It lies with the
//! private keys and is trusted as they are: who can write there can do anything in this user's name, and who can only write to a
//! repository cannot. The sum in it finds bits that rot and is no secret.

use std::path::{Path, PathBuf};

use assize_provenance::digest::Digest;
use assize_provenance::log_id::LogId;
use assize_provenance::verify::{Proved, VERIFIER_VERSION};
use serde::{Deserialize, Serialize};

use crate::chain::seen::SeenFault;
use crate::durable;

/// The longest file that is read back, in bytes.
const FILE_BYTES_MAX: u64 = 4096;

/// The folder of memories, from the point of view of somebody with a certain trust.
pub(super) struct Verified {
    dir: PathBuf,
    trust: Digest,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    v: u32,
    assize: String,
    verifier: u32,
    log: String,
    trust: String,
    size: u64,
    root: String,
    sum: String,
}

impl Verified {
    /// The memory in the folder of what was seen; it may be missing.
    pub(super) fn in_seen(seen: &Path, trust: Digest) -> Self {
        Self {
            dir: seen.join("verified"),
            trust,
        }
    }

    /// How far a log was verified, where that counts.
    pub(super) fn recall(&self, log: LogId) -> Option<Proved> {
        let bytes = durable::read(&self.path(log), FILE_BYTES_MAX).ok().flatten()?;
        let stored: Stored = serde_json::from_slice(&bytes).ok()?;
        let proved = Proved {
            size: stored.size,
            root: stored.root.parse().ok()?,
        };
        // Whatever else stands there, of another version, for another trust, bent: it is not what is written here.
        (self.text(log, proved)? == bytes).then_some(proved)
    }

    /// Remembers how far a log was verified.
    pub(super) fn remember(&self, log: LogId, proved: Proved) -> Result<(), SeenFault> {
        let io = |source| SeenFault::Io {
            path: self.dir.clone(),
            source,
        };
        let Some(text) = self.text(log, proved) else {
            return Ok(());
        };
        durable::private_dir(&self.dir).map_err(io)?;
        let _lock = durable::lock(&self.dir.join("lock")).map_err(io)?;
        durable::replace(&self.path(log), &text).map_err(io)
    }

    fn text(&self, log: LogId, Proved { size, root }: Proved) -> Option<Vec<u8>> {
        let (assize, trust) = (env!("CARGO_PKG_VERSION"), self.trust);
        let summed = format!("assize-verified-v1\n{assize}\n{VERIFIER_VERSION}\n{log}\n{trust}\n{size}\n{root}\n");
        let stored = Stored {
            v: 1,
            assize: assize.to_owned(),
            verifier: VERIFIER_VERSION,
            log: log.to_string(),
            trust: trust.to_string(),
            size,
            root: root.to_string(),
            sum: Digest::of(summed.as_bytes()).to_string(),
        };
        serde_json::to_vec(&stored).ok()
    }

    fn path(&self, log: LogId) -> PathBuf {
        self.dir.join(format!("{log}.json"))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::thread;

    use super::*;

    fn log(digit: char) -> LogId {
        digit.to_string().repeat(32).parse().expect("a name")
    }

    fn proved(size: u64) -> Proved {
        Proved {
            size,
            root: Digest::of(&size.to_be_bytes()),
        }
    }

    #[test]
    fn what_was_verified_counts_for_the_same_log_and_trust_only() {
        let home = tempfile::tempdir().expect("a folder");
        let (one, other) = (Digest::of(b"one"), Digest::of(b"other"));
        let memory = Verified::in_seen(home.path(), one);
        assert_eq!(memory.recall(log('a')), None);
        memory.remember(log('a'), proved(7)).expect("stored");
        assert_eq!(memory.recall(log('a')), Some(proved(7)));
        assert_eq!(Verified::in_seen(home.path(), other).recall(log('a')), None);
        fs::copy(memory.path(log('a')), memory.path(log('b'))).expect("copied");
        assert_eq!(memory.recall(log('b')), None);
    }

    #[test]
    fn no_bent_bit_counts() {
        let home = tempfile::tempdir().expect("a folder");
        let memory = Verified::in_seen(home.path(), Digest::of(b"one"));
        memory.remember(log('a'), proved(7)).expect("stored");
        let path = memory.path(log('a'));
        let sound = fs::read(&path).expect("read");
        for position in 0..sound.len() {
            for bit in 0..8 {
                let mut bent = sound.clone();
                bent[position] ^= 1 << bit;
                fs::write(&path, bent).expect("written");
                assert_eq!(memory.recall(log('a')), None, "byte {position}, bit {bit}");
            }
            fs::write(&path, &sound[..position]).expect("written");
            assert_eq!(memory.recall(log('a')), None, "cut at {position}");
        }
        let text = String::from_utf8(sound).expect("text");
        for other in [
            text.replace("{\"v\":1", "{\"v\":2"),
            text.replace("\"verifier\":1", "\"verifier\":2"),
            text.replace("\"size\":7", "\"size\":8"),
            format!("{text}\n"),
            "[".repeat(5000),
        ] {
            fs::write(&path, other).expect("written");
            assert_eq!(memory.recall(log('a')), None);
        }
    }

    #[test]
    fn several_at_once_leave_the_word_of_one() {
        let home = tempfile::tempdir().expect("a folder");
        let memory = Verified::in_seen(home.path(), Digest::of(b"one"));
        thread::scope(|scope| {
            for size in 1..5 {
                let memory = &memory;
                scope.spawn(move || {
                    for _ in 0..20 {
                        memory.remember(log('a'), proved(size)).expect("stored");
                        let found = memory.recall(log('a')).expect("one of them");
                        assert_eq!(found, proved(found.size));
                    }
                });
            }
        });
    }
}
