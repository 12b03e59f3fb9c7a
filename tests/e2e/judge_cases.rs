//! Every case of `tests/corpus/judges` gets exactly the findings it names, from the judges that people run: components in
//! the sandbox. The command that people calibrate their own judges with says the same.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use assize::calibration::{self, Labelled, try_case};
use assize::catalog;
use assize::policy::rules::RULES;
use assize::sandbox::{Allocation, Judge, Sandbox};
use assize_tests::bed::Bed;
use assize_tests::room;

/// How many cases there are at least, how many each rule has, and how many of them at least are hits, and near misses.
const CASES_MIN: usize = 250;
const CASES_PER_RULE_MIN: usize = 8;
const OF_A_KIND_MIN: usize = 3;

/// How many languages have findings at least.
const LANGUAGES_MIN: usize = 6;

/// What files of a language end in.
const LANGUAGES: [(&str, &[&str]); 12] = [
    ("C", &["c", "h"]),
    ("C++", &["cc", "cpp", "hpp"]),
    ("C#", &["cs"]),
    ("Go", &["go"]),
    ("Java", &["java"]),
    ("JavaScript", &["js", "jsx", "mjs"]),
    ("Kotlin", &["kt"]),
    ("Python", &["py"]),
    ("Ruby", &["rb"]),
    ("Rust", &["rs"]),
    ("Swift", &["swift"]),
    ("TypeScript", &["ts", "tsx"]),
];

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/judges")
}

/// The cases, each with the rule it is about: the folder it lies in.
fn all() -> Vec<(String, Labelled)> {
    let cases = calibration::find(&corpus()).unwrap_or_else(|fault| panic!("{fault}"));
    let named = |case: Labelled| {
        let part = |place: &Path| place.file_name().expect("a name").to_string_lossy().into_owned();
        let rule = case.place.parent().expect("a rule's folder");
        let judge = rule.parent().expect("a judge's folder");
        (format!("{}/{}", part(judge), part(rule)), case)
    };
    cases.into_iter().map(named).collect()
}

/// The judges by name: those of this binary, or those in the folder that `ASSIZE_JUDGES` names.
fn judges(sandbox: &Sandbox) -> BTreeMap<&'static str, Judge> {
    let fresh = std::env::var_os("ASSIZE_JUDGES").map(PathBuf::from);
    let load = |name: &'static str, embedded: &[u8]| {
        let bytes = match &fresh {
            Some(folder) => {
                let file = folder.join(format!("{name}.wasm"));
                fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
            }
            None => embedded.to_vec(),
        };
        let judge = sandbox
            .load(&bytes)
            .expect("the machine holds")
            .expect("the judge loads");
        (name, judge)
    };
    catalog::judges()
        .map(|embedded| load(embedded.name, embedded.component))
        .collect()
}

#[test]
fn every_case_gets_the_findings_it_names_and_no_others() {
    let sandbox = room::sandbox(Allocation::Pooling);
    let judges = judges(&sandbox);
    let cases = all();
    assert!(cases.len() >= CASES_MIN, "only {} cases", cases.len());
    let mut complaints = Vec::new();
    for (rule, case) in &cases {
        let judge = rule.split_once('/').expect("a rule").0;
        let trial = try_case(&sandbox, &judges[judge], case);
        let trial = trial.unwrap_or_else(|fault| panic!("{}: {fault}", case.place.display()));
        let score = trial.score(case);
        if !score.is_right() {
            complaints.push(format!("{} ({})\n{score:#?}", case.place.display(), case.summary()));
        }
    }
    assert!(
        complaints.is_empty(),
        "{} of {} cases went wrong:\n{}",
        complaints.len(),
        cases.len(),
        complaints.join("\n")
    );
}

