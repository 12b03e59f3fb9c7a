//! The cases of a log, each followed from its opening to its verdict, and to a person's override of it.

use std::collections::{HashMap, HashSet};

use super::claims::Claims;
use super::people::{People, Ruled, Spoken};
use super::workers::Weighed;
use crate::entry::v1::document::OpinionDocument;
use crate::entry::{
    self, Answer, Case, Content, Countable, Entry, EntryId, OpinionRecord, SignedEntry, Stored, Subject, VerdictRecord,
};
use crate::evidence::{DocumentKind, Evidence, Looked};
use crate::key::Role;
use crate::reader::ReadError;
use crate::report::{Claim, DecidedCase, FaultCode, Place};
use crate::verdict::{self, Terms, decide};

/// Which of the decided cases a report keeps. Of the others it keeps what later entries are held against.
#[derive(Clone, Copy)]
pub enum Keep<'run> {
    /// All of them.
    All,
    /// None: they are only counted.
    Nothing,
    /// Those for which this holds when their verdict is read, before anybody speaks of it.
    Those(&'run dyn Fn(&DecidedCase) -> bool),
}

impl Keep<'_> {
    fn keeps(self, decided: &DecidedCase) -> bool {
        match self {
            Self::All => true,
            Self::Nothing => false,
            Self::Those(wanted) => wanted(decided),
        }
    }
}

/// An entry that somebody who is believed has signed.
pub(super) struct Heard {
    pub(super) entry: SignedEntry,
    pub(super) role: Role,
    pub(super) index: u64,
    pub(super) place: Place,
    pub(super) weighed: Option<Weighed>,
}

/// A case without verdict yet.
struct OpenCase {
    id: EntryId,
    index: u64,
    subject: Subject,
    case: Box<Case>,
    terms: Terms,
    /// The appeal that its verdict answers.
    answers: Option<EntryId>,
    /// Each seat's opinion entry and what can be counted of it.
    opinions: Vec<(EntryId, Option<verdict::Heard>)>,
}

/// The cases of one log.
pub(super) struct Docket<'reader> {
    evidence: Evidence<'reader>,
    people: People<'reader>,
    /// By their newest entry, which the next one must name.
    open: HashMap<EntryId, Box<OpenCase>>,
    opened: HashSet<EntryId>,
    keep: Keep<'reader>,
    decided: Vec<DecidedCase>,
    /// What holds of each verdict, by its entry.
    verdicts: HashMap<EntryId, Ruled>,
    /// Whether any verdict stands in the log, right or wrong.
    has_verdict: bool,
}

impl<'reader> Docket<'reader> {
    pub(super) fn new(evidence: Evidence<'reader>, people: People<'reader>, keep: Keep<'reader>) -> Self {
        Self {
            evidence,
            people,
            open: HashMap::new(),
            opened: HashSet::new(),
            keep,
            decided: Vec::new(),
            verdicts: HashMap::new(),
            has_verdict: false,
        }
    }

    /// Takes the next entry of the log.
    pub(super) fn hear(&mut self, heard: Heard, claims: &mut Claims) -> Result<(), ReadError> {
        let Heard {
            entry,
            role,
            index,
            place,
            weighed,
        } = heard;
        match &entry.entry().content {
            Content::Case(_) => match weighed {
                Some(weighed) => self.open_case(entry, weighed, index, place, claims),
                None => Ok(()),
            },
            Content::Opinion(opinion) => self.hear_opinion(&entry, opinion, place, claims),
            Content::Verdict(verdict) => {
                self.has_verdict = true;
                self.decide(&entry, verdict, index, place, claims);
                Ok(())
            }
            Content::Override(_) | Content::Approval(_) | Content::Appeal(_) | Content::Waiver(_) => {
                let spoken = Spoken {
                    entry: &entry,
                    role,
                    index,
                    place,
                };
                match (&entry.entry().content, entry.entry().content.previous()) {
                    (Content::Waiver(record), _) => self.people.waive(&spoken, record, claims),
                    (_, Some(previous)) => self.person(&spoken, previous, claims),
                    (_, None) => {}
                }
                Ok(())
            }
        }
    }

