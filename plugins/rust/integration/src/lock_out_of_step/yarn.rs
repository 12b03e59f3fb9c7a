//! Yarn: `yarn.lock`, in the classic form and in Berry's.
//!
//! Entries are headed by every requirement they answer, such as `left-pad@^1.0.0, left-pad@^1.1.0:`. A requirement without
//! a heading makes `yarn install --frozen-lockfile` refuse.

use std::collections::BTreeSet;

use super::Difference;
use super::node::{Edit, missing};

const REMEDY: &str = "Run `yarn install` and commit `yarn.lock` with this change.";

pub(super) fn differences(edits: &[Edit<'_>], lock: &str, lock_path: &str, is_steered: bool) -> Vec<Difference> {
    let headings = headings(lock);
    let differences = edits.iter().filter_map(|edit| match *edit {
        Edit::Wants { name, requirement } if !is_answered(&headings, name, requirement) => {
            // In a workspace the name may be a neighbour's, and a forced version has another heading.
            Some(missing(name, lock_path, REMEDY, !is_steered))
        }
        _ => None,
    });
    differences.collect()
}

/// What the entries answer.
fn headings(lock: &str) -> BTreeSet<&str> {
    let heads = lock
        .lines()
        .filter(|line| !line.starts_with([' ', '#']) && line.ends_with(':'));
    heads
        .flat_map(|line| line.trim_end_matches(':').trim_matches('"').split(", "))
        .map(|key| key.trim_matches('"'))
        .collect()
}

fn is_answered(headings: &BTreeSet<&str>, name: &str, requirement: &str) -> bool {
    let forms = [format!("{name}@{requirement}"), format!("{name}@npm:{requirement}")];
    forms.iter().any(|form| headings.contains(form.as_str())) || {
        // Berry writes patched and aliased packages in longer words.
        let begin = format!("{name}@");
        let mut of_name = headings
            .range(begin.as_str()..)
            .take_while(|heading| heading.starts_with(&begin));
        of_name.any(|heading| heading.contains("patch:") && heading.contains(requirement))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read() {
        let lock = "# yarn lockfile v1\n\n\"@a/b@^1.0.0\", \"@a/b@^1.1.0\":\n  version \"1.2.0\"\n\nc@2:\n  version \"2.0.0\"\n\n\"d@npm:^3.0.0, d@npm:^3.1.0\":\n  version: 3.2.0\n";
        let headings = headings(lock);
        assert!(is_answered(&headings, "@a/b", "^1.1.0"));
        assert!(is_answered(&headings, "c", "2"));
        assert!(is_answered(&headings, "d", "^3.1.0"));
        assert!(!is_answered(&headings, "d", "^4.0.0"));
    }
}
