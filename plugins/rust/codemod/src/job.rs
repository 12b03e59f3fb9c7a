//! What is asked for: the input, read and checked before any file is looked at.

use assize_agent::PathSet;
use assize_agent::field::{Complaint, Field, Object};
use regex::RegexBuilder;
use serde_json::Value;

use crate::comment::Style;
use crate::header::Header;
use crate::rename::Rename;
use crate::replace::Replace;

/// How many edits one job has at most.
const EDITS_MAX: usize = 100;

/// How many patterns one list has at most.
const PATTERNS_MAX: usize = 256;

/// How many files a job changes unless it says otherwise, and at most.
const FILES_DEFAULT: u64 = 1_000;
const FILES_MAX: u64 = 10_000;

/// How large a file may be, in KiB, unless the job says otherwise, and at most.
const FILE_KIB_DEFAULT: u64 = 4 * 1024;
const FILE_KIB_MAX: u64 = 16 * 1024;

/// How much memory a pattern may take, in bytes.
const REGEX_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What the whole input is made of.
const JOB: [&str; 4] = ["edits", "dry_run", "max_files", "max_file_kib"];

/// What an edit is made of.
const EDIT: [&str; 13] = [
    "paths",
    "except",
    "expect",
    "literal",
    "regex",
    "with",
    "ignore_case",
    "whole_words",
    "header",
    "comment",
    "replaces",
    "rename",
    "to",
];

/// The four kinds of edits by the member that says so, and what else each may have.
const KINDS: [(&str, &[&str]); 4] = [
    ("literal", &["with", "ignore_case", "whole_words"]),
    ("regex", &["with", "ignore_case"]),
    ("header", &["comment", "replaces"]),
    ("rename", &["to"]),
];

/// Everything that is asked for.
#[derive(Debug)]
pub(crate) struct Job<'a> {
    /// The edits, in the order in which a file meets them.
    pub(crate) edits: Vec<Edit<'a>>,
    /// Nothing is written.
    pub(crate) dry_run: bool,
    /// How many files may change.
    pub(crate) files_max: usize,
    /// How large a file may be that is looked into, in bytes.
    pub(crate) file_bytes_max: usize,
}

/// One edit.
#[derive(Debug)]
pub(crate) struct Edit<'a> {
    paths: PathSet<'a>,
    except: PathSet<'a>,
    /// The change.
    pub(crate) change: Change,
    /// How many matches there must be at least and at most.
    pub(crate) expect: (u64, u64),
}

/// What an edit does.
#[derive(Debug)]
pub(crate) enum Change {
    /// Puts other text in the place of what matches.
    Replace(Replace),
    /// Sees to the first comment of a file.
    Header(Header),
    /// Gives a file another path.
    Rename(Rename),
}

impl<'a> Job<'a> {
    /// Reads the input.
    pub(crate) fn parse(input: &'a Value) -> Result<Self, Complaint> {
        let job = Field::root(input).object(&JOB)?;
        let edits = job.required("edits")?.items(EDITS_MAX)?;
        let files_max = member_number(&job, "max_files", FILES_DEFAULT, FILES_MAX)?;
        let file_kib_max = member_number(&job, "max_file_kib", FILE_KIB_DEFAULT, FILE_KIB_MAX)?;
        Ok(Self {
            edits: edits.into_iter().map(Edit::parse).collect::<Result<_, _>>()?,
            dry_run: job.flag("dry_run")?,
            files_max,
            file_bytes_max: file_kib_max.saturating_mul(1024),
        })
    }
}

impl<'a> Edit<'a> {
    fn parse(field: Field<'a>) -> Result<Self, Complaint> {
        let edit = field.object(&EDIT)?;
        let paths = patterns(&edit.required("paths")?)?;
        let except = edit
            .member("except")
            .map_or(Ok(PathSet::default()), |list| patterns(&list))?;
        Ok(Self {
            paths,
            except,
            change: change(&edit)?,
            expect: expect(&edit)?,
        })
    }

    /// Tells whether the edit is meant for a file.
    pub(crate) fn covers(&self, path: &str) -> bool {
        self.paths.has(path) && !self.except.has(path)
    }

    /// Tells whether the edit can be meant for a file below a folder.
    pub(crate) fn leads_into(&self, folder: &str) -> bool {
        self.paths.leads_into(folder)
    }
}

fn member_number(object: &Object<'_>, name: &str, default: u64, max: u64) -> Result<usize, Complaint> {
    let number = object.member(name).map_or(Ok(default), |field| field.number(1, max))?;
    Ok(usize::try_from(number).unwrap_or(usize::MAX))
}

