//! Sound logs are proved, and every way to bend one is found and named.

use super::*;
use crate::commit::Citation;
use crate::entry::v1::document::OpinionDocument;
use crate::entry::{Case, Content, SignedEntry};
use crate::key::Role;
use crate::opinion::{Absence, Finding, Location, Opinion, Severity, Side, Vote};
use crate::report::Overall;
use crate::testing::{MemoryRepository, SigningPair, TestLog, sample_case, sample_subject};
use crate::verdict::{Heard, Mode, Outcome, RuleSetting};

mod bent;
mod overruled;
mod people;
mod stock_git;
mod tampered;
mod trusted;
mod witnessed;

fn finding(rule: &str, severity: Severity, path: &str) -> Finding {
    let location = Location {
        side: Side::Head,
        path: path.to_owned(),
        start_line: 3,
        end_line: 4,
    };
    Finding {
        rule: rule.to_owned(),
        severity,
        message: format!("Seen in {path}."),
        location: Some(location),
        suggestion: None,
    }
}

fn says(vote: Vote, findings: Vec<Finding>) -> Heard {
    Ok(Opinion {
        vote,
        findings,
        rationale: "Because.".to_owned(),
    })
}

fn approve() -> Heard {
    says(Vote::Approve, vec![])
}

fn reject() -> Heard {
    says(
        Vote::Reject,
        vec![finding("technical/placeholder", Severity::Error, "src/a.rs")],
    )
}

/// A log of three batches: an approved case, a rejected one over two batches, an undecided one.
fn sound() -> TestLog {
    let mut log = TestLog::start(1, 2, 3, &[]);
    let approved = log.hear(1, &sample_case(), &[approve(), approve(), approve(), approve()]);
    log.record(&approved);
    let rejected = log.hear(2, &sample_case(), &[approve(), reject(), approve(), approve()]);
    log.record(&rejected[..3]);
    let mut rest = rejected[3..].to_vec();
    rest.extend(log.hear(
        3,
        &sample_case(),
        &[approve(), Err(Absence::TimedOut), approve(), approve()],
    ));
    log.record(&rest);
    log
}

fn report(log: &TestLog) -> Report {
    verify(&log.repository, &log.keys(), &Remembered::nothing()).unwrap()
}

/// Returns the codes of all faults, in the order of the report.
fn codes(report: &Report) -> Vec<&'static str> {
    let mut codes = Vec::new();
    for (_, standing) in report.logs.iter().flat_map(|log| &log.claims) {
        if let Standing::Refuted(faults) = standing {
            codes.extend(faults.iter().map(|fault| fault.code.code()));
        }
    }
    codes
}

fn standing(report: &Report, claim: Claim) -> &'static str {
    report.logs[0].standing(claim).unwrap().word()
}

#[test]
fn a_sound_log_is_proved() {
    let log = sound();
    let report = report(&log);
    assert_eq!(report.overall(), Overall::Proved, "{report:#?}");
    let checked = &report.logs[0];
    assert_eq!((checked.size, checked.root, checked.commits), (18, log.state.root(), 3));
    assert_eq!(standing(&report, Claim::Completeness), "proved");
    assert_eq!(standing(&report, Claim::Freshness), "not checkable");
    assert_eq!(standing(&report, Claim::Replay), "not checkable");
    let decided: Vec<_> = report
        .decided()
        .map(|(_, decided)| (decided.subject, decided.outcome))
        .collect();
    let expected = [(1, Outcome::Approved), (2, Outcome::Rejected), (3, Outcome::Undecided)];
    assert_eq!(
        decided,
        expected.map(|(number, outcome)| (sample_subject(number, &sample_case()), outcome))
    );
}

#[test]
fn every_prefix_of_a_log_is_a_sound_log() {
    let mut log = TestLog::start(1, 2, 3, &[]);
    for number in 0..12 {
        let entries = log.hear(number, &sample_case(), &[approve(), approve(), approve(), approve()]);
        log.record(&entries);
        assert_eq!(report(&log).overall(), Overall::Proved);
    }
}