    fn open_case(
        &mut self,
        entry: SignedEntry,
        weighed: Weighed,
        index: u64,
        place: Place,
        claims: &mut Claims,
    ) -> Result<(), ReadError> {
        let id = entry.id();
        let Entry {
            log,
            subject,
            time,
            content,
            ..
        } = entry.into_entry();
        let Content::Case(case) = content else { return Ok(()) };
        if !self.opened.insert(id) {
            claims.fault(
                FaultCode::EntryTwice,
                place,
                format!("the case of entry {index} is in the log twice"),
            );
            return Ok(());
        }
        let Weighed { terms, has_its_digest } = weighed;
        if let Err(error) = terms.council.check() {
            claims.fault(
                FaultCode::CouncilTerms,
                place,
                format!("the council of entry {index}: {error}"),
            );
        }
        if !has_its_digest {
            let sentence = format!("the case of entry {index} has another digest than the entry gives it");
            claims.fault(FaultCode::CaseDigest, place, sentence);
        }
        self.people.weigh((log, time), &case, index, place, claims);
        let answers = case
            .appeal
            .filter(|appeal| self.people.may_answer(*appeal, index, place, claims));
        self.look(DocumentKind::Case, case.manifest, place, claims)?;
        let opened = OpenCase {
            id,
            index,
            subject,
            case,
            terms,
            answers,
            opinions: Vec::new(),
        };
        self.open.insert(id, Box::new(opened));
        Ok(())
    }

    /// Takes the case that an entry continues, or notes that there is none.
    fn continued(
        &mut self,
        entry: &SignedEntry,
        previous: EntryId,
        place: Place,
        claims: &mut Claims,
    ) -> Option<Box<OpenCase>> {
        let kind = entry.entry().content.kind();
        match self.open.remove(&previous) {
            Some(open) if open.subject == entry.entry().subject => Some(open),
            Some(_) => {
                claims.fault(
                    FaultCode::EntryOrder,
                    place,
                    format!("a {kind} entry speaks of another case than it continues"),
                );
                None
            }
            None => {
                claims.fault(
                    FaultCode::EntryOrder,
                    place,
                    format!("a {kind} entry does not continue any case that is open here"),
                );
                None
            }
        }
    }

    fn hear_opinion(
        &mut self,
        entry: &SignedEntry,
        opinion: &OpinionRecord,
        place: Place,
        claims: &mut Claims,
    ) -> Result<(), ReadError> {
        let Some(mut open) = self.continued(entry, opinion.previous, place, claims) else {
            return Ok(());
        };
        let judge = &opinion.judge;
        let Some(seat) = open
            .case
            .seats
            .get(open.opinions.len())
            .filter(|seat| seat.seat.judge == *judge)
        else {
            claims.fault(
                FaultCode::EntryOrder,
                place,
                format!("the opinion of `{judge}` is not the one whose turn it is"),
            );
            return Ok(());
        };
        if opinion.component != seat.component.digest || opinion.engine_profile != open.case.engine_profile {
            let sentence =
                format!("the opinion of `{judge}` comes from another component or engine than the case declares");
            claims.fault(FaultCode::OpinionComponent, place, sentence);
        }
        let heard = match &opinion.answer {
            Answer::NoOpinion { reason, .. } => Some(Err(*reason)),
            Answer::Spoken(spoken) => self.count(&open, opinion, spoken, place, claims)?,
        };
        open.opinions.push((entry.id(), heard));
        self.open.insert(entry.id(), open);
        Ok(())
    }

