//! Cobertura's XML, as its `coverage-04.dtd` has it: sums in the attributes of `<coverage>`, a `<class filename="…">` for
//! each file, a `<line number="…" hits="…">` for each line.

use super::xml::{Element, Step, walk};
use crate::coverage::Coverage;

/// Tells whether a text is such a report, by its first element.
pub(crate) fn is_one(text: &str) -> bool {
    text.trim_start_matches('\u{FEFF}').trim_start().starts_with('<')
}

/// What the lines say, where the root has no sums.
#[derive(Default)]
struct Counted {
    lines: u64,
    lines_hit: u64,
    branches: u64,
    branches_hit: u64,
}

/// The sums of the root.
#[derive(Default)]
struct Said {
    lines: Option<(u64, u64)>,
    branches: Option<(u64, u64)>,
}

/// Reads a report into `coverage`.
pub(crate) fn parse(text: &str, coverage: &mut Coverage) -> Result<(), String> {
    let mut root: Option<String> = None;
    let mut said = Said::default();
    let mut counted = Counted::default();
    // A class lists its lines twice: under its methods, and all together.
    let mut is_in_method = false;
    walk(text, |step| match step {
        Step::Open(element) => {
            if root.is_none() {
                said = sums(&element);
                root = Some(element.name.clone());
            }
            match element.name.as_str() {
                "class" => coverage.begin(&element.attribute("filename").unwrap_or_default()),
                "methods" => is_in_method = true,
                "line" if !is_in_method => counted.include(&element, coverage),
                _ => {}
            }
        }
        Step::Close(name) if name == "methods" => is_in_method = false,
        Step::Close(_) => {}
    })?;
    if root.as_deref() != Some("coverage") {
        return Err("it is neither an lcov tracefile nor a Cobertura report".to_owned());
    }
    let (lines, lines_hit) = said.lines.unwrap_or((counted.lines, counted.lines_hit));
    coverage.add_lines(lines, lines_hit);
    let (branches, branches_hit) = said.branches.unwrap_or((counted.branches, counted.branches_hit));
    coverage.add_branches(branches, branches_hit);
    Ok(())
}

fn sums(element: &Element<'_>) -> Said {
    let pair = |found: &str, hit: &str| Some((element.number(found)?, element.number(hit)?));
    Said {
        lines: pair("lines-valid", "lines-covered"),
        branches: pair("branches-valid", "branches-covered"),
    }
}

impl Counted {
    fn include(&mut self, element: &Element<'_>, coverage: &mut Coverage) {
        let number = element.number("number").and_then(|number| u32::try_from(number).ok());
        let (Some(number), Some(hits)) = (number, element.number("hits")) else {
            return;
        };
        coverage.line(number, hits > 0);
        self.lines = self.lines.saturating_add(1);
        self.lines_hit = self.lines_hit.saturating_add(u64::from(hits > 0));
        // `condition-coverage="50% (1/2)"`
        let conditions = element.attribute("condition-coverage").unwrap_or_default();
        let fraction = conditions.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
        if let Some((hit, found)) = fraction.and_then(|(inside, _)| inside.split_once('/')) {
            self.branches = self.branches.saturating_add(found.parse().unwrap_or(0));
            self.branches_hit = self.branches_hit.saturating_add(hit.parse().unwrap_or(0));
        }
    }
}
