//! Where a pin comes from, and what happens without one.

use super::*;

#[test]
fn without_a_pin_the_root_says_nothing_and_the_report_says_so() {
    let bed = alone();
    let report = bed.assize(&["audit", "verify", "--format", "json"]).expect(0).json();
    assert_eq!(report["root"]["standing"], "not checkable");
    assert!(report["root"]["pin"].is_null());
    let human = bed.assize(&["audit", "verify"]).expect(0);
    assert!(human.stdout.contains("not pinned"), "{}", human.stdout);
    // What an unpinned root revokes, is not.
    let council = key_of(&bed, Role::Council);
    let _ = bed.assize(&["root", "revoke", &council]).expect(0);
    let _ = bed.assize(&["root", "sign"]).expect(0);
    review(&bed, "HEAD~2");
    let _ = bed.assize(&["audit", "verify"]).expect(0);
    let _ = bed.assize(&["root", "pin"]).expect(0);
    let _ = bed.assize(&["audit", "verify"]).expect(1);
}

#[test]
fn the_flag_goes_before_the_variable_and_that_before_memory() {
    let bed = alone();
    let pin = pin_of(&bed);
    let _ = bed.assize(&["root", "pin", &pin]).expect(0);
    let from = |variable: Option<&str>, flag: Option<&str>, code: i32| {
        let mut arguments = vec!["audit", "verify", "--format", "json"];
        arguments.extend(flag.map(|pin| ["--pin", pin]).into_iter().flatten());
        let mut command = bed.command(&arguments);
        if let Some(variable) = variable {
            command.env("ASSIZE_PIN", variable);
        }
        let report = ran(&command.output().expect("starts")).expect(code).json();
        (report["root"]["pin_from"].as_str().map(str::to_owned), codes(&report))
    };
    let wrong = "0".repeat(64);
    let source = |word: &str| Some(word.to_owned());
    assert_eq!(from(None, None, 0), (source("memory"), vec![]));
    assert_eq!(from(Some(&pin), None, 0), (source("variable"), vec![]));
    assert_eq!(
        from(Some(&wrong), None, 1),
        (source("variable"), vec!["root-pin".to_owned()])
    );
    assert_eq!(from(Some(&wrong), Some(&pin), 0), (source("flag"), vec![]));
    assert_eq!(
        from(Some(&pin), Some(&wrong), 1),
        (source("flag"), vec!["root-pin".to_owned()])
    );
}

#[test]
fn a_pin_that_is_none_is_an_error_and_never_no_pin() {
    let bed = alone();
    for pin in ["", "0", &"G".repeat(64)] {
        let mut command = bed.command(&["audit", "verify"]);
        command.env("ASSIZE_PIN", pin);
        let refused = ran(&command.output().expect("starts")).expect(2);
        assert!(refused.stderr.contains("ASSIZE_PIN"), "{}", refused.stderr);
        let _ = bed.assize(&["audit", "verify", "--pin", pin]).expect(2);
    }
}

#[test]
fn a_pin_is_kept_for_one_clone_until_it_is_replaced() {
    let bed = alone();
    let pin = pin_of(&bed);
    let wrong = "0".repeat(64);
    let refused = bed.assize(&["root", "pin", &wrong]).expect(2);
    assert!(refused.stderr.contains(&pin), "{}", refused.stderr);
    let _ = bed.assize(&["root", "pin"]).expect(0);
    let copy = bed.with_repository("copy");
    assize_tests::snapshot::Snapshot::of(&bed.repository()).write_to(&copy.repository());
    let report = copy.assize(&["audit", "verify", "--format", "json"]).json();
    assert!(report["root"]["pin"].is_null(), "a copy is another clone: {report}");
    // Another root in the place of the pinned one.
    Repository::open(bed.repository())
        .and_then(|repository| repository.find_reference(ROOT_REF)?.delete())
        .expect("the root goes");
    let report = bed.assize(&["audit", "verify", "--format", "json"]).expect(1).json();
    assert_eq!(codes(&report), ["root-missing"]);
    let mallory = Person::new(&bed, "mallory");
    let _ = mallory.assize(&["root", "init"]).expect(0);
    let _ = mallory.assize(&["root", "sign"]).expect(0);
    let report = bed.assize(&["audit", "verify", "--format", "json"]).expect(1).json();
    assert_eq!(codes(&report), ["root-pin"]);
    let _ = bed.assize(&["audit", "check", "HEAD~3"]).expect(3);
    let _ = bed.assize(&["root", "show"]).expect(2);
    let _ = bed.assize(&["root", "pin"]).expect(2);
    let _ = bed.assize(&["root", "pin", "--replace"]).expect(0);
    let report = bed.assize(&["audit", "verify", "--format", "json"]).json();
    assert_eq!(report["root"]["standing"], "proved");
}

#[test]
fn a_pin_outlives_the_first_review_of_its_clone() {
    let bed = bed_of(2);
    let _ = bed.assize(&["root", "init"]).expect(0);
    let _ = bed.assize(&["root", "sign"]).expect(0);
    let _ = bed.assize(&["root", "pin"]).expect(0);
    review(&bed, "HEAD");
    let report = bed.assize(&["audit", "verify", "--format", "json"]).expect(0).json();
    assert_eq!(report["root"]["pin_from"], "memory");
}

#[test]
fn the_doctor_says_whether_the_root_is_pinned_and_lets_you_sign() {
    let bed = alone();
    let said = |bed: &Bed| {
        let seen = bed.assize(&["doctor", "--format", "json"]).json();
        let checks = seen["checks"].as_array().expect("checks").clone();
        let root = checks.into_iter().find(|check| check["name"] == "root of trust");
        root.map(|root| format!("{} {}", root["state"], root["detail"]))
    };
    assert!(said(&bed).expect("a root").contains("not pinned"));
    let _ = bed.assize(&["root", "pin"]).expect(0);
    assert!(said(&bed).expect("a root").starts_with("\"ok\""));
    let _ = bed.assize(&["key", "new"]).expect(0);
    assert!(said(&bed).expect("a root").contains("council key and log key"));
    assert_eq!(said(&bed_of(1)), None);
}
