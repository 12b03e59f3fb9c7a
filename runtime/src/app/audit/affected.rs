//! Which verdicts depended on something that is now known to be bad.

use std::collections::HashMap;

use assize_provenance::cases::{Cases, HeardCase};
use assize_provenance::digest::Digest;
use assize_provenance::entry::v1::word;
use assize_provenance::entry::{Content, EntryId};
use assize_provenance::reader::ObjectReader;

use super::read::logs;
use crate::app::view::audit::{AffectedVerdictView, AffectedView};
use crate::app::{App, Fault};

/// How short the start of a digest may be.
const DIGITS_MIN: usize = 8;

/// What is now known to be bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Culprit<'a> {
    /// A judge's component, by the start of its SHA-256.
    Component(&'a str),
    /// A policy, by the start of its SHA-256.
    Policy(&'a str),
    /// A version of Assize.
    Runtime(&'a str),
}

impl Culprit<'_> {
    const fn kind(&self) -> &'static str {
        match self {
            Self::Component(_) => "component",
            Self::Policy(_) => "policy",
            Self::Runtime(_) => "runtime",
        }
    }

    const fn value(&self) -> &str {
        match self {
            Self::Component(value) | Self::Policy(value) | Self::Runtime(value) => value,
        }
    }

    /// By which judges a verdict depended on it; `None` where it did not.
    fn judges(&self, heard: &HeardCase) -> Option<Vec<String>> {
        let case = heard.case()?;
        let is = |digest: &Digest, start: &str| digest.to_string().starts_with(&start.to_ascii_lowercase());
        match self {
            Self::Component(start) => {
                let seated = case.seats.iter().map(|seat| (&seat.seat.judge, &seat.component.digest));
                let said = heard
                    .opinions()
                    .map(|(_, opinion)| (&opinion.judge, &opinion.component));
                let mut judges: Vec<String> = seated
                    .chain(said)
                    .filter(|(_, component)| is(component, start))
                    .map(|(judge, _)| judge.clone())
                    .collect();
                judges.sort();
                judges.dedup();
                (!judges.is_empty()).then_some(judges)
            }
            Self::Policy(start) => is(&case.policy.digest, start).then(Vec::new),
            Self::Runtime(version) => (case.runtime_version == *version).then(Vec::new),
        }
    }
}

impl App {
    /// Finds every verdict that depended on something: on a policy, on a version of Assize, or on a component through the
    /// judges of its council. The entries are taken as they stand.
    ///
    /// # Errors
    ///
    /// [`Fault`] when a log cannot be read, or the start of a digest is none.
    pub fn audit_affected(&self, culprit: Culprit<'_>) -> Result<AffectedView, Fault> {
        if let Culprit::Component(start) | Culprit::Policy(start) = culprit {
            let is_start =
                (DIGITS_MIN..=64).contains(&start.len()) && start.bytes().all(|byte| byte.is_ascii_hexdigit());
            if !is_start {
                return Err(Fault::wrong(
                    format!("`{start}` is not the start of a SHA-256"),
                    format!(
                        "write its first {DIGITS_MIN} to 64 hexadecimal digits; `audit export --format json` shows them"
                    ),
                ));
            }
        }
        let repository = self.repository()?;
        let reader: &dyn ObjectReader = repository.objects().as_ref();
        let (mut verdicts, mut looked_at) = (Vec::new(), 0_u64);
        for mut log in logs(reader)? {
            let name = log.log().to_string();
            let mut cases = Cases::new();
            let mut found: HashMap<EntryId, usize> = HashMap::new();
            for index in 0..log.size() {
                let entry = log.entry(index)?;
                if let Content::Override(record) = &entry.entry().content
                    && let Some(place) = found.get(&record.previous)
                    && let Some(verdict) = verdicts.get_mut(*place)
                {
                    let verdict: &mut AffectedVerdictView = verdict;
                    verdict.overridden = Some(entry.id().to_string());
                }
                let Some(heard) = cases.take(index, entry) else {
                    continue;
                };
                looked_at = looked_at.saturating_add(1);
                if let Some(judges) = culprit.judges(&heard) {
                    found.insert(heard.verdict_entry().entry.id(), verdicts.len());
                    verdicts.push(view(&name, &heard, judges));
                }
            }
        }
        Ok(AffectedView {
            schema: "assize.affected/1",
            culprit: culprit.kind(),
            value: culprit.value().to_owned(),
            looked_at,
            verdicts,
        })
    }
}

fn view(log: &str, heard: &HeardCase, judges: Vec<String>) -> AffectedVerdictView {
    let placed = heard.verdict_entry();
    let said = placed.entry.entry();
    AffectedVerdictView {
        entry: placed.entry.id().to_string(),
        log: log.to_owned(),
        index: placed.index,
        time: said.time.to_string(),
        head: said.subject.head.commit.to_string(),
        council: heard.case().map(|case| case.council.clone()).unwrap_or_default(),
        outcome: heard.verdict().map_or("", |verdict| word(&verdict.outcome)),
        overridden: None,
        judges,
    }
}
