//! Entries and their stored form: what fits, what is refused, and the frozen vectors of version 1.

use std::path::Path;

use super::v1::document::OpinionDocument;
use super::*;
use crate::opinion::{Absence, Finding, Location, Opinion, Severity, Side, Vote};
use crate::pattern::PathPattern;
use crate::testing::{TestLog, sample_case, sample_subject};
use crate::verdict::{Excuse, Heard, Mode, Rule, RuleSetting, Terms, Waiver, decide};

mod golden;

const SALT: Salt = Salt::from_bytes([5; 32]);

fn finding(rule: &str, severity: Severity, path: Option<&str>) -> Finding {
    let location = path.map(|path| Location {
        side: Side::Head,
        path: path.to_owned(),
        start_line: 1,
        end_line: 2,
    });
    Finding {
        rule: rule.to_owned(),
        severity,
        message: "Seen.".to_owned(),
        location,
        suggestion: None,
    }
}

fn rejects(findings: Vec<Finding>) -> Opinion {
    Opinion {
        vote: Vote::Reject,
        findings,
        rationale: "Because.".to_owned(),
    }
}

fn patterns(texts: &[&str]) -> Vec<PathPattern> {
    texts.iter().map(|text| PathPattern::parse(text).unwrap()).collect()
}

/// A case in which nothing is left at its simplest.
fn full_case() -> Case {
    let mut case = sample_case();
    case.rule = Rule::Weighted { threshold_percent: 60 };
    case.quorum = 3;
    case.policy.source = PolicySource::Base {
        path: ".assize/policy.toml".to_owned(),
    };
    case.seats[3].component.version = None;
    case.seats[1].seat.weight = 40;
    case.settings = vec![SettingTerms {
        setting: RuleSetting {
            rule: "technical/placeholder".to_owned(),
            mode: Mode::Warn,
            paths: patterns(&["docs/**", "**/*.md"]),
        },
        parameters: vec![("max_kib".to_owned(), 1024)],
    }];
    case.waivers = vec![Waiver {
        id: "WV-0001".to_owned(),
        rule: "quality/tests-missing".to_owned(),
        paths: patterns(&["src/é/*"]),
    }];
    case.documents = vec![Document {
        name: "tests.xml".to_owned(),
        stored: Stored::of(b"report"),
    }];
    case
}

fn full_opinions() -> [Heard; 4] {
    let technical = rejects(vec![
        finding("technical/placeholder", Severity::Error, Some("docs/a.md")),
        finding("technical/secret", Severity::Critical, Some("src/a.rs")),
        finding("technical/large-file", Severity::Warning, None),
    ]);
    let quality = rejects(vec![
        finding("quality/tests-missing", Severity::Error, Some("src/é/b.rs")),
        finding("quality/tests-missing", Severity::Error, Some(&"long/".repeat(400))),
        finding("quality/test-removed", Severity::Error, None),
    ]);
    let approve = Opinion {
        vote: Vote::Approve,
        findings: vec![],
        rationale: "Fine.".to_owned(),
    };
    [Ok(approve), Ok(technical), Ok(quality), Err(Absence::FuelExhausted)]
}

/// The case, four opinions and the verdict.
fn heard_entries() -> (TestLog, Vec<SignedEntry>) {
    let mut log = TestLog::start(1, 2, 3, &[]);
    let entries = log.hear(1, &full_case(), &full_opinions());
    (log, entries)
}

/// One entry of every kind at least: those that were heard, and a person's override of the verdict.
fn full_entries() -> (TestLog, Vec<SignedEntry>) {
    let (mut log, mut entries) = heard_entries();
    let overruled = log.overrule(&entries[5]);
    entries.push(overruled);
    (log, entries)
}

#[test]
fn every_kind_reads_back() {
    let (log, entries) = full_entries();
    assert_eq!(entries.len(), 7);
    for entry in &entries {
        let read = SignedEntry::parse(entry.line()).unwrap();
        assert_eq!(&read, entry);
        assert_eq!(read.verify(&log.council.public()), Ok(()));
        assert_eq!(
            read.verify(&log.signer.public()),
            Err(EntryError::OtherKey(log.council.public().id()))
        );
        let payload = crate::signature::jws::verify_compact(&read.compact_jws(), &log.council.public()).unwrap();
        assert_eq!(payload, read.payload());
        let decides = ["verdict", "override"].contains(&read.entry().content.kind());
        assert_eq!(read.dsse_envelope(&log.council.public()).is_some(), decides);
    }
}

