//! Looks over the index of several packs before libgit2 follows it: its names may lead out of the folder, for libgit2 joins
//! them to the folder as they are, and its offsets behind the end of a pack, which ends the process.
//!
//! The layout is that of gitformat-pack(5), "multi-pack-index (MIDX) files have the following format".

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufReader, Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::pack_index::{self, LARGE, Stop, read_u32, read_u64, require};
use super::{is_absent, refused, unreadable};
use crate::reader::ReadError;

/// The largest file that is looked over, in bytes.
const FILE_BYTES_MAX: u64 = 4 << 30;
/// The most bytes the names of packs take.
const NAMES_BYTES_MAX: u64 = 8 << 20;

/// Refuses an index that names anything but packs beside it, or an offset outside of a pack.
pub(super) fn check(path: &Path) -> Result<(), ReadError> {
    look_over(path).map_err(|stop| match stop {
        Stop::Io(error) => unreadable(path, &error),
        Stop::Malformed => refused(format!(
            "{} is damaged or does not fit its packs; delete it or write it anew with `git multi-pack-index write`",
            path.display()
        )),
    })
}

fn look_over(path: &Path) -> Result<(), Stop> {
    let mut file = File::open(path)?;
    let chunks = Chunks::read(&mut file)?;
    let names = chunks.required(b"PNAM")?;
    if span(&names) > NAMES_BYTES_MAX {
        return Err(Stop::Malformed);
    }
    file.seek(SeekFrom::Start(names.start))?;
    let mut text = Vec::new();
    (&mut file).take(span(&names)).read_to_end(&mut text)?;
    let packs = packs(path, &text)?;
    check_offsets(file, path, &chunks, &packs)
}

/// Where the chunks of a file lie.
struct Chunks {
    rows: Vec<([u8; 4], u64)>,
    file_bytes: u64,
}

impl Chunks {
    fn read(file: &mut File) -> Result<Self, Stop> {
        let file_bytes = file.metadata()?.len();
        if file_bytes > FILE_BYTES_MAX {
            return Err(Stop::Malformed);
        }
        let mut header = [0; 12];
        file.read_exact(&mut header)?;
        let [b'M', b'I', b'D', b'X', _, _, chunks, ..] = header else {
            return Err(Stop::Malformed);
        };
        // One row of 12 bytes a chunk, and a last one that ends the last chunk.
        let mut rows = Vec::new();
        for _ in 0..=chunks {
            let mut name = [0; 4];
            file.read_exact(&mut name)?;
            rows.push((name, read_u64(file)?));
        }
        Ok(Self { rows, file_bytes })
    }

    /// The bytes of a chunk, if there is one. libgit2 orders chunks by offset and not by row, so the end is the next larger
    /// offset.
    fn find(&self, name: &[u8; 4]) -> Result<Option<Range<u64>>, Stop> {
        let mut named = self.rows.iter().filter(|(row, _)| row == name);
        let Some((_, start)) = named.next() else {
            return Ok(None);
        };
        let later = self
            .rows
            .iter()
            .map(|(_, offset)| *offset)
            .filter(|offset| offset > start);
        let end = later.min().unwrap_or(self.file_bytes).min(self.file_bytes);
        if named.next().is_some() || end < *start {
            return Err(Stop::Malformed);
        }
        Ok(Some(*start..end))
    }

    fn required(&self, name: &[u8; 4]) -> Result<Range<u64>, Stop> {
        self.find(name)?.ok_or(Stop::Malformed)
    }
}

/// Where objects may start in each pack; nowhere in one that is missing, which is not looked at.
fn packs(path: &Path, names: &[u8]) -> Result<Vec<Option<Range<u64>>>, Stop> {
    if names.contains(&b'/') {
        return Err(Stop::Malformed);
    }
    let places = |name: &[u8]| {
        let pack = path.with_file_name(OsStr::from_bytes(name)).with_extension("pack");
        match pack.symlink_metadata() {
            Ok(metadata) => pack_index::places(metadata.len()).map(Some),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(Stop::Io(error)),
        }
    };
    // Zeroes end each name and fill the chunk up.
    let names = names.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    names.map(places).collect()
}

