//! Which keys sign from now on: `current.json` beside them.

use std::path::Path;

use assize_provenance::key::Role;
use serde::{Deserialize, Serialize};

use super::fault::KeyFault;
use super::file::{FILE_BYTES_MAX, io};
use crate::durable;

/// The ids of the keys that sign from now on, one a role.
#[derive(Default)]
pub(super) struct Current {
    council: Option<String>,
    log: Option<String>,
    person: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    v: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    council: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    log: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    person: Option<String>,
}

impl Current {
    /// The key of a role.
    pub(super) fn of(&self, role: Role) -> Option<&str> {
        match role {
            Role::Council => self.council.as_deref(),
            Role::Log => self.log.as_deref(),
            Role::Person => self.person.as_deref(),
        }
    }

    /// Signs with another key in a role.
    pub(super) fn set(&mut self, role: Role, id: String) {
        let place = match role {
            Role::Council => &mut self.council,
            Role::Log => &mut self.log,
            Role::Person => &mut self.person,
        };
        *place = Some(id);
    }

    /// Reads the file; nobody signs yet where there is none.
    pub(super) fn load(path: &Path) -> Result<Self, KeyFault> {
        let unreadable = |reason: String| KeyFault::Unreadable {
            path: path.to_owned(),
            reason,
        };
        let bytes = durable::read(path, FILE_BYTES_MAX).map_err(|source| io(path, source))?;
        let Some(bytes) = bytes else {
            return Ok(Self::default());
        };
        let stored: Stored = serde_json::from_slice(&bytes).map_err(|error| unreadable(error.to_string()))?;
        let current = Self {
            council: stored.council,
            log: stored.log,
            person: stored.person,
        };
        let is_id = |id: &String| {
            id.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        };
        let ids = [&current.council, &current.log, &current.person];
        if stored.v != 1 || !ids.into_iter().flatten().all(is_id) {
            return Err(unreadable("it is of another version".to_owned()));
        }
        Ok(current)
    }

    /// Writes the file in one step.
    pub(super) fn store(&self, path: &Path) -> Result<(), KeyFault> {
        let stored = Stored {
            v: 1,
            council: self.council.clone(),
            log: self.log.clone(),
            person: self.person.clone(),
        };
        let text = serde_json::to_vec_pretty(&stored).map_err(|error| io(path, std::io::Error::other(error)))?;
        durable::replace(path, &text).map_err(|source| io(path, source))
    }
}
