//! Text that is run as code, and data that is unpacked into whatever it says it is.

use assize_judge::Severity;
use assize_judge::language::Language;
use assize_judge::source::Source;
use assize_judge::words::{contains_word, positions};

use super::Danger;
use super::call::Call;

const EVALUATED: Danger = Danger {
    severity: Severity::Warning,
    message: "A text that is made while the program runs is run as code.",
    suggestion: "Parse the text, or choose among functions by name; if it must be code, say where it comes from.",
};
const LOADED: Danger = Danger {
    severity: Severity::Warning,
    message: "This loader makes any object that the document names, and runs code for it.",
    suggestion: "Use the safe loader (`yaml.safe_load`, or `Loader=yaml.SafeLoader`).",
};
const UNPACKED: Danger = Danger {
    severity: Severity::Warning,
    message: "What comes from outside is unpacked by a format that runs code.",
    suggestion: "Use a format of plain values, such as JSON, for what others send.",
};

/// What arguments speak of that comes from outside.
const FROM_OUTSIDE: [&str; 10] = [
    "recv", "request", "response", "content", "body", "urlopen", "socket", "sock", "payload", "conn",
];

/// The danger on a line, if there is one.
pub(super) fn danger(source: &Source, line: u32) -> Option<Danger> {
    let runs = |names: &[&'static str]| {
        let call = names.iter().find_map(|name| Call::of(source, line, name))?;
        (!call.first().is_literal() && !call.text().trim().is_empty()).then_some(EVALUATED)
    };
    match source.language {
        Language::Python => runs(&["eval", "exec"]).or_else(|| loaded_in_python(source, line)),
        Language::JavaScript | Language::TypeScript => {
            runs(&["eval"]).or_else(|| runs(&["Function"]).filter(|_| source.code_line(line).contains("new Function")))
        }
        Language::Php => runs(&["eval"]).or_else(|| {
            let call = Call::of(source, line, "unserialize")?;
            ["$_GET", "$_POST", "$_REQUEST", "$_COOKIE"]
                .iter()
                .any(|name| call.text().contains(name))
                .then_some(UNPACKED)
        }),
        Language::Ruby => runs(&["eval"]).or_else(|| unpacked(source, line, "Marshal.load")),
        Language::Perl => {
            let code = source.code_line(line);
            let is_text = |at: usize| {
                code.get(at..)
                    .is_some_and(|rest| rest.starts_with("eval $") && !rest.starts_with("eval $VERSION"))
            };
            positions(code, "eval").any(is_text).then_some(EVALUATED)
        }
        Language::Shell => in_script(source, line),
        _ => None,
    }
}

fn loaded_in_python(source: &Source, line: u32) -> Option<Danger> {
    if Call::of(source, line, "yaml.unsafe_load").is_some() {
        return Some(LOADED);
    }
    if let Some(call) = Call::of(source, line, "yaml.load") {
        let code = call.code();
        let is_safe = code.contains("Loader") && !contains_word(code, "UnsafeLoader") && !code.contains("yaml.Loader");
        return (!is_safe).then_some(LOADED);
    }
    unpacked(source, line, "pickle.loads")
}

fn unpacked(source: &Source, line: u32, name: &'static str) -> Option<Danger> {
    let code = Call::of(source, line, name)?.code();
    FROM_OUTSIDE.iter().any(|word| code.contains(word)).then_some(UNPACKED)
}

/// `eval` of what a script or a function was called with.
fn in_script(source: &Source, line: u32) -> Option<Danger> {
    let code = source.code_line(line);
    let at = positions(code, "eval").find(|at| {
        let before = code.get(..*at).unwrap_or_default().trim_end();
        before.is_empty() || before.ends_with([';', '&', '|', '(', '{'])
    })?;
    let rest = source.line(line).get(at.saturating_add("eval".len())..)?;
    let takes_argument = ["$1", "$2", "$3", "$@", "$*", "${1", "${2", "${@", "${*"]
        .iter()
        .any(|argument| rest.contains(argument));
    takes_argument.then_some(EVALUATED)
}
