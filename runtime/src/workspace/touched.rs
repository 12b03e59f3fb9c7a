//! What a command has changed in the workspace: the folder before it, held against the folder after it; and the same done again.
//!
//! A file is told from what it was by the marks that its disk keeps: number, size, mode, and the times of its last changes. These
//! have a grain, so a command is not started before it has passed.

use std::collections::BTreeMap;
use std::os::fd::{AsFd, BorrowedFd};
use std::thread;
use std::time::{Duration, SystemTime};

use assize_provenance::pattern::is_guarded;
use rustix::fs::{AtFlags, FileType, Mode, Stat, chmodat, mkdirat, readlinkat, symlinkat, unlinkat};
use rustix::io::Errno;

use super::changes::Content;
use super::descent::Descent;
use super::look::read_whole;
use super::temporary::Temporary;
use super::walk::{kind, look, parse_entry};
use super::{Refusal, Visit};
use crate::case::path::{RepositoryPath, escape};

/// How many changed files and folders of one command are kept.
pub const TOUCHED_MAX: usize = 10_000;
/// How many bytes of changed files of one command are kept.
pub const TOUCHED_BYTES_MAX: usize = 16 << 20;

/// How many entries are looked at.
const ENTRIES_MAX: usize = 2_000_000;
/// The grain of the times that disks keep.
const GRAIN: Duration = Duration::from_millis(20);

/// The workspace at one moment.
#[derive(Debug, Default)]
pub struct Picture {
    marks: BTreeMap<RepositoryPath, Mark>,
    /// When a file was changed last, in seconds and nanoseconds since 1970. Nobody can set this time.
    newest: (i64, i64),
}

/// The marks of one entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    kind: FileType,
    mode: u32,
    /// Nothing for a folder, whose entries stand for themselves.
    file: Option<FileMark>,
}

/// What changes when a file does. Times are in seconds and nanoseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FileMark {
    device: u64,
    number: u64,
    bytes: i64,
    changed: (i64, i64),
    written: (i64, i64),
}

/// What a command changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Touches {
    /// Files, links and folders, in byte order of their paths.
    pub list: Vec<Touched>,
    /// How many more there are that are not kept: too many, too large, not to be read, or nothing that could be made again.
    pub left_out: u64,
}

/// One file, link or folder that a command changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touched {
    /// Its path.
    pub path: RepositoryPath,
    /// What is there now.
    pub now: Now,
}

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Now {
    /// Nothing.
    Nothing,
    /// A folder.
    Folder {
        /// Who may do what.
        mode: u32,
    },
    /// A file.
    File {
        /// Who may do what.
        mode: u32,
        /// Its contents.
        contents: Vec<u8>,
    },
    /// A symbolic link.
    Link {
        /// What it says.
        target: Vec<u8>,
    },
}

impl Mark {
    fn of(stat: &Stat) -> Self {
        let kind = kind(stat);
        // The types of these fields differ between machines.
        let times = |seconds, nanoseconds: u64| (seconds, i64::try_from(nanoseconds).unwrap_or(0));
        let (changed, written) = (
            times(stat.st_ctime, stat.st_ctime_nsec),
            times(stat.st_mtime, stat.st_mtime_nsec),
        );
        Self {
            kind,
            mode: stat.st_mode & 0o777,
            file: (kind != FileType::Directory).then_some(FileMark {
                device: stat.st_dev,
                number: stat.st_ino,
                bytes: stat.st_size,
                changed,
                written,
            }),
        }
    }
}

impl Visit {
    /// Looks at everything in the workspace that a command could change, and waits until a change would be seen.
    ///
    /// # Errors
    ///
    /// When the folder cannot be looked through.
    pub fn picture(&self) -> Result<Picture, Refusal> {
        let picture = self.look_around()?;
        let (seconds, nanoseconds) = picture.newest;
        let newest = Duration::new(
            u64::try_from(seconds).unwrap_or(0),
            u32::try_from(nanoseconds).unwrap_or(0),
        );
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        thread::sleep(GRAIN.saturating_sub(now.saturating_sub(newest)));
        Ok(picture)
    }

