//! The loop: check, read, mend, write, and again.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use assize_agent::file::{self, Unread};
use assize_agent::process::{End, Ended, Process};
use assize_agent::{Existing, Refusal, Workspace};

use crate::dialect::{self, Reading};
use crate::job::Job;
use crate::locate::Locator;
use crate::mend::{Mended, Paths, Sheets, mend};
use crate::sheet::Sheet;
use crate::suggestion::{Place, Reason, Suggestion};

/// How large a file may be, in bytes: what the host writes at once.
const FILE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// How many bytes of texts are held at once.
const HELD_BYTES_MAX: usize = 64 * 1024 * 1024;

/// How the work ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The check passes.
    Passed,
    /// No suggestion is left that can be applied.
    NothingLeft,
    /// The files are as they were before some earlier round.
    Circle,
    /// There were as many rounds as there may be.
    RoundsUsed,
    /// The host stopped the check.
    Stopped,
    /// The host refused to run the check once more.
    Refused(Refusal),
}

/// One run of the check, and what was made of its output.
#[derive(Debug)]
pub(crate) struct Round {
    /// How the check ended.
    pub(crate) end: End,
    /// Whether the kernel confined it.
    pub(crate) confined: bool,
    /// How many bytes of its output were dropped.
    pub(crate) dropped: u64,
    /// How many suggestions it printed.
    pub(crate) seen: u64,
    /// How many were applied.
    pub(crate) applied: u64,
    /// The others: the rule, the file as the tool names it, and why.
    pub(crate) skipped: Vec<(String, String, Reason)>,
    /// The files that were written.
    pub(crate) changed: Vec<String>,
}

/// All that was done.
#[derive(Debug)]
pub(crate) struct Run {
    /// The rounds.
    pub(crate) rounds: Vec<Round>,
    /// How it ended.
    pub(crate) ending: Ending,
    /// The files that are not what they were, and how many edits were made in each.
    pub(crate) changed: BTreeMap<String, u64>,
    /// The files that may not be written, and why.
    pub(crate) refused: BTreeMap<String, Refusal>,
    /// What the last check wrote on standard error.
    pub(crate) last_words: Vec<u8>,
}

/// Does the whole job. An error is the refusal to run the check at all.
pub(crate) fn run<H: Process + Workspace>(job: &Job, host: &H) -> Result<Run, Refusal> {
    let mut work = Work::new(job, host);
    let mut rounds = Vec::new();
    let mut last_words = Vec::new();
    let ending = loop {
        let ended = match host.run(&job.check) {
            Ok(ended) => ended,
            Err(refusal) if rounds.is_empty() => return Err(refusal),
            Err(refusal) => break Ending::Refused(refusal),
        };
        let passed = ended.is_success();
        let is_last = rounds.len() as u64 >= job.rounds_max || (passed && job.passing_is_enough);
        let is_stopped = matches!(ended.end, End::Stopped(_));
        let round = work.round(&ended, !is_last && !is_stopped);
        let applied = round.applied;
        rounds.push(round);
        last_words = ended.stderr;
        if is_stopped {
            break Ending::Stopped;
        }
        // What was doubted because a file changed meanwhile is worth another look.
        let looks_again = work.has_doubts && !is_last;
        if applied == 0 && !looks_again {
            break match (passed, is_last) {
                (true, _) => Ending::Passed,
                (false, true) => Ending::RoundsUsed,
                (false, false) => Ending::NothingLeft,
            };
        }
        if applied > 0 && work.was_here_before() {
            break Ending::Circle;
        }
    };
    Ok(Run {
        rounds,
        ending,
        changed: work.changed(),
        refused: work.refused,
        last_words,
    })
}

/// The files that were written in a round, with their texts before and after.
type Written = BTreeMap<String, (String, String)>;