/// For each object 4 bytes that say in which pack it lies, and 4 of offset; the chunk of large offsets has 8 bytes each.
fn check_offsets(mut file: File, path: &Path, chunks: &Chunks, packs: &[Option<Range<u64>>]) -> Result<(), Stop> {
    let offsets = chunks.required(b"OOFF")?;
    let large = chunks.find(b"LOFF")?;
    let mut large_file = File::open(path)?;
    file.seek(SeekFrom::Start(offsets.start))?;
    let mut rows = BufReader::new(file.take(span(&offsets)));
    for _ in 0..span(&offsets) / 8 {
        let (pack, offset) = (read_u32(&mut rows)?, read_u32(&mut rows)?);
        let offset = match (&large, offset.checked_sub(LARGE)) {
            (Some(large), Some(position)) => {
                let start = large.start.saturating_add(u64::from(position).saturating_mul(8));
                if start.saturating_add(8) > large.end {
                    return Err(Stop::Malformed);
                }
                large_file.seek(SeekFrom::Start(start))?;
                read_u64(&mut large_file)?
            }
            _ => u64::from(offset),
        };
        let pack = usize::try_from(pack).ok().and_then(|pack| packs.get(pack));
        if let Some(places) = pack.ok_or(Stop::Malformed)? {
            require(places, offset)?;
        }
    }
    Ok(())
}

fn span(chunk: &Range<u64>) -> u64 {
    chunk.end.saturating_sub(chunk.start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::pack_index::ID_BYTES;

    /// An index of one object in a pack of 100 bytes, with one large offset in store.
    fn index(name: &[u8], pack: u32, offset: u32, large: Option<u64>) -> Vec<u8> {
        let chunks: Vec<(&[u8; 4], Vec<u8>)> = [
            Some((b"PNAM", [name, b"\0"].concat())),
            Some((b"OOFF", [pack.to_be_bytes(), offset.to_be_bytes()].concat())),
            large.map(|offset| (b"LOFF", offset.to_be_bytes().to_vec())),
        ]
        .into_iter()
        .flatten()
        .collect();
        let mut bytes = [b"MIDX\x01\x01", &[chunks.len() as u8][..], &[0; 5]].concat();
        let mut start = 12 + 12 * (chunks.len() as u64 + 1);
        for (name, chunk) in &chunks {
            bytes.extend([&name[..], &start.to_be_bytes()].concat());
            start += chunk.len() as u64;
        }
        bytes.extend([&[0; 4][..], &start.to_be_bytes()].concat());
        bytes.extend(chunks.into_iter().flat_map(|(_, chunk)| chunk));
        bytes.extend([0; ID_BYTES as usize]);
        bytes
    }

    fn is_sound(bytes: &[u8]) -> bool {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("multi-pack-index");
        std::fs::write(folder.path().join("pack-1.pack"), [0; 100]).unwrap();
        std::fs::write(&path, bytes).unwrap();
        match check(&path) {
            Ok(()) => true,
            Err(ReadError::Refused { .. }) => false,
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn names_lead_to_packs_beside_it_only() {
        assert!(is_sound(&index(b"pack-1.idx", 0, 12, None)));
        assert!(!is_sound(&index(b"../../../evil/pack-1.idx", 0, 12, None)));
        assert!(!is_sound(&index(b"pack-1.idx", 1, 12, None)));
        assert!(
            is_sound(&index(b"pack-2.idx", 0, u32::MAX, None)),
            "a missing pack leads nowhere"
        );
    }

    #[test]
    fn an_offset_outside_of_its_pack_is_refused() {
        for (offset, sound) in [
            (11, false),
            (12, true),
            (79, true),
            (80, false),
            (LARGE, false),
            (u32::MAX, false),
        ] {
            assert_eq!(is_sound(&index(b"pack-1.idx", 0, offset, None)), sound, "{offset}");
        }
        for (offset, sound) in [(12, true), (79, true), (80, false), (u64::MAX, false)] {
            assert_eq!(
                is_sound(&index(b"pack-1.idx", 0, LARGE, Some(offset))),
                sound,
                "{offset}"
            );
        }
        assert!(!is_sound(&index(b"pack-1.idx", 0, LARGE + 1, Some(12))));
        let whole = index(b"pack-1.idx", 0, 12, Some(12));
        for length in [0, 11, 12, 30, 59, 61] {
            assert!(!is_sound(&whole[..length]), "{length} bytes");
        }
    }

    #[test]
    fn chunks_that_stand_twice_are_refused() {
        let mut bytes = index(b"pack-1.idx", 0, 12, Some(12));
        let place = bytes.windows(4).position(|four| four == b"LOFF").unwrap();
        bytes[place..place + 4].copy_from_slice(b"OOFF");
        assert!(!is_sound(&bytes));
    }
}
