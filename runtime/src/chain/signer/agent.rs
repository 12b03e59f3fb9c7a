//! Keys that an ssh-agent keeps: the agent signs, and the private key never comes here.
//!
//! The protocol is that of the Internet draft `draft-ietf-sshm-ssh-agent`: every message is its length in four bytes and a type
//! in one. Of all its messages two are used: the list of keys, and a signature by an Ed25519 key, which is a plain one over
//! exactly the bytes that are sent. What Assize signs starts with `eyJ`, `DSSEv1 `, `assize/` or `SSHSIG`, and what ssh signs
//! with the same key to log in starts with the length of a session's id: neither can be taken for the other.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use assize_provenance::entry::EntryError;
use assize_provenance::key::{PublicKey, openssh};

use super::{Keeper, SigningFault, Work};
use crate::settings;

const REQUEST_IDENTITIES: u8 = 11;
const IDENTITIES_ANSWER: u8 = 12;
const SIGN_REQUEST: u8 = 13;
const SIGN_RESPONSE: u8 = 14;
/// The type of keys and signatures that are used.
const KEY_TYPE: &[u8] = b"ssh-ed25519";
/// The longest answer that is read, in bytes: what OpenSSH's own agent sends at most.
const ANSWER_BYTES_MAX: u32 = 256 << 10;
/// How many keys of an agent are looked at.
const KEYS_MAX: u32 = 1_000;
/// How long an agent may take: it may ask a person first.
const ANSWER_WITHIN: Duration = Duration::from_mins(1);

/// Why an ssh-agent does not sign.
#[derive(Debug, thiserror::Error)]
pub enum AgentFault {
    /// Nobody says where it is.
    #[error(
        "no ssh-agent: SSH_AUTH_SOCK is not set; start one with `eval $(ssh-agent)` and add the key with `ssh-add`"
    )]
    NoAgent,
    /// It does not answer.
    #[error("the ssh-agent at {} does not answer: {source}", path.display())]
    Io {
        /// Its socket.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It says something else.
    #[error("the ssh-agent at {} answers with something that the protocol does not have", path.display())]
    Answer {
        /// Its socket.
        path: PathBuf,
    },
    /// It does not have the key, or a person said no.
    #[error(
        "the ssh-agent does not sign with {0}: it is locked, does not have the key, or somebody said no; look with `ssh-add -l`"
    )]
    Refused(String),
    /// It does not have the key.
    #[error("the ssh-agent has no Ed25519 key {0}; `ssh-add -l` lists what it has, and `ssh-add FILE` adds one")]
    NoKey(String),
}

impl AgentFault {
    /// Whether the machine failed.
    #[must_use]
    pub fn is_machine(&self) -> bool {
        matches!(self, Self::Io { .. })
    }
}

/// A key that the user's ssh-agent keeps.
#[derive(Debug)]
pub(in crate::chain) struct AgentKey {
    key: PublicKey,
    socket: PathBuf,
}

impl AgentKey {
    /// The key of the agent that the environment names. Nobody is asked yet.
    pub(in crate::chain) fn new(key: PublicKey) -> Result<Self, AgentFault> {
        let socket = settings::ssh_agent().ok_or(AgentFault::NoAgent)?;
        Ok(Self { key, socket })
    }

    /// The key of the agent behind this socket.
    #[cfg(test)]
    pub(in crate::chain) fn at(socket: PathBuf, key: PublicKey) -> Self {
        Self { key, socket }
    }
}

impl Keeper for AgentKey {
    fn public_key(&self) -> PublicKey {
        self.key
    }

    fn sign(&self, work: Work<'_>) -> Result<[u8; 64], SigningFault> {
        let bytes = work.to_sign().ok_or(EntryError::Dsse)?;
        let mut request = Vec::new();
        push_string(&mut request, &openssh::blob(&self.key));
        push_string(&mut request, &bytes);
        request.extend_from_slice(&[0; 4]);
        let (kind, answer) = ask(&self.socket, SIGN_REQUEST, &request)?;
        if kind != SIGN_RESPONSE {
            return Err(AgentFault::Refused(openssh::fingerprint(&self.key)).into());
        }
        let signature = read_signature(&answer).ok_or_else(|| AgentFault::Answer {
            path: self.socket.clone(),
        })?;
        Ok(signature)
    }
}

