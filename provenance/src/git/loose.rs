//! Loose objects: one file each, `objects/XX/YYYY…`, a zlib stream (RFC 1950) of `kind SP size NUL` and the contents.
//!
//! They are read here and not through libgit2, which does not return from some damaged streams, blocks on a FIFO and
//! inflates git's oldest format without a limit.

use std::fs;
use std::io::{self, BufReader, Read};
use std::path::Path;

use flate2::bufread::ZlibDecoder;

use crate::reader::{Object, ObjectId, ObjectKind, ReadError};
use crate::tree;

use super::{is_absent, unreadable};

/// How long the line before the contents may be: the longest kind, a space, a size, and NUL.
const HEADER_BYTES_MAX: usize = 32;

/// How many bytes a file may have beyond its contents and one percent: zlib's and git's headers.
const OVERHEAD_BYTES: u64 = 4096;

/// Reads the loose object of this id; `None` where there is no such file. Its bytes have its id.
pub(super) fn read(objects_dir: &Path, id: &ObjectId, bytes_max: u64) -> Result<Option<Object>, ReadError> {
    let hex = id.to_string();
    let (folder, name) = hex.split_at(2);
    let path = objects_dir.join(folder).join(name);
    let metadata = match fs::symlink_metadata(&path) {
        Ok(metadata) => metadata,
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(unreadable(&path, &error)),
    };
    let damaged = |reason: &str| ReadError::Damaged {
        id: *id,
        reason: reason.to_owned(),
    };
    if !metadata.is_file() {
        return Err(damaged("its file is not a regular file"));
    }
    let too_large = |bytes| ReadError::TooLarge {
        id: *id,
        bytes,
        bytes_max,
    };
    if metadata.len() > bytes_max.saturating_add(bytes_max / 100).saturating_add(OVERHEAD_BYTES) {
        return Err(too_large(metadata.len()));
    }
    let file = fs::File::open(&path).map_err(|error| unreadable(&path, &error))?;
    let mut stream = ZlibDecoder::new(BufReader::new(file));
    let cut = |error: io::Error| damaged(&format!("its file is no whole zlib stream ({error})"));
    let header = read_header(&mut stream).map_err(cut)?;
    let (kind, size) = parse_header(&header).ok_or_else(|| damaged("its header has no proper form"))?;
    if size > bytes_max {
        return Err(too_large(size));
    }
    let mut bytes = Vec::new();
    // One byte more than it says, so that a longer stream shows; the end of the stream checks zlib's own sum.
    stream
        .take(size.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(cut)?;
    if u64::try_from(bytes.len()).ok() != Some(size) {
        return Err(damaged("its contents are not as long as its header says"));
    }
    if tree::object_id(kind, &bytes) != *id {
        return Err(damaged("its contents have another id"));
    }
    Ok(Some(Object { kind, bytes }))
}

/// Reads up to the first NUL, which is left out.
fn read_header(stream: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut header = Vec::new();
    let mut byte = [0; 1];
    while header.len() < HEADER_BYTES_MAX {
        stream.read_exact(&mut byte)?;
        match byte {
            [0] => return Ok(header),
            [byte] => header.push(byte),
        }
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, "there is no header"))
}

fn parse_header(header: &[u8]) -> Option<(ObjectKind, u64)> {
    let (kind, size) = str::from_utf8(header).ok()?.split_once(' ')?;
    let kind = [ObjectKind::Commit, ObjectKind::Tree, ObjectKind::Blob, ObjectKind::Tag]
        .into_iter()
        .find(|one| one.name() == kind)?;
    let parsed: u64 = size.parse().ok()?;
    // One spelling only: no sign, no leading zeros.
    (parsed.to_string() == size).then_some((kind, parsed))
}
