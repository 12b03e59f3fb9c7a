//! The file and its surroundings: who may read it, and that a store which came with somebody else's folder is harmless.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use assize::store::{RunFilter, Store, StoreError};
use assize_tests::happenings::{access, draft, moment, started};
use assize_tests::snapshot::Snapshot;
use rusqlite::Connection;

use super::{World, refusal, works};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("is there").permissions().mode() & 0o777
}

/// Puts events into the store and closes it.
fn fill(world: &World) {
    let store = world.open();
    store
        .append(
            moment(0),
            &[started(1, "scribe"), access(1, "scribe", "workspace.read", true)],
        )
        .expect("appends");
    store
        .artifact_store(moment(0), draft(1, "scribe", "report", b"contents"))
        .expect("stores");
}

fn by_hand(world: &World, sql: &str) {
    let connection = Connection::open(world.path("store.sqlite")).expect("opens");
    connection
        .execute_batch(sql)
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
}

#[test]
fn only_the_user_can_read_it() {
    let world = World::sqlite();
    let store = world.open();
    store.append(moment(0), &[started(1, "scribe")]).expect("appends");
    assert_eq!(mode(&world.state_dir()), 0o700);
    let mut names = Vec::new();
    for entry in fs::read_dir(world.state_dir()).expect("a folder") {
        let path = entry.expect("an entry").path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        names.push(path.file_name().expect("a name").to_string_lossy().into_owned());
    }
    names.sort();
    assert_eq!(
        names,
        ["store.lock", "store.sqlite", "store.sqlite-shm", "store.sqlite-wal"]
    );
    drop(store);
    assert!(
        !world.path("store.sqlite-wal").exists(),
        "closing folds everything into the file"
    );
}

#[test]
fn opening_what_is_not_there_makes_nothing() {
    let world = World::sqlite();
    assert!(Store::open_existing(&world.state_dir()).expect("looks").is_none());
    assert!(!world.state_dir().exists());
    fill(&world);
    let store = Store::open_existing(&world.state_dir())
        .expect("opens")
        .expect("is there");
    assert_eq!(store.check().expect("checks").events, 3);
}

#[test]
fn events_cannot_be_changed_or_removed_even_by_hand() {
    let world = World::sqlite();
    fill(&world);
    let connection = Connection::open(world.path("store.sqlite")).expect("opens");
    for sql in [
        "UPDATE events SET granted = 1",
        "DELETE FROM events",
        "DELETE FROM events WHERE sequence = 3",
        "UPDATE contents SET bytes = x'00'",
    ] {
        let error = refusal(connection.execute(sql, []));
        assert!(error.contains("never"), "{sql}: {error}");
    }
    drop(connection);
    works(&world, "after attempts by hand");
}

/// Whoever takes the guards away and puts them back is still found out.
#[test]
fn an_event_that_was_changed_by_hand_is_found() {
    let guard = "CREATE TRIGGER events_are_not_changed BEFORE UPDATE ON events\nBEGIN\n    SELECT RAISE(ABORT, 'an event is never \
                 changed');\nEND";
    for change in [
        "UPDATE events SET body = replace(body, 'workspace.read', 'workspace.list') WHERE sequence = 2",
        "UPDATE events SET granted = 0 WHERE sequence = 2",
        "UPDATE events SET digest = zeroblob(32) WHERE sequence = 2",
        "UPDATE events SET sequence = 9 WHERE sequence = 3",
    ] {
        let world = World::sqlite();
        fill(&world);
        by_hand(
            &world,
            &format!("DROP TRIGGER events_are_not_changed; {change}; {guard};"),
        );
        let store = world.open();
        let checked = store.check().expect("checks");
        assert!(!checked.is_sound(), "{change}");
        assert!(
            checked.problems.iter().all(|problem| problem.contains("event")),
            "{:?}",
            checked.problems
        );
    }
}

