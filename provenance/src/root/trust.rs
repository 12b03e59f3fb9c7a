//! Whom an auditor believes where: keys that are believed everywhere, and those of a pinned root at their positions.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::{End, Principal, Reach, Root, RootChain};
use crate::key::{KeyId, PublicKey, Role, TrustedKeys};
use crate::log_id::LogId;

/// The answer to whether a key may sign something at some position of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leave<'trust> {
    /// It may, and this is the key. The flag tells whether the root says so, or only the auditor.
    Given(&'trust PublicKey, By),
    /// The root knows the key and does not let it sign this here; why, as the end of a sentence.
    Outside(String),
    /// Nobody says anything of the key.
    Unknown,
}

/// Who lets a key sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The pinned root of trust.
    Root,
    /// The auditor, everywhere.
    Auditor,
}

/// What the root says of one key.
#[derive(Debug)]
struct Known {
    key: PublicKey,
    principal: Principal,
    grants: Vec<(Role, Reach)>,
}

/// Whom an auditor believes.
///
/// Where a root is pinned and speaks of a key, only the root counts for that key: else what it revokes would be believed still by
/// whoever holds the key.
#[derive(Debug)]
pub struct Trust<'keys> {
    keys: &'keys TrustedKeys,
    version: u64,
    known: BTreeMap<KeyId, Known>,
}

impl<'keys> Trust<'keys> {
    /// Believes in these keys everywhere, and in no root.
    #[must_use]
    pub const fn in_keys(keys: &'keys TrustedKeys) -> Self {
        Self {
            keys,
            version: 0,
            known: BTreeMap::new(),
        }
    }

    /// Believes in these keys, and in a root that was held against its pin.
    #[must_use]
    pub fn in_root(keys: &'keys TrustedKeys, chain: &RootChain) -> Self {
        let root: &Root = chain.newest.root();
        let mut known: BTreeMap<KeyId, Known> = BTreeMap::new();
        for holding in &root.keys {
            known.insert(
                holding.key.id(),
                Known {
                    key: holding.key,
                    principal: holding.principal.clone(),
                    grants: Vec::new(),
                },
            );
        }
        for grant in &root.grants {
            if let Some(known) = known.get_mut(&grant.key) {
                known.grants.push((grant.role, grant.reach));
            }
        }
        Self {
            keys,
            version: root.version,
            known,
        }
    }

    /// Answers whether a key may sign, in a role, what stands at every one of these positions of a log.
    #[must_use]
    pub fn leave(&self, role: Role, key: &KeyId, log: LogId, positions: Range<u64>) -> Leave<'_> {
        let Some(known) = self.known.get(key) else {
            return self
                .keys
                .key(role, key)
                .map_or(Leave::Unknown, |key| Leave::Given(key, By::Auditor));
        };
        let mut of_role = known
            .grants
            .iter()
            .filter(|(granted, _)| *granted == role)
            .map(|(_, reach)| reach);
        if of_role.clone().any(|reach| reach.covers(log, positions.clone())) {
            return Leave::Given(&known.key, By::Root);
        }
        let about_log = of_role.find(|reach| matches!(reach, Reach::Within { log: one, .. } if *one == log));
        let version = self.version;
        Leave::Outside(match about_log {
            Some(reach) => format!("version {version} of the root of trust lets it sign in {reach}"),
            None => format!(
                "version {version} of the root of trust does not let it sign as a {} key in this log",
                role.name()
            ),
        })
    }

    /// Returns where the root ends the leave that it gives a key at a position of a log; none where it has no end, or gives none.
    #[must_use]
    pub fn end(&self, role: Role, key: &KeyId, log: LogId, position: u64) -> Option<End> {
        let positions = position..position.saturating_add(1);
        let grants = self.known.get(key)?.grants.iter();
        let mut covering = grants.filter(|(granted, reach)| *granted == role && reach.covers(log, positions.clone()));
        covering.find_map(|(_, reach)| match reach {
            Reach::Within { to, .. } => *to,
            Reach::All => None,
        })
    }

    /// Returns the logs that the root knows to be there: it lets a log key sign in just that log, or says how its entries begin.
    #[must_use]
    pub fn logs(&self) -> BTreeSet<LogId> {
        let grants = self.known.values().flat_map(|known| &known.grants);
        let named = grants.filter_map(|(role, reach)| match reach {
            Reach::Within { log, from, to } => {
                let holds_entries = *from > 0 || to.is_some_and(|to| to.size > 0);
                (*role == Role::Log || holds_entries).then_some(*log)
            }
            Reach::All => None,
        });
        named.collect()
    }

    /// Returns what the auditor believes besides the root.
    #[must_use]
    pub const fn keys(&self) -> &'keys TrustedKeys {
        self.keys
    }

    /// Returns the keys that the auditor believes, and those of logs that the root grants anything.
    #[must_use]
    pub fn with_log_keys(&self) -> TrustedKeys {
        let mut keys = self.keys.clone();
        for known in self.known.values() {
            if known.grants.iter().any(|(role, _)| *role == Role::Log) {
                keys.trust(Role::Log, known.key);
            }
        }
        keys
    }

    /// Returns who holds a key, as the root says it.
    #[must_use]
    pub fn principal(&self, key: &KeyId) -> Option<&Principal> {
        self.known.get(key).map(|known| &known.principal)
    }

    /// Counts the people behind keys: each key once, and each holder once, however many of the keys are theirs. A key without a
    /// known holder is a holder of its own.
    #[must_use]
    pub fn people(&self, keys: &[KeyId]) -> usize {
        let keys: BTreeSet<&KeyId> = keys.iter().collect();
        let (held, alone): (Vec<&KeyId>, Vec<&KeyId>) = keys.into_iter().partition(|key| self.principal(key).is_some());
        let holders: BTreeSet<_> = held.into_iter().filter_map(|key| self.principal(key)).collect();
        holders.len().saturating_add(alone.len())
    }

    /// Tells whether people speak for themselves at a position of a log: the root lets some key sign as a person's there, or
    /// let one sign before it. From then on nobody's word stands for theirs, also where their keys have ended.
    #[must_use]
    pub fn asks_people(&self, log: LogId, position: u64) -> bool {
        let mut grants = self.known.values().flat_map(|known| &known.grants);
        grants.any(|(role, reach)| {
            let has_begun = match reach {
                Reach::All => true,
                Reach::Within { log: one, from, .. } => *one == log && *from <= position,
            };
            *role == Role::Person && has_begun
        })
    }

    /// Returns the sizes at which the root says what a log's Merkle root is, which is where grants end.
    pub fn ends(&self) -> impl Iterator<Item = (LogId, End)> {
        let reaches = self.known.values().flat_map(|known| &known.grants);
        reaches.filter_map(|(_, reach)| match reach {
            Reach::Within { log, to: Some(to), .. } => Some((*log, *to)),
            _ => None,
        })
    }

    /// Returns the version of the root that is believed in; 0 where there is none.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }
}
