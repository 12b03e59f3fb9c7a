//! What a host and the signer's process say to each other, version 1.
//!
//! Both start with the line [`HELLO`]; the signer's is followed by the 32 bytes of its council key and the 32 of its log key. Then
//! the host asks and the signer answers, in frames: one byte that says what it is, the length of the rest in four bytes
//! (big-endian), the rest.
//!
//! | asks | rest |
//! |---|---|
//! | 1 | an entry's Statement, to be signed for JOSE |
//! | 2 | an entry's Statement, to be signed for in-toto |
//! | 3 | the text of a checkpoint |
//! | 4 | a commit of a log without its signature |
//!
//! | answers | rest |
//! |---|---|
//! | 0 | the 64 bytes of the signature |
//! | 1 | a sentence that says why it was refused |
//! | 2 | a sentence that says why the signer could not |

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use super::Work;

/// How both sides begin. Another version is another line.
pub(super) const HELLO: &[u8; 16] = b"assize-signer/1\n";
/// The longest request, in bytes: a log's first commit cites many others.
pub(super) const REQUEST_BYTES_MAX: usize = 128 << 10;
/// The longest answer, in bytes.
pub(super) const ANSWER_BYTES_MAX: usize = 4 << 10;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// An entry, for JOSE tools.
    Jws,
    /// An entry, for in-toto tools.
    Dsse,
    /// A checkpoint.
    Checkpoint,
    /// A commit.
    Commit,
}

impl Asked {
    /// Every request there is.
    const ALL: [Self; 4] = [Self::Jws, Self::Dsse, Self::Checkpoint, Self::Commit];

    /// The byte that says it.
    pub(super) const fn code(self) -> u8 {
        match self {
            Self::Jws => 1,
            Self::Dsse => 2,
            Self::Checkpoint => 3,
            Self::Commit => 4,
        }
    }

    /// What a byte says.
    pub(super) fn of_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|asked| asked.code() == code)
    }

    /// What is sent to have something signed; nothing for what no signer's process signs.
    pub(super) fn of_work(work: Work<'_>) -> Option<(Self, Vec<u8>)> {
        Some(match work {
            Work::Jws(entry) => (Self::Jws, entry.payload().to_vec()),
            Work::Dsse(entry) => (Self::Dsse, entry.payload().to_vec()),
            Work::Checkpoint(checkpoint) => (Self::Checkpoint, checkpoint.text().into_bytes()),
            Work::Commit(commit) => (Self::Commit, commit.unsigned_bytes()),
            Work::Root(_) | Work::Summary(_) => return None,
        })
    }
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// The signature.
    Signed([u8; 64]),
    /// It will never be signed, and why.
    Refused(String),
    /// It could not be signed now, and why.
    Failed(String),
}

impl Answer {
    /// The answer as a frame's kind and rest.
    pub(super) fn to_frame(&self) -> (u8, &[u8]) {
        let (code, why) = match self {
            Self::Signed(signature) => return (0, signature),
            Self::Refused(why) => (1, why),
            Self::Failed(why) => (2, why),
        };
        let end = why.floor_char_boundary(ANSWER_BYTES_MAX);
        (code, why.as_bytes().get(..end).unwrap_or_default())
    }

    /// Reads an answer.
    pub(super) fn of_frame(code: u8, rest: &[u8]) -> Option<Self> {
        let sentence = || {
            let text = String::from_utf8_lossy(rest);
            text.chars().filter(|sign| !sign.is_control()).collect()
        };
        match code {
            0 => rest.try_into().ok().map(Self::Signed),
            1 => Some(Self::Refused(sentence())),
            2 => Some(Self::Failed(sentence())),
            _ => None,
        }
    }
}

/// Writes a frame.
pub(super) fn write_frame(stream: &mut UnixStream, code: u8, rest: &[u8], within: Duration) -> io::Result<()> {
    let length = u32::try_from(rest.len()).map_err(|_| io::Error::other("the frame is too long"))?;
    let mut frame = Vec::with_capacity(rest.len().saturating_add(5));
    frame.push(code);
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(rest);
    stream.set_write_timeout(Some(within))?;
    stream.write_all(&frame)
}

/// Reads a frame of at most `bytes_max` bytes, all of it until the deadline; none where it is longer.
pub(super) fn read_frame(
    stream: &mut UnixStream,
    bytes_max: usize,
    deadline: Instant,
) -> io::Result<Option<(u8, Vec<u8>)>> {
    let mut head = [0; 5];
    read_until(stream, &mut head, deadline)?;
    let [code, length @ ..] = head;
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
    if length > bytes_max {
        return Ok(None);
    }
    let mut rest = vec![0; length];
    read_until(stream, &mut rest, deadline)?;
    Ok(Some((code, rest)))
}

/// Fills a buffer until the deadline: whoever sends one byte at a time gains nothing by it.
pub(super) fn read_until(stream: &mut UnixStream, buffer: &mut [u8], deadline: Instant) -> io::Result<()> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(rest) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => filled = filled.saturating_add(read),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
