//! Looks over a repository's folder before anything is read through it, and refuses what would change what objects mean
//! or where they lie.

use std::fs;
use std::path::Path;

use super::{config, is_absent, multi_pack_index, pack_index, refused, unreadable};
use crate::reader::ReadError;

/// The most files in `objects/pack`.
const PACK_FILES_MAX: usize = 100_000;

/// Refuses every repository whose objects are not all, and only, below `common_dir/objects`.
pub(super) fn check(common_dir: &Path) -> Result<(), ReadError> {
    require_folder(&common_dir.join("objects"))?;
    require_folder(&common_dir.join("refs"))?;
    for name in [
        "objects/info",
        "objects/pack",
        "info",
        "refs/heads",
        "refs/tags",
        "refs/assize",
    ] {
        allow_folder(&common_dir.join(name))?;
    }
    allow_file(&common_dir.join("packed-refs"))?;
    refuse_filled(
        &common_dir.join("shallow"),
        "this is a shallow clone, and a commit whose parents are missing would pass for a root commit; \
         run `git fetch --unshallow`",
    )?;
    refuse_filled(
        &common_dir.join("info/grafts"),
        "this repository has grafts, which change the parents of commits; make them permanent or delete `info/grafts`",
    )?;
    for name in ["objects/info/alternates", "objects/info/http-alternates"] {
        refuse_filled(
            &common_dir.join(name),
            "this repository borrows objects from another one (alternates); run `git repack -a -d` and delete \
             `objects/info/alternates`",
        )?;
    }
    check_extensions(common_dir)?;
    check_fan_out(&common_dir.join("objects"))?;
    check_packs(&common_dir.join("objects/pack"))
}

fn require_folder(path: &Path) -> Result<(), ReadError> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Ok(_) => Err(not_a_folder(path)),
        Err(error) if is_absent(&error) => Err(refused(format!(
            "{} is missing, so this is no git repository",
            path.display()
        ))),
        Err(error) => Err(unreadable(path, &error)),
    }
}

fn allow_folder(path: &Path) -> Result<(), ReadError> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if !metadata.is_dir() => Err(not_a_folder(path)),
        Err(error) if !is_absent(&error) => Err(unreadable(path, &error)),
        _ => Ok(()),
    }
}

fn allow_file(path: &Path) -> Result<(), ReadError> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if !metadata.is_file() => Err(refused(format!(
            "{} is no regular file; what it points to may lie outside the repository",
            path.display()
        ))),
        Err(error) if !is_absent(&error) => Err(unreadable(path, &error)),
        _ => Ok(()),
    }
}

fn not_a_folder(path: &Path) -> ReadError {
    refused(format!(
        "{} is a link or a file where a folder belongs; what it points to may lie outside the repository",
        path.display()
    ))
}

fn refuse_filled(path: &Path, sentence: &str) -> Result<(), ReadError> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_file() && metadata.len() == 0 => Ok(()),
        Ok(_) => Err(refused(sentence.to_owned())),
        Err(error) if is_absent(&error) => Ok(()),
        Err(error) => Err(unreadable(path, &error)),
    }
}

/// Refuses extensions that make objects or refs mean something else; what hides from the scan ends as an object that is not
/// found.
fn check_extensions(common_dir: &Path) -> Result<(), ReadError> {
    let extensions = config::section(&common_dir.join("config"), "extensions")?;
    extensions
        .iter()
        .try_for_each(|(key, value)| check_extension(key, value))
}

fn check_extension(key: &str, value: &str) -> Result<(), ReadError> {
    match key {
        "objectformat" if !value.eq_ignore_ascii_case("sha1") => Err(refused(format!(
            "its objects have {value} ids and only SHA-1 ids are read so far; use a clone made with \
             `git init --object-format=sha1`"
        ))),
        "refstorage" if !value.eq_ignore_ascii_case("files") => Err(refused(format!(
            "its refs are stored as {value} and only `files` is read so far; run `git refs migrate --ref-format=files`"
        ))),
        "objectformat" | "refstorage" | "noop" | "preciousobjects" | "partialclone" | "worktreeconfig"
        | "relativeworktrees" => Ok(()),
        other => Err(refused(format!(
            "its configuration names the extension `{other}`, which this version does not know and may not pass over"
        ))),
    }
}

/// Loose objects lie in folders of two hexadecimal digits; none of them may lead elsewhere.
fn check_fan_out(objects: &Path) -> Result<(), ReadError> {
    for entry in fs::read_dir(objects).map_err(|error| unreadable(objects, &error))? {
        let entry = entry.map_err(|error| unreadable(objects, &error))?;
        let name = entry.file_name();
        if name.len() == 2 {
            require_folder(&entry.path())?;
        }
    }
    Ok(())
}

fn check_packs(packs: &Path) -> Result<(), ReadError> {
    let entries = match fs::read_dir(packs) {
        Ok(entries) => entries,
        Err(error) if is_absent(&error) => return Ok(()),
        Err(error) => return Err(unreadable(packs, &error)),
    };
    for (position, entry) in entries.enumerate() {
        let entry = entry.map_err(|error| unreadable(packs, &error))?;
        if position >= PACK_FILES_MAX {
            return Err(refused(format!(
                "it has more than {PACK_FILES_MAX} pack files; run `git gc`"
            )));
        }
        let path = entry.path();
        let name = entry.file_name();
        let metadata = fs::symlink_metadata(&path).map_err(|error| unreadable(&path, &error))?;
        let is_read = [".pack", ".idx"]
            .iter()
            .any(|end| name.as_encoded_bytes().ends_with(end.as_bytes()));
        if (is_read || name == "multi-pack-index") && !metadata.is_file() {
            return Err(refused(format!(
                "{} is not a regular file; what it points to may lie outside the repository",
                path.display()
            )));
        }
        if name == "multi-pack-index" {
            multi_pack_index::check(&path)?;
        }
        if path.extension().is_some_and(|kind| kind == "idx") {
            pack_index::check(&path)?;
        }
    }
    Ok(())
}
