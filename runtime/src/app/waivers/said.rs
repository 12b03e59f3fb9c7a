//! What people said of the waivers in this clone's own log, as it is shown and found.

use assize_provenance::log_id::LogId;
use assize_provenance::time::Time;

use super::word;
use crate::app::view::WaiverView;
use crate::app::view::waivers::{SignedView, StepView, WaiverShowView};
use crate::app::{App, Fault};
use crate::chain::waivers::own_log;
use crate::repository::Repository;
use crate::settings::Home;
use crate::waiver::{Outlook, Sight, SignedWaiver, Step, Worth};

/// How many characters of an entry's id are enough to name it.
const ENTRY_CHARS_MIN: usize = 8;

/// The signed waivers of the own log.
pub(super) struct Seen {
    pub(super) log: Option<LogId>,
    pub(super) outlook: Outlook,
}

impl App {
    /// Shows one waiver that people signed.
    ///
    /// # Errors
    ///
    /// [`Fault`] when there is none of that name.
    pub fn show_waiver(&self, name: &str) -> Result<WaiverShowView, Fault> {
        let repository = self.repository()?;
        let home = self.home_if_there(&repository)?;
        let seen = self.waivers_seen(&repository, home.as_ref())?;
        let now = self.now()?;
        let waiver = seen.view(seen.find(name, now)?, now);
        Ok(WaiverShowView {
            schema: "assize.waiver/1",
            waiver,
            entry: None,
        })
    }

    /// What people signed in this clone's own log.
    pub(super) fn waivers_seen(&self, repository: &Repository, home: Option<&Home>) -> Result<Seen, Fault> {
        let log = own_log(repository)?;
        let outlook = self
            .waiver_reader(repository, home)?
            .outlook(repository.objects().as_ref(), log)?;
        Ok(Seen { log, outlook })
    }
}

impl Seen {
    /// From where somebody looks who asks now and made no change.
    pub(super) fn sight(&self, now: Time) -> Sight<'static> {
        Sight {
            known: self.outlook.known,
            position: self.outlook.position,
            now,
            authors: &[],
        }
    }

    /// The waiver that is meant, by its id or the start of its proposal's entry: of several with one id the one that is not over,
    /// else the newest.
    pub(super) fn find(&self, name: &str, now: Time) -> Result<&SignedWaiver, Fault> {
        let is_start = |waiver: &SignedWaiver| {
            name.len() >= ENTRY_CHARS_MIN && waiver.proposed.entry.to_string().starts_with(name)
        };
        let all = self.outlook.register.all();
        let mut meant: Vec<&SignedWaiver> = all
            .iter()
            .filter(|waiver| waiver.terms.id == name || is_start(waiver))
            .collect();
        meant.sort_by_key(|waiver| (self.is_open(waiver, now), waiver.proposed.index));
        meant.pop().ok_or_else(|| {
            Fault::wrong(
                format!("nobody proposed a waiver `{name}` in the log of this clone"),
                "`assize waiver list` shows those that people signed; `assize waiver propose` signs a new one, or one of a file",
            )
        })
    }

    /// Whether a waiver is in force or may come to be.
    pub(super) fn is_open(&self, waiver: &SignedWaiver, now: Time) -> bool {
        matches!(waiver.worth(&self.sight(now)), Worth::InForce | Worth::Proposed)
    }

    /// Every waiver as it is shown.
    pub(super) fn views(&self, now: Time) -> Vec<WaiverView> {
        let all = self.outlook.register.all().iter();
        all.map(|waiver| self.view(waiver, now)).collect()
    }

    /// One waiver as it is shown.
    pub(super) fn view(&self, waiver: &SignedWaiver, now: Time) -> WaiverView {
        let terms = &waiver.terms;
        WaiverView {
            kind: "entry",
            path: None,
            id: terms.id.clone(),
            rule: terms.rule.clone(),
            paths: terms.paths.iter().map(ToString::to_string).collect(),
            expires: Some(terms.expires.to_string()),
            worth: word(waiver.worth(&self.sight(now))),
            signed: Some(SignedView {
                log: self.log.map(|log| log.to_string()).unwrap_or_default(),
                reason: terms.reason.to_string(),
                until: terms.until,
                approvals: terms.approvals(),
                proposed: step(&Step {
                    reason: None,
                    ..waiver.proposed.clone()
                }),
                approved: waiver.approved.iter().map(step).collect(),
                revoked: waiver.revoked.as_ref().map(step),
            }),
            problems: Vec::new(),
        }
    }
}

fn step(step: &Step) -> StepView {
    StepView {
        entry: step.entry.to_string(),
        index: step.index,
        time: step.time.to_string(),
        by: step.by.clone(),
        key: step.key.to_string(),
        reason: step.reason.as_ref().map(ToString::to_string),
    }
}
