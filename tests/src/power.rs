//! What is left on a disk when the power fails: only what was synced. A process is watched through strace, and afterwards its folders
//! are made what a disk may show that had to keep nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::bed::{Run, ran};
use crate::trace::under;

/// The calls that change a disk, and those that make it durable.
const CALLS: &str = "open,openat,creat,write,writev,pwrite64,pwritev,ftruncate,rename,renameat,renameat2,link,linkat,unlink,unlinkat,\
                     mkdir,mkdirat,fsync,fdatasync";

/// Folders before a process started: what a disk falls back to where nothing was synced.
#[derive(Debug)]
pub struct Before {
    roots: Vec<PathBuf>,
    files: BTreeMap<PathBuf, Vec<u8>>,
}

/// What else is lost with the power.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// What was written to files since they were synced.
    Contents,
    /// That, and the names in folders that were not synced since: new ones are not there, old ones are again.
    Names,
}

/// What a process changed and did not sync.
#[derive(Debug, Default)]
pub struct Unsynced {
    contents: BTreeSet<PathBuf>,
    made: BTreeSet<PathBuf>,
    removed: BTreeSet<PathBuf>,
    /// How long files are that grew, where that is known: one that is written in its middle is not followed.
    sizes: BTreeMap<PathBuf, Option<u64>>,
    /// How long they were when this process synced them last.
    synced: BTreeMap<PathBuf, Option<u64>>,
}

impl Before {
    /// Remembers all files below these folders.
    ///
    /// # Panics
    ///
    /// When one cannot be read.
    #[must_use]
    pub fn of(roots: &[PathBuf]) -> Self {
        let mut files = BTreeMap::new();
        roots.iter().for_each(|root| collect(root, &mut files));
        Self {
            roots: roots.to_vec(),
            files,
        }
    }

    /// Runs a command, or has it killed at the `point`-th of these calls, and tells what it did not sync.
    ///
    /// # Panics
    ///
    /// When strace cannot be started.
    #[must_use]
    pub fn watch(&self, strace: &Path, command: &Command, log: &Path, kill: Option<(&str, usize)>) -> (Run, Unsynced) {
        let log_name = log.to_string_lossy();
        let filter = format!("trace={CALLS}");
        let mut options = vec!["-f", "-y", "-qq", "-e", "signal=none", "-o", &log_name, "-e", &filter];
        let injection = kill.map(|(call, point)| format!("inject={call}:signal=KILL:when={point}"));
        if let Some(injection) = &injection {
            options.extend(["-e", injection]);
        }
        options.push("--");
        let run = ran(&under(strace, &options, command).output().expect("strace starts"));
        let text = String::from_utf8_lossy(&fs::read(log).expect("strace wrote its log")).into_owned();
        let folder = command.get_current_dir().unwrap_or(Path::new("/"));
        let mut unsynced = Unsynced::default();
        for line in whole(&text) {
            unsynced.take(&line, folder, self);
        }
        (run, unsynced)
    }

    fn is_inside(&self, path: &Path) -> bool {
        self.roots.iter().any(|root| path.starts_with(root))
    }

    /// Lets the power fail: what was not synced is gone.
    ///
    /// # Panics
    ///
    /// When a folder cannot be changed.
    pub fn cut(&self, unsynced: &Unsynced, lost: Lost) {
        for path in unsynced.contents.iter().filter(|path| path.is_file()) {
            // What was synced once falls back to that, and not to what was before the process.
            if let Some(size) = unsynced.synced.get(path) {
                if let Some(size) = size {
                    let file = fs::File::options().write(true).open(path).expect("a file");
                    file.set_len(*size).expect("it is cut");
                }
                continue;
            }
            let old = self.files.get(path).filter(|_| !unsynced.made.contains(path));
            fs::write(path, old.map_or(&[][..], Vec::as_slice)).expect("the file is written");
        }
        if lost == Lost::Contents {
            return;
        }
        // What lies in a folder comes after it, so backwards a folder is empty when its turn comes.
        for path in unsynced.made.iter().rev() {
            if path.is_dir() {
                fs::remove_dir_all(path).expect("the folder goes");
            } else if path.exists() {
                fs::remove_file(path).expect("the file goes");
            }
        }
        for path in unsynced.made.union(&unsynced.removed) {
            let folder_is_there = path.parent().is_some_and(Path::is_dir);
            if let Some(old) = self.files.get(path).filter(|_| folder_is_there && !path.exists()) {
                fs::write(path, old).expect("the file is back");
            }
        }
    }
}

