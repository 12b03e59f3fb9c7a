//! Real repositories, made with git in temporary folders: what is found, what is refused, what revisions mean.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use assize_provenance::reader::{ObjectId, ObjectKind, ObjectReader as _};

use super::{DiscoverError, FileError, Head, OpenError, Repository, RevisionError, WriteError};
use crate::case::message::Authors;
use crate::case::{Case, Range, RangeKind, build};

/// A folder with a repository in it, worked on by a git that reads no configuration but the repository's own.
struct Bed {
    folder: tempfile::TempDir,
}

impl Bed {
    /// Makes an empty repository in `work`; none where there is no git, which is an error where tools are required.
    fn new() -> Option<Self> {
        let bed = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        if Command::new("git").arg("--version").output().is_err() {
            assert!(
                std::env::var_os("ASSIZE_REQUIRE_TOOLS").is_none_or(|value| value != "1"),
                "git is missing"
            );
            eprintln!("skipped: git is missing");
            return None;
        }
        fs::create_dir(bed.path("work")).unwrap();
        bed.git("work", &["init", "-q", "-b", "main"]);
        Some(bed)
    }

    fn path(&self, name: &str) -> PathBuf {
        // Temporary folders lie behind links on some systems.
        self.folder.path().canonicalize().unwrap().join(name)
    }