/// What a listing shows was recorded once, escaped and bounded; what was not is shown to nobody.
#[test]
fn a_listing_that_was_changed_by_hand_reaches_no_terminal() {
    for (change, column) in [
        ("UPDATE runs SET dir = char(27) || '[2J'", "runs"),
        ("UPDATE usage SET last_resource = char(27)", "usage"),
        ("UPDATE artifacts SET name = char(10)", "artifacts"),
        ("UPDATE runs SET dir = printf('%.*c', 100000, 'x')", "runs"),
    ] {
        let world = World::sqlite();
        fill(&world);
        by_hand(&world, change);
        let store = world.open();
        let error = match column {
            "runs" => refusal(store.runs(&RunFilter::default(), None, 10)),
            "usage" => refusal(store.usage(None, None, 10)),
            _ => refusal(store.artifacts(None, 0, 10)),
        };
        assert!(error.contains("never recorded"), "{change}: {error}");
        assert_eq!(store.rebuild().expect("rebuilds").differences.len(), 1, "{change}");
        works(&world, change);
    }
}

#[test]
fn an_artifact_that_was_changed_by_hand_is_found_and_not_given_out() {
    let world = World::sqlite();
    fill(&world);
    let guard = "CREATE TRIGGER contents_are_not_changed BEFORE UPDATE ON contents\nBEGIN\n    SELECT RAISE(ABORT, 'contents are \
                 never changed');\nEND";
    by_hand(
        &world,
        &format!("DROP TRIGGER contents_are_not_changed; UPDATE contents SET bytes = x'00'; {guard};"),
    );
    let store = world.open();
    assert_eq!(store.check().expect("checks").problems.len(), 1);
    let digest = assize_provenance::digest::Digest::of(b"contents");
    let error = refusal(store.artifact_get(&digest, 0, 10));
    assert!(error.contains(&digest.to_string()), "{error}");
}

/// Anything in the schema that is not letter by letter ours is refused before a table is read.
#[test]
fn a_schema_of_somebody_else_is_refused() {
    for change in [
        "CREATE TRIGGER extra AFTER INSERT ON events BEGIN DELETE FROM runs; END",
        "CREATE VIEW extra AS SELECT * FROM events",
        "CREATE TABLE extra (number INTEGER)",
        "CREATE INDEX extra ON events (agent)",
        "ALTER TABLE runs ADD COLUMN extra TEXT",
        "DROP TRIGGER events_are_not_removed",
        "DROP TABLE usage; CREATE VIEW usage AS SELECT * FROM runs",
        "DROP INDEX events_by_run; CREATE INDEX events_by_run ON events (hex(run))",
        "PRAGMA application_id = 1",
        "PRAGMA user_version = 0",
        "PRAGMA journal_mode = delete",
    ] {
        let world = World::sqlite();
        fill(&world);
        by_hand(&world, change);
        let before = fs::read(world.path("store.sqlite")).expect("reads");
        let error = Store::open(&world.state_dir()).expect_err("is refused");
        assert!(
            matches!(error, StoreError::Foreign { .. }) && !error.is_machine(),
            "{change}: {error}"
        );
        assert!(
            error.to_string().contains("store.sqlite") && error.to_string().contains("move it away"),
            "{error}"
        );
        assert_eq!(
            fs::read(world.path("store.sqlite")).expect("reads"),
            before,
            "{change}: it was touched"
        );
    }
}

#[test]
fn a_newer_store_is_refused_and_both_versions_are_named() {
    let world = World::sqlite();
    fill(&world);
    by_hand(&world, "CREATE TABLE future (number INTEGER); PRAGMA user_version = 7");
    let error = Store::open(&world.state_dir()).expect_err("is refused");
    let StoreError::Newer { found: 7, known, .. } = error else {
        panic!("{error}")
    };
    let text = error.to_string();
    assert!(
        text.contains("version 7") && text.contains(&format!("up to {known}")) && text.contains("run the Assize"),
        "{text}"
    );
}

