//! The test cases that lines of a test file declare, in the ways of the common frameworks.

use assize_judge::language::Language;
use assize_judge::patch::Lines;
use assize_judge::words::{contains_word, leading_word};

/// How many lines may stand between a test's mark and its name.
const MARK_LINES_MAX: u32 = 8;

/// One test case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TestCase {
    /// Its name: an identifier, or the sentence of frameworks that write one.
    pub(crate) name: String,
    /// Whether the name is an identifier.
    pub(crate) is_identifier: bool,
    /// The line it is declared on.
    pub(crate) line: u32,
    /// Whether it is declared as one that does not run.
    pub(crate) is_skipped: bool,
}

/// The test cases that are declared in the lines, from top to bottom.
pub(crate) fn declared_in(lines: &Lines, language: Language) -> Vec<TestCase> {
    let mut cases = Vec::new();
    let mut mark: Option<u32> = None;
    for line in lines.iter() {
        let text = line.text.trim();
        if is_mark(text, language) {
            mark = Some(line.number);
        }
        let is_marked = mark.is_some_and(|mark| line.number.saturating_sub(mark) <= MARK_LINES_MAX);
        let declared = if is_marked { marked_name(text, language) } else { None };
        let case = declared
            .map(|name| (name.to_owned(), true, false))
            .or_else(|| unmarked(text, language));
        if let Some((name, is_identifier, is_skipped)) = case {
            mark = None;
            cases.push(TestCase {
                name,
                is_identifier,
                line: line.number,
                is_skipped,
            });
        }
    }
    cases
}

/// Tells whether a line marks the function below it as a test.
fn is_mark(text: &str, language: Language) -> bool {
    match language {
        Language::Rust => {
            let inner = text.strip_prefix("#[").unwrap_or_default();
            let name = inner.split(['(', ']', ' ']).next().unwrap_or_default();
            matches!(
                name.rsplit("::").next(),
                Some("test" | "rstest" | "test_case" | "quickcheck" | "proptest" | "wasm_bindgen_test")
            )
        }
        Language::Java | Language::Kotlin | Language::Scala => {
            ["@Test", "@ParameterizedTest", "@RepeatedTest", "@Property"]
                .iter()
                .any(|mark| contains_word(text, mark))
        }
        Language::CSharp => [
            "[Fact",
            "[Theory",
            "[Test",
            "[TestMethod",
            "[DataTestMethod",
            "[TestCase",
        ]
        .iter()
        .any(|mark| text.starts_with(mark)),
        Language::Swift => text.starts_with("@Test"),
        Language::Php => text.starts_with("#[Test]") || text.contains("@test"),
        _ => false,
    }
}

/// The name that a line gives to the test marked above it.
fn marked_name(text: &str, language: Language) -> Option<&str> {
    let keyword = match language {
        Language::Rust => "fn ",
        Language::Kotlin => "fun ",
        Language::Swift => "func ",
        Language::Scala => "def ",
        Language::Php => "function ",
        _ => return method_name(text),
    };
    let after = text.get(text.find(keyword)?.saturating_add(keyword.len())..)?;
    Some(leading_word(after.trim_start_matches('`'))).filter(|name| !name.is_empty())
}

/// The word before the first bracket of a method's declaration.
fn method_name(text: &str) -> Option<&str> {
    if text.starts_with(['@', '[', '/', '*']) {
        return None;
    }
    let before = text.get(..text.find('(')?)?;
    let (kind, name) = before.rsplit_once(' ')?;
    (!kind.trim().is_empty() && !name.is_empty()).then_some(name)
}

/// A test that its own line declares: name, whether that is an identifier, whether it is switched off.
fn unmarked(text: &str, language: Language) -> Option<(String, bool, bool)> {
    let identifier = |name: &str| (!name.is_empty()).then(|| (name.to_owned(), true, false));
    match language {
        Language::Python => identifier(after_word(text, &["def test", "async def test"], "test")?),
        Language::Go => {
            let name = leading_word(text.strip_prefix("func ")?);
            let is_test = ["Test", "Benchmark", "Fuzz", "Example"]
                .iter()
                .any(|prefix| name.starts_with(prefix));
            is_test.then(|| (name.to_owned(), true, false))
        }
        Language::Php => identifier(after_word(text, &["public function test", "function test"], "test")?),
        Language::Swift => identifier(after_word(text, &["func test"], "test")?),
        Language::Java => identifier(after_word(text, &["public void test"], "test")?),
        Language::C | Language::Cpp => googletest(text),
        Language::Ruby if text.starts_with("def test_") => identifier(leading_word(text.strip_prefix("def ")?)),
        _ => sentence(text, language),
    }
}

