//! A bulkhead: so many things of one kind at once, so that one kind cannot take everything.

use std::collections::BTreeMap;

/// Permits by key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bulkhead {
    limits: BTreeMap<String, u32>,
    otherwise: u32,
    taken: BTreeMap<String, u32>,
}

impl Bulkhead {
    /// Takes the number of permits of each key, and that of every other key.
    #[must_use]
    pub const fn new(limits: BTreeMap<String, u32>, otherwise: u32) -> Self {
        Self {
            limits,
            otherwise,
            taken: BTreeMap::new(),
        }
    }

    /// How many permits of the key are free.
    #[must_use]
    pub fn free(&self, key: &str) -> u32 {
        let limit = self.limits.get(key).copied().unwrap_or(self.otherwise);
        limit.saturating_sub(self.taken(key))
    }

    /// How many permits of the key are taken.
    #[must_use]
    pub fn taken(&self, key: &str) -> u32 {
        self.taken.get(key).copied().unwrap_or(0)
    }

    /// Takes a permit, if one is free.
    pub fn take(&mut self, key: &str) -> bool {
        let free = self.free(key) > 0;
        if free {
            self.count(key);
        }
        free
    }

    /// Counts a permit as taken, free or not: it was taken already when the counting began.
    pub fn count(&mut self, key: &str) {
        match self.taken.get_mut(key) {
            Some(taken) => *taken = taken.saturating_add(1),
            None => {
                self.taken.insert(key.to_owned(), 1);
            }
        }
    }

    /// Gives a permit back.
    pub fn give_back(&mut self, key: &str) {
        match self.taken.get_mut(key) {
            Some(taken) if *taken > 1 => *taken = taken.saturating_sub(1),
            Some(_) => {
                self.taken.remove(key);
            }
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_has_its_own_permits() {
        let mut bulkhead = Bulkhead::new(BTreeMap::from([("database".to_owned(), 2)]), 1);
        assert!(bulkhead.take("database") && bulkhead.take("database"));
        assert!(!bulkhead.take("database"));
        assert!(bulkhead.take("changelog"));
        assert!(!bulkhead.take("changelog"));
        bulkhead.give_back("database");
        assert_eq!(bulkhead.free("database"), 1);
        assert!(bulkhead.take("database"));
    }

    #[test]
    fn more_is_never_given_back_than_was_taken() {
        let mut bulkhead = Bulkhead::new(BTreeMap::new(), 1);
        bulkhead.give_back("changelog");
        assert_eq!(bulkhead.free("changelog"), 1);
        bulkhead.count("changelog");
        bulkhead.count("changelog");
        assert_eq!((bulkhead.free("changelog"), bulkhead.taken("changelog")), (0, 2));
        bulkhead.give_back("changelog");
        assert_eq!(bulkhead.free("changelog"), 0);
    }
}
