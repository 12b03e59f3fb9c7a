//! Commits of the log: one spelling, and the malleations that git accepts.

use super::*;
use crate::digest::Digest;
use crate::log_id::{LogId, LogSeed};
use crate::testing::SigningPair;

const TREE: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

fn unsigned(pair: &SigningPair, cites: usize) -> UnsignedCommit {
    let seed = LogSeed::from_bytes([2; 16]);
    let cite = |number: usize| Citation {
        log: format!("{number:032x}").parse().unwrap(),
        size: 3,
        root: Digest::of(&number.to_be_bytes()),
    };
    let message = LogMessage {
        log: LogId::derive(&pair.public(), &seed),
        seed,
        size: 12,
        root: Digest::of(b"root"),
        previous_size: if cites > 0 { 0 } else { 6 },
        cites: (0..cites).map(cite).collect(),
    };
    UnsignedCommit {
        tree: TREE.parse().unwrap(),
        parent: None,
        time: Time::from_unix_seconds(1_800_000_000).unwrap(),
        message,
    }
}

fn sealed(commit: &UnsignedCommit, pair: &SigningPair) -> String {
    let signature = pair.sign(commit.sshsig_input().as_bytes());
    String::from_utf8(commit.seal(&pair.public(), &signature).unwrap()).unwrap()
}

#[test]
fn what_is_sealed_reads_back() {
    let pair = SigningPair::from_seed(1);
    let mut commit = unsigned(&pair, 0);
    for parent in [None, Some(TREE.parse().unwrap())] {
        commit.parent = parent;
        let read = LogCommit::parse(sealed(&commit, &pair).as_bytes()).unwrap();
        assert_eq!((&read.signed, read.key), (&commit, pair.public()));
        assert_eq!(read.verify_signature(), Ok(()));
    }
    let mut citing = unsigned(&pair, CITES_MAX);
    // Any commit may cite, not only the first.
    citing.message.previous_size = 6;
    let bytes = sealed(&citing, &pair);
    assert!(bytes.len() < LOG_COMMIT_BYTES_MAX as usize);
    assert_eq!(LogCommit::parse(bytes.as_bytes()).unwrap().signed, citing);
    let too_many = sealed(&unsigned(&pair, CITES_MAX + 1), &pair);
    assert_eq!(LogCommit::parse(too_many.as_bytes()), Err(CommitError::Form));
}

#[test]
fn what_is_to_be_signed_has_one_spelling() {
    let pair = SigningPair::from_seed(1);
    let mut commit = unsigned(&pair, 0);
    commit.parent = Some(TREE.parse().unwrap());
    let text = String::from_utf8(commit.unsigned_bytes()).unwrap();
    assert_eq!(UnsignedCommit::parse(text.as_bytes()), Ok(commit.clone()));
    assert_eq!(
        UnsignedCommit::parse(&unsigned(&pair, CITES_MAX).unsigned_bytes()),
        Ok(unsigned(&pair, CITES_MAX))
    );
    for other in [
        String::new(),
        sealed(&commit, &pair),
        format!("{text}\n"),
        text.trim_end().to_owned(),
        text.replace("\nauthor ", "\nencoding UTF-8\nauthor "),
        text.replace("author Assize", "author Somebody"),
        text.replacen("tree ", "tree  ", 1),
        text.replace(" +0000", " +0100"),
        text.replace("Assize-Size: 12", "Assize-Size: 012"),
    ] {
        assert_eq!(
            UnsignedCommit::parse(other.as_bytes()),
            Err(CommitError::Form),
            "{other}"
        );
    }
}

#[test]
fn the_signature_covers_everything() {
    let pair = SigningPair::from_seed(1);
    let text = sealed(&unsigned(&pair, 0), &pair);
    for (from, to) in [
        ("4b825d", "5b825d"),
        ("1800000000", "1800000001"),
        ("12 in all", "13 in all"),
        ("Size: 6", "Size: 5"),
    ] {
        let changed = text.replace(from, to);
        let verified = LogCommit::parse(changed.as_bytes()).and_then(|commit| commit.verify_signature());
        assert!(changed != text && verified.is_err(), "{from}");
    }
}

/// The five changes of one signed commit that git accepts without the key, and what else it passes over.
#[test]
fn malleated_commits_are_refused() {
    let pair = SigningPair::from_seed(1);
    let text = sealed(&unsigned(&pair, 0), &pair);
    let (start, end) = (text.find("gpgsig ").unwrap(), text.find("\n\n").unwrap() + 1);
    let header = &text[start..end];
    let body: String = header
        .lines()
        .skip(1)
        .take_while(|line| !line.contains("END"))
        .map(str::trim)
        .collect();
    let rewrapped = format!("gpgsig -----BEGIN SSH SIGNATURE-----\n {body}\n -----END SSH SIGNATURE-----\n");
    let replaced = |with: &str| format!("{}{with}{}", &text[..start], &text[end..]);
    for (what, changed) in [
        ("base64 on one line", replaced(&rewrapped)),
        ("text after the end", replaced(&format!("{header} junk\n"))),
        ("the signature twice", replaced(&format!("{header}{header}"))),
        (
            "a second signature header",
            replaced(&format!("{header}gpgsig-sha256 anything\n")),
        ),
        (
            "the header first",
            format!("{header}{}{}", &text[..start], &text[end..]),
        ),
        ("an encoding", replaced(&format!("encoding UTF-8\n{header}"))),
        ("another header", replaced(&format!("{header}note x\n"))),
        ("two trees", text.replacen("author", &format!("tree {TREE}\nauthor"), 1)),
        (
            "two parents",
            text.replacen("author", &format!("parent {TREE}\nparent {TREE}\nauthor"), 1),
        ),
        ("another author", text.replacen("author Assize", "author Someone", 1)),
        ("another zone", text.replace("+0000", "+0100")),
        ("a longer message", format!("{text}\n")),
        ("no signature", replaced("")),
        ("a size with a zero", text.replace("Size: 12", "Size: 012")),
    ] {
        assert_ne!(changed, text, "{what}");
        assert_eq!(LogCommit::parse(changed.as_bytes()), Err(CommitError::Form), "{what}");
    }
    for cut in 0..text.len() {
        assert!(LogCommit::parse(&text.as_bytes()[..cut]).is_err());
    }
}

#[test]
fn messages_that_contradict_themselves_are_refused() {
    let pair = SigningPair::from_seed(1);
    for change in [
        (|message| message.previous_size = message.size) as fn(&mut LogMessage),
        |message| message.previous_size = message.size + 1,
        |message| message.size = (1 << 53) + 1,
        |message| message.cites.reverse(),
        |message| message.cites = vec![message.cites[0]; 2],
    ] {
        let mut commit = unsigned(&pair, 2);
        change(&mut commit.message);
        assert_eq!(
            LogCommit::parse(sealed(&commit, &pair).as_bytes()),
            Err(CommitError::Form)
        );
    }
}