#[test]
fn every_rule_has_hits_near_misses_a_waiver_and_a_switch() {
    let cases = all();
    let found: BTreeSet<&str> = cases.iter().map(|(rule, _)| rule.as_str()).collect();
    let rules: BTreeSet<&str> = RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(found, rules, "the folders of the corpus are the rules");
    for rule in rules {
        let of_rule = || cases.iter().filter(|(of, _)| of == rule).map(|(_, case)| case);
        let is_hit = |case: &&Labelled| case.expected().iter().any(|sighting| sighting.rule == rule);
        let hits = of_rule().filter(is_hit).count();
        let misses = of_rule().count() - hits;
        assert!(
            hits + misses >= CASES_PER_RULE_MIN && hits >= OF_A_KIND_MIN && misses >= OF_A_KIND_MIN,
            "{rule} has {hits} hits and {misses} near misses"
        );
        assert!(of_rule().any(|case| case.waives(rule)), "{rule} is waived in no case");
        assert!(
            of_rule().any(|case| case.switches_off(rule)),
            "{rule} is switched off in no case"
        );
    }
}

#[test]
fn findings_come_in_many_languages() {
    let language = |path: &str| {
        let extension = Path::new(path).extension()?.to_str()?;
        LANGUAGES
            .iter()
            .find_map(|(language, extensions)| extensions.contains(&extension).then_some(*language))
    };
    let seen: BTreeSet<&str> = all()
        .iter()
        .flat_map(|(_, case)| case.expected())
        .filter_map(|sighting| language(&sighting.path?))
        .collect();
    assert!(seen.len() >= LANGUAGES_MIN, "only {seen:?}");
}

const BIN: &str = env!("CARGO_BIN_EXE_assize-under-test");

#[test]
fn the_command_says_what_the_corpus_says() {
    let bed = Bed::new(BIN);
    let folder = corpus().join("technical/conflict-marker");
    let run = bed
        .assize(&["judge", "test", &folder.to_string_lossy(), "--format", "json"])
        .expect(0);
    let view = run.json();
    assert!(view["cases"].as_u64().is_some_and(|cases| cases >= 8), "{view:#}");
    let rule = &view["rules"][0];
    assert_eq!(
        (&rule["rule"], &rule["misses"], &rule["false_alarms"]),
        (&"technical/conflict-marker".into(), &0.into(), &0.into())
    );
    // Another judge misses every one of them.
    let folder = folder.to_string_lossy().into_owned();
    let other = bed
        .assize(&["judge", "compare", "technical", "quality", &folder])
        .expect(1);
    assert!(
        other.stdout.contains("-: error technical/conflict-marker"),
        "{}",
        other.stdout
    );
    let same = bed
        .assize(&["judge", "compare", "technical", "technical", &folder])
        .expect(0);
    assert!(same.stdout.contains("0 flips"), "{}", same.stdout);
}

/// A case may be a folder with both states in it; what is wrong with it is counted, and what is no case is named.
#[test]
fn a_case_may_be_a_folder() {
    let bed = Bed::new(BIN);
    let case = bed.beside("cases/unfinished");
    let write = |path: &str, text: &str| {
        let file = case.join(path);
        fs::create_dir_all(file.parent().expect("a folder")).expect("folders");
        fs::write(file, text).expect("written");
    };
    let expect = "expect = [{ rule = \"technical/placeholder\", severity = \"error\", path = \"a.rs\", line = 2 }]\n";
    let label = format!("summary = \"Unfinished.\"\njudge = \"technical\"\nvote = \"reject\"\n{expect}");
    write("case.toml", &label);
    write("base/gone.rs", "fn old() {}\n");
    write("head/a.rs", "fn new() {\n    todo!()\n}\n");
    let folder = bed.beside("cases").to_string_lossy().into_owned();
    let _ = bed.assize(&["judge", "test", &folder]).expect(0);
    write("case.toml", &label.replace("line = 2", "line = 1"));
    let wrong = bed.assize(&["judge", "test", &folder]).expect(1);
    for part in [
        "missed: error technical/placeholder at a.rs:1",
        "false alarm: error technical/placeholder at a.rs:2",
    ] {
        assert!(wrong.stdout.contains(part), "no {part:?} in\n{}", wrong.stdout);
    }
    write("case.toml", "summary = 1\n");
    let none = bed.assize(&["judge", "test", &folder]).expect(2);
    assert!(
        none.stderr.contains("case.toml is no case: line 1: "),
        "{}",
        none.stderr
    );
}
