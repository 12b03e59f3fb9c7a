//! A chain that the binary wrote, and copies of its repository to tamper with.

use std::fs;
use std::path::{Path, PathBuf};

use assize::chain::keys::KeyStore;
use assize_provenance::git::GitObjects;
use assize_provenance::key::TrustedKeys;
use assize_provenance::reader::ReadError;
use assize_provenance::report::Report;
use assize_provenance::verify::{Remembered, verify};
use tempfile::TempDir;

use crate::bed::{Bed, Edit, Run};

/// A repository whose last commits were reviewed one by one.
pub struct Scene {
    bed: Bed,
    reviews: usize,
}

/// What the reviewed commits do: their message, a file and its contents, and the exit code of the review.
const CHANGES: [(&str, &str, &str, i32); 4] = [
    ("Say hello", "README.md", "Hello\n", 0),
    (
        "Say what it is",
        "README.md",
        "Hello\n\nThis is a place to try things.\n",
        0,
    ),
    (
        "Leave it for later",
        "src/lib.rs",
        "pub fn later() {\n    todo!()\n}\n",
        1,
    ),
    ("Keep notes", "notes.md", "Nothing yet.\n", 0),
];

impl Scene {
    /// Makes a repository and has each of its commits reviewed by the binary at `executable`: three are approved, one is
    /// rejected.
    ///
    /// # Panics
    ///
    /// When a review ends otherwise.
    #[must_use]
    pub fn of(executable: &str) -> Self {
        let mut scene = Self {
            bed: Bed::new(executable),
            reviews: 0,
        };
        while scene.reviews < CHANGES.len() {
            scene.go_on();
        }
        scene
    }

    /// Makes a repository without any review yet.
    #[must_use]
    pub fn empty(executable: &str) -> Self {
        Self {
            bed: Bed::new(executable),
            reviews: 0,
        }
    }

    /// Makes the next commit and has it reviewed.
    ///
    /// # Panics
    ///
    /// When there is none left, or the review ends otherwise than it should.
    pub fn go_on(&mut self) {
        let (message, path, contents, code) = CHANGES[self.reviews];
        self.bed.commit(message, &[Edit::Write(path, contents.as_bytes())]);
        let _ = self.bed.assize(&["review"]).expect(code);
        self.reviews += 1;
    }

    /// The world it lies in.
    #[must_use]
    pub fn bed(&self) -> &Bed {
        &self.bed
    }

    /// Its `.git`.
    #[must_use]
    pub fn git_dir(&self) -> PathBuf {
        self.bed.repository().join(".git")
    }

    /// The keys of its home, believed.
    ///
    /// # Panics
    ///
    /// When they cannot be read.
    #[must_use]
    pub fn keys(&self) -> TrustedKeys {
        KeyStore::new(self.bed.home().join("keys"))
            .trusted()
            .expect("the keys are readable")
    }

    /// Copies the repository, bytes by bytes, to a place of its own.
    ///
    /// # Panics
    ///
    /// When the machine does not let it.
    #[must_use]
    pub fn replica(&self) -> Replica {
        let dir = tempfile::tempdir().expect("a folder");
        copy(&self.git_dir(), &dir.path().join(".git"));
        Replica { dir }
    }

    /// Runs the binary on a copy, with the home of this scene.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    #[must_use]
    pub fn assize_on(&self, replica: &Replica, arguments: &[&str]) -> Run {
        let place = replica.dir.path().to_string_lossy().into_owned();
        self.bed.assize(&[arguments, &["-C", &place]].concat())
    }
}

/// A copy of a scene's repository.
pub struct Replica {
    dir: TempDir,
}

impl Replica {
    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Its `.git`.
    #[must_use]
    pub fn git_dir(&self) -> PathBuf {
        self.dir.path().join(".git")
    }

    /// What `verify` says of it under these keys, to somebody who remembers nothing.
    ///
    /// # Errors
    ///
    /// When the repository cannot be looked at.
    pub fn report(&self, keys: &TrustedKeys) -> Result<Report, ReadError> {
        verify(&GitObjects::open(&self.git_dir())?, keys, &Remembered::nothing())
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a kind").is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).expect("a copy");
        }
    }
}
