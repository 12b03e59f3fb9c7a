//! A closed world for one test: a repository, a home, a cleared environment.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;

use git2::{Oid, Repository, Signature, Time};
use tempfile::TempDir;

/// When every commit of a bed is made, in seconds since 1970: long ago and always the same.
const COMMIT_TIME: i64 = 1_750_000_000;

/// A repository and a home in a folder of their own.
#[derive(Debug, Clone)]
pub struct Bed {
    dir: Arc<TempDir>,
    repository: PathBuf,
    executable: PathBuf,
}

/// What a run of the binary printed and how it ended.
#[derive(Debug)]
pub struct Run {
    /// Its exit code; -1 when a signal ended it.
    pub code: i32,
    /// What it printed.
    pub stdout: String,
    /// What it said besides.
    pub stderr: String,
}

impl Run {
    /// Insists on an exit code; shows everything otherwise.
    ///
    /// # Panics
    ///
    /// When the code is another one.
    #[must_use = "the run itself is what the test looks at next"]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "\n-- stdout\n{}\n-- stderr\n{}",
            self.stdout, self.stderr
        );
        self
    }

    /// The JSON object on standard output.
    ///
    /// # Panics
    ///
    /// When there is none.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("no JSON ({error}) in\n{}", self.stdout))
    }
}

/// What a commit does to one path.
#[derive(Debug, Clone, Copy)]
pub enum Edit<'a> {
    /// Writes a file.
    Write(&'a str, &'a [u8]),
    /// Writes an executable file.
    WriteExecutable(&'a str, &'a [u8]),
    /// Makes a symbolic link.
    Link(&'a str, &'a str),
    /// Removes a file.
    Remove(&'a str),
}

impl Bed {
    /// Lays out an empty repository and a home for the binary at `executable`.
    ///
    /// # Panics
    ///
    /// When the machine does not let it.
    #[must_use]
    pub fn new(executable: impl Into<PathBuf>) -> Self {
        let dir = Arc::new(tempfile::tempdir().expect("a folder for the test"));
        let repository = dir.path().join("repository");
        let bed = Self {
            dir,
            repository,
            executable: executable.into(),
        };
        let mut options = git2::RepositoryInitOptions::new();
        options.initial_head("main").external_template(false);
        Repository::init_opts(bed.repository(), &options).expect("an empty repository");
        fs::DirBuilder::new().mode(0o700).create(bed.home()).expect("a home");
        bed.share_cache();
        bed
    }

    /// Lets all beds keep compiled components in one place beside the binary: compiling takes longer than most tests.
    fn share_cache(&self) {
        let Some(cache) = self.executable.parent().map(|folder| folder.join("cache-of-tests")) else {
            return;
        };
        if self.executable.is_file() {
            fs::create_dir_all(&cache).expect("a folder for the cache");
            std::os::unix::fs::symlink(&cache, self.home().join("cache")).expect("a link to it");
        }
    }

    /// The same person and home with another repository beside the first, which the caller puts there.
    #[must_use]
    pub fn with_repository(&self, name: &str) -> Self {
        Self {
            repository: self.beside(name),
            ..self.clone()
        }
    }

    /// The repository's work tree.
    #[must_use]
    pub fn repository(&self) -> PathBuf {
        self.repository.clone()
    }

    /// `$ASSIZE_HOME`.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        self.dir.path().join("home")
    }

    /// A path beside the repository.
    #[must_use]
    pub fn beside(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Commits edits on top of the current branch, in the object database and in the work tree.
    ///
    /// # Panics
    ///
    /// When git refuses.
    pub fn commit(&self, message: &str, edits: &[Edit<'_>]) -> Oid {
        commit(&self.repository(), message, edits)
    }

    /// The id of the newest commit's tree.
    ///
    /// # Panics
    ///
    /// When there is no commit.
    #[must_use]
    pub fn tree_of_head(&self) -> String {
        let repository = Repository::open(self.repository()).expect("the repository opens");
        repository
            .head()
            .and_then(|head| head.peel_to_tree())
            .expect("a commit")
            .id()
            .to_string()
    }

    /// A command of the binary under test in this world: nothing of the caller's environment gets in.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.executable);
        command.args(arguments).current_dir(self.repository()).env_clear();
        command
            .env("ASSIZE_HOME", self.home())
            .env("HOME", self.dir.path())
            .env("PATH", "/nowhere");
        command.env("RUST_BACKTRACE", "0");
        command
    }

    /// Runs the binary under test to its end.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    #[must_use]
    pub fn assize(&self, arguments: &[&str]) -> Run {
        ran(&self.command(arguments).output().expect("the binary under test starts"))
    }

    /// Runs a stock tool with an environment that holds no user's configuration.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    #[must_use]
    pub fn tool(&self, program: &Path, arguments: &[&str]) -> Run {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.repository()).env_clear();
        command
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.dir.path());
        command
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_TERMINAL_PROMPT", "0");
        for who in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{who}_NAME"), "Test")
                .env(format!("GIT_{who}_EMAIL"), "test@example.org");
        }
        ran(&command.output().expect("the tool starts"))
    }
}

/// Reads what a finished process left.
#[must_use]
pub fn ran(output: &Output) -> Run {
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Commits edits on top of the current branch of the repository at `path`.
///
/// # Panics
///
/// When git refuses.
pub fn commit(path: &Path, message: &str, edits: &[Edit<'_>]) -> Oid {
    let repository = Repository::open(path).expect("the repository opens");
    let mut index = repository.index().expect("it has an index");
    for edit in edits {
        apply(path, &mut index, *edit);
    }
    index.write().expect("the index is written");
    let tree = index.write_tree().expect("the tree is written");
    let tree = repository.find_tree(tree).expect("the tree is there");
    let who = Signature::new("Test", "test@example.org", &Time::new(COMMIT_TIME, 0)).expect("a signature");
    let parent = repository
        .head()
        .ok()
        .map(|head| head.peel_to_commit().expect("a commit"));
    repository
        .commit(
            Some("HEAD"),
            &who,
            &who,
            message,
            &tree,
            &parent.iter().collect::<Vec<_>>(),
        )
        .expect("the commit is written")
}

fn apply(root: &Path, index: &mut git2::Index, edit: Edit<'_>) {
    let write = |path: &str, contents: &[u8]| {
        let file = root.join(path);
        fs::create_dir_all(file.parent().expect("a folder")).expect("folders");
        fs::write(&file, contents).expect("the file is written");
        file
    };
    match edit {
        Edit::Write(path, contents) => {
            write(path, contents);
            index.add_path(Path::new(path)).expect("the file is added");
        }
        Edit::WriteExecutable(path, contents) => {
            use std::os::unix::fs::PermissionsExt;
            let file = write(path, contents);
            fs::set_permissions(file, fs::Permissions::from_mode(0o755)).expect("the mode is set");
            index.add_path(Path::new(path)).expect("the file is added");
        }
        Edit::Link(path, target) => {
            std::os::unix::fs::symlink(target, root.join(path)).expect("the link is made");
            index.add_path(Path::new(path)).expect("the link is added");
        }
        Edit::Remove(path) => {
            fs::remove_file(root.join(path)).expect("the file is removed");
            index.remove_path(Path::new(path)).expect("the file is dropped");
        }
    }
}
