//! How safe an entry is, level by level.

use std::fmt;

/// How safe an entry is. Each level holds what the ones before it hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Durability {
    /// It is in the write-ahead log and survives a kill. Nobody else can see it yet, and the next seal takes it along.
    Durable,
    /// It is in a signed commit under the log's ref. It goes with the repository, and only its own host can take it back.
    Sealed,
    /// As many witnesses as this clone asks for have cosigned a state of the log that holds it. Nobody can take it back before those
    /// who trust them.
    Witnessed,
}

impl Durability {
    /// Every level, the weakest first.
    pub const ALL: [Self; 3] = [Self::Durable, Self::Sealed, Self::Witnessed];

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Durable => "durable",
            Self::Sealed => "sealed",
            Self::Witnessed => "witnessed",
        }
    }
}

impl fmt::Display for Durability {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_level_holds_what_the_ones_before_it_hold() {
        assert!(Durability::ALL.is_sorted());
        let names = Durability::ALL.map(Durability::name);
        assert_eq!(names, ["durable", "sealed", "witnessed"]);
    }
}
