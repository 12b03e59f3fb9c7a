//! JUnit XML: `<testsuites>`, `<testsuite>`, `<testcase>` with `<failure>`, `<error>` or `<skipped>` inside, as Ant's and
//! Maven's reports have it and nearly every test runner writes it.

use super::xml::{Element, Step, walk};

/// How many failures are kept; the others are counted.
const FAILURES_MAX: usize = 1_000;

/// How many bytes of names are kept. They are searched for the ids of acceptance criteria.
const NAMES_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What a report says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct TestReport {
    /// How many tests it lists.
    pub(crate) tests: u64,
    /// How many of them were skipped.
    pub(crate) skipped: u64,
    /// How many failed or could not run, by the list or by the suites' own counts, whichever is more.
    pub(crate) failed: u64,
    /// The failures, in order.
    pub(crate) failures: Vec<Failure>,
    /// The names of the tests that were not skipped, one a line.
    pub(crate) names: String,
}

/// A test that failed.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The test's name, with its class in front.
    pub(crate) name: String,
    /// The file that the report names.
    pub(crate) file: Option<String>,
    /// The line that the report names; 0 when it names none.
    pub(crate) line: u32,
}

/// The test that is being read.
#[derive(Default)]
struct Current {
    test: Failure,
    has_failed: bool,
    is_skipped: bool,
}

/// Reads a report.
pub(crate) fn parse(text: &str) -> Result<TestReport, String> {
    let mut report = TestReport::default();
    let mut root: Option<String> = None;
    let mut current: Option<Current> = None;
    let mut counted = 0_u64;
    let mut suite_depth = 0_usize;
    walk(text, |step| match step {
        Step::Open(element) => {
            root.get_or_insert_with(|| element.name.clone());
            match (element.name.as_str(), &mut current) {
                ("testsuite", _) => {
                    // Suites inside a suite are counted by it.
                    if suite_depth == 0 {
                        let failed = ["failures", "errors"].iter().filter_map(|key| element.number(key));
                        counted = failed.fold(counted, u64::saturating_add);
                    }
                    suite_depth = suite_depth.saturating_add(1);
                }
                ("testcase", None) => current = Some(begun(&element)),
                ("failure" | "error", Some(test)) => test.has_failed = true,
                ("skipped", Some(test)) => test.is_skipped = true,
                _ => {}
            }
        }
        Step::Close(name) if name == "testcase" => {
            if let Some(test) = current.take() {
                report.include(test);
            }
        }
        Step::Close(name) if name == "testsuite" => suite_depth = suite_depth.saturating_sub(1),
        Step::Close(_) => {}
    })?;
    match root.as_deref() {
        Some("testsuites" | "testsuite") => {
            report.failed = report.failed.max(counted);
            Ok(report)
        }
        _ => Err("it is no JUnit report".to_owned()),
    }
}

fn begun(element: &Element<'_>) -> Current {
    let name = element.attribute("name").unwrap_or_default();
    let class = element
        .attribute("classname")
        .filter(|class| !class.is_empty() && *class != name);
    let name = match class {
        Some(class) => format!("{class}.{name}"),
        None => name,
    };
    let line = element.number("line").and_then(|line| u32::try_from(line).ok());
    let test = Failure {
        name,
        file: element.attribute("file"),
        line: line.unwrap_or(0),
    };
    Current {
        test,
        ..Current::default()
    }
}

impl TestReport {
    fn include(
        &mut self,
        Current {
            test,
            has_failed,
            is_skipped,
        }: Current,
    ) {
        self.tests = self.tests.saturating_add(1);
        if is_skipped {
            self.skipped = self.skipped.saturating_add(1);
        } else if self.names.len().saturating_add(test.name.len()) < NAMES_BYTES_MAX {
            self.names.push_str(&test.name);
            self.names.push('\n');
        }
        if has_failed {
            self.failed = self.failed.saturating_add(1);
            if self.failures.len() < FAILURES_MAX {
                self.failures.push(test);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_counted_with_their_ends() {
        let text = r#"<?xml version="1.0"?><testsuites><testsuite failures="1" errors="1">
            <testcase classname="a.B" name="adds" file="tests/a.py" line="7"><failure>1 != 2</failure></testcase>
            <testcase classname="a.B" name="subtracts"/>
            <testcase name="waits"><skipped/></testcase>
            <testcase name="loads"><error message="&lt;none&gt;"/></testcase>
        </testsuite></testsuites>"#;
        let report = parse(text).unwrap_or_default();
        assert_eq!((report.tests, report.skipped, report.failed), (4, 1, 2));
        let first = report.failures.first().cloned().unwrap_or_default();
        assert_eq!(
            (first.name.as_str(), first.file.as_deref(), first.line),
            ("a.B.adds", Some("tests/a.py"), 7)
        );
        assert_eq!(report.names, "a.B.adds\na.B.subtracts\nloads\n");
    }

    #[test]
    fn suites_count_what_they_do_not_list() {
        let text = "<testsuite tests='2' failures='2'><testcase name='a'/></testsuite>";
        assert_eq!(parse(text).map(|report| report.failed), Ok(2));
    }

    #[test]
    fn other_documents_are_refused() {
        assert!(parse("<coverage/>").is_err());
        assert!(parse("1..2\nok 1\n").is_err());
    }
}
