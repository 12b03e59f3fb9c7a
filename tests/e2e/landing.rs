//! A landing that is killed at any point: the branch holds the commit or does not, and after the next start every work tree that
//! has the branch checked out shows what it holds.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use assize_tests::bed::{Run, ran};
use assize_tests::dice::Dice;
use assize_tests::snapshot::Snapshot;
use assize_tests::{tools, trace};

const LANDER: &str = env!("CARGO_BIN_EXE_lander");
/// What the tools are wanted for.
const WHY: &str = "what happens when a landing is killed";

/// The calls by which a landing changes a disk, and of how many points one is tried.
const CALLS: &[(&str, usize)] = &[
    ("fsync", 1),
    ("rename", 1),
    ("renameat", 1),
    ("unlink", 1),
    ("unlinkat", 2),
    ("symlinkat", 1),
    ("mkdirat", 1),
    ("mkdir", 1),
    ("write", 3),
    ("openat", 7),
];

/// A repository at one commit, with another one ready to land, and a second work tree.
struct World {
    folder: tempfile::TempDir,
    git: PathBuf,
    old: String,
    new: String,
}

impl World {
    fn new(git: PathBuf) -> Self {
        let mut world = Self {
            folder: tempfile::tempdir().expect("a folder"),
            git,
            old: String::new(),
            new: String::new(),
        };
        fs::create_dir(world.work()).expect("a folder");
        world.git(&["init", "-q", "-b", "main"]);
        for (name, contents) in [
            ("a", "1\n"),
            ("gone/b", "1\n"),
            ("turns", "a file\n"),
            ("dir/inner/c", "1\n"),
        ] {
            world.write(name, contents);
        }
        world.old = world.commit();
        world.write("a", "2\n");
        for gone in ["gone", "dir"] {
            fs::remove_dir_all(world.work().join(gone)).expect("it goes");
        }
        fs::remove_file(world.work().join("turns")).expect("it goes");
        world.write("turns/now", "a folder\n");
        world.write("dir", "now a file\n");
        std::os::unix::fs::symlink("a", world.work().join("link")).expect("a link");
        for number in 0..8 {
            world.write(&format!("new/{number}"), "1\n");
        }
        world.new = world.commit();
        world.git(&["reset", "-q", "--hard", &world.old]);
        world
    }

    fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    fn write(&self, name: &str, contents: &str) {
        let path = self.work().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, contents).expect("a file");
    }

    fn commit(&self) -> String {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", "Change"]);
        self.git(&["rev-parse", "HEAD"])
    }

    fn git(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(&self.git);
        command
            .args(["-c", "gc.auto=0", "-c", "maintenance.auto=false"])
            .args(arguments)
            .current_dir(self.work())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .envs(["GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"].map(|name| (name, "A")))
            .envs(["GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"].map(|name| (name, "a@b.example")));
        let run = ran(&command.output().expect("git starts"));
        assert_eq!(run.code, 0, "git {arguments:?}: {}", run.stderr);
        run.stdout.trim().to_owned()
    }

    fn lander(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(LANDER);
        command.arg(self.work()).args(arguments).env_clear();
        command
    }

    fn land(&self) -> Command {
        self.lander(&[&self.old, &self.new])
    }

    /// Insists that all is as before or as after, once the next process has started.
    fn recovers(&self, is_acknowledged: bool, when: &str) {
        let branch = self.git(&["rev-parse", "refs/heads/main"]);
        assert!(
            branch == self.new || (branch == self.old && !is_acknowledged),
            "{when}: {branch}"
        );
        let run = ran(&self.lander(&[]).output().expect("starts"));
        assert_eq!(
            (run.code, run.stdout.as_str()),
            (0, "finished\n"),
            "{when}: {}",
            run.stderr
        );
        self.is_clean(&branch, when);
        if branch == self.old {
            let run = ran(&self.land().output().expect("starts"));
            assert_eq!(
                (run.code, run.stdout.as_str()),
                (0, "landed\n"),
                "{when}: {}",
                run.stderr
            );
        }
        self.is_clean(&self.new, when);
    }

    fn is_clean(&self, commit: &str, when: &str) {
        assert_eq!(self.git(&["rev-parse", "HEAD"]), commit, "{when}");
        assert_eq!(self.git(&["status", "--porcelain", "-uall", "--ignored"]), "", "{when}");
        for left in ["index.lock", "refs/heads/main.lock", "index.value.lock"] {
            assert!(!self.work().join(".git").join(left).exists(), "{when}: {left} is left");
        }
        let notes = self.work().join(".git/assize/landings");
        let left: Vec<_> = fs::read_dir(notes)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .collect();
        let left: Vec<_> = left
            .into_iter()
            .filter(|path| path.extension().is_some_and(|end| end == "json"))
            .collect();
        assert!(left.is_empty(), "{when}: {left:?} is left");
    }
}

fn killed_at(strace: &Path, lander: &Command, call: &str, point: usize) -> Run {
    let (filter, injection) = (
        format!("trace={call}"),
        format!("inject={call}:signal=KILL:when={point}"),
    );
    let options = ["-f", "-qq", "-o", "/dev/null", "-e", &filter, "-e", &injection, "--"];
    ran(&trace::under(strace, &options, lander).output().expect("strace starts"))
}

#[test]
fn a_landing_may_be_killed_at_any_call() {
    let (Some(git), Some(strace)) = (tools::program("git", WHY), tools::program("strace", WHY)) else {
        return;
    };
    let mut dice = Dice::of("landings killed at calls");
    let world = World::new(git);
    let before = Snapshot::of(&world.work());
    let (mut kills, mut finished) = (0, 0);
    for (call, step) in CALLS {
        for point in (1 + dice.below(*step)..2000).step_by(*step) {
            before.restore();
            let when = format!("killed at {call} {point}");
            let run = killed_at(&strace, &world.land(), call, point);
            if world.work().join(".git/index.lock").exists() && world.git(&["rev-parse", "main"]) == world.new {
                finished += 1;
            }
            world.recovers(run.stdout == "landed\n", &when);
            if run.code == 0 {
                break;
            }
            assert_eq!(run.code, -1, "{when}: it ended by itself: {}", run.stdout);
            kills += 1;
        }
    }
    assert!(kills > 40, "only {kills} kills: were the calls seen at all?");
    assert!(finished > 10, "only {finished} landings had to be finished");
    world.git(&["fsck", "--strict"]);
}

#[test]
fn of_two_landings_at_once_one_lands() {
    let Some(git) = tools::program("git", WHY) else { return };
    let world = World::new(git);
    let before = Snapshot::of(&world.work());
    for round in 0..10 {
        before.restore();
        let landers: Vec<_> = (0..2)
            .map(|_| {
                world
                    .land()
                    .stdout(std::process::Stdio::piped())
                    .spawn()
                    .expect("starts")
            })
            .collect();
        let runs: Vec<Run> = landers
            .into_iter()
            .map(|lander| ran(&lander.wait_with_output().expect("ends")))
            .collect();
        let landed = runs.iter().filter(|run| run.code == 0).count();
        assert!((1..=2).contains(&landed), "round {round}: {runs:?}");
        assert_eq!(landed, 1, "round {round}: {runs:?}");
        world.is_clean(&world.new, &format!("round {round}"));
    }
}