impl Unsynced {
    /// How much is not synced: contents, and names.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        (self.contents.len(), self.made.len() + self.removed.len())
    }

    /// Reads one line of strace: process, call, what came of it.
    fn take(&mut self, line: &str, folder: &Path, before: &Before) {
        let Some((call, rest)) = line.split_once('(') else {
            return;
        };
        let call = call.rsplit(' ').next().unwrap_or_default();
        let Some((arguments, result)) = rest.rsplit_once(" = ") else {
            return;
        };
        // What failed changed nothing, and what was killed did not happen.
        if !result.starts_with(|sign: char| sign.is_ascii_digit()) {
            return;
        }
        // Of what is written only the descriptor counts.
        let arguments = match call {
            "write" | "writev" | "pwrite64" | "pwritev" => arguments.split_inclusive('>').next().unwrap_or_default(),
            _ => arguments,
        };
        let paths = paths(arguments, folder);
        let inside = |path: &&PathBuf| before.is_inside(path);
        match (call, paths.as_slice()) {
            ("write" | "writev" | "pwrite64" | "pwritev" | "ftruncate", [path, ..]) => {
                let Some(path) = Some(path).filter(inside) else { return };
                self.contents.insert(path.clone());
                let more: Option<u64> = result.split(' ').next().and_then(|more| more.parse().ok());
                let before = || before.files.get(path).map_or(0, |bytes| bytes.len() as u64);
                let size = self.sizes.get(path).copied().unwrap_or_else(|| Some(before()));
                let grown = size.zip(more).map(|(size, more)| size + more);
                self.sizes
                    .insert(path.clone(), grown.filter(|_| call.starts_with("write")));
            }
            ("open" | "openat" | "creat", [.., path])
                if arguments.contains("O_CREAT") || arguments.contains("O_TRUNC") =>
            {
                let Some(path) = Some(path).filter(inside) else { return };
                let is_new = !before.files.contains_key(path) || self.removed.contains(path);
                if is_new && !self.contents.contains(path) {
                    self.made.insert(path.clone());
                }
                // A file that is mapped is written without a call.
                if is_new || arguments.contains("O_TRUNC") {
                    self.contents.insert(path.clone());
                    self.sizes.insert(path.clone(), Some(0));
                    self.synced.remove(path);
                }
            }
            ("mkdir" | "mkdirat", [.., path]) => self.made.extend(Some(path).filter(inside).cloned()),
            ("unlink" | "unlinkat", [.., path]) => self.remove(path, before),
            ("rename" | "renameat" | "renameat2", [.., from, to]) => {
                self.give(from, to, before);
                self.remove(from, before);
            }
            ("link" | "linkat", [.., from, to]) => self.give(from, to, before),
            ("fsync" | "fdatasync", [path, ..]) => {
                self.contents.remove(path);
                if before.is_inside(path) {
                    let was = || before.files.get(path).map(|bytes| bytes.len() as u64);
                    let size = self.sizes.get(path).copied().unwrap_or_else(was);
                    self.synced.insert(path.clone(), size);
                }
                let is_elsewhere = |name: &PathBuf| name.parent() != Some(path);
                self.made.retain(is_elsewhere);
                self.removed.retain(is_elsewhere);
            }
            _ => {}
        }
    }

    /// A file gets another name.
    fn give(&mut self, from: &Path, to: &Path, before: &Before) {
        if !before.is_inside(to) {
            return;
        }
        if self.contents.contains(from) {
            self.contents.insert(to.to_owned());
        } else {
            self.contents.remove(to);
        }
        for sizes in [&mut self.sizes, &mut self.synced] {
            match sizes.get(from).copied() {
                Some(size) => sizes.insert(to.to_owned(), size),
                None => sizes.remove(to),
            };
        }
        self.made.insert(to.to_owned());
    }

    fn remove(&mut self, path: &Path, before: &Before) {
        self.contents.remove(path);
        self.made.remove(path);
        self.sizes.remove(path);
        self.synced.remove(path);
        if before.files.contains_key(path) {
            self.removed.insert(path.to_owned());
        }
    }
}

/// The lines of a log of several threads, each call on one line where it ended: one that another thread interrupted stands in two.
fn whole(text: &str) -> Vec<String> {
    let mut begun: BTreeMap<&str, &str> = BTreeMap::new();
    let mut lines = Vec::new();
    for line in text.lines() {
        let (process, rest) = line.split_once(' ').unwrap_or(("", line));
        if let Some(start) = line.strip_suffix(" <unfinished ...>") {
            begun.insert(process, start);
        } else if rest.trim_start().starts_with("<... ") {
            let end = rest.split_once(" resumed>").map_or("", |(_, end)| end);
            lines.extend(begun.remove(process).map(|start| format!("{start}{end}")));
        } else {
            lines.push(line.to_owned());
        }
    }
    lines
}

