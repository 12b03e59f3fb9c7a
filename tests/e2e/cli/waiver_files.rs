//! `assize waiver`: written, listed, checked, taken over from CAWS.

use std::fs;

use assize_tests::bed::{Bed, Edit};

use super::ASSIZE;

fn bed() -> Bed {
    let bed = Bed::new(ASSIZE);
    bed.commit("Begin", &[Edit::Write("a", b"1\n")]);
    bed
}

#[test]
fn a_new_waiver_is_a_proposal_to_be_completed() {
    let bed = bed();
    let new = bed
        .assize(&["waiver", "new", "technical/placeholder", "src/old/**"])
        .expect(0);
    assert_eq!(new.stdout, ".assize/waivers/WV-0001.toml\n");
    let second = bed
        .assize(&["waiver", "new", "constitutional/budget-files", "--days", "7"])
        .expect(0);
    assert_eq!(second.stdout, ".assize/waivers/WV-0002.toml\n");
    let check = bed.assize(&["waiver", "check"]).expect(1);
    assert!(
        check.stdout.contains("WV-0001.toml") && check.stdout.contains("`description`"),
        "{}",
        check.stdout
    );
    let file = bed.repository().join(".assize/waivers/WV-0001.toml");
    let text = fs::read_to_string(&file).expect("written");
    let text = text
        .replace(
            "description = \"\"",
            "description = \"The old code stays until the new one has replaced it everywhere.\"",
        )
        .replace("mitigation = \"\"", "mitigation = \"It is behind a switch.\"");
    fs::write(&file, text).expect("completed");
    fs::remove_file(bed.repository().join(".assize/waivers/WV-0002.toml")).expect("gone");
    let _ = bed.assize(&["waiver", "check"]).expect(0);
    let list = bed.assize(&["waiver", "list", "--format", "json"]).expect(0).json();
    assert_eq!(list["waivers"][0]["worth"], "proposed", "{list:#}");
    assert_eq!(list["waivers"][0]["paths"][0], "src/old/**");
    for wrong in [
        vec!["waiver", "new", "technical/placeholder", "--days", "91"],
        vec!["waiver", "new"],
    ] {
        let _ = bed.assize(&wrong).expect(2);
    }
}

#[test]
fn waivers_of_caws_become_proposals() {
    let bed = bed();
    let file = bed.beside("waivers.yaml");
    let text = "waivers:\n  - id: WV-0009\n    title: Old importer\n    gates: [budget_limit, accessibility_check]\n    \
                reason_code: legacy_integration\n    description: The importer is large and moves in one piece, once, in spring.\n    \
                mitigation: It is reviewed by two.\n    risk_owner: dana\n    expires_at: '2026-12-31T00:00:00Z'\n    \
                approvers:\n      - handle: alice\n        approved_at: '2026-12-01T00:00:00Z'\n";
    fs::write(&file, text).expect("written");
    let run = bed.assize(&["waiver", "import", &file.to_string_lossy()]).expect(0);
    assert_eq!(run.stdout.lines().count(), 2, "{run:?}");
    assert!(run.stderr.contains("accessibility_check"), "{}", run.stderr);
    let list = bed.assize(&["waiver", "list", "--format", "json"]).expect(0).json();
    assert_eq!(list["waivers"][0]["rule"], "constitutional/budget-files");
    assert_eq!(list["waivers"][1]["rule"], "constitutional/budget-lines");
    fs::write(&file, "a: &x [1]\nb: *x\n").expect("written");
    let hostile = bed.assize(&["waiver", "import", &file.to_string_lossy()]).expect(2);
    assert!(hostile.stderr.contains(":2: Aliases"), "{}", hostile.stderr);
}
