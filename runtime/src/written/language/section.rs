//! A walk over one table of the file: known keys by type, everything else a problem.
//!
//! Problems carry the codes that the language has for them.

use super::Language;
use super::digits::grouped;
use super::nearest::nearest;
use super::problems::{Problems, listed, quoted};
use std::borrow::Cow;
use std::ops::{Range, RangeInclusive};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The keys that the language knows in a table.
#[derive(Debug)]
pub struct Keys {
    /// The keys of this part of the language.
    pub known: &'static [&'static str],
    /// Keys that later parts of the language are known to bring.
    pub later: &'static [&'static str],
}

/// One table of the file.
#[derive(Debug)]
pub struct Section<'a> {
    /// What to call it in messages, such as `[roles.judge]`.
    pub title: String,
    /// Where it is named; nowhere for the file itself.
    pub place: Option<Range<usize>>,
    table: &'a DeTable<'a>,
}

impl<'a> Section<'a> {
    /// Opens the whole file.
    #[must_use]
    pub fn root(table: &'a DeTable<'a>, language: &Language) -> Self {
        Self {
            title: format!("a {} file", language.name),
            place: None,
            table,
        }
    }

    /// Opens `value` as a table, or reports that it is none.
    pub fn open(
        title: String,
        place: Range<usize>,
        value: &'a Spanned<DeValue<'a>>,
        problems: &mut Problems<'_>,
    ) -> Option<Self> {
        match value.get_ref() {
            DeValue::Table(table) => Some(Self {
                title,
                place: Some(place),
                table,
            }),
            other => {
                wrong_type(&title, "a table", other, value.span(), problems);
                None
            }
        }
    }

    /// Opens the table under `key`, if there is one.
    pub fn section(&self, key: &str, title: String, problems: &mut Problems<'_>) -> Option<Self> {
        let (name, value) = self.table.get_key_value(key)?;
        Self::open(title, name.span(), value, problems)
    }

    /// Returns every key with its value, in the order of the file.
    #[must_use]
    pub fn entries(&self) -> Vec<(&'a Spanned<Cow<'a, str>>, &'a Spanned<DeValue<'a>>)> {
        let mut entries: Vec<_> = self.table.iter().collect();
        entries.sort_by_key(|(name, _)| name.span().start);
        entries
    }

    /// Tells whether the table has more than `max` entries, and reports it if so.
    pub fn is_too_long(&self, max: usize, problems: &mut Problems<'_>) -> bool {
        let count = self.table.len();
        if count > max {
            problems
                .report(
                    problems.language().too_many,
                    format!("{} holds {count} entries, more than {max}", self.title),
                )
                .at_section(self.place.as_ref());
        }
        count > max
    }

    /// Reports every key that the language does not know here.
    pub fn allow_only(&self, keys: &Keys, problems: &mut Problems<'_>) {
        for (name, _) in self.entries() {
            if !keys.known.contains(&name.get_ref().as_ref()) {
                self.refuse(name, keys, problems);
            }
        }
    }

    /// Reports a key that the language does not know here, or not yet.
    pub fn refuse(&self, name: &Spanned<Cow<'_, str>>, keys: &Keys, problems: &mut Problems<'_>) {
        let key = name.get_ref().as_ref();
        let language = problems.language();
        if keys.later.contains(&key) {
            problems
                .report(
                    language.later_key,
                    format!(
                        "this version of Assize does not know `{key}` in {}; it is not silently ignored",
                        self.title
                    ),
                )
                .at(
                    name.span(),
                    format!("belongs to a later part of the {} language", language.name),
                )
                .hint("remove it, or use a version of Assize that knows it");
            return;
        }
        problems
            .report(
                problems.language().unknown_key,
                format!("{} has no key {}", self.title, quoted(key)),
            )
            .at(name.span(), "unknown key")
            .mean(
                nearest(key, keys.known),
                format!("the keys here are {}", listed(keys.known)),
            );
    }

    /// Returns what stands under `key`, if it is there.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.table.get(key)
    }

    /// Returns where `key` stands, if it is there.
    #[must_use]
    pub fn key_place(&self, key: &str) -> Option<Range<usize>> {
        self.table.get_key_value(key).map(|(name, _)| name.span())
    }

    /// Reports a missing `key`, with an example line that shows how to write it.
    pub fn require(&self, key: &str, example: &str, problems: &mut Problems<'_>) {
        if !self.table.contains_key(key) {
            problems
                .report(
                    problems.language().missing_key,
                    format!("{} has no `{key}`", self.title),
                )
                .at_section(self.place.as_ref())
                .hint(format!("add a line like `{example}`"));
        }
    }

    /// Returns the text under `key`.
    pub fn text(&self, key: &str, problems: &mut Problems<'_>) -> Option<Spanned<String>> {
        text(key, self.table.get(key)?, problems)
    }

    /// Returns the list of texts under `key`: empty where the key is missing, nothing where any part is wrong.
    pub fn texts(&self, key: &str, max: usize, problems: &mut Problems<'_>) -> Option<Vec<Spanned<String>>> {
        match self.table.get_key_value(key) {
            Some((name, value)) => texts(key, name.span(), value, max, problems),
            None => Some(Vec::new()),
        }
    }

    /// Opens each table of the array of tables under `key`; what is no table is reported and left out.
    pub fn tables(&self, key: &str, title: &str, max: usize, problems: &mut Problems<'_>) -> Vec<Self> {
        let Some((name, value)) = self.table.get_key_value(key) else {
            return Vec::new();
        };
        let tables = items(key, "an array of tables", name.span(), value, max, problems).unwrap_or_default();
        tables
            .iter()
            .filter_map(|table| Self::open(title.to_owned(), table.span(), table, problems))
            .collect()
    }

    /// Returns the whole number under `key`, which must lie in `range`.
    pub fn number(&self, key: &str, range: RangeInclusive<u64>, problems: &mut Problems<'_>) -> Option<Spanned<u64>> {
        number(key, self.table.get(key)?, range, problems)
    }

    /// Returns the truth value under `key`.
    pub fn flag(&self, key: &str, problems: &mut Problems<'_>) -> Option<Spanned<bool>> {
        let value = self.table.get(key)?;
        match value.get_ref() {
            DeValue::Boolean(flag) => Some(Spanned::new(value.span(), *flag)),
            other => {
                wrong_type(&format!("`{key}`"), "true or false", other, value.span(), problems);
                None
            }
        }
    }
}

