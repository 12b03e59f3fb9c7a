//! Entries in forms that other programs read, one line each, so that a log of any size can be written as it is read.
//!
//! | form | what a line is |
//! |---|---|
//! | [`json_line`] | canonical JSON (RFC 8785): the stored entry with its place |
//! | [`csv_row`] | the fields that every entry has, for tables (RFC 4180) |
//! | [`SignedEntry::compact_jws`](crate::entry::SignedEntry::compact_jws) | a compact JWS |
//! | [`SignedEntry::dsse_envelope`](crate::entry::SignedEntry::dsse_envelope) | a DSSE envelope, of what decides |
//! | [`summary`] | a verification summary, in a DSSE envelope |

use serde_json::{Value, json};

use crate::canonical::{self, CanonicalError};
use crate::entry::v1::word;
use crate::entry::{Answer, Content, LINE_BYTES_MAX, OverrideRecord, SignedEntry};
use crate::log_id::LogId;

pub mod summary;

/// The first row of a table of entries, with its line end.
pub const CSV_HEADER: &str = "log,index,id,kind,time,actor_kind,actor,case,head,judge,answer,previous,key\r\n";

/// Writes an entry with its place as one line of canonical JSON, without a line feed:
/// `{"entry":<as stored>,"id":…,"index":…,"log":…,"schema":"assize.entry/1"}`.
///
/// # Errors
///
/// [`CanonicalError`] for a position above 2^53 - 1.
pub fn json_line(log: LogId, index: u64, entry: &SignedEntry) -> Result<Vec<u8>, CanonicalError> {
    let stored: Value = canonical::parse(entry.line(), LINE_BYTES_MAX)?;
    canonical::to_bytes(&json!({
        "entry": stored,
        "id": entry.id().to_string(),
        "index": index,
        "log": log.to_string(),
        "schema": "assize.entry/1",
    }))
}

/// Writes an entry as one row of a table, with its line end. What a table program would take for a formula starts with `'`.
#[must_use]
pub fn csv_row(log: LogId, index: u64, entry: &SignedEntry) -> String {
    let said = entry.entry();
    let (judge, answer) = match &said.content {
        Content::Case(_) => ("", ""),
        Content::Opinion(opinion) => {
            let answer = match &opinion.answer {
                Answer::Spoken(spoken) => word(&spoken.vote),
                Answer::NoOpinion { reason, .. } => word(reason),
            };
            (opinion.judge.as_str(), answer)
        }
        Content::Verdict(verdict) => ("", word(&verdict.outcome)),
        Content::Override(_) => ("", word(&OverrideRecord::OUTCOME)),
    };
    let previous = said.content.previous().map(|id| id.to_string());
    let fields = [
        log.to_string(),
        index.to_string(),
        entry.id().to_string(),
        said.content.kind().to_owned(),
        said.time.to_string(),
        word(&said.actor.kind).to_owned(),
        said.actor.name.clone(),
        said.subject.case.to_string(),
        said.subject.head.commit.to_string(),
        judge.to_owned(),
        answer.to_owned(),
        previous.unwrap_or_default(),
        // A key id may start with `-`, and is no formula: its place in the row is known, its spelling must stay.
        entry.key_id().to_string(),
    ];
    let last = fields.len().saturating_sub(1);
    let written: Vec<String> = fields
        .iter()
        .enumerate()
        .map(|(place, field)| csv_field(field, place != last))
        .collect();
    format!("{}\r\n", written.join(","))
}

/// Quotes what must be quoted, and keeps formulas from being any.
fn csv_field(text: &str, guarded: bool) -> String {
    let is_formula = guarded && text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if is_formula {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains(['"', ',', '\r', '\n']) || text.starts_with(' ') || text.ends_with(' ') {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::{Actor, ActorKind};
    use crate::testing::{TestLog, sample_case, sample_subject};

    #[test]
    fn a_line_holds_the_entry_as_it_is_stored() {
        let mut log = TestLog::start(1, 2, 3, &[]);
        let entry = log.hear(1, &sample_case(), &[]).remove(0);
        let line = json_line(log.state.log(), 7, &entry).unwrap();
        let value = canonical::parse(&line, 1 << 20).unwrap();
        assert_eq!(canonical::to_bytes(&value["entry"]).unwrap(), entry.line());
        assert_eq!(value["index"], 7);
        assert_eq!(value["id"], entry.id().to_string());
    }

    #[test]
    fn a_row_has_every_field_and_no_formula() {
        let mut log = TestLog::start(1, 2, 3, &[]);
        let case = sample_case();
        let actor = Actor {
            kind: ActorKind::Person,
            name: "=HYPERLINK(\"x\"), or so".to_owned(),
        };
        let entry = log.sign_as(actor, sample_subject(1, &case), Content::Case(Box::new(case)));
        let row = csv_row(log.state.log(), 0, &entry);
        assert!(row.contains(",\"'=HYPERLINK(\"\"x\"\"), or so\","), "{row}");
        assert!(row.ends_with(&format!(",{}\r\n", entry.key_id())), "{row}");
        assert_eq!(CSV_HEADER.split(',').count(), 13);
        assert_eq!(csv_field("plain", true), "plain");
        assert_eq!(csv_field("-x", false), "-x");
    }
}
