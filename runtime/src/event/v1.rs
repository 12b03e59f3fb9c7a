//! The stored form of events, version 1. Frozen: a change is a new version beside this one.
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
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};

use super::{Event, RunId, VALUE_BYTES_MAX};

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
    at: String,
    event: EventV1,
    v: u8,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
enum EventV1 {
    RunStarted {
        run: String,
        agent: String,
        plugin: String,
        component: String,
        role: String,
        policy: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on_behalf_of: Option<String>,
        actor: String,
        dir: String,
    },
    AccessChecked {
        run: String,
        agent: String,
        role: String,
        permission: String,
        resource: String,
        granted: bool,
        reason: String,
        times: u64,
    },
    StateSet {
        run: String,
        agent: String,
        key: String,
        version: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<String>,
    },
    ArtifactStored {
        run: String,
        agent: String,
        name: String,
        media_type: String,
        digest: String,
        bytes: u64,
    },
    RunEnded {
        run: String,
        agent: String,
        outcome: String,
        detail: String,
        fuel_spent: u64,
        host_calls: u64,
        log_lines: u64,
        log_dropped: u64,
    },
}

/// Writes an event, made [recordable](Event::recordable), in stored form; gives the event as it will be read back, too.
///
/// # Errors
///
/// [`FormError`] when a value is larger than [`VALUE_BYTES_MAX`].
pub fn encode(at: Time, event: Event) -> Result<(Event, Vec<u8>), FormError> {
    let event = event.recordable();
    let body = BodyV1 {
        at: at.to_string(),
        event: EventV1::from(&event),
        v: 1,
    };
    let bytes = canonical::to_bytes(&serde_json::to_value(&body).map_err(FormError::field)?)?;
    if bytes.len() > BODY_BYTES_MAX {
        let (bytes, bytes_max) = (bytes.len(), BODY_BYTES_MAX);
        return Err(CanonicalError::TooLarge { bytes, bytes_max }.into());
    }
    Ok((event, bytes))
}

/// Reads an event in stored form, and when it was recorded.
///
/// # Errors
///
/// Every [`FormError`].
pub fn decode(bytes: &[u8]) -> Result<(Time, Event), FormError> {
    let value = canonical::parse(bytes, BODY_BYTES_MAX)?;
    let body: BodyV1 = serde_json::from_value(value).map_err(FormError::field)?;
    if body.v != 1 {
        return Err(FormError::Field(format!("it says version {}", body.v)));
    }
    let at = body.at.parse().map_err(FormError::field)?;
    let mut event = body.event.read()?;
    if !event.is_plain() {
        return Err(FormError::Field("a text is too long or not escaped".to_owned()));
    }
    Ok((at, event))
}

impl From<&Event> for EventV1 {
    fn from(event: &Event) -> Self {
        match event.clone() {
            Event::RunStarted {
                run,
                agent,
                plugin,
                component,
                role,
                policy,
                on_behalf_of,
                actor,
                dir,
            } => Self::RunStarted {
                run: run.to_string(),
                agent,
                plugin,
                component: component.to_string(),
                role,
                policy: policy.to_string(),
                on_behalf_of,
                actor,
                dir,
            },
            Event::AccessChecked {
                run,
                agent,
                role,
                permission,
                resource,
                granted,
                reason,
                times,
            } => Self::AccessChecked {
                run: run.to_string(),
                agent,
                role,
                permission,
                resource,
                granted,
                reason,
                times,
            },
            Event::StateSet {
                run,
                agent,
                key,
                version,
                value,
            } => Self::StateSet {
                run: run.to_string(),
                agent,
                key,
                version,
                value: value.map(|value| BASE64_STANDARD.encode(value)),
            },
            Event::ArtifactStored {
                run,
                agent,
                name,
                media_type,
                digest,
                bytes,
            } => Self::ArtifactStored {
                run: run.to_string(),
                agent,
                name,
                media_type,
                digest: digest.to_string(),
                bytes,
            },
            Event::RunEnded {
                run,
                agent,
                outcome,
                detail,
                fuel_spent,
                host_calls,
                log_lines,
                log_dropped,
            } => Self::RunEnded {
                run: run.to_string(),
                agent,
                outcome,
                detail,
                fuel_spent,
                host_calls,
                log_lines,
                log_dropped,
            },
        }
    }
}

impl EventV1 {
    fn read(self) -> Result<Event, FormError> {
        Ok(match self {
            Self::RunStarted {
                run,
                agent,
                plugin,
                component,
                role,
                policy,
                on_behalf_of,
                actor,
                dir,
            } => Event::RunStarted {
                run: read_run(&run)?,
                agent,
                plugin,
                component: read_digest(&component)?,
                role,
                policy: read_digest(&policy)?,
                on_behalf_of,
                actor,
                dir,
            },
            Self::AccessChecked {
                run,
                agent,
                role,
                permission,
                resource,
                granted,
                reason,
                times,
            } => Event::AccessChecked {
                run: read_run(&run)?,
                agent,
                role,
                permission,
                resource,
                granted,
                reason,
                times,
            },
            Self::StateSet {
                run,
                agent,
                key,
                version,
                value,
            } => Event::StateSet {
                run: read_run(&run)?,
                agent,
                key,
                version,
                value: value.map(|value| read_value(&value)).transpose()?,
            },
            Self::ArtifactStored {
                run,
                agent,
                name,
                media_type,
                digest,
                bytes,
            } => Event::ArtifactStored {
                run: read_run(&run)?,
                agent,
                name,
                media_type,
                digest: read_digest(&digest)?,
                bytes,
            },
            Self::RunEnded {
                run,
                agent,
                outcome,
                detail,
                fuel_spent,
                host_calls,
                log_lines,
                log_dropped,
            } => Event::RunEnded {
                run: read_run(&run)?,
                agent,
                outcome,
                detail,
                fuel_spent,
                host_calls,
                log_lines,
                log_dropped,
            },
        })
    }
}

fn read_run(text: &str) -> Result<RunId, FormError> {
    text.parse().map_err(FormError::field)
}

fn read_digest(text: &str) -> Result<Digest, FormError> {
    text.parse().map_err(FormError::field)
}

fn read_value(text: &str) -> Result<Vec<u8>, FormError> {
    BASE64_STANDARD.decode(text).map_err(FormError::field)
}