fn patterns<'a>(list: &Field<'a>) -> Result<PathSet<'a>, Complaint> {
    let mut paths = PathSet::default();
    for item in list.items(PATTERNS_MAX)? {
        let text = item.text()?;
        if !paths.add(text) {
            return Err(item.complain(&format!(
                "`{text}` is no path pattern; they are written as in a policy: `*` within a part, `**` for any number of parts"
            )));
        }
    }
    Ok(paths)
}

fn expect(edit: &Object<'_>) -> Result<(u64, u64), Complaint> {
    let Some(field) = edit.member("expect") else {
        return Ok((0, u64::MAX));
    };
    let expect = field.object(&["min", "max"])?;
    let number = |name: &str, default: u64| {
        let member = expect.member(name);
        member.map_or(Ok(default), |field| field.number(0, u64::from(u32::MAX)))
    };
    let (min, max) = (number("min", 0)?, number("max", u64::MAX)?);
    if min > max {
        return Err(expect.complain("asks for more matches than it allows; make `min` smaller or `max` larger"));
    }
    Ok((min, max))
}

fn change(edit: &Object<'_>) -> Result<Change, Complaint> {
    let mut named = KINDS.iter().filter(|(name, _)| edit.member(name).is_some());
    let (Some((kind, own)), None) = (named.next(), named.next()) else {
        return Err(edit.complain("must have exactly one of the members literal, regex, header, rename"));
    };
    let others = KINDS.iter().flat_map(|(_, members)| *members);
    if let Some(foreign) = others
        .into_iter()
        .find(|name| !own.contains(name) && edit.member(name).is_some())
    {
        return Err(edit.complain(&format!(
            "has the member `{foreign}`, which means nothing beside `{kind}`; remove it"
        )));
    }
    match *kind {
        "literal" => literal(edit).map(Change::Replace),
        "regex" => replace(edit).map(Change::Replace),
        "header" => header(edit).map(Change::Header),
        _ => rename(edit).map(Change::Rename),
    }
}

fn literal(edit: &Object<'_>) -> Result<Replace, Complaint> {
    let field = edit.required("literal")?;
    let literal = field.text()?;
    if literal.is_empty() {
        return Err(field.complain("is empty; say what is to be replaced"));
    }
    let pattern = if edit.flag("whole_words")? {
        crate::replace::whole_words(literal)
    } else {
        regex::escape(literal)
    };
    let with = edit.required("with")?.text()?;
    Ok(Replace::literal(
        compile(&field, &pattern, edit.flag("ignore_case")?)?,
        with,
    ))
}

fn replace(edit: &Object<'_>) -> Result<Replace, Complaint> {
    let field = edit.required("regex")?;
    let regex = compile(&field, field.text()?, edit.flag("ignore_case")?)?;
    if regex.is_match("") {
        return Err(field
            .complain("matches the empty text, so it would match everywhere; let it ask for at least one character"));
    }
    let with = edit.required("with")?;
    Replace::template(regex, with.text()?).map_err(|what| with.complain(&what))
}

fn header(edit: &Object<'_>) -> Result<Header, Complaint> {
    let field = edit.required("header")?;
    let style = edit.member("comment").map(|field| {
        let name = field.text()?;
        Style::named(name).ok_or_else(|| {
            let known = Style::NAMES.join("`, `");
            field.complain(&format!("`{name}` is no style of comments; known are `{known}`"))
        })
    });
    let replaces = edit
        .member("replaces")
        .map(|field| compile(&field, field.text()?, false));
    Header::new(field.text()?, style.transpose()?, replaces.transpose()?).map_err(|what| field.complain(&what))
}

fn rename(edit: &Object<'_>) -> Result<Rename, Complaint> {
    let field = edit.required("rename")?;
    // The whole path, not a part of it.
    let regex = compile(&field, &format!("^(?:{})$", field.text()?), false)?;
    let to = edit.required("to")?;
    Rename::new(regex, to.text()?).map_err(|what| to.complain(&what))
}

fn compile(field: &Field<'_>, pattern: &str, ignore_case: bool) -> Result<regex::Regex, Complaint> {
    let compiled = RegexBuilder::new(pattern)
        .case_insensitive(ignore_case)
        .size_limit(REGEX_BYTES_MAX)
        .dfa_size_limit(REGEX_BYTES_MAX)
        .build();
    compiled.map_err(|error| {
        let said = error.to_string();
        // The library draws the pattern with a caret above its last line.
        let why = said.lines().last().unwrap_or_default().trim_start_matches("error: ");
        field.complain(&format!("is no regular expression that can be used: {why}"))
    })
}
