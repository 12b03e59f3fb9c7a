//! `decide` against a second, naive reading of its table, over every small case.

use super::*;
use crate::opinion::{Finding, Location, Severity, Side};

mod excuses;

/// What a seat can say: one vote or absence, with one class of findings.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Class {
    None,
    Error,
    ErrorExcused,
    Critical,
    CriticalExcused,
}

#[derive(Debug, Clone, Copy)]
struct Said {
    vote: Option<Vote>,
    class: Class,
}

const CLASSES: [Class; 5] = [
    Class::None,
    Class::Error,
    Class::ErrorExcused,
    Class::Critical,
    Class::CriticalExcused,
];

fn every_said() -> Vec<Said> {
    let mut all = vec![Said {
        vote: None,
        class: Class::None,
    }];
    for vote in [Vote::Approve, Vote::Reject, Vote::Abstain] {
        all.extend(CLASSES.map(|class| Said {
            vote: Some(vote),
            class,
        }));
    }
    all
}

fn finding(rule: &str, severity: Severity, path: Option<&str>) -> Finding {
    let location = path.map(|path| Location {
        side: Side::Head,
        path: path.to_owned(),
        start_line: 1,
        end_line: 1,
    });
    Finding {
        rule: rule.to_owned(),
        severity,
        message: String::new(),
        location,
        suggestion: None,
    }
}

fn heard(said: Said) -> Heard {
    let findings = match said.class {
        Class::None => vec![finding("j/counts", Severity::Warning, None)],
        Class::Error => vec![
            finding("j/waived", Severity::Error, None),
            finding("j/counts", Severity::Error, None),
        ],
        Class::ErrorExcused => vec![finding("j/waived", Severity::Error, None)],
        Class::Critical => vec![finding("j/counts", Severity::Critical, None)],
        Class::CriticalExcused => vec![finding("j/off", Severity::Critical, None)],
    };
    let vote = said.vote.ok_or(Absence::Trapped)?;
    Ok(Opinion {
        vote,
        findings,
        rationale: String::new(),
    })
}

fn terms(seats: &[(u32, bool)], quorum: u32, rule: Rule) -> Terms {
    let seat = |(position, (weight, veto)): (usize, &(u32, bool))| Seat {
        judge: format!("j{position}"),
        weight: *weight,
        veto: *veto,
    };
    Terms {
        council: Council {
            name: "test".to_owned(),
            seats: seats.iter().enumerate().map(seat).collect(),
            quorum,
            rule,
        },
        settings: vec![RuleSetting {
            rule: "j/off".to_owned(),
            mode: Mode::Off,
            paths: vec![],
        }],
        waivers: vec![Waiver {
            id: "WV-0001".to_owned(),
            rule: "j/waived".to_owned(),
            paths: vec![],
        }],
    }
}

/// Reads the table line by line, with fractions instead of cross-multiplication and lists instead of sums.
fn naive(seats: &[(u32, bool)], quorum: usize, rule: Rule, said: &[Said]) -> (Outcome, Ground) {
    let effective = |said: &Said| match (said.vote, said.class) {
        (Some(Vote::Reject), Class::ErrorExcused | Class::CriticalExcused) => Some(Vote::Approve),
        (vote, _) => vote,
    };
    let votes: Vec<(Vote, u32, bool)> = said
        .iter()
        .zip(seats)
        .filter_map(|(said, (weight, veto))| Some((effective(said)?, *weight, *veto)))
        .collect();
    let number = |wanted: Vote| votes.iter().filter(|(vote, ..)| *vote == wanted).count();
    let weight = |wanted: Vote| -> f64 {
        votes
            .iter()
            .filter(|(vote, ..)| *vote == wanted)
            .map(|(_, weight, _)| f64::from(*weight))
            .sum()
    };
    if said
        .iter()
        .any(|said| said.vote.is_some() && said.class == Class::Critical)
    {
        return (Outcome::Rejected, Ground::CriticalFinding);
    }
    if votes.iter().any(|(vote, _, veto)| *vote == Vote::Reject && *veto) {
        return (Outcome::Rejected, Ground::Veto);
    }
    if votes.len() < quorum {
        return (Outcome::Undecided, Ground::QuorumMissed);
    }
    let (yes, no) = (number(Vote::Approve), number(Vote::Reject));
    match rule {
        Rule::Unanimous if no > 0 => (Outcome::Rejected, Ground::UnanimityBroken),
        Rule::Unanimous if yes > 0 => (Outcome::Approved, Ground::Unanimity),
        Rule::Majority if yes > no => (Outcome::Approved, Ground::MajorityApproves),
        Rule::Majority if yes < no => (Outcome::Rejected, Ground::MajorityRejects),
        Rule::Majority if yes > 0 => (Outcome::Undecided, Ground::Tie),
        Rule::Unanimous | Rule::Majority => (Outcome::Undecided, Ground::NoSideTaken),
        Rule::Weighted { threshold_percent } => {
            let (yes, no) = (weight(Vote::Approve), weight(Vote::Reject));
            if yes + no == 0.0 {
                (Outcome::Undecided, Ground::NoSideTaken)
            } else if yes == no {
                (Outcome::Undecided, Ground::Tie)
            } else if yes / (yes + no) >= f64::from(threshold_percent) / 100.0 {
                (Outcome::Approved, Ground::ThresholdReached)
            } else {
                (Outcome::Rejected, Ground::ThresholdMissed)
            }
        }
    }
}