    /// Returns what can be counted of an opinion, from the whole of it where that is here.
    fn count(
        &mut self,
        open: &OpenCase,
        opinion: &OpinionRecord,
        spoken: &entry::Spoken,
        place: Place,
        claims: &mut Claims,
    ) -> Result<Option<verdict::Heard>, ReadError> {
        let judge = &opinion.judge;
        if !spoken.is_coherent(&open.terms) {
            let sentence = format!("the opinion of `{judge}` contradicts itself or the terms of its case");
            claims.fault(FaultCode::OpinionSummary, place, sentence);
        }
        if let Some(bytes) = self.look(DocumentKind::Opinion, spoken.document, place, claims)? {
            let whole = OpinionDocument::parse_salted(&bytes).ok().filter(|(salt, document)| {
                let same = document.case == open.subject.case
                    && document.judge == *judge
                    && document.component == opinion.component;
                same && entry::Spoken::of(&document.opinion, &open.terms, salt, spoken.document) == *spoken
            });
            if let Some((_, document)) = whole {
                return Ok(Some(Ok(document.opinion)));
            }
            let sentence = format!("the opinion of `{judge}` says something else than its whole document");
            claims.fault(FaultCode::OpinionSummary, place, sentence);
        }
        Ok(match spoken.countable(&open.terms) {
            Countable::Heard(heard) => Some(heard),
            Countable::NeedsDocument => None,
        })
    }

    fn decide(&mut self, entry: &SignedEntry, verdict: &VerdictRecord, index: u64, place: Place, claims: &mut Claims) {
        let Some(open) = self.continued(entry, verdict.previous, place, claims) else {
            return;
        };
        let declared = open.case.seats.iter().map(|seat| &seat.seat.judge);
        let counted = verdict.seats.iter().map(|seat| (&seat.judge, seat.opinion));
        let heard = open.opinions.iter().map(|(id, _)| *id);
        let is_full = open.opinions.len() == open.case.seats.len();
        if verdict.case != open.id || !is_full || !counted.eq(declared.zip(heard)) {
            let sentence = format!("the verdict of entry {index} does not count exactly the seats its case declares");
            claims.fault(FaultCode::VerdictSeats, place, sentence);
            return;
        }
        let judges = open.case.seats.iter().map(|seat| seat.seat.judge.clone());
        let heard: Option<Vec<(String, verdict::Heard)>> = judges
            .zip(&open.opinions)
            .map(|(judge, (_, heard))| Some((judge, heard.clone()?)))
            .collect();
        match heard.map(|heard| decide(&open.terms, &heard)) {
            None => {
                let reason = format!("the verdict of entry {index} needs whole opinions that are not here");
                claims.unsettle(Claim::Verdict, reason);
            }
            Some(Ok(again)) if verdict.agrees_with(&again) => {}
            Some(_) => {
                let sentence = format!("the rule makes another verdict of the opinions than entry {index} says");
                claims.fault(FaultCode::VerdictRederived, place, sentence);
            }
        }
        let answered = open
            .answers
            .and_then(|appeal| self.people.answered(appeal, index, place, claims));
        if let Some(appealed) = answered.and_then(|verdict| self.verdicts.get(&verdict)) {
            let kept = appealed.kept.and_then(|kept| self.decided.get_mut(kept));
            if let Some(appealed) = kept.and_then(|decided| decided.appealed.as_mut()) {
                appealed.superseded_by = Some(entry.id());
            }
        }
        self.rule(*open, entry, verdict, index);
    }

    /// Takes note of a verdict, and keeps it where the caller wants that.
    fn rule(&mut self, open: OpenCase, entry: &SignedEntry, verdict: &VerdictRecord, index: u64) {
        let case = open.case;
        let mut ruled = Ruled::new(open.subject, &case.council, verdict.outcome);
        if !matches!(self.keep, Keep::Nothing) {
            let components = case
                .seats
                .into_iter()
                .map(|seat| (seat.seat.judge, seat.component.digest));
            let unsigned = case.waivers.into_iter().map(|waiver| waiver.id);
            let unsigned = unsigned.filter(|id| !case.given.contains_key(id));
            let decided = DecidedCase {
                case: open.id,
                opened: open.index,
                verdict: entry.id(),
                index,
                time: entry.entry().time,
                subject: open.subject,
                base: case.base,
                council: case.council,
                policy: case.policy.digest,
                documents: case.documents,
                components: components.collect(),
                outcome: verdict.outcome,
                ground: verdict.ground,
                overridden: None,
                approvals: Vec::new(),
                appealed: None,
                unsigned_waivers: unsigned.collect(),
            };
            if self.keep.keeps(&decided) {
                ruled.kept = Some(self.decided.len());
                self.decided.push(decided);
            }
        }
        self.verdicts.insert(entry.id(), ruled);
    }

