//! From a finished step of a hearing to the entry that records it. Pure: values in, values out.

use std::collections::BTreeMap;

use assize_provenance::digest::Digest;
use assize_provenance::entry::v1::document::OpinionDocument;
use assize_provenance::entry::v1::inputs::Inputs;
use assize_provenance::entry::{
    Actor, Answer, Budget, Case as CaseEntry, Component, Content, Counts, Document, Entry, EntryId, HearingId,
    OpinionRecord, Policy as PolicyEntry, PolicySource as PolicySourceEntry, RangeKind as RangeEntry, Revision, Salt,
    SeatTerms, SettingTerms, Spoken, Stored, Subject, Transcript, VerdictRecord,
};
use assize_provenance::log_id::LogId;
use assize_provenance::opinion::Absence;
use assize_provenance::time::Time;
use assize_provenance::verdict::{Terms, Verdict};

use super::hearing::{Sitting, Testimony};
use crate::case::hunks::DIFF_PROFILE;
use crate::case::{self, Case, RangeKind, State};
use crate::council::Told;
use crate::policy::Policy;
use crate::policy::source::PolicySource;
use crate::policy::tier::Tier;
use crate::sandbox::PROFILE;

/// Everything that is fixed before a judge runs, with its digests.
#[derive(Debug)]
pub struct Docket {
    /// The digest that identifies the case.
    pub digest: Digest,
    /// The list of changed paths with modes and digests, as it lies on the evidence ref.
    pub manifest: Vec<u8>,
    /// The council, the settings and the waivers.
    pub terms: Terms,
    /// What the case entry says.
    entry: CaseEntry,
    subject: Subject,
}

/// Why a docket cannot be written. None of these happens to a case that was built.
#[derive(Debug, thiserror::Error)]
pub enum DocketFault {
    /// The manifest.
    #[error("the manifest cannot be written down: {0}")]
    Manifest(#[from] assize_provenance::canonical::CanonicalError),
    /// The case's digest, or an opinion.
    #[error("the case or an opinion cannot be written down: {0}")]
    Form(#[from] assize_provenance::entry::v1::FormError),
}

impl Docket {
    /// Writes down what decides about a case.
    ///
    /// # Errors
    ///
    /// [`DocketFault`] for numbers that canonical JSON cannot hold.
    pub fn write(
        case: &Case,
        policy: &Policy,
        source: &PolicySource,
        terms: Terms,
        told: &Told,
        sittings: &[&Sitting],
    ) -> Result<Self, DocketFault> {
        let manifest = case::digest::manifest(case)?;
        let stored = Stored::of(&manifest);
        let components: Vec<Digest> = sittings.iter().map(|sitting| sitting.component).collect();
        let briefing = told.digest()?;
        let given = Given {
            case,
            policy: policy.digest(),
            terms: &terms,
            components: &components,
            briefing,
            documents: &told.documents,
        };
        let digest = given.digest(stored.digest)?;
        let entry = CaseEntry {
            briefing,
            documents: told.documents.clone(),
            given: told.given(),
            ..case_entry(case, policy, told.tier, source, &terms, sittings, stored)
        };
        let subject = Subject {
            case: digest,
            head: revision(case.head),
        };
        Ok(Self {
            digest,
            manifest,
            terms,
            entry,
            subject,
        })
    }

    /// What the case entry says, but for the name of the hearing, which is drawn when the case is sealed.
    #[must_use]
    pub fn said(&self) -> &CaseEntry {
        &self.entry
    }

    /// Makes the hearing the answer to an appeal. What identifies the case stays as it is.
    pub fn answer(&mut self, appeal: EntryId) {
        self.entry.appeal = Some(appeal);
    }

    /// What the case is about.
    #[must_use]
    pub fn subject(&self) -> Subject {
        self.subject
    }
}

/// Everything that identifies a case but the manifest of its change.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    /// The change.
    pub case: &'a Case,
    /// SHA-256 of the policy.
    pub policy: Digest,
    /// The council, the settings and the waivers in force.
    pub terms: &'a Terms,
    /// SHA-256 of each seat's component.
    pub components: &'a [Digest],
    /// SHA-256 of what judges are told besides.
    pub briefing: Digest,
    /// The documents given.
    pub documents: &'a [Document],
}

impl Given<'_> {
    /// Computes the digest that identifies the case, given that of its manifest.
    ///
    /// # Errors
    ///
    /// [`DocketFault`] for numbers that canonical JSON cannot hold.
    pub fn digest(&self, manifest: Digest) -> Result<Digest, DocketFault> {
        let inputs = Inputs {
            base: self.case.base.map(revision),
            head: revision(self.case.head),
            range: range(self.case.kind),
            manifest,
            messages: case::digest::messages(self.case),
            policy: self.policy,
            terms: self.terms,
            components: self.components,
            briefing: self.briefing,
            documents: self.documents,
            diff_profile: DIFF_PROFILE,
        };
        Ok(inputs.digest()?)
    }
}

/// What every entry of one hearing shares.
#[derive(Debug, Clone)]
pub struct Header {
    /// The log.
    pub log: LogId,
    /// The time now.
    pub time: Time,
    /// Who asked.
    pub actor: Actor,
}

/// The entry that seals a case, for one hearing of it.
#[must_use]
pub fn case_sealed(header: &Header, docket: &Docket, hearing: HearingId) -> Entry {
    entry(
        header,
        docket,
        Content::Case(Box::new(CaseEntry {
            hearing,
            ..docket.entry.clone()
        })),
    )
}

