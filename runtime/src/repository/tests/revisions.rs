//! What revisions and ranges mean, compared with git.

use std::fs;

use super::Bed;
use crate::case::{Range, RangeKind};
use crate::repository::{Head, RevisionError};

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