/// The Ed25519 key with this fingerprint, which the user's agent has.
///
/// # Errors
///
/// [`AgentFault`] when there is no agent or no such key.
pub fn find(fingerprint: &str) -> Result<PublicKey, AgentFault> {
    let socket = settings::ssh_agent().ok_or(AgentFault::NoAgent)?;
    let (kind, answer) = ask(&socket, REQUEST_IDENTITIES, &[])?;
    let keys = (kind == IDENTITIES_ANSWER).then(|| read_keys(&answer)).flatten();
    let keys = keys.ok_or(AgentFault::Answer { path: socket })?;
    let found = keys.into_iter().find(|key| openssh::fingerprint(key) == fingerprint);
    found.ok_or_else(|| AgentFault::NoKey(fingerprint.to_owned()))
}

/// Sends one message and reads the answer, on a connection of its own.
fn ask(socket: &Path, kind: u8, body: &[u8]) -> Result<(u8, Vec<u8>), AgentFault> {
    let io = |source| AgentFault::Io {
        path: socket.to_owned(),
        source,
    };
    let wrong = || AgentFault::Answer {
        path: socket.to_owned(),
    };
    let mut stream = UnixStream::connect(socket).map_err(io)?;
    stream.set_read_timeout(Some(ANSWER_WITHIN)).map_err(io)?;
    stream.set_write_timeout(Some(ANSWER_WITHIN)).map_err(io)?;
    let mut message = Vec::with_capacity(body.len().saturating_add(5));
    message.extend_from_slice(&length(body.len().saturating_add(1)));
    message.push(kind);
    message.extend_from_slice(body);
    stream.write_all(&message).map_err(io)?;
    let mut head = [0; 4];
    stream.read_exact(&mut head).map_err(io)?;
    let bytes = u32::from_be_bytes(head);
    if bytes == 0 || bytes > ANSWER_BYTES_MAX {
        return Err(wrong());
    }
    let mut answer = vec![0; usize::try_from(bytes).map_err(|_| wrong())?];
    stream.read_exact(&mut answer).map_err(io)?;
    let (kind, body) = answer.split_first().ok_or_else(wrong)?;
    Ok((*kind, body.to_vec()))
}

/// The Ed25519 keys of a list; others are passed over.
fn read_keys(mut answer: &[u8]) -> Option<Vec<PublicKey>> {
    let (count, rest) = answer.split_first_chunk::<4>()?;
    answer = rest;
    let mut keys = Vec::new();
    for _ in 0..u32::from_be_bytes(*count).min(KEYS_MAX) {
        let blob = take_string(&mut answer)?;
        take_string(&mut answer)?;
        let key = blob
            .last_chunk::<32>()
            .and_then(|bytes| PublicKey::from_bytes(bytes).ok());
        keys.extend(key.filter(|key| openssh::blob(key) == blob));
    }
    Some(keys)
}

/// The 64 bytes of an Ed25519 signature.
fn read_signature(mut answer: &[u8]) -> Option<[u8; 64]> {
    let mut signature = take_string(&mut answer)?;
    let (kind, raw) = (take_string(&mut signature)?, take_string(&mut signature)?);
    let is_whole = answer.is_empty() && signature.is_empty() && kind == KEY_TYPE;
    raw.try_into().ok().filter(|_| is_whole)
}

/// Reads an SSH string: its length in four bytes, then itself (RFC 4251, section 5).
fn take_string<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (string, rest) = rest.split_at_checked(length)?;
    *bytes = rest;
    Some(string)
}

fn push_string(bytes: &mut Vec<u8>, string: &[u8]) {
    bytes.extend_from_slice(&length(string.len()));
    bytes.extend_from_slice(string);
}

/// A length as the protocol writes it. Nothing that is sent comes near its bound.
fn length(bytes: usize) -> [u8; 4] {
    u32::try_from(bytes).unwrap_or(u32::MAX).to_be_bytes()
}
