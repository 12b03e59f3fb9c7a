//! Rails, Laravel, Ecto, and the frameworks of JavaScript: a function for the way there and one for the way back.

use assize_judge::language::Language;
use assize_judge::source::Source;
use assize_judge::words::{leading_word, positions};

use super::OneWay;

pub(super) fn one_ways(source: &Source) -> Vec<OneWay> {
    let first = |word: &str| positions(&source.code, word).next().map(|at| source.line_at(at));
    let mut ways = Vec::new();
    if let Some(line) = first("IrreversibleMigration") {
        ways.push(OneWay::at(line, "The migration says that it cannot be taken back"));
        return ways;
    }
    let (there, back) = match source.language {
        Language::Ruby | Language::Elixir => ("def up", "def down"),
        Language::Php => ("function up", "function down"),
        _ => ("up", "down"),
    };
    if let Some(line) = first(there).filter(|_| first(back).is_none()) {
        ways.push(OneWay::at(line, "The migration has a way there and none back"));
    } else if source.language == Language::Ruby && first("def change").is_some() {
        ways.extend(irreversible_steps(source));
    }
    ways
}

/// The steps of Rails' `change` that it cannot turn around, as its guide on reversible migrations lists them.
fn irreversible_steps(source: &Source) -> Vec<OneWay> {
    let has = |word: &str| positions(&source.code, word).next().is_some();
    if has("reversible") || has("up_only") || has("revert") {
        return Vec::new();
    }
    let mut ways = Vec::new();
    for line in 1..=source.lines() {
        let code = source.code_line(line).trim();
        let commas = code.matches(',').count();
        let what = match leading_word(code) {
            "execute" => "`change` runs a statement that cannot be turned around",
            "drop_table" if !code.ends_with("do") && !code.contains(['{', '|']) => {
                "`drop_table` does not say what the table looked like"
            }
            "remove_column" if commas == 1 => "`remove_column` does not say what the column looked like",
            "change_column" => "`change_column` cannot be turned around",
            _ => continue,
        };
        ways.push(OneWay::at(line, what));
    }
    ways
}
