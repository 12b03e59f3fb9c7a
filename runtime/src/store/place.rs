//! The file: where it lies, how it comes into being, and how it is opened.
//!
//! The folder may have been copied from somebody. So a link, a file with a second name, a rollback journal (which could name
//! other files to delete) and a SQLite file that is not ours letter by letter are refused. A new store is made under another
//! name and renamed when it is whole, so that no process ever sees half of one.
//!
//! The file is opened by SQLite only: closing it by hand would drop the locks that another connection of this process holds.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags};

use super::artifacts::ARTIFACT_BYTES_MAX;
use super::fault::{Failure, StoreError};
use super::schema;
use crate::durable;

/// How long a waiting process sleeps before it tries again. Short, so that a busy holder does not keep it out by chance.
pub(super) const NAP: Duration = Duration::from_millis(1);
/// The largest text or blob that is read from the file, in bytes: an artifact, and something around it.
const LENGTH_BYTES_MAX: i32 = (ARTIFACT_BYTES_MAX + (1 << 20)) as i32;
/// How large the write-ahead log of SQLite may stay after it was folded into the file, in bytes.
const JOURNAL_BYTES_MAX: i64 = 16 << 20;
/// How many statements a connection keeps ready.
const STATEMENTS_KEPT: usize = 128;

/// Where the store lies, and how patient its users are.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) folder: PathBuf,
    pub(super) file: PathBuf,
    pub(super) patience: Duration,
}

/// Which file this is, whatever its name.
pub(super) type Identity = (u64, u64);

impl Place {
    /// Takes the state folder of a clone, which is made where there is none.
    pub(super) fn make(state_dir: &Path, patience: Duration) -> Result<Self, StoreError> {
        let io = |error: io::Error| StoreError::io(state_dir, &error);
        durable::private_dir(state_dir).map_err(io)?;
        Self::of(state_dir, patience)
    }