    fn git(&self, folder: &str, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .args(["-c", "protocol.file.allow=always"])
            .args(arguments)
            .current_dir(self.path(folder))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .envs(["GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"].map(|name| (name, "A")))
            .envs(["GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"].map(|name| (name, "a@b.example")))
            .envs(["GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"].map(|name| (name, "1700000000 +0000")))
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {arguments:?}: {error}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn write(&self, name: &str, contents: &str) {
        let path = self.path("work").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }

    /// Commits one file and returns the commit.
    fn commit(&self, name: &str, contents: &str) -> ObjectId {
        self.write(name, contents);
        self.git("work", &["add", "-A"]);
        self.git("work", &["commit", "-q", "-m", &format!("Write {name}")]);
        self.id("HEAD")
    }

    fn id(&self, revision: &str) -> ObjectId {
        self.git("work", &["rev-parse", revision]).parse().unwrap()
    }

    fn open(&self, folder: &str) -> Result<Repository, OpenError> {
        Repository::open(&self.path(folder))
    }

    fn case(&self, text: &str) -> Case {
        let repository = self.open("work").unwrap();
        let range = repository.range(text).unwrap();
        build(repository.objects().as_ref(), range, Authors::Hidden).unwrap()
    }
}

#[test]
fn a_repository_is_found_from_any_folder_in_it() {
    let Some(bed) = Bed::new() else { return };
    let commit = bed.commit("a/b/c", "x\n");
    for folder in ["work", "work/a/b", "work/.git/refs"] {
        let repository = bed.open(folder).unwrap();
        assert_eq!(repository.places().common_dir, bed.path("work/.git"), "{folder}");
        assert_eq!(repository.commit("HEAD"), Ok(commit));
    }
    let outside = tempfile::tempdir().unwrap();
    let found = Repository::open(outside.path());
    assert!(
        matches!(found, Err(OpenError::Discover(DiscoverError::NotFound(_)))),
        "{found:?}"
    );
}

#[test]
fn bare_repositories_linked_work_trees_and_submodules_are_followed() {
    let Some(bed) = Bed::new() else { return };
    let commit = bed.commit("a", "x\n");
    bed.git("", &["clone", "-q", "--bare", "work", "bare"]);
    bed.git("work", &["worktree", "add", "-q", "--detach", "../linked"]);
    bed.git("", &["init", "-q", "outer"]);
    bed.git("outer", &["submodule", "--quiet", "add", "../work", "inner"]);
    let bare = bed.open("bare").unwrap();
    assert_eq!(
        (bare.places().work_tree.clone(), bare.commit("main")),
        (None, Ok(commit))
    );
    let linked = bed.open("linked").unwrap();
    assert_eq!(linked.places().common_dir, bed.path("work/.git"));
    assert_eq!(linked.head(), Ok(Head::Detached(commit)));
    let inner = bed.open("outer/inner").unwrap();
    assert_eq!(inner.places().git_dir, bed.path("outer/.git/modules/inner"));
    assert_eq!(inner.commit("HEAD"), Ok(commit));
}

#[test]
fn a_git_file_that_leads_elsewhere_is_refused_with_both_places() {
    let Some(bed) = Bed::new() else { return };
    bed.commit("a", "x\n");
    bed.git("work", &["worktree", "add", "-q", "--detach", "../linked"]);
    let refused = |folder: &str, contents: &str| {
        fs::create_dir_all(bed.path(folder)).unwrap();
        fs::write(bed.path(folder).join(".git"), contents).unwrap();
        bed.open(folder).unwrap_err().to_string()
    };
    let plain = refused("plain", "gitdir: ../work/.git\n");
    assert!(
        plain.contains("plain/.git") && plain.contains("work/.git, which is no submodule"),
        "{plain}"
    );
    // The admin folder of a work tree names another `.git` file back.
    let stolen = refused(
        "stolen",
        &format!("gitdir: {}\n", bed.path("work/.git/worktrees/linked").display()),
    );
    assert!(stolen.contains("does not name it back"), "{stolen}");
    assert!(refused("gone", "gitdir: /nonexistent/git\n").contains("does not exist"));
    assert!(refused("junk", "junk\n").contains("no pointer"));
    assert!(refused("big", &"x".repeat(10_000)).contains("no pointer"));
    // An admin folder of its own making that claims the objects of another repository.
    let admin = bed.path("evil/admin");
    fs::create_dir_all(&admin).unwrap();
    fs::write(admin.join("commondir"), bed.path("work/.git").to_str().unwrap()).unwrap();
    fs::write(admin.join("gitdir"), bed.path("evil/.git").to_str().unwrap()).unwrap();
    fs::write(admin.join("HEAD"), "ref: refs/heads/main\n").unwrap();
    assert!(refused("evil", "gitdir: admin\n").contains("not kept by the repository"));
    std::os::unix::fs::symlink(bed.path("work/.git"), bed.path("bylink.git")).unwrap();
    fs::create_dir(bed.path("bylink")).unwrap();
    std::os::unix::fs::symlink(bed.path("work/.git"), bed.path("bylink/.git")).unwrap();
    assert!(matches!(
        bed.open("bylink"),
        Err(OpenError::Discover(DiscoverError::Elsewhere { .. }))
    ));
}

#[test]
fn kinds_of_repositories_that_are_not_read_say_what_to_do() {
    let Some(bed) = Bed::new() else { return };
    bed.commit("a", "1\n");
    bed.commit("a", "2\n");
    let url = format!("file://{}", bed.path("work").display());
    bed.git("", &["clone", "-q", "--depth", "1", &url, "shallow"]);
    bed.git("", &["clone", "-q", "--shared", "work", "borrowed"]);
    bed.git("", &["init", "-q", "--object-format=sha256", "sha256"]);
    let error = |folder: &str| bed.open(folder).unwrap_err().to_string();
    assert!(
        error("shallow").contains("git fetch --unshallow"),
        "{}",
        error("shallow")
    );
    assert!(error("borrowed").contains("git repack -a -d"), "{}", error("borrowed"));
    assert!(error("sha256").contains("SHA-1"), "{}", error("sha256"));
}

#[test]
fn revisions_mean_what_git_says() {
    let Some(bed) = Bed::new() else { return };
    let one = bed.commit("a", "1\n");
    bed.commit("a", "2\n");
    bed.git("work", &["tag", "-a", "-m", "Tag", "v1"]);
    bed.git("work", &["tag", "-a", "-m", "Tag of a tag", "v1-again", "v1"]);
    bed.git("work", &["checkout", "-q", "-b", "side/way", "HEAD~1"]);
    bed.commit("b", "1\n");
    bed.git("work", &["checkout", "-q", "main"]);
    bed.git("work", &["merge", "-q", "--no-ff", "-m", "Merge", "side/way"]);
    bed.git("work", &["update-ref", "refs/remotes/origin/main", "HEAD^"]);
    bed.git(
        "work",
        &["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"],
    );
    let short = one.to_string()[..8].to_owned();
    let texts = [
        "HEAD",
        "@",
        "main",
        "heads/main",
        "refs/heads/main",
        "side/way",
        "v1",
        "tags/v1",
        "v1-again",
        "v1^{}",
        "v1^{commit}",
        "v1~1",
        "HEAD^",
        "HEAD^1",
        "HEAD^2",
        "HEAD^0",
        "HEAD~",
        "HEAD~2",
        "HEAD^2~1",
        "@~1^0",
        "origin",
        "origin/main",
        "ORIG_HEAD",
        &short,
    ];
    for packed in [false, true] {
        if packed {
            bed.git("work", &["pack-refs", "--all"]);
            bed.git("work", &["gc", "-q"]);
        }
        let repository = bed.open("work").unwrap();
        for text in texts {
            let expected = bed.id(&format!("{text}^{{commit}}"));
            assert_eq!(repository.commit(text), Ok(expected), "{text}, packed: {packed}");
        }
    }
}

#[test]
fn revisions_that_name_no_commit_are_refused_in_words() {
    let Some(bed) = Bed::new() else { return };
    let commit = bed.commit("a", "1\n");
    bed.git("work", &["tag", "blob", "HEAD:a"]);
    let repository = bed.open("work").unwrap();
    for text in [
        "HEAD@{1}",
        "@{u}",
        "HEAD:a",
        ":/Write",
        "^HEAD",
        "HEAD^!",
        "HEAD^@",
        "HEAD^-",
        "--all",
        "HEAD^{tree}",
        "HEAD~x",
        "HEAD^{",
        "HEAD~99999999999",
    ] {
        assert!(
            matches!(repository.commit(text), Err(RevisionError::Unsupported { .. })),
            "{text}"
        );
    }
    for text in [
        "",
        "nothing",
        "a b",
        "refs/heads/../../config",
        "dead",
        "0123456789abcdef",
        "../x",
    ] {
        assert!(
            matches!(repository.commit(text), Err(RevisionError::Unknown(_))),
            "{text}"
        );
    }
    assert!(matches!(
        repository.commit("blob"),
        Err(RevisionError::NotACommit { .. })
    ));
    assert_eq!(
        repository.commit("HEAD~1"),
        Err(RevisionError::NoParent { commit, parent: 1 })
    );
    let missing = "0123456789abcdef0123456789abcdef01234567";
    assert!(matches!(repository.commit(missing), Err(RevisionError::Missing { .. })));
}

#[test]
fn ranges_choose_their_base() {
    let Some(bed) = Bed::new() else { return };
    let one = bed.commit("a", "1\n");
    bed.git("work", &["checkout", "-q", "-b", "side"]);
    let side = bed.commit("b", "1\n");
    bed.git("work", &["checkout", "-q", "main"]);
    let two = bed.commit("a", "2\n");
    let repository = bed.open("work").unwrap();
    let range = |kind, base, head| Ok(Range { kind, base, head });
    assert_eq!(repository.range("HEAD"), range(RangeKind::FirstParent, Some(one), two));
    assert_eq!(repository.range("main~1"), range(RangeKind::FirstParent, None, one));
    assert_eq!(repository.range("side.."), range(RangeKind::TwoDot, Some(side), two));
    assert_eq!(
        repository.range("main...side"),
        range(RangeKind::ThreeDot, Some(one), side)
    );
    bed.git("work", &["checkout", "-q", "--orphan", "lonely"]);
    bed.commit("c", "1\n");
    assert!(matches!(
        repository.range("main...lonely"),
        Err(RevisionError::Unrelated(..))
    ));
}

#[test]
fn a_branch_without_a_commit_and_a_commit_that_is_missing_are_named() {
    let Some(bed) = Bed::new() else { return };
    let repository = bed.open("work").unwrap();
    assert_eq!(
        repository.head(),
        Ok(Head::Branch {
            name: "refs/heads/main".into(),
            commit: None
        })
    );
    assert_eq!(
        repository.commit("HEAD"),
        Err(RevisionError::Unborn("refs/heads/main".into()))
    );
    fs::write(
        bed.path("work/.git/refs/heads/main"),
        "0123456789abcdef0123456789abcdef01234567\n",
    )
    .unwrap();
    assert!(matches!(repository.range("HEAD"), Err(RevisionError::Missing { .. })));
    fs::remove_file(bed.path("work/.git/refs/heads/main")).unwrap();
    let commit = bed.commit("a", "1\n");
    let hex = commit.to_string();
    let loose = bed.path("work/.git/objects").join(&hex[..2]).join(&hex[2..]);
    fs::remove_file(&loose).unwrap();
    fs::write(&loose, b"x\x9c\x03").unwrap();
    let error = repository.range("HEAD").unwrap_err().to_string();
    assert!(error.contains(&hex) && error.contains("damaged"), "{error}");
}

#[test]
fn grafts_and_replace_refs_change_no_case() {
    let Some(bed) = Bed::new() else { return };
    let one = bed.commit("a", "1\n");
    let two = bed.commit("a", "2\n");
    let before = bed.case("HEAD");
    bed.git("work", &["replace", &two.to_string(), &one.to_string()]);
    assert_eq!(bed.case("HEAD"), before);
    fs::write(bed.path("work/.git/info/grafts"), format!("{two}\n")).unwrap();
    assert!(bed.open("work").unwrap_err().to_string().contains("grafts"));
}

#[test]
fn the_case_of_a_real_change_is_that_of_git() {
    let Some(bed) = Bed::new() else { return };
    bed.write("src/lib.rs", "fn a() {}\n\nfn b() {}\n\nfn c() {}\n");
    bed.write("binary", "a\0b");
    bed.commit("gone", "1\n2\n");
    fs::remove_file(bed.path("work/gone")).unwrap();
    bed.git("work", &["mv", "src/lib.rs", "src/main.rs"]);
    bed.write("src/main.rs", "fn a() {}\n\nfn b() {}\n\nfn d() {}\n");
    bed.write("binary", "a\0c");
    std::os::unix::fs::symlink("src/main.rs", bed.path("work/link")).unwrap();
    bed.commit("new/file", "x\ny\nz\n");
    let case = bed.case("HEAD");
    let ours: Vec<String> = case
        .changes
        .iter()
        .map(|change| match change.form.name() {
            "binary" => format!("-\t-\t{}", change.path),
            _ => format!("{}\t{}\t{}", change.added_lines, change.removed_lines, change.path),
        })
        .collect();
    let theirs = bed.git(
        "work",
        &[
            "diff",
            "--numstat",
            "-M",
            "--no-renames",
            "HEAD~1",
            "HEAD",
            "--",
            ":!src",
        ],
    );
    let moved = "1\t1\tsrc/main.rs".to_owned();
    let mut expected: Vec<String> = theirs.lines().map(ToOwned::to_owned).collect();
    expected.push(moved);
    let sorted = |mut lines: Vec<String>| {
        lines.sort();
        lines
    };
    assert_eq!(sorted(ours), sorted(expected));
    assert_eq!(case.messages, ["Write new/file"]);
}

#[test]
fn files_are_read_as_they_stand_in_a_commit() {
    let Some(bed) = Bed::new() else { return };
    let one = bed.commit(".assize/policy.toml", "version = 1\n");
    std::os::unix::fs::symlink("/etc/hostname", bed.path("work/link")).unwrap();
    let two = bed.commit(".assize/policy.toml", "version = 2\n");
    let repository = bed.open("work").unwrap();
    let read = |commit, path, bytes_max| repository.file_at(commit, path, bytes_max);
    assert_eq!(
        read(&one, ".assize/policy.toml", 100).unwrap().as_deref(),
        Some(&b"version = 1\n"[..])
    );
    assert_eq!(
        read(&two, ".assize/policy.toml", 12).unwrap().as_deref(),
        Some(&b"version = 2\n"[..])
    );
    assert_eq!(read(&two, ".assize/other.toml", 12), Ok(None));
    assert_eq!(read(&two, ".assize/policy.toml/x", 12), Ok(None));
    assert!(matches!(
        read(&two, ".assize/policy.toml", 11),
        Err(FileError::TooLarge { bytes: 12, .. })
    ));
    assert!(matches!(read(&two, "link", 100), Err(FileError::NotAFile { .. })));
    assert!(matches!(read(&two, ".assize", 100), Err(FileError::NotAFile { .. })));
    assert!(matches!(read(&two, "../x", 100), Err(FileError::Path { .. })));
}

#[test]
fn packs_are_written_whole_and_read_by_git() {
    let Some(bed) = Bed::new() else { return };
    bed.commit("a", "1\n");
    let repository = bed.open("work").unwrap();
    let objects: Vec<_> = (0..100)
        .map(|number| {
            (
                ObjectKind::Blob,
                format!("{}\n{number}\n", "line\n".repeat(100)).into_bytes(),
            )
        })
        .collect();
    let ids = repository.write_pack(&objects).unwrap();
    for (id, (kind, bytes)) in ids.iter().zip(&objects) {
        let read = repository.objects().object(id, 1 << 20).unwrap().unwrap();
        assert_eq!((read.kind, &read.bytes), (*kind, bytes));
        assert_eq!(bed.git("work", &["cat-file", "-t", &id.to_string()]), "blob");
    }
    bed.git("work", &["fsck", "--strict"]);
    let hex = ids[0].to_string();
    assert!(!bed.path("work/.git/objects").join(&hex[..2]).join(&hex[2..]).exists());
    for entry in fs::read_dir(bed.path("work/.git/objects/pack")).unwrap() {
        let entry = entry.unwrap();
        assert!(
            entry.metadata().unwrap().permissions().readonly(),
            "{:?}",
            entry.file_name()
        );
        assert!(
            entry.file_name().to_string_lossy().starts_with("pack-"),
            "{:?}",
            entry.file_name()
        );
    }
    assert_eq!(repository.write_pack(&objects).unwrap(), ids);
    assert_eq!(repository.write_pack(&[]).unwrap(), []);
}

#[test]
fn a_pack_reads_no_configuration() {
    let Some(bed) = Bed::new() else { return };
    fs::write(bed.path("work/.git/config"), "[pack\nbroken").unwrap();
    let repository = bed.open("work").unwrap();
    repository.write_pack(&[(ObjectKind::Blob, b"x".to_vec())]).unwrap();
}

const LOG: &str = "refs/assize/v1/log/0a";

#[test]
fn a_ref_moves_only_from_where_it_was() {
    let Some(bed) = Bed::new() else { return };
    let one = bed.commit("a", "1\n");
    let two = bed.commit("a", "2\n");
    let repository = bed.open("work").unwrap();
    repository.update_ref(LOG, None, one).unwrap();
    assert_eq!(bed.id(LOG), one);
    assert!(matches!(
        repository.update_ref(LOG, None, two),
        Err(WriteError::Moved { found: Some(_), .. })
    ));
    assert!(matches!(
        repository.update_ref(LOG, Some(two), one),
        Err(WriteError::Moved { .. })
    ));
    bed.git("work", &["pack-refs", "--all"]);
    assert!(!bed.path("work/.git").join(LOG).exists());
    assert!(matches!(
        repository.update_ref(LOG, None, two),
        Err(WriteError::Moved { .. })
    ));
    repository.update_ref(LOG, Some(one), two).unwrap();
    assert_eq!(bed.id(LOG), two);
    assert!(!bed.path("work/.git").join(format!("{LOG}.lock")).exists());
}

#[test]
fn a_ref_is_not_written_past_a_lock_a_link_or_another_ref() {
    let Some(bed) = Bed::new() else { return };
    let one = bed.commit("a", "1\n");
    let repository = bed.open("work").unwrap();
    let update = |name: &str| repository.update_ref(name, None, one);
    let lock = bed.path("work/.git/refs/assize/v1/log/0a.lock");
    fs::create_dir_all(lock.parent().unwrap()).unwrap();
    fs::write(&lock, "").unwrap();
    assert!(matches!(update(LOG), Err(WriteError::Locked(path)) if path == lock));
    fs::remove_file(&lock).unwrap();
    update(LOG).unwrap();
    assert!(matches!(
        update(&format!("{LOG}/deeper")),
        Err(WriteError::InTheWay { .. })
    ));
    bed.git("work", &["pack-refs", "--all"]);
    fs::remove_dir_all(bed.path("work/.git/refs/assize")).unwrap();
    assert!(matches!(
        update(&format!("{LOG}/deeper")),
        Err(WriteError::InTheWay { .. })
    ));
    assert!(matches!(update("refs/assize/v1/log"), Err(WriteError::InTheWay { .. })));
    fs::remove_dir_all(bed.path("work/.git/refs/assize")).unwrap();
    std::os::unix::fs::symlink(bed.path("work"), bed.path("work/.git/refs/assize")).unwrap();
    assert!(matches!(update("refs/assize/v1/log/0b"), Err(WriteError::Link(_))));
    for name in [
        "HEAD",
        "refs/../config",
        "refs/heads/a.lock",
        "/refs/heads/a",
        "refs/heads/",
    ] {
        assert!(matches!(update(name), Err(WriteError::Name(_))), "{name}");
    }
}

#[test]
fn of_many_writers_at_once_each_step_has_one() {
    let Some(bed) = Bed::new() else { return };
    let start = bed.commit("a", "1\n");
    let repository = bed.open("work").unwrap();
    repository.update_ref(LOG, None, start).unwrap();
    let next = |number: u8| ObjectId::from_bytes([number; 20]);
    let won = |number: u8| repository.update_ref(LOG, Some(start), next(number)).is_ok();
    let winners: Vec<u8> = std::thread::scope(|scope| {
        let writers: Vec<_> = (1..=8)
            .map(|number| (number, scope.spawn(move || won(number))))
            .collect();
        writers
            .into_iter()
            .filter_map(|(number, writer)| writer.join().unwrap().then_some(number))
            .collect()
    });
    assert_eq!(winners.len(), 1);
    let now = repository.objects().refs(LOG).unwrap();
    assert_eq!(now, [(LOG.to_owned(), next(winners[0]))]);
}

#[test]
fn nothing_of_a_hostile_repository_is_obeyed() {
    let Some(bed) = Bed::new() else { return };
    bed.write(".gitattributes", "*.txt diff=evil filter=evil\n");
    bed.commit("a.txt", "1\n");
    bed.commit("a.txt", "2\n");
    let witness = bed.path("witness");
    let command = format!("touch {}", witness.display());
    let config = format!(
        "[core]\n\trepositoryformatversion = 0\n\tfsmonitor = {command}\n\thooksPath = {hooks}\n[diff \"evil\"]\n\t\
         textconv = {command}\n\tcommand = {command}\n[filter \"evil\"]\n\tclean = {command}\n\tsmudge = {command}\n\
         \tprocess = {command}\n[include]\n\tpath = {hooks}\n[extensions]\n\tpreciousObjects = true\n",
        hooks = bed.path("hooks").display(),
    );
    fs::write(bed.path("work/.git/config"), config).unwrap();
    for hook in ["reference-transaction", "post-index-change", "pre-commit"] {
        bed.write(&format!(".git/hooks/{hook}"), &format!("#!/bin/sh\n{command}\n"));
        let path = bed.path("work/.git/hooks").join(hook);
        fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }
    let case = bed.case("HEAD");
    assert_eq!((case.changes.len(), case.changes[0].added_lines), (1, 1));
    let repository = bed.open("work").unwrap();
    repository.write_pack(&[(ObjectKind::Blob, b"x".to_vec())]).unwrap();
    repository.update_ref(LOG, None, case.head.commit).unwrap();
    assert!(!Path::new(&witness).exists());
}
