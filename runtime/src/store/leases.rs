//! Leases: who may go on with a run. Several processes share one store, and each run is driven by one of them.
//!
//! Every taking of a lease gets a number of its own, its **fence**, larger than any before. What is appended under a lease is
//! appended only while its fence is the newest one. So a process that stood still while another took over is refused,
//! however late it comes, and no clock has to be trusted for that: the times only say when others may take over.
//!
//! Leases are no events and are not made from them; making the listings again leaves them as they are.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::fault::Failure;
use super::query::{Page, as_signed, as_unsigned, read_text};
use super::wake;
use super::{Store, StoreError, insist_on_name};
use crate::event::{NAME_BYTES_MAX, RunId};

/// The lease of a run or of something else, as it was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// What it is about: [`run_lease`] names that of a run.
    pub name: String,
    /// Who holds it: the name of a driver.
    pub holder: String,
    /// Which taking this is. A lower number is an older one.
    pub fence: u64,
}

/// A lease that somebody else holds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the driver {holder} holds it until {until_ms} ms after 1970")]
pub struct Held {
    /// Who.
    pub holder: String,
    /// Until when, in milliseconds since 1970-01-01T00:00:00Z, if the holder does not renew it.
    pub until_ms: u64,
}

/// Somebody else has taken the lease meanwhile, or it was given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("another process has taken over; nothing was recorded")]
pub struct Fenced;

/// A lease that is held now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldLease {
    /// The lease.
    pub lease: Lease,
    /// Until when, in milliseconds since 1970-01-01T00:00:00Z.
    pub until_ms: u64,
}

/// The name of the lease under which a run is driven.
#[must_use]
pub fn run_lease(run: RunId) -> String {
    format!("run:{run}")
}

impl Store {
    /// Takes a lease until `until_ms`, if it is free, has run out at `now_ms`, is the same holder's, or its holder is dead.
    /// `is_dead` is asked by the thread that writes, while nobody else can take it.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unfit`] for an empty or overlong name; every other [`StoreError`].
    pub fn lease_take(
        &self,
        name: &str,
        holder: &str,
        now_ms: u64,
        until_ms: u64,
        is_dead: impl Fn(&str) -> bool + Send + 'static,
    ) -> Result<Result<Lease, Held>, StoreError> {
        insist_on_name("lease", name, NAME_BYTES_MAX)?;
        insist_on_name("holder", holder, NAME_BYTES_MAX)?;
        let (name, holder) = (name.to_owned(), holder.to_owned());
        self.writer
            .write(move |connection| take(connection, &name, &holder, (now_ms, until_ms), &is_dead))
    }

    /// Holds a lease longer.
    ///
    /// # Errors
    ///
    /// Every [`StoreError`].
    pub fn lease_renew(&self, lease: &Lease, until_ms: u64) -> Result<Result<(), Fenced>, StoreError> {
        let lease = lease.clone();
        self.writer.write(move |connection| {
            let mut update = connection
                .prepare_cached("UPDATE leases SET until_ms = ?4 WHERE name = ?1 AND holder = ?2 AND fence = ?3")?;
            let fence = as_signed(lease.fence);
            let changed = update.execute(params![lease.name, lease.holder, fence, as_signed(until_ms)])?;
            Ok(if changed == 1 { Ok(()) } else { Err(Fenced) })
        })
    }

    /// Gives a lease back, and wakes whoever waits for one.
    ///
    /// # Errors
    ///
    /// Every [`StoreError`].
    pub fn lease_release(&self, lease: &Lease) -> Result<Result<(), Fenced>, StoreError> {
        let lease = lease.clone();
        let released = self.writer.write(move |connection| {
            let mut update = connection
                .prepare_cached("UPDATE leases SET holder = NULL WHERE name = ?1 AND holder = ?2 AND fence = ?3")?;
            let changed = update.execute(params![lease.name, lease.holder, as_signed(lease.fence)])?;
            Ok(if changed == 1 { Ok(()) } else { Err(Fenced) })
        })?;
        if released.is_ok() {
            wake::ring(&self.place.folder);
        }
        Ok(released)
    }

    /// Whether a lease is the newest taking, and was not given back.
    ///
    /// # Errors
    ///
    /// Every [`StoreError`].
    pub fn lease_is_current(&self, lease: &Lease) -> Result<bool, StoreError> {
        self.read(|connection| is_current(connection, lease))
    }

    /// Reads at most `rows_max` of the leases that are held, by name; those behind `after`, if it is given. Whether their
    /// time is over, or their holder dead, is not looked at.
    ///
    /// # Errors
    ///
    /// Every [`StoreError`].
    pub fn leases(&self, after: Option<&str>, rows_max: usize) -> Result<Vec<HeldLease>, StoreError> {
        self.read(|connection| list(connection, after, rows_max))
    }
}

fn take(
    connection: &Connection,
    name: &str,
    holder: &str,
    (now_ms, until_ms): (u64, u64),
    is_dead: &dyn Fn(&str) -> bool,
) -> Result<Result<Lease, Held>, Failure> {
    let found: Option<(Option<String>, i64, i64)> = connection
        .prepare_cached("SELECT holder, fence, until_ms FROM leases WHERE name = ?1")?
        .query_row([name], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let (before, fence, until_before) = found.unwrap_or_default();
    let (fence, until_before) = (as_unsigned(fence), as_unsigned(until_before));
    if let Some(before) = before
        && before != holder
        && until_before >= now_ms
        && !is_dead(&before)
    {
        let held = Held {
            holder: before,
            until_ms: until_before,
        };
        return Ok(Err(held));
    }
    let lease = Lease {
        name: name.to_owned(),
        holder: holder.to_owned(),
        fence: fence.saturating_add(1),
    };
    connection
        .prepare_cached(
            "INSERT INTO leases (name, holder, fence, until_ms) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, fence = excluded.fence, until_ms = excluded.until_ms",
        )?
        .execute(params![name, holder, as_signed(lease.fence), as_signed(until_ms)])?;
    Ok(Ok(lease))
}

/// Whether a lease is the newest taking, and was not given back.
pub(super) fn is_current(connection: &Connection, lease: &Lease) -> Result<bool, Failure> {
    let found: Option<i64> = connection
        .prepare_cached("SELECT 1 FROM leases WHERE name = ?1 AND holder = ?2 AND fence = ?3")?
        .query_row(params![lease.name, lease.holder, as_signed(lease.fence)], |row| {
            row.get(0)
        })
        .optional()?;
    Ok(found.is_some())
}

fn list(connection: &Connection, after: Option<&str>, rows_max: usize) -> Result<Vec<HeldLease>, Failure> {
    let mut statement = connection.prepare_cached(
        "SELECT name, holder, fence, until_ms FROM leases WHERE holder IS NOT NULL AND (?1 IS NULL OR name > ?1) ORDER BY name",
    )?;
    let mut rows = statement.query([after])?;
    let mut page = Page::new(rows_max);
    while page.has_room() {
        let Some(row) = rows.next()? else { break };
        let lease = Lease {
            name: read_text(row, 0)?,
            holder: read_text(row, 1)?,
            fence: as_unsigned(row.get(2)?),
        };
        let bytes = lease.name.len();
        let until_ms = as_unsigned(row.get(3)?);
        page.push(HeldLease { lease, until_ms }, bytes);
    }
    Ok(page.rows)
}
