//! What stands in the own log about one verdict: its case, and what people have said of it.

use std::collections::HashMap;

use assize_provenance::entry::{Case, Content, Entry, EntryId, OverrideRecord, SignedEntry};
use assize_provenance::key::PublicKey;
use assize_provenance::log_id::LogId;
use assize_provenance::log_reader::{LogReadError, LogReader};
use assize_provenance::verdict::Outcome;

use super::clerk::Clerk;
use super::recorded::RecordFault;
use super::told;
use crate::case::evidence::Objects;
use crate::case::history::HistoryError;
use crate::waiver::is_same_person;

/// Why it is not known what stands in the log.
#[derive(Debug, thiserror::Error)]
pub enum StandingFault {
    /// The chain cannot be written.
    #[error(transparent)]
    Record(#[from] RecordFault),
    /// The own log cannot be read.
    #[error(transparent)]
    Log(#[from] LogReadError),
    /// The commits of the change cannot be read.
    #[error(transparent)]
    History(#[from] HistoryError),
}

impl StandingFault {
    /// Whether the machine failed, rather than what it was given.
    #[must_use]
    pub fn is_machine(&self) -> bool {
        match self {
            Self::Record(fault) => fault.is_machine(),
            Self::Log(LogReadError::Read(error)) => error.is_machine(),
            Self::Log(_) => false,
            Self::History(error) => error.is_machine(),
        }
    }
}

/// Something that a person said, with its position in the log.
#[derive(Debug, Clone)]
pub struct Said {
    /// The entry.
    pub entry: SignedEntry,
    /// Its position, from 0.
    pub index: u64,
}

/// What stands in the own log about one verdict.
#[derive(Debug)]
pub struct Standing {
    /// The verdict's entry.
    pub id: EntryId,
    /// What it says.
    pub verdict: Entry,
    /// What the council decided.
    pub outcome: Outcome,
    /// The case entry.
    pub case: Case,
    /// The person's verdict in its place.
    pub overridden: Option<Said>,
    /// The confirmations and refusals, newest first.
    pub approvals: Vec<Said>,
    /// The appeal against it.
    pub appealed: Option<Said>,
    /// The verdict that answers the appeal.
    pub answered: Option<EntryId>,
    /// How many entries the log has: where the next one stands at the earliest.
    pub size: u64,
}

impl Standing {
    /// What holds of the case before anybody confirms or refuses it: the person's verdict, else the council's.
    #[must_use]
    pub const fn answer(&self) -> Outcome {
        match self.overridden {
            Some(_) => OverrideRecord::OUTCOME,
            None => self.outcome,
        }
    }

    /// Whether somebody of these names made a commit of the change.
    ///
    /// # Errors
    ///
    /// [`HistoryError`] when the commits cannot be read.
    pub fn is_author(&self, objects: &Objects, names: &[&str]) -> Result<bool, HistoryError> {
        let base = self.case.base.map(|base| base.commit);
        // Every commit counts, however many they are: one that is not looked at could be the person's.
        let authors = told::authors(objects, base, self.verdict.subject.head.commit, usize::MAX)?;
        let mut names = names.iter().flat_map(|name| told::names_in(name));
        Ok(names.any(|name| authors.iter().any(|author| is_same_person(author, name))))
    }
}

/// Looks in the own log, newest first, for a verdict, named by its entry or by that of an override; none where it is not there,
/// or somebody else signed it. What was acknowledged and not sealed is sealed first.
///
/// # Errors
///
/// [`StandingFault`] when the chain cannot be read.
pub fn standing(objects: &Objects, clerk: &Clerk, about: EntryId) -> Result<Option<Standing>, StandingFault> {
    clerk.seal()?;
    let chain = clerk.chain();
    standing_in(objects, chain.log(), Some(chain.council_key()), about)
}

/// The same in some log as it is sealed, whoever writes it. Without the key of its council, whose verdict it is is for others to
/// look at.
///
/// # Errors
///
/// [`StandingFault`] when the log cannot be read.
pub fn standing_in(
    objects: &Objects,
    log: LogId,
    council: Option<PublicKey>,
    about: EntryId,
) -> Result<Option<Standing>, StandingFault> {
    let name = log.log_ref();
    let refs = objects.refs(&name).map_err(LogReadError::from)?;
    let Some((_, tip)) = refs.into_iter().find(|(found, _)| *found == name) else {
        return Ok(None);
    };
    let mut log = LogReader::open(objects, tip)?;
    let (mut wanted, mut seen) = (about, Seen::default());
    for index in (0..log.size()).rev() {
        let entry = log.entry(index)?;
        let (id, content) = (entry.id(), &entry.entry().content);
        match content {
            Content::Verdict(record) if id == wanted => {
                // Only what this clone signed itself counts.
                if council.is_some_and(|council| entry.verify(&council).is_err()) {
                    return Ok(None);
                }
                let opened = log.find(&record.case)?.map(|(_, opened)| opened);
                let case = opened.map(|opened| opened.entry().content.clone());
                let Some(Content::Case(case)) = case else {
                    return Ok(None);
                };
                let size = log.size();
                return Ok(Some(seen.about(&entry, record.outcome, *case, size)));
            }
            _ if id == wanted => match content {
                Content::Override(record) => wanted = record.previous,
                _ => return Ok(None),
            },
            _ => {}
        }
        seen.take(entry, index);
    }
    Ok(None)
}

/// What was passed on the way to a verdict.
#[derive(Default)]
struct Seen {
    /// What people said, newest first.
    said: Vec<Said>,
    /// Verdicts by their cases.
    verdicts: HashMap<EntryId, EntryId>,
    /// Cases by the appeals that they answer.
    answers: Vec<(EntryId, EntryId)>,
}

impl Seen {
    fn take(&mut self, entry: SignedEntry, index: u64) {
        match &entry.entry().content {
            Content::Override(_) | Content::Approval(_) | Content::Appeal(_) => self.said.push(Said { entry, index }),
            Content::Verdict(record) => {
                self.verdicts.insert(record.case, entry.id());
            }
            Content::Case(case) => self.answers.extend(case.appeal.map(|appeal| (appeal, entry.id()))),
            Content::Opinion(_) | Content::Waiver(_) => {}
        }
    }

    fn about(self, verdict: &SignedEntry, outcome: Outcome, case: Case, size: u64) -> Standing {
        let id = verdict.id();
        let (mut overridden, mut approvals, mut appealed) = (None, Vec::new(), None);
        for said in self.said {
            let content = &said.entry.entry().content;
            match content {
                _ if content.previous() != Some(id) => {}
                Content::Override(_) => overridden = Some(said),
                Content::Approval(_) => approvals.push(said),
                Content::Appeal(_) => appealed = Some(said),
                _ => {}
            }
        }
        let appeal = appealed.as_ref().map(|said| said.entry.id());
        let mut heard = self.answers.iter().filter(|(answers, _)| Some(*answers) == appeal);
        let answered = heard.find_map(|(_, case)| self.verdicts.get(case).copied());
        Standing {
            id,
            verdict: verdict.entry().clone(),
            outcome,
            case,
            overridden,
            approvals,
            appealed,
            answered,
            size,
        }
    }
}