/// A process that goes on while a newer Assize takes the file further stops writing.
#[test]
fn a_store_that_becomes_newer_while_it_is_open_is_written_no_more() {
    let world = World::sqlite();
    let store = world.open();
    store.append(moment(0), &[started(1, "scribe")]).expect("appends");
    by_hand(&world, "PRAGMA user_version = 7");
    let error = store
        .append(moment(0), &[started(2, "scribe")])
        .expect_err("is refused");
    assert!(matches!(error, StoreError::Newer { found: 7, .. }), "{error}");
}

#[test]
fn what_is_no_store_is_refused_and_left_alone() {
    let contents: [(&str, Vec<u8>); 5] = [
        ("empty", Vec::new()),
        (
            "text",
            b"this is a text and no database, which is longer than a header of SQLite has to be, surely; yes.".to_vec(),
        ),
        ("zeros", vec![0; 8192]),
        ("a header only", b"SQLite format 3\0".to_vec()),
        (
            "noise",
            (0..20_000_u32)
                .map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8)
                .collect(),
        ),
    ];
    for (what, bytes) in contents {
        let world = World::sqlite();
        fs::create_dir(world.state_dir()).expect("a folder");
        fs::write(world.path("store.sqlite"), &bytes).expect("a file");
        let error = Store::open(&world.state_dir()).expect_err("is refused");
        assert!(
            matches!(error, StoreError::Foreign { .. } | StoreError::Damaged { .. }),
            "{what}: {error}"
        );
        assert_eq!(
            fs::read(world.path("store.sqlite")).expect("reads"),
            bytes,
            "{what}: it was touched"
        );
    }
}

/// Links, second names, devices and the journals of somebody else lead to files that are not ours.
#[test]
fn nothing_outside_the_folder_is_reached() {
    type Plant = fn(&World, &Path);
    let plants: [(&str, Plant); 11] = [
        ("a link to a file", |world, outside| {
            symlink(outside.join("victim"), world.path("store.sqlite")).expect("a link");
        }),
        ("a link to a store", |world, outside| {
            symlink(outside.join("assize/store.sqlite"), world.path("store.sqlite")).expect("a link");
        }),
        ("a link to nothing", |world, outside| {
            symlink(outside.join("new"), world.path("store.sqlite")).expect("a link");
        }),
        ("a second name", |world, outside| {
            fs::hard_link(outside.join("assize/store.sqlite"), world.path("store.sqlite")).expect("a name");
        }),
        ("a folder", |world, _| {
            fs::create_dir(world.path("store.sqlite")).expect("a folder");
        }),
        ("a pipe", |world, _| {
            let made = Command::new("mkfifo")
                .arg(world.path("store.sqlite"))
                .status()
                .expect("starts");
            assert!(made.success());
        }),
        ("a link as write-ahead log", |world, outside| {
            fs::copy(outside.join("assize/store.sqlite"), world.path("store.sqlite")).expect("a copy");
            symlink(outside.join("victim"), world.path("store.sqlite-wal")).expect("a link");
        }),
        ("a link as index", |world, outside| {
            fs::copy(outside.join("assize/store.sqlite"), world.path("store.sqlite")).expect("a copy");
            symlink(outside.join("victim"), world.path("store.sqlite-shm")).expect("a link");
        }),
        ("a journal", |world, outside| {
            fs::copy(outside.join("assize/store.sqlite"), world.path("store.sqlite")).expect("a copy");
            fs::write(world.path("store.sqlite-journal"), b"journal").expect("a file");
        }),
        ("a write-ahead log without its store", |world, _| {
            fs::write(world.path("store.sqlite-wal"), b"log").expect("a file");
        }),
        ("a link as lock", |world, outside| {
            symlink(outside.join("new"), world.path("store.lock")).expect("a link");
        }),
    ];
    for (what, plant) in plants {
        let elsewhere = World::sqlite();
        fill(&elsewhere);
        let outside = elsewhere.folder.path();
        fs::write(outside.join("victim"), b"precious").expect("a file");
        let world = World::sqlite();
        fs::create_dir(world.state_dir()).expect("a folder");
        plant(&world, outside);
        let before = Snapshot::of(outside);
        let error = refusal(Store::open(&world.state_dir()));
        assert!(error.contains("store."), "{what}: {error}");
        assert_eq!(
            before.differences(&Snapshot::of(outside)),
            Vec::<PathBuf>::new(),
            "{what}: something outside changed"
        );
    }
}

