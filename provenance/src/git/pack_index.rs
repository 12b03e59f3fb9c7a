//! Looks over the index of a pack before libgit2 follows it: an offset behind the end of the pack leads libgit2 out of its
//! memory, which ends the process.
//!
//! The layout is that of gitformat-pack(5), "pack-*.idx files have the following format". Only offsets are checked: whether
//! an object lies at one, and which, shows when it is read.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::Path;

use super::{is_absent, refused, unreadable};
use crate::reader::ReadError;

/// How an index of version 2 begins; one of version 1 begins with its fan-out table.
const MAGIC: [u8; 8] = [0xff, b't', b'O', b'c', 0, 0, 0, 2];
/// What stands before the fan-out table in an index of version 2.
const HEADER_BYTES: u64 = 8;
/// The fan-out table: how many objects have a first byte up to each value, 4 bytes each.
const FAN_OUT_BYTES: u64 = 256 * 4;
/// The bytes of an object id, and of the checksum at the end of a pack.
pub(super) const ID_BYTES: u64 = 20;
/// The header of a pack, before its first object.
const PACK_HEADER_BYTES: u64 = 12;
/// Offsets from this one on stand in a table of 8 bytes each; the rest is the position in it.
pub(super) const LARGE: u32 = 1 << 31;

/// Why an index is not followed.
pub(super) enum Stop {
    Malformed,
    Io(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            Self::Malformed
        } else {
            Self::Io(error)
        }
    }
}

/// Refuses an index with an offset outside of its pack. Without its pack an index leads nowhere and is not looked at.
pub(super) fn check(index: &Path) -> Result<(), ReadError> {
    let pack = index.with_extension("pack");
    let pack_bytes = match pack.symlink_metadata() {
        Ok(metadata) => metadata.len(),
        Err(error) if is_absent(&error) => return Ok(()),
        Err(error) => return Err(unreadable(&pack, &error)),
    };
    File::open(index)
        .map_err(Stop::from)
        .and_then(|file| check_offsets(file, pack_bytes))
        .map_err(|stop| match stop {
            Stop::Io(error) => unreadable(index, &error),
            Stop::Malformed => refused(format!(
                "{} is damaged or does not fit its pack; write it anew with `git index-pack {}`",
                index.display(),
                pack.display()
            )),
        })
}

/// Where objects may start in a pack of that size.
pub(super) fn places(pack_bytes: u64) -> Result<Range<u64>, Stop> {
    let end = pack_bytes.checked_sub(ID_BYTES).ok_or(Stop::Malformed)?;
    Ok(PACK_HEADER_BYTES..end)
}

fn check_offsets(file: File, pack_bytes: u64) -> Result<(), Stop> {
    let objects = places(pack_bytes)?;
    let index_bytes = file.metadata()?.len();
    let mut index = BufReader::new(file);
    let mut magic = [0; MAGIC.len()];
    index.read_exact(&mut magic)?;
    if magic == MAGIC {
        second_version(&mut index, index_bytes, &objects)
    } else {
        first_version(&mut index, &objects)
    }
}

/// Version 1: an offset of 4 bytes before each id.
fn first_version(index: &mut BufReader<File>, objects: &Range<u64>) -> Result<(), Stop> {
    index.seek(SeekFrom::Start(FAN_OUT_BYTES.saturating_sub(4)))?;
    for _ in 0..read_u32(index)? {
        require(objects, u64::from(read_u32(index)?))?;
        index.seek_relative(20)?;
    }
    Ok(())
}

/// Version 2: all ids, 4 bytes of checksum each, 4 bytes of offset each, then 8 bytes for each offset that needs them.
fn second_version(index: &mut BufReader<File>, index_bytes: u64, objects: &Range<u64>) -> Result<(), Stop> {
    let tables = HEADER_BYTES.saturating_add(FAN_OUT_BYTES);
    index.seek(SeekFrom::Start(tables.saturating_sub(4)))?;
    let count = read_u32(index)?;
    let ids_and_checksums = u64::from(count).saturating_mul(ID_BYTES.saturating_add(4));
    let offsets = tables.saturating_add(ids_and_checksums);
    index.seek(SeekFrom::Start(offsets))?;
    let mut large = 0;
    for _ in 0..count {
        let offset = read_u32(index)?;
        match offset.checked_sub(LARGE) {
            Some(position) => large = position.saturating_add(1).max(large),
            None => require(objects, u64::from(offset))?,
        }
    }
    // Two checksums end the file.
    let before_and_after = offsets
        .saturating_add(u64::from(count).saturating_mul(4))
        .saturating_add(ID_BYTES.saturating_mul(2));
    if u64::from(large) > index_bytes.saturating_sub(before_and_after) / 8 {
        return Err(Stop::Malformed);
    }
    for _ in 0..large {
        require(objects, read_u64(index)?)?;
    }
    Ok(())
}

