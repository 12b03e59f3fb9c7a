//! Where a command's program is.

use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};

/// Where programs are looked for at last.
const USUAL: [&str; 3] = ["/usr/local/bin", "/usr/bin", "/bin"];

/// The folders that programs are looked for in, as the value of `PATH`: those of the policy that hold programs, then the usual
/// ones.
pub(super) fn path(system: &[PathBuf]) -> String {
    let named = system.iter().filter(|folder| folder.ends_with("bin"));
    let folders: Vec<String> = named
        .map(|folder| folder.display().to_string())
        .chain(USUAL.map(ToOwned::to_owned))
        .collect();
    folders.join(":")
}

/// Finds a program: a name alone in `path`, anything else from the workspace. Folders of `path` that are not absolute are
/// passed over: what the workspace holds is never found by a name alone.
pub(super) fn find(name: &str, path: &str) -> Option<PathBuf> {
    if name.contains('/') {
        return Some(PathBuf::from(name));
    }
    let folders = path.split(':').map(Path::new).filter(|folder| folder.is_absolute());
    folders.map(|folder| folder.join(name)).find(|file| is_program(file))
}

fn is_program(file: &Path) -> bool {
    file.metadata()
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

/// A folder of the policy as it is on this machine; nothing where there is no home.
pub(super) fn on_this_machine(folder: &str, home: Option<&Path>) -> Option<PathBuf> {
    let path = match folder.strip_prefix("~/") {
        Some(rest) => home?.join(rest),
        None => PathBuf::from(folder),
    };
    let is_plain = path
        .components()
        .all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
    (path.is_absolute() && is_plain).then_some(path)
}