/// The identifier that begins with `test` after one of the openings.
fn after_word<'a>(text: &'a str, openings: &[&str], begin: &str) -> Option<&'a str> {
    let opening = openings.iter().find(|opening| text.starts_with(**opening))?;
    Some(leading_word(text.get(opening.len().saturating_sub(begin.len())..)?))
}

/// `TEST(Suite, Name)` and its kin; `TEST_CASE("…")` is a sentence.
fn googletest(text: &str) -> Option<(String, bool, bool)> {
    let macro_name = leading_word(text);
    if !matches!(
        macro_name,
        "TEST" | "TEST_F" | "TEST_P" | "TYPED_TEST" | "TEST_CASE" | "SCENARIO" | "BOOST_AUTO_TEST_CASE"
    ) {
        return None;
    }
    let inside = text.get(macro_name.len()..)?.trim_start().strip_prefix('(')?;
    let name: String = inside.split([')', '{']).next()?.split_whitespace().collect();
    let is_skipped = name.contains("DISABLED_");
    Some((name.replace("DISABLED_", ""), !name.contains('"'), is_skipped))
}

/// `it("…")`, `test '…' do`: tests that carry a sentence.
fn sentence(text: &str, language: Language) -> Option<(String, bool, bool)> {
    let has_such = matches!(
        language,
        Language::JavaScript
            | Language::TypeScript
            | Language::Ruby
            | Language::Elixir
            | Language::Dart
            | Language::Lua
            | Language::Zig
            | Language::Shell
    );
    let word = leading_word(text.trim_start_matches('@'));
    let is_off = matches!(word, "xit" | "xtest" | "xspecify");
    if !has_such || !(is_off || matches!(word, "it" | "test" | "specify" | "testWidgets" | "scenario")) {
        return None;
    }
    let rest = text.trim_start_matches('@').get(word.len()..)?;
    let open = rest.find(['"', '\'', '`'])?;
    let between = rest.get(..open)?;
    let is_call = between.starts_with(['(', ' ', '.']) && !between.contains(['=', ';', ':']);
    let quote = rest.get(open..)?.chars().next()?;
    let name = rest.get(open.saturating_add(1)..)?.split(quote).next()?;
    let is_skipped = is_off || between.contains(".skip") || between.contains(".todo");
    is_call.then(|| (name.to_owned(), false, is_skipped))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str, language: Language) -> Vec<(String, bool)> {
        let mut lines = Lines::default();
        lines.extend(1, &text.lines().map(str::to_owned).collect::<Vec<_>>());
        declared_in(&lines, language)
            .into_iter()
            .map(|case| (case.name, case.is_skipped))
            .collect()
    }

    #[test]
    fn tests_are_seen_in_many_frameworks() {
        for (text, language, name) in [
            ("#[test]\nfn adds() {", Language::Rust, "adds"),
            (
                "#[tokio::test(flavor = \"x\")]\nasync fn waits() {",
                Language::Rust,
                "waits",
            ),
            ("    def test_total(self):", Language::Python, "test_total"),
            ("func TestClose(t *testing.T) {", Language::Go, "TestClose"),
            ("  it('adds', () => {", Language::TypeScript, "adds"),
            ("  it.each([1])('adds', () => {", Language::JavaScript, "adds"),
            ("  @Test\n  public void parses() {", Language::Java, "parses"),
            ("  [Fact]\n  public async Task Parses()", Language::CSharp, "Parses"),
            ("TEST_F(Suite, Name) {", Language::Cpp, "Suite,Name"),
            ("  test \"it works\" do", Language::Elixir, "it works"),
            ("  it 'works' do", Language::Ruby, "works"),
            ("  public function testTotal(): void", Language::Php, "testTotal"),
            ("  func testTotal() throws {", Language::Swift, "testTotal"),
        ] {
            assert_eq!(names(text, language), [(name.to_owned(), false)], "{text}");
        }
    }

    #[test]
    fn switched_off_tests_are_known() {
        assert_eq!(
            names("it.skip('adds', f)", Language::JavaScript),
            [("adds".to_owned(), true)]
        );
        assert_eq!(
            names("xit('adds', f)", Language::JavaScript),
            [("adds".to_owned(), true)]
        );
    }

    #[test]
    fn ordinary_lines_declare_nothing() {
        for (text, language) in [
            ("fn adds() {", Language::Rust),
            ("def total():", Language::Python),
            ("const it = 'x';", Language::JavaScript),
            ("test = 'x'", Language::Ruby),
        ] {
            assert!(names(text, language).is_empty(), "{text}");
        }
    }
}
