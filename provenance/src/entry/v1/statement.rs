//! The in-toto Statement (in-toto attestation, `spec/v1/statement.md`) around every entry.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::FormError;
use super::case::CaseV1;
use super::opinion::OpinionV1;
use super::overruled::OverrideV1;
use super::people::{AppealV1, ApprovalV1, WaiverStepV1};
use super::text::{Bounded, Text, Word};
use super::verdict::VerdictV1;
use crate::digest::Digest;
use crate::entry::{Actor, ActorKind, Content, Entry, EntryId, Revision, Subject, TEXT_BYTES_MAX};
use crate::log_id::LogId;
use crate::reader::ObjectId;
use crate::time::Time;

const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
const PREDICATE_PREFIX: &str = "urn:x-assize:v1:";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StatementV1 {
    #[serde(rename = "_type")]
    statement_type: String,
    subject: (Named<CaseDigest>, Named<GitDigest>),
    #[serde(rename = "predicateType")]
    predicate_type: String,
    predicate: Map<String, Value>,
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

/// What every predicate starts with.
#[derive(Serialize, Deserialize)]
struct CommonV1 {
    actor: ActorV1,
    log: Text<LogId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    prev: Option<Text<EntryId>>,
    time: Text<Time>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ActorV1 {
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

/// Writes the Statement.
pub(super) fn to_value(entry: &Entry) -> Result<Value, FormError> {
    let common = CommonV1 {
        actor: ActorV1 {
            kind: Word(entry.actor.kind),
            name: Bounded(entry.actor.name.clone()),
        },
        log: Text(entry.log),
        prev: entry.content.previous().map(Text),
        time: Text(entry.time),
    };
    let own = match &entry.content {
        Content::Case(case) => serde_json::to_value(CaseV1::from(&**case)),
        Content::Opinion(opinion) => serde_json::to_value(OpinionV1::from(&**opinion)),
        Content::Verdict(verdict) => serde_json::to_value(VerdictV1::from(&**verdict)),
        Content::Override(record) => serde_json::to_value(OverrideV1::from(&**record)),
        Content::Approval(record) => serde_json::to_value(ApprovalV1::from(&**record)),
        Content::Appeal(record) => serde_json::to_value(AppealV1::from(&**record)),
        Content::Waiver(record) => serde_json::to_value(WaiverStepV1::from(&**record)),
    };
    let (Value::Object(mut predicate), Value::Object(own)) = (
        serde_json::to_value(common).map_err(FormError::field)?,
        own.map_err(FormError::field)?,
    ) else {
        return Err(FormError::Field("a predicate is an object".to_owned()));
    };
    predicate.extend(own);
    let Subject { case, head } = entry.subject;
    let statement = StatementV1 {
        statement_type: STATEMENT_TYPE.to_owned(),
        subject: (
            Named {
                name: subject_name(&entry.content).to_owned(),
                digest: CaseDigest { sha256: Text(case) },
            },
            Named {
                name: "head".to_owned(),
                digest: GitDigest::from(head),
            },
        ),
        predicate_type: format!("{PREDICATE_PREFIX}{}", entry.content.kind()),
        predicate,
    };
    serde_json::to_value(statement).map_err(FormError::field)
}

/// What the first subject is called.
const fn subject_name(content: &Content) -> &'static str {
    match content {
        Content::Waiver(_) => "waiver",
        _ => "case",
    }
}

/// Reads the Statement. The caller compares what it writes with what was read, which also settles the constant fields.
pub(super) fn from_value(value: Value) -> Result<Entry, FormError> {
    let statement: StatementV1 = serde_json::from_value(value).map_err(FormError::field)?;
    let mut own = statement.predicate;
    let fields = ["actor", "log", "prev", "time"];
    let common: Map<String, Value> = fields.iter().filter_map(|field| own.remove_entry(*field)).collect();
    let common: CommonV1 = serde_json::from_value(Value::Object(common)).map_err(FormError::field)?;
    let own = Value::Object(own);
    let previous = || {
        common
            .prev
            .map(|prev| prev.0)
            .ok_or_else(|| FormError::Field("`prev` is missing".to_owned()))
    };
    let content = match statement.predicate_type.strip_prefix(PREDICATE_PREFIX) {
        Some("case") => Content::Case(Box::new(read::<CaseV1>(own)?.try_into()?)),
        Some("opinion") => Content::Opinion(Box::new(read::<OpinionV1>(own)?.into_domain(previous()?)?)),
        Some("verdict") => Content::Verdict(Box::new(read::<VerdictV1>(own)?.into_domain(previous()?)?)),
        Some("override") => Content::Override(Box::new(read::<OverrideV1>(own)?.into_domain(previous()?)?)),
        Some("approval") => Content::Approval(Box::new(read::<ApprovalV1>(own)?.into_domain(previous()?)?)),
        Some("appeal") => Content::Appeal(Box::new(read::<AppealV1>(own)?.into_domain(previous()?))),
        Some("waiver") => {
            let previous = common.prev.map(|prev| prev.0);
            Content::Waiver(Box::new(read::<WaiverStepV1>(own)?.into_domain(previous)?))
        }
        _ => return Err(FormError::Field("an unknown predicate type".to_owned())),
    };
    let (case, head) = statement.subject;
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

fn read<T: for<'de> Deserialize<'de>>(value: Value) -> Result<T, FormError> {
    serde_json::from_value(value).map_err(FormError::field)
}