    /// Takes the state folder of a clone if there is a store in it.
    pub(super) fn find(state_dir: &Path, patience: Duration) -> Result<Option<Self>, StoreError> {
        match fs::symlink_metadata(state_dir.join("store.sqlite")) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StoreError::io(state_dir, &error)),
        }
        Self::make(state_dir, patience).map(Some)
    }

    fn of(state_dir: &Path, patience: Duration) -> Result<Self, StoreError> {
        // SQLite refuses any link on the way to the file; those above the repository are the user's own.
        let folder = fs::canonicalize(state_dir).map_err(|error| StoreError::io(state_dir, &error))?;
        let file = folder.join("store.sqlite");
        Ok(Self { folder, file, patience })
    }

    pub(super) fn waited_millis(&self) -> u64 {
        u64::try_from(self.patience.as_millis()).unwrap_or(u64::MAX)
    }

    /// Says of a failure that it is one of this file.
    pub(super) fn fault(&self, failure: impl Into<Failure>) -> StoreError {
        failure.into().of(&self.file, self.waited_millis())
    }

    /// Makes the store where there is none, and brings an old one up to date. Then the file can be opened.
    pub(super) fn prepare(&self, migrations: &[&str]) -> Result<(), StoreError> {
        if self.identity()?.is_none() {
            let _lock = self.lock()?;
            // Another process may have been faster.
            if self.identity()?.is_none() {
                return self.create(migrations);
            }
        }
        self.insist_on_sidecars()?;
        let mut connection = self.connect(&self.file)?;
        let found = schema::insist(&connection, &self.file, migrations).map_err(|failure| self.fault(failure))?;
        if found < schema::newest(migrations) {
            let _lock = self.lock()?;
            schema::migrate(&mut connection, migrations).map_err(|error| self.fault(error))?;
            schema::insist(&connection, &self.file, migrations).map_err(|failure| self.fault(failure))?;
        }
        Ok(())
    }

    /// Opens the file, with everything in it distrusted.
    pub(super) fn open(&self) -> Result<Connection, StoreError> {
        self.connect(&self.file)
    }

    /// Which file the store is now; none where there is none.
    pub(super) fn identity(&self) -> Result<Option<Identity>, StoreError> {
        let metadata = match fs::symlink_metadata(&self.file) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(StoreError::io(&self.file, &error)),
        };
        if !metadata.is_file() {
            return Err(StoreError::foreign(&self.file, "it is a link, a folder or a device"));
        }
        if metadata.nlink() > 1 {
            return Err(StoreError::foreign(&self.file, "the same file has another name too"));
        }
        Ok(Some((metadata.dev(), metadata.ino())))
    }

    /// What lies beside the file belongs to it, or is refused.
    fn insist_on_sidecars(&self) -> Result<(), StoreError> {
        for end in ["-wal", "-shm"] {
            let path = beside(&self.file, end);
            if fs::symlink_metadata(&path).is_ok_and(|metadata| !metadata.is_file() || metadata.nlink() > 1) {
                return Err(StoreError::foreign(&path, "it is a link, a folder or a device"));
            }
        }
        // A store never has one: it is made elsewhere, and works with a write-ahead log.
        self.refuse("-journal")
    }

    fn refuse(&self, end: &str) -> Result<(), StoreError> {
        let path = beside(&self.file, end);
        match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(StoreError::io(&path, &error)),
            Ok(_) => Err(StoreError::foreign(&path, "it belongs to no store that lies here")),
        }
    }

    fn create(&self, migrations: &[&str]) -> Result<(), StoreError> {
        // SQLite would take them for parts of the new file.
        self.refuse("-wal")?;
        self.refuse("-journal")?;
        let new = self.folder.join("store.new");
        let io = |error: io::Error| StoreError::io(&new, &error);
        for end in ["", "-wal", "-shm", "-journal"] {
            match fs::remove_file(beside(&new, end)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io(error)),
                _ => {}
            }
        }
        let mut options = OpenOptions::new();
        options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&new)
            .map_err(io)?;
        let mut connection = self.connect(&new)?;
        let mut make = || -> Result<(), Failure> {
            connection.pragma_update(None, "application_id", schema::APPLICATION_ID)?;
            connection.pragma_update(None, "journal_mode", "wal")?;
            schema::migrate(&mut connection, migrations)?;
            // SQLite goes on in another mode when it cannot have the one that was asked for.
            schema::insist(&connection, &new, migrations).map(|_| ())
        };
        let unfinished = || StoreError::Io {
            path: new.clone(),
            reason: "it could not be finished".to_owned(),
        };
        make().map_err(|failure| match failure.of(&new, self.waited_millis()) {
            // A file that was made just now is not somebody else's: it could not be read back.
            StoreError::Foreign { .. } | StoreError::Damaged { .. } => unfinished(),
            error => error,
        })?;
        // Closing the last connection folds the write-ahead log into the file and removes it.
        connection
            .close()
            .map_err(|(_, error)| Failure::from(error).of(&new, self.waited_millis()))?;
        if fs::symlink_metadata(beside(&new, "-wal")).is_ok() {
            return Err(unfinished());
        }
        File::open(&new).and_then(|file| file.sync_all()).map_err(io)?;
        fs::rename(&new, &self.file).map_err(io)?;
        durable::sync_dir(&self.folder).map_err(io)
    }

    fn connect(&self, file: &Path) -> Result<Connection, StoreError> {
        let open = || -> Result<Connection, rusqlite::Error> {
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
                | OpenFlags::SQLITE_OPEN_NO_MUTEX
                | OpenFlags::SQLITE_OPEN_NOFOLLOW
                | OpenFlags::SQLITE_OPEN_EXRESCODE;
            let connection = Connection::open_with_flags(file, flags)?;
            connection.busy_timeout(self.patience)?;
            for (setting, value) in [
                (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
                (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
                (DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false),
                (DbConfig::SQLITE_DBCONFIG_DQS_DDL, false),
                (DbConfig::SQLITE_DBCONFIG_DQS_DML, false),
                (DbConfig::SQLITE_DBCONFIG_ENABLE_ATTACH_CREATE, false),
                (DbConfig::SQLITE_DBCONFIG_ENABLE_ATTACH_WRITE, false),
            ] {
                connection.set_db_config(setting, value)?;
            }
            connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, LENGTH_BYTES_MAX)?;
            connection.pragma_update(None, "synchronous", "full")?;
            connection.pragma_update(None, "foreign_keys", true)?;
            connection.pragma_update(None, "cell_size_check", true)?;
            connection.pragma_update(None, "mmap_size", 0)?;
            connection.pragma_update(None, "temp_store", "memory")?;
            connection.pragma_update(None, "journal_size_limit", JOURNAL_BYTES_MAX)?;
            connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
            Ok(connection)
        };
        open().map_err(|error| Failure::from(error).of(file, self.waited_millis()))
    }

    /// Takes the lock under which a store is made or brought up to date, not waiting for ever.
    fn lock(&self) -> Result<File, StoreError> {
        let path = self.folder.join("store.lock");
        let io = |error: io::Error| StoreError::io(&path, &error);
        let file = durable::lockable(&path).map_err(io)?;
        let start = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::WouldBlock) if start.elapsed() < self.patience => thread::sleep(NAP),
                Err(TryLockError::WouldBlock) => {
                    let waited_millis = self.waited_millis();
                    return Err(StoreError::Locked { path, waited_millis });
                }
                Err(TryLockError::Error(error)) => return Err(io(error)),
            }
        }
    }
}

