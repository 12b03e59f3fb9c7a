//! What the edits would do to each file. Nothing is written here.

use std::collections::{BTreeMap, BTreeSet};

use assize_agent::file::{self, Unread};
use assize_agent::walk::{self, Found};
use assize_agent::{Refusal, Workspace, path};

use crate::header::Headed;
use crate::job::{Change, Edit, Job};

/// How much changed text is held at once, in bytes.
const HELD_BYTES_MAX: usize = 32 * 1024 * 1024;

/// What the edits would do.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// The files that change, in order of their paths.
    pub(crate) files: Vec<Planned>,
    /// One for each edit.
    pub(crate) tallies: Vec<Tally>,
    /// Files that an edit is meant for and that are left alone, and why.
    pub(crate) skipped: Vec<(String, String)>,
    /// What the host refused, by path and permission.
    pub(crate) refused: Vec<(String, &'static str, Refusal)>,
}

/// One file that changes.
#[derive(Debug)]
pub(crate) struct Planned {
    /// Its path.
    pub(crate) path: String,
    /// Its new path.
    pub(crate) to: Option<String>,
    /// Its new text.
    pub(crate) text: Option<String>,
    /// How many places of it change.
    pub(crate) replacements: u64,
}

/// What one edit found.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Tally {
    /// How often it matched.
    pub(crate) matches: u64,
    /// In how many files.
    pub(crate) files: u64,
    /// It would find something to change in what it made.
    pub(crate) repeats: bool,
}

/// Looks at every file that an edit is meant for. An error says why the job as a whole cannot be done.
pub(crate) fn plan<W: Workspace>(job: &Job<'_>, workspace: &W) -> Result<Plan, String> {
    let leads = |folder: &str| job.edits.iter().any(|edit| edit.leads_into(folder));
    let found = walk::files(workspace, "", leads);
    let mut plan = Plan {
        tallies: vec![Tally::default(); job.edits.len()],
        ..Plan::default()
    };
    let mut held = 0_usize;
    for file in &found.files {
        let mut draft = Draft::new(&file.path, file.bytes);
        draft.meet_all(job, workspace, &mut plan);
        if let Some(planned) = draft.finish(job, &mut plan) {
            held = held.saturating_add(planned.text.as_ref().map_or(0, String::len));
            plan.files.push(planned);
        }
        if held > HELD_BYTES_MAX {
            return Err(format!(
                "the edits change more than {} MiB at once; let `paths` name fewer files, and run again for the rest",
                HELD_BYTES_MAX / 1024 / 1024
            ));
        }
    }
    plan.pass_over(job, &found);
    check_renames(&plan, &found)?;
    Ok(plan)
}

/// One file on its way through the edits.
struct Draft<'a> {
    path: &'a str,
    bytes: u64,
    /// Its path so far.
    at: String,
    text: Text,
    is_changed: bool,
    replacements: u64,
    /// The edits that changed it.
    changed_by: Vec<usize>,
}

enum Text {
    NotRead,
    Read(String),
    Unusable,
}

impl<'a> Draft<'a> {
    fn new(path: &'a str, bytes: u64) -> Self {
        Self {
            path,
            bytes,
            at: path.to_owned(),
            text: Text::NotRead,
            is_changed: false,
            replacements: 0,
            changed_by: Vec::new(),
        }
    }

    fn meet_all<W: Workspace>(&mut self, job: &Job<'_>, workspace: &W, plan: &mut Plan) {
        for (index, edit) in job.edits.iter().enumerate() {
            if !edit.covers(&self.at) {
                continue;
            }
            if let Change::Rename(rename) = &edit.change {
                if let Some(to) = rename.apply(&self.at) {
                    self.at = to;
                    self.count(index, 1, plan);
                }
                continue;
            }
            if matches!(self.text, Text::NotRead) {
                self.read(job.file_bytes_max, workspace, plan);
            }
            self.meet(index, edit, plan);
        }
    }

    fn meet(&mut self, index: usize, edit: &Edit<'_>, plan: &mut Plan) {
        let Text::Read(text) = &self.text else { return };
        let (after, matches, replacements) = match &edit.change {
            Change::Replace(replace) => {
                let replaced = replace.apply(text);
                (replaced.text, replaced.matches, replaced.replacements)
            }
            Change::Header(header) => match header.apply(&self.at, text) {
                Headed::Changed(after) => (after, 1, 1),
                Headed::Present => return,
                Headed::Kept(why) => {
                    plan.skipped
                        .push((self.path.to_owned(), format!("edits[{index}]: {why}")));
                    return;
                }
            },
            Change::Rename(_) => return,
        };
        if replacements > 0 {
            self.text = Text::Read(after);
            self.is_changed = true;
            self.replacements = self.replacements.saturating_add(replacements);
        }
        if matches > 0 {
            self.count(index, matches, plan);
        }
    }

