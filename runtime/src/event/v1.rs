//! The stored form of events, version 1. Frozen: the fields of a kind never change, else it is a new version beside this one. A new
//! kind may join; a version of Assize that does not know it refuses the event, and never passes it over.
//!
//! An event is canonical JSON (RFC 8785) of at most [`BODY_BYTES_MAX`] bytes:
//!
//! ```text
//! {"at":"2026-01-31T23:59:59Z","event":{"kind":"access-checked","agent":…,…},"v":1}
//! ```
//!
//! The fields of each kind are those of [`Event`]. Digests and runs are lower-case hex, a value of an agent's state is padded
//! base64, a field without a value is absent, and unknown fields are refused.

use assize_provenance::canonical::{self, CanonicalError};
use assize_provenance::digest::Digest;
use assize_provenance::time::Time;
use serde::{Deserialize, Serialize};

use super::{Deed, Event, RunId, Step, VALUE_BYTES_MAX};

/// The largest event in stored form, in bytes: a value of an agent's state in base64, and what stands around it.
pub const BODY_BYTES_MAX: usize = VALUE_BYTES_MAX / 3 * 4 + (16 << 10);

/// Why bytes are no event in stored form, or an event has none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// It is not canonical JSON.
    #[error(transparent)]
    Canonical(#[from] CanonicalError),
    /// A field is missing, unknown, too long or of another type.
    #[error("not in the stored form of version 1: {0}")]
    Field(String),
}

