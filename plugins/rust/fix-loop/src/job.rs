//! What is asked for: the input, read and checked before anything runs.

use assize_agent::field::{Complaint, Field};
use assize_agent::path;
use assize_agent::process::Command;
use serde_json::Value;

use crate::dialect::Dialect;

/// How many words a check has at most, by the contract.
const WORDS_MAX: usize = 1_024;

/// How many rounds there are unless the job says otherwise, and at most.
const ROUNDS_DEFAULT: u64 = 10;
const ROUNDS_MAX: u64 = 50;

/// How long a check may take at most, in seconds, before the role's own limit counts.
const SECONDS_MAX: u64 = 24 * 60 * 60;

/// What the input is made of.
const JOB: [&str; 7] = ["check", "dir", "dialect", "rounds_max", "seconds", "root", "until"];

/// Everything that is asked for.
#[derive(Debug)]
pub(crate) struct Job {
    /// The command that checks.
    pub(crate) check: Command,
    /// What it prints.
    pub(crate) dialect: Dialect,
    /// How often suggestions are applied at most.
    pub(crate) rounds_max: u64,
    /// Where the workspace lies, as the tool sees it.
    pub(crate) root: Option<String>,
    /// A check that passes is enough, whatever it suggests.
    pub(crate) passing_is_enough: bool,
}

impl Job {
    /// Reads the input.
    pub(crate) fn parse(input: &Value) -> Result<Self, Complaint> {
        let job = Field::root(input).object(&JOB)?;
        let words = job.required("check")?.items(WORDS_MAX)?;
        let arguments: Vec<String> = words
            .iter()
            .map(|word| word.text().map(str::to_owned))
            .collect::<Result<_, _>>()?;
        let text = |name: &str| {
            job.member(name)
                .map(|field| field.text().map(|text| (text, field.clone())))
        };
        let dir = match text("dir").transpose()? {
            Some((dir, field)) if !dir.is_empty() && !path::is_path(dir) => {
                return Err(field
                    .complain("is no path of the workspace; it has parts with `/` between them, such as `app/web`"));
            }
            dir => dir.map_or("", |(dir, _)| dir),
        };
        let number =
            |name: &str, default: u64, max: u64| job.member(name).map_or(Ok(default), |field| field.number(1, max));
        let seconds = number("seconds", u64::MAX, SECONDS_MAX)?;
        Ok(Self {
            check: Command {
                arguments,
                dir: dir.to_owned(),
                seconds: u32::try_from(seconds).ok(),
            },
            dialect: dialect(text("dialect").transpose()?)?,
            rounds_max: number("rounds_max", ROUNDS_DEFAULT, ROUNDS_MAX)?,
            root: root(text("root").transpose()?)?,
            passing_is_enough: passing_is_enough(text("until").transpose()?)?,
        })
    }
}

type Text<'a> = Option<(&'a str, Field<'a>)>;

fn dialect(given: Text<'_>) -> Result<Dialect, Complaint> {
    let Some((name, field)) = given else {
        return Ok(Dialect::Auto);
    };
    let known = Dialect::NAMES.iter().find(|(known, _)| *known == name);
    known.map(|(_, dialect)| *dialect).ok_or_else(|| {
        let known = Dialect::NAMES.map(|(known, _)| known).join(", ");
        field.complain(&format!("`{name}` is no dialect; known are {known}"))
    })
}

fn root(given: Text<'_>) -> Result<Option<String>, Complaint> {
    match given {
        Some((root, field)) if !root.starts_with('/') => {
            Err(field.complain("must begin with `/`: it is where the workspace lies on the machine"))
        }
        root => Ok(root.map(|(root, _)| root.to_owned())),
    }
}

fn passing_is_enough(given: Text<'_>) -> Result<bool, Complaint> {
    match given {
        None | Some(("passes", _)) => Ok(true),
        Some(("nothing-left", _)) => Ok(false),
        Some((other, field)) => Err(field.complain(&format!("`{other}` is no end; known are passes, nothing-left"))),
    }
}
