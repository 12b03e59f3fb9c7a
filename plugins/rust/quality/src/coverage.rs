//! What reports say of the lines that tests ran, for the files of a change.

use std::collections::{BTreeMap, BTreeSet};

use assize_judge::path;

/// How many lines are remembered over all changed files.
const LINES_MAX: usize = 1_000_000;

/// How many changed files of one name are compared with the file that a report names.
const SAME_NAMES_MAX: usize = 256;

/// Sums over everything, and lines of the changed files.
#[derive(Debug, Default)]
pub(crate) struct Coverage {
    lines: u64,
    lines_hit: u64,
    branches: u64,
    branches_hit: u64,
    /// The changed files by their names, to find the one that a report means.
    wanted: BTreeMap<String, BTreeSet<String>>,
    /// Of each changed file the lines that a report knows, and whether one of them says that it ran.
    known: BTreeMap<String, BTreeMap<u32, bool>>,
    /// The changed file whose lines are being read.
    current: Option<String>,
    remembered: usize,
}

impl Coverage {
    /// Nothing known yet of these changed files.
    pub(crate) fn of<'a>(files: impl Iterator<Item = &'a str>) -> Self {
        let mut coverage = Self::default();
        for file in files {
            let same_name = coverage.wanted.entry(path::name(file).to_owned()).or_default();
            same_name.insert(file.to_owned());
        }
        coverage
    }

    /// The lines that follow are of this file, as the report names it.
    pub(crate) fn begin(&mut self, reported: &str) {
        self.current = self.changed_file(reported);
    }

    /// A line of the current file.
    pub(crate) fn line(&mut self, number: u32, has_run: bool) {
        let Some(file) = self.current.as_ref().filter(|_| self.remembered < LINES_MAX) else {
            return;
        };
        self.remembered = self.remembered.saturating_add(1);
        let lines = self.known.entry(file.clone()).or_default();
        let ran = lines.entry(number).or_default();
        *ran = *ran || has_run;
    }

    /// So many more lines, and how many of them ran.
    pub(crate) fn add_lines(&mut self, found: u64, hit: u64) {
        self.lines = self.lines.saturating_add(found);
        self.lines_hit = self.lines_hit.saturating_add(hit.min(found));
    }

    /// So many more branches, and how many of them were taken.
    pub(crate) fn add_branches(&mut self, found: u64, hit: u64) {
        self.branches = self.branches.saturating_add(found);
        self.branches_hit = self.branches_hit.saturating_add(hit.min(found));
    }

    /// What is counted, and the part that ran in hundredths of a percent: branches where there are any, else lines.
    pub(crate) fn part(&self) -> Option<(&'static str, u64)> {
        let of = |hit: u64, found: u64| {
            let part = u128::from(hit) * 10_000 / u128::from(found.max(1));
            u64::try_from(part).unwrap_or(0)
        };
        match (self.branches, self.lines) {
            (0, 0) => None,
            (0, lines) => Some(("lines", of(self.lines_hit, lines))),
            (branches, _) => Some(("branches", of(self.branches_hit, branches))),
        }
    }

    /// Tells whether every report that knows a line says that it never ran.
    pub(crate) fn never_ran(&self, file: &str, line: u32) -> bool {
        self.known.get(file).and_then(|lines| lines.get(&line)) == Some(&false)
    }

    /// The changed file that a report means: with the same path, or the one whose path ends as the other does.
    fn changed_file(&self, reported: &str) -> Option<String> {
        let reported = reported.replace('\\', "/");
        let reported = reported.trim_start_matches("./");
        let same_name = self.wanted.get(path::name(reported))?;
        if same_name.contains(reported) {
            return Some(reported.to_owned());
        }
        let ends_alike = |file: &&String| {
            reported
                .strip_suffix(file.as_str())
                .is_some_and(|before| before.ends_with('/'))
                || file.strip_suffix(reported).is_some_and(|before| before.ends_with('/'))
        };
        let mut alike = same_name.iter().take(SAME_NAMES_MAX).filter(ends_alike);
        // Two that fit are none.
        alike.next().filter(|_| alike.next().is_none()).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_below_other_roots() {
        let coverage = Coverage::of(["src/app/calc.py", "src/lib.rs", "b/src/lib.rs"].into_iter());
        let found = |reported: &str| coverage.changed_file(reported);
        assert_eq!(
            found("/home/ci/build/src/app/calc.py").as_deref(),
            Some("src/app/calc.py")
        );
        assert_eq!(found("app/calc.py").as_deref(), Some("src/app/calc.py"));
        assert_eq!(found("app\\calc.py").as_deref(), Some("src/app/calc.py"));
        assert_eq!(found("src/lib.rs").as_deref(), Some("src/lib.rs"));
        assert_eq!(found("lib.rs"), None);
        assert_eq!(found("other/calc.py"), None);
    }

    #[test]
    fn branches_count_before_lines() {
        let mut coverage = Coverage::default();
        assert_eq!(coverage.part(), None);
        coverage.add_lines(3, 2);
        assert_eq!(coverage.part(), Some(("lines", 6_666)));
        coverage.add_branches(4, 9);
        assert_eq!(coverage.part(), Some(("branches", 10_000)));
    }
}
