//! Logs that are signed and well formed and still not true: what a host could do that has the keys.

use super::*;
use crate::entry::{Answer, OpinionRecord, SettingTerms, VerdictRecord};
use crate::opinion::Vote;
use crate::verdict::{Excuse, Ground};

/// Signs the entries of a case anew after `change`, each with links to those before.
fn bend(change: impl Fn(usize, &mut Content)) -> Report {
    let mut log = TestLog::start(1, 2, 3, &[]);
    let entries = log.hear(1, &sample_case(), &[approve(), reject(), approve(), approve()]);
    let (mut resigned, mut subject): (Vec<SignedEntry>, _) = (Vec::new(), sample_subject(1, &sample_case()));
    for (position, entry) in entries.iter().enumerate() {
        let mut content = entry.entry().content.clone();
        relink(&mut content, &resigned);
        change(position, &mut content);
        if let Content::Case(case) = &content {
            subject = sample_subject(1, case);
        }
        resigned.push(log.sign(subject, content));
    }
    log.record(&resigned);
    report(&log)
}

fn relink(content: &mut Content, before: &[SignedEntry]) {
    let id = |position: usize| before[position].id();
    match content {
        Content::Case(_) => {}
        Content::Opinion(opinion) => opinion.previous = id(before.len() - 1),
        Content::Verdict(verdict) => {
            verdict.previous = id(before.len() - 1);
            verdict.case = id(0);
            for (position, seat) in verdict.seats.iter_mut().enumerate() {
                seat.opinion = id(position + 1);
            }
        }
        _ => unreachable!("nobody says anything here"),
    }
}

fn bend_verdict(change: impl Fn(&mut VerdictRecord)) -> Vec<&'static str> {
    codes(&bend(|_, content| {
        if let Content::Verdict(verdict) = content {
            change(verdict);
        }
    }))
}

fn bend_opinion(which: usize, change: impl Fn(&mut OpinionRecord)) -> Vec<&'static str> {
    codes(&bend(|position, content| match content {
        Content::Opinion(opinion) if position == which => change(opinion),
        _ => {}
    }))
}

#[test]
fn signing_anew_without_change_is_sound() {
    let report = bend(|_, _| {});
    assert_eq!(report.overall(), Overall::Proved, "{report:#?}");
}

#[test]
fn a_verdict_that_the_rule_does_not_make_is_refuted() {
    assert_eq!(
        bend_verdict(|verdict| verdict.outcome = Outcome::Approved),
        ["verdict-rederived"]
    );
    assert_eq!(
        bend_verdict(|verdict| verdict.ground = Ground::Veto),
        ["verdict-rederived"]
    );
    assert_eq!(bend_verdict(|verdict| verdict.tally.approve = 4), ["verdict-rederived"]);
    assert_eq!(
        bend_verdict(|verdict| verdict.seats[1].effective = Some(Vote::Approve)),
        ["verdict-rederived"]
    );
    let vote = crate::verdict::Voice::Vote(Vote::Approve);
    assert_eq!(
        bend_verdict(|verdict| verdict.seats[1].raw = vote),
        ["verdict-rederived"]
    );
}

#[test]
fn a_verdict_over_other_seats_is_refuted() {
    assert_eq!(bend_verdict(|verdict| drop(verdict.seats.pop())), ["verdict-seats"]);
    assert_eq!(bend_verdict(|verdict| verdict.seats.swap(0, 1)), ["verdict-seats"]);
    assert_eq!(
        bend_verdict(|verdict| verdict.seats[2].opinion = verdict.seats[1].opinion),
        ["verdict-seats"]
    );
    assert_eq!(
        bend_verdict(|verdict| verdict.case = verdict.previous),
        ["verdict-seats"]
    );
    assert_eq!(
        bend_verdict(|verdict| verdict.previous = verdict.case)[0],
        "entry-order"
    );
}

#[test]
fn an_opinion_that_is_not_the_judges_is_refuted() {
    let other = Digest::of(b"another component");
    assert!(bend_opinion(1, |opinion| opinion.component = other).contains(&"opinion-component"));
    assert_eq!(
        bend_opinion(1, |opinion| opinion.engine_profile = "another".to_owned()),
        ["opinion-component"]
    );
    assert_eq!(
        bend_opinion(1, |opinion| opinion.judge = "technical".to_owned())[0],
        "entry-order"
    );
    let changes: [fn(&mut crate::entry::Spoken); 3] = [
        |spoken| drop(spoken.listed.pop()),
        |spoken| spoken.vote = Vote::Approve,
        |spoken| spoken.listed[0].excuse = Some(Excuse::Warn),
    ];
    for change in changes {
        let codes = bend_opinion(2, |opinion| match &mut opinion.answer {
            Answer::Spoken(spoken) => change(spoken),
            Answer::NoOpinion { .. } => unreachable!("this seat was heard"),
        });
        assert!(codes.contains(&"opinion-summary"), "{codes:?}");
    }
}