/// Returns the items of a list, or reports what stands there instead, or that they are too many.
pub fn items<'v, 'a>(
    what: &str,
    wanted: &str,
    place: Range<usize>,
    value: &'v Spanned<DeValue<'a>>,
    max: usize,
    problems: &mut Problems<'_>,
) -> Option<&'v [Spanned<DeValue<'a>>]> {
    let what = if what.contains(' ') {
        what.to_owned()
    } else {
        quoted(what)
    };
    let DeValue::Array(items) = value.get_ref() else {
        wrong_type(&what, wanted, value.get_ref(), value.span(), problems);
        return None;
    };
    if items.len() > max {
        problems
            .report(
                problems.language().too_many,
                format!("{what} lists {} items, more than {max}", items.len()),
            )
            .at(place, "");
        return None;
    }
    Some(&**items)
}

/// Reads a list of texts: nothing comes back where any part is wrong.
fn texts(
    key: &str,
    place: Range<usize>,
    value: &Spanned<DeValue<'_>>,
    max: usize,
    problems: &mut Problems<'_>,
) -> Option<Vec<Spanned<String>>> {
    let items = items(key, "an array of strings", place, value, max, problems)?;
    let what = format!("an item of `{key}`");
    let texts: Vec<_> = items.iter().filter_map(|item| text(&what, item, problems)).collect();
    (texts.len() == items.len()).then_some(texts)
}

/// Reads a text, or reports what stands there instead.
pub fn text(what: &str, value: &Spanned<DeValue<'_>>, problems: &mut Problems<'_>) -> Option<Spanned<String>> {
    match value.get_ref() {
        DeValue::String(text) => Some(Spanned::new(value.span(), text.clone().into_owned())),
        other => {
            let what = if what.contains(' ') {
                what.to_owned()
            } else {
                quoted(what)
            };
            wrong_type(&what, "a string", other, value.span(), problems);
            None
        }
    }
}

/// Reads a whole number in `range`, which may lie below zero, or reports what stands there instead.
pub fn signed(
    key: &str,
    value: &Spanned<DeValue<'_>>,
    range: RangeInclusive<i64>,
    problems: &mut Problems<'_>,
) -> Option<Spanned<i64>> {
    let DeValue::Integer(integer) = value.get_ref() else {
        wrong_type(&quoted(key), "a whole number", value.get_ref(), value.span(), problems);
        return None;
    };
    let parsed = i64::from_str_radix(integer.as_str(), integer.radix()).ok();
    let number = parsed.filter(|number| range.contains(number));
    if number.is_none() {
        let (min, max) = (range.start(), range.end());
        problems
            .report(
                problems.language().out_of_range,
                format!("{} must be at least {min} and at most {max}", quoted(key)),
            )
            .at(value.span(), "out of range");
    }
    number.map(|number| Spanned::new(value.span(), number))
}

/// Reads a whole number in `range`, or reports what stands there instead.
pub fn number(
    key: &str,
    value: &Spanned<DeValue<'_>>,
    range: RangeInclusive<u64>,
    problems: &mut Problems<'_>,
) -> Option<Spanned<u64>> {
    let DeValue::Integer(integer) = value.get_ref() else {
        wrong_type(&quoted(key), "a whole number", value.get_ref(), value.span(), problems);
        return None;
    };
    // A number below zero or above 64 bits is out of range as well; it is quoted as it stands.
    let parsed = u64::from_str_radix(integer.as_str(), integer.radix()).ok();
    match parsed.filter(|number| range.contains(number)) {
        Some(number) => Some(Spanned::new(value.span(), number)),
        None => {
            problems
                .report(
                    problems.language().out_of_range,
                    format!(
                        "{} must be at least {} and at most {}",
                        quoted(key),
                        grouped(*range.start(), '_'),
                        grouped(*range.end(), '_')
                    ),
                )
                .at(value.span(), "out of range");
            None
        }
    }
}

/// Reports a value of the wrong type.
pub fn wrong_type(what: &str, wanted: &str, found: &DeValue<'_>, span: Range<usize>, problems: &mut Problems<'_>) {
    problems
        .report(problems.language().wrong_type, format!("{what} must be {wanted}"))
        .at(span, format!("this is {}", type_name(found)));
}

/// Returns what a value is, in words.
fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "a truth value",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}
