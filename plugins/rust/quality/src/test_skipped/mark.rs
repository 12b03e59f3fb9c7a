//! How the common frameworks switch a test off, line by line.

use assize_judge::language::Language;
use assize_judge::words::{contains_word, is_word_byte};

/// What a mark switches off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// The test, class or module that is declared below it.
    Below,
    /// The test or group that its own line declares.
    Own,
    /// The test whose body it stands in.
    Around,
    /// Every test of the file.
    File,
    /// Every test of the file but its own.
    Others,
}

/// What a line switches off, if it does so whatever the circumstances. It asks for how the line begins before anything
/// else, because every added line of a test comes by. Marks with a condition (`skipif`, `@DisabledOnOs`,
/// `skip "…" if …`) are none.
pub(super) fn mark_in(line: &str, language: Language) -> Option<Reach> {
    let line = line.trim();
    match language {
        Language::Rust => begins(line, &["#[ignore"]).then_some(Reach::Below),
        Language::Python => of_python(line),
        Language::Java | Language::Kotlin | Language::Scala => of_java(line),
        Language::CSharp => {
            let is_off = begins(line, &["[Ignore]", "[Ignore("]) || line.starts_with('[') && line.contains("Skip = \"");
            is_off.then_some(Reach::Below)
        }
        Language::Go => begins(line, &["t.Skip(", "t.SkipNow(", "t.Skipf(", "b.Skip("]).then_some(Reach::Around),
        Language::JavaScript | Language::TypeScript => of_java_script(line),
        Language::Ruby => of_ruby(line),
        Language::Php => begins(line, &["$this->markTestSkipped(", "self::markTestSkipped("]).then_some(Reach::Around),
        Language::C | Language::Cpp => of_cpp(line),
        Language::Swift if line.starts_with("@Test") && line.contains(".disabled(") => Some(Reach::Below),
        Language::Swift => begins(line, &["throw XCTSkip("]).then_some(Reach::Around),
        Language::Elixir => begins(
            line,
            &["@tag :skip", "@tag skip:", "@moduletag :skip", "@moduletag skip:"],
        )
        .then_some(Reach::Below),
        Language::Dart => begins(line, &["@Skip("]).then_some(Reach::File),
        Language::Haskell => begins(line, &["xit \"", "xdescribe \"", "xcontext \""]).then_some(Reach::Own),
        Language::Shell => is_statement(line, &["skip"]).then_some(Reach::Around),
        Language::Lua => begins(line, &["pending(\"", "pending('"]).then_some(Reach::Own),
        Language::Perl | Language::Zig => None,
    }
}

fn begins(line: &str, openings: &[&str]) -> bool {
    openings.iter().any(|opening| {
        // What ends with a letter must not go on as another word.
        let ends_in_word = opening.bytes().last().is_some_and(is_word_byte);
        line.strip_prefix(opening)
            .is_some_and(|rest| !ends_in_word || !rest.bytes().next().is_some_and(is_word_byte))
    })
}

fn of_python(line: &str) -> Option<Reach> {
    const DECORATORS: [&str; 5] = [
        "@pytest.mark.skip",
        "@mark.skip",
        "@unittest.skip",
        "@skip",
        "@unittest.case.skip",
    ];
    const CALLS: [&str; 5] = [
        "pytest.skip(",
        "self.skipTest(",
        "raise unittest.SkipTest",
        "raise SkipTest",
        "raise pytest.skip.Exception",
    ];
    if begins(line, &DECORATORS) {
        Some(Reach::Below)
    } else if line.starts_with("pytestmark") && line.contains("mark.skip(")
        || begins(line, &["pytest.skip("]) && line.contains("allow_module_level=True")
    {
        Some(Reach::File)
    } else {
        begins(line, &CALLS).then_some(Reach::Around)
    }
}

/// JUnit, TestNG, ScalaTest; Groovy's Spock reads like JUnit.
fn of_java(line: &str) -> Option<Reach> {
    let is_annotated = begins(line, &["@Disabled", "@Ignore"])
        || line.starts_with('@') && ["@Disabled", "@Ignore"].iter().any(|mark| contains_word(line, mark))
        || line.starts_with("@Test(") && line.contains("enabled = false");
    if is_annotated {
        Some(Reach::Below)
    } else {
        begins(line, &["ignore(\""]).then_some(Reach::Own)
    }
}

/// Jest, Mocha, Jasmine, Vitest, Playwright, node:test and Deno.
fn of_java_script(line: &str) -> Option<Reach> {
    const SUBJECTS: [&str; 7] = ["it", "test", "describe", "context", "suite", "specify", "Deno.test"];
    const OFF: [&str; 5] = ["xit", "xtest", "xdescribe", "xcontext", "xspecify"];
    const FOCUSED: [&str; 3] = ["fit", "fdescribe", "fcontext"];
    let opens = |words: &[&str]| {
        words
            .iter()
            .any(|word| line.strip_prefix(word).is_some_and(|rest| rest.starts_with("(")))
    };
    if opens(&OFF) {
        return Some(Reach::Own);
    }
    if opens(&FOCUSED) && line.contains(['\'', '"', '`']) && (line.contains("=>") || line.contains("function")) {
        return Some(Reach::Others);
    }
    if begins(line, &["this.skip("]) {
        return Some(Reach::Around);
    }
    let rest = SUBJECTS.iter().find_map(|subject| line.strip_prefix(subject))?;
    let rest = rest
        .strip_prefix(".serial")
        .or_else(|| rest.strip_prefix(".concurrent"))
        .unwrap_or(rest);
    if begins(rest, &[".only(", ".only.each"]) {
        return Some(Reach::Others);
    }
    if let Some(arguments) = rest.strip_prefix(".skip(").or_else(|| rest.strip_prefix(".fixme(")) {
        let arguments = arguments.trim_start();
        return match arguments.bytes().next() {
            // Without a name it is Playwright's way to leave the test it stands in; with a condition it is no mark.
            Some(b')') => Some(Reach::Around),
            Some(b'\'' | b'"' | b'`') | None => Some(Reach::Own),
            _ => arguments.starts_with("true").then_some(Reach::Around),
        };
    }
    let is_off = begins(rest, &[".skip.each", ".ignore("]) || rest.starts_with('(') && line.contains("{ skip: true");
    is_off.then_some(Reach::Own)
}

