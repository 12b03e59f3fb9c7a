//! What is asked for: the input, read and checked before any file is looked at.

use assize_agent::field::{Complaint, Field};
use assize_agent::path::is_path;
use semver::Version;
use serde_json::Value;

use crate::version;

/// How many commits are read at most.
const COMMITS_MAX: usize = 10_000;
/// The file that is written unless the input names another.
const FILE: &str = "CHANGELOG.md";
/// Seconds of a day.
const DAY: i64 = 86_400;

/// Everything that is asked for.
#[derive(Debug)]
pub(crate) struct Job<'a> {
    /// The tag that the commits came after.
    pub(crate) tag: Option<&'a str>,
    /// The commits, newest first.
    pub(crate) commits: Vec<Commit<'a>>,
    /// Whether there were more than were given.
    pub(crate) is_cut: bool,
    /// The file to write.
    pub(crate) file: &'a str,
    /// The version to write; the next one otherwise.
    pub(crate) version: Option<Version>,
    /// The day of the version, as `2026-11-26`.
    pub(crate) date: Option<String>,
}

/// One commit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Commit<'a> {
    /// Its id.
    pub(crate) id: &'a str,
    /// What it says.
    pub(crate) message: &'a str,
}

impl<'a> Job<'a> {
    /// Reads the input.
    pub(crate) fn parse(input: &'a Value) -> Result<Self, Complaint> {
        let job = Field::root(input).object(&["commits", "file", "version", "date"])?;
        let history = job.required("commits")?.object(&["tag", "cut", "commits"])?;
        let tag = history.member("tag").map(|field| field.text()).transpose()?;
        let list = input
            .pointer("/commits/commits")
            .and_then(Value::as_array)
            .ok_or_else(|| history.complain("lacks the list `commits` of what happened since the tag"))?;
        let mut commits = Vec::with_capacity(list.len());
        let mut newest = 0;
        if !list.is_empty() {
            for item in history.required("commits")?.items(COMMITS_MAX)? {
                let commit = item.object(&["id", "time", "message"])?;
                let time = commit.required("time")?.number(0, u64::from(u32::MAX))?;
                newest = newest.max(i64::try_from(time).unwrap_or_default());
                let id = commit.required("id")?;
                let text = id.text()?;
                if !(7..=64).contains(&text.len()) || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                    return Err(id.complain("must be the id of a commit, in hexadecimal digits"));
                }
                commits.push(Commit {
                    id: text,
                    message: commit.required("message")?.text()?,
                });
            }
        }
        let file = match job.member("file") {
            Some(field) => {
                let text = field.text()?;
                if !is_path(text) {
                    return Err(field.complain("must be the path of a file in the workspace, such as `CHANGELOG.md`"));
                }
                text
            }
            None => FILE,
        };
        let version = match job.member("version") {
            Some(field) => {
                let text = field.text()?;
                let parsed = version::parse(text);
                Some(parsed.ok_or_else(|| field.complain("must be a semantic version, such as `1.2.0`"))?)
            }
            None => None,
        };
        let date = match job.member("date") {
            Some(field) => {
                let text = field.text()?;
                if !is_date(text) {
                    return Err(field.complain("must be a day, such as `2026-11-26`"));
                }
                Some(text.to_owned())
            }
            // There is no clock here: the newest commit says when it was.
            None => (newest > 0).then(|| date_of(newest)),
        };
        Ok(Self {
            tag,
            commits,
            is_cut: history.flag("cut")?,
            file,
            version,
            date,
        })
    }
}

fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else {
        return false;
    };
    let number = |part: &str, digits: usize, max: u32| {
        let is_number = part.len() == digits && part.bytes().all(|digit| digit.is_ascii_digit());
        is_number && part.parse().is_ok_and(|number: u32| (1..=max).contains(&number))
    };
    number(year, 4, 9999) && number(month, 2, 12) && number(day, 2, 31)
}

/// The day in UTC of a moment in seconds since 1970, in the calendar that is valid everywhere: eras of 400 years have 146,097
/// days, and a year that starts in March has its odd day at the end.
fn date_of(unix_seconds: i64) -> String {
    let days = unix_seconds.div_euclid(DAY).saturating_add(719_468);
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (seconds, day) in [
            (0, "1970-01-01"),
            (951_782_399, "2000-02-28"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_700_000_000, "2023-11-14"),
            (4_102_444_799, "2099-12-31"),
        ] {
            assert_eq!(date_of(seconds), day);
            assert!(is_date(day));
        }
        for text in [
            "",
            "2026-1-01",
            "2026-13-01",
            "2026-00-10",
            "26-01-01",
            "2026-01-01x",
            "2026/01/01",
        ] {
            assert!(!is_date(text), "{text}");
        }
    }
}