    fn look_around(&self) -> Result<Picture, Refusal> {
        let mut picture = Picture::default();
        let mut descent = Descent::new(self.root()?, RepositoryPath::default(), ENTRIES_MAX)?;
        while let Some((path, found)) = descent.next(|path| self.is_in_reach(path))? {
            if !self.is_in_reach(&path) {
                continue;
            }
            let mark = Mark::of(&found.stat);
            if let Some(file) = &mark.file {
                picture.newest = picture.newest.max(file.changed);
            }
            picture.marks.insert(path, mark);
        }
        Ok(picture)
    }

    /// Whether a policy can open it at all: a guarded name matches no wildcard.
    fn is_in_reach(&self, path: &RepositoryPath) -> bool {
        if !path.parts().any(|part| is_guarded(&escape(part))) {
            return true;
        }
        let text = path.to_string();
        self.files.may_read(&text) || self.files.may_write(&text) || self.files.may_pass(&text)
    }

    /// What has changed since `before`: the smallest files first, as long as there are at most [`TOUCHED_MAX`] with at most
    /// [`TOUCHED_BYTES_MAX`], for what is built is larger than what is written. It counts among the changes of the call.
    ///
    /// # Errors
    ///
    /// When the folder cannot be looked through.
    pub fn touched(&mut self, before: &Picture) -> Result<Touches, Refusal> {
        let after = self.look_around()?;
        let gone = before.marks.keys().filter(|path| !after.marks.contains_key(*path));
        let other = after
            .marks
            .iter()
            .filter(|(path, mark)| before.marks.get(*path) != Some(*mark));
        let mut paths: Vec<&RepositoryPath> = gone.chain(other.map(|(path, _)| path)).collect();
        paths.sort_unstable();
        for path in &paths {
            let was = before
                .marks
                .get(*path)
                .is_some_and(|mark| mark.kind != FileType::Directory);
            let is = after
                .marks
                .get(*path)
                .is_some_and(|mark| mark.kind != FileType::Directory);
            if was || is {
                self.remember_unseen(path, was)?;
            }
        }
        let bytes = |path: &RepositoryPath| {
            let mark = after.marks.get(path).filter(|mark| mark.kind == FileType::RegularFile);
            mark.and_then(|mark| mark.file).map_or(0, |file| file.bytes)
        };
        paths.sort_by_cached_key(|path| bytes(path));
        let mut touches = Touches::default();
        let mut bytes_left = TOUCHED_BYTES_MAX;
        for path in paths {
            let now = match touches.list.len() < TOUCHED_MAX {
                // What cannot be read is left out as well.
                true => self.now_at(path, bytes_left).ok().flatten(),
                false => None,
            };
            let Some(now) = now else {
                touches.left_out = touches.left_out.saturating_add(1);
                continue;
            };
            if let Now::File { contents, .. } = &now {
                bytes_left = bytes_left.saturating_sub(contents.len());
            }
            touches.list.push(Touched {
                path: path.clone(),
                now,
            });
        }
        touches.list.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Ok(touches)
    }

    /// What stands at a path; none where it has more than `bytes_max`, or is nothing that could be made again.
    fn now_at(&self, path: &RepositoryPath, bytes_max: usize) -> Result<Option<Now>, Refusal> {
        let folder = match self.parent(path) {
            Ok(folder) => folder,
            Err(Refusal::NotFound(_) | Refusal::Link(_)) => return Ok(Some(Now::Nothing)),
            Err(refusal) => return Err(refusal),
        };
        let Some(stat) = look(folder.as_fd(), path.file_name(), path)? else {
            return Ok(Some(Now::Nothing));
        };
        let mode = stat.st_mode & 0o777;
        Ok(match kind(&stat) {
            FileType::Directory => Some(Now::Folder { mode }),
            FileType::RegularFile => {
                let contents = read_whole(folder.as_fd(), path, bytes_max as u64)?;
                contents.map(|contents| Now::File { mode, contents })
            }
            FileType::Symlink => {
                let target =
                    readlinkat(&folder, path.file_name(), Vec::new()).map_err(|errno| Refusal::of(errno, path))?;
                Some(Now::Link {
                    target: target.into_bytes(),
                })
            }
            _ => None,
        })
    }

