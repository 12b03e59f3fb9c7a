//! Many short texts looked for at once, whatever the case of ASCII letters. The table is made at compile time, because a
//! judge starts fresh at each call, and a line without any of the texts costs two look-ups a byte.

/// How many literals one table holds: each is a bit of a number.
const LITERALS_MAX: usize = 64;

/// A set of literals, each of at least two bytes, in lower case where it has ASCII letters.
#[derive(Debug)]
pub struct Literals {
    all: &'static [&'static str],
    /// Of each byte the literals that may begin with it, and that may have it second.
    first: [u64; 256],
    second: [u64; 256],
}

impl Literals {
    /// Makes the table.
    ///
    /// # Panics
    ///
    /// At compile time, when there are more than 64 literals or one is shorter than two bytes.
    #[must_use]
    #[allow(
        clippy::indexing_slicing,
        reason = "evaluated at compile time, where an index out of bounds is an error"
    )]
    pub const fn new(all: &'static [&'static str]) -> Self {
        assert!(all.len() <= LITERALS_MAX, "a table holds at most 64 literals");
        let mut first = [0; 256];
        let mut second = [0; 256];
        let mut index = 0;
        while index < all.len() {
            let bytes = all[index].as_bytes();
            let bit = 1_u64 << index;
            first[bytes[0].to_ascii_lowercase() as usize] |= bit;
            first[bytes[0].to_ascii_uppercase() as usize] |= bit;
            second[bytes[1].to_ascii_lowercase() as usize] |= bit;
            second[bytes[1].to_ascii_uppercase() as usize] |= bit;
            index += 1;
        }
        Self { all, first, second }
    }

    /// The places in `text` at which a literal begins, each with the literal's index, from left to right.
    pub fn matches<'a>(&'a self, text: &'a str) -> impl Iterator<Item = (usize, usize)> + 'a {
        let bytes = text.as_bytes();
        let pairs = bytes.iter().zip(bytes.iter().skip(1)).enumerate();
        pairs.flat_map(move |(at, (first, second))| {
            let of = |table: &[u64; 256], byte: &u8| table.get(usize::from(*byte)).copied().unwrap_or_default();
            let candidates = Bits(of(&self.first, first) & of(&self.second, second));
            candidates
                .filter(move |index| self.is_at(*index, bytes, at))
                .map(move |index| (at, index))
        })
    }

    /// Tells whether any of the literals stands in `text`.
    #[must_use]
    pub fn any(&self, text: &str) -> bool {
        self.matches(text).next().is_some()
    }

    fn is_at(&self, index: usize, bytes: &[u8], at: usize) -> bool {
        let Some(literal) = self.all.get(index) else {
            return false;
        };
        bytes
            .get(at..at.saturating_add(literal.len()))
            .is_some_and(|part| part.eq_ignore_ascii_case(literal.as_bytes()))
    }
}

/// The positions of the bits that are set, lowest first.
struct Bits(u64);

impl Iterator for Bits {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        if self.0 == 0 {
            return None;
        }
        let lowest = self.0.trailing_zeros();
        self.0 &= self.0.wrapping_sub(1);
        usize::try_from(lowest).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_found_in_any_case_from_left_to_right() {
        static TABLE: Literals = Literals::new(&["pass", "password", "-c"]);
        let found: Vec<_> = TABLE.matches("sh -c 'PASSWORD' Pas").collect();
        assert_eq!(found, [(3, 2), (7, 0), (7, 1)]);
        assert!(!TABLE.any("pas sword - c") && !TABLE.any("") && !TABLE.any("p"));
    }

    #[test]
    fn the_table_agrees_with_plain_search() {
        static ALL: [&str; 4] = ["ab", "ba", "aab", "a b"];
        static TABLE: Literals = Literals::new(&ALL);
        for number in 0..3_usize.pow(7) {
            let letters = (0..7).map(|place| match number / 3_usize.pow(place) % 3 {
                0 => 'a',
                1 => 'b',
                _ => ' ',
            });
            let text: String = letters.collect();
            let expected = ALL.iter().any(|literal| text.contains(literal));
            assert_eq!(TABLE.any(&text), expected, "{text}");
        }
    }
}
