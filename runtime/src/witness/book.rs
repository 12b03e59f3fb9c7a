//! What a witness remembers: one checkpoint of each log, on disk before its cosignature leaves.
//!
//! ```text
//! key                     the private key
//! lock                    held by the one process that is the witness
//! logs/<digest>           the checkpoint cosigned last, with the cosignature; the digest is SHA-256 of the log's name
//! logs/<digest>.fork      two checkpoints that a log signed and that contradict each other, as a proof that anybody can carry
//! ```

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use assize_provenance::checkpoint::AnyCheckpoint;
use assize_provenance::digest::Digest;
use assize_provenance::fork::Fork;
use assize_provenance::key::vkey::NoteKey;
use assize_provenance::signature::note::NOTE_BYTES_MAX;
use assize_provenance::witness::{AddCheckpoint, SIZE_TYPE, Seen, Unwitnessed};

use super::fault::WitnessFault;
use super::key::WitnessKey;
use crate::clock::Clock;
use crate::durable;

/// How often a folder that is taken is tried again, and how long is waited between.
const LOCK_TRIES: u32 = 20;
const LOCK_WAIT: Duration = Duration::from_millis(50);

/// The media type of every other answer.
pub(super) const TEXT_TYPE: &str = "text/plain; charset=utf-8";

/// A witness at work. It holds its folder until it is dropped.
#[derive(Debug)]
pub struct Book {
    dir: PathBuf,
    key: WitnessKey,
    logs: Vec<NoteKey>,
    clock: Clock,
    /// Held from looking up what was cosigned until the next is on disk.
    writing: Mutex<()>,
    _lock: File,
}

/// What is answered to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status of HTTP.
    pub status: u16,
    /// The media type of the body.
    pub media_type: &'static str,
    /// The body.
    pub body: String,
}

impl Answer {
    pub(super) fn says(status: u16, sentence: &str) -> Self {
        Self {
            status,
            media_type: TEXT_TYPE,
            body: format!("{sentence}\n"),
        }
    }
}