    fn count(&mut self, index: usize, matches: u64, plan: &mut Plan) {
        if let Some(tally) = plan.tallies.get_mut(index) {
            tally.matches = tally.matches.saturating_add(matches);
            tally.files = tally.files.saturating_add(1);
        }
        self.changed_by.push(index);
    }

    fn read<W: Workspace>(&mut self, bytes_max: usize, workspace: &W, plan: &mut Plan) {
        self.text = Text::Unusable;
        let why = if self.bytes > bytes_max as u64 {
            Unread::TooLarge
        } else {
            match file::text(workspace, self.path, bytes_max) {
                Ok(text) => {
                    self.text = Text::Read(text);
                    return;
                }
                Err(why) => why,
            }
        };
        let reason = match why {
            Unread::Refused(refusal) => {
                plan.refused.push((self.path.to_owned(), "workspace.read", refusal));
                return;
            }
            Unread::TooLarge => format!(
                "it has more than {} KiB; `max_file_kib` sets the limit",
                bytes_max / 1024
            ),
            Unread::Binary => "it is binary".to_owned(),
            Unread::NotUtf8 => "it is not UTF-8".to_owned(),
        };
        plan.skipped.push((self.path.to_owned(), reason));
    }

    /// What is to be done to the file; and which edits would go on changing it.
    fn finish(self, job: &Job<'_>, plan: &mut Plan) -> Option<Planned> {
        for &index in &self.changed_by {
            let (Some(edit), Some(tally)) = (job.edits.get(index), plan.tallies.get_mut(index)) else {
                continue;
            };
            tally.repeats |= edit.covers(&self.at)
                && match (&edit.change, &self.text) {
                    (Change::Replace(replace), Text::Read(text)) => replace.apply(text).replacements > 0,
                    (Change::Rename(rename), _) => rename.apply(&self.at).is_some(),
                    _ => false,
                };
        }
        let to = (self.at != self.path).then_some(self.at);
        let text = match self.text {
            Text::Read(text) if self.is_changed => Some(text),
            _ => None,
        };
        (to.is_some() || text.is_some()).then(|| Planned {
            path: self.path.to_owned(),
            to,
            text,
            replacements: self.replacements,
        })
    }
}

impl Plan {
    /// Tells of links that an edit would be meant for, and of folders that could not be listed.
    fn pass_over(&mut self, job: &Job<'_>, found: &Found) {
        let covered = |path: &&String| job.edits.iter().any(|edit| edit.covers(path));
        let reason = "it is a link or a special file";
        let others = found.others.iter().filter(covered);
        self.skipped
            .extend(others.map(|path| (path.clone(), reason.to_owned())));
        let refused = found.refused.iter();
        let refused = refused.map(|(folder, refusal)| (folder.clone(), "workspace.list", refusal.clone()));
        self.refused.extend(refused);
    }
}

/// A file must not land on another one, nor where no path leads.
fn check_renames(plan: &Plan, found: &Found) -> Result<(), String> {
    let there: BTreeSet<&str> = found.files.iter().map(|file| file.path.as_str()).collect();
    let there: BTreeSet<&str> = there
        .into_iter()
        .chain(found.others.iter().map(String::as_str))
        .collect();
    let mut taken: BTreeMap<&str, &str> = BTreeMap::new();
    for planned in &plan.files {
        let (from, Some(to)) = (planned.path.as_str(), planned.to.as_deref()) else {
            continue;
        };
        if !path::is_path(to) {
            return Err(format!(
                "`{from}` would be renamed to `{to}`, which is no path; mend `to`"
            ));
        }
        if there.contains(to) {
            return Err(format!(
                "`{from}` would be renamed to `{to}`, which is there; rename or remove that one before"
            ));
        }
        if let Some(other) = taken.insert(to, from) {
            return Err(format!(
                "`{other}` and `{from}` would both be renamed to `{to}`; let `to` tell them apart"
            ));
        }
    }
    Ok(())
}
