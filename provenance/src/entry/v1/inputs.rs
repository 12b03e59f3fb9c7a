//! The digest that identifies a case: SHA-256 over everything that may decide about it, as canonical JSON.
//!
//! Times, places and names of machines have no part in it: the same change under the same policy before the same judges is
//! the same case everywhere. All of it stands in the case's entry, so anyone can compute it again; `verify` does.

use serde::Serialize;

use super::FormError;
use super::text::{Text, Word};
use crate::canonical;
use crate::digest::Digest;
use crate::entry::{Document, RangeKind, Revision};
use crate::pattern::PathPattern;
use crate::reader::ObjectId;
use crate::verdict::{Council, Mode, Rule, Terms};

/// What decides about a case.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    /// The state before the change; none for a root commit.
    pub base: Option<Revision>,
    /// The state after the change.
    pub head: Revision,
    /// How the base was found.
    pub range: RangeKind,
    /// SHA-256 of the list of changed paths.
    pub manifest: Digest,
    /// SHA-256 of the commit messages as judges see them.
    pub messages: Digest,
    /// SHA-256 of the policy.
    pub policy: Digest,
    /// The council, the rule settings and the waivers in force.
    pub terms: &'a Terms,
    /// SHA-256 of each seat's component, in the order of the seats.
    pub components: &'a [Digest],
    /// SHA-256 of what judges are told that neither the change nor the policy fixes: what each waiver is worth at the time
    /// of the case, and the risk tier that counts.
    pub briefing: Digest,
    /// The documents given, in the order of their names.
    pub documents: &'a [Document],
    /// The name of the way hunks are made.
    pub diff_profile: &'a str,
}

impl Inputs<'_> {
    /// Computes the case's digest.
    ///
    /// # Errors
    ///
    /// [`FormError::Canonical`] for a number above 2^53 - 1.
    pub fn digest(&self) -> Result<Digest, FormError> {
        let terms = self.terms;
        let settings = terms.settings.iter().map(|setting| SettingV1 {
            mode: Word(setting.mode),
            paths: patterns(&setting.paths),
            rule: &setting.rule,
        });
        let waivers = terms.waivers.iter().map(|waiver| WaiverV1 {
            id: &waiver.id,
            paths: patterns(&waiver.paths),
            rule: &waiver.rule,
        });
        let documents = self.documents.iter().map(|document| DocumentV1 {
            bytes: document.stored.bytes,
            name: &document.name,
            sha256: Text(document.stored.digest),
        });
        let inputs = InputsV1 {
            base: self.base.map(RevisionV1::from),
            briefing: Text(self.briefing),
            components: self.components.iter().copied().map(Text).collect(),
            council: CouncilV1::from(&terms.council),
            diff_profile: self.diff_profile,
            documents: documents.collect(),
            head: self.head.into(),
            manifest: Text(self.manifest),
            messages: Text(self.messages),
            policy: Text(self.policy),
            range: Word(self.range),
            settings: settings.collect(),
            v: 1,
            waivers: waivers.collect(),
        };
        let mut bytes = Vec::with_capacity(2048);
        canonical::write_typed(&inputs, &mut bytes)?;
        Ok(Digest::of(&bytes))
    }
}

/// What is digested; fields are in the order of their names, and one without a value is `null`.
#[derive(Serialize)]
struct InputsV1<'a> {
    base: Option<RevisionV1>,
    briefing: Text<Digest>,
    components: Vec<Text<Digest>>,
    council: CouncilV1<'a>,
    diff_profile: &'a str,
    documents: Vec<DocumentV1<'a>>,
    head: RevisionV1,
    manifest: Text<Digest>,
    messages: Text<Digest>,
    policy: Text<Digest>,
    range: Word<RangeKind>,
    settings: Vec<SettingV1<'a>>,
    v: u8,
    waivers: Vec<WaiverV1<'a>>,
}

#[derive(Serialize)]
struct RevisionV1 {
    commit: Text<ObjectId>,
    tree: Text<ObjectId>,
}

#[derive(Serialize)]
struct CouncilV1<'a> {
    name: &'a str,
    quorum: u32,
    rule: RuleV1,
    seats: Vec<SeatV1<'a>>,
}

#[derive(Serialize)]
struct RuleV1 {
    name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    threshold_percent: Option<u8>,
}

#[derive(Serialize)]
struct SeatV1<'a> {
    judge: &'a str,
    veto: bool,
    weight: u32,
}

#[derive(Serialize)]
struct SettingV1<'a> {
    mode: Word<Mode>,
    paths: Vec<&'a str>,
    rule: &'a str,
}

