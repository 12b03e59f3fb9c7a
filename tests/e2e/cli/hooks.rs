//! `assize hook`: what is installed where, and what a push with stock git meets.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use assize_provenance::opinion::Vote;
use assize_tests::bed::{Bed, Edit, Run, ran};
use assize_tests::snapshot::Snapshot;
use assize_tests::{guests, seats, tools};

use super::ASSIZE;

/// A bed with a first commit, the hook, and a bare repository called `origin` to push to.
struct Desk {
    bed: Bed,
    git: PathBuf,
}

fn desk() -> Option<Desk> {
    let git = tools::program("git", "the pre-push hook")?;
    let bed = Bed::new(ASSIZE);
    bed.commit(
        "Begin",
        &[Edit::Write("src/lib.rs", b"pub fn one() -> u32 {\n    1\n}\n")],
    );
    let remote = bed.beside("origin.git").to_string_lossy().into_owned();
    let _ = bed.tool(&git, &["init", "-q", "--bare", &remote]).expect(0);
    let _ = bed.tool(&git, &["remote", "add", "origin", &remote]).expect(0);
    fs::create_dir(bed.beside("bin")).expect("a folder");
    symlink(ASSIZE, bed.beside("bin/assize")).expect("a link to the binary");
    Some(Desk { bed, git })
}