impl Book {
    /// Opens the witness in a folder, which knows the logs of these keys. Where there is none yet, it is made with this name.
    ///
    /// # Errors
    ///
    /// [`WitnessFault`]; [`WitnessFault::Taken`] while another process is that witness.
    pub fn open(dir: &Path, name: Option<&str>, logs: Vec<NoteKey>, clock: Clock) -> Result<Self, WitnessFault> {
        let io = |path: &Path| {
            let path = path.to_owned();
            move |source| WitnessFault::Io { path, source }
        };
        durable::private_dir(dir).map_err(io(dir))?;
        durable::private_dir(&dir.join("logs")).map_err(io(dir))?;
        let lock = dir.join("lock");
        let held = durable::lockable(&lock).map_err(io(&lock))?;
        match patient(&held) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(WitnessFault::Taken(dir.to_owned())),
            Err(TryLockError::Error(source)) => return Err(WitnessFault::Io { path: lock, source }),
        }
        Ok(Self {
            key: WitnessKey::open(&dir.join("key"), name)?,
            dir: dir.to_owned(),
            logs,
            clock,
            writing: Mutex::new(()),
            _lock: held,
        })
    }

    /// The public key, for those who trust the witness.
    #[must_use]
    pub fn key(&self) -> &NoteKey {
        &self.key.public
    }

    /// Answers a request to cosign. When an answer of 200 comes back, what it vouches for is on disk.
    ///
    /// # Errors
    ///
    /// [`WitnessFault`]: nothing was cosigned.
    pub fn add(&self, request: &[u8]) -> Result<Answer, WitnessFault> {
        let request = match AddCheckpoint::parse(request) {
            Ok(request) => request,
            Err(error) => return Ok(Answer::says(400, &error.to_string())),
        };
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let path = self.path(request.checkpoint.origin());
        let known = self.known(&path)?;
        let last = known.as_ref().map(|known| Seen {
            size: known.size(),
            root: known.root(),
        });
        match request.judge(&self.logs, last) {
            Ok(_) => self.cosign(&path, &request.checkpoint),
            Err(Unwitnessed::OtherSize(size)) => Ok(Answer {
                status: 409,
                media_type: SIZE_TYPE,
                body: format!("{size}\n"),
            }),
            Err(refused) => {
                let mut said = refused.to_string();
                if let (Unwitnessed::Forked | Unwitnessed::Inconsistent, Some(known)) = (&refused, known) {
                    // So that whoever asks learns of the other past, and can prove it without this witness.
                    said = format!("{said}\n\n{}", known.to_string().trim_end_matches('\n'));
                    if refused == Unwitnessed::Forked {
                        self.keep_fork(&path, known, request.checkpoint);
                    }
                }
                Ok(Answer::says(refused.status(), &said))
            }
        }
    }

    fn cosign(&self, path: &Path, checkpoint: &AnyCheckpoint) -> Result<Answer, WitnessFault> {
        let seconds = u64::try_from(self.clock.unix_seconds()).map_err(|_| WitnessFault::Clock)?;
        let signature = self.key.sign(&checkpoint.to_cosign(seconds));
        let Ok(line) = checkpoint.cosign(&self.key.public, seconds, signature) else {
            return Ok(Answer::says(500, "the witness's own signature does not verify"));
        };
        let body = format!("{line}\n");
        let cosigned = match checkpoint.with_answer(&body, &self.key.public) {
            Ok(cosigned) => cosigned.to_string(),
            Err(error) => return Ok(Answer::says(400, &error.to_string())),
        };
        durable::replace(path, cosigned.as_bytes()).map_err(|source| WitnessFault::Io {
            path: path.to_owned(),
            source,
        })?;
        Ok(Answer {
            status: 200,
            media_type: TEXT_TYPE,
            body,
        })
    }

    /// What was cosigned last of a log. A damaged file is no blank page.
    fn known(&self, path: &Path) -> Result<Option<AnyCheckpoint>, WitnessFault> {
        let bytes_max = NOTE_BYTES_MAX as u64;
        let bytes = durable::read(path, bytes_max).map_err(|source| WitnessFault::Io {
            path: path.to_owned(),
            source,
        })?;
        let Some(bytes) = bytes else { return Ok(None) };
        let known = AnyCheckpoint::parse(&bytes).ok();
        let known = known.filter(|known| matches!(known.cosigned_by(&self.key.public), Ok(Some(_))));
        known.map(Some).ok_or_else(|| WitnessFault::Damaged {
            path: path.to_owned(),
            reason: "it is no checkpoint that this witness cosigned",
        })
    }

    /// Keeps the proof that a log is forked, the first one of each. That it cannot be kept changes nothing of the answer.
    fn keep_fork(&self, path: &Path, known: AnyCheckpoint, submitted: AnyCheckpoint) {
        let path = path.with_extension("fork");
        tracing::warn!(log = known.origin(), size = known.size(), path = %path.display(), "a log is forked");
        let root = submitted.root();
        let Ok(fork) = Fork::new(known, submitted, root, Vec::new()) else {
            return;
        };
        if !path.exists() {
            let kept = durable::replace(&path, fork.to_string().as_bytes());
            if let Err(error) = kept {
                tracing::warn!(path = %path.display(), %error, "the proof of a fork was not kept");
            }
        }
    }

    fn path(&self, origin: &str) -> PathBuf {
        self.dir.join("logs").join(Digest::of(origin.as_bytes()).to_string())
    }
}

/// Locks a file that somebody may hold for a moment still: a process that was just started by another thread holds every file of
/// this one until it becomes another program.
fn patient(file: &File) -> Result<(), TryLockError> {
    for _ in 1..LOCK_TRIES {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => thread::sleep(LOCK_WAIT),
            other => return other,
        }
    }
    file.try_lock()
}

#[cfg(test)]
mod tests;
