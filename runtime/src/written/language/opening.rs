//! From the bytes of a file to its tables: size, characters, syntax, version.

use super::problems::Problems;
use super::section::Section;
use toml::de::DeTable;

/// Takes the bytes of a file as text. What keeps them from being one is reported.
#[must_use]
pub fn text<'b>(bytes: &'b [u8], problems: &mut Problems<'_>) -> Option<&'b str> {
    if is_too_large(bytes.len(), problems) {
        return None;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) => {
            let lines = bytes
                .iter()
                .take(error.valid_up_to())
                .filter(|byte| **byte == b'\n')
                .count();
            problems
                .report(
                    problems.language().not_utf8,
                    format!("line {} is not UTF-8", lines.saturating_add(1)),
                )
                .hint("save the file as UTF-8");
            None
        }
    }
}

/// Reads the tables of a text. What keeps it from being TOML is reported.
#[must_use]
pub fn table<'t>(text: &'t str, problems: &mut Problems<'_>) -> Option<toml::Spanned<DeTable<'t>>> {
    if is_too_large(text.len(), problems) {
        return None;
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    // Of mistakes of syntax only the first by place: it makes the parser stumble over much that follows, and what it recovers
    // would only bring problems that are none.
    if let Some(error) = errors.iter().min_by_key(|error| error.span().map(|span| span.start)) {
        let place = error.span().unwrap_or(text.len()..text.len());
        problems
            .report(problems.language().not_toml, "this is not TOML")
            .at(place, error.message());
        return None;
    }
    Some(table)
}

/// Reads `version` and goes on only with the one that this code reads.
#[must_use]
pub fn version(root: &Section<'_>, problems: &mut Problems<'_>) -> Option<()> {
    let language = problems.language();
    root.require("version", &format!("version = {}", language.version), problems);
    let version = root.number("version", 0..=u64::MAX, problems)?;
    if *version.get_ref() == language.version {
        return Some(());
    }
    problems
        .report(
            language.unknown_version,
            format!(
                "this file is written in version {} of the {} language, and this version of Assize reads version {}",
                version.get_ref(),
                language.name,
                language.version
            ),
        )
        .at(version.span(), format!("must be {}", language.version))
        .hint(if *version.get_ref() > language.version {
            "use a newer version of Assize".to_owned()
        } else {
            format!("write `version = {}`", language.version)
        });
    None
}

/// Tells whether a file of so many bytes is too large, and reports it if so.
fn is_too_large(bytes: usize, problems: &mut Problems<'_>) -> bool {
    let language = problems.language();
    let is_too_large = bytes > language.bytes_max;
    if is_too_large {
        problems
            .report(
                language.too_large,
                format!("the file has {bytes} bytes, more than {}", language.bytes_max),
            )
            .hint(format!("a {} is read by people: keep it short", language.name));
    }
    is_too_large
}
