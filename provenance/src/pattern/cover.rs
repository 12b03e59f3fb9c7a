//! Whether one pattern grants everything that another grants. "Yes" is proven; "no" may only mean that no proof was found.

use super::{Part, PathPattern, Segment, wild_matches};

impl PathPattern {
    /// Tells whether this pattern surely grants every path that `other` grants.
    ///
    /// The walk is that of a path, but over the parts of `other`: a position of this pattern stays in the set only where it
    /// is reached by every path that fits so far. So the answer is never wrongly true. It may be wrongly false where only
    /// several ways through this pattern together cover the other.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let mut here = self.skip_empty_runs(1);
        for theirs in &other.parts {
            let mut next = 0_u64;
            for (position, ours) in self.parts.iter().enumerate() {
                if here & (1 << position) == 0 {
                    continue;
                }
                next |= match (ours, theirs) {
                    (Part::AnyParts, Part::AnyParts | Part::Wild(_)) => 1 << position,
                    (Part::AnyParts, Part::Literal(literal)) => {
                        u64::from(!super::guarded::is_guarded(literal)) << position
                    }
                    (Part::Wild(_) | Part::Literal(_), Part::AnyParts) => 0,
                    (Part::Wild(ours), Part::Wild(theirs)) => u64::from(covers_part(ours, theirs)) << position << 1,
                    (Part::Wild(ours), Part::Literal(literal)) => {
                        let fits = !super::guarded::is_guarded(literal) && wild_matches(ours, literal);
                        u64::from(fits) << position << 1
                    }
                    (Part::Literal(_), Part::Wild(_)) => 0,
                    (Part::Literal(ours), Part::Literal(theirs)) => u64::from(ours == theirs) << position << 1,
                };
            }
            if next == 0 {
                return false;
            }
            here = self.skip_empty_runs(next);
        }
        here & (1 << self.parts.len()) != 0
    }
}

/// Tells whether one part with wildcards surely matches whatever another does: where the two are the same, or where it is
/// made of stars and plain text that the other's own text has in that order.
fn covers_part(ours: &[Segment], theirs: &[Segment]) -> bool {
    if ours == theirs {
        return true;
    }
    if ours.iter().any(|segment| segment.has_any) {
        return false;
    }
    // A star of the other may stand for anything, so only its text counts; a sign that no plain text has stands for the
    // star and for `?`, and our stars pass over it.
    let text: Vec<String> = theirs.iter().map(|segment| segment.text.replace('?', "\0")).collect();
    wild_matches(ours, &text.join("\0"))
}
