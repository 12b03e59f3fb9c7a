//! The write-ahead log: what is acknowledged before it stands in a commit.
//!
//! One file, `wal`, in the clone's own state folder. First a header line, `assize-wal-v1 LOG SIZE`, which names the log and
//! how many entries it had when this file was started; then frames of
//!
//! ```text
//! u32 big-endian length of kind, payload and digest | its bitwise complement | u8 kind | payload |
//! SHA-256 over length, kind and payload
//! ```
//!
//! The complement tells a damaged length from a torn write: without it, one flipped bit could hide the frames behind it.
//! A frame is acknowledged when the file was synced after it. A torn last frame was never acknowledged and is cut off; a
//! damaged frame before intact ones is damage and is refused.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use assize_provenance::digest::{Digest, Hasher};
use assize_provenance::evidence::DocumentKind;

use crate::durable;

const MAGIC: &str = "assize-wal-v1";
/// The longest file that is read back, in bytes.
const WAL_BYTES_MAX: u64 = 1 << 30;
/// Length, complement, kind and digest around each payload, in bytes.
const FRAME_OVERHEAD: usize = 4 + 4 + 1 + 32;

/// One thing that was acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Frame {
    /// An entry's line, in the order of the log.
    Entry(Vec<u8>),
    /// A document for the evidence ref, addressed by its digest.
    Document {
        /// The folder it belongs into.
        kind: DocumentKind,
        /// Its bytes.
        bytes: Vec<u8>,
    },
}

/// Why the write-ahead log cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WalFault {
    /// Reading or writing failed: disk full, no permission.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A frame in the middle is damaged.
    #[error("{} is damaged at byte {offset}: what follows was acknowledged and cannot be read; restore the file, or move it away and lose those entries", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where the damaged frame starts.
        offset: u64,
    },
    /// The file was written by another version.
    #[error("{} starts with `{found}`, which this version of Assize does not read (it reads `{MAGIC}`)", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// Its first line.
        found: String,
    },
}

/// The file and what it holds. The caller holds the clone's lock.
#[derive(Debug)]
pub(super) struct Wal {
    path: PathBuf,
    /// The log the frames belong to.
    pub(super) log: String,
    /// How many entries that log had when the file was started.
    pub(super) size: u64,
    /// What was acknowledged since.
    pub(super) frames: Vec<Frame>,
    /// Where the intact part ends.
    end: u64,
}

impl Wal {
    /// Reads the file, if there is one, and cuts off a torn last frame.
    pub(super) fn open(path: &Path) -> Result<Option<Self>, WalFault> {
        let Some((wal, is_torn)) = Self::read(path)? else {
            return Ok(None);
        };
        if is_torn {
            let io = |source| WalFault::Io {
                path: path.to_owned(),
                source,
            };
            let file = durable::open_to_write(path).map_err(io)?;
            file.set_len(wal.end).and_then(|()| file.sync_all()).map_err(io)?;
        }
        Ok(Some(wal))
    }

    /// Reads the file, if there is one, for somebody who does not hold the clone's lock: a last frame that somebody is writing just
    /// now is not there yet.
    pub(super) fn look(path: &Path) -> Result<Option<Self>, WalFault> {
        Ok(Self::read(path)?.map(|(wal, _)| wal))
    }

    /// Reads the file, and tells whether its last frame is torn.
    fn read(path: &Path) -> Result<Option<(Self, bool)>, WalFault> {
        let io = |source| WalFault::Io {
            path: path.to_owned(),
            source,
        };
        let Some(bytes) = durable::read(path, WAL_BYTES_MAX).map_err(io)? else {
            return Ok(None);
        };
        let Some((header, rest)) = split_header(&bytes) else {
            // The header is written with the file's creation, which is atomic: this is no file of ours.
            let found = String::from_utf8_lossy(bytes.get(..bytes.len().min(64)).unwrap_or_default()).into_owned();
            return Err(WalFault::Version {
                path: path.to_owned(),
                found,
            });
        };
        let (log, size) = header;
        let start = bytes.len().saturating_sub(rest.len());
        let (frames, used) = read_frames(rest);
        let end = start.saturating_add(used);
        let tail = bytes.get(end..).unwrap_or_default();
        if !is_torn(tail) {
            return Err(WalFault::Damaged {
                path: path.to_owned(),
                offset: end as u64,
            });
        }
        let wal = Self {
            path: path.to_owned(),
            log,
            size,
            frames,
            end: end as u64,
        };
        Ok(Some((wal, !tail.is_empty())))
    }

