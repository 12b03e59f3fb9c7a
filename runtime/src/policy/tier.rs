//! Risk tiers and how large a change of each may be.

/// How much a change can break. The working spec says which tier a change is of; without one it is the policy's default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// The highest risk: authentication, money, data that cannot be brought back.
    One,
    /// Ordinary work.
    Two,
    /// The lowest risk: documents, internal tools.
    Three,
}

impl Tier {
    /// Every tier, highest risk first.
    pub const ALL: [Self; 3] = [Self::One, Self::Two, Self::Three];

    /// Returns the tier of that number, 1 to 3.
    #[must_use]
    pub fn numbered(number: u64) -> Option<Self> {
        match number {
            1 => Some(Self::One),
            2 => Some(Self::Two),
            3 => Some(Self::Three),
            _ => None,
        }
    }

    /// Returns the tier's number, 1 to 3.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Three => 3,
        }
    }

    /// Returns the budget of the tier where the policy sets none.
    #[must_use]
    pub fn standard_budget(self) -> Budget {
        let (files_max, lines_max) = match self {
            Self::One => (10, 250),
            Self::Two => (100, 10_000),
            Self::Three => (500, 40_000),
        };
        Budget {
            tier: self,
            files_max,
            lines_max,
        }
    }
}

/// How large a change of one tier may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Budget {
    /// The tier.
    pub tier: Tier,
    /// How many files may change.
    pub files_max: u32,
    /// How many lines may be added and removed, together.
    pub lines_max: u32,
}

impl Budget {
    /// The largest number of files that a policy may set: as many as a case can hold.
    pub const FILES_MAX: u64 = 100_000;
    /// The largest number of lines that a policy may set.
    pub const LINES_MAX: u64 = 10_000_000;
}
