//! Asking for a waiver: from what was typed, or from a file, to terms that somebody signs.

use std::path::{Path, PathBuf};

use assize_provenance::canonical::INTEGER_MAX;
use assize_provenance::entry::{WaiverRecord, WaiverTerms};
use assize_provenance::time::Time;

use super::said::Seen;
use super::sign::{Said, Wish};
use super::{IDS, own_judges, waiver_files};
use crate::app::view::waivers::WaiverShowView;
use crate::app::{App, Fault, read_named};
use crate::driver::prepare::{default_policy, terms_of};
use crate::policy::{self, Policy};
use crate::secret::mask_tokens;
use crate::waiver::{self, Asked, FOLDER, OPEN_MAX};
use crate::written::FILE_BYTES_MAX;

/// How many cases a waiver has room for where nobody says.
const CASES: u64 = 1_000;

/// Up to where in its log a waiver excuses anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Up to a case at this position.
    Position(u64),
    /// With room for this many cases of the default council.
    Cases(u64),
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct ProposeRequest<'a> {
    /// A file that says it, in place of what follows.
    pub file: Option<&'a Path>,
    /// The rule.
    pub rule: Option<&'a str>,
    /// The paths.
    pub paths: &'a [String],
    /// Why.
    pub reason: Option<&'a str>,
    /// Until when: a date, a moment, or `in N days`.
    pub expires: Option<&'a str>,
    /// Up to where in the log.
    pub until: Option<Extent>,
    /// Who signs, if not whoever has the newest key here.
    pub signatory: Option<&'a str>,
}

impl App {
    /// Proposes a waiver with a person's signature. `announce` is told of new keys and a new log.
    ///
    /// # Errors
    ///
    /// [`Fault`]; then nothing was signed, or it is sealed by whoever seals next.
    pub fn propose_waiver(
        &self,
        request: &ProposeRequest<'_>,
        announce: &mut dyn FnMut(&str),
    ) -> Result<WaiverShowView, Fault> {
        let work_tree = self.repository()?.places().work_tree.clone();
        let asked = match request.file {
            Some(file) => self.asked_in(file, work_tree.as_deref())?,
            None => self.asked_for(request, work_tree.as_deref())?,
        };
        let seats = seats(work_tree.as_deref())?;
        let wish = Wish {
            signatory: request.signatory,
            alone: true,
        };
        self.say(&wish, announce, &|seen, now, _| {
            let id = id_of(&asked, seen, work_tree.as_deref(), now)?;
            let mut terms = WaiverTerms {
                id,
                rule: asked.rule.clone(),
                paths: asked.paths.clone(),
                until: 0,
                expires: asked.expires,
                reason: asked.reason.clone(),
            };
            // The proposal and the approvals stand before the first case.
            let before = seen.outlook.position.saturating_add(terms.approvals() as u64);
            terms.until = until(request.until, before, seats)?;
            Ok(Said {
                about: terms.clone(),
                record: WaiverRecord::Proposed(terms),
                proposal: None,
            })
        })
    }

    /// What was typed.
    fn asked_for(&self, request: &ProposeRequest<'_>, work_tree: Option<&Path>) -> Result<Asked, Fault> {
        let judges = work_tree.map(own_judges).unwrap_or_default();
        let rule = request.rule.unwrap_or_default();
        Ok(Asked {
            id: None,
            paths: waiver::paths_for(rule, request.paths, &judges).map_err(unfit)?,
            rule: rule.to_owned(),
            expires: waiver::expiry(request.expires.unwrap_or_default(), self.now()?).map_err(unfit)?,
            // It stays in the log for ever.
            reason: waiver::reason_of(&mask_tokens(request.reason.unwrap_or_default())).map_err(unfit)?,
        })
    }