/// Flips every third byte of every line: what still reads does not verify.
#[test]
fn what_is_to_be_signed_has_one_spelling() {
    let (_, entries) = full_entries();
    for entry in &entries {
        let payload = entry.payload();
        assert_eq!(Entry::parse_unsigned(payload).as_ref(), Ok(entry.entry()));
        let text = std::str::from_utf8(payload).unwrap();
        for other in [
            String::new(),
            format!("{text}\n"),
            format!(" {text}"),
            text.replacen("\"_type\":", "\"_type\": ", 1),
            text.replacen("urn:x-assize:v1:", "urn:x-assize:v2:", 1),
            text.replacen("\"log\":", "\"extra\":1,\"log\":", 1),
            String::from_utf8(entry.line().to_vec()).unwrap(),
        ] {
            assert!(
                matches!(Entry::parse_unsigned(other.as_bytes()), Err(EntryError::Form(_))),
                "{other}"
            );
        }
    }
    let large = vec![b'['; LINE_BYTES_MAX + 1];
    assert_eq!(Entry::parse_unsigned(&large), Err(EntryError::TooLarge(large.len())));
}

#[test]
fn no_changed_line_verifies() {
    let (log, entries) = full_entries();
    for entry in entries {
        for position in (0..entry.line().len()).step_by(3) {
            let mut line = entry.line().to_vec();
            line[position] ^= 1;
            let verified = SignedEntry::parse(&line).and_then(|entry| entry.verify(&log.council.public()));
            assert!(verified.is_err(), "{} at {position}", String::from_utf8_lossy(&line));
        }
    }
}

#[test]
fn fields_are_neither_added_nor_left_out() {
    let (_, entries) = full_entries();
    for entry in entries {
        let line: serde_json::Value = serde_json::from_slice(entry.line()).unwrap();
        let mut pointers = vec![String::new()];
        let mut changed = 0;
        while let Some(pointer) = pointers.pop() {
            let here = line.pointer(&pointer).unwrap();
            let Some(members) = here.as_object() else { continue };
            for (name, value) in members {
                if value.is_object() {
                    pointers.push(format!("{pointer}/{name}"));
                }
                let mut without = line.clone();
                without
                    .pointer_mut(&pointer)
                    .unwrap()
                    .as_object_mut()
                    .unwrap()
                    .remove(name);
                // What may be absent is another entry, which the signature does not cover; most must be there.
                let read = SignedEntry::parse(&crate::canonical::to_bytes(&without).unwrap());
                assert!(
                    read.is_err() || ["version", "excuse", "effective", "base"].contains(&name.as_str()),
                    "{name}"
                );
                let mut null = line.clone();
                null.pointer_mut(&pointer).unwrap()[name] = serde_json::Value::Null;
                assert!(
                    SignedEntry::parse(&crate::canonical::to_bytes(&null).unwrap()).is_err(),
                    "{name}"
                );
                changed += 1;
            }
            let mut more = line.clone();
            more.pointer_mut(&pointer).unwrap()["unknown"] = 1.into();
            assert!(
                SignedEntry::parse(&crate::canonical::to_bytes(&more).unwrap()).is_err(),
                "{pointer}"
            );
        }
        assert!(changed >= 18, "{changed}");
    }
}

#[test]
fn exactly_what_decides_carries_two_signatures() {
    let (_, entries) = full_entries();
    let dsse = |line: &str| line[line.find("\"dsse\":").unwrap()..line.find("\"jws\":").unwrap()].to_owned();
    let verdict = String::from_utf8(entries[5].line().to_vec()).unwrap();
    for entry in &entries[5..] {
        let line = String::from_utf8(entry.line().to_vec()).unwrap();
        let without = line.replace(&dsse(&line), "");
        assert_eq!(SignedEntry::parse(without.as_bytes()), Err(EntryError::Dsse));
    }
    let case = String::from_utf8(entries[0].line().to_vec()).unwrap();
    let with = case.replace("\"jws\":", &format!("{}\"jws\":", dsse(&verdict)));
    assert_eq!(SignedEntry::parse(with.as_bytes()), Err(EntryError::Dsse));
}

fn prepare(content: Content) -> Result<UnsignedEntry, EntryError> {
    let log = TestLog::start(1, 2, 3, &[]);
    let actor = Actor {
        kind: ActorKind::Host,
        name: "assize".to_owned(),
    };
    let time = Time::from_unix_seconds(0).unwrap();
    let entry = Entry {
        log: log.state.log(),
        time,
        actor,
        subject: sample_subject(1, &sample_case()),
        content,
    };
    entry.prepare(&log.council.public())
}