#[test]
fn a_long_log_is_read_once() {
    let mut log = TestLog::start(1, 2, 3, &[]);
    let mut case = sample_case();
    case.seats.truncate(1);
    case.quorum = 1;
    for number in 0..200_u8 {
        let entries = log.hear(number, &case, &[approve()]);
        log.record(&entries);
    }
    log.repository.reads.set(0);
    assert_eq!(report(&log).overall(), Overall::Proved);
    // A commit is read twice, what is new in its tree once or twice, and a document once.
    assert!(
        log.repository.reads.get() < 200 * 24,
        "{} reads",
        log.repository.reads.get()
    );
}

#[test]
fn nothing_is_proved_of_nothing() {
    let report = verify(&MemoryRepository::default(), &sound().keys(), &Remembered::nothing()).unwrap();
    assert_eq!(report.overall(), Overall::NotCheckable);
    assert_eq!(report.overall().exit_code(), 3);
}

#[test]
fn under_unknown_keys_only_integrity_is_settled() {
    let log = sound();
    for (council, signer) in [(true, false), (false, true), (false, false)] {
        let mut keys = TrustedKeys::new();
        if council {
            keys.trust(Role::Council, log.council.public());
        }
        if signer {
            keys.trust(Role::Log, log.signer.public());
        }
        let report = verify(&log.repository, &keys, &Remembered::nothing()).unwrap();
        assert_eq!(report.overall(), Overall::NotCheckable);
        assert_eq!(standing(&report, Claim::Authenticity), "not checkable");
        assert_eq!(standing(&report, Claim::Integrity), "proved");
        assert_eq!(
            report.decided().count(),
            0,
            "nobody may rely on a log whose keys are unknown"
        );
    }
    let mut swapped = TrustedKeys::new();
    swapped.trust(Role::Log, log.council.public());
    swapped.trust(Role::Council, log.signer.public());
    let report = verify(&log.repository, &swapped, &Remembered::nothing()).unwrap();
    assert_eq!(
        report.overall(),
        Overall::NotCheckable,
        "a key is believed in its role only"
    );
}

#[test]
fn a_log_without_verdict_is_not_checkable() {
    let mut log = TestLog::start(1, 2, 3, &[]);
    let entries = log.hear(1, &sample_case(), &[approve(), approve()]);
    log.record(&entries);
    let report = report(&log);
    assert_eq!(report.overall(), Overall::NotCheckable);
    for claim in [Claim::Quorum, Claim::Verdict, Claim::Completeness] {
        assert_eq!(standing(&report, claim), "not checkable");
    }
}

#[test]
fn memory_notices_a_log_that_goes_back() {
    let log = sound();
    let seen = Seen {
        size: log.state.size(),
        root: log.state.root(),
        here: true,
    };
    let with = |log: &TestLog, seen: Seen| {
        let mut remembered = Remembered::nothing();
        remembered.remember(log.state.log(), seen);
        verify(&log.repository, &log.keys(), &remembered).unwrap()
    };
    let fresh = with(&log, seen);
    assert_eq!(
        (fresh.overall(), standing(&fresh, Claim::Freshness)),
        (Overall::Proved, "proved")
    );
    let mut grown = log.clone();
    let more = grown.hear(9, &sample_case(), &[approve(), approve(), approve(), approve()]);
    grown.record(&more);
    assert_eq!(with(&grown, seen).overall(), Overall::Proved);
    let larger = Seen {
        size: grown.state.size(),
        root: grown.state.root(),
        here: true,
    };
    assert_eq!(codes(&with(&log, larger)), ["log-shrunk"]);
    let other = Seen {
        root: Digest::of(b"another past"),
        ..seen
    };
    assert_eq!(codes(&with(&grown, other)), ["log-forked"]);
    let mut gone = log;
    gone.repository.refs.clear();
    assert_eq!(codes(&with(&gone, seen)), ["log-missing"]);
    assert_eq!(
        with(&gone, Seen { here: false, ..seen }).overall(),
        Overall::NotCheckable
    );
}