/// What is known from one round to the next.
struct Work<'a, H> {
    job: &'a Job,
    host: &'a H,
    locator: Locator,
    /// The marks of texts: at first, and as this agent left them.
    first: BTreeMap<String, u64>,
    now: BTreeMap<String, u64>,
    edits: BTreeMap<String, u64>,
    refused: BTreeMap<String, Refusal>,
    /// The files that differed from the first after each round, with their marks.
    seen: Vec<BTreeMap<String, u64>>,
    /// In the last round some file was not as this agent had left it.
    has_doubts: bool,
}

impl<'a, H: Process + Workspace> Work<'a, H> {
    fn new(job: &'a Job, host: &'a H) -> Self {
        Self {
            job,
            host,
            locator: Locator::new(&job.check.dir, job.root.as_deref(), host),
            first: BTreeMap::new(),
            now: BTreeMap::new(),
            edits: BTreeMap::new(),
            refused: BTreeMap::new(),
            seen: vec![BTreeMap::new()],
            has_doubts: false,
        }
    }

    /// Reads an output, and applies what it suggests.
    fn round(&mut self, ended: &Ended, applies: bool) -> Round {
        let Reading { suggestions, omitted } = dialect::read([&ended.stdout, &ended.stderr], self.job.dialect);
        let mut round = Round {
            end: ended.end.clone(),
            confined: ended.confined,
            dropped: ended.dropped,
            seen: (suggestions.len() as u64).saturating_add(omitted),
            applied: 0,
            skipped: Vec::new(),
            changed: Vec::new(),
        };
        if !applies {
            return round;
        }
        let paths = self.paths(&suggestions);
        let mut sheets = self.sheets(&paths);
        let changed = self.changed_meanwhile(&sheets);
        self.has_doubts = !changed.is_empty();
        let mended = self.write(&mut sheets, &paths, &suggestions, &changed);
        round.applied = mended.applied;
        round.skipped = mended
            .skipped
            .iter()
            .map(|(at, reason)| told(&suggestions, *at, *reason))
            .collect();
        for (path, (text, count)) in mended.texts {
            self.now.insert(path.clone(), mark(&text));
            let edits = self.edits.entry(path.clone()).or_default();
            *edits = edits.saturating_add(count);
            round.changed.push(path);
        }
        round
    }

    fn paths(&mut self, suggestions: &[Suggestion]) -> Paths {
        let fit = suggestions.iter().filter(|suggestion| suggestion.unfit.is_none());
        let names: BTreeSet<&str> = fit.flat_map(|one| &one.edits).map(|edit| edit.file.as_str()).collect();
        self.locator.learn(&names, self.host);
        let located = names
            .iter()
            .map(|name| ((*name).to_owned(), self.locator.path(name, self.host)));
        located.collect()
    }

    fn sheets(&mut self, paths: &Paths) -> Sheets {
        let mut held = 0_usize;
        let mut sheets = Sheets::new();
        for path in paths.values().filter_map(|path| path.as_ref().ok()) {
            let sheet = if self.refused.contains_key(path) {
                Err(Reason::Refused)
            } else if held > HELD_BYTES_MAX {
                Err(Reason::NoText)
            } else {
                file::text(self.host, path, FILE_BYTES_MAX)
                    .map(Sheet::new)
                    .map_err(|unread| match unread {
                        Unread::Refused(_) => Reason::Outside,
                        _ => Reason::NoText,
                    })
            };
            if let Ok(sheet) = &sheet {
                held = held.saturating_add(sheet.text().len());
            }
            sheets.insert(path.clone(), sheet);
        }
        sheets
    }

    /// The files that somebody changed since this agent last saw them, perhaps behind the check's back. Their new texts are
    /// taken note of.
    fn changed_meanwhile(&mut self, sheets: &Sheets) -> BTreeSet<String> {
        let mut changed = BTreeSet::new();
        for (path, sheet) in sheets {
            let Ok(sheet) = sheet else { continue };
            let found = mark(sheet.text());
            self.first.entry(path.clone()).or_insert(found);
            if self.now.insert(path.clone(), found).is_some_and(|known| known != found) {
                changed.insert(path.clone());
            }
        }
        changed
    }

