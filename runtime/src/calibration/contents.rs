//! The files of a case, written in it or lying beside it.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use assize_provenance::reader::{ObjectId, ObjectKind};
use assize_provenance::tree::Mode;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;

use super::case::CaseFault;
use crate::repository::overlay::{Files, Overlay};

/// The most bytes one file of a case may have, also when it is written as repetitions.
const FILE_BYTES_MAX: usize = 256 << 20;
/// How deep a folder of files may be.
const DEPTH_MAX: usize = 32;

/// Files by path.
pub(super) type Contents = BTreeMap<String, Content>;

/// What stands at a path.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Content {
    Text(String),
    Form(Form),
    #[serde(skip)]
    Bytes(Vec<u8>),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub(super) enum Form {
    Parts(Vec<Piece>),
    Base64(String),
    Executable(String),
    Symlink(String),
    Submodule(String),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Piece {
    Text(String),
    Repeated(Repeated),
    Bytes(Encoded),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Repeated {
    repeat: String,
    times: usize,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Encoded {
    base64: String,
}

impl Content {
    /// What stands in the file.
    pub(super) fn bytes(&self) -> Result<Vec<u8>, CaseFault> {
        match self {
            Self::Bytes(bytes) => Ok(bytes.clone()),
            Self::Text(text) | Self::Form(Form::Executable(text) | Form::Symlink(text) | Form::Submodule(text)) => {
                Ok(text.clone().into_bytes())
            }
            Self::Form(Form::Base64(text)) => decoded(text),
            Self::Form(Form::Parts(pieces)) => assembled(pieces),
        }
    }

    /// Adds the file's object.
    fn put(&self, objects: &mut Overlay) -> Result<(Mode, ObjectId), CaseFault> {
        if let Self::Form(Form::Submodule(id)) = self {
            let commit = id.parse().map_err(|_| CaseFault::Value(format!("the commit `{id}`")))?;
            return Ok((Mode::Submodule, commit));
        }
        let mode = match self {
            Self::Form(Form::Executable(_)) => Mode::Executable,
            Self::Form(Form::Symlink(_)) => Mode::Symlink,
            _ => Mode::File,
        };
        Ok((mode, objects.put(ObjectKind::Blob, self.bytes()?)))
    }
}

/// Adds a state of the repository, and returns its root folder.
pub(super) fn put_state(contents: &Contents, objects: &mut Overlay) -> Result<ObjectId, CaseFault> {
    let mut files = Files::new();
    for (path, content) in contents {
        files.insert(path.clone().into_bytes(), content.put(objects)?);
    }
    Ok(objects.put_tree(&files))
}

/// Reads a folder of files as a state; a missing one is empty.
pub(super) fn read_folder(folder: &Path) -> Result<Contents, CaseFault> {
    let mut contents = Contents::new();
    let mut waiting = vec![(folder.to_owned(), 0)];
    while let Some((place, depth)) = waiting.pop() {
        let io = |source| CaseFault::Io {
            path: place.clone(),
            source,
        };
        let listing = match fs::read_dir(&place) {
            Ok(listing) => listing,
            Err(error) if depth == 0 && error.kind() == io::ErrorKind::NotFound => break,
            Err(error) => return Err(io(error)),
        };
        for entry in listing {
            let path = entry.map_err(io)?.path();
            let metadata = path.symlink_metadata().map_err(io)?;
            if metadata.is_dir() {
                if depth >= DEPTH_MAX {
                    return Err(CaseFault::TooMany(folder.to_owned()));
                }
                waiting.push((path, depth.saturating_add(1)));
                continue;
            }
            let content = if metadata.is_symlink() {
                Content::Form(Form::Symlink(
                    fs::read_link(&path).map_err(io)?.to_string_lossy().into_owned(),
                ))
            } else if metadata.permissions().mode() & 0o111 != 0 {
                Content::Form(Form::Executable(fs::read_to_string(&path).map_err(io)?))
            } else {
                Content::Bytes(fs::read(&path).map_err(io)?)
            };
            contents.insert(relative(folder, &path), content);
        }
    }
    Ok(contents)
}

fn relative(folder: &Path, path: &Path) -> String {
    let below: PathBuf = path.strip_prefix(folder).unwrap_or(path).to_owned();
    String::from_utf8_lossy(below.as_os_str().as_bytes()).into_owned()
}

fn assembled(pieces: &[Piece]) -> Result<Vec<u8>, CaseFault> {
    let mut bytes = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => bytes.extend_from_slice(text.as_bytes()),
            Piece::Bytes(Encoded { base64 }) => bytes.extend(decoded(base64)?),
            Piece::Repeated(Repeated { repeat, times }) => {
                if repeat.len().saturating_mul(*times) > FILE_BYTES_MAX {
                    return Err(CaseFault::Value(format!("a text {times} times")));
                }
                bytes.extend_from_slice(repeat.repeat(*times).as_bytes());
            }
        }
    }
    Ok(bytes)
}

fn decoded(text: &str) -> Result<Vec<u8>, CaseFault> {
    BASE64_STANDARD
        .decode(text)
        .map_err(|error| CaseFault::Value(format!("base64 that is none ({error})")))
}