#[test]
fn what_is_too_large_has_an_error_with_a_name() {
    let mut case = full_case();
    case.settings = vec![case.settings[0].clone(); 1000];
    assert!(matches!(
        prepare(Content::Case(Box::new(case))),
        Err(EntryError::TooLarge(_))
    ));
    for change in [
        (|case| case.council = String::new()) as fn(&mut Case),
        |case| case.council = "x".repeat(257),
        |case| case.diff_profile = "two\nlines".to_owned(),
        |case| case.manifest.bytes = 1 << 53,
    ] {
        let mut case = full_case();
        change(&mut case);
        assert!(matches!(
            prepare(Content::Case(Box::new(case))),
            Err(EntryError::Form(_))
        ));
    }
}

#[test]
fn a_reason_is_text_that_says_something() {
    for text in [
        "x",
        "One.\nTwo.\n",
        "  naïve \\ \"quoted\" 🙂",
        &"r".repeat(REASON_BYTES_MAX),
    ] {
        assert_eq!(Reason::new(text).map(|reason| reason.to_string()), Ok(text.to_owned()));
    }
    for text in [
        "",
        " \n ",
        "bell\u{7}",
        "tab\t",
        "back\r",
        "\u{1b}[2J",
        "turned\u{202e}",
        "\u{2028}",
        "\u{85}",
    ] {
        assert_eq!(Reason::new(text), Err(ReasonError), "{text:?}");
    }
    assert_eq!(Reason::new("r".repeat(REASON_BYTES_MAX + 1)), Err(ReasonError));
}

/// A line is refused that says something else than an approval, or gives no fit reason.
#[test]
fn an_override_approves_and_says_why() {
    let (_, entries) = full_entries();
    let line: serde_json::Value = serde_json::from_slice(entries[6].line()).unwrap();
    let with = |field: &str, value: &str| {
        let mut other = line.clone();
        *other.pointer_mut(&format!("/payload/predicate/{field}")).unwrap() = value.into();
        SignedEntry::parse(&crate::canonical::to_bytes(&other).unwrap())
    };
    assert!(with("outcome", "approved").is_ok());
    for (field, value) in [
        ("outcome", "rejected"),
        ("outcome", "undecided"),
        ("reason", ""),
        ("reason", "\u{1b}[2J"),
        ("reason", &"r".repeat(REASON_BYTES_MAX + 1)),
        ("council", ""),
        ("shown", "00"),
    ] {
        assert!(
            matches!(with(field, value), Err(EntryError::Form(_))),
            "{field}: {value}"
        );
    }
}

/// The largest lawful opinions there are: every one fits its line.
#[test]
fn every_lawful_opinion_fits() {
    let terms = full_case().terms();
    for path in [
        "a".to_owned(),
        "\\".repeat(1024),
        "\"".repeat(1024),
        "é".repeat(2048),
        "\u{7f}".to_owned(),
    ] {
        for severity in [Severity::Note, Severity::Error, Severity::Critical] {
            let rule = format!("j/{}", "r".repeat(62));
            let one = |number: usize| finding(&rule, severity, Some(&format!("{path}{}", number % 10)));
            let opinion = rejects(
                (0..if path.len() == 1 && severity == Severity::Error {
                    10_000
                } else {
                    200
                })
                    .map(one)
                    .collect(),
            );
            let document = OpinionDocument {
                case: Digest::of(b""),
                judge: "j".repeat(64),
                component: Digest::of(b""),
                opinion: opinion.clone(),
            };
            let bytes = document.to_salted(&SALT).unwrap();
            assert_eq!(OpinionDocument::parse_salted(&bytes), Ok((SALT, document)));
            let spoken = Spoken::of(&opinion, &terms, &SALT, Stored::of(&bytes));
            assert!(spoken.is_coherent(&terms));
            assert!(
                severity == Severity::Note || spoken.listed.len() > 20,
                "{}",
                spoken.listed.len()
            );
            let record = OpinionRecord {
                previous: EntryId::of_line(b""),
                judge: "j".repeat(TEXT_BYTES_MAX),
                component: Digest::of(b""),
                engine_profile: "\"".repeat(TEXT_BYTES_MAX),
                answer: Answer::Spoken(Box::new(spoken)),
                transcript: Transcript {
                    digest: Digest::of(b""),
                    host_calls: crate::canonical::INTEGER_MAX,
                },
                fuel: crate::canonical::INTEGER_MAX,
            };
            let prepared = prepare(Content::Opinion(Box::new(record)));
            assert!(prepared.is_ok(), "{:?}", prepared.err());
        }
    }
}

#[test]
fn what_weighs_most_is_listed_first() {
    let terms = full_case().terms();
    let Ok(opinion) = full_opinions()[1].clone() else {
        unreachable!()
    };
    let spoken = Spoken::of(&opinion, &terms, &SALT, Stored::of(b""));
    let listed: Vec<_> = spoken
        .listed
        .iter()
        .map(|listed| (listed.rule.as_str(), listed.excuse.clone()))
        .collect();
    assert_eq!(
        listed,
        [
            ("technical/secret", None),
            ("technical/placeholder", Some(Excuse::Warn))
        ]
    );
    assert_eq!(spoken.amounts.blocking(), 2);
    assert_eq!(spoken.amounts.warning.all, 1);
}

