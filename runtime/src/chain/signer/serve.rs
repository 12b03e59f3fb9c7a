//! The signer's process: it holds the keys, and hosts ask it over a socket. It reads every value again, and signs nothing else.
//!
//! A host that was taken over can have entries signed while it is: that is what it is there for. It cannot take the keys along,
//! and it cannot have two different checkpoints of one size signed.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use assize_provenance::checkpoint::Checkpoint;
use assize_provenance::commit::UnsignedCommit;
use assize_provenance::entry::Entry;
use assize_provenance::log_id::LogId;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::sockopt::socket_peercred;

use super::memory::{SignedMemory, Unsignable};
use super::socket::Listening;
use super::wire::{self, Answer, Asked, HELLO, REQUEST_BYTES_MAX};
use super::{Keeper, Signer, SigningFault, Work};
use crate::durable;
use crate::stop::Stop;

/// How many hosts may be connected at once.
pub const CLIENTS_MAX: usize = 64;
/// How long a request may take to arrive, and an answer to be taken.
const FRAME_WITHIN: Duration = Duration::from_secs(10);
/// How long a host may say nothing; it connects again when it wants something.
const IDLE_MAX: Duration = Duration::from_mins(10);
/// How often it is looked whether the end was asked for.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Why the signer cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeFault {
    /// The folder or the socket cannot be used.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Others could answer in the signer's place.
    #[error("the folder {path} of the socket can be used by others (mode {mode:03o}, owner {owner}); run `chmod 700 {path}`, or name another with --socket", path = path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
        /// Its owner's user id.
        owner: u32,
    },
    /// Somebody listens there, or something else lies there.
    #[error("{} is taken: a signer listens there, or it is no socket of yours; end the other one, or name another place with --socket", path.display())]
    Taken {
        /// The socket.
        path: PathBuf,
    },
    /// Another signer holds the same keys.
    #[error("another signer serves the keys of {} already", .0.display())]
    Twice(PathBuf),
}

impl ServeFault {
    /// Whether the machine failed.
    #[must_use]
    pub fn is_machine(&self) -> bool {
        matches!(self, Self::Io { .. })
    }
}

/// Where a signer listens, and for whom.
#[derive(Debug, Clone)]
pub struct Post {
    /// The folder of its memory.
    pub memory: PathBuf,
    /// Its socket.
    pub socket: PathBuf,
    /// The user ids that may ask, besides its own.
    pub others: BTreeSet<u32>,
}

/// What every client's thread needs.
struct Desk<'a> {
    signer: &'a Signer,
    memory: SignedMemory,
    users: BTreeSet<u32>,
    clients: AtomicUsize,
    stop: &'a Stop,
}

/// Serves until `stop` asks for the end. What is being signed then is signed. `ready` is told where it listens.
///
/// # Errors
///
/// [`ServeFault`] when it cannot start, or when nobody can connect any more.
pub fn serve(signer: &Signer, post: &Post, stop: &Stop, ready: &mut dyn FnMut(&Path)) -> Result<(), ServeFault> {
    let at = |source| ServeFault::Io {
        path: post.memory.clone(),
        source,
    };
    durable::private_dir(&post.memory).map_err(at)?;
    let lock = durable::lockable(&post.memory.join("lock")).map_err(at)?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(std::fs::TryLockError::WouldBlock) => return Err(ServeFault::Twice(post.memory.clone())),
        Err(std::fs::TryLockError::Error(source)) => return Err(at(source)),
    }
    let listening = Listening::at(&post.socket, !post.others.is_empty())?;
    let mut users = post.others.clone();
    users.insert(rustix::process::geteuid().as_raw());
    let desk = Desk {
        signer,
        memory: SignedMemory::new(post.memory.clone()),
        users,
        clients: AtomicUsize::new(0),
        stop,
    };
    ready(listening.path());
    thread::scope(|scope| {
        while !stop.is_asked() {
            match is_readable(&listening.listener).and_then(|is| is.then(|| listening.listener.accept()).transpose()) {
                Ok(Some((stream, _))) => {
                    scope.spawn(|| desk.attend(stream));
                }
                Ok(None) => {}
                Err(error) if is_passing(&error) => thread::sleep(LOOK_EVERY),
                Err(source) => {
                    // The threads of this scope are waited for, so they are told.
                    stop.stop();
                    return Err(ServeFault::Io {
                        path: listening.path().to_owned(),
                        source,
                    });
                }
            }
        }
        Ok(())
    })
}

/// Whether the next client may fare better: this one went away, or there are too many files open.
fn is_passing(error: &io::Error) -> bool {
    let passing = [
        rustix::io::Errno::MFILE,
        rustix::io::Errno::NFILE,
        rustix::io::Errno::CONNABORTED,
        rustix::io::Errno::INTR,
        rustix::io::Errno::AGAIN,
    ];
    error
        .raw_os_error()
        .is_some_and(|code| passing.iter().any(|known| known.raw_os_error() == code))
}

