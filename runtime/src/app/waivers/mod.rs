//! The waivers of a work tree: written, listed, checked; and those that people sign.

mod propose;
mod said;
mod sign;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use assize_provenance::time::Time;

use crate::app::view::{WaiverView, WaiversView};
use crate::app::{App, Fault, read_named};
use crate::policy::{self, Policy};
use crate::waiver::{self, Authored, Draft, Moment, Standing, WAIVERS_MAX, Waiver, Worth, caws};
use crate::written::FILE_BYTES_MAX;

pub use propose::{Extent, ProposeRequest};

/// How many ids there are.
const IDS: u32 = 9_999;
const DAY_SECONDS: i64 = 86_400;

impl App {
    /// Lists the waivers of the work tree and those that people signed, and what each is worth now.
    ///
    /// # Errors
    ///
    /// [`Fault`] when they cannot be read.
    pub fn list_waivers(&self) -> Result<WaiversView, Fault> {
        let repository = self.repository()?;
        let home = self.home_if_there(&repository)?;
        let seen = self.waivers_seen(&repository, home.as_ref())?;
        let mut waivers = match &repository.places().work_tree {
            Some(_) => self.waivers_of_files(seen.outlook.files_count)?,
            None => Vec::new(),
        };
        waivers.extend(seen.views(self.now()?));
        Ok(WaiversView {
            schema: "assize.waivers/1",
            waivers,
        })
    }

    /// Says what is wrong with the waivers in files of the work tree.
    ///
    /// # Errors
    ///
    /// [`Fault`] when they cannot be read.
    pub fn check_waivers(&self) -> Result<WaiversView, Fault> {
        Ok(WaiversView {
            schema: "assize.waivers/1",
            waivers: self.waivers_of_files(true)?,
        })
    }

    fn waivers_of_files(&self, files_count: bool) -> Result<Vec<WaiverView>, Fault> {
        let root = self.work_tree()?;
        let judges = own_judges(&root);
        let now = self.now()?;
        let mut waivers = Vec::new();
        for path in waiver_files(&root)?.into_iter().take(WAIVERS_MAX) {
            let bytes = read_named(&root.join(&path), FILE_BYTES_MAX as u64)?;
            let authored: Authored = waiver::read(&path, &bytes, &judges);
            let moment = Moment { now, authors: &[] };
            let weighed = waiver::weigh(authored, Standing::Base, moment);
            waivers.push(view(&match files_count {
                true => weighed,
                false => waiver::without_signature(weighed),
            }));
        }
        Ok(waivers)
    }

    /// Writes a new waiver, to be completed by hand, and returns its file. Nothing that is there is written over.
    ///
    /// # Errors
    ///
    /// [`Fault`] when there is no work tree, no id is left, or the file cannot be written.
    pub fn new_waiver(&self, rule: &str, paths: &[String], days: u16) -> Result<PathBuf, Fault> {
        let root = self.work_tree()?;
        let now = self.now()?;
        let draft = Draft {
            id: String::new(),
            rule: rule.to_owned(),
            paths: paths.to_vec(),
            reason: "other".to_owned(),
            description: String::new(),
            mitigation: String::new(),
            owner: self.actor.clone(),
            created: day(now, 0)?,
            expires: day(now, i64::from(days))?,
            approvers: Vec::new(),
        };
        write_new(&root, draft)
    }