pub(super) fn require(objects: &Range<u64>, offset: u64) -> Result<(), Stop> {
    if objects.contains(&offset) {
        Ok(())
    } else {
        Err(Stop::Malformed)
    }
}

pub(super) fn read_u32(index: &mut impl Read) -> Result<u32, Stop> {
    let mut bytes = [0; 4];
    index.read_exact(&mut bytes)?;
    Ok(u32::from_be_bytes(bytes))
}

pub(super) fn read_u64(index: &mut impl Read) -> Result<u64, Stop> {
    let mut bytes = [0; 8];
    index.read_exact(&mut bytes)?;
    Ok(u64::from_be_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pack of three objects with its index, in a folder of its own.
    fn packed() -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let repository = git2::Repository::init_bare(folder.path()).unwrap();
        let mut builder = repository.packbuilder().unwrap();
        for contents in [&b"one"[..], b"two", b"three"] {
            builder.insert_object(repository.blob(contents).unwrap(), None).unwrap();
        }
        let packs = folder.path().join("objects/pack");
        builder.write(&packs, 0).unwrap();
        let mut files = std::fs::read_dir(&packs).unwrap().map(|entry| entry.unwrap().path());
        let index = files
            .find(|path| path.extension().is_some_and(|kind| kind == "idx"))
            .unwrap();
        (folder, index)
    }

    fn replace(path: &Path, bytes: &[u8]) {
        std::fs::remove_file(path).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    #[test]
    fn an_offset_outside_of_the_pack_is_refused() {
        let (_folder, index) = packed();
        assert_eq!(check(&index), Ok(()));
        let sound = std::fs::read(&index).unwrap();
        let offsets = 8 + 1024 + 3 * 24;
        let pack_bytes = u32::try_from(index.with_extension("pack").metadata().unwrap().len()).unwrap();
        for wrong in [0, 11, pack_bytes - 20, pack_bytes, LARGE - 1, LARGE, u32::MAX] {
            let mut bytes = sound.clone();
            bytes[offsets..offsets + 4].copy_from_slice(&wrong.to_be_bytes());
            replace(&index, &bytes);
            assert!(matches!(check(&index), Err(ReadError::Refused { .. })), "{wrong}");
        }
        // One large offset, in a table of its own behind the others.
        for (large, is_sound) in [(12, true), (u64::from(pack_bytes), false), (u64::MAX, false)] {
            let mut bytes = sound.clone();
            bytes[offsets..offsets + 4].copy_from_slice(&LARGE.to_be_bytes());
            bytes.splice(offsets + 12..offsets + 12, large.to_be_bytes());
            replace(&index, &bytes);
            assert_eq!(check(&index).is_ok(), is_sound, "{large}");
        }
        for length in [0, 7, 8, 1031, 1032, offsets, offsets + 11] {
            replace(&index, &sound[..length]);
            assert!(
                matches!(check(&index), Err(ReadError::Refused { .. })),
                "{length} bytes"
            );
        }
    }

    #[test]
    fn an_index_without_its_pack_is_not_looked_at() {
        let (_folder, index) = packed();
        std::fs::remove_file(index.with_extension("pack")).unwrap();
        std::fs::write(index.with_extension("other.idx"), "junk").unwrap();
        assert_eq!(check(&index), Ok(()));
    }

    #[test]
    fn an_index_of_the_first_version_is_checked_too() {
        let (folder, _) = packed();
        let index = folder.path().join("old.idx");
        std::fs::write(index.with_extension("pack"), [0; 100]).unwrap();
        for (offset, is_sound) in [(12_u32, true), (79, true), (80, false), (u32::MAX, false)] {
            let mut bytes = vec![0; 1020];
            bytes.extend(1_u32.to_be_bytes());
            bytes.extend(offset.to_be_bytes());
            bytes.extend([0; 20 + 40]);
            std::fs::write(&index, bytes).unwrap();
            assert_eq!(check(&index).is_ok(), is_sound, "{offset}");
        }
    }
}
