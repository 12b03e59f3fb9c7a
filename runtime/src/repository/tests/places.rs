//! What is found as a repository, and what only pretends to be one.

use std::fs;

use super::Bed;
use crate::repository::{DiscoverError, Head, OpenError, Repository};

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
