//! What somebody asks for when they propose a waiver: from words to terms. Each refusal is a sentence that says what to write.

use std::collections::BTreeSet;

use assize_provenance::entry::{REASON_BYTES_MAX, Reason};
use assize_provenance::pattern::PathPattern;
use assize_provenance::time::Time;

use super::DAYS_MAX;
use super::read::{DAY_SECONDS, PLACELESS, is_known_rule, is_over_broad, moment};

/// What a waiver is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Its id, where that is settled; the next one that is free otherwise.
    pub id: Option<String>,
    /// The rule it excuses.
    pub rule: String,
    /// The paths it is limited to; empty means everywhere.
    pub paths: Vec<PathPattern>,
    /// The last moment it excuses anything.
    pub expires: Time,
    /// Why.
    pub reason: Reason,
}

/// Reads the paths that a waiver of a rule is asked for. `judges` are the prefixes of rules whose judges do not come with Assize.
///
/// # Errors
///
/// A sentence when there is no such rule, or when the paths do not go with it.
pub fn paths_for(rule: &str, paths: &[String], judges: &BTreeSet<String>) -> Result<Vec<PathPattern>, String> {
    if !is_known_rule(rule, judges) {
        return Err(format!("no judge of this policy has the rule `{rule}`"));
    }
    match (PLACELESS.contains(&rule), paths) {
        (true, []) => return Ok(Vec::new()),
        (true, _) => return Err(format!("the findings of {rule} have no place; leave out the paths")),
        (false, []) => return Err("without a path the waiver would excuse the rule everywhere".to_owned()),
        (false, _) => {}
    }
    let read = |text: &String| match text.parse::<PathPattern>() {
        Ok(_) if is_over_broad(text) => Err(format!("`{text}` is everywhere; name a folder or a file")),
        Ok(pattern) => Ok(pattern),
        Err(error) => Err(format!("`{text}` is no path pattern: {error}")),
    };
    paths.iter().map(read).collect()
}

/// Reads the end of a waiver: `2027-01-31`, `2027-01-31T12:00:00Z` or `in 14 days`.
///
/// # Errors
///
/// A sentence when it is none of these, is over already, or is too far away.
pub fn expiry(text: &str, now: Time) -> Result<Time, String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let expires = match words.as_slice() {
        ["in", days, "day" | "days"] => days.parse::<i64>().ok().and_then(|days| {
            let seconds = days.checked_mul(DAY_SECONDS)?.checked_add(now.unix_seconds())?;
            Time::from_unix_seconds(seconds).ok()
        }),
        [one] => moment(one, true),
        _ => None,
    };
    let Some(expires) = expires else {
        return Err(format!(
            "`{text}` is no end of a waiver; write a date such as 2027-01-31, or `in 14 days`"
        ));
    };
    let seconds = expires.unix_seconds().saturating_sub(now.unix_seconds());
    if seconds <= 0 {
        Err(format!("{expires} is over already"))
    } else if seconds > DAYS_MAX.saturating_add(1).saturating_mul(DAY_SECONDS) {
        Err(format!(
            "a waiver lasts at most {DAYS_MAX} days; propose a new one when it is over"
        ))
    } else {
        Ok(expires)
    }
}

/// Takes the reason of a waiver, of which what must not be read has been masked.
///
/// # Errors
///
/// A sentence when it is too long, says nothing, or holds characters that a terminal would obey.
pub fn reason_of(text: &str) -> Result<Reason, String> {
    Reason::new(text).map_err(|_| {
        format!("the reason of a waiver has 1 to {REASON_BYTES_MAX} bytes, in lines of text without control characters")
    })
}
