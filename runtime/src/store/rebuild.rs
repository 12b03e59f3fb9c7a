//! Makes the listings again from the events, in one transaction, and says whether they were what they should be.

use assize_provenance::digest::{Digest, Hasher};
use rusqlite::Connection;
use rusqlite::types::ValueRef;

use super::fault::Failure;
use super::listings::{self, LISTINGS};
use super::log::{COLUMNS, Stored};

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuilt {
    /// How many events the listings were made from.
    pub events: u64,
    /// The listings that were not what the events say. They are now.
    pub differences: Vec<Difference>,
}

/// A listing that was not what the events say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Its name.
    pub listing: &'static str,
    /// How many rows it had.
    pub rows_before: u64,
    /// How many rows it has now.
    pub rows_after: u64,
}

impl Rebuilt {
    /// Whether every listing was what the events say.
    #[must_use]
    pub fn is_identical(&self) -> bool {
        self.differences.is_empty()
    }
}

/// Empties the listings and makes them again.
pub(super) fn rebuild(connection: &Connection) -> Result<Rebuilt, Failure> {
    let before = fingerprints(connection)?;
    for (listing, _) in LISTINGS {
        connection.execute_batch(&format!("DELETE FROM {listing}"))?;
    }
    let mut events = 0_u64;
    let mut statement = connection.prepare(&format!("SELECT {COLUMNS} FROM events ORDER BY sequence"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let recorded = Stored::of(row)?.read()?;
        listings::apply(connection, recorded.sequence, recorded.at, &recorded.event)?;
        events = events.saturating_add(1);
    }
    let after = fingerprints(connection)?;
    let pairs = LISTINGS.iter().zip(before.iter().zip(&after));
    let differing = pairs.filter(|(_, (before, after))| before != after);
    let differences = differing.map(|((listing, _), (before, after))| Difference {
        listing,
        rows_before: before.1,
        rows_after: after.1,
    });
    Ok(Rebuilt {
        events,
        differences: differences.collect(),
    })
}

/// A digest over each listing, and the number of its rows.
fn fingerprints(connection: &Connection) -> Result<Vec<(Digest, u64)>, rusqlite::Error> {
    let of = |(listing, order): &(&str, &str)| -> Result<(Digest, u64), rusqlite::Error> {
        let (mut hasher, mut count) = (Hasher::new(), 0_u64);
        let mut statement = connection.prepare(&format!("SELECT * FROM {listing} ORDER BY {order}"))?;
        let columns = statement.column_count();
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            for column in 0..columns {
                hash(&mut hasher, row.get_ref(column)?);
            }
            count = count.saturating_add(1);
        }
        Ok((hasher.finish(), count))
    };
    LISTINGS.iter().map(of).collect()
}

/// Each value with its type and length, so that no two rows look alike.
fn hash(hasher: &mut Hasher, value: ValueRef<'_>) {
    let (kind, bytes): (u8, &[u8]) = match &value {
        ValueRef::Null => (0, &[]),
        ValueRef::Integer(number) => (1, &number.to_be_bytes()),
        ValueRef::Real(number) => (2, &number.to_be_bytes()),
        ValueRef::Text(text) => (3, text),
        ValueRef::Blob(blob) => (4, blob),
    };
    hasher.update(&[kind]);
    hasher.update(&(bytes.len() as u64).to_be_bytes());
    hasher.update(bytes);
}
