//! Reads one section of a repository's `config` and nothing else of it: no includes, no other section, nothing of the
//! user's. The form is that of git-config(1), "Syntax"; a value that goes on over several lines ends with its first.

use std::path::Path;

use super::read_small;
use crate::reader::ReadError;

/// The largest `config` that is scanned, in bytes.
const CONFIG_BYTES_MAX: u64 = 1 << 20;

/// Lists the keys of a section, in lower case, with their values, in the order of the file. A key without a value is `true`,
/// as for git; a file that is not there has no keys.
///
/// # Errors
///
/// [`ReadError`] when the file is no regular file, too large, or cannot be read.
pub fn section(file: &Path, section: &str) -> Result<Vec<(String, String)>, ReadError> {
    let Some(bytes) = read_small(file, CONFIG_BYTES_MAX)? else {
        return Ok(Vec::new());
    };
    let text = String::from_utf8_lossy(&bytes);
    let mut found = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        let mut line = line.trim();
        if let Some(rest) = line.strip_prefix('[') {
            let Some((name, rest)) = rest.split_once(']') else {
                inside = false;
                continue;
            };
            inside = name.trim().eq_ignore_ascii_case(section);
            line = rest.trim();
        }
        if inside {
            found.extend(key_and_value(line));
        }
    }
    Ok(found)
}

fn key_and_value(line: &str) -> Option<(String, String)> {
    let line = line.split(['#', ';']).next().unwrap_or_default();
    let (key, value) = line.split_once('=').unwrap_or((line, "true"));
    let key = key.trim().to_ascii_lowercase();
    (!key.is_empty()).then(|| (key, value.trim().trim_matches('"').to_owned()))
}
