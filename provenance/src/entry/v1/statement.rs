//! The in-toto Statement (in-toto attestation, `spec/v1/statement.md`) around every entry.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::FormError;
use super::case::CaseV1;
use super::opinion::OpinionV1;
use super::overruled::OverrideV1;
use super::people::{AppealV1, ApprovalV1, WaiverStepV1};
use super::text::{Bounded, Text, Word};
use super::verdict::VerdictV1;
use crate::canonical;
use crate::digest::Digest;
use crate::entry::{Actor, ActorKind, Content, Entry, Revision, Subject, TEXT_BYTES_MAX};
use crate::log_id::LogId;
use crate::reader::ObjectId;
use crate::time::Time;

const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
const PREDICATE_PREFIX: &str = "urn:x-assize:v1:";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StatementV1<P> {
    #[serde(rename = "_type")]
    statement_type: String,
    predicate: P,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    subject: (Named<CaseDigest>, Named<GitDigest>),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named<D> {
    digest: D,
    name: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseDigest {
    sha256: Text<Digest>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct GitDigest {
    git_commit: Text<ObjectId>,
    git_tree: Text<ObjectId>,
}

/// The fields that every predicate has. In each they stand among its own, in the order of the names, and are named there once
/// more: so a predicate is read and written as it stands.
pub(super) struct CommonV1 {
    pub(super) actor: ActorV1,
    pub(super) log: Text<LogId>,
    pub(super) time: Text<Time>,
}

/// A kind's own form.
pub(super) trait Predicate: Serialize + DeserializeOwned {
    /// Takes it apart.
    fn into_domain(self) -> Result<(CommonV1, Content), FormError>;
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ActorV1 {
    kind: Word<ActorKind>,
    name: Bounded<TEXT_BYTES_MAX>,
}

impl From<Revision> for GitDigest {
    fn from(revision: Revision) -> Self {
        Self {
            git_commit: Text(revision.commit),
            git_tree: Text(revision.tree),
        }
    }
}

impl From<GitDigest> for Revision {
    fn from(digest: GitDigest) -> Self {
        Self {
            commit: digest.git_commit.0,
            tree: digest.git_tree.0,
        }
    }
}

/// Writes the Statement behind what is there.
pub(super) fn write(entry: &Entry, to: &mut Vec<u8>) -> Result<(), FormError> {
    let common = CommonV1 {
        actor: ActorV1 {
            kind: Word(entry.actor.kind),
            name: Bounded(entry.actor.name.clone()),
        },
        log: Text(entry.log),
        time: Text(entry.time),
    };
    match &entry.content {
        Content::Case(case) => write_as(entry, CaseV1::of(common, case), to),
        Content::Opinion(opinion) => write_as(entry, OpinionV1::of(common, opinion), to),
        Content::Verdict(verdict) => write_as(entry, VerdictV1::of(common, verdict), to),
        Content::Override(record) => write_as(entry, OverrideV1::of(common, record), to),
        Content::Approval(record) => write_as(entry, ApprovalV1::of(common, record), to),
        Content::Appeal(record) => write_as(entry, AppealV1::of(common, record), to),
        Content::Waiver(record) => write_as(entry, WaiverStepV1::of(common, record), to),
    }
}

fn write_as<P: Predicate>(entry: &Entry, predicate: P, to: &mut Vec<u8>) -> Result<(), FormError> {
    let Subject { case, head } = entry.subject;
    let statement = StatementV1 {
        statement_type: STATEMENT_TYPE.to_owned(),
        predicate,
        predicate_type: format!("{PREDICATE_PREFIX}{}", entry.content.kind()),
        subject: (
            Named {
                digest: CaseDigest { sha256: Text(case) },
                name: subject_name(&entry.content).to_owned(),
            },
            Named {
                digest: GitDigest::from(head),
                name: "head".to_owned(),
            },
        ),
    };
    Ok(canonical::write_typed(&statement, to)?)
}

/// What the first subject is called.
const fn subject_name(content: &Content) -> &'static str {
    match content {
        Content::Waiver(_) => "waiver",
        _ => "case",
    }
}

/// Calls a function of a kind's form and of some bytes, by the word for the kind.
macro_rules! by_kind {
    ($kind:expr, $function:ident($bytes:expr)) => {
        match $kind {
            "case" => $function::<$crate::entry::v1::case::CaseV1>($bytes),
            "opinion" => $function::<$crate::entry::v1::opinion::OpinionV1>($bytes),
            "verdict" => $function::<$crate::entry::v1::verdict::VerdictV1>($bytes),
            "override" => $function::<$crate::entry::v1::overruled::OverrideV1>($bytes),
            "approval" => $function::<$crate::entry::v1::people::ApprovalV1>($bytes),
            "appeal" => $function::<$crate::entry::v1::people::AppealV1>($bytes),
            "waiver" => $function::<$crate::entry::v1::people::WaiverStepV1>($bytes),
            _ => Err($crate::entry::v1::FormError::Field(
                "an unknown kind of entry".to_owned(),
            )),
        }
    };
}
pub(super) use by_kind;

/// What must be known of a Statement before it can be read.
#[derive(Deserialize)]
struct PredicateTypeV1 {
    #[serde(rename = "predicateType")]
    predicate_type: String,
}

/// Reads a Statement in whatever spelling. The caller compares what it writes with what was read, which also settles the
/// constant fields.
pub(super) fn read(bytes: &[u8]) -> Result<Entry, FormError> {
    let PredicateTypeV1 { predicate_type } = canonical::read_typed(bytes)?;
    let kind = predicate_type.strip_prefix(PREDICATE_PREFIX).unwrap_or_default();
    by_kind!(kind, read_as(bytes))
}

fn read_as<P: Predicate>(bytes: &[u8]) -> Result<Entry, FormError> {
    canonical::read_typed::<StatementV1<P>>(bytes)?.into_domain()
}

impl<P: Predicate> StatementV1<P> {
    /// Takes it apart. Its constant fields are settled by writing it again.
    pub(super) fn into_domain(self) -> Result<Entry, FormError> {
        let (common, content) = self.predicate.into_domain()?;
        let (case, head) = self.subject;
        Ok(Entry {
            log: common.log.0,
            time: common.time.0,
            actor: Actor {
                kind: common.actor.kind.0,
                name: common.actor.name.0,
            },
            subject: Subject {
                case: case.digest.sha256.0,
                head: head.digest.into(),
            },
            content,
        })
    }
}
