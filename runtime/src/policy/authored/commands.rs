//! `process.allow` of a role: the commands in it.

use super::read::ITEMS_MAX;
use super::{CommandText, Text};
use crate::written::language::problems::Problems;
use crate::written::language::section::{Keys, Section, items, text};
use toml::Spanned;
use toml::de::DeValue;

pub(super) const COMMAND: Keys = Keys {
    known: &["run", "network", "unconfined"],
    later: &[],
};

/// Reads the commands, each a list of words or a table with the words under `run`; those with mistakes are left out.
pub(super) fn read_commands(section: &Section<'_>, problems: &mut Problems<'_>) -> Vec<CommandText> {
    let (Some(place), Some(value)) = (section.key_place("allow"), section.value("allow")) else {
        return Vec::new();
    };
    let list = items("allow", "an array of commands", place, value, ITEMS_MAX, problems).unwrap_or_default();
    list.iter().filter_map(|item| read_command(item, problems)).collect()
}

fn read_command(item: &Spanned<DeValue<'_>>, problems: &mut Problems<'_>) -> Option<CommandText> {
    let what = "an item of `allow`";
    let DeValue::Table(_) = item.get_ref() else {
        let wanted = "an array of strings, or a table with `run`";
        return Some(CommandText {
            words: words(what, wanted, item, problems)?,
            place: item.span(),
            network: None,
            unconfined: None,
        });
    };
    let section = Section::open(what.to_owned(), item.span(), item, problems)?;
    section.allow_only(&COMMAND, problems);
    section.require("run", "run = [\"make\", \"test\"]", problems);
    let (network, unconfined) = (section.flag("network", problems), section.flag("unconfined", problems));
    let run = section.value("run")?;
    Some(CommandText {
        words: words("run", "an array of strings", run, problems)?,
        place: run.span(),
        network,
        unconfined,
    })
}

/// Reads the words of a command: nothing comes back where any of them is wrong.
fn words(what: &str, wanted: &str, value: &Spanned<DeValue<'_>>, problems: &mut Problems<'_>) -> Option<Vec<Text>> {
    let items = items(what, wanted, value.span(), value, ITEMS_MAX, problems)?;
    let texts: Vec<_> = items.iter().filter_map(|word| text(what, word, problems)).collect();
    (texts.len() == items.len()).then_some(texts)
}