impl Desk {
    /// Runs git as a person with `assize` on the path would.
    fn git_in(&self, folder: &Path, arguments: &[&str]) -> Run {
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

    fn git(&self, arguments: &[&str]) -> Run {
        self.git_in(&self.bed.repository(), arguments)
    }

    /// Where a branch of the remote is; nothing where there is none.
    fn remote(&self, branch: &str) -> String {
        let name = format!("refs/heads/{branch}");
        self.git(&["ls-remote", "origin", &name])
            .expect(0)
            .stdout
            .split_whitespace()
            .next()
            .unwrap_or_default()
            .to_owned()
    }
}

const STUB: &[u8] = b"pub fn two() -> u32 {\n    todo!(\"next week\")\n}\n";
const MENDED: &[u8] = b"pub fn two() -> u32 {\n    2\n}\n";

#[test]
fn a_push_with_a_placeholder_is_blocked_and_the_mended_one_passes() {
    let Some(desk) = desk() else { return };
    let hook = desk.bed.repository().join(".git/hooks/pre-push");
    let _ = desk.bed.assize(&["hook", "install"]).expect(0);
    let mode = fs::metadata(&hook).expect("the hook").permissions().mode();
    assert_eq!(mode & 0o777, 0o755);
    // The first push: nothing is known of the remote, and the root commit is sound.
    let first = desk.git(&["push", "-q", "origin", "main"]).expect(0);
    assert!(
        first.stdout.contains("approved") || first.stderr.contains("approved"),
        "{first:?}"
    );
    let begun = desk.remote("main");
    assert_eq!(begun.len(), 40);

    let _ = desk.bed.commit("Add two", &[Edit::Write("src/two.rs", STUB)]);
    let before = Snapshot::of(&desk.bed.repository().join(".git/refs"));
    let blocked = desk.git(&["push", "-q", "origin", "main"]);
    assert_ne!(blocked.code, 0, "{blocked:?}");
    let said = format!("{}{}", blocked.stdout, blocked.stderr);
    assert!(
        said.contains("technical/placeholder") && said.contains("src/two.rs:2"),
        "{said}"
    );
    assert_eq!(desk.remote("main"), begun);
    assert!(
        before == Snapshot::of(&desk.bed.repository().join(".git/refs")),
        "a push was recorded"
    );
    // Under another name it is no better, and a tag neither.
    assert_ne!(desk.git(&["push", "-q", "origin", "main:refs/heads/other"]).code, 0);
    let _ = desk.git(&["tag", "v1"]).expect(0);
    assert_ne!(desk.git(&["push", "-q", "origin", "v1"]).code, 0);

    desk.bed.commit("Write two", &[Edit::Write("src/two.rs", MENDED)]);
    let _ = desk.git(&["push", "-q", "origin", "main"]).expect(0);
    assert_eq!(
        desk.remote("main"),
        desk.git(&["rev-parse", "main"]).expect(0).stdout.trim()
    );
    // What the remote has already, deletions and the chain itself need no review.
    let quiet = desk.git(&["push", "-q", "origin", "main:refs/heads/same"]).expect(0);
    assert!(quiet.stdout.is_empty(), "{quiet:?}");
    let _ = desk.git(&["push", "-q", "origin", ":refs/heads/same"]).expect(0);
    let _ = desk.bed.assize(&["review"]);
    let _ = desk
        .git(&["push", "-q", "origin", "refs/assize/*:refs/assize/*"])
        .expect(0);
}

/// A verdict in the chain decides, without judges: here one that was made under the very policy of the base.
#[test]
fn a_verdict_in_the_chain_is_taken() {
    let Some(desk) = desk() else { return };
    seats::appoint(&desk.bed, &[("guest", &guests::voting(Vote::Approve))]);
    let _ = desk.git(&["push", "-q", "origin", "main"]).expect(0);
    let _ = desk.bed.assize(&["hook", "install"]).expect(0);
    desk.bed.commit("Add two", &[Edit::Write("src/two.rs", STUB)]);
    let review = desk.bed.assize(&["review", "--format", "json"]).expect(0).json();
    let entry = review["entry"]["id"].as_str().expect("an entry").to_owned();
    let push = desk.git(&["push", "-q", "origin", "main"]).expect(0);
    let said = format!("{}{}", push.stdout, push.stderr);
    assert!(said.contains(&format!("entry {}", &entry[..12])), "{said}");
}

/// Without a verdict nothing is pushed: a judge that crashes is no approval.
#[test]
fn an_undecided_push_is_blocked() {
    let Some(desk) = desk() else { return };
    seats::appoint(&desk.bed, &[("guest", &guests::judge("unreachable"))]);
    let _ = desk.git(&["push", "-q", "origin", "main"]).expect(0);
    let at = desk.remote("main");
    let _ = desk.bed.assize(&["hook", "install"]).expect(0);
    desk.bed.commit("Add two", &[Edit::Write("src/two.rs", MENDED)]);
    assert_ne!(desk.git(&["push", "-q", "origin", "main"]).code, 0);
    assert_eq!(desk.remote("main"), at);
}

/// All work trees share the hooks of the common folder.
#[test]
fn a_linked_work_tree_has_the_same_hook() {
    let Some(desk) = desk() else { return };
    let _ = desk.git(&["push", "-q", "origin", "main"]).expect(0);
    let linked = desk.bed.beside("linked");
    let name = linked.to_string_lossy().into_owned();
    let _ = desk.git(&["worktree", "add", "-q", "-b", "topic", &name]).expect(0);
    let _ = desk.bed.assize(&["-C", &name, "hook", "install"]).expect(0);
    assert!(desk.bed.repository().join(".git/hooks/pre-push").is_file());
    fs::write(linked.join("two.rs"), STUB).expect("a file");
    let _ = desk.git_in(&linked, &["add", "two.rs"]).expect(0);
    let _ = desk.git_in(&linked, &["commit", "-q", "-m", "Add two"]).expect(0);
    assert_ne!(desk.git_in(&linked, &["push", "-q", "origin", "topic"]).code, 0);
    assert_eq!(desk.remote("topic"), "");
}

#[test]
fn a_hook_that_is_there_stays() {
    let bed = Bed::new(ASSIZE);
    let hooks = bed.repository().join(".git/hooks");
    fs::create_dir_all(&hooks).expect("a folder");
    let place = hooks.join("pre-push");
    let ours = || {
        let _ = bed.assize(&["hook", "install"]).expect(0);
        let text = fs::read_to_string(&place).expect("the hook");
        let _ = bed.assize(&["hook", "remove"]).expect(0);
        assert!(!place.exists());
        text
    };
    let text = ours();
    let others: [&dyn Fn(); 4] = [
        &|| fs::write(&place, "#!/bin/sh\nexit 0\n").expect("a hook"),
        &|| fs::write(&place, format!("{text}# and mine\n")).expect("a hook"),
        &|| fs::write(&place, text.replace("Form 1", "Form 9")).expect("a hook"),
        &|| symlink("/nowhere", &place).expect("a link"),
    ];
    for (number, put) in others.iter().enumerate() {
        put();
        let before = Snapshot::of(&bed.repository());
        let install = bed.assize(&["hook", "install"]).expect(1);
        assert!(
            install.stdout.contains("assize hook run pre-push \"$@\""),
            "{number}: {}",
            install.stdout
        );
        let _ = bed.assize(&["hook", "remove"]).expect(1);
        let status = bed.assize(&["hook", "status", "--format", "json"]).expect(0).json();
        assert_eq!(status["hooks"][0]["state"], "another");
        assert!(before == Snapshot::of(&bed.repository()), "{number}: it was touched");
        fs::remove_file(&place).expect("it goes");
    }
    // Ours may be installed twice; nothing else lies beside it.
    for state in ["installed", "was there"] {
        let installed = bed.assize(&["hook", "install", "--format", "json"]).expect(0).json();
        assert_eq!(installed["hooks"][0]["state"], state);
    }
    let names = fs::read_dir(&hooks)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name());
    let left: Vec<_> = names.filter(|name| name.to_string_lossy().starts_with('.')).collect();
    assert!(left.is_empty(), "left behind: {left:?}");
}

