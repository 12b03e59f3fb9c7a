//! One signed commit in five spellings that stock git may take for good: none of them is a commit of a log.

use assize_provenance::reader::ObjectKind;
use assize_tests::forgery;
use assize_tests::tools;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::{codes, insist_on_refutation, log_ref, report, shared};

/// The order of the group in which Ed25519 signatures are made, little-endian (RFC 8032, section 5.1).
const GROUP_ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// A commit cut at its signature: what stands before, the lines of base64, what stands after.
struct Cut<'a> {
    before: &'a str,
    lines: Vec<&'a str>,
    after: &'a str,
}

const BEGIN: &str = "gpgsig -----BEGIN SSH SIGNATURE-----\n";
const END: &str = " -----END SSH SIGNATURE-----\n";

impl<'a> Cut<'a> {
    fn of(commit: &'a str) -> Self {
        let (before, rest) = commit.split_once(BEGIN).expect("a signature");
        let (body, after) = rest.split_once(END).expect("its end");
        Self {
            before,
            lines: body.lines().map(str::trim_start).collect(),
            after,
        }
    }

    fn with_base64(&self, text: &str, columns: usize) -> String {
        let lines = text.as_bytes().chunks(columns).map(|line| {
            let line = std::str::from_utf8(line).expect("base64 is ASCII");
            format!(" {line}\n")
        });
        let body: String = lines.collect();
        format!("{}{BEGIN}{body}{END}{}", self.before, self.after)
    }
}

/// Each malleation by name.
fn malleations(commit: &str) -> Vec<(&'static str, String)> {
    let cut = Cut::of(commit);
    let base64 = cut.lines.concat();
    let signature = commit
        .strip_prefix(cut.before)
        .and_then(|rest| rest.strip_suffix(cut.after))
        .expect("the signature");
    let (before, after) = (cut.before, cut.after);
    let smuggled = "gpgsig-sha256 anything at all\n";
    vec![
        ("base64 wrapped elsewhere", cut.with_base64(&base64, 76)),
        ("text after the end", format!("{before}{signature} junk\n{after}")),
        ("the signature twice", format!("{before}{signature}{signature}{after}")),
        (
            "a second signature header",
            format!("{before}{signature}{smuggled}{after}"),
        ),
        (
            "the signature plus the group order",
            cut.with_base64(&plus_order(&base64), 70),
        ),
    ]
}

/// Adds the group's order to the second half of a signature, which stands at the end of its wire form.
fn plus_order(base64: &str) -> String {
    let mut bytes = BASE64_STANDARD.decode(base64).expect("base64");
    let start = bytes.len() - GROUP_ORDER.len();
    let mut carry = 0_u16;
    for (byte, order) in bytes[start..].iter_mut().zip(GROUP_ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = u8::try_from(sum & 0xff).expect("a byte");
        carry = sum >> 8;
    }
    assert_eq!(carry, 0, "the second half is below the order, so the sum fits");
    BASE64_STANDARD.encode(bytes)
}

#[test]
fn another_spelling_of_a_signed_commit_is_refuted() {
    let scene = shared();
    let (chain, keys) = (forgery::take(&scene.git_dir()), scene.keys());
    let log = log_ref(&chain);
    let commit = String::from_utf8(chain.objects[&chain.refs[&log]].bytes.clone()).expect("UTF-8");
    assert_eq!(
        Cut::of(&commit).with_base64(&Cut::of(&commit).lines.concat(), 70),
        commit,
        "cutting and joining changes nothing"
    );
    for (name, text) in malleations(&commit) {
        assert_ne!(text, commit, "{name}");
        let mut bent = chain.clone();
        let tip = bent.put(ObjectKind::Commit, text.as_bytes());
        bent.refs.insert(log.clone(), tip);
        let found = report(&bent, &keys);
        insist_on_refutation(&found, name);
        let expected = if name.contains("order") {
            "commit-signature"
        } else {
            "commit-form"
        };
        assert!(codes(&found).contains(&expected), "{name}: {:?}", codes(&found));
        assert!(
            super::faults(&found)
                .iter()
                .any(|fault| fault.place.commit == Some(tip)),
            "{name} is found elsewhere"
        );
    }
}

/// What stock git says of the same commits is no promise of ours: it is written down.
#[test]
#[expect(clippy::print_stdout, reason = "what git says is what this test is for")]
fn what_git_says_of_the_same_commits_is_written_down() {
    let Some(git) = tools::program("git", "what git says of other spellings") else {
        return;
    };
    let scene = shared();
    let chain = forgery::take(&scene.git_dir());
    let log = log_ref(&chain);
    let commit = String::from_utf8(chain.objects[&chain.refs[&log]].bytes.clone()).expect("UTF-8");
    let signers = scene
        .bed()
        .assize(&["key", "list", "--format", "allowed-signers"])
        .expect(0);
    let replica = scene.replica();
    let file = replica.path().join("allowed_signers");
    std::fs::write(&file, signers.stdout).expect("the file is written");
    let allowed = format!("gpg.ssh.allowedSignersFile={}", file.display());
    let place = replica.git_dir().to_string_lossy().into_owned();
    let says = |id: &str| {
        let arguments = ["--git-dir", &place, "-c", &allowed, "verify-commit", id];
        scene.bed().tool(&git, &arguments)
    };
    let tip = chain.refs[&log].to_string();
    let _ = says(&tip).expect(0);
    for (name, text) in malleations(&commit) {
        let mut bent = chain.clone();
        let tip = bent.put(ObjectKind::Commit, text.as_bytes());
        forgery::lay_down(&bent, &replica.git_dir());
        let run = says(&tip.to_string());
        println!("git verify-commit: {name}: exit code {}", run.code);
        let _ = scene.assize_on(&replica, &["audit", "verify"]).expect(0);
        bent.refs.insert(log.clone(), tip);
        forgery::lay_down(&bent, &replica.git_dir());
        let _ = scene.assize_on(&replica, &["audit", "verify"]).expect(1);
        forgery::lay_down(&chain, &replica.git_dir());
    }
}