/// Counting what an entry lists gives the verdict of the whole opinion, or says that it cannot.
#[test]
fn a_summary_counts_like_its_opinion() {
    let one = |number: u32| match number % 6 {
        0 => finding("quality/tests-missing", Severity::Error, Some("src/é/x")),
        1 => finding("quality/tests-missing", Severity::Critical, Some("src/é/x")),
        2 => finding("technical/secret", Severity::Critical, Some("src/x")),
        3 => finding("technical/secret", Severity::Error, None),
        4 => finding("technical/placeholder", Severity::Warning, Some("docs/x")),
        _ => finding("technical/placeholder", Severity::Error, Some("docs/x")),
    };
    let terms: Terms = full_case().terms();
    let (mut counted, mut open) = (0, 0);
    for mask in 0..64_u32 {
        for copies in [1, 120] {
            let findings: Vec<Finding> = (0..6)
                .filter(|bit| mask >> bit & 1 == 1)
                .flat_map(|bit| vec![one(bit); copies])
                .collect();
            for vote in [Vote::Approve, Vote::Reject, Vote::Abstain] {
                let opinion = Opinion {
                    vote,
                    findings: findings.clone(),
                    rationale: String::new(),
                };
                let spoken = Spoken::of(&opinion, &terms, &SALT, Stored::of(b""));
                assert!(spoken.is_coherent(&terms));
                let verdict = |heard: Heard| {
                    let verdict = decide(&terms, &[("technical".to_owned(), heard)]).unwrap();
                    (verdict.outcome, verdict.ground, verdict.tally)
                };
                match spoken.countable(&terms) {
                    Countable::Heard(heard) => {
                        assert_eq!(verdict(heard), verdict(Ok(opinion)));
                        counted += 1;
                    }
                    Countable::NeedsDocument => open += 1,
                }
            }
        }
    }
    assert!(counted > 250 && open > 10, "{counted} counted, {open} open");
}

#[test]
fn summaries_that_cannot_be_true_are_told() {
    let terms = full_case().terms();
    let opinion = rejects(vec![
        finding("technical/secret", Severity::Critical, Some("src/a")),
        finding("technical/secret", Severity::Error, Some("src/b")),
        finding("technical/placeholder", Severity::Error, Some("docs/c")),
    ]);
    let whole = Spoken::of(&opinion, &terms, &SALT, Stored::of(b""));
    assert!(whole.is_coherent(&terms));
    for change in [
        (|spoken| spoken.listed.swap(0, 1)) as fn(&mut Spoken),
        |spoken| spoken.listed[2].excuse = None,
        |spoken| spoken.listed[0].excuse = Some(Excuse::Off),
        |spoken| spoken.amounts.critical.all = 0,
        |spoken| spoken.amounts.error.excused = 3,
        |spoken| spoken.amounts.note.excused = 1,
        |spoken| drop(spoken.listed.remove(0)),
        |spoken| drop(spoken.listed.remove(1)),
    ] {
        let mut bent = whole.clone();
        change(&mut bent);
        assert!(!bent.is_coherent(&terms), "{bent:?}");
    }
}

/// The signatures are not under any signature, so their spelling is held by the readers of base64 alone.
#[test]
fn a_signature_has_one_spelling_in_its_line() {
    let (_, entries) = full_entries();
    let verdict = String::from_utf8(entries[5].line().to_vec()).unwrap();
    let field = |name: &str| {
        let start = verdict.find(&format!("\"{name}\":\"")).unwrap() + name.len() + 4;
        verdict[start..start + verdict[start..].find('"').unwrap()].to_owned()
    };
    let next = |text: &str| {
        // Of the last character only some bits count; the next one in the alphabet changes bits that do not.
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let last = text.trim_end_matches('=').chars().last().unwrap();
        let other = alphabet
            .chars()
            .cycle()
            .skip_while(|sign| *sign != last)
            .nth(1)
            .unwrap();
        let body = text.trim_end_matches('=');
        format!("{}{other}{}", &body[..body.len() - 1], &text[body.len()..])
    };
    for name in ["dsse", "jws", "kid"] {
        let text = field(name);
        for other in [
            next(&text),
            format!("{text}="),
            text.trim_end_matches('=').to_owned() + "A",
            text.replace('=', ""),
        ] {
            let line = verdict.replacen(&text, &other, 1);
            assert!(
                other == text || SignedEntry::parse(line.as_bytes()).is_err(),
                "{name}: {other}"
            );
        }
    }
}