/// The file beside `file` whose name ends in `end`, as SQLite names them.
fn beside(file: &Path, end: &str) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(end);
    PathBuf::from(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::schema::MIGRATIONS;

    const NEXT: &str = "CREATE TABLE next (number INTEGER) STRICT;";
    const BROKEN: &str = "CREATE TABLE next (number INTEGER) STRICT; DROP TABLE usage; INSERT INTO nowhere VALUES (1);";

    fn place(folder: &Path) -> Place {
        Place::make(&folder.join("assize"), Duration::from_secs(5)).expect("a place")
    }

    fn with(migration: &'static str) -> Vec<&'static str> {
        [MIGRATIONS, &[migration]].concat()
    }

    #[test]
    fn an_old_store_is_brought_up_to_date_or_stays_as_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = place(folder.path());
        place.prepare(MIGRATIONS).expect("is made");
        place.prepare(&with(BROKEN)).expect_err("fails half way");
        place.prepare(MIGRATIONS).expect("is as it was");
        place.prepare(&with(NEXT)).expect("is brought up to date");
        place.prepare(&with(NEXT)).expect("is up to date");
        let error = place.prepare(MIGRATIONS).expect_err("is too new");
        let newest = schema::newest(MIGRATIONS);
        let StoreError::Newer { found, known, .. } = error else {
            panic!("{error}")
        };
        assert_eq!((found, known), (newest + 1, newest));
    }

    #[test]
    fn an_old_store_with_something_else_in_it_is_not_brought_up_to_date() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = place(folder.path());
        place.prepare(MIGRATIONS).expect("is made");
        let connection = place.open().expect("opens");
        connection
            .execute_batch("CREATE TABLE extra (number INTEGER)")
            .expect("changes");
        let error = place.prepare(&with(NEXT)).expect_err("is refused");
        assert!(matches!(error, StoreError::Foreign { .. }), "{error}");
        assert_eq!(
            schema::version(&connection).expect("a version"),
            schema::newest(MIGRATIONS)
        );
    }

    #[test]
    fn many_may_make_it_and_bring_it_up_to_date_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = place(folder.path());
        for migrations in [MIGRATIONS.to_vec(), with(NEXT)] {
            thread::scope(|scope| {
                for _ in 0..8 {
                    scope.spawn(|| place.prepare(&migrations).expect("is prepared"));
                }
            });
        }
        let connection = place.open().expect("opens");
        assert_eq!(
            schema::version(&connection).expect("a version"),
            schema::newest(MIGRATIONS) + 1
        );
    }
}
