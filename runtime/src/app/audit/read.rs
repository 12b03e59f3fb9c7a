//! Entries as they stand, unchecked: only `verify` tells whether they are to be believed.

use assize_provenance::entry::v1::word;
use assize_provenance::entry::{Answer, Content, Entry, OverrideRecord, Reason, SignedEntry, WaiverRecord};
use assize_provenance::log_id::{LOG_REF_PREFIX, LogId};
use assize_provenance::log_reader::{LogReadError, LogReader};
use assize_provenance::reader::{ObjectReader, ReadError};

use crate::app::durability::{election, reader_of, witnessed_size};
use crate::app::view::{LogEntryView, LogListView};
use crate::app::{App, Fault, TrustFiles};
use crate::chain::{Durability, Waiting};

/// How short the start of an entry's id may be.
const ID_DIGITS_MIN: usize = 4;

/// How much of an entry's id is shown where another one names it.
const ID_DIGITS_SHOWN: usize = 12;

/// One entry, to be shown in any form.
#[derive(Debug)]
pub struct Shown {
    /// The entry in words.
    pub view: LogEntryView,
    /// The stored line.
    pub line: Vec<u8>,
    /// The compact JWS.
    pub jws: String,
    /// The DSSE envelope; verdicts and overrides only, and only where the key is known.
    pub dsse: Option<String>,
}

impl App {
    /// Lists every entry of every log, newest first within a log; before them those that this clone has not sealed yet.
    ///
    /// # Errors
    ///
    /// [`Fault`] when a log cannot be read.
    pub fn audit_log(&self) -> Result<LogListView, Fault> {
        let repository = self.repository()?;
        let home = self.home_if_there(&repository)?;
        let election = election(&repository, home.as_ref())?;
        let (waiting, mut logs) = (Waiting::of(&repository)?, logs(repository.objects().as_ref())?);
        let own = logs.iter().find(|log| Some(log.log()) == waiting.log);
        let mut entries = waiting_entries(&waiting, own.map_or(0, LogReader::size));
        for log in &mut logs {
            let witnessed = witnessed_size(&repository, &election, log)?;
            for index in (0..log.size()).rev() {
                let view = view(&log.entry(index)?, log.log().to_string(), index);
                let durability = level(index, witnessed).name();
                entries.push(LogEntryView { durability, ..view });
            }
        }
        Ok(LogListView {
            schema: "assize.log/1",
            entries,
        })
    }

    /// Finds one entry by the start of its id, or by `LOG:INDEX`.
    ///
    /// # Errors
    ///
    /// [`Fault`] when there is none, or more than one.
    pub fn audit_show(&self, wanted: &str) -> Result<Shown, Fault> {
        let repository = self.repository()?;
        let (entry, log, index) = find(repository.objects().as_ref(), wanted)?;
        let home = self.home_if_there(&repository)?;
        let trusted = self.trusted(&repository, home.as_ref(), TrustFiles::default())?;
        let election = election(&repository, home.as_ref())?;
        let witnessed = witnessed_size(&repository, &election, &mut reader_of(&repository, log)?)?;
        let dsse = trusted
            .council_key(entry.key_id())
            .and_then(|key| entry.dsse_envelope(key));
        Ok(Shown {
            view: LogEntryView {
                durability: level(index, witnessed).name(),
                ..view(&entry, log.to_string(), index)
            },
            line: entry.line().to_vec(),
            jws: entry.compact_jws(),
            dsse,
        })
    }
}

/// How safe a sealed entry is, where witnesses vouch for so many.
const fn level(index: u64, witnessed: u64) -> Durability {
    match index < witnessed {
        true => Durability::Witnessed,
        false => Durability::Sealed,
    }
}

/// What was acknowledged and is not in the log's commits, newest first.
fn waiting_entries(waiting: &Waiting, sealed: u64) -> Vec<LogEntryView> {
    let Some(log) = waiting.log else { return Vec::new() };
    let placed = (waiting.size..)
        .zip(&waiting.entries)
        .filter(|(index, _)| *index >= sealed);
    let shown = placed.map(|(index, entry)| LogEntryView {
        durability: Durability::Durable.name(),
        ..view(entry, log.to_string(), index)
    });
    let mut shown: Vec<LogEntryView> = shown.collect();
    shown.reverse();
    shown
}

