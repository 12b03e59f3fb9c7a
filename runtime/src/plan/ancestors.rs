//! What lies before each task of a graph.

/// For each task everything that lies before it.
pub(super) struct Ancestors(Vec<Bits>);

/// A set of tasks.
#[derive(Clone)]
struct Bits(Vec<u64>);

impl Ancestors {
    /// Finds what lies before each of `count` tasks. `order` names each behind everything that `before` gives for it.
    pub(super) fn of(count: usize, order: impl Iterator<Item = usize>, before: impl Fn(usize) -> Vec<usize>) -> Self {
        let empty = Bits(vec![0; count.div_ceil(64)]);
        let mut earlier = vec![Bits(Vec::new()); count];
        for place in order {
            let mut own = empty.clone();
            for need in before(place) {
                own.insert(need);
                if let Some(other) = earlier.get(need) {
                    own.unite(other);
                }
            }
            if let Some(slot) = earlier.get_mut(place) {
                *slot = own;
            }
        }
        Self(earlier)
    }

    /// Tells whether `other` lies before `task`.
    pub(super) fn has(&self, task: usize, other: usize) -> bool {
        self.0.get(task).is_some_and(|earlier| earlier.holds(other))
    }
}

impl Bits {
    fn holds(&self, place: usize) -> bool {
        self.0
            .get(place / 64)
            .is_some_and(|word| (word >> (place % 64)) & 1 == 1)
    }

    fn insert(&mut self, place: usize) {
        if let Some(word) = self.0.get_mut(place / 64) {
            *word |= 1 << (place % 64);
        }
    }

    fn unite(&mut self, other: &Self) {
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word |= other;
        }
    }
}
