//! Judges in every language.

use std::sync::{Arc, OnceLock};

use assize::case::{Case, RangeKind};
use assize::council::Brief;
use assize::outcome::Outcome;
use assize::policy::Policy;
use assize::policy::grant::{Grants, Request};
use assize::policy::permission::Permission;
use assize::sandbox::{Account, Allocation, Judge, Sandbox};
use assize_provenance::opinion::{Absence, Opinion, Vote};
use assize_tests::bed::{Bed, Edit};
use assize_tests::{languages, room};
use serde_json::{Value, json};

use super::{answer, asking, denied, is_limited_by};

/// The rules of the judge are its own.
const NAME: &str = "long-lines";

/// How often a judge hears the same case.
const HEARINGS: usize = 5;

/// Every function that a judge may call, with arguments to which there is an answer.
fn calls() -> [(&'static str, Value); 6] {
    [
        ("evidence.changes", json!({ "from": 0 })),
        ("evidence.hunks", json!({ "path": "src/wide.txt", "from": 0 })),
        (
            "evidence.read",
            json!({ "side": "head", "path": "src/wide.txt", "offset": 2, "length": 300 }),
        ),
        ("evidence.list", json!({ "side": "base", "path": "src", "from": 0 })),
        (
            "evidence.search",
            json!({ "side": "head", "literals": ["needle", "näh"], "max": 10 }),
        ),
        (
            "evidence.document",
            json!({ "name": "notes", "offset": 0, "length": 4096 }),
        ),
    ]
}

#[test]
fn every_function_of_judges_has_its_call() {
    let mut calls: Vec<&str> = calls().iter().map(|(call, _)| *call).collect();
    let of_judges = Permission::ALL.iter().map(|permission| permission.name());
    let mut of_judges: Vec<&str> = of_judges.filter(|name| name.starts_with("evidence.")).collect();
    calls.sort_unstable();
    of_judges.sort_unstable();
    assert_eq!(calls, of_judges);
}

/// A sandbox with the judges that are built; they are compiled once.
fn seated() -> &'static (Sandbox, Vec<(&'static str, Judge)>) {
    static SEATED: OnceLock<(Sandbox, Vec<(&'static str, Judge)>)> = OnceLock::new();
    SEATED.get_or_init(|| {
        let sandbox = room::sandbox(Allocation::OnDemand);
        let load = |(language, component): (&'static str, Vec<u8>)| {
            let loaded = sandbox.load(&component).expect("the machine holds");
            let judge = loaded.unwrap_or_else(|unusable| panic!("the judge in {language}: {unusable}"));
            (language, judge)
        };
        let judges = languages::guests("judge").into_iter().map(load).collect();
        (sandbox, judges)
    })
}

/// A case with something of everything, and who hears it.
struct Hall {
    bed: Bed,
    case: Arc<Case>,
}

impl Hall {
    fn open() -> Self {
        let bed = Bed::new("/nowhere");
        let base = bed.commit(
            "Begin",
            &[
                Edit::Write("src/wide.txt", b"first\nsecond\n"),
                Edit::Write("src/gone.txt", b"gone\n"),
                Edit::Write("src/moved.txt", b"this text\nis moved\nand is the same\n"),
            ],
        );
        let wide = format!("first\n{}\r\n{}\nneedle and näh\n", "ü".repeat(121), "𝒂".repeat(120));
        let head = bed.commit(
            "Go on",
            &[
                Edit::Write("src/wide.txt", wide.as_bytes()),
                Edit::Remove("src/gone.txt"),
                Edit::Remove("src/moved.txt"),
                Edit::Write("docs/moved.txt", b"this text\nis moved\nand is the same\n"),
                Edit::Write("docs/picture", b"\0\x01\x02"),
                Edit::Write("docs/long.md", "x".repeat(200).as_bytes()),
                Edit::WriteExecutable("run", b"#!/bin/sh\n"),
                Edit::Link("docs/link", "long.md"),
            ],
        );
        let (case, _) = room::between(&bed, base, head, RangeKind::FirstParent);
        Self { bed, case }
    }

    fn hear(&self, judge: &Judge, role: &str, message: &str) -> Account<Opinion> {
        let policy = policy(role);
        let request = Request {
            plugin: NAME,
            requires: &judge.description().requires,
            wants: &judge.description().wants,
            imports: judge.imports(),
        };
        let grants = Grants::resolve(&policy, "judge", request).unwrap_or_else(|error| panic!("{error}"));
        let brief = Brief {
            rules_under: NAME.to_owned(),
            messages: vec![message.to_owned()],
            ..room::brief(&self.case)
        };
        let evidence = room::evidence(&self.bed, &self.case);
        seated()
            .0
            .hear(judge, &brief, evidence, grants)
            .expect("the host holds")
    }

    /// What a judge answers to a request for one call.
    fn ask(&self, judge: &Judge, role: &str, call: &str, arguments: &Value, times: u64) -> Value {
        let opinion = opinion(self.hear(judge, role, &asking(call, arguments, times)), call);
        answer(&opinion.rationale, call)
    }
}

fn policy(role: &str) -> Policy {
    let text = format!(
        "version = 1\n[roles.judge]\n{role}\n[judges.guest]\nplugin = \"judges/guest.wasm\"\nrole = \"judge\"\n\
         [councils.default]\njudges = [\"guest\"]\n"
    );
    Policy::parse("test.toml", &text).unwrap_or_else(|problems| panic!("{problems:#?}\n{text}"))
}

fn opinion(account: Account<Opinion>, what: &str) -> Opinion {
    match account.outcome {
        Outcome::Finished(opinion) => opinion,
        Outcome::Ended(absence, detail) => panic!("{what}: {absence:?}, {detail}"),
    }
}

#[test]
fn judges_of_all_languages_come_to_one_opinion() {
    let hall = Hall::open();
    for (language, judge) in &seated().1 {
        assert_eq!(judge.description().name, NAME, "in {language}");
        let given = opinion(hall.hear(judge, "allow = [\"evidence.*\"]", "Go on"), language);
        let places: Vec<(&str, u32, &str)> = given
            .findings
            .iter()
            .map(|finding| {
                let place = finding.location.as_ref().expect("a place");
                (place.path.as_str(), place.start_line, finding.message.as_str())
            })
            .collect();
        assert_eq!(
            places,
            [
                ("docs/long.md", 1, "The line has 200 characters; 120 are enough."),
                ("src/wide.txt", 2, "The line has 121 characters; 120 are enough."),
            ],
            "in {language}"
        );
        let why = "Looked at 7 changed files and found 2 lines that are too long.";
        assert_eq!(
            (given.vote, given.rationale.as_str()),
            (Vote::Approve, why),
            "in {language}"
        );

        let blind = opinion(hall.hear(judge, "allow = []", "Go on"), language);
        let why = "Looked at 0 changed files and found 0 lines that are too long. \
                   The list of changes could not be read to its end.";
        assert_eq!(
            (blind.vote, blind.rationale.as_str()),
            (Vote::Abstain, why),
            "in {language}"
        );
    }
}

/// The runtimes of languages ask for clocks and randomness; what they get is the same each time.
#[test]
fn a_judge_of_any_language_says_the_same_each_time() {
    let hall = Hall::open();
    for (language, judge) in &seated().1 {
        let accounts = (0..HEARINGS).map(|_| hall.hear(judge, "allow = [\"*\"]", "Go on"));
        let told: Vec<(Opinion, String, u64)> = accounts
            .map(|account| {
                let (transcript, fuel) = (account.transcript.to_string(), account.fuel_spent);
                (opinion(account, language), transcript, fuel)
            })
            .collect();
        assert!(
            told.windows(2).all(|pair| pair[0] == pair[1]),
            "in {language}: {told:#?}"
        );
    }
}

#[test]
fn what_is_granted_answers_alike_in_every_language() {
    let hall = Hall::open();
    for (call, arguments) in calls() {
        let role = format!("allow = [\"{call}\"]");
        let mut answers = Vec::new();
        for (language, judge) in &seated().1 {
            let answer = hall.ask(judge, &role, call, &arguments, 1);
            assert!(
                answer.get("ok").is_some_and(|value| !value.is_null()),
                "{call} in {language}: {answer}"
            );
            answers.push(answer);
        }
        assert!(
            answers.windows(2).all(|pair| pair[0] == pair[1]),
            "{call}: {answers:#?}"
        );
    }
    for (language, judge) in &seated().1 {
        let message = asking("log.write", &json!({ "level": "warn", "message": "Sträwberry" }), 1);
        let account = hall.hear(judge, "allow = []", &message);
        let lines: Vec<&str> = account.log.iter().map(|line| line.message.as_str()).collect();
        assert_eq!((lines, account.log_dropped), (vec!["Sträwberry"], 0), "in {language}");
    }
}

#[test]
fn what_is_not_granted_is_denied_by_name_in_every_language() {
    let hall = Hall::open();
    for (call, arguments) in calls() {
        for (language, judge) in &seated().1 {
            let role = format!("allow = [\"*\"]\ndeny = [\"{call}\"]");
            let answer = hall.ask(judge, &role, call, &arguments, 1);
            assert_eq!(denied(&answer), (call, true), "{call} in {language}: {answer}");
        }
    }
}

#[test]
fn what_goes_beyond_a_limit_is_refused_in_every_language() {
    let hall = Hall::open();
    for (language, judge) in &seated().1 {
        for (call, arguments) in calls() {
            let bytes =
                "allow = [\"*\"]\n[roles.judge.limits]\nevidence_mib = 1\nhost_calls = 10000000\nwall_seconds = 300\n";
            let answer = hall.ask(judge, bytes, call, &arguments, 1_000_000);
            assert!(is_limited_by(&answer, "evidence_mib"), "{call} in {language}: {answer}");

            let few = "allow = [\"*\"]\n[roles.judge.limits]\nhost_calls = 1000\n";
            let account = hall.hear(judge, few, &asking(call, &arguments, 1_000_000));
            let ended = match account.outcome {
                Outcome::Ended(absence, _) => absence,
                Outcome::Finished(opinion) => panic!("{call} in {language}: {opinion:?}"),
            };
            assert_eq!(ended, Absence::HostLimit, "{call} in {language}");
        }
    }
}
