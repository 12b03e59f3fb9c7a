//! The same for a user without privileges: the mechanisms differ, what they hold does not.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// Nobody.
const USER: u32 = 65534;

/// Where the tests run as root, each of them runs once more as somebody who owns nothing.
#[test]
fn all_of_it_holds_for_an_ordinary_user() {
    once_more("commands::");
}

/// The hostile kit, too.
#[test]
fn the_hostile_kit_holds_for_an_ordinary_user() {
    once_more("hostile_kit::");
}

/// Runs the tests whose names contain this as an ordinary user.
fn once_more(filter: &str) {
    if !rustix::process::geteuid().is_root() {
        // Then the tests beside this one are what it asks for.
        return;
    }
    let place = tempfile::tempdir().expect("a folder");
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755)).expect("a folder for all");
    let copy = |from: &Path, name: &str| {
        let to = place.path().join(name);
        // Where this user may not go, a copy is taken along.
        fs::hard_link(from, &to)
            .or_else(|_| fs::copy(from, &to).map(|_| ()))
            .expect("a copy");
        to
    };
    let tests = copy(&std::env::current_exe().expect("this program"), "tests");
    let keeper = copy(env!("CARGO_BIN_EXE_assize-under-test").as_ref(), "keeper");
    let runner = copy(env!("CARGO_BIN_EXE_command-runner").as_ref(), "runner");
    let room = place.path().join("room");
    fs::create_dir(&room).expect("a folder");
    chown(&room, Some(USER), Some(USER)).expect("it is theirs");
    let output = Command::new(tests)
        .args([
            filter,
            "--skip",
            "for_an_ordinary_user",
            // What is said of the kit's own files needs no user.
            "--skip",
            "the_guests_are_small",
            "--test-threads",
            "2",
        ])
        .current_dir(&room)
        .env("TMPDIR", &room)
        .env("HOME", &room)
        .env("KEEPER_UNDER_TEST", keeper)
        .env("RUNNER_UNDER_TEST", runner)
        .uid(USER)
        .gid(USER)
        .output()
        .expect("the tests start");
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && told.contains("test result: ok"),
        "{told}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(!told.contains("running 0 tests"), "{told}");
}
