//! Files that anybody on the machine may change.

use assize_judge::Severity;
use assize_judge::language::Language;
use assize_judge::source::Source;
use assize_judge::words::{contains_word, identifiers};

use super::Danger;

const WRITABLE: Danger = Danger {
    severity: Severity::Warning,
    message: "Everybody on the machine may change this file.",
    suggestion: "Give the right to write to the owner, or to a group made for it: 755, 644 or 775.",
};

/// The danger on a line, if there is one.
pub(super) fn danger(source: &Source, line: u32) -> Option<Danger> {
    let code = source.code_line(line);
    if source.language == Language::Shell {
        return in_script(code).then_some(WRITABLE);
    }
    let sets = ["chmod", "Chmod", "chmodSync", "fchmod", "from_mode", "set_mode"];
    let is_set = sets.iter().any(|name| contains_word(code, name));
    (is_set && identifiers(code).any(is_writable_number)).then_some(WRITABLE)
}

/// A mode in base 8 whose last digit has the right to write.
fn is_writable_number(word: &str) -> bool {
    let digits = word
        .strip_prefix("0o")
        .or_else(|| word.strip_prefix('0'))
        .unwrap_or_default();
    matches!(digits, "777" | "666" | "776" | "767" | "0777" | "0666")
}

/// `chmod 777 x`, `chmod -R a+rwx x`, `chmod o+w x`; with the sticky bit, as `/tmp` has it, it is meant.
fn in_script(code: &str) -> bool {
    let mut words = code.split_whitespace().skip_while(|word| *word != "chmod").skip(1);
    let mode = words.find(|word| !word.starts_with('-')).unwrap_or_default();
    let by_number = matches!(mode.trim_start_matches('0'), "777" | "666");
    let by_letters = mode.split(',').any(|change| {
        change
            .split_once('+')
            .is_some_and(|(who, what)| who.contains(['o', 'a']) && what.contains('w'))
    });
    by_number || by_letters
}
