//! The table of the attacks, as `policies/HOSTILE.md` has it.

use std::fmt::Write as _;

use super::{Family, attacks};

/// Writes the table: a heading for each family, a row for each attack.
#[must_use]
pub fn reference() -> String {
    let mut text = String::from("\n");
    for family in Family::ALL {
        // Writing to a text cannot fail.
        let _ = writeln!(
            text,
            "## {}\n\n| attack | tries | stopped by |\n|---|---|---|",
            family.heading()
        );
        for attack in attacks().filter(|attack| attack.family == family) {
            let _ = writeln!(text, "| `{}` | {} | {} |", attack.id, attack.tries, attack.stopped_by);
        }
        text.push('\n');
    }
    text
}
