//! The tables, by numbered migrations, and the insistence that a file holds these and nothing else.
//!
//! A file that came with a copied repository could hold triggers or views of somebody else's. So the schema is compared
//! letter by letter with that of an empty store, before anything is read from its tables.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::fault::{Failure, StoreError};

/// Marks a file as ours: "assz".
pub(super) const APPLICATION_ID: i64 = 0x6173_737a;

/// The migrations, oldest first. A file's version is how many of them it has seen.
pub(super) const MIGRATIONS: &[&str] = &[
    include_str!("../../migrations/sqlite/0001_events.sql"),
    include_str!("../../migrations/sqlite/0002_workflows.sql"),
    include_str!("../../migrations/sqlite/0003_board.sql"),
];

/// One row of `sqlite_schema`: type, name, table and text.
type Item = (String, String, String, Option<String>);

/// The version of a new file.
pub(super) fn newest(migrations: &[&str]) -> u64 {
    migrations.len() as u64
}

/// Reads the version of a file.
pub(super) fn version(connection: &Connection) -> Result<u64, rusqlite::Error> {
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    // A negative number is no version that there ever was.
    Ok(u64::try_from(version).unwrap_or(u64::MAX))
}

/// Takes a file from its version to the newest, in one transaction: it is as it was, or as it should be.
pub(super) fn migrate(connection: &mut Connection, migrations: &[&str]) -> Result<(), rusqlite::Error> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have been faster.
    let done = usize::try_from(version(&transaction)?).unwrap_or(usize::MAX);
    for migration in migrations.iter().skip(done) {
        transaction.execute_batch(migration)?;
    }
    if done < migrations.len() {
        transaction.pragma_update(
            None,
            "user_version",
            i64::try_from(migrations.len()).unwrap_or(i64::MAX),
        )?;
    }
    transaction.commit()
}

/// Insists that the file is one of ours, of a version that is known here, with nothing in it but our tables. Gives the
/// version.
pub(super) fn insist(connection: &Connection, path: &Path, migrations: &[&str]) -> Result<u64, Failure> {
    // One look at everything: another process may be migrating. It ends with the function, and has changed nothing.
    let _snapshot = connection.unchecked_transaction()?;
    let application: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if application != APPLICATION_ID {
        return Err(StoreError::foreign(path, "it is a SQLite file of another program").into());
    }
    let (found, known) = (version(connection)?, newest(migrations));
    if found > known {
        let path = path.to_owned();
        return Err(StoreError::Newer { path, found, known }.into());
    }
    let seen = usize::try_from(found).unwrap_or(usize::MAX);
    let expected = expected(migrations.get(..seen).unwrap_or(migrations))?;
    let items = items(connection, expected.len())?;
    if let Some(stranger) = items.iter().find(|item| !expected.contains(item)) {
        let reason = format!(
            "its {} `{}` is not Assize's",
            stranger.0.escape_debug(),
            stranger.1.escape_debug()
        );
        return Err(StoreError::foreign(path, reason).into());
    }
    if items.len() != expected.len() {
        return Err(StoreError::foreign(path, "some of its tables are missing").into());
    }
    let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    if mode != "wal" {
        return Err(StoreError::foreign(path, format!("its journal mode is `{mode}`")).into());
    }
    Ok(found)
}

/// The schema that these migrations make.
fn expected(migrations: &[&str]) -> Result<Vec<Item>, rusqlite::Error> {
    let empty = Connection::open_in_memory()?;
    for migration in migrations {
        empty.execute_batch(migration)?;
    }
    items(&empty, usize::MAX)
}

/// Reads the schema; of one with more than `items_max` items, one more.
fn items(connection: &Connection, items_max: usize) -> Result<Vec<Item>, rusqlite::Error> {
    let mut statement =
        connection.prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    rows.take(items_max.saturating_add(1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "CREATE TABLE one (number INTEGER) STRICT; INSERT INTO one VALUES (1);";
    const SECOND: &str = "ALTER TABLE one ADD COLUMN word TEXT; UPDATE one SET word = 'x';";

    fn dump(connection: &Connection) -> (u64, Vec<Item>) {
        (
            version(connection).expect("a version"),
            items(connection, 100).expect("a schema"),
        )
    }

    #[test]
    fn migrations_go_forward_from_any_version_and_only_once() {
        let mut at_once = Connection::open_in_memory().expect("opens");
        migrate(&mut at_once, &[FIRST, SECOND]).expect("migrates");
        let mut by_steps = Connection::open_in_memory().expect("opens");
        for migrations in [&[FIRST][..], &[FIRST], &[FIRST, SECOND], &[FIRST, SECOND]] {
            migrate(&mut by_steps, migrations).expect("migrates");
        }
        assert_eq!(dump(&by_steps), dump(&at_once));
        assert_eq!(dump(&by_steps).0, 2);
        let rows: i64 = by_steps
            .query_row("SELECT count(*) FROM one WHERE word = 'x'", [], |row| row.get(0))
            .expect("rows");
        assert_eq!(rows, 1);
    }

    #[test]
    fn a_migration_that_fails_half_way_leaves_everything_as_it_was() {
        let mut connection = Connection::open_in_memory().expect("opens");
        migrate(&mut connection, &[FIRST]).expect("migrates");
        let before = dump(&connection);
        let broken = "ALTER TABLE one ADD COLUMN word TEXT; DELETE FROM one; INSERT INTO nowhere VALUES (1);";
        let third = "CREATE TABLE three (number INTEGER) STRICT;";
        for migrations in [&[FIRST, broken][..], &[FIRST, SECOND, broken], &[FIRST, broken, third]] {
            migrate(&mut connection, migrations).expect_err("fails");
            assert_eq!(dump(&connection), before);
        }
        migrate(&mut connection, &[FIRST, SECOND]).expect("migrates");
    }

    #[test]
    fn the_migrations_make_a_schema() {
        assert!(expected(MIGRATIONS).expect("they run").len() > 10);
    }
}
