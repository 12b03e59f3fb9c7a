//! Finds the repository a folder lies in, and refuses one that is only pretended.
//!
//! Going upwards from the start, the first of these is taken, as gitrepository-layout(5) has them:
//!
//! - a `.git` folder;
//! - a `.git` file of a **linked work tree**: it names `<common>/worktrees/<name>`, whose `gitdir` names the `.git` file
//!   back and whose `commondir` names `<common>`;
//! - a `.git` file of a **submodule**: it names a folder below `modules` of a repository that encloses it;
//! - a folder that is a repository itself (bare).
//!
//! Anything else that claims to be a repository, such as a `.git` file or link to some other place, is refused: a file in a
//! cloned work tree must not make us read elsewhere. Environment variables of git are not looked at.
//!
//! A repository that belongs to another user is refused as git does (`safe.directory`); there is no list of exceptions,
//! because nothing of the repository is obeyed and only the writing of our state into it is at stake. The superuser may
//! read any repository, since containers mount the work trees of others.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The largest `.git` file or pointer in it, in bytes.
const POINTER_BYTES_MAX: u64 = 8192;
/// How many submodules may lie in each other.
const SUBMODULE_DEPTH_MAX: usize = 16;

/// Where a repository lies, as paths without links in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// What belongs to this work tree: `HEAD` and the like.
    pub git_dir: PathBuf,
    /// What all work trees share: objects and refs. The same folder, unless the work tree is a linked one.
    pub common_dir: PathBuf,
    /// The folder with the files; none for a bare repository.
    pub work_tree: Option<PathBuf>,
}

/// Why no repository was found.
#[derive(Debug, thiserror::Error)]
pub enum DiscoverError {
    /// There is none.
    #[error("{} lies in no git repository; change into one or name it with `-C DIR`", .0.display())]
    NotFound(PathBuf),
    /// A `.git` leads somewhere that does not lead back.
    #[error(
        "{} leads to {}, which {reason}; only linked work trees (`git worktree add`) and submodules are followed. If you \
         trust it, name the repository itself with `-C DIR`", from.display(), to.display()
    )]
    Elsewhere {
        /// The `.git` file or link.
        from: PathBuf,
        /// What it names.
        to: PathBuf,
        /// What is missing there.
        reason: &'static str,
    },
    /// A `.git` file, or a file it leads to, does not say what it should.
    #[error("{} is no pointer that git writes; repair it with `git worktree repair` or clone anew", .0.display())]
    Malformed(PathBuf),
    /// It belongs to somebody else.
    #[error(
        "{} belongs to the user with the number {owner} and not to you ({user}); run this as that user or take the \
         repository over with `chown`", place.display()
    )]
    OtherOwner {
        /// What belongs to somebody else.
        place: PathBuf,
        /// Whose it is.
        owner: u32,
        /// Who we are.
        user: u32,
    },
    /// The machine failed.
    #[error("{}: {error}", place.display())]
    Io {
        /// What could not be read.
        place: PathBuf,
        /// What the operating system says.
        error: io::Error,
    },
}

/// Finds the repository that a folder lies in.
///
/// # Errors
///
/// Every [`DiscoverError`].
pub fn discover(start: &Path) -> Result<Places, DiscoverError> {
    let start = real(start)?;
    let places = search(&start, 0)?.ok_or(DiscoverError::NotFound(start))?;
    require_owner(&places.git_dir)?;
    require_owner(&places.common_dir)?;
    if let Some(work_tree) = &places.work_tree {
        require_owner(&work_tree.join(".git"))?;
    }
    Ok(places)
}

fn search(start: &Path, depth: usize) -> Result<Option<Places>, DiscoverError> {
    for folder in start.ancestors() {
        let pointer = folder.join(".git");
        match fs::symlink_metadata(&pointer) {
            Ok(metadata) if metadata.is_dir() => {
                if looks_like_repository(&pointer) {
                    let work_tree = Some(folder.to_owned());
                    return Ok(Some(Places {
                        git_dir: pointer.clone(),
                        common_dir: pointer,
                        work_tree,
                    }));
                }
            }
            Ok(metadata) if metadata.is_file() => return follow(&pointer, folder, depth).map(Some),
            Ok(_) => {
                let to = fs::read_link(&pointer).unwrap_or_default();
                return Err(DiscoverError::Elsewhere {
                    from: pointer,
                    to,
                    reason: "a link may not do",
                });
            }
            Err(error) if is_absent(&error) => {}
            Err(error) => return Err(DiscoverError::Io { place: pointer, error }),
        }
        if looks_like_repository(folder) {
            let git_dir = folder.to_owned();
            return Ok(Some(Places {
                git_dir: git_dir.clone(),
                common_dir: git_dir,
                work_tree: None,
            }));
        }
    }
    Ok(None)
}