    /// What a file says. It must be in order, but for who approved it: that is what signatures are for.
    fn asked_in(&self, file: &Path, work_tree: Option<&Path>) -> Result<Asked, Fault> {
        let judges = work_tree.map(own_judges).unwrap_or_default();
        let bytes = read_named(&self.dir.join(file), FILE_BYTES_MAX as u64)?;
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned());
        let path = format!("{FOLDER}/{}", name.unwrap_or_default());
        let authored = waiver::read(&path, &bytes, &judges);
        if let Some(problem) = authored.problems.first() {
            let place = if problem.line == 0 {
                String::new()
            } else {
                format!(":{}", problem.line)
            };
            return Err(Fault::wrong(
                format!("{}{place}: {}", file.display(), problem.message),
                "mend the file; one with `status = \"proposed\"` needs no approvers of its own",
            ));
        }
        let now = self.now()?;
        match authored.expires {
            Some(expires) if expires > now => Ok(Asked {
                id: Some(authored.id),
                rule: authored.rule,
                paths: authored.paths,
                expires,
                reason: waiver::reason_of(&mask_tokens(authored.description.trim())).map_err(unfit)?,
            }),
            _ => Err(Fault::wrong(
                format!("the waiver of {} has expired", file.display()),
                "give it a new `created` and `expires`, or delete it",
            )),
        }
    }
}

fn unfit(sentence: String) -> Fault {
    Fault::wrong(
        sentence,
        "`assize rules` lists the rules, and policies/WAIVERS.md says what a waiver is",
    )
}

/// The id of what is asked for: its own, where nothing open has that, else the first that nothing has.
fn id_of(asked: &Asked, seen: &Seen, work_tree: Option<&Path>, now: Time) -> Result<String, Fault> {
    let all = seen.outlook.register.all();
    let open: Vec<&str> = all
        .iter()
        .filter(|waiver| seen.is_open(waiver, now))
        .map(|waiver| waiver.terms.id.as_str())
        .collect();
    if open.len() >= OPEN_MAX {
        return Err(Fault::wrong(
            format!("{OPEN_MAX} waivers are open in the log of this clone already"),
            "`assize waiver revoke` takes back what nobody needs",
        ));
    }
    if let Some(id) = &asked.id {
        if open.contains(&id.as_str()) {
            return Err(Fault::wrong(
                format!("the waiver {id} is proposed already"),
                format!("`assize waiver show {id}` shows it; `assize waiver revoke {id}` takes it back"),
            ));
        }
        return Ok(id.clone());
    }
    let files = work_tree.map(waiver_files).transpose()?.unwrap_or_default();
    let is_taken = |id: &String| {
        let file = format!("{FOLDER}/{id}.toml");
        all.iter().any(|waiver| waiver.terms.id == *id) || files.contains(&file)
    };
    let mut ids = (1..=IDS).map(|number| format!("WV-{number:04}"));
    ids.find(|id| !is_taken(id))
        .ok_or_else(|| Fault::wrong("all ids up to WV-9999 are taken", "delete waivers that are over"))
}

/// How many entries a case of the default council takes besides its own and its verdict's.
fn seats(work_tree: Option<&Path>) -> Result<u64, Fault> {
    let file: Option<PathBuf> = work_tree.map(|root| root.join(policy::PATH));
    let text = file.and_then(|file| std::fs::read_to_string(file).ok());
    let own = text.and_then(|text| Policy::parse(policy::PATH, &text).ok());
    let policy = match own {
        Some(policy) => policy,
        None => default_policy()?,
    };
    Ok(terms_of(&policy, None)?.council.seats.len() as u64)
}

/// The last position of a case that the waiver is for. `before` is that of the last entry that must stand before the first case.
fn until(extent: Option<Extent>, before: u64, seats: u64) -> Result<u64, Fault> {
    match extent.unwrap_or(Extent::Cases(CASES)) {
        Extent::Position(position) if position <= before => Err(Fault::wrong(
            format!(
                "a case can stand at position {} of the log at the earliest, so the waiver would be for none",
                before.saturating_add(1)
            ),
            "name a later position, or say with --cases how many cases it is for",
        )),
        Extent::Position(position) => Ok(position.min(INTEGER_MAX)),
        Extent::Cases(cases) => Ok(seats
            .saturating_add(2)
            .saturating_mul(cases)
            .saturating_add(before)
            .min(INTEGER_MAX)),
    }
}