    /// Writes what comes of the suggestions. Where a file may not be written, nothing is left of the suggestions that need it.
    fn write(
        &mut self,
        sheets: &mut Sheets,
        paths: &Paths,
        suggestions: &[Suggestion],
        changed: &BTreeSet<String>,
    ) -> Mended {
        let suggestions: Vec<Suggestion> = suggestions.iter().map(|one| doubted(one, paths, changed)).collect();
        let mut written = BTreeMap::new();
        loop {
            let mended = mend(sheets, paths, &suggestions);
            let Err((path, refusal)) = self.write_all(&mended, sheets, &mut written) else {
                self.take_back(&mended, written);
                return mended;
            };
            sheets.insert(path.clone(), Err(Reason::Refused));
            self.refused.insert(path, refusal);
        }
    }

    fn write_all(&self, mended: &Mended, sheets: &Sheets, written: &mut Written) -> Result<(), (String, Refusal)> {
        for (path, (text, _)) in &mended.texts {
            if written.get(path).is_some_and(|(_, new)| new == text) {
                continue;
            }
            let done = if text.len() > FILE_BYTES_MAX {
                Err(Refusal::Limit(format!(
                    "it would have more than {FILE_BYTES_MAX} bytes"
                )))
            } else {
                self.host.write(path, text.as_bytes(), Existing::Replace)
            };
            done.map_err(|refusal| (path.clone(), refusal))?;
            if let Some(Ok(sheet)) = sheets.get(path) {
                written.insert(path.clone(), (sheet.text().to_owned(), text.clone()));
            }
        }
        Ok(())
    }

    /// Gives files their texts back that were written before another one was refused.
    fn take_back(&mut self, mended: &Mended, written: Written) {
        for (path, (text, _)) in written {
            if mended.texts.contains_key(&path) {
                continue;
            }
            if let Err(refusal) = self.host.write(&path, text.as_bytes(), Existing::Replace) {
                self.refused.insert(path, refusal);
            }
        }
    }

    /// Tells whether the files are as they were before some earlier round.
    fn was_here_before(&mut self) -> bool {
        let differing = self
            .now
            .iter()
            .filter(|(path, mark)| self.first.get(*path) != Some(*mark));
        let differing: BTreeMap<String, u64> = differing.map(|(path, mark)| (path.clone(), *mark)).collect();
        let is_known = self.seen.contains(&differing);
        self.seen.push(differing);
        is_known
    }

    fn changed(&self) -> BTreeMap<String, u64> {
        let differs = |path: &&String| self.first.get(*path) != self.now.get(*path);
        let edited = self.edits.keys().filter(differs);
        edited
            .map(|path| (path.clone(), self.edits.get(path).copied().unwrap_or(0)))
            .collect()
    }
}

/// A suggestion for a file that was changed meanwhile counts only where the tool shows what it saw.
fn doubted(suggestion: &Suggestion, paths: &Paths, changed: &BTreeSet<String>) -> Suggestion {
    let shows = |place: &Place| match place {
        Place::Bytes { .. } | Place::Lines { .. } => true,
        Place::Units { seen, .. } => seen.is_some(),
        Place::Points { .. } => false,
    };
    let is_stale = suggestion.edits.iter().any(|edit| {
        let path = paths.get(&edit.file).and_then(|path| path.as_ref().ok());
        path.is_some_and(|path| changed.contains(path)) && !shows(&edit.place)
    });
    let mut doubted = suggestion.clone();
    doubted.unfit = doubted.unfit.or_else(|| is_stale.then_some(Reason::Stale));
    doubted
}

fn told(suggestions: &[Suggestion], at: usize, reason: Reason) -> (String, String, Reason) {
    let suggestion = suggestions.get(at);
    let file = suggestion.and_then(|suggestion| suggestion.edits.first());
    (
        suggestion.map_or_else(String::new, |suggestion| suggestion.rule.clone()),
        file.map_or_else(String::new, |edit| edit.file.clone()),
        reason,
    )
}

fn mark(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
