//! Both forms of a spec, what is wrong with it, and which one a change belongs to.

use super::*;

const OWN: &str = r#"id = "FEAT-001"
title = "Pay by card"
risk_tier = 2
mode = "feature"
invariants = ["No card number is stored"]
rollback = "Switch the flag off"
change_budget = { max_files = 9, max_loc = 100 }
observability = { logs = ["paid"], metrics = [] }

[scope]
in = ["src/pay", "tests/**"]
out = ["src/pay/legacy/"]

[[acceptance]]
id = "A1"
given = "a cart"
when = "it is paid"
then = "it is empty"

[[contracts]]
type = "openapi"
path = "api/pay.yaml"
"#;

const CAWS: &str = "id: FEAT-001
title: Pay by card
risk_tier: 2
mode: feature
change_budget:
  max_files: 9
  max_loc: 100
scope:
  in:
    - src/pay
    - tests/**
  out:
    - src/pay/legacy/
invariants:
  - No card number is stored
acceptance:
  - id: A1
    given: a cart
    when: it is paid
    then: it is empty
contracts:
  - type: openapi
    path: api/pay.yaml
rollback:
  - Switch the flag off
observability:
  logs:
    - paid
  metrics: []
";

#[test]
fn both_forms_say_the_same() {
    let own = read(".assize/spec.toml", OWN.as_bytes());
    let caws = read(".caws/working-spec.yaml", CAWS.as_bytes());
    assert_eq!((&own.problems, &caws.problems), (&Vec::new(), &Vec::new()));
    let (own, mut caws) = (own.spec.unwrap(), caws.spec.unwrap());
    let names = |spec: &WorkingSpec| {
        let mut names: Vec<String> = spec.other_fields.iter().map(|(name, _)| name.clone()).collect();
        names.sort();
        names
    };
    assert_eq!(
        names(&own),
        ["change_budget.max_files", "change_budget.max_loc", "observability.logs"]
    );
    assert_eq!(names(&caws), names(&own));
    assert_eq!(caws.other_fields[0], ("change_budget.max_files".to_owned(), 6));
    caws.other_fields.clone_from(&own.other_fields);
    caws.path.clone_from(&own.path);
    assert_eq!(caws, own);
    assert_eq!(own.scope_in, ["src/pay", "src/pay/**", "tests/**"]);
    assert_eq!(own.scope_out, ["src/pay/legacy", "src/pay/legacy/**"]);
}

#[test]
fn everything_wrong_is_named_with_its_line() {
    let text = "title: 7\nrisk_tier: 9\nmode: party\nscope:\n  in: ['src/[ab]']\nacceptance:\n  - given: x\ncontracts:\n  - a\n";
    let reading = read(".caws/working-spec.yaml", text.as_bytes());
    assert_eq!(reading.spec, None);
    let lines: Vec<u32> = reading.problems.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [0, 2, 3, 5, 7, 9, 9], "{:#?}", reading.problems);
    let broken = read(".assize/spec.toml", b"id = \n");
    assert_eq!((broken.spec, broken.problems[0].line), (None, 1));
}

#[test]
fn a_spec_without_a_tier_is_of_the_highest_risk() {
    let reading = read("a.toml", b"id = \"X-1\"\n");
    assert_eq!(reading.spec.unwrap().tier, 1);
    assert!(reading.problems[0].message.contains("risk_tier"));
}

fn candidate(path: &str, text: &str, is_changed: bool) -> Candidate {
    Candidate {
        reading: read(path, text.as_bytes()),
        path: path.to_owned(),
        is_changed,
    }
}

#[test]
fn a_change_belongs_to_the_spec_it_names_or_touches() {
    let one = candidate(".assize/specs/one.toml", "id = \"F-1\"\ntier = 3\n", false);
    let two = candidate(".caws/specs/two.yaml", "id: F-2\nrisk_tier: 3\n", false);
    let single = candidate(".assize/spec.toml", "id = \"S-1\"\ntier = 3\n", false);
    let old = candidate(".caws/working-spec.yaml", "id: W-1\nrisk_tier: 3\n", false);
    let chosen = |candidates: &[&Candidate], message: &str| {
        let candidates: Vec<Candidate> = candidates.iter().copied().cloned().collect();
        choose(&candidates, &[message.to_owned()]).map(|chosen| chosen.path.clone())
    };
    let path = |candidate: &Candidate| Some(candidate.path.clone());
    assert_eq!(chosen(&[&one, &two, &single, &old], "Do F-2."), path(&two));
    assert_eq!(chosen(&[&one, &two, &single, &old], "Do F-20"), path(&single));
    assert_eq!(chosen(&[&one, &two, &old], "Do it"), path(&old));
    assert_eq!(chosen(&[&one, &old], "Do it"), path(&one));
    assert_eq!(chosen(&[&one, &two], "Do it"), None);
    let touched = candidate(".assize/specs/one.toml", "id = \"F-1\"\ntier = 3\n", true);
    assert_eq!(chosen(&[&touched, &two, &single], "Do it"), path(&touched));
    let closed = candidate(
        ".assize/specs/one.toml",
        "id = \"F-1\"\ntier = 3\nstate = \"closed\"\n",
        true,
    );
    assert_eq!(chosen(&[&closed, &two], "Do F-1"), path(&two));
}

#[test]
fn only_files_of_the_right_places_are_specs() {
    for path in [
        ".assize/spec.toml",
        ".assize/specs/a.toml",
        ".caws/specs/a.yml",
        ".caws/working-spec.yaml",
    ] {
        assert!(is_spec_path(path), "{path}");
    }
    for path in [
        ".assize/specs/deep/a.toml",
        ".assize/policy.toml",
        "spec.toml",
        ".caws/specs/a.md",
        ".assize/specsx.toml",
    ] {
        assert!(!is_spec_path(path), "{path}");
    }
}