/// The paths in a call's arguments: of descriptors as strace resolves them, and names, each below the descriptor before it.
fn paths(arguments: &str, folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut rest, mut below) = (Vec::new(), arguments, None);
    while let Some(start) = rest.find(['<', '"']) {
        let is_name = rest[start..].starts_with('"');
        let tail = &rest[start + 1..];
        let Some(end) = tail.find(if is_name { '"' } else { '>' }) else {
            break;
        };
        let path = Path::new(&tail[..end]);
        if is_name {
            let base = below.take().unwrap_or_else(|| folder.to_owned());
            // The descriptor was that of the folder in which the name is.
            if found.last() == Some(&base) {
                found.pop();
            }
            found.push(base.join(path));
        } else {
            below = Some(path.to_owned());
            found.push(path.to_owned());
        }
        rest = &tail[end + 1..];
    }
    found
}

fn collect(folder: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let kind = fs::symlink_metadata(&path).expect("a node");
        if kind.is_dir() {
            collect(&path, files);
        } else if kind.is_file() {
            files.insert(path.clone(), fs::read(&path).expect("a file"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_below_their_folders() {
        let folder = Path::new("/here");
        let of = |arguments: &str| paths(arguments, folder);
        assert_eq!(of("5</a/b>) "), [Path::new("/a/b")]);
        assert_eq!(
            of("AT_FDCWD</here>, \"x/y\", O_WRONLY|O_CREAT, 0600)"),
            [Path::new("/here/x/y")]
        );
        assert_eq!(of("\"/a\", \"b\")"), [Path::new("/a"), Path::new("/here/b")]);
        let both = [Path::new("/d/a"), Path::new("/e/b")];
        assert_eq!(of("5</d>, \"a\", 6</e>, \"b\")"), both);
    }

    #[test]
    fn an_interrupted_call_is_read_where_it_ends() {
        let text = "1 fsync(3</a/b> <unfinished ...>\n2 mkdir(\"/c\", 0777) = 0\n1 <... fsync resumed>) = 0\n3 rename(\"/x\" <unfinished ...>\n";
        assert_eq!(whole(text), ["2 mkdir(\"/c\", 0777) = 0", "1 fsync(3</a/b>) = 0"]);
    }

    #[test]
    fn what_was_synced_is_not_lost() {
        let dir = tempfile::tempdir().expect("a folder");
        let root = dir.path().to_owned();
        fs::write(root.join("old"), "old").expect("a file");
        let before = Before::of(std::slice::from_ref(&root));
        let path = |name: &str| root.join(name).display().to_string();
        let mut unsynced = Unsynced::default();
        for line in [
            format!(
                "1 openat(AT_FDCWD</>, \"{}\", O_WRONLY|O_CREAT, 0600) = 3<{}>",
                path("new"),
                path("new")
            ),
            format!("1 write(3<{}>, \"\"..., 3) = 3", path("new")),
            format!("1 write(4<{}>, \"\"..., 3) = 3", path("old")),
        ] {
            unsynced.take(&line, &root, &before);
        }
        assert_eq!(unsynced.counts(), (2, 1));
        unsynced.take(&format!("1 fsync(3<{}>) = 0", path("new")), &root, &before);
        assert_eq!(unsynced.counts(), (1, 1));
        fs::write(root.join("new"), "new").expect("a file");
        fs::write(root.join("old"), "changed").expect("a file");
        before.cut(&unsynced, Lost::Contents);
        let read = |name: &str| fs::read_to_string(root.join(name)).ok();
        assert_eq!(
            (read("new").as_deref(), read("old").as_deref()),
            (Some("new"), Some("old"))
        );
        before.cut(&unsynced, Lost::Names);
        assert_eq!(read("new"), None);
        // What was synced and grew since is as long as it was then.
        let mut grown = Unsynced::default();
        for line in [
            format!(
                "1 openat(AT_FDCWD</>, \"{}\", O_WRONLY|O_CREAT, 0600) = 3<{}>",
                path("log"),
                path("log")
            ),
            format!("1 write(3<{}>, \"head\", 4) = 4", path("log")),
            format!("1 fsync(3<{}>) = 0", path("log")),
            format!("1 write(3<{}>, \"more\", 4) = 4", path("log")),
        ] {
            grown.take(&line, &root, &before);
        }
        fs::write(root.join("log"), "headmore").expect("a file");
        before.cut(&grown, Lost::Contents);
        assert_eq!(read("log").as_deref(), Some("head"));
    }
}