#[test]
fn a_state_folder_that_is_a_link_is_refused() {
    let (world, elsewhere) = (World::sqlite(), World::sqlite());
    symlink(elsewhere.folder.path(), world.state_dir()).expect("a link");
    assert!(refusal(Store::open(&world.state_dir())).contains("not a folder"));
    assert_eq!(fs::read_dir(elsewhere.folder.path()).expect("a folder").count(), 0);
}

/// What a killed process left of a store that was never finished is in nobody's way.
#[test]
fn a_store_that_was_never_finished_is_made_anew() {
    let world = World::sqlite();
    fs::create_dir(world.state_dir()).expect("a folder");
    for end in ["", "-wal", "-shm", "-journal"] {
        fs::write(world.path(&format!("store.new{end}")), b"half").expect("a file");
    }
    fill(&world);
    works(&world, "after leftovers");
    let names: Vec<_> = fs::read_dir(world.state_dir())
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    assert!(
        names.iter().all(|name| !name.to_string_lossy().contains("new")),
        "{names:?}"
    );
}

/// What is written to a file that nobody finds again is not acknowledged.
#[test]
fn a_store_that_was_moved_away_is_written_no_more() {
    let world = World::sqlite();
    let store = world.open();
    store.append(moment(0), &[started(1, "scribe")]).expect("appends");
    fs::rename(world.path("store.sqlite"), world.path("elsewhere")).expect("moves");
    for _ in 0..2 {
        let error = store
            .append(moment(0), &[started(2, "scribe")])
            .expect_err("is refused");
        assert!(matches!(error, StoreError::Moved(_)), "{error}");
    }
    fs::rename(world.path("elsewhere"), world.path("store.sqlite")).expect("moves");
    store.append(moment(0), &[started(2, "scribe")]).expect("appends again");
}

/// Waiting has an end, and reading needs no waiting.
#[test]
fn a_store_that_another_process_holds_is_waited_for_and_then_named() {
    let world = World::sqlite();
    let store = Store::open_patiently(&world.state_dir(), Duration::from_millis(200)).expect("opens");
    store.append(moment(0), &[started(1, "scribe")]).expect("appends");
    let other = Connection::open(world.path("store.sqlite")).expect("opens");
    other.execute_batch("BEGIN IMMEDIATE").expect("holds it");
    let before = Instant::now();
    let error = store
        .append(moment(0), &[started(2, "scribe")])
        .expect_err("is refused");
    let waited = before.elapsed();
    assert!(
        matches!(error, StoreError::Locked { waited_millis: 200, .. }) && error.is_machine(),
        "{error}"
    );
    assert!(error.to_string().contains("another process holds the store"), "{error}");
    assert!((200..5000).contains(&waited.as_millis()), "{waited:?}");
    assert_eq!(store.check().expect("checks").events, 1);
    other.execute_batch("ROLLBACK").expect("lets go");
    assert_eq!(store.append(moment(0), &[started(2, "scribe")]).expect("appends"), [2]);
}

/// Whoever can copy the folder copies a store that works: nothing in it depends on its place.
#[test]
fn a_copy_of_the_folder_is_a_store_of_its_own() {
    let (world, copy) = (World::sqlite(), World::sqlite());
    let store = world.open();
    store.append(moment(0), &[started(1, "scribe")]).expect("appends");
    // The write-ahead log is copied too: the store is open.
    fs::create_dir(copy.state_dir()).expect("a folder");
    for entry in fs::read_dir(world.state_dir()).expect("a folder") {
        let entry = entry.expect("an entry");
        fs::copy(entry.path(), copy.state_dir().join(entry.file_name())).expect("a copy");
    }
    works(&copy, "the copy");
    assert_eq!(store.check().expect("checks").events, 1);
    assert_eq!(fs::metadata(world.path("store.sqlite")).expect("is there").nlink(), 1);
}