    /// Starts an empty file for a log of `size` entries, replacing what was there.
    pub(super) fn start(path: &Path, log: &str, size: u64) -> Result<Self, WalFault> {
        let header = format!("{MAGIC} {log} {size}\n");
        durable::replace(path, header.as_bytes()).map_err(|source| WalFault::Io {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self {
            path: path.to_owned(),
            log: log.to_owned(),
            size,
            frames: Vec::new(),
            end: header.len() as u64,
        })
    }

    /// Appends frames and syncs once: after this they are acknowledged. On an error nothing is, and the file is cut back.
    pub(super) fn append(&mut self, frames: Vec<Frame>) -> Result<(), WalFault> {
        let bytes: Vec<u8> = frames.iter().flat_map(encode).collect();
        let io = |source| WalFault::Io {
            path: self.path.clone(),
            source,
        };
        let mut file = durable::open_to_write(&self.path).map_err(io)?;
        if let Err(source) = write_at(&mut file, self.end, &bytes) {
            // A full disk: whatever was half written must not be taken for damage later.
            drop(file.set_len(self.end));
            return Err(io(source));
        }
        self.end = self.end.saturating_add(bytes.len() as u64);
        self.frames.extend(frames);
        Ok(())
    }

    /// The entries' lines, in order.
    pub(super) fn entries(&self) -> impl Iterator<Item = &[u8]> {
        self.frames.iter().filter_map(|frame| match frame {
            Frame::Entry(line) => Some(line.as_slice()),
            Frame::Document { .. } => None,
        })
    }

    /// The documents, in order.
    pub(super) fn documents(&self) -> impl Iterator<Item = (DocumentKind, &[u8])> {
        self.frames.iter().filter_map(|frame| match frame {
            Frame::Entry(_) => None,
            Frame::Document { kind, bytes } => Some((*kind, bytes.as_slice())),
        })
    }

    /// Puts the file aside under a name that says which log it belonged to; nothing of it is thrown away.
    pub(super) fn set_aside(self) -> Result<PathBuf, WalFault> {
        let aside = self.path.with_file_name(format!("wal.{}.{}", self.log, self.size));
        std::fs::rename(&self.path, &aside).map_err(|source| WalFault::Io {
            path: self.path.clone(),
            source,
        })?;
        Ok(aside)
    }
}

fn write_at(file: &mut File, offset: u64, bytes: &[u8]) -> io::Result<()> {
    file.seek(SeekFrom::Start(offset))?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn split_header(bytes: &[u8]) -> Option<((String, u64), &[u8])> {
    let end = bytes.iter().take(256).position(|byte| *byte == b'\n')?;
    let (line, rest) = bytes.split_at_checked(end)?;
    let mut words = str::from_utf8(line).ok()?.split(' ');
    let (magic, log, size) = (words.next()?, words.next()?, words.next()?);
    if magic != MAGIC || words.next().is_some() {
        return None;
    }
    Some(((log.to_owned(), size.parse().ok()?), rest.get(1..)?))
}

/// Reads frames until one does not hold; gives them and how many bytes they took.
fn read_frames(bytes: &[u8]) -> (Vec<Frame>, usize) {
    let mut frames = Vec::new();
    let mut rest = bytes;
    while let Some((frame, after)) = read_frame(rest) {
        frames.push(frame);
        rest = after;
    }
    (frames, bytes.len().saturating_sub(rest.len()))
}

fn read_frame(bytes: &[u8]) -> Option<(Frame, &[u8])> {
    let (length, rest) = read_length(bytes)?;
    let (body, after) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
    let (content, digest) = body.split_last_chunk::<32>()?;
    let (kind, payload) = content.split_first()?;
    if digest_of(length, content).as_bytes() != digest {
        return None;
    }
    let bytes = payload.to_vec();
    let frame = match kind {
        0 => Frame::Entry(bytes),
        1 => Frame::Document {
            kind: DocumentKind::Case,
            bytes,
        },
        2 => Frame::Document {
            kind: DocumentKind::Opinion,
            bytes,
        },
        3 => Frame::Document {
            kind: DocumentKind::Given,
            bytes,
        },
        _ => return None,
    };
    Some((frame, after))
}

/// A length that agrees with its complement.
fn read_length(bytes: &[u8]) -> Option<(&[u8; 4], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (complement, rest) = rest.split_first_chunk::<4>()?;
    (u32::from_be_bytes(*length) == !u32::from_be_bytes(*complement)).then_some((length, rest))
}

fn encode(frame: &Frame) -> Vec<u8> {
    let (kind, payload) = match frame {
        Frame::Entry(line) => (0, line),
        Frame::Document {
            kind: DocumentKind::Case,
            bytes,
        } => (1, bytes),
        Frame::Document {
            kind: DocumentKind::Opinion,
            bytes,
        } => (2, bytes),
        Frame::Document {
            kind: DocumentKind::Given,
            bytes,
        } => (3, bytes),
    };
    let length = u32::try_from(payload.len().saturating_add(33))
        .unwrap_or(u32::MAX)
        .to_be_bytes();
    let mut content = vec![kind];
    content.extend_from_slice(payload);
    let digest = digest_of(&length, &content);
    let mut bytes = Vec::with_capacity(payload.len().saturating_add(FRAME_OVERHEAD));
    bytes.extend_from_slice(&length);
    bytes.extend_from_slice(&length.map(|byte| !byte));
    bytes.extend_from_slice(&content);
    bytes.extend_from_slice(digest.as_bytes());
    bytes
}

fn digest_of(length: &[u8; 4], content: &[u8]) -> Digest {
    let mut hasher = Hasher::new();
    hasher.update(length);
    hasher.update(content);
    hasher.finish()
}

/// Whether what follows the intact frames can be one write that the machine's stop cut short. A file may have grown
/// before its bytes arrived, so zeros count as not written.
fn is_torn(tail: &[u8]) -> bool {
    if tail.len() < 8 || tail.iter().take(8).all(|byte| *byte == 0) {
        return true;
    }
    let Some((length, rest)) = read_length(tail) else {
        return false;
    };
    match rest.get(u32::from_be_bytes(*length) as usize..) {
        Some(after) => read_frame(after).is_none(),
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(text: &str) -> Frame {
        Frame::Entry(text.as_bytes().to_vec())
    }

    fn filled(dir: &Path) -> PathBuf {
        let path = dir.join("wal");
        let mut wal = Wal::start(&path, "log", 7).expect("starts");
        wal.append(vec![
            entry("one"),
            Frame::Document {
                kind: DocumentKind::Opinion,
                bytes: b"doc".to_vec(),
            },
        ])
        .expect("appends");
        wal.append(vec![entry("two")]).expect("appends");
        path
    }

    #[test]
    fn what_was_acknowledged_is_read_back_in_order() {
        let dir = tempfile::tempdir().expect("a folder");
        let wal = Wal::open(&filled(dir.path())).expect("opens").expect("is there");
        assert_eq!((wal.log.as_str(), wal.size), ("log", 7));
        assert_eq!(wal.entries().collect::<Vec<_>>(), [b"one", b"two"]);
        assert_eq!(
            wal.documents().collect::<Vec<_>>(),
            [(DocumentKind::Opinion, b"doc".as_slice())]
        );
    }

    #[test]
    fn a_write_cut_short_at_any_byte_loses_only_itself() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = filled(dir.path());
        let whole = std::fs::read(&path).expect("reads");
        let last = whole.len() - encode(&entry("two")).len();
        for length in last..whole.len() {
            std::fs::write(&path, &whole[..length]).expect("writes");
            let wal = Wal::open(&path).expect("opens").expect("is there");
            assert_eq!(wal.entries().collect::<Vec<_>>(), [b"one"], "cut at {length}");
            assert_eq!(std::fs::metadata(&path).expect("is there").len(), last as u64);
        }
    }

    #[test]
    fn damage_before_intact_frames_is_refused() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = filled(dir.path());
        let whole = std::fs::read(&path).expect("reads");
        let header = whole.iter().position(|byte| *byte == b'\n').expect("a header") + 1;
        let first = encode(&entry("one")).len();
        for index in header..header + first {
            let mut bytes = whole.clone();
            bytes[index] ^= 1;
            std::fs::write(&path, &bytes).expect("writes");
            assert!(
                matches!(Wal::open(&path), Err(WalFault::Damaged { .. })),
                "byte {index}"
            );
        }
    }

    #[test]
    fn a_file_of_another_version_is_named() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("wal");
        std::fs::write(&path, "assize-wal-v9 x 0\n").expect("writes");
        let fault = Wal::open(&path).expect_err("is refused").to_string();
        assert!(fault.contains("assize-wal-v9"), "{fault}");
    }
}
