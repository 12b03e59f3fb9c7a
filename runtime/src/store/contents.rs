//! Contents under their digests: artifacts, plans, outputs. Each is kept once, and held against its digest whenever it is
//! read.

use assize_provenance::digest::Digest;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::fault::Failure;

/// Keeps contents under their digest.
pub(super) fn put(connection: &Connection, digest: &Digest, bytes: &[u8]) -> Result<(), Failure> {
    connection
        .prepare_cached("INSERT INTO contents (digest, bytes) VALUES (?1, ?2) ON CONFLICT (digest) DO NOTHING")?
        .execute(params![digest.as_bytes(), bytes])?;
    Ok(())
}

/// Whether contents of this digest are kept.
pub(super) fn has(connection: &Connection, digest: &Digest) -> Result<bool, Failure> {
    let found: Option<i64> = connection
        .prepare_cached("SELECT 1 FROM contents WHERE digest = ?1")?
        .query_row([digest.as_bytes()], |row| row.get(0))
        .optional()?;
    Ok(found.is_some())
}

/// Reads contents, and only if they are what the digest says.
pub(super) fn get(connection: &Connection, digest: &Digest) -> Result<Option<Vec<u8>>, Failure> {
    let contents: Option<Vec<u8>> = connection
        .prepare_cached("SELECT bytes FROM contents WHERE digest = ?1")?
        .query_row([digest.as_bytes()], |row| row.get(0))
        .optional()?;
    match contents {
        Some(contents) if Digest::of(&contents) != *digest => {
            Err(Failure::Damaged(format!("the contents of {digest} have changed")))
        }
        contents => Ok(contents),
    }
}