/// Finds one entry by the start of its id, or by `LOG:INDEX`.
pub(super) fn find(reader: &dyn ObjectReader, wanted: &str) -> Result<(SignedEntry, LogId, u64), Fault> {
    let mut found = Vec::new();
    for mut log in logs(reader)? {
        let name = log.log();
        match wanted.split_once(':') {
            Some((prefix, index)) if name.to_string().starts_with(prefix) => {
                let index = index.parse().map_err(|_| unknown(wanted))?;
                if index < log.size() {
                    found.push((log.entry(index)?, name, index));
                }
            }
            Some(_) => {}
            None => {
                let wanted = wanted.to_ascii_lowercase();
                if wanted.len() < ID_DIGITS_MIN {
                    return Err(unknown(&wanted));
                }
                for index in (0..log.size()).rev() {
                    let entry = log.entry(index)?;
                    if entry.id().to_string().starts_with(&wanted) {
                        found.push((entry, name, index));
                    }
                }
            }
        }
    }
    found.dedup_by(|(a, ..), (b, ..)| a.id() == b.id());
    let is_empty = found.is_empty();
    match (found.pop(), found.is_empty()) {
        (Some(found), true) => Ok(found),
        _ if is_empty => Err(unknown(wanted)),
        _ => Err(ambiguous(wanted)),
    }
}

fn unknown(wanted: &str) -> Fault {
    Fault::wrong(
        format!("no log of this repository has an entry `{wanted}`"),
        "`assize audit log` lists the entries; name one by the first 4 or more digits of its id, or as LOG:INDEX",
    )
}

fn ambiguous(wanted: &str) -> Fault {
    Fault::wrong(
        format!("more than one entry starts with `{wanted}`"),
        "give more digits",
    )
}

/// Every log of the repository, by name.
pub(super) fn logs(reader: &dyn ObjectReader) -> Result<Vec<LogReader<'_>>, Fault> {
    let tips = reader.refs(LOG_REF_PREFIX)?;
    Ok(tips
        .into_iter()
        .map(|(_, tip)| LogReader::open(reader, tip))
        .collect::<Result<_, _>>()?)
}

impl From<LogReadError> for Fault {
    fn from(error: LogReadError) -> Self {
        match error {
            LogReadError::Read(error @ ReadError::Io { .. }) => Self::Read(error),
            other => Self::wrong(
                other.to_string(),
                "`assize audit verify` says what is wrong with the log",
            ),
        }
    }
}

/// One entry in words.
pub(super) fn view(entry: &SignedEntry, log: String, index: u64) -> LogEntryView {
    let said = entry.entry();
    let judge = match &said.content {
        Content::Opinion(opinion) => Some(opinion.judge.clone()),
        _ => None,
    };
    LogEntryView {
        id: entry.id().to_string(),
        log,
        index,
        kind: said.content.kind(),
        time: said.time.to_string(),
        actor: said.actor.name.clone(),
        case: said.subject.case.to_string(),
        head: said.subject.head.commit.to_string(),
        judge,
        about: about(said),
        previous: said.content.previous().map(|id| id.to_string()),
        key: entry.key_id().to_string(),
        durability: Durability::Sealed.name(),
    }
}

/// What an entry says, in one line.
fn about(said: &Entry) -> String {
    let by = &said.actor.name;
    let line = |reason: &Reason| reason.as_str().lines().collect::<Vec<_>>().join(" ");
    match &said.content {
        Content::Case(case) => {
            let appeal = case.appeal.map(|appeal| {
                let start: String = appeal.to_string().chars().take(ID_DIGITS_SHOWN).collect();
                format!(", in answer to the appeal {start}")
            });
            let (council, files) = (&case.council, case.counts.files);
            format!("council {council}, {files} files{}", appeal.unwrap_or_default())
        }
        Content::Opinion(opinion) => match &opinion.answer {
            Answer::Spoken(spoken) => word(&spoken.vote).to_owned(),
            Answer::NoOpinion { reason, .. } => word(reason).to_owned(),
        },
        Content::Verdict(verdict) => word(&verdict.outcome).to_owned(),
        Content::Override(record) => {
            let answer = word(&OverrideRecord::OUTCOME);
            let reason = line(&record.reason);
            format!("{answer} by {by} over council {}: {reason}", record.council)
        }
        Content::Approval(record) => {
            let reason = record.reason.as_ref().map(|reason| format!(": {}", line(reason)));
            let answer = word(&record.answer);
            format!(
                "{answer} by {by} behind council {}{}",
                record.council,
                reason.unwrap_or_default()
            )
        }
        Content::Appeal(record) => format!(
            "{by} appeals against council {}: {}",
            record.council,
            line(&record.reason)
        ),
        Content::Waiver(record) => match &**record {
            WaiverRecord::Proposed(terms) => {
                format!(
                    "{} for {} proposed by {by}: {}",
                    terms.id,
                    terms.rule,
                    line(&terms.reason)
                )
            }
            WaiverRecord::Approved { .. } => format!("approved by {by}"),
            WaiverRecord::Revoked { reason, .. } => format!("revoked by {by}: {}", line(reason)),
        },
    }
}
