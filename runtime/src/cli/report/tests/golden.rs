//! One review in every format, as it was written once. `ASSIZE_BLESS=1` writes it anew.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use super::super::{github, junit, markdown, sarif};
use super::full;

/// Holds a text against `golden/NAME`.
fn insist(name: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("src/cli/report/tests/golden")
        .join(name);
    if std::env::var_os("ASSIZE_BLESS").is_some_and(|value| value == "1") {
        fs::write(&path, text).expect("the golden file is written");
        return;
    }
    let golden = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        golden == text,
        "{name} changed; look at it and write it anew with ASSIZE_BLESS=1:\n{text}"
    );
}

/// Everything but the rules, which come from `policies/RULES.md`.
#[test]
fn sarif_is_as_it_was() {
    let mut log = sarif::log(&full());
    let rules = log["runs"][0]["tool"]["driver"]["rules"].take();
    let results = log["runs"][0]["results"].as_array_mut().expect("results");
    for result in results {
        let place = result["ruleIndex"].as_u64().expect("a place among the rules");
        assert_eq!(rules[usize::try_from(place).expect("small")]["id"], result["ruleId"]);
        result["ruleIndex"] = Value::Null;
    }
    log["runs"][0]["tool"]["driver"]["semanticVersion"] = Value::Null;
    insist("review.sarif", &format!("{log:#}\n"));
}

#[test]
fn junit_is_as_it_was() {
    insist("review.junit.xml", &junit::document(&full()));
}

#[test]
fn markdown_is_as_it_was() {
    insist("review.md", &markdown::page(&full()));
}

#[test]
fn annotations_are_as_they_were() {
    insist("review.github", &github::commands(&full()));
}

/// Every rule of the shipped judges is described, found or not, and no other is made up.
#[test]
fn sarif_describes_every_rule() {
    let log = sarif::log(&full());
    let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().expect("rules");
    for known in crate::policy::rules::RULES {
        let found: Vec<&Value> = rules.iter().filter(|rule| rule["id"] == known.id).collect();
        let [rule] = found.as_slice() else {
            panic!("{} is described {} times", known.id, found.len());
        };
        let text = rule["help"]["text"].as_str().unwrap_or_default();
        assert!(
            text.len() > 40 && rule["shortDescription"]["text"].is_string(),
            "{rule}"
        );
    }
    let own: Vec<&Value> = rules.iter().filter(|rule| rule["id"] == "house/own-rule").collect();
    assert_eq!(own.len(), 1);
    assert_eq!(rules.len(), crate::policy::rules::RULES.len() + 1);
}
