//! The small agent and the small judge in each guest language, built by `plugins/build-languages`.
//!
//! Where one is missing the test says so and is skipped; with `ASSIZE_REQUIRE_TOOLS=1` a skip is a failure.

use std::fs;
use std::path::{Path, PathBuf};

use crate::tools;

/// The languages that have guests.
pub const LANGUAGES: [&str; 4] = ["c", "javascript", "python", "rust"];

/// Where the guests lie: `target/guests`, or the folder that `ASSIZE_GUESTS` names.
#[must_use]
pub fn folder() -> PathBuf {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/guests");
    std::env::var_os("ASSIZE_GUESTS").map_or(target, PathBuf::from)
}

/// The guests of a world in the languages that are built, by language.
///
/// # Panics
///
/// When one is missing and nothing may be skipped.
#[must_use]
pub fn guests(world: &str) -> Vec<(&'static str, Vec<u8>)> {
    let guest = |language: &'static str| {
        let file = folder().join(format!("{language}-{world}.wasm"));
        let Ok(component) = fs::read(&file) else {
            let why = format!("{} is missing (plugins/build-languages makes it)", file.display());
            tools::skip(&format!("the {world} in {language}"), &why);
            return None;
        };
        Some((language, component))
    };
    LANGUAGES.into_iter().filter_map(guest).collect()
}