/// Follows a `.git` file to the repository it names, if that names it back.
fn follow(pointer: &Path, folder: &Path, depth: usize) -> Result<Places, DiscoverError> {
    let text = read_pointer(pointer)?;
    let named = text
        .strip_prefix("gitdir: ")
        .ok_or_else(|| DiscoverError::Malformed(pointer.to_owned()))?;
    let named = folder.join(named);
    let elsewhere = |to: &Path, reason| DiscoverError::Elsewhere {
        from: pointer.to_owned(),
        to: to.to_owned(),
        reason,
    };
    let git_dir = match fs::canonicalize(&named) {
        Ok(git_dir) => git_dir,
        Err(error) if is_absent(&error) => return Err(elsewhere(&named, "does not exist")),
        Err(error) => return Err(DiscoverError::Io { place: named, error }),
    };
    let work_tree = Some(folder.to_owned());
    if git_dir.join("commondir").is_file() {
        let common_dir = real(&git_dir.join(read_pointer(&git_dir.join("commondir"))?))?;
        let back = git_dir.join(read_pointer(&git_dir.join("gitdir"))?);
        if fs::canonicalize(&back).ok().as_deref() != Some(pointer) {
            return Err(elsewhere(&git_dir, "does not name it back as a linked work tree"));
        }
        if git_dir.parent() != Some(&common_dir.join("worktrees")) || !looks_like_repository(&common_dir) {
            return Err(elsewhere(&git_dir, "is not kept by the repository it names"));
        }
        return Ok(Places {
            git_dir,
            common_dir,
            work_tree,
        });
    }
    if !looks_like_repository(&git_dir) {
        return Err(elsewhere(&git_dir, "is no git repository"));
    }
    if depth >= SUBMODULE_DEPTH_MAX {
        return Err(elsewhere(&git_dir, "lies in too many submodules"));
    }
    let enclosing = match folder.parent() {
        Some(above) => search(above, depth + 1)?,
        None => None,
    };
    let is_submodule = enclosing.is_some_and(|places| {
        [&places.git_dir, &places.common_dir]
            .iter()
            .any(|above| git_dir.starts_with(above.join("modules")))
    });
    if !is_submodule {
        return Err(elsewhere(&git_dir, "is no submodule of a repository around it"));
    }
    Ok(Places {
        common_dir: git_dir.clone(),
        git_dir,
        work_tree,
    })
}

/// Tells whether a folder has what git asks of a repository: `HEAD`, `objects` and `refs`.
fn looks_like_repository(folder: &Path) -> bool {
    let is = |name: &str, test: fn(&fs::Metadata) -> bool| {
        fs::symlink_metadata(folder.join(name)).is_ok_and(|metadata| test(&metadata))
    };
    // Links pass here and are refused with their reason when the repository is opened.
    is("HEAD", |metadata| !metadata.is_dir())
        && is("objects", |metadata| !metadata.is_file())
        && is("refs", |metadata| !metadata.is_file())
}

/// Reads a file that holds one path.
fn read_pointer(path: &Path) -> Result<String, DiscoverError> {
    let io = |error| DiscoverError::Io {
        place: path.to_owned(),
        error,
    };
    let metadata = fs::symlink_metadata(path).map_err(io)?;
    if !metadata.is_file() || metadata.len() > POINTER_BYTES_MAX {
        return Err(DiscoverError::Malformed(path.to_owned()));
    }
    let text = fs::read_to_string(path).map_err(io)?;
    let text = text.trim_end_matches(['\n', '\r']);
    let is_plain = !text.is_empty() && !text.contains(['\n', '\0']);
    if is_plain {
        Ok(text.to_owned())
    } else {
        Err(DiscoverError::Malformed(path.to_owned()))
    }
}

fn real(path: &Path) -> Result<PathBuf, DiscoverError> {
    fs::canonicalize(path).map_err(|error| DiscoverError::Io {
        place: path.to_owned(),
        error,
    })
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

#[cfg(unix)]
fn require_owner(place: &Path) -> Result<(), DiscoverError> {
    use std::os::unix::fs::MetadataExt as _;

    let user = rustix::process::geteuid();
    let metadata = fs::symlink_metadata(place).map_err(|error| DiscoverError::Io {
        place: place.to_owned(),
        error,
    })?;
    if user.is_root() || metadata.uid() == user.as_raw() {
        return Ok(());
    }
    Err(DiscoverError::OtherOwner {
        place: place.to_owned(),
        owner: metadata.uid(),
        user: user.as_raw(),
    })
}

/// Other platforms keep no owner that is read the same way; there the check is left out.
#[cfg(not(unix))]
fn require_owner(_place: &Path) -> Result<(), DiscoverError> {
    Ok(())
}