const RULES: [Rule; 5] = [
    Rule::Unanimous,
    Rule::Majority,
    Rule::Weighted { threshold_percent: 51 },
    Rule::Weighted { threshold_percent: 60 },
    Rule::Weighted { threshold_percent: 100 },
];

/// Compares one combination under every rule and quorum.
fn check(seats: &[(u32, bool)], said: &[Said]) -> usize {
    let heard: Vec<(String, Heard)> = said
        .iter()
        .enumerate()
        .map(|(position, said)| (format!("j{position}"), heard(*said)))
        .collect();
    let mut compared = 0;
    for rule in RULES {
        for quorum in 1..=seats.len() {
            let verdict = decide(&terms(seats, quorum as u32, rule), &heard).unwrap();
            let expected = naive(seats, quorum, rule, said);
            assert_eq!(
                (verdict.outcome, verdict.ground),
                expected,
                "{rule:?} {quorum} {seats:?} {said:?}"
            );
            assert_eq!(verdict.tally.heard() + verdict.tally.absent, seats.len() as u32);
            compared += 1;
        }
    }
    compared
}

#[test]
fn every_council_of_up_to_three_seats_agrees_with_the_table() {
    let all = every_said();
    let mut compared = 0;
    for size in 1..=3_usize {
        for mask in 0..1_u32 << size {
            let seats: Vec<(u32, bool)> = (0..size).map(|seat| ([4, 2, 2][seat], mask >> seat & 1 == 1)).collect();
            for index in 0..all.len().pow(size as u32) {
                let said: Vec<Said> = (0..size)
                    .map(|seat| all[index / all.len().pow(seat as u32) % all.len()])
                    .collect();
                compared += check(&seats, &said);
            }
        }
    }
    assert_eq!(compared, 5 * (2 * 16 + 2 * 4 * 256 + 3 * 8 * 4096));
}

/// Four seats times sixteen things to say times all veto masks is a million combinations; the classes of findings only
/// matter through the vote and the critical flag, so here each seat says one of the six that differ.
#[test]
fn every_council_of_four_seats_agrees_with_the_table() {
    let all = [
        Said {
            vote: None,
            class: Class::None,
        },
        Said {
            vote: Some(Vote::Approve),
            class: Class::None,
        },
        Said {
            vote: Some(Vote::Reject),
            class: Class::Error,
        },
        Said {
            vote: Some(Vote::Reject),
            class: Class::ErrorExcused,
        },
        Said {
            vote: Some(Vote::Abstain),
            class: Class::CriticalExcused,
        },
        Said {
            vote: Some(Vote::Approve),
            class: Class::Critical,
        },
    ];
    for mask in 0..16_u32 {
        for weights in [[40, 20, 20, 20], [0, 0, 3, 3]] {
            let seats: Vec<(u32, bool)> = (0..4).map(|seat| (weights[seat], mask >> seat & 1 == 1)).collect();
            for index in 0..6_usize.pow(4) {
                let said: Vec<Said> = (0..4).map(|seat| all[index / 6_usize.pow(seat) % 6]).collect();
                check(&seats, &said);
            }
        }
    }
}

#[test]
fn nobody_handed_in_counts_as_no_opinion() {
    let verdict = decide(&terms(&[(1, false), (1, false)], 2, Rule::Unanimous), &[]).unwrap();
    assert_eq!(
        (verdict.outcome, verdict.ground),
        (Outcome::Undecided, Ground::QuorumMissed)
    );
    assert!(
        verdict
            .seats
            .iter()
            .all(|seat| seat.raw == Voice::NotHeard && seat.effective.is_none())
    );
}