/// Where git looks elsewhere, or the folder leads elsewhere, nothing is written.
#[test]
fn hooks_are_written_where_git_looks_or_nowhere() {
    let bed = Bed::new(ASSIZE);
    let config = bed.repository().join(".git/config");
    let plain = fs::read_to_string(&config).expect("the configuration");
    fs::write(&config, format!("{plain}[core]\n\thooksPath = .husky\n")).expect("a file");
    let run = bed.assize(&["hook", "install"]).expect(2);
    assert!(
        run.stderr.contains("core.hooksPath") && run.stderr.contains(".husky"),
        "{}",
        run.stderr
    );
    assert!(!bed.repository().join(".git/hooks/pre-push").exists());
    fs::write(&config, plain).expect("a file");

    let outside = bed.beside("outside");
    fs::create_dir(&outside).expect("a folder");
    let hooks = bed.repository().join(".git/hooks");
    let _ = fs::remove_dir_all(&hooks);
    symlink(&outside, &hooks).expect("a link");
    let _ = bed.assize(&["hook", "install"]).expect(2);
    assert_eq!(fs::read_dir(&outside).expect("a folder").count(), 0);
}

#[test]
fn only_git_is_listened_to() {
    let bed = Bed::new(ASSIZE);
    bed.commit("Begin", &[Edit::Write("a", b"a\n")]);
    let fed = |input: &[u8]| {
        let file = bed.beside("input");
        fs::write(&file, input).expect("a file");
        let input = fs::File::open(file).expect("the file");
        let mut command = bed.command(&["hook", "run", "pre-push", "origin", "/nowhere"]);
        ran(&command.stdin(input).output().expect("it starts"))
    };
    let _ = fed(b"").expect(0);
    let _ = fed(b"nonsense\n").expect(2);
    let _ = fed("x ".repeat(1 << 20).as_bytes()).expect(2);
    let many: String = (0..100)
        .map(|n| format!("a {0} refs/heads/b{n} {1}\n", "1".repeat(40), "0".repeat(40)))
        .collect();
    let run = fed(many.as_bytes()).expect(2);
    assert!(run.stderr.contains("100 refs"), "{}", run.stderr);
}
