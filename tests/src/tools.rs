//! Tools that some tests hold Assize against: stock git, ssh-keygen, JOSE and DSSE libraries.
//!
//! Where one is missing the test says so and is skipped; with `ASSIZE_REQUIRE_TOOLS=1` a skip is a failure.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A program on the path, or none with a word about what is skipped.
///
/// # Panics
///
/// When it is missing and nothing may be skipped.
#[must_use]
pub fn program(name: &str, skipped: &str) -> Option<PathBuf> {
    let found = std::env::var_os("PATH").and_then(|path| {
        std::env::split_paths(&path)
            .map(|dir| dir.join(name))
            .find(|candidate| candidate.is_file())
    });
    if found.is_none() {
        skip(skipped, &format!("`{name}` is not installed"));
    }
    found
}

/// A Python that can import `module`, or none with a word about what is skipped. `ASSIZE_PYTHON` names the interpreter.
///
/// # Panics
///
/// When there is none and nothing may be skipped.
#[must_use]
pub fn python(module: &str, skipped: &str) -> Option<PathBuf> {
    let python = PathBuf::from(std::env::var_os("ASSIZE_PYTHON").unwrap_or_else(|| OsString::from("python3")));
    let mut import = Command::new(&python);
    import
        .arg("-c")
        .arg(format!("import {module}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if import.status().is_ok_and(|status| status.success()) {
        return Some(python);
    }
    skip(
        skipped,
        &format!("no Python with the module `{module}` (ASSIZE_PYTHON names the interpreter)"),
    );
    None
}

/// Says that something is skipped.
///
/// # Panics
///
/// When nothing may be skipped.
#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
pub fn skip(what: &str, why: &str) {
    println!("skipped: {what}: {why}");
    let required = std::env::var_os("ASSIZE_REQUIRE_TOOLS").is_some_and(|value| value == "1");
    assert!(!required, "{what}: {why}, and ASSIZE_REQUIRE_TOOLS=1 allows no skip");
}
