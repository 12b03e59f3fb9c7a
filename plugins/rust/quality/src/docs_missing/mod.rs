//! `quality/docs-missing`: what a change offers or takes away, without a word in any document.
//!
//! It is a reminder, not a judgement: what is new is a note, a public name that is gone a warning. One changed document
//! anywhere is enough, for which document belongs to which code cannot be told from outside.

mod surface;

use std::collections::{BTreeMap, BTreeSet};

use assize_judge::evidence::Change;
use assize_judge::findings::finding;
use assize_judge::language::Language;
use assize_judge::patch::Patch;
use assize_judge::words::identifiers;
use assize_judge::{Changes, Evidence, Findings, Severity, Side, path};

use self::surface::{Kind, is_root, item_in, setting_in};

const RULE: &str = "quality/docs-missing";

/// How many names are remembered of what is added and of what is removed, and how many are searched for at once.
const NAMES_MAX: usize = 2_000;
const SEARCHED_MAX: usize = 64;

/// How many names a message lists.
const NAMED_MAX: usize = 3;

/// Something on one line.
struct Offer {
    kind: Kind,
    name: String,
    line: u32,
}

/// What the files so far offer and take away.
pub(crate) struct DocsMissing {
    is_documented: bool,
    new: BTreeMap<String, Vec<Offer>>,
    gone: BTreeMap<String, Vec<Offer>>,
    /// Names that stand in added or removed declarations anywhere.
    added: BTreeSet<String>,
    removed: BTreeSet<String>,
}

impl DocsMissing {
    /// Sees whether any document changes.
    pub(crate) fn new(changes: &Changes) -> Self {
        Self {
            is_documented: changes.all.iter().any(|change| is_document(&change.path)),
            new: BTreeMap::new(),
            gone: BTreeMap::new(),
            added: BTreeSet::new(),
            removed: BTreeSet::new(),
        }
    }

    /// Takes in one file.
    pub(crate) fn look_at(&mut self, change: &Change, patch: &Patch) {
        let file = change.path.as_str();
        let is_product = !path::is_test(file) && !path::is_foreign(file) && !path::is_example(file);
        let Some(language) = Language::of(file).filter(|_| is_product && !self.is_documented) else {
            return;
        };
        self.take_away(change.old_path.as_deref().unwrap_or(file), language, patch);
        self.take_in(change, language, patch);
    }

    fn take_away(&mut self, file: &str, language: Language, patch: &Patch) {
        for line in patch.removed.iter() {
            let Some(name) = item_in(line.text, language) else {
                self.removed
                    .extend(setting_in(line.text, language).map(|(_, name)| name));
                continue;
            };
            self.removed.insert(name.to_owned());
            if is_root(file, language) && !line.text.starts_with(' ') {
                let (kind, name, line) = (Kind::Item, name.to_owned(), line.number);
                self.gone
                    .entry(file.to_owned())
                    .or_default()
                    .push(Offer { kind, name, line });
            }
            if self.removed.len() >= NAMES_MAX {
                return;
            }
        }
    }

    fn take_in(&mut self, change: &Change, language: Language, patch: &Patch) {
        let file = change.path.as_str();
        // Whoever adds a whole library will not forget to speak of it.
        let is_new = change.base.is_none();
        for line in patch.added.iter() {
            if line.text.starts_with("pub use ") || line.text.starts_with("export {") {
                self.added.extend(identifiers(line.text).map(str::to_owned));
            }
            let item = item_in(line.text, language).map(|name| (Kind::Item, name.to_owned()));
            if let Some((_, name)) = &item {
                self.added.insert(name.clone());
            }
            // In Go every file of a package is its root; what is new there is too much to remind of.
            let is_offered =
                !is_new && language != Language::Go && is_root(file, language) && !line.text.starts_with(' ');
            let offer = item.filter(|_| is_offered).or_else(|| setting_in(line.text, language));
            if let Some((kind, name)) = offer {
                let line = line.number;
                self.new
                    .entry(file.to_owned())
                    .or_default()
                    .push(Offer { kind, name, line });
            }
            if self.added.len() >= NAMES_MAX {
                return;
            }
        }
    }

    /// Reports what is new and what is gone, after the last file.
    pub(crate) fn settle(mut self, evidence: &dyn Evidence, findings: &mut Findings) {
        self.forget_known(evidence, findings);
        for (file, offers) in &self.gone {
            let gone: Vec<&Offer> = offers
                .iter()
                .filter(|offer| !self.added.contains(&offer.name))
                .collect();
            let Some(first) = gone.first() else { continue };
            let message = format!("{} no longer public here, and no document says so.", listed(&gone));
            let found = finding(RULE, Severity::Warning, message).at_base(file, first.line);
            findings.report(found.suggesting("Tell those who use it, in the changelog, what to use from now on."));
        }
        for (file, offers) in &self.new {
            let new: Vec<&Offer> = offers
                .iter()
                .filter(|offer| !self.removed.contains(&offer.name))
                .collect();
            let Some(first) = new.first() else { continue };
            let message = format!("{} offered here, and no document changes.", listed(&new));
            let found = finding(RULE, Severity::Note, message).at(file, first.line);
            findings.report(found.suggesting("Say in the documents or the changelog what it is for."));
        }
    }

    /// Options and variables that the base names anywhere are not new.
    fn forget_known(&mut self, evidence: &dyn Evidence, findings: &mut Findings) {
        let settings = self.new.values().flatten().filter(|offer| offer.kind != Kind::Item);
        let names: BTreeSet<&str> = settings.map(|offer| offer.name.as_str()).collect();
        let names: Vec<String> = names.into_iter().take(SEARCHED_MAX).map(str::to_owned).collect();
        if names.is_empty() {
            return;
        }
        match evidence.search(Side::Base, &names, 1_000) {
            Ok(matches) => {
                let known = matches.iter().filter_map(|found| names.get(found.literal as usize));
                self.removed.extend(known.cloned());
            }
            Err(refusal) => {
                let file = self.new.keys().next().cloned().unwrap_or_default();
                findings.report_unseen(RULE, &file, &refusal);
                self.new.clear();
            }
        }
    }
}

/// Tells whether a file tells people about changes.
fn is_document(file: &str) -> bool {
    const FOLDERS: [&str; 6] = [
        ".changeset",
        "newsfragments",
        "changelog.d",
        "changes",
        "changelogs",
        "releasenotes",
    ];
    let is_fragment = path::parent(file).split('/').any(|part| FOLDERS.contains(&part));
    (path::is_docs(file) || is_fragment) && !path::is_fixture(file)
}

fn listed(offers: &[&Offer]) -> String {
    let names: Vec<String> = offers
        .iter()
        .take(NAMED_MAX)
        .map(|offer| format!("`{}`", offer.name))
        .collect();
    let more = offers.len().saturating_sub(names.len());
    let rest = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    let verb = if offers.len() == 1 { "is" } else { "are" };
    format!("{}{rest} {verb}", names.join(", "))
}
