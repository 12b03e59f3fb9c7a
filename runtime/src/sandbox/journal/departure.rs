//! Where a call departs from its journal.

use crate::host_call::{HostCall, Note};
use crate::policy::permission::Permission;

/// Where a call departs from its journal: the first host call that is not the recorded one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at host call {at}, recorded is {recorded}, but {found}")]
pub struct Departure {
    /// The number of the host call; one more than there were where only the result differs.
    pub at: u64,
    /// The function that was called now, if any.
    pub permission: Option<Permission>,
    /// What the journal holds there, as a part of a sentence.
    pub recorded: String,
    /// What it is now, as a part of a sentence.
    pub found: String,
}

impl Departure {
    /// The guest calls another function, or with other arguments.
    pub(super) fn asked(known: &Note, resource: Option<&str>, permission: Permission) -> Self {
        let on = resource.map_or_else(String::new, |resource| format!(" on `{resource}`"));
        let found = if known.permission == permission {
            format!("`{permission}` is called with other arguments")
        } else {
            format!("`{permission}` is called")
        };
        Self {
            at: known.number,
            permission: Some(permission),
            recorded: format!("`{}`{on}", known.permission),
            found,
        }
    }

    /// The host answers something else.
    pub(super) fn answered(known: &HostCall) -> Self {
        Self {
            at: known.number,
            permission: Some(known.permission),
            recorded: format!("an answer to `{}` on `{}`", known.permission, known.resource),
            found: "the answer is another one".to_owned(),
        }
    }

    /// What was called before was not the same.
    pub(super) fn before(known: &Note) -> Self {
        Self {
            at: known.number,
            permission: Some(known.permission),
            recorded: format!("`{}`", known.permission),
            found: "the calls before it, or their answers, were others".to_owned(),
        }
    }

    /// There is no such call.
    pub(super) fn unknown(at: u64, last: u64, permission: Permission) -> Self {
        Self {
            at,
            permission: Some(permission),
            recorded: if at > last {
                format!("nothing more after {last} calls")
            } else {
                "no call to the outside".to_owned()
            },
            found: format!("`{permission}` is called"),
        }
    }

    /// It has ended earlier.
    pub(super) fn ended(at: u64, known: Option<Permission>) -> Self {
        let recorded = known.map_or_else(|| "another call".to_owned(), |permission| format!("`{permission}`"));
        Self {
            at,
            permission: None,
            recorded,
            found: "it has ended before".to_owned(),
        }
    }

    /// What came of it is something else.
    pub(super) fn result(at: u64) -> Self {
        Self {
            at,
            permission: None,
            recorded: "the end of the calls and a result".to_owned(),
            found: "the result is another one".to_owned(),
        }
    }
}