#[test]
fn logs_speak_for_each_other() {
    let first = sound();
    let cite = Citation {
        log: first.state.log(),
        size: 6,
        root: first.state.root(),
    };
    let mut second = TestLog::start(1, 4, 5, &[cite]);
    let entries = second.hear(7, &sample_case(), &[approve(), approve(), approve(), approve()]);
    second.record(&entries);
    let alone = verify(&second.repository, &second.keys(), &Remembered::nothing()).unwrap();
    assert_eq!(
        (alone.overall(), standing(&alone, Claim::Completeness)),
        (Overall::Proved, "not checkable")
    );
    let mut both = second.clone();
    both.repository.objects.extend(first.repository.objects.clone());
    both.repository.refs.extend(first.repository.refs.clone());
    let mut keys = first.keys();
    keys.extend(second.keys());
    let report = verify(&both.repository, &keys, &Remembered::nothing()).unwrap();
    assert_eq!(
        codes(&report),
        ["log-forked"],
        "the citation has the root of another size"
    );
}

#[test]
fn a_ref_that_is_no_log_is_named() {
    let mut log = sound();
    let tip = log.state.tip().unwrap();
    log.repository.refs.insert(format!("{LOG_REF_PREFIX}main"), tip);
    assert_eq!(codes(&report(&log)), ["ref-name"]);
    log.repository.refs.remove(&format!("{LOG_REF_PREFIX}main"));
    log.repository
        .refs
        .insert(format!("{LOG_REF_PREFIX}{}", "0".repeat(32)), tip);
    let codes = codes(&report(&log));
    assert!(codes.contains(&"log-name"), "{codes:?}");
}

#[test]
fn evidence_is_completeness() {
    let log = sound();
    let mut without = log.clone();
    without.repository.refs.remove(&log.state.log().evidence_ref());
    let report_without = report(&without);
    assert_eq!(report_without.overall(), Overall::Proved, "{report_without:#?}");
    assert_eq!(standing(&report_without, Claim::Completeness), "not checkable");
    let document = log
        .repository
        .objects
        .iter()
        .find(|(_, object)| OpinionDocument::parse_salted(&object.bytes).is_ok());
    let document = *document.unwrap().0;
    let mut rotten = log.clone();
    rotten.repository.objects.get_mut(&document).unwrap().bytes[20] ^= 1;
    assert!(codes(&report(&rotten)).iter().all(|code| *code == "evidence-mismatch"));
    assert_eq!(report(&rotten).overall(), Overall::Refuted);
}

/// A mark on the evidence is nobody's word but its keeper's: it explains what is missing, and proves nothing.
#[test]
fn what_was_erased_is_not_checkable() {
    let mut log = sound();
    let stored = log
        .repository
        .objects
        .values()
        .find(|object| OpinionDocument::parse_salted(&object.bytes).is_ok());
    let stored = stored.unwrap().bytes.clone();
    log.erase_evidence("opinion", &stored);
    let found = report(&log);
    assert_eq!(found.overall(), Overall::Proved, "{found:#?}");
    let Some(Standing::NotCheckable(reason)) = found.logs[0].standing(Claim::Completeness) else {
        panic!("{found:#?}");
    };
    assert!(reason.contains("erased by their keeper"), "{reason}");
}

/// What was proved before is not proved anew, and yet no byte of it may be another one.
#[test]
fn a_log_is_verified_from_an_entry_on_where_the_rest_is_remembered() {
    let log = sound();
    let whole = report(&log);
    let (name, size) = (log.state.log(), whole.logs[0].size);
    let since = |since| BTreeMap::from([(name, since)]);
    let nothing = Remembered::nothing();
    let mut known = Remembered::nothing();
    let root = whole.logs[0].root;
    known.remember(name, Seen { size, root, here: true });
    for start in 0..=size + 1 {
        let found = verify_since(&log.repository, &log.keys(), &known, &since(start)).unwrap();
        assert_eq!(found.overall(), Overall::Proved, "from {start}: {found:#?}");
        assert_eq!(found.logs[0].since, if start <= size { start } else { 0 });
        assert_eq!(found.logs[0].decided, whole.logs[0].decided);
        let found = verify_since(&log.repository, &log.keys(), &nothing, &since(start)).unwrap();
        assert_eq!(found.logs[0].since, 0, "nothing is remembered");
    }
    // A key that nobody believes any more is not believed about what was proved before, either.
    let mut keys = TrustedKeys::new();
    keys.trust(Role::Log, log.signer.public());
    for start in [size, size - 1] {
        let found = verify_since(&log.repository, &keys, &known, &since(start)).unwrap();
        assert_eq!(found.overall(), Overall::NotCheckable);
    }
    // Another past is found out by the root that is remembered.
    let mut other = TestLog::start(1, 2, 3, &[]);
    let entries = other.hear(9, &sample_case(), &[approve(), approve(), approve(), approve()]);
    other.record(&entries);
    let mut known = Remembered::nothing();
    known.remember(
        name,
        Seen {
            size: 6,
            root,
            here: true,
        },
    );
    let found = verify_since(&other.repository, &other.keys(), &known, &since(6)).unwrap();
    assert_eq!(codes(&found), ["log-forked"]);
}