    /// Changes the workspace as a command did. It counts among the changes of the call.
    ///
    /// # Errors
    ///
    /// When a path means nothing, or the machine refuses.
    pub fn touch(&mut self, touched: &[Touched]) -> Result<(), Refusal> {
        for each in touched {
            // Whoever gives these may have read them from a disk.
            parse_entry(&each.path.to_string())?;
            if !self.is_in_reach(&each.path) {
                return Err(Refusal::Invalid(format!("`{}` is closed to every command", each.path)));
            }
        }
        for each in touched.iter().rev() {
            self.clear_for(each)?;
        }
        for each in touched {
            self.make(each)?;
        }
        for each in touched.iter().rev() {
            if let Now::Folder { mode } = &each.now {
                let folder = self.parent(&each.path)?;
                chmodat(
                    &folder,
                    each.path.file_name(),
                    Mode::from_raw_mode(*mode),
                    AtFlags::empty(),
                )
                .map_err(|errno| Refusal::of(errno, &each.path))?;
            }
        }
        Ok(())
    }

    /// Removes what stands where something else is to be.
    fn clear_for(&mut self, touched: &Touched) -> Result<(), Refusal> {
        let Touched { path, now } = touched;
        let folder = match self.parent(path) {
            Ok(folder) => folder,
            Err(Refusal::NotFound(_)) => return Ok(()),
            Err(refusal) => return Err(refusal),
        };
        let there = look(folder.as_fd(), path.file_name(), path)?.map(|stat| kind(&stat));
        let is_folder = there == Some(FileType::Directory);
        if !is_folder {
            self.remember_unseen(path, there.is_some())?;
        }
        let stays = match (now, there) {
            (_, None) => true,
            (Now::Folder { .. }, Some(_)) => is_folder,
            (Now::File { .. }, Some(kind)) => kind == FileType::RegularFile,
            (Now::Nothing | Now::Link { .. }, Some(_)) => false,
        };
        if stays {
            return Ok(());
        }
        let flags = if is_folder {
            AtFlags::REMOVEDIR
        } else {
            AtFlags::empty()
        };
        unlinkat(&folder, path.file_name(), flags).map_err(|errno| Refusal::of(errno, path))
    }

    fn make(&mut self, touched: &Touched) -> Result<(), Refusal> {
        let Touched { path, now } = touched;
        if *now == Now::Nothing {
            return Ok(());
        }
        let folder = self.parent(path)?;
        let folder = folder.as_fd();
        if matches!(now, Now::File { .. } | Now::Link { .. }) {
            // Where even the folder was missing, nobody has looked yet.
            self.remember_unseen(path, false)?;
        }
        match now {
            Now::Nothing => Ok(()),
            Now::Folder { .. } => match mkdirat(folder, path.file_name(), Mode::RWXU) {
                Ok(()) | Err(Errno::EXIST) => Ok(()),
                Err(errno) => Err(Refusal::of(errno, path)),
            },
            Now::File { mode, contents } => make_file(folder, path, *mode, contents),
            Now::Link { target } => {
                symlinkat(target.as_slice(), folder, path.file_name()).map_err(|errno| Refusal::of(errno, path))
            }
        }
    }

    /// Remembers that something stood at a path, or nothing did, before it was changed behind this call's back.
    fn remember_unseen(&mut self, path: &RepositoryPath, was_there: bool) -> Result<(), Refusal> {
        let before = if was_there { Content::Unknown } else { Content::Nothing };
        self.originals.insert(path, before)
    }
}

fn make_file(folder: BorrowedFd<'_>, path: &RepositoryPath, mode: u32, contents: &[u8]) -> Result<(), Refusal> {
    let mut file = Temporary::create(folder, Some(Mode::from_raw_mode(mode & 0o777)), path)?;
    file.write(contents, path)?;
    file.name_over(path.file_name(), path)
}