/// The entry of one seat, and the whole opinion's document, behind `salt`, where there is an opinion.
///
/// # Errors
///
/// When the opinion cannot be written as canonical JSON; none that passed the sandbox is such.
pub fn seat_heard(
    header: &Header,
    docket: &Docket,
    previous: EntryId,
    sitting: &Sitting,
    testimony: &Testimony,
    salt: &Salt,
) -> Result<(Entry, Option<Vec<u8>>), DocketFault> {
    let (answer, document) = match &testimony.heard {
        Ok(opinion) => {
            let document = OpinionDocument {
                case: docket.digest,
                judge: sitting.brief.judge.clone(),
                component: sitting.component,
                opinion: opinion.clone(),
            };
            let document = document.to_salted(salt)?;
            let spoken = Spoken::of(opinion, &docket.terms, salt, Stored::of(&document));
            (Answer::Spoken(Box::new(spoken)), Some(document))
        }
        Err(reason) => (
            Answer::NoOpinion {
                reason: *reason,
                detail: sentence(*reason).to_owned(),
            },
            None,
        ),
    };
    let record = OpinionRecord {
        previous,
        judge: sitting.brief.judge.clone(),
        component: sitting.component,
        engine_profile: PROFILE.to_owned(),
        answer,
        transcript: Transcript {
            digest: testimony.transcript,
            host_calls: testimony.host_calls,
        },
        fuel: testimony.fuel_spent,
    };
    Ok((entry(header, docket, Content::Opinion(Box::new(record))), document))
}

/// The entry of the verdict; none when not every seat has its entry.
#[must_use]
pub fn decided(
    header: &Header,
    docket: &Docket,
    verdict: &Verdict,
    case: EntryId,
    opinions: &[EntryId],
) -> Option<Entry> {
    let record = VerdictRecord::new(verdict, case, opinions)?;
    Some(entry(header, docket, Content::Verdict(Box::new(record))))
}

fn entry(header: &Header, docket: &Docket, content: Content) -> Entry {
    about(header, docket.subject, content)
}

/// An entry about what was judged. The header names who is behind it.
#[must_use]
pub fn about(header: &Header, subject: Subject, content: Content) -> Entry {
    Entry {
        log: header.log,
        time: header.time,
        actor: header.actor.clone(),
        subject,
        content,
    }
}

fn case_entry(
    case: &Case,
    policy: &Policy,
    tier: Tier,
    source: &PolicySource,
    terms: &Terms,
    sittings: &[&Sitting],
    manifest: Stored,
) -> CaseEntry {
    let budget = policy.budget(tier);
    let seats = terms.council.seats.iter().zip(sittings).map(|(seat, sitting)| {
        let (name, version) = &sitting.described;
        let named = |text: &String| (!text.is_empty()).then(|| text.clone());
        let component = Component {
            digest: sitting.component,
            name: named(name).unwrap_or_else(|| seat.judge.clone()),
            version: named(version),
        };
        SeatTerms {
            seat: seat.clone(),
            component,
        }
    });
    let settings = policy.settings().iter().map(|setting| SettingTerms {
        setting: setting.to_rule_setting(),
        parameters: setting
            .parameters
            .iter()
            .map(|(name, value)| (name.clone(), *value))
            .collect(),
    });
    CaseEntry {
        // Drawn when the case is sealed; see `case_sealed`.
        hearing: HearingId::from_bytes([0; 16]),
        base: case.base.map(revision),
        range: range(case.kind),
        manifest,
        counts: Counts {
            files: case.changes.len() as u64,
            added_lines: case.added_lines(),
            removed_lines: case.removed_lines(),
        },
        policy: PolicyEntry {
            source: source_entry(source),
            digest: policy.digest(),
        },
        budget: Budget {
            tier: budget.tier.number(),
            files_max: u64::from(budget.files_max),
            lines_max: u64::from(budget.lines_max),
        },
        council: terms.council.name.clone(),
        seats: seats.collect(),
        quorum: terms.council.quorum,
        rule: terms.council.rule,
        settings: settings.collect(),
        waivers: terms.waivers.clone(),
        appeal: None,
        // Of what is told; see `Docket::write`.
        given: BTreeMap::new(),
        briefing: Digest::of(&[]),
        documents: Vec::new(),
        diff_profile: DIFF_PROFILE.to_owned(),
        messages: case::digest::messages(case),
        runtime_version: env!("CARGO_PKG_VERSION").to_owned(),
        engine_profile: PROFILE.to_owned(),
    }
}

fn revision(state: State) -> Revision {
    Revision {
        commit: state.commit,
        tree: state.tree,
    }
}

fn range(kind: RangeKind) -> RangeEntry {
    match kind {
        RangeKind::FirstParent => RangeEntry::FirstParent,
        RangeKind::TwoDot => RangeEntry::TwoDot,
        RangeKind::ThreeDot => RangeEntry::ThreeDot,
    }
}

fn source_entry(source: &PolicySource) -> PolicySourceEntry {
    match source {
        PolicySource::Base { path } => PolicySourceEntry::Base { path: path.clone() },
        PolicySource::File { path } => PolicySourceEntry::File { path: path.clone() },
        PolicySource::Default => PolicySourceEntry::Default,
    }
}

/// What a chain says of a missing opinion. A fixed sentence: what a guest wrote of itself is no fit thing to keep for ever.
#[must_use]
pub fn sentence(absence: Absence) -> &'static str {
    match absence {
        Absence::Unusable => "the component could not be loaded as a judge",
        Absence::Trapped => "the component trapped",
        Absence::FuelExhausted => "the component used up its fuel",
        Absence::TimedOut => "the component ran longer than its wall time",
        Absence::MemoryExhausted => "the component needed more memory than its role allows",
        Absence::HostLimit => "the component made more host calls than its role allows",
        Absence::Malformed => "the component's answer breaks the contract",
        Absence::Faulted => "the component answered with a fault of its own",
    }
}
