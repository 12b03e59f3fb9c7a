//! A set of paths, given by patterns in the grammar of policies.

use crate::pattern::Pattern;

/// A set of paths.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct PathSet<'a> {
    patterns: Vec<Pattern<'a>>,
    /// What the folders match that lead to such paths.
    ways: Vec<Pattern<'a>>,
}

impl<'a> PathSet<'a> {
    /// Adds what a pattern stands for; tells whether it is one.
    #[must_use]
    pub fn add(&mut self, text: &'a str) -> bool {
        let Some(pattern) = Pattern::parse(text) else {
            return false;
        };
        self.patterns.push(pattern);
        // A folder leads to a path where it matches the pattern up to some slash; `**` at the end goes on and on.
        let cuts = text.match_indices('/').map(|(at, _)| at);
        let whole = text.ends_with("**").then_some(text.len());
        let ways = cuts.chain(whole).filter_map(|at| Pattern::parse(text.get(..at)?));
        self.ways.extend(ways);
        true
    }

    /// Tells whether a path belongs to the set.
    #[must_use]
    pub fn has(&self, path: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches(path))
    }

    /// Tells whether a path of the set can lie below a folder.
    #[must_use]
    pub fn leads_into(&self, folder: &str) -> bool {
        folder.is_empty() || self.ways.iter().any(|way| way.matches(folder))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(pattern: &str) -> PathSet<'_> {
        let mut set = PathSet::default();
        assert!(set.add(pattern), "{pattern}");
        set
    }

    #[test]
    fn folders_that_lead_nowhere_are_known() {
        for (pattern, folder) in [
            ("src/**", "src"),
            ("src/**", "src/a/b"),
            ("src/*/x.rs", "src/a"),
            ("**/x", "a/b"),
            ("a/**/x/y", "a/b/c/x"),
            ("**", "a"),
            ("a", ""),
        ] {
            assert!(set(pattern).leads_into(folder), "{pattern} {folder}");
        }
        for (pattern, folder) in [("src/**", "lib"), ("src/*.rs", "src/a"), ("a", "a"), ("a/b", "b")] {
            assert!(!set(pattern).leads_into(folder), "{pattern} {folder}");
        }
    }

    #[test]
    fn a_set_has_what_one_of_its_patterns_has() {
        let mut paths = set("src/**");
        assert!(paths.add("*.md") && !paths.add("/x") && !paths.add("a[b]"));
        assert!(paths.has("src/a/b") && paths.has("x.md") && !paths.has("docs/x.md"));
    }
}