/// What somebody says was proved opens no way around the log's past.
#[test]
fn a_log_continues_what_was_proved_or_is_forked() {
    let log = sound();
    let whole = report(&log);
    let (name, size) = (log.state.log(), whole.logs[0].size);
    let from = |proved: Proved, start| {
        let mut known = Remembered::nothing();
        known.remember_proved(name, proved);
        verify_since(&log.repository, &log.keys(), &known, &BTreeMap::from([(name, start)])).unwrap()
    };
    let root = whole.logs[0].root;
    for start in 0..=size {
        let found = from(Proved { size, root }, start);
        assert_eq!(
            (found.overall(), found.logs[0].since),
            (Overall::Proved, start),
            "{found:#?}"
        );
    }
    let found = from(Proved { size: size - 1, root }, size - 1);
    assert_eq!(codes(&found), ["log-forked"]);
    let found = from(Proved { size: size + 1, root }, size);
    assert_eq!(codes(&found), ["log-shrunk"]);
    let first = whole.logs[0].size / 2;
    let found = from(Proved { size: first, root }, size);
    assert_eq!(found.logs[0].since, 0, "nobody may start behind what was proved");
}

/// Cases that nobody wants are counted, and what people say of them is held against them all the same.
#[test]
fn only_the_cases_that_are_wanted_are_kept() {
    let log = sound();
    let whole = report(&log);
    let all = &whole.logs[0].decided;
    assert_eq!(whole.logs[0].verdicts, all.len() as u64);
    let keeping = |keep: Keep<'_>| {
        verify_keeping(
            &log.repository,
            &log.keys(),
            &Remembered::nothing(),
            &BTreeMap::new(),
            keep,
        )
        .unwrap()
    };
    for wanted in all {
        let found = keeping(Keep::Those(&|decided| decided.verdict == wanted.verdict));
        assert_eq!(found.logs[0].decided, std::slice::from_ref(wanted));
        assert_eq!(found.logs[0].claims, whole.logs[0].claims);
    }
    let found = keeping(Keep::Nothing);
    assert_eq!(found.logs[0].decided, []);
    assert_eq!(
        (found.logs[0].verdicts, &found.logs[0].claims),
        (all.len() as u64, &whole.logs[0].claims)
    );
}

/// 150 excused findings: 100 are listed, and only the whole opinion tells that none of the rest counts.
#[test]
fn a_long_opinion_needs_its_document() {
    let mut case = sample_case();
    case.settings = vec![crate::entry::SettingTerms {
        setting: RuleSetting {
            rule: "technical/placeholder".to_owned(),
            mode: Mode::Warn,
            paths: vec![],
        },
        parameters: vec![],
    }];
    let many = |rule| {
        (0..150)
            .map(|number| finding(rule, Severity::Error, &format!("src/{number}.rs")))
            .collect()
    };
    let mut log = TestLog::start(1, 2, 3, &[]);
    let excused = says(Vote::Reject, many("technical/placeholder"));
    let entries = log.hear(1, &case, &[approve(), excused, approve(), approve()]);
    log.record(&entries);
    assert_eq!(report(&log).decided().next().unwrap().1.outcome, Outcome::Approved);
    log.repository.refs.remove(&log.state.log().evidence_ref());
    assert_eq!(standing(&report(&log), Claim::Verdict), "not checkable");
    let counted = says(Vote::Reject, many("technical/secret"));
    let mut log = TestLog::start(1, 2, 3, &[]);
    let entries = log.hear(1, &case, &[approve(), counted, approve(), approve()]);
    log.record(&entries);
    log.repository.refs.remove(&log.state.log().evidence_ref());
    assert_eq!(report(&log).decided().next().unwrap().1.outcome, Outcome::Rejected);
}