    /// Writes waivers from a file of CAWS, as proposals, and returns their files with what could not be taken over.
    ///
    /// # Errors
    ///
    /// [`Fault`] when the file cannot be read or a waiver cannot be written.
    pub fn import_waivers(&self, file: &Path) -> Result<(Vec<PathBuf>, Vec<String>), Fault> {
        let root = self.work_tree()?;
        let name = file.display().to_string();
        let bytes = read_named(&self.dir.join(file), FILE_BYTES_MAX as u64)?;
        let (imported, problems) = caws::read(&name, &bytes).map_err(|problem| {
            Fault::wrong(
                format!("{name}:{}: {}", problem.line, problem.message),
                "name a waiver file of CAWS, in YAML",
            )
        })?;
        let now = self.now()?;
        let mut written = Vec::new();
        for each in imported {
            let created = each.created.unwrap_or(day(now, 0)?);
            let approvers = each
                .approvers
                .into_iter()
                .map(|(handle, at)| (handle, at.unwrap_or_else(|| created.clone())));
            let draft = Draft {
                id: String::new(),
                rule: each.rule,
                paths: Vec::new(),
                reason: each.reason,
                description: each.description,
                mitigation: each.mitigation,
                owner: each.owner,
                approvers: approvers.collect(),
                created,
                expires: each.expires,
            };
            written.push(write_new(&root, draft)?);
        }
        let said = problems
            .into_iter()
            .map(|problem| format!("{name}:{}: {}", problem.line, problem.message));
        Ok((written, said.collect()))
    }
}

/// The prefixes of rules of judges that do not come with Assize, as the work tree's policy appoints them.
fn own_judges(root: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(root.join(policy::PATH)).ok();
    let policy = text.and_then(|text| Policy::parse(policy::PATH, &text).ok());
    let judges = policy.iter().flat_map(Policy::judges);
    judges.map(|judge| judge.rule_prefix().to_owned()).collect()
}

fn waiver_files(root: &Path) -> Result<Vec<String>, Fault> {
    let folder = root.join(waiver::FOLDER);
    let io = |source| Fault::Io {
        path: folder.clone(),
        source,
    };
    let listing = match fs::read_dir(&folder) {
        Ok(listing) => listing,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(io(error)),
    };
    let mut paths = BTreeMap::new();
    for entry in listing {
        let entry = entry.map_err(io)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".toml") && entry.file_type().map_err(io)?.is_file() {
            paths.insert(name.clone(), format!("{}/{name}", waiver::FOLDER));
        }
    }
    Ok(paths.into_values().collect())
}

/// Writes a draft under the first id that is free.
fn write_new(root: &Path, mut draft: Draft) -> Result<PathBuf, Fault> {
    let folder = root.join(waiver::FOLDER);
    fs::create_dir_all(&folder).map_err(|source| Fault::Io {
        path: folder.clone(),
        source,
    })?;
    for number in 1..=IDS {
        draft.id = format!("WV-{number:04}");
        let path = folder.join(format!("{}.toml", draft.id));
        let opened = OpenOptions::new().write(true).create_new(true).open(&path);
        match opened.and_then(|mut file| file.write_all(draft.to_toml().as_bytes())) {
            Ok(()) => return Ok(Path::new(waiver::FOLDER).join(format!("{}.toml", draft.id))),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(source) => return Err(Fault::Io { path, source }),
        }
    }
    Err(Fault::wrong(
        "all ids up to WV-9999 are taken",
        "delete waivers that are over",
    ))
}

fn day(now: Time, later: i64) -> Result<String, Fault> {
    let seconds = now.unix_seconds().saturating_add(later.saturating_mul(DAY_SECONDS));
    let time = Time::from_unix_seconds(seconds)
        .map_err(|_| Fault::wrong("the machine's clock is set to an impossible time", "set the clock"))?;
    Ok(time.to_string().get(..10).unwrap_or_default().to_owned())
}

fn view(waiver: &Waiver) -> WaiverView {
    WaiverView {
        kind: "file",
        path: Some(waiver.path.clone()),
        id: waiver.id.clone(),
        rule: waiver.rule.clone(),
        paths: waiver.paths.iter().map(ToString::to_string).collect(),
        expires: waiver.expires.map(|time| time.to_string()),
        worth: word(waiver.worth),
        signed: None,
        problems: waiver
            .problems
            .iter()
            .map(|problem| (problem.line, problem.message.clone()))
            .collect(),
    }
}

/// What a waiver is worth, in one word.
fn word(worth: Worth) -> &'static str {
    match worth {
        Worth::InForce => "in-force",
        Worth::Proposed => "proposed",
        Worth::Expired => "expired",
        Worth::Revoked => "revoked",
        Worth::Invalid => "invalid",
    }
}
