//! Commands of a shell into which values are put: a space, a quote or a semicolon in the value, and it runs something else.

use assize_judge::Severity;
use assize_judge::language::Language;
use assize_judge::source::Source;
use assize_judge::words::contains_word;

use super::Danger;
use super::call::Call;

const INTERPOLATED: Danger = Danger {
    severity: Severity::Warning,
    message: "A value is put into a command that a shell takes apart.",
    suggestion: "Start the program with a list of arguments and without a shell, or quote the value for the shell.",
};
const OF_CALLER: Danger = Danger {
    severity: Severity::Error,
    message: "What the function is called with is put into a command that a shell takes apart.",
    ..INTERPOLATED
};
const DOWNLOADED: Danger = Danger {
    severity: Severity::Warning,
    message: "A script runs what it downloads, whatever that is by then.",
    suggestion: "Download it, compare it with a digest that stands here, and run it then.",
};

/// The danger on a line, if there is one.
pub(super) fn danger(source: &Source, line: u32) -> Option<Danger> {
    match source.language {
        Language::Python => python(source, line),
        Language::JavaScript | Language::TypeScript => {
            let names = [
                "execSync",
                "exec",
                "child_process.exec",
                "child_process.execSync",
                "cp.exec",
                "cp.execSync",
            ];
            let is_of_shell = source.text.contains("child_process");
            by_calls(source, line, &names).filter(|_| is_of_shell)
        }
        Language::Php => by_calls(
            source,
            line,
            &["exec", "system", "shell_exec", "passthru", "popen", "proc_open"],
        ),
        Language::Ruby => by_calls(source, line, &["system", "exec"])
            .or_else(|| by_words(source, line, &["system", "exec"]))
            .or_else(|| backticks(source, line)),
        Language::Perl => by_calls(source, line, &["system"]).or_else(|| by_words(source, line, &["system"])),
        Language::Go => go(source, line),
        Language::Rust => rust(source, line),
        Language::Java | Language::Kotlin | Language::Scala => by_calls(source, line, &["Runtime.getRuntime().exec"]),
        Language::Shell => script(source, line),
        _ => None,
    }
}

fn of_call(call: Call<'_>) -> Option<Danger> {
    let names = call.interpolated();
    if names.is_empty() {
        None
    } else if call.takes_parameter(&names) {
        Some(OF_CALLER)
    } else {
        Some(INTERPOLATED)
    }
}

fn by_calls(source: &Source, line: u32, names: &[&'static str]) -> Option<Danger> {
    names
        .iter()
        .find_map(|name| Call::of(source, line, name))
        .and_then(|call| of_call(call.first()))
}

fn by_words(source: &Source, line: u32, words: &[&'static str]) -> Option<Danger> {
    words
        .iter()
        .find_map(|word| Call::after_word(source, line, word))
        .and_then(|call| of_call(call.first()))
}

/// `os.system` and its like always ask a shell; `subprocess` does where it is told to, on this line or on one above.
fn python(source: &Source, line: u32) -> Option<Danger> {
    const ALWAYS: [&str; 4] = [
        "os.system",
        "os.popen",
        "subprocess.getoutput",
        "subprocess.getstatusoutput",
    ];
    const TOLD_TO: [&str; 5] = [
        "subprocess.run",
        "subprocess.call",
        "subprocess.check_call",
        "subprocess.check_output",
        "subprocess.Popen",
    ];
    /// How many lines a call may have before it says that it wants a shell.
    const CALL_LINES_MAX: u32 = 8;
    if let Some(danger) = by_calls(source, line, &ALWAYS) {
        return Some(danger);
    }
    let code = source.code_line(line);
    if !code.contains("shell=True") && !code.contains("shell = True") {
        return None;
    }
    let first = line.saturating_sub(CALL_LINES_MAX).max(1);
    let call = (first..=line)
        .rev()
        .find_map(|above| TOLD_TO.iter().find_map(|name| Call::of(source, above, name)))?;
    of_call(call.first())
}

/// `exec.Command("sh", "-c", …)`.
fn go(source: &Source, line: u32) -> Option<Danger> {
    let call = ["exec.Command", "exec.CommandContext"]
        .iter()
        .find_map(|name| Call::of(source, line, name))?;
    let asks_shell = ["\"sh\"", "\"bash\"", "\"/bin/sh\"", "\"/bin/bash\""]
        .iter()
        .any(|shell| call.text().contains(shell));
    of_call(call).filter(|_| asks_shell && call.text().contains("\"-c\""))
}

/// `.arg("-c").arg(format!(…))` behind `Command::new("sh")`.
fn rust(source: &Source, line: u32) -> Option<Danger> {
    let first = line.saturating_sub(2).max(1);
    let last = line.saturating_add(2);
    let asks_shell = (first..=line).any(|near| {
        let text = source.line(near);
        text.contains("Command::new(")
            && ["\"sh\"", "\"bash\"", "\"/bin/sh\""]
                .iter()
                .any(|shell| text.contains(shell))
    });
    if !asks_shell || !source.line(line).contains("\"-c\"") {
        return None;
    }
    (line..=last)
        .find_map(|near| Call::of_macro(source, near, "format!"))
        .and_then(of_call)
}

/// Ruby's `` `…#{x}…` ``.
fn backticks(source: &Source, line: u32) -> Option<Danger> {
    let text = source.line(line);
    let start = source.start_of(line);
    let open = text.find('`')?;
    let is_quote = source.class_at(start.saturating_add(open)) == assize_judge::lexer::Class::Text;
    let before = open.checked_sub(1).map(|at| source.class_at(start.saturating_add(at)));
    let is_command = is_quote && before != Some(assize_judge::lexer::Class::Text);
    let inside = text.get(open..)?;
    (is_command && inside.contains("#{") && !inside.contains("escape")).then_some(INTERPOLATED)
}

/// `sh -c "…$1…"`, and what is downloaded straight into a shell.
fn script(source: &Source, line: u32) -> Option<Danger> {
    let code = source.code_line(line);
    let text = source.line(line);
    if contains_word(code, "curl") || contains_word(code, "wget") {
        let runs = code.split('|').skip(1).any(|command| {
            let words: Vec<&str> = command.split_whitespace().filter(|word| *word != "sudo").collect();
            words
                .first()
                .is_some_and(|word| matches!(*word, "sh" | "bash" | "zsh" | "python" | "python3" | "perl"))
        });
        return runs.then_some(DOWNLOADED);
    }
    let at = code.find("sh -c")?;
    let command = text.get(at..)?.split_once("-c")?.1.trim_start();
    let inside = command.strip_prefix('"')?.split('"').next()?;
    let takes_argument = inside.match_indices('$').any(|(at, _)| {
        let after = inside
            .get(at.saturating_add(1)..)
            .unwrap_or_default()
            .trim_start_matches('{');
        let is_escaped = inside.get(..at).is_some_and(|before| before.ends_with('\\'));
        !is_escaped
            && after.starts_with(|letter: char| letter.is_ascii_digit() && letter != '0' || matches!(letter, '@' | '*'))
    });
    takes_argument.then_some(INTERPOLATED)
}