#[test]
fn terms_that_changed_after_the_votes_are_refuted() {
    let report = bend(|_, content| {
        if let Content::Case(case) = content {
            case.settings = vec![SettingTerms {
                setting: RuleSetting {
                    rule: "technical/placeholder".to_owned(),
                    mode: Mode::Off,
                    paths: vec![],
                },
                parameters: vec![],
            }];
        }
    });
    assert!(codes(&report).contains(&"verdict-rederived"), "{:?}", codes(&report));
    let nonsense = bend(|_, content| {
        if let Content::Case(case) = content {
            case.quorum = 9;
        }
    });
    assert!(codes(&nonsense).contains(&"council-terms"), "{:?}", codes(&nonsense));
}

#[test]
fn a_case_that_goes_by_another_cases_digest_is_refuted() {
    let mut log = TestLog::start(1, 2, 3, &[]);
    let mut case = sample_case();
    case.policy.digest = Digest::of(b"another policy");
    let entry = log.sign(sample_subject(1, &sample_case()), Content::Case(Box::new(case)));
    log.record(&[entry]);
    assert_eq!(codes(&report(&log)), ["case-digest"]);
}

/// Records the entries of one case in another order.
fn reordered(order: impl Fn(Vec<SignedEntry>) -> Vec<SignedEntry>) -> Vec<&'static str> {
    let mut log = TestLog::start(1, 2, 3, &[]);
    let entries = log.hear(1, &sample_case(), &[approve(), reject(), approve(), approve()]);
    log.record(&order(entries));
    codes(&report(&log))
}

#[test]
fn entries_out_of_order_are_refuted() {
    let entry_order = |codes: Vec<&str>| assert!(codes.contains(&"entry-order"), "{codes:?}");
    entry_order(reordered(|entries| entries[1..].to_vec()));
    for position in 1..5 {
        entry_order(reordered(|mut entries| {
            entries.swap(position, position + 1);
            entries
        }));
        entry_order(reordered(|mut entries| {
            entries.remove(position);
            entries
        }));
        entry_order(reordered(|mut entries| {
            entries.insert(position, entries[position].clone());
            entries
        }));
    }
    let twice = reordered(|mut entries| {
        entries.insert(3, entries[0].clone());
        entries
    });
    assert_eq!(twice, ["entry-twice"]);
    let after = reordered(|mut entries| {
        entries.push(entries[5].clone());
        entries
    });
    assert_eq!(after, ["entry-order"]);
}

#[test]
fn an_entry_of_another_log_or_key_is_refuted() {
    let mut other = TestLog::start(1, 2, 77, &[]);
    let foreign = other.hear(1, &sample_case(), &[approve(), approve(), approve(), approve()]);
    let mut log = TestLog::start(1, 2, 3, &[]);
    log.record(&foreign);
    assert!(codes(&report(&log)).contains(&"entry-log"));

    let mut log = sound();
    let line = String::from_utf8(foreign[5].line().to_vec()).unwrap();
    let own = log.hear(8, &sample_case(), &[approve(), approve(), approve(), approve()]);
    let jws = |line: &str| line[line.find("\"jws\":\"").unwrap()..][..93].to_owned();
    let own_line = String::from_utf8(own[0].line().to_vec()).unwrap();
    let swapped = own_line.replace(&jws(&own_line), &jws(&line));
    log.record_lines(&[swapped.as_bytes()]);
    assert_eq!(codes(&report(&log)), ["entry-signature"]);
}

#[test]
fn a_line_that_is_no_entry_is_refuted() {
    for line in [&b""[..], b"{}", b"\xff\xfe", b"null", &[b'['; 65_535]] {
        let mut log = sound();
        log.record_lines(&[line]);
        assert_eq!(codes(&report(&log)), ["entry-form"]);
    }
}

#[test]
fn two_cases_may_take_turns() {
    let mut log = TestLog::start(1, 2, 3, &[]);
    let one = log.hear(1, &sample_case(), &[approve(), approve(), approve(), approve()]);
    let other: Vec<SignedEntry> = log.hear(2, &sample_case(), &[approve(), reject(), approve(), approve()]);
    let turns: Vec<SignedEntry> = one
        .iter()
        .zip(&other)
        .flat_map(|(one, other)| [one.clone(), other.clone()])
        .collect();
    log.record(&turns);
    assert_eq!(report(&log).overall(), Overall::Proved);
}

#[test]
fn entries_of_a_strangers_key_are_not_even_heard() {
    let stranger = SigningPair::from_seed(99);
    let mut log = sound();
    log.council = stranger;
    let entries = log.hear(
        9,
        &Case {
            quorum: 1,
            ..sample_case()
        },
        &[approve(), approve(), approve(), approve()],
    );
    log.record(&entries);
    let mut keys = TrustedKeys::new();
    keys.extend(sound().keys());
    let report = verify(&log.repository, &keys, &Remembered::nothing()).unwrap();
    assert_eq!(report.overall(), Overall::NotCheckable);
}