impl FormError {
    fn field(error: impl std::fmt::Display) -> Self {
        Self::Field(error.to_string())
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BodyV1 {
    #[serde(with = "as_text")]
    at: Time,
    #[serde(with = "EventV1")]
    event: Event,
    v: u8,
}

/// The fields of [`Event`], which itself knows nothing of how it is stored.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Event", tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
enum EventV1 {
    RunStarted {
        #[serde(with = "as_text")]
        run: RunId,
        agent: String,
        plugin: String,
        #[serde(with = "as_text")]
        component: Digest,
        role: String,
        #[serde(with = "as_text")]
        policy: Digest,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on_behalf_of: Option<String>,
        actor: String,
        dir: String,
    },
    AccessChecked {
        #[serde(with = "as_text")]
        run: RunId,
        agent: String,
        role: String,
        permission: String,
        resource: String,
        granted: bool,
        reason: String,
        times: u64,
    },
    StateSet {
        #[serde(with = "as_text")]
        run: RunId,
        agent: String,
        key: String,
        version: u64,
        #[serde(default, skip_serializing_if = "Option::is_none", with = "as_base64")]
        value: Option<Vec<u8>>,
    },
    ArtifactStored {
        #[serde(with = "as_text")]
        run: RunId,
        agent: String,
        name: String,
        media_type: String,
        #[serde(with = "as_text")]
        digest: Digest,
        bytes: u64,
    },
    CommandRun {
        #[serde(with = "as_text")]
        run: RunId,
        agent: String,
        command: String,
        dir: String,
        confined: bool,
        outcome: String,
        wall_ms: u64,
        output_bytes: u64,
    },
    RequestSent {
        #[serde(with = "as_text")]
        run: RunId,
        agent: String,
        method: String,
        origin: String,
        path: String,
        secrets: String,
        status: u64,
        outcome: String,
        sent_bytes: u64,
        received_bytes: u64,
    },
    HostCalled {
        #[serde(with = "as_text")]
        run: RunId,
        agent: String,
        number: u64,
        permission: String,
        #[serde(with = "as_text")]
        arguments: Digest,
        #[serde(with = "as_text")]
        before: Digest,
        #[serde(default, skip_serializing_if = "Option::is_none", with = "as_optional_text")]
        answer: Option<Digest>,
    },
    Transcribed {
        #[serde(with = "as_text")]
        run: RunId,
        agent: String,
        calls: u64,
        dropped: u64,
        #[serde(with = "as_text")]
        transcript: Digest,
        #[serde(with = "as_text")]
        result: Digest,
    },
    RunEnded {
        #[serde(with = "as_text")]
        run: RunId,
        agent: String,
        outcome: String,
        detail: String,
        fuel_spent: u64,
        host_calls: u64,
        log_lines: u64,
        log_dropped: u64,
    },
    Workflow(#[serde(with = "StepV1")] Step),
    Board {
        #[serde(with = "as_text")]
        run: RunId,
        agent: String,
        #[serde(with = "DeedV1")]
        deed: Deed,
    },
}

/// The fields of [`Step`]; `step` says which it is.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Step", tag = "step", rename_all = "kebab-case", deny_unknown_fields)]
enum StepV1 {
    Started {
        #[serde(with = "as_text")]
        run: RunId,
        workflow: String,
        #[serde(with = "as_text")]
        plan: Digest,
        mode: String,
        base: String,
        branch: String,
        #[serde(with = "as_text")]
        policy: Digest,
        actor: String,
        at_ms: u64,
    },
    AttemptStarted {
        #[serde(with = "as_text")]
        run: RunId,
        task: String,
        attempt: u64,
        #[serde(with = "as_text")]
        call: RunId,
        base: String,
        at_ms: u64,
    },
    AttemptEnded {
        #[serde(with = "as_text")]
        run: RunId,
        task: String,
        attempt: u64,
        outcome: String,
        detail: String,
        #[serde(default, skip_serializing_if = "Option::is_none", with = "as_optional_text")]
        output: Option<Digest>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        commit: Option<String>,
        at_ms: u64,
    },
    Judged {
        #[serde(with = "as_text")]
        run: RunId,
        task: String,
        attempt: u64,
        council: String,
        decision: String,
        commit: String,
        #[serde(with = "as_text")]
        case: Digest,
        #[serde(with = "as_text")]
        entry: Digest,
        at_ms: u64,
    },
    Joined {
        #[serde(with = "as_text")]
        run: RunId,
        task: String,
        attempt: u64,
        onto: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        commit: Option<String>,
        detail: String,
        at_ms: u64,
    },
    Landed {
        #[serde(with = "as_text")]
        run: RunId,
        task: String,
        branch: String,
        commit: String,
        at_ms: u64,
    },
    Asked {
        #[serde(with = "as_text")]
        run: RunId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        task: Option<String>,
        request: String,
        author: String,
        #[serde(default, skip_serializing_if = "Option::is_none", with = "as_optional_text")]
        shown: Option<Digest>,
        text: String,
        #[serde(default, skip_serializing_if = "Option::is_none", with = "as_optional_text")]
        signed: Option<Digest>,
        at_ms: u64,
    },
    Answered {
        #[serde(with = "as_text")]
        run: RunId,
        asked: u64,
        accepted: bool,
        reason: String,
        at_ms: u64,
    },
    Ended {
        #[serde(with = "as_text")]
        run: RunId,
        outcome: String,
        detail: String,
        at_ms: u64,
    },
}

/// The fields of [`Deed`]; `did` says which it is.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Deed", tag = "did", rename_all = "kebab-case", deny_unknown_fields)]
enum DeedV1 {
    TaskCreated {
        title: String,
        #[serde(with = "as_text")]
        description: Digest,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        task_type: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        role: Option<String>,
        priority: i64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parent: Option<u64>,
        needs: Vec<u64>,
    },
    TaskClaimed {
        task: u64,
    },
    TaskCompleted {
        task: u64,
        #[serde(with = "as_text")]
        output: Digest,
    },
    TaskFailed {
        task: u64,
        reason: String,
    },
    TaskUpdated {
        task: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        title: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none", with = "as_optional_text")]
        description: Option<Digest>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        priority: Option<i64>,
    },
    TaskAssigned {
        task: u64,
        to: String,
    },
    MessagePosted {
        topic: String,
        #[serde(with = "as_text")]
        body: Digest,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reply_to: Option<u64>,
    },
    KnowledgeSet {
        key: String,
        version: u64,
        #[serde(with = "as_text")]
        value: Digest,
    },
    DecisionProposed {
        title: String,
        #[serde(with = "as_text")]
        body: Digest,
        agents: Vec<String>,
        roles: Vec<String>,
        quorum: u64,
        threshold_percent: u64,
    },
    Voted {
        decision: u64,
        vote: String,
        reason: String,
    },
    WorkflowDrafted {
        name: String,
        tasks: Vec<u64>,
    },
    WorkflowWanted {
        workflow: u64,
    },
    StatusSaid {
        text: String,
    },
}

/// Writes an event, made [recordable](Event::recordable), in stored form; gives the event as it will be read back, too.
///
/// # Errors
///
/// [`FormError`] when a value is larger than [`VALUE_BYTES_MAX`].
pub fn encode(at: Time, event: Event) -> Result<(Event, Vec<u8>), FormError> {
    let event = event.recordable();
    let body = BodyV1 { at, event, v: 1 };
    let bytes = canonical::to_bytes(&serde_json::to_value(&body).map_err(FormError::field)?)?;
    if bytes.len() > BODY_BYTES_MAX {
        let (bytes, bytes_max) = (bytes.len(), BODY_BYTES_MAX);
        return Err(CanonicalError::TooLarge { bytes, bytes_max }.into());
    }
    Ok((body.event, bytes))
}

/// Reads an event in stored form, and when it was recorded.
///
/// # Errors
///
/// Every [`FormError`].
pub fn decode(bytes: &[u8]) -> Result<(Time, Event), FormError> {
    let value = canonical::parse(bytes, BODY_BYTES_MAX)?;
    let mut body: BodyV1 = serde_json::from_value(value).map_err(FormError::field)?;
    if body.v != 1 {
        return Err(FormError::Field(format!("it says version {}", body.v)));
    }
    if !body.event.is_plain() {
        return Err(FormError::Field("a text is too long or not escaped".to_owned()));
    }
    Ok((body.at, body.event))
}

/// A value in its only spelling.
mod as_text {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::{Deserialize as _, Deserializer, Serializer, de};

    pub(super) fn serialize<T: Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(super) fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// A value in its only spelling; a field without one is absent.
mod as_optional_text {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::{Deserializer, Serializer};

    pub(super) fn serialize<T: Display, S: Serializer>(value: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => super::as_text::serialize(value, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        super::as_text::deserialize(deserializer).map(Some)
    }
}

/// Bytes in padded base64; a field without them is absent.
mod as_base64 {
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(bytes: &Option<Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
        match bytes {
            Some(bytes) => serializer.serialize_str(&BASE64_STANDARD.encode(bytes)),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<u8>>, D::Error> {
        let text = String::deserialize(deserializer)?;
        BASE64_STANDARD.decode(text).map(Some).map_err(de::Error::custom)
    }
}