#[test]
fn the_order_of_hearing_changes_nothing() {
    let said = [
        Said {
            vote: Some(Vote::Reject),
            class: Class::Error,
        },
        Said {
            vote: None,
            class: Class::None,
        },
    ];
    let mut heard: Vec<_> = (0..2).map(|seat| (format!("j{seat}"), heard(said[seat]))).collect();
    let terms = terms(&[(1, false), (1, false)], 1, Rule::Majority);
    let one = decide(&terms, &heard).unwrap();
    heard.reverse();
    assert_eq!(decide(&terms, &heard), Ok(one));
}

#[test]
fn councils_that_mean_nothing_are_errors() {
    let approve = || {
        heard(Said {
            vote: Some(Vote::Approve),
            class: Class::None,
        })
    };
    let two = [(1, false), (1, false)];
    let decide_for = |judges: &[&str]| {
        let heard: Vec<_> = judges.iter().map(|judge| ((*judge).to_owned(), approve())).collect();
        decide(&terms(&two, 1, Rule::Majority), &heard).unwrap_err()
    };
    assert_eq!(decide_for(&["j0", "j0"]), VerdictError::HeardTwice("j0".to_owned()));
    assert_eq!(decide_for(&["j0", "x"]), VerdictError::UnknownJudge("x".to_owned()));
    for quorum in [0, 3] {
        let terms = terms(&two, quorum, Rule::Majority);
        assert_eq!(decide(&terms, &[]), Err(VerdictError::Quorum { quorum, seats: 2 }));
    }
    for threshold_percent in [0, 50, 101] {
        let terms = terms(&two, 1, Rule::Weighted { threshold_percent });
        assert_eq!(decide(&terms, &[]), Err(VerdictError::Threshold(threshold_percent)));
    }
    assert_eq!(decide(&terms(&[], 1, Rule::Majority), &[]), Err(VerdictError::Seats(0)));
    assert_eq!(
        decide(&terms(&[(1, false); 65], 1, Rule::Majority), &[]),
        Err(VerdictError::Seats(65))
    );
    let mut same = terms(&two, 1, Rule::Majority);
    same.council.seats[1].judge = "j0".to_owned();
    assert_eq!(decide(&same, &[]), Err(VerdictError::SeatTwice("j0".to_owned())));
}

#[test]
fn heavy_seats_do_not_overflow() {
    let seats = [(u32::MAX, false); 64];
    let heard: Vec<_> = (0..64)
        .map(|seat| {
            (
                format!("j{seat}"),
                heard(Said {
                    vote: Some(Vote::Approve),
                    class: Class::None,
                }),
            )
        })
        .collect();
    let verdict = decide(&terms(&seats, 1, Rule::Weighted { threshold_percent: 100 }), &heard).unwrap();
    assert_eq!(verdict.ground, Ground::ThresholdReached);
    assert_eq!(verdict.tally.approve_weight, 64 * u64::from(u32::MAX));
}

#[test]
fn the_first_setting_that_fits_decides() {
    let paths = |text: &str| vec![PathPattern::parse(text).unwrap()];
    let setting = |mode, paths| RuleSetting {
        rule: "j/r".to_owned(),
        mode,
        paths,
    };
    let waiver = |id: &str, paths| Waiver {
        id: id.to_owned(),
        rule: "j/r".to_owned(),
        paths,
    };
    let mut terms = terms(&[(1, false)], 1, Rule::Unanimous);
    terms.settings = vec![
        setting(Mode::Block, paths("src/vital/**")),
        setting(Mode::Off, paths("docs/**")),
        setting(Mode::Warn, paths("**/*.md")),
    ];
    terms.waivers = vec![
        waiver("WV-0001", paths("src/**")),
        waiver("WV-0002", paths("src/vital/**")),
    ];
    let excused = |path| excuse(&terms, &finding("j/r", Severity::Error, path));
    assert_eq!(excused(Some("docs/a.md")), Some(Excuse::Off));
    assert_eq!(excused(Some("src/a.md")), Some(Excuse::Warn));
    assert_eq!(
        excused(Some("src/vital/a.md")),
        Some(Excuse::Waived("WV-0001".to_owned()))
    );
    assert_eq!(excused(Some("lib/a.rs")), None);
    assert_eq!(excused(None), None, "a finding without a place is not in any path");
    assert_eq!(
        excuse(&terms, &finding("j/other", Severity::Error, Some("docs/a.md"))),
        None
    );
    terms.waivers.push(waiver("WV-0003", vec![]));
    assert_eq!(
        excuse(&terms, &finding("j/r", Severity::Error, None)),
        Some(Excuse::Waived("WV-0003".to_owned()))
    );
}
