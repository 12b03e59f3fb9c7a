//! Every case of `tests/corpus/judges` gets exactly the findings it names, from the judges that people run: components in
//! the sandbox, over real commits.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use assize::case::evidence::Evidence;
use assize::case::message::Authors;
use assize::case::{self, Range, RangeKind};
use assize::catalog::EMBEDDED;
use assize::council::{Brief, Told};
use assize::driver::hearing::{self, Component, Loaded};
use assize::outcome::Outcome;
use assize::policy::Policy;
use assize::policy::grant::{Grants, Request};
use assize::sandbox::{Allocation, Sandbox};
use assize_provenance::git::GitObjects;
use assize_tests::judge_case::{self, JudgeCase};
use assize_tests::room;
use git2::Repository;

/// Every rule of the default judges.
const RULES: [&str; 13] = [
    "constitutional/budget-files",
    "constitutional/budget-lines",
    "constitutional/policy-and-code",
    "integration/lock-out-of-step",
    "integration/shadow-copy",
    "quality/test-removed",
    "quality/tests-missing",
    "technical/binary-file",
    "technical/conflict-marker",
    "technical/large-file",
    "technical/mass-deletion",
    "technical/placeholder",
    "technical/secret",
];

/// How many cases a rule has at least, and how many of them at least are hits, and near misses.
const CASES_MIN: usize = 10;
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

/// A case with the rule it belongs to and its file.
struct Filed {
    judge: String,
    rule: String,
    file: PathBuf,
    case: JudgeCase,
}

fn all() -> Vec<Filed> {
    let mut all = Vec::new();
    for (judge, folder) in judge_case::listed(&judge_case::corpus()) {
        for (rule, folder) in judge_case::listed(&folder) {
            all.extend(judge_case::listed(&folder).into_iter().map(|(_, file)| Filed {
                judge: judge.clone(),
                rule: format!("{judge}/{rule}"),
                case: JudgeCase::read(&file),
                file,
            }));
        }
    }
    all
}

/// The judges by name: those of this binary, or those in the folder that `ASSIZE_JUDGES` names.
fn judges(sandbox: &Sandbox) -> BTreeMap<&'static str, Loaded> {
    let fresh = std::env::var_os("ASSIZE_JUDGES").map(PathBuf::from);
    let component = |name: &str, embedded: &[u8]| match &fresh {
        Some(folder) => {
            let file = folder.join(format!("{name}.wasm"));
            fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
        }
        None => embedded.to_vec(),
    };
    let components: Vec<Component> = EMBEDDED
        .iter()
        .map(|embedded| Ok(component(embedded.name, embedded.component)))
        .collect();
    let loaded = hearing::load_all(sandbox, &components).expect("the machine holds");
    EMBEDDED.iter().map(|embedded| embedded.name).zip(loaded).collect()
}

/// What is wrong with a judge's answer to one case.
fn complaint(
    sandbox: &Sandbox,
    judges: &BTreeMap<&str, Loaded>,
    repository: &Repository,
    filed: &Filed,
) -> Option<String> {
    let Filed { judge, case, .. } = filed;
    let text = case.policy_text(judge);
    let policy = Policy::parse("case.toml", &text).unwrap_or_else(|problems| panic!("{problems:#?}\n{text}"));
    let (base, head) = case.lay_down(repository);
    let id = |oid: git2::Oid| oid.to_string().parse().expect("an object id");
    let range = Range {
        kind: RangeKind::TwoDot,
        base: Some(id(base)),
        head: id(head),
    };
    // Opened for every case: objects that came after a folder was first looked at are found too.
    let objects = Arc::new(GitObjects::open(repository.path()).expect("the repository opens"));
    let built = Arc::new(case::build(objects.as_ref(), range, Authors::Hidden).expect("the case is built"));
    let evidence = Arc::new(Evidence::new(Arc::clone(&built), objects, case.documents()));
    let appointment = policy.judge(judge).expect("the judge is appointed");
    let mut brief = Brief::of(&policy, "default", appointment, &built, &Told::nothing(&policy));
    case.tell(&mut brief);
    let component = judges.get(judge.as_str())?.judge.as_ref().expect("the judge loads");
    // A judge does not sit without what it requires. What it does when it is refused is told by asking it all the same.
    let request = Request {
        plugin: judge,
        requires: &[],
        wants: &component.description().requires,
        imports: component.imports(),
    };
    let grants = Grants::resolve(&policy, &appointment.role, request).expect("nothing is required");
    let expected = case.expected();
    let account = sandbox
        .hear(component, &brief, evidence, grants)
        .expect("the machine holds");
    match account.outcome {
        Outcome::Finished(opinion) if judge_case::found(&opinion) == expected => {
            let counted = judge_case::effective(judge, opinion, &case.terms(&policy));
            let effective = case.effective.as_ref().unwrap_or(&expected.0);
            (counted != *effective).then(|| format!("the vote counts as {counted} and not as {effective}"))
        }
        Outcome::Finished(opinion) => Some(format!(
            "expected {expected:#?}\nfound {:#?}",
            judge_case::found(&opinion)
        )),
        Outcome::Ended(absence, detail) => Some(format!("expected {expected:#?}\nno opinion: {absence:?}: {detail}")),
    }
}

#[test]
fn every_case_gets_the_findings_it_names_and_no_others() {
    let sandbox = room::sandbox(Allocation::Pooling);
    let judges = judges(&sandbox);
    let folder = tempfile::tempdir().expect("a folder");
    let repository = Repository::init_bare(folder.path()).expect("an empty repository");
    let cases = all();
    assert!(!cases.is_empty(), "the corpus is empty");
    let complaints: Vec<String> = cases
        .iter()
        .filter_map(|filed| {
            let complaint = complaint(&sandbox, &judges, &repository, filed)?;
            Some(format!(
                "{} ({})\n{complaint}\n",
                filed.file.display(),
                filed.case.summary
            ))
        })
        .collect();
    assert!(
        complaints.is_empty(),
        "{} of {} cases went wrong:\n{}",
        complaints.len(),
        cases.len(),
        complaints.join("\n")
    );
}

#[test]
fn every_rule_has_hits_and_near_misses() {
    let cases = all();
    let found: BTreeSet<&str> = cases.iter().map(|filed| filed.rule.as_str()).collect();
    assert_eq!(found, BTreeSet::from(RULES), "the folders of the corpus are the rules");
    for rule in RULES {
        let of_rule: Vec<&Filed> = cases.iter().filter(|filed| filed.rule == rule).collect();
        let is_hit = |filed: &&&Filed| filed.case.expected().1.iter().any(|sighting| sighting.rule == rule);
        let hits = of_rule.iter().filter(is_hit).count();
        let misses = of_rule.len() - hits;
        assert!(
            of_rule.len() >= CASES_MIN && hits >= OF_A_KIND_MIN && misses >= OF_A_KIND_MIN,
            "{rule} has {hits} hits and {misses} near misses"
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
        .flat_map(|filed| filed.case.expected().1)
        .filter_map(|sighting| language(&sighting.path?))
        .collect();
    assert!(seen.len() >= LANGUAGES_MIN, "only {seen:?}");
}
