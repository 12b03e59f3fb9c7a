//! The digest that identifies a case: SHA-256 over everything that may decide about it, as canonical JSON.
//!
//! Times, places and names of machines have no part in it: the same change under the same policy before the same judges is
//! the same case everywhere. All of it stands in the case's entry, so anyone can compute it again; `verify` does.

use serde_json::{Value, json};

use super::{FormError, word};
use crate::canonical;
use crate::digest::Digest;
use crate::entry::{Document, RangeKind, Revision};
use crate::pattern::PathPattern;
use crate::verdict::{Council, Rule, Terms};

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
        let settings = self.terms.settings.iter().map(
            |setting| json!({"mode": word(&setting.mode), "paths": patterns(&setting.paths), "rule": setting.rule}),
        );
        let waivers = self
            .terms
            .waivers
            .iter()
            .map(|waiver| json!({"id": waiver.id, "paths": patterns(&waiver.paths), "rule": waiver.rule}));
        let documents = self.documents.iter().map(|document| {
            let stored = document.stored;
            json!({"bytes": stored.bytes, "name": document.name, "sha256": stored.digest.to_string()})
        });
        let value = json!({
            "base": self.base.map(revision),
            "briefing": self.briefing.to_string(),
            "components": self.components.iter().map(Digest::to_string).collect::<Vec<_>>(),
            "council": council(&self.terms.council),
            "diff_profile": self.diff_profile,
            "documents": documents.collect::<Vec<_>>(),
            "head": revision(self.head),
            "manifest": self.manifest.to_string(),
            "messages": self.messages.to_string(),
            "policy": self.policy.to_string(),
            "range": word(&self.range),
            "settings": settings.collect::<Vec<_>>(),
            "v": 1,
            "waivers": waivers.collect::<Vec<_>>(),
        });
        Ok(Digest::of(&canonical::to_bytes(&value)?))
    }
}

fn revision(revision: Revision) -> Value {
    json!({"commit": revision.commit.to_string(), "tree": revision.tree.to_string()})
}

fn council(council: &Council) -> Value {
    let rule = match council.rule {
        Rule::Unanimous => json!({"name": "unanimous"}),
        Rule::Majority => json!({"name": "majority"}),
        Rule::Weighted { threshold_percent } => json!({"name": "weighted", "threshold_percent": threshold_percent}),
    };
    let seats = council
        .seats
        .iter()
        .map(|seat| json!({"judge": seat.judge, "veto": seat.veto, "weight": seat.weight}));
    json!({"name": council.name, "quorum": council.quorum, "rule": rule, "seats": seats.collect::<Vec<_>>()})
}

fn patterns(patterns: &[PathPattern]) -> Vec<Value> {
    patterns.iter().map(|pattern| Value::from(pattern.as_str())).collect()
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