/// Whether something came within [`LOOK_EVERY`].
fn is_readable(socket: &impl AsFd) -> io::Result<bool> {
    let mut polled = [PollFd::new(socket, PollFlags::IN)];
    let wait = Timespec {
        tv_sec: 0,
        tv_nsec: LOOK_EVERY.subsec_nanos().into(),
    };
    match poll(&mut polled, Some(&wait)) {
        Ok(ready) => Ok(ready > 0),
        Err(rustix::io::Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

impl Desk<'_> {
    /// Attends to one client until it goes, misbehaves, or the end is asked for.
    fn attend(&self, mut stream: UnixStream) {
        let before = self.clients.fetch_add(1, Ordering::AcqRel);
        let ended = if before >= CLIENTS_MAX {
            Err(io::Error::other("too many clients at once"))
        } else {
            self.converse(&mut stream)
        };
        self.clients.fetch_sub(1, Ordering::AcqRel);
        if let Err(error) = ended {
            tracing::info!(%error, "a client was let go");
        }
    }

    fn converse(&self, stream: &mut UnixStream) -> io::Result<()> {
        stream.set_nonblocking(false)?;
        let peer = socket_peercred(&*stream)?;
        if !self.users.contains(&peer.uid.as_raw()) {
            tracing::warn!(user = peer.uid.as_raw(), "a user who may not ask was refused");
            return Ok(());
        }
        let mut hello = [0; HELLO.len()];
        wire::read_until(stream, &mut hello, deadline())?;
        stream.set_write_timeout(Some(FRAME_WITHIN))?;
        stream.write_all(HELLO)?;
        if hello != *HELLO {
            return Err(io::Error::other("it speaks another version"));
        }
        for key in [self.signer.council_key(), self.signer.log_key()] {
            stream.write_all(key.as_bytes())?;
        }
        while self.is_asked(stream)? {
            let Some((code, value)) = wire::read_frame(stream, REQUEST_BYTES_MAX, deadline())? else {
                return self.refuse(stream, format!("a request has at most {REQUEST_BYTES_MAX} bytes"));
            };
            let Some(asked) = Asked::of_code(code) else {
                return self.refuse(stream, format!("there is no request {code}"));
            };
            let answer = self.answer(asked, &value);
            let (code, rest) = answer.to_frame();
            wire::write_frame(stream, code, rest, FRAME_WITHIN)?;
        }
        Ok(())
    }

    /// Waits for the next request; none comes where the client is gone, idle for too long, or the end is asked for.
    fn is_asked(&self, stream: &UnixStream) -> io::Result<bool> {
        let since = Instant::now();
        while !self.stop.is_asked() && since.elapsed() < IDLE_MAX {
            if is_readable(stream)? {
                let mut next = [0];
                let (peeked, _) = rustix::net::recv(stream, &mut next, rustix::net::RecvFlags::PEEK)?;
                return Ok(peeked > 0);
            }
        }
        Ok(false)
    }

    fn refuse(&self, stream: &mut UnixStream, why: String) -> io::Result<()> {
        let answer = Answer::Refused(why);
        let (code, rest) = answer.to_frame();
        wire::write_frame(stream, code, rest, FRAME_WITHIN)
    }

    /// Reads the value again and signs it, or says why not.
    fn answer(&self, asked: Asked, value: &[u8]) -> Answer {
        let signed = match asked {
            Asked::Jws => self.entry(value, false),
            Asked::Dsse => self.entry(value, true),
            Asked::Checkpoint => self.checkpoint(value),
            Asked::Commit => self.commit(value),
        };
        match signed {
            Ok(signature) => Answer::Signed(signature),
            Err(answer) => {
                tracing::warn!(?asked, ?answer, "a request was not signed");
                answer
            }
        }
    }

    fn entry(&self, value: &[u8], is_second: bool) -> Result<[u8; 64], Answer> {
        let entry = Entry::parse_unsigned(value).map_err(refused)?;
        let unsigned = entry.prepare(&self.signer.council_key()).map_err(refused)?;
        let work = if is_second {
            Work::Dsse(&unsigned)
        } else {
            Work::Jws(&unsigned)
        };
        sign(self.signer.council(), work)
    }

    fn checkpoint(&self, value: &[u8]) -> Result<[u8; 64], Answer> {
        let checkpoint = Checkpoint::parse_unsigned(value).map_err(refused)?;
        self.memory.allow(&checkpoint).map_err(unsignable)?;
        sign(self.signer.log(), Work::Checkpoint(&checkpoint))
    }

    fn commit(&self, value: &[u8]) -> Result<[u8; 64], Answer> {
        let commit = UnsignedCommit::parse(value).map_err(refused)?;
        let message = &commit.message;
        if LogId::derive(&self.signer.log_key(), &message.seed) != message.log {
            return Err(Answer::Refused(format!(
                "log {} is not one of this log key",
                message.log
            )));
        }
        let checkpoint = Checkpoint {
            log: message.log,
            size: message.size,
            root: message.root,
        };
        self.memory.insist_on(&checkpoint).map_err(unsignable)?;
        sign(self.signer.log(), Work::Commit(&commit))
    }
}

fn sign(keeper: &dyn Keeper, work: Work<'_>) -> Result<[u8; 64], Answer> {
    keeper.sign(work).map_err(|fault| match fault {
        SigningFault::Entry(error) => refused(error),
        other => Answer::Failed(other.to_string()),
    })
}

fn refused(why: impl std::fmt::Display) -> Answer {
    Answer::Refused(why.to_string())
}

fn unsignable(why: Unsignable) -> Answer {
    if why.is_machine() {
        Answer::Failed(why.to_string())
    } else {
        Answer::Refused(why.to_string())
    }
}

fn deadline() -> Instant {
    let now = Instant::now();
    now.checked_add(FRAME_WITHIN).unwrap_or(now)
}
