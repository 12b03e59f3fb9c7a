//! What tests of this and other crates need: published vectors, repositories in memory, whole logs from given keys.

use std::path::{Path, PathBuf};

/// Finds a folder of public test vectors: below `$ASSIZE_VECTORS`, else below `shared/vectors` beside the checkout. Where it
/// is absent, says so and returns `None`.
///
/// # Panics
///
/// When the folder is absent and `ASSIZE_REQUIRE_TOOLS` is `1`: then nothing may be skipped.
#[must_use]
#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
pub fn vectors(folder: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors");
    let found = std::env::var_os("ASSIZE_VECTORS")
        .map_or(beside, PathBuf::from)
        .join(folder);
    if found.is_dir() {
        return Some(found);
    }
    println!("skipped: {folder} (vectors absent)");
    assert!(
        std::env::var_os("ASSIZE_REQUIRE_TOOLS").is_none_or(|value| value != "1"),
        "{folder}: vectors absent"
    );
    None
}
