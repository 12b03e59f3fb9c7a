//! The one place where a path becomes a power: a folder that nothing leads out of.

use std::io;
use std::path::Path;

use cap_std::ambient_authority;
use cap_std::fs::Dir;

/// Opens a folder. Whatever is opened through it lies in it: `..`, absolute paths and links that lead out are refused.
///
/// # Errors
///
/// What the system says.
pub fn folder(path: &Path) -> io::Result<Dir> {
    Dir::open_ambient_dir(path, ambient_authority())
}
