//! Settings and waivers against a naive reading, over every small case: one seat, up to two findings, up to two settings, up
//! to two waivers.

use super::*;

const PATHS: [Option<&str>; 3] = [None, Some("a/x"), Some("b/x")];

/// Where a setting or waiver holds.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Scope {
    Everywhere,
    InA,
}

impl Scope {
    fn patterns(self) -> Vec<PathPattern> {
        match self {
            Self::Everywhere => vec![],
            Self::InA => vec![PathPattern::parse("a/**").unwrap()],
        }
    }

    fn holds_for(self, path: Option<&str>) -> bool {
        self == Self::Everywhere || path == Some("a/x")
    }
}

const SCOPES: [Scope; 2] = [Scope::Everywhere, Scope::InA];

/// Nothing, each item, and each pair of items.
fn up_to_two<T: Copy>(items: &[T]) -> Vec<Vec<T>> {
    let mut all = vec![vec![]];
    all.extend(items.iter().map(|item| vec![*item]));
    for one in items {
        all.extend(items.iter().map(|other| vec![*one, *other]));
    }
    all
}

type Seen = (Severity, Option<&'static str>);

/// Reads the documentation sentence by sentence.
fn naive(vote: Vote, seen: &[Seen], settings: &[(Mode, Scope)], waivers: &[Scope]) -> (Outcome, Vote) {
    let weighs = |(severity, _): &&Seen| matches!(severity, Severity::Error | Severity::Critical);
    let is_excused = |(_, path): &Seen| {
        let mode = settings.iter().find(|(_, scope)| scope.holds_for(*path));
        matches!(mode, Some((Mode::Warn | Mode::Off, _))) || waivers.iter().any(|scope| scope.holds_for(*path))
    };
    let heavy: Vec<&Seen> = seen.iter().filter(weighs).collect();
    let stands = heavy.iter().any(|seen| !is_excused(seen));
    let effective = if vote == Vote::Reject && !heavy.is_empty() && !stands {
        Vote::Approve
    } else {
        vote
    };
    let is_vetoed = heavy
        .iter()
        .any(|seen| seen.0 == Severity::Critical && !is_excused(seen));
    let outcome = match effective {
        _ if is_vetoed => Outcome::Rejected,
        Vote::Approve => Outcome::Approved,
        Vote::Reject => Outcome::Rejected,
        Vote::Abstain => Outcome::Undecided,
    };
    (outcome, effective)
}

fn decided(vote: Vote, seen: &[Seen], settings: &[(Mode, Scope)], waivers: &[Scope]) -> (Outcome, Vote) {
    let mut terms = terms(&[(1, false)], 1, Rule::Unanimous);
    let setting = |(mode, scope): &(Mode, Scope)| RuleSetting {
        rule: "j/r".to_owned(),
        mode: *mode,
        paths: scope.patterns(),
    };
    terms.settings = settings.iter().map(setting).collect();
    let waiver = |(number, scope): (usize, &Scope)| Waiver {
        id: format!("WV-000{number}"),
        rule: "j/r".to_owned(),
        paths: scope.patterns(),
    };
    terms.waivers = waivers.iter().enumerate().map(waiver).collect();
    let opinion = Opinion {
        vote,
        findings: seen
            .iter()
            .map(|(severity, path)| finding("j/r", *severity, *path))
            .collect(),
        rationale: String::new(),
    };
    let verdict = decide(&terms, &[("j0".to_owned(), Ok(opinion))]).unwrap();
    (verdict.outcome, verdict.seats[0].effective.unwrap())
}

#[test]
fn every_finding_under_every_setting_and_waiver_agrees_with_the_table() {
    let mut finds: Vec<Seen> = Vec::new();
    for severity in [Severity::Note, Severity::Warning, Severity::Error, Severity::Critical] {
        finds.extend(PATHS.map(|path| (severity, path)));
    }
    let modes = [Mode::Block, Mode::Warn, Mode::Off];
    let settings: Vec<(Mode, Scope)> = modes
        .into_iter()
        .flat_map(|mode| SCOPES.map(|scope| (mode, scope)))
        .collect();
    let mut compared = 0_u32;
    for seen in up_to_two(&finds) {
        for settings in up_to_two(&settings) {
            for waivers in up_to_two(&SCOPES) {
                for vote in [Vote::Approve, Vote::Reject, Vote::Abstain] {
                    let expected = naive(vote, &seen, &settings, &waivers);
                    let got = decided(vote, &seen, &settings, &waivers);
                    assert_eq!(got, expected, "{vote:?} {seen:?} {settings:?} {waivers:?}");
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 100_000, "only {compared}");
}
