//! A repository as a person has it in front of them: with stock git, `assize` on the path, and a remote.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use assize_tests::bed::{Bed, Edit, Run, ran};
use assize_tests::tools;

use super::ASSIZE;

/// Code that must not land, and what it should have been.
pub(super) const STUB: &[u8] = b"pub fn two() -> u32 {\n    todo!(\"next week\")\n}\n";
pub(super) const MENDED: &[u8] = b"pub fn two() -> u32 {\n    2\n}\n";

/// A bed with a first commit, and a bare repository called `origin` to push to.
pub(super) struct Desk {
    pub(super) bed: Bed,
    git: PathBuf,
}

/// Lays out a desk; nothing without git.
pub(super) fn desk() -> Option<Desk> {
    let desk = empty_desk()?;
    desk.bed.commit(
        "Begin",
        &[Edit::Write("src/lib.rs", b"pub fn one() -> u32 {\n    1\n}\n")],
    );
    Some(desk)
}

/// A desk without a commit.
pub(super) fn empty_desk() -> Option<Desk> {
    let git = tools::program("git", "git's hooks")?;
    let bed = Bed::new(ASSIZE);
    let remote = bed.beside("origin.git").to_string_lossy().into_owned();
    let _ = bed.tool(&git, &["init", "-q", "--bare", &remote]).expect(0);
    let _ = bed.tool(&git, &["remote", "add", "origin", &remote]).expect(0);
    fs::create_dir(bed.beside("bin")).expect("a folder");
    symlink(ASSIZE, bed.beside("bin/assize")).expect("a link to the binary");
    Some(Desk { bed, git })
}

impl Desk {
    /// Runs git as a person with `assize` on the path would.
    pub(super) fn git_in(&self, folder: &Path, arguments: &[&str]) -> Run {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let dirs = std::iter::once(self.bed.beside("bin")).chain(std::env::split_paths(&path));
        let mut git = Command::new(&self.git);
        git.args(arguments).current_dir(folder).env_clear();
        git.env("PATH", std::env::join_paths(dirs).expect("a path"))
            .env("HOME", self.bed.beside("nobody"))
            .env("ASSIZE_HOME", self.bed.home())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null");
        for who in ["AUTHOR", "COMMITTER"] {
            git.env(format!("GIT_{who}_NAME"), "Test")
                .env(format!("GIT_{who}_EMAIL"), "test@example.org");
        }
        ran(&git.output().expect("git starts"))
    }

    /// Runs git in the repository.
    pub(super) fn git(&self, arguments: &[&str]) -> Run {
        self.git_in(&self.bed.repository(), arguments)
    }

    /// Where a branch of the remote is; nothing where there is none.
    pub(super) fn remote(&self, branch: &str) -> String {
        let name = format!("refs/heads/{branch}");
        self.git(&["ls-remote", "origin", &name])
            .expect(0)
            .stdout
            .split_whitespace()
            .next()
            .unwrap_or_default()
            .to_owned()
    }

    /// Puts a file into the work tree and stages it.
    pub(super) fn stage(&self, path: &str, contents: &[u8]) {
        self.write(path, contents);
        let _ = self.git(&["add", path]).expect(0);
    }

    /// Puts a file into the work tree.
    pub(super) fn write(&self, path: &str, contents: &[u8]) {
        fs::write(self.bed.repository().join(path), contents).expect("a file");
    }

    /// The id of the newest commit; nothing where there is none.
    pub(super) fn newest(&self) -> String {
        self.git(&["rev-parse", "--verify", "-q", "HEAD"])
            .stdout
            .trim()
            .to_owned()
    }
}
