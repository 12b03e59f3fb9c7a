//! `assize review`: the shape of its JSON, where its policy comes from, and what it leaves behind.

use std::collections::BTreeSet;
use std::fs;

use assize_provenance::opinion::Vote;
use assize_tests::bed::{Bed, Edit, ran};
use assize_tests::snapshot::Snapshot;
use assize_tests::{guests, records, seats};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{ASSIZE, bed_judged_by, bed_with, faultfinder};

fn keys(value: &Value) -> BTreeSet<&str> {
    value
        .as_object()
        .unwrap_or_else(|| panic!("no object: {value}"))
        .keys()
        .map(String::as_str)
        .collect()
}

fn is_hex(value: &Value, digits: usize) -> bool {
    value
        .as_str()
        .is_some_and(|text| text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Scripts rely on these names: a key that comes, goes or changes its name is a new schema.
#[test]
fn the_json_object_has_exactly_its_keys() {
    let bed = bed_judged_by(&faultfinder());
    let review = bed.assize(&["review", "--format", "json"]).expect(1).json();
    assert_eq!(
        keys(&review),
        ["because", "case", "council", "entry", "opinions", "schema", "verdict"].into()
    );
    assert_eq!(review["schema"], "assize.review/1");
    assert_eq!(review["verdict"], "rejected");

    let case = &review["case"];
    let expected = [
        "added_lines",
        "base",
        "digest",
        "files",
        "head",
        "policy",
        "removed_lines",
        "title",
    ];
    assert_eq!(keys(case), expected.into());
    assert_eq!(keys(&case["policy"]), ["digest", "path", "source", "tier"].into());
    assert!(
        is_hex(&case["digest"], 64) && is_hex(&case["head"], 40) && is_hex(&case["base"], 40),
        "{case}"
    );
    assert_eq!((&case["title"], &case["files"]), (&"Go on".into(), &1.into()));

    let entry = &review["entry"];
    assert_eq!(
        keys(entry),
        ["commit", "durability", "id", "index", "key", "log", "ref", "size"].into()
    );
    assert!(
        is_hex(&entry["id"], 64) && is_hex(&entry["commit"], 40) && is_hex(&entry["log"], 32),
        "{entry}"
    );
    assert_eq!(keys(&review["council"]), ["heard", "name", "quorum", "rule"].into());

    let opinion = &review["opinions"][0];
    let expected = [
        "component",
        "effective",
        "findings",
        "fuel",
        "judge",
        "rationale",
        "vote",
    ];
    assert_eq!(keys(opinion), expected.into());
    assert_eq!(
        (&opinion["judge"], &opinion["vote"]),
        (&"guest".into(), &"reject".into())
    );
    assert_eq!(
        (&opinion["effective"], &opinion["rationale"]),
        (&"reject".into(), &"I counted.".into())
    );
    assert!(is_hex(&opinion["component"], 64), "{opinion}");

    let finding = &opinion["findings"][0];
    let expected = [
        "line",
        "message",
        "path",
        "rule",
        "setting",
        "severity",
        "suggestion",
        "waived",
    ];
    assert_eq!(keys(finding), expected.into());
    assert_eq!(
        (&finding["rule"], &finding["severity"]),
        (&"guest/rule".into(), &"error".into())
    );
    assert_eq!((&finding["path"], &finding["line"]), (&"src/lib.rs".into(), &1.into()));
    assert_eq!(
        (&finding["message"], &finding["waived"]),
        (&"Two is one too many.".into(), &Value::Null)
    );
}

#[test]
fn a_missing_opinion_stands_in_the_place_of_the_vote() {
    let bed = bed_judged_by(&guests::judge("unreachable"));
    let review = bed.assize(&["review", "--format", "json"]).expect(3).json();
    let opinion = &review["opinions"][0];
    assert_eq!(opinion.get("vote"), None);
    assert_eq!(keys(&opinion["no_opinion"]), ["detail", "reason"].into());
    assert_eq!(opinion["effective"], "none");
    assert_eq!(opinion["findings"], Value::Array(Vec::new()));
}

/// Every seat has its opinion, in the order of the policy, whoever ends first.
#[test]
fn opinions_stand_in_the_order_of_the_seats() {
    let bed = Bed::new(ASSIZE);
    let slow = guests::judge(
        "(local $n i32) (loop $on (local.set $n (i32.add (local.get $n) (i32.const 1)))
           (br_if $on (i32.lt_u (local.get $n) (i32.const 3000000)))) (i32.const 2048)",
    );
    let quick = guests::voting(Vote::Approve);
    let judges: [(&str, &[u8]); 4] = [("slow", &slow), ("b", &quick), ("also-slow", &slow), ("a", &quick)];
    seats::appoint(&bed, &judges);
    bed.commit("Go on", &[Edit::Write("x", b"x\n")]);
    let review = bed.assize(&["review", "--format", "json"]).expect(0).json();
    let names: Vec<&str> = review["opinions"]
        .as_array()
        .expect("opinions")
        .iter()
        .filter_map(|each| each["judge"].as_str())
        .collect();
    assert_eq!(names, ["slow", "b", "also-slow", "a"]);
}

#[test]
fn without_a_record_nothing_is_written() {
    let bed = bed_with(Vote::Approve);
    // Once before there are keys and a log, once after.
    for recorded_before in [false, true] {
        if recorded_before {
            let _ = bed.assize(&["review"]).expect(0);
        }
        let repository = Snapshot::of(&bed.repository());
        let secrets = || {
            ["keys", "seen"]
                .map(|name| bed.home().join(name))
                .map(|path| path.exists().then(|| Snapshot::of(&path)))
        };
        let home = secrets();
        let review = bed
            .assize(&["review", "--no-record", "--format", "json"])
            .expect(0)
            .json();
        assert_eq!(review["entry"], Value::Null);
        let text = bed.assize(&["review", "--no-record"]).expect(0).stdout;
        assert!(text.contains("nothing was signed or recorded"), "{text}");
        let changed = repository.differences(&Snapshot::of(&bed.repository()));
        assert!(changed.is_empty(), "written in the repository: {changed:?}");
        assert!(home == secrets(), "keys or memory were written");
    }
}

#[test]
fn a_policy_given_by_hand_is_named_and_recorded() {
    let bed = bed_with(Vote::Approve);
    let text = format!("# by hand\n{}", seats::policy_text(&["guest"], 1, "majority"));
    let file = bed.beside("by-hand.toml");
    fs::write(&file, &text).expect("a file");
    let name = file.to_string_lossy().into_owned();
    let review = bed
        .assize(&["review", "--policy", &name, "--format", "json"])
        .expect(0)
        .json();
    let policy = &review["case"]["policy"];
    let digest: String = Sha256::digest(text.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(
        (&policy["source"], &policy["path"]),
        (&"file".into(), &name.as_str().into())
    );
    assert_eq!(policy["digest"], digest.as_str());
    assert_eq!(review["council"]["rule"], "majority");
    let recorded = records::entries(&bed.repository());
    let case = String::from_utf8_lossy(recorded.first().expect("a case entry"));
    assert!(case.contains(&digest) && case.contains("by-hand.toml"), "{case}");
    let human = bed.assize(&["review", "--policy", &name]).expect(0).stdout;
    assert!(human.contains("given by hand"), "{human}");
}

/// `-C DIR` means what it means for git: everything that is named is looked for from there.
#[test]
fn another_folder_can_be_named() {
    let bed = bed_with(Vote::Approve);
    fs::write(
        bed.repository().join("by-hand.toml"),
        seats::policy_text(&["guest"], 1, "majority"),
    )
    .expect("a file");
    let from_outside = |arguments: &[&str]| {
        let folder = bed.home();
        ran(&bed.command(arguments).current_dir(folder).output().expect("starts")).expect(0)
    };
    let _ = from_outside(&["-C", "../repository", "review"]);
    let _ = from_outside(&["review", "-C", "../repository/src"]);
    let _ = from_outside(&["-C", "../repository", "policy", "check", "by-hand.toml"]);
    let review = from_outside(&[
        "-C",
        "../repository",
        "review",
        "--policy",
        "by-hand.toml",
        "--format",
        "json",
    ])
    .json();
    assert_eq!(review["council"]["rule"], "majority");
}

/// The chain grows by one case, its opinions and its verdict, and says where the verdict stands.
#[test]
fn the_entry_that_is_named_is_the_verdict_in_the_log() {
    let bed = bed_with(Vote::Approve);
    for round in 1..=3_u64 {
        bed.commit("Again", &[Edit::Write("round", round.to_string().as_bytes())]);
        let run = bed.assize(&["review", "--format", "json"]).expect(0);
        let review = run.json();
        let entry = &review["entry"];
        assert_eq!(
            (&entry["index"], &entry["size"]),
            (&(3 * round - 1).into(), &(3 * round).into())
        );
        assert_eq!(run.stderr.contains("New keys were made"), round == 1, "{}", run.stderr);
        let logs = records::logs(&bed.repository());
        let lines = &logs[entry["ref"].as_str().expect("a ref")];
        assert_eq!(lines.len() as u64, 3 * round);
        let leaf = [&[0_u8], lines.last().expect("a line").as_slice()].concat();
        let id: String = Sha256::digest(leaf).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(entry["id"], id.as_str());
    }
    records::insist_on_proof(&bed, "after three reviews");
}