    /// Takes what a person says of a verdict.
    fn person(&mut self, spoken: &Spoken<'_>, previous: EntryId, claims: &mut Claims) {
        let content = &spoken.entry.entry().content;
        let Some(ruled) = self.verdicts.get_mut(&previous) else {
            let (code, index) = (unfounded(content), spoken.index);
            let kind = content.kind();
            let sentence = format!("the {kind} of entry {index} does not follow any verdict that stands before it");
            claims.fault(code, spoken.place, sentence);
            return;
        };
        let kept = ruled.kept.and_then(|kept| self.decided.get_mut(kept));
        match content {
            Content::Override(record) => self.people.overrule(spoken, record, (ruled, kept), claims),
            Content::Approval(record) => self.people.approve(spoken, record, (ruled, kept), claims),
            Content::Appeal(record) => self.people.appeal(spoken, record, (ruled, kept), claims),
            Content::Case(_) | Content::Opinion(_) | Content::Verdict(_) | Content::Waiver(_) => {}
        }
    }

    /// Looks for a document and notes what is missing or wrong.
    fn look(
        &mut self,
        kind: DocumentKind,
        stored: Stored,
        place: Place,
        claims: &mut Claims,
    ) -> Result<Option<Vec<u8>>, ReadError> {
        match self.evidence.look(kind, stored)? {
            Looked::Found(bytes) => Ok(Some(bytes)),
            Looked::Absent => {
                let reason = format!("documents of the evidence are not here, such as {}", stored.digest);
                claims.unsettle(Claim::Completeness, reason);
                Ok(None)
            }
            Looked::Erased => {
                let reason = format!(
                    "documents of the evidence were erased by their keeper, such as {}",
                    stored.digest
                );
                claims.unsettle(Claim::Completeness, reason);
                Ok(None)
            }
            Looked::Wrong(object, sentence) => {
                let place = Place {
                    object: Some(object),
                    ..place
                };
                claims.fault(FaultCode::EvidenceMismatch, place, sentence);
                Ok(None)
            }
        }
    }

    /// Ends the log: notes what is unfinished where the log is `is_whole`, and returns how many cases were decided, and
    /// those that are kept.
    pub(super) fn close(self, is_whole: bool, claims: &mut Claims) -> (u64, Vec<DecidedCase>) {
        if let Some(first) = self.open.values().map(|open| open.index).min().filter(|_| is_whole) {
            let reason = format!(
                "{} of the cases have no verdict, the first is entry {first}",
                self.open.len()
            );
            claims.unsettle(Claim::Completeness, reason);
        }
        if is_whole && !self.has_verdict {
            claims.unsettle(Claim::Quorum, "there is no verdict in the log");
            claims.unsettle(Claim::Verdict, "there is no verdict in the log");
        }
        (u64::try_from(self.verdicts.len()).unwrap_or(u64::MAX), self.decided)
    }
}

/// The code of what a person says of a verdict that is not there.
const fn unfounded(content: &Content) -> FaultCode {
    match content {
        Content::Override(_) => FaultCode::OverrideOrder,
        Content::Approval(_) => FaultCode::ApprovalOrder,
        Content::Appeal(_) => FaultCode::AppealOrder,
        Content::Case(_) | Content::Opinion(_) | Content::Verdict(_) | Content::Waiver(_) => FaultCode::EntryOrder,
    }
}