/// RSpec, Minitest and Capybara's features.
fn of_ruby(line: &str) -> Option<Reach> {
    const OFF: [&str; 6] = [
        "xit ",
        "xdescribe ",
        "xcontext ",
        "xspecify ",
        "xfeature ",
        "xscenario ",
    ];
    const FOCUSED: [&str; 3] = ["fit ", "fdescribe ", "fcontext "];
    let declares = ["it ", "describe ", "context ", "specify ", "feature ", "scenario "]
        .iter()
        .any(|word| line.starts_with(word));
    if OFF.iter().any(|word| line.starts_with(word))
        || declares && [", skip: ", ", :skip"].iter().any(|tag| line.contains(tag))
    {
        Some(Reach::Own)
    } else if FOCUSED.iter().any(|word| line.starts_with(word)) || declares && line.contains(", focus: true") {
        Some(Reach::Others)
    } else {
        is_statement(line, &["skip", "pending"]).then_some(Reach::Around)
    }
}

/// Googletest, Catch2 and doctest.
fn of_cpp(line: &str) -> Option<Reach> {
    let declares = line.starts_with("TEST") || line.starts_with("TYPED_TEST") || line.starts_with("BOOST_AUTO_TEST");
    if declares
        && (line.contains("DISABLED_") || line.contains("doctest::skip()") || line.contains("unit_test::disabled()"))
    {
        Some(Reach::Own)
    } else {
        begins(line, &["GTEST_SKIP(", "SKIP("]).then_some(Reach::Around)
    }
}

/// A word that stands as a statement, alone or with what it says, and without a condition behind it.
fn is_statement(line: &str, words: &[&str]) -> bool {
    let is_one = words.iter().any(|word| {
        line.strip_prefix(word).is_some_and(|rest| {
            rest.is_empty() || rest.starts_with(['(', '"', '\'']) || rest.starts_with(" \"") || rest.starts_with(" '")
        })
    });
    is_one
        && ![" if ", " unless ", "&&", "||"]
            .iter()
            .any(|condition| line.contains(condition))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_known_in_many_frameworks() {
        for (line, language, reach) in [
            ("#[ignore]", Language::Rust, Reach::Below),
            ("@pytest.mark.skip", Language::Python, Reach::Below),
            ("@unittest.skip('x')", Language::Python, Reach::Below),
            (
                "pytestmark = pytest.mark.skip(reason='x')",
                Language::Python,
                Reach::File,
            ),
            ("self.skipTest('x')", Language::Python, Reach::Around),
            ("@Disabled", Language::Java, Reach::Below),
            ("@Test @Ignore", Language::Java, Reach::Below),
            ("@Test(enabled = false)", Language::Java, Reach::Below),
            ("[Fact(Skip = \"x\")]", Language::CSharp, Reach::Below),
            ("t.Skip()", Language::Go, Reach::Around),
            ("it.skip('adds', () => {", Language::TypeScript, Reach::Own),
            ("xdescribe('calc', () => {", Language::JavaScript, Reach::Own),
            ("test.skip()", Language::TypeScript, Reach::Around),
            ("describe.only('calc', () => {", Language::JavaScript, Reach::Others),
            ("fit('adds', () => {", Language::JavaScript, Reach::Others),
            ("skip 'later'", Language::Ruby, Reach::Around),
            ("xit 'adds' do", Language::Ruby, Reach::Own),
            ("TEST(Calc, DISABLED_Adds) {", Language::Cpp, Reach::Own),
            ("GTEST_SKIP() << \"x\";", Language::Cpp, Reach::Around),
            ("$this->markTestSkipped('x');", Language::Php, Reach::Around),
            ("@tag :skip", Language::Elixir, Reach::Below),
        ] {
            assert_eq!(mark_in(line, language), Some(reach), "{line}");
        }
    }

    #[test]
    fn conditions_and_look_alikes_are_none() {
        for (line, language) in [
            ("#[cfg_attr(windows, ignore)]", Language::Rust),
            ("@pytest.mark.skipif(sys.platform == 'win32')", Language::Python),
            ("@unittest.skipUnless(HAVE_SSL, 'x')", Language::Python),
            ("@DisabledOnOs(OS.WINDOWS)", Language::Java),
            ("@IgnoreForBinding", Language::Java),
            ("if testing.Short() { t.Skip() }", Language::Go),
            ("it.skipIf(isCI)('adds', f)", Language::TypeScript),
            ("test.skip(browserName === 'webkit', 'x')", Language::TypeScript),
            ("fit(model, samples)", Language::JavaScript),
            ("skip 'x' if RUBY_PLATFORM.include?('mingw')", Language::Ruby),
            ("skip_before_action :login", Language::Ruby),
            ("skip = 3", Language::Shell),
            ("pending_jobs = 3", Language::Ruby),
        ] {
            assert_eq!(mark_in(line, language), None, "{line}");
        }
    }
}
