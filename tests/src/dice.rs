//! Chance that can be repeated.

/// A sequence of numbers that a seed decides (SplitMix64, by Steele, Lea and Flood, 2014).
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Takes the seed of `ASSIZE_SEED`, or a fixed one, and says which. A test that fails shows what it printed.
    ///
    /// # Panics
    ///
    /// When `ASSIZE_SEED` is no number.
    #[must_use]
    #[expect(clippy::print_stdout, reason = "who reads of a failure needs the seed")]
    pub fn of(test: &str) -> Self {
        let seed = std::env::var("ASSIZE_SEED").map_or(1, |text| text.parse().expect("ASSIZE_SEED is a number"));
        println!("{test}: repeat with ASSIZE_SEED={seed}");
        Self(seed)
    }

    /// Takes a seed.
    #[must_use]
    pub const fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// Whether something happens that does so once in `times`, which is not 0.
    ///
    /// # Panics
    ///
    /// When `times` is 0.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// The next number.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is not 0.
    ///
    /// # Panics
    ///
    /// When `bound` is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).expect("a size");
        usize::try_from(self.roll() % bound).expect("below a size")
    }

    /// A byte that changes whatever it is added to without carry.
    pub fn flip(&mut self) -> u8 {
        u8::try_from(self.below(255)).expect("below a byte") + 1
    }

    /// Positions in something of `length`: all of it where that is at most `most`, else `most` by chance, sorted.
    pub fn positions(&mut self, length: usize, most: usize) -> Vec<usize> {
        if length <= most {
            return (0..length).collect();
        }
        let mut positions: Vec<usize> = (0..most).map(|_| self.below(length)).collect();
        positions.sort_unstable();
        positions.dedup();
        positions
    }
}
