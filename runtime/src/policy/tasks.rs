//! Which tasks an agent may take and give away.

use super::place::Place;
use std::collections::BTreeMap;

/// `[roles.NAME.tasks]`: what narrows the permissions of `tasks`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TaskTerms {
    /// The types of tasks that may be taken, each with its line; all types where there is none.
    pub types: Option<BTreeMap<String, Place>>,
    /// The line that says that tasks of others may not be given away.
    pub keeps_owners: Option<Place>,
}

impl TaskTerms {
    /// Tells whether tasks of that type may be taken. A task without a type is none of any that are named.
    #[must_use]
    pub fn takes(&self, task_type: Option<&str>) -> bool {
        match &self.types {
            None => true,
            Some(types) => task_type.is_some_and(|task_type| types.contains_key(task_type)),
        }
    }

    /// Tells whether a task that another holds may be given away.
    #[must_use]
    pub fn can_reassign(&self) -> bool {
        self.keeps_owners.is_none()
    }

    /// Returns what both allow.
    #[must_use]
    pub fn attenuate(&self, other: &Self) -> Self {
        let types = match (&self.types, &other.types) {
            (Some(ours), Some(theirs)) => Some(
                ours.iter()
                    .filter(|(name, _)| theirs.contains_key(*name))
                    .map(|(name, place)| (name.clone(), place.clone()))
                    .collect(),
            ),
            (types, None) | (None, types) => types.clone(),
        };
        Self {
            types,
            keeps_owners: self.keeps_owners.clone().or_else(|| other.keeps_owners.clone()),
        }
    }
}
