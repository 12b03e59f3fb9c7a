//! Django and Alembic.

use assize_judge::source::Source;

use super::OneWay;

/// How many calls of one migration are looked at, and how many bytes the arguments of one may take.
const CALLS_MAX: usize = 64;
const ARGUMENTS_BYTES_MAX: usize = 64 * 1024;

/// Operations without a way back unless they bring one, and the argument that does.
const OPERATIONS: [(&str, &str, &str); 2] = [
    (
        "RunPython(",
        "reverse_code",
        "`RunPython` has no function for the way back",
    ),
    ("RunSQL(", "reverse_sql", "`RunSQL` has no statement for the way back"),
];

pub(super) fn one_ways(source: &Source) -> Vec<OneWay> {
    let mut ways = Vec::new();
    for (call, keyword, what) in OPERATIONS {
        for (at, _) in source.code.match_indices(call).take(CALLS_MAX) {
            let begin = at.saturating_add(call.len());
            let is_back =
                arguments(&source.code, &source.text, begin).is_none_or(|arguments| brings_back(&arguments, keyword));
            if !is_back {
                ways.push(OneWay::at(source.line_at(at), what));
            }
        }
    }
    ways.extend(empty_downgrade(source));
    ways
}

/// The arguments of a call, split at its own commas, with texts blanked out to a letter.
fn arguments(code: &str, text: &str, begin: usize) -> Option<Vec<String>> {
    let mut depth = 1_usize;
    let mut arguments = vec![String::new()];
    let rest = code.as_bytes().get(begin..)?.iter().zip(text.as_bytes().get(begin..)?);
    for (&byte, &written) in rest.take(ARGUMENTS_BYTES_MAX) {
        match byte {
            b'(' | b'[' | b'{' => depth = depth.saturating_add(1),
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 1 => {
                arguments.push(String::new());
                continue;
            }
            _ => {}
        }
        if depth == 0 {
            arguments.retain(|argument| !argument.trim().is_empty());
            return Some(arguments);
        }
        // A text is blank in the code, and an argument all the same.
        let is_quote = byte == b' ' && matches!(written, b'"' | b'\'');
        arguments
            .last_mut()?
            .push(if is_quote { 'q' } else { char::from(byte) });
    }
    None
}

/// Tells whether a second argument, or the one of that name, leads back.
fn brings_back(arguments: &[String], keyword: &str) -> bool {
    let is_named = |argument: &&String| {
        let name = argument
            .trim()
            .split(['=', '(', '[', '{'])
            .next()
            .unwrap_or_default()
            .trim()
            .len();
        argument
            .trim()
            .get(name..)
            .is_some_and(|rest| rest.trim_start().starts_with('='))
    };
    arguments.iter().filter(|argument| !is_named(argument)).count() >= 2
        || arguments.iter().any(|argument| argument.trim().starts_with(keyword))
}

/// Alembic's `downgrade` that does nothing although `upgrade` does something.
fn empty_downgrade(source: &Source) -> Option<OneWay> {
    let upgrade = source.code.find("def upgrade(")?;
    let at = source.code.find("def downgrade(");
    if is_empty(source, source.line_at(upgrade)) {
        return None;
    }
    match at.map(|at| source.line_at(at)) {
        None => Some(OneWay::at(source.line_at(upgrade), "The migration has no `downgrade`")),
        Some(line) if is_empty(source, line) => Some(OneWay::at(line, "`downgrade` does nothing")),
        Some(_) => None,
    }
}

/// Tells whether the function that begins on a line does nothing.
fn is_empty(source: &Source, line: u32) -> bool {
    let body = (line.saturating_add(1)..=source.lines()).map(|line| source.code_line(line));
    let body = body.take_while(|code| code.trim().is_empty() || code.starts_with([' ', '\t']));
    let mut statements = body.map(str::trim).filter(|code| !code.is_empty());
    statements.all(|code| matches!(code, "pass" | "...") || code.starts_with("raise NotImplementedError"))
}
