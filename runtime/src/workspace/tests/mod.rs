//! The workspace against names, links and races that want out of it.

mod changes;
mod escape;
mod limits;
mod openings;
mod touched;

use std::fs;
use std::path::{Path, PathBuf};

use assize_provenance::pattern::PathPattern;

use super::{Existing, Refusal, Visit, Way, Workspace};
use crate::policy::files::{FileGrant, FileGrants};
use crate::policy::place::Place;

/// A folder to be let into, with something outside that must stay as it is.
struct Room {
    place: tempfile::TempDir,
}

const SECRET: &str = "outside and secret";

impl Room {
    fn new() -> Self {
        let place = tempfile::tempdir().expect("a folder");
        fs::create_dir(place.path().join("inside")).expect("a folder");
        fs::create_dir(place.path().join("insider")).expect("a folder beside it");
        fs::write(place.path().join("secret"), SECRET).expect("a file");
        fs::write(place.path().join("insider/secret"), SECRET).expect("a file");
        Self { place }
    }

    fn inside(&self) -> PathBuf {
        self.place.path().join("inside")
    }

    fn outside(&self) -> PathBuf {
        self.place.path().join("secret")
    }

    fn put(&self, path: &str, contents: &str) {
        let path = self.inside().join(path);
        fs::create_dir_all(path.parent().expect("it has one")).expect("folders");
        fs::write(path, contents).expect("a file");
    }

    fn text(&self, path: &str) -> String {
        fs::read_to_string(self.inside().join(path)).expect("a file")
    }

    fn link(&self, target: impl AsRef<Path>, path: &str) {
        std::os::unix::fs::symlink(target, self.inside().join(path)).expect("a link");
    }

    fn visit(&self, read: &[&str], write: &[&str]) -> Visit {
        self.visit_with(read, write, 1 << 20)
    }

    fn visit_with(&self, read: &[&str], write: &[&str], write_bytes_max: u64) -> Visit {
        let workspace = Workspace::open(&self.inside()).expect("it opens");
        workspace.visit(grants(read, write), write_bytes_max)
    }

    /// Everything outside is as it was.
    fn is_whole(&self) {
        assert_eq!(fs::read_to_string(self.outside()).expect("it is there"), SECRET);
        let beside = self.place.path().join("insider/secret");
        assert_eq!(fs::read_to_string(beside).expect("it is there"), SECRET);
        let mut names: Vec<_> = fs::read_dir(self.place.path())
            .expect("a folder")
            .map(|entry| entry.expect("an entry").file_name())
            .collect();
        names.sort();
        assert_eq!(names, ["inside", "insider", "secret"]);
    }
}

fn grants(read: &[&str], write: &[&str]) -> FileGrants {
    let patterns = |texts: &[&str]| {
        texts
            .iter()
            .map(|text| FileGrant {
                pattern: PathPattern::parse(text).expect("a pattern"),
                place: Place {
                    role: "guest".into(),
                    item: (*text).into(),
                    line: 1,
                },
            })
            .collect()
    };
    FileGrants::new(patterns(read), patterns(write))
}

fn closed(path: &str, way: Way) -> Refusal {
    Refusal::Closed { path: path.into(), way }
}

/// What each operation that takes one path says to it.
fn everything(visit: &mut Visit, path: &str) -> Vec<(&'static str, Option<Refusal>)> {
    vec![
        ("list", visit.list(path, None).err()),
        ("read", visit.read(path, 0, 100).err()),
        ("keep", visit.write(path, b"x", Existing::Keep).err()),
        ("replace", visit.write(path, b"x", Existing::Replace).err()),
        ("append", visit.write(path, b"x", Existing::Append).err()),
        ("search", visit.search(path, &["outside".into()], 10).err()),
        ("diff", visit.diff(Some(path)).err()),
        ("remove", visit.remove(path).err()),
        ("rename from", visit.rename(path, "fresh").err()),
        ("rename to", visit.rename("mine", path).err()),
    ]
}
