//! Making the next version of a root of trust out of the one before. What is made here is checked when it is prepared.

use std::collections::BTreeMap;

use super::{End, Grant, Holding, Reach, Root, RootError, SignedRoot};
use crate::key::KeyId;
use crate::log_id::LogId;

impl Root {
    /// Starts a root of trust in which nobody is named yet.
    #[must_use]
    pub const fn start(threshold: u64) -> Self {
        Self {
            version: 1,
            previous: None,
            keys: Vec::new(),
            signers: Vec::new(),
            threshold,
            grants: Vec::new(),
        }
    }

    /// Starts the version that comes after another one, with everything that stands there.
    #[must_use]
    pub fn after(before: &SignedRoot) -> Self {
        Self {
            version: before.root().version.saturating_add(1),
            previous: Some(before.digest()),
            ..before.root().clone()
        }
    }

    /// Says who holds a key. How a key is kept may change, its holder may not.
    ///
    /// # Errors
    ///
    /// [`RootError::OtherHolder`].
    pub fn hold(&mut self, holding: Holding) -> Result<(), RootError> {
        let key = holding.key;
        match self.keys.iter_mut().find(|known| known.key == key) {
            Some(known) if known.principal == holding.principal => known.custody = holding.custody,
            Some(_) => return Err(RootError::OtherHolder(key.id())),
            None => self.keys.push(holding),
        }
        Ok(())
    }

    /// Makes a key one of the signers. It is listed before.
    pub fn add_signer(&mut self, key: KeyId) {
        if !self.signers.contains(&key) {
            self.signers.push(key);
        }
    }

    /// Lets a key sign somewhere. It is listed before.
    pub fn allow(&mut self, grant: Grant) {
        if !self.grants.contains(&grant) {
            self.grants.push(grant);
        }
    }

    /// Ends everything that a key may sign. `ends` says, for each log, how much of it is believed still. The key stays listed, so
    /// that what it signed before stays believed and what it signs later is refuted; as a signer it is gone.
    ///
    /// # Errors
    ///
    /// [`RootError::UnlistedKey`], and [`RootError::NoEnd`] where a log is missing from `ends`.
    pub fn revoke(&mut self, key: &KeyId, ends: &BTreeMap<LogId, End>) -> Result<(), RootError> {
        if self.holding(key).is_none() {
            return Err(RootError::UnlistedKey(*key));
        }
        self.signers.retain(|signer| signer != key);
        let (theirs, mut grants): (Vec<Grant>, Vec<Grant>) = std::mem::take(&mut self.grants)
            .into_iter()
            .partition(|grant| grant.key == *key);
        for grant in theirs {
            let ended = ended(&grant, ends)?;
            grants.extend(ended.into_iter().map(|reach| Grant { reach, ..grant }));
        }
        self.grants = grants;
        Ok(())
    }

    /// Puts a new key in the place of another one: it may sign whatever the old one still may, from where the old one ends. A new
    /// signer signs in the place of the old one.
    ///
    /// # Errors
    ///
    /// Those of [`Root::hold`] and [`Root::revoke`].
    pub fn replace(&mut self, old: &KeyId, new: Holding, ends: &BTreeMap<LogId, End>) -> Result<(), RootError> {
        let id = new.key.id();
        self.hold(new)?;
        if self.signers.contains(old) {
            self.add_signer(id);
        }
        let theirs: Vec<Grant> = self.grants.iter().filter(|grant| grant.key == *old).copied().collect();
        self.revoke(old, ends)?;
        for grant in theirs {
            let reach = match grant.reach {
                Reach::All => Reach::All,
                Reach::Within { to: Some(_), .. } => continue,
                Reach::Within { log, from, to: None } => Reach::Within {
                    log,
                    from: ends.get(&log).map_or(from, |end| end.size.max(from)),
                    to: None,
                },
            };
            self.allow(Grant {
                key: id,
                role: grant.role,
                reach,
            });
        }
        Ok(())
    }
}

/// Returns what is left of a grant that ends.
fn ended(grant: &Grant, ends: &BTreeMap<LogId, End>) -> Result<Vec<Reach>, RootError> {
    let to_end = |log: LogId, from: u64, end: End| {
        let to = Some(end);
        (from < end.size).then_some(Reach::Within { log, from, to })
    };
    match grant.reach {
        Reach::All => Ok(ends.iter().filter_map(|(log, end)| to_end(*log, 0, *end)).collect()),
        Reach::Within { log, from, to } => {
            let earlier = [ends.get(&log).copied(), to]
                .into_iter()
                .flatten()
                .min_by_key(|end| end.size);
            match earlier {
                Some(end) => Ok(to_end(log, from, end).into_iter().collect()),
                None => Err(RootError::NoEnd { key: grant.key, log }),
            }
        }
    }
}