#[derive(Serialize)]
struct WaiverV1<'a> {
    id: &'a str,
    paths: Vec<&'a str>,
    rule: &'a str,
}

#[derive(Serialize)]
struct DocumentV1<'a> {
    bytes: u64,
    name: &'a str,
    sha256: Text<Digest>,
}

impl From<Revision> for RevisionV1 {
    fn from(revision: Revision) -> Self {
        Self {
            commit: Text(revision.commit),
            tree: Text(revision.tree),
        }
    }
}

impl<'a> From<&'a Council> for CouncilV1<'a> {
    fn from(council: &'a Council) -> Self {
        let (name, threshold_percent) = match council.rule {
            Rule::Unanimous => ("unanimous", None),
            Rule::Majority => ("majority", None),
            Rule::Weighted { threshold_percent } => ("weighted", Some(threshold_percent)),
        };
        let seats = council.seats.iter().map(|seat| SeatV1 {
            judge: &seat.judge,
            veto: seat.veto,
            weight: seat.weight,
        });
        Self {
            name: &council.name,
            quorum: council.quorum,
            rule: RuleV1 {
                name,
                threshold_percent,
            },
            seats: seats.collect(),
        }
    }
}

fn patterns(patterns: &[PathPattern]) -> Vec<&str> {
    patterns.iter().map(PathPattern::as_str).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::entry::{Case, Stored};
    use crate::reader::ObjectId;
    use crate::testing::sample_case;
    use crate::verdict::{Mode, RuleSetting, Waiver};

    const HEAD: Revision = Revision {
        commit: ObjectId::from_bytes([3; 20]),
        tree: ObjectId::from_bytes([4; 20]),
    };

    fn full() -> Case {
        let mut case = sample_case();
        let rule = "technical/secret".to_owned();
        case.settings.push(crate::entry::SettingTerms {
            setting: RuleSetting {
                rule: rule.clone(),
                mode: Mode::Block,
                paths: Vec::new(),
            },
            parameters: Vec::new(),
        });
        case.waivers.push(Waiver {
            id: "WV-0001".to_owned(),
            rule,
            paths: Vec::new(),
        });
        case.documents.push(Document {
            name: "coverage".to_owned(),
            stored: Stored::of(b"document"),
        });
        case
    }

    #[test]
    fn everything_that_decides_changes_the_digest() {
        let other = Digest::of(b"other");
        let changes: [fn(&mut Case, &mut Revision, Digest); 23] = [
            |_, _, _| {},
            |_, head, _| head.commit = ObjectId::from_bytes([9; 20]),
            |_, head, _| head.tree = ObjectId::from_bytes([9; 20]),
            |case, _, _| case.base.as_mut().unwrap().commit = ObjectId::from_bytes([9; 20]),
            |case, _, _| case.base = None,
            |case, _, _| case.range = RangeKind::TwoDot,
            |case, _, other| case.messages = other,
            |case, _, other| case.manifest.digest = other,
            |case, _, other| case.policy.digest = other,
            |case, _, other| case.briefing = other,
            |case, _, other| case.seats[0].component.digest = other,
            |case, _, other| case.documents[0].stored.digest = other,
            |case, _, _| case.documents.clear(),
            |case, _, _| case.diff_profile.push('2'),
            |case, _, _| case.council.push('2'),
            |case, _, _| case.quorum = 2,
            |case, _, _| case.rule = Rule::Weighted { threshold_percent: 60 },
            |case, _, _| case.rule = Rule::Weighted { threshold_percent: 61 },
            |case, _, _| case.seats[1].seat.veto = true,
            |case, _, _| case.settings[0].setting.mode = Mode::Off,
            |case, _, _| case.settings[0].setting.paths.push("docs/**".parse().unwrap()),
            |case, _, _| case.waivers[0].paths.push("docs/**".parse().unwrap()),
            |case, _, _| case.waivers.clear(),
        ];
        let digest = |change: &fn(&mut Case, &mut Revision, Digest)| {
            let (mut case, mut head) = (full(), HEAD);
            change(&mut case, &mut head, other);
            case.digest(head).unwrap()
        };
        let digests: HashSet<Digest> = changes.iter().map(digest).collect();
        assert_eq!(digests.len(), changes.len());
    }

    #[test]
    fn who_judged_when_and_with_what_does_not() {
        let mut case = full();
        case.hearing = crate::entry::HearingId::from_bytes([9; 16]);
        case.runtime_version.push('2');
        case.engine_profile.push('2');
        assert_eq!(case.digest(HEAD), full().digest(HEAD));
    }
}
