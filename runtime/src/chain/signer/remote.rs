//! Keys that the signer's process keeps, as a host asks for their signatures.

use std::io::{self, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use assize_provenance::key::PublicKey;
use rustix::net::sockopt::socket_peercred;

use super::wire::{self, ANSWER_BYTES_MAX, Answer, Asked, HELLO};
use super::{Keeper, SigningFault, Work};

/// How long the signer may take for one request. Its keys may be in an ssh-agent that asks a person.
const ANSWER_WITHIN: Duration = Duration::from_secs(90);

/// Why the signer's process does not sign.
#[derive(Debug, thiserror::Error)]
pub enum RemoteFault {
    /// It is not there, or went away.
    #[error("the signer at {} cannot be reached: {source}; start it with `assize signer`", path.display())]
    Io {
        /// Its socket.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Somebody else could answer in its place.
    #[error("the signer at {} is not believed: {reason}", path.display())]
    Exposed {
        /// Its socket.
        path: PathBuf,
        /// Who could.
        reason: &'static str,
    },
    /// It speaks another version, or is none.
    #[error("what listens at {} is no signer of this version: it begins with `{found}`, not with `assize-signer/1`; run the same release on both sides", path.display())]
    Version {
        /// Its socket.
        path: PathBuf,
        /// How it begins.
        found: String,
    },
    /// It does not keep to the protocol.
    #[error("the signer at {} answers with something that the protocol does not have", path.display())]
    Answer {
        /// Its socket.
        path: PathBuf,
    },
    /// It holds other keys than when it was connected to.
    #[error("the signer at {} holds other keys than before; run this again", path.display())]
    OtherKeys {
        /// Its socket.
        path: PathBuf,
    },
    /// It refused.
    #[error("the signer refuses: {0}")]
    Refused(String),
    /// It could not.
    #[error("the signer could not sign: {0}")]
    Failed(String),
}

impl RemoteFault {
    /// Whether the machine failed.
    #[must_use]
    pub fn is_machine(&self) -> bool {
        matches!(self, Self::Io { .. } | Self::Failed(_))
    }
}

/// The way to one signer. Whoever asks waits for who asked before.
#[derive(Debug)]
struct Link {
    path: PathBuf,
    keys: [PublicKey; 2],
    stream: Mutex<Option<UnixStream>>,
}

/// One of its keys.
#[derive(Debug)]
pub(super) struct RemoteKey {
    link: Arc<Link>,
    key: PublicKey,
}

/// Connects to a signer and gives its council key and its log key.
pub(super) fn connect(path: &Path) -> Result<(RemoteKey, RemoteKey), RemoteFault> {
    let (stream, keys) = open(path)?;
    let link = Arc::new(Link {
        path: path.to_owned(),
        keys,
        stream: Mutex::new(Some(stream)),
    });
    let [council, log] = keys.map(|key| RemoteKey {
        link: Arc::clone(&link),
        key,
    });
    Ok((council, log))
}

impl Keeper for RemoteKey {
    fn public_key(&self) -> PublicKey {
        self.key
    }

    fn sign(&self, work: Work<'_>) -> Result<[u8; 64], SigningFault> {
        let Some((asked, value)) = Asked::of_work(work) else {
            return Err(RemoteFault::Refused("it signs entries, checkpoints and commits only".to_owned()).into());
        };
        match self.link.ask(asked, &value)? {
            Answer::Signed(signature) => Ok(signature),
            Answer::Refused(why) => Err(RemoteFault::Refused(why).into()),
            Answer::Failed(why) => Err(RemoteFault::Failed(why).into()),
        }
    }
}

impl Link {
    /// Asks for a signature. A signer that was started anew, or that let go of a link which nobody used, is connected to again:
    /// to have the same value signed twice changes nothing.
    fn ask(&self, asked: Asked, value: &[u8]) -> Result<Answer, RemoteFault> {
        let mut held = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mut stream) = held.take()
            && let Ok(Some(answer)) = exchange(&mut stream, asked, value)
        {
            *held = Some(stream);
            return Ok(answer);
        }
        let (mut stream, keys) = open(&self.path)?;
        if keys != self.keys {
            return Err(RemoteFault::OtherKeys {
                path: self.path.clone(),
            });
        }
        let answer = exchange(&mut stream, asked, value).map_err(|source| RemoteFault::Io {
            path: self.path.clone(),
            source,
        })?;
        let answer = answer.ok_or_else(|| RemoteFault::Answer {
            path: self.path.clone(),
        })?;
        *held = Some(stream);
        Ok(answer)
    }
}

/// Sends a request and reads its answer; none where it is no answer.
fn exchange(stream: &mut UnixStream, asked: Asked, value: &[u8]) -> io::Result<Option<Answer>> {
    let deadline = deadline();
    wire::write_frame(stream, asked.code(), value, ANSWER_WITHIN)?;
    let frame = wire::read_frame(stream, ANSWER_BYTES_MAX, deadline)?;
    Ok(frame.and_then(|(code, rest)| Answer::of_frame(code, &rest)))
}

/// Connects and learns the keys.
fn open(path: &Path) -> Result<(UnixStream, [PublicKey; 2]), RemoteFault> {
    let io = |source| RemoteFault::Io {
        path: path.to_owned(),
        source,
    };
    let mut stream = UnixStream::connect(path).map_err(io)?;
    believe(path, &stream)?;
    let deadline = deadline();
    stream.set_write_timeout(Some(ANSWER_WITHIN)).map_err(io)?;
    stream.write_all(HELLO).map_err(io)?;
    let mut hello = [0; HELLO.len()];
    wire::read_until(&mut stream, &mut hello, deadline).map_err(io)?;
    if hello != *HELLO {
        let line = hello.split(|byte| *byte == b'\n').next().unwrap_or_default();
        return Err(RemoteFault::Version {
            path: path.to_owned(),
            found: line.escape_ascii().to_string(),
        });
    }
    let mut keys = [[0; 32]; 2];
    for key in &mut keys {
        wire::read_until(&mut stream, key, deadline).map_err(io)?;
    }
    let read = keys.map(|bytes| PublicKey::from_bytes(&bytes));
    match read {
        [Ok(council), Ok(log)] if council != log => Ok((stream, [council, log])),
        _ => Err(RemoteFault::Answer { path: path.to_owned() }),
    }
}

/// Insists that nobody but the socket's owner can answer: its folder is not for others to write, and the process behind it is
/// its owner's.
fn believe(path: &Path, stream: &UnixStream) -> Result<(), RemoteFault> {
    let io = |source| RemoteFault::Io {
        path: path.to_owned(),
        source,
    };
    let exposed = |reason| RemoteFault::Exposed {
        path: path.to_owned(),
        reason,
    };
    let path = path.canonicalize().map_err(io)?;
    let socket = std::fs::symlink_metadata(&path).map_err(io)?;
    let folder = path.parent().unwrap_or(Path::new("/"));
    let folder = std::fs::symlink_metadata(folder).map_err(io)?;
    let peer = socket_peercred(stream).map_err(|error| io(error.into()))?.uid.as_raw();
    if !socket.file_type().is_socket() || socket.uid() != peer {
        return Err(exposed("the process behind the socket is not its owner's"));
    }
    let own = rustix::process::geteuid().as_raw();
    if folder.mode() & 0o022 != 0 || ![own, peer, 0].contains(&folder.uid()) {
        return Err(exposed(
            "others can write to its folder; move the socket to a folder that only its owner can",
        ));
    }
    Ok(())
}

fn deadline() -> Instant {
    let now = Instant::now();
    now.checked_add(ANSWER_WITHIN).unwrap_or(now)
}
