//! A review, from what was typed to a verdict in the chain.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use assize_provenance::entry::{Actor, ActorKind};
use assize_provenance::log_id::LogId;
use assize_provenance::time::Time;
use assize_provenance::verdict::Verdict;

use super::durability::Wanted;
use super::prepare::{matter_of, policy_for, read_documents, sandbox};
use super::view::durability::DurabilityView;
use super::view::{EntryView, ReviewView};
use super::{App, Fault};
use crate::app::view::review::draw;
use crate::chain::waivers::own_log;
use crate::chain::{Append, Chain, ChainFault, Durability, Reliance};
use crate::driver::hearing::{self, HearingFault, Testimony};
use crate::driver::prepare::{Given, Prepared, prepare, terms_of};
use crate::driver::recorded::{self, RecordFault, Sheaf};
use crate::driver::roster::Roster;
use crate::sandbox::Sandbox;

/// How often a case is prepared anew because somebody revoked a waiver that it uses, just before it was sealed.
const TRIES_MAX: u32 = 8;

/// Which change is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject<'a> {
    /// A commit against its first parent, `A..B` or `A...B`.
    Revision(&'a str),
    /// What the next commit would hold.
    Staged {
        /// The index that it is made of, if not the repository's own.
        index: Option<&'a Path>,
        /// Its message; empty where there is none yet.
        message: &'a str,
    },
    /// What `git commit -a` would hold: the tracked files as they lie in the work tree.
    WorkTree,
}

/// What a review was asked to do.
#[derive(Debug, Clone, Copy)]
pub struct ReviewRequest<'a> {
    /// The change.
    pub subject: Subject<'a>,
    /// The council, if not the policy's default.
    pub council: Option<&'a str>,
    /// A policy file that replaces the base's.
    pub policy: Option<&'a Path>,
    /// Documents for the judges: names and files.
    pub documents: &'a [(String, PathBuf)],
    /// Whether to sign and record. Work in progress never is: no commit holds it.
    pub record: bool,
    /// How safe the verdict is to be, where it is recorded.
    pub wanted: Wanted,
}

impl App {
    /// Lets a council judge a change and, unless told otherwise, signs and records what it decided. `announce` is told
    /// what a person should know at once: new keys, a new log.
    ///
    /// # Errors
    ///
    /// [`Fault`]; then there is no verdict. What the chain had acknowledged before stays.
    pub fn review(&self, request: ReviewRequest<'_>, announce: &mut dyn FnMut(&str)) -> Result<ReviewView, Fault> {
        let repository = self.repository()?;
        let home = self.home_for(&repository)?;
        self.insist_on(&repository, &home, request.wanted)?;
        let sandbox = sandbox(&home)?;
        let (matter, is_committed) = matter_of(&repository, request.subject)?;
        let documents = read_documents(&self.dir, request.documents)?;
        let (policy, source) = policy_for(matter.objects.as_ref(), &self.dir, matter.range, request.policy)?;
        let (terms, policy) = (terms_of(&policy, request.council)?, Arc::new(policy));
        let (waivers, roster) = (
            self.waiver_reader(&repository, Some(&home))?,
            Roster::new(sandbox.clone()),
        );
        let prepared_for = |log: Option<LogId>| -> Result<Prepared, Fault> {
            let given = Given {
                terms: terms.clone(),
                policy: Arc::clone(&policy),
                source: source.clone(),
                documents: documents.clone(),
                keeps_documents: false,
                now: self.now()?,
                outlook: waivers.outlook(repository.objects().as_ref(), log)?,
            };
            Ok(prepare(&matter, &roster, given)?)
        };
        let mut log = own_log(&repository)?;
        let mut prepared = prepared_for(log)?;
        if request.record && is_committed {
            let chain = Chain::open(&repository, &home, self.clock, announce)?;
            let mut tries = 0_u32;
            loop {
                // A log that began just now has waivers of its own: none.
                if log != Some(chain.log()) {
                    log = Some(chain.log());
                    prepared = prepared_for(log)?;
                }
                match self.recorded(&sandbox, &prepared, &chain, request.wanted) {
                    Err(Fault::Chain(ChainFault::Overtaken)) if tries < TRIES_MAX => {
                        // What waits is read where it is sealed.
                        chain.seal_waiting()?;
                        prepared = prepared_for(log)?;
                    }
                    outcome => {
                        let (verdict, testimonies, mut entry) = outcome?;
                        if entry.commit.is_some() {
                            let place = (chain.log(), entry.index);
                            entry.durability = self.made_safe(&repository, &home, place, request.wanted)?;
                        }
                        return draw(&prepared, &verdict, testimonies, Some(entry));
                    }
                }
                tries = tries.saturating_add(1);
            }
        }
        let terms = prepared.docket.terms.clone();
        let unsealed = || Ok::<(), Fault>(());
        let (verdict, testimonies) =
            hearing::hear(&sandbox, terms, &prepared.sittings, &prepared.evidence, unsealed).map_err(fault_of)?;
        draw(&prepared, &verdict, testimonies, None)
    }

    /// Hears the case and seals everything that is known of it into a commit, unless it is only to be durable.
    pub(super) fn recorded(
        &self,
        sandbox: &Sandbox,
        prepared: &Prepared,
        chain: &Chain,
        wanted: Wanted,
    ) -> Result<(Verdict, Vec<Testimony>, EntryView), Fault> {
        let actor = Actor {
            kind: ActorKind::Person,
            name: self.actor.clone(),
        };
        let now = || Time::from_unix_seconds(self.clock.unix_seconds()).map_err(|_| RecordFault::Clock);
        let append = |sheaf: Sheaf, reliance: &Reliance| {
            let Sheaf { entries, documents } = sheaf;
            let reliance = reliance.clone();
            Ok(chain.append_relying(Append {
                entries,
                documents,
                reliance,
            })?)
        };
        let concluded = recorded::hear(sandbox, prepared, chain, &actor, &now, &append)?;
        let Sheaf { entries, documents } = concluded.sheaf;
        let (id, index, size, commit) = match wanted.level {
            Durability::Durable => {
                let kept = chain.acknowledge(entries, documents)?;
                (kept.entry, kept.index, kept.index.saturating_add(1), None)
            }
            Durability::Sealed | Durability::Witnessed => {
                let sealed = chain.append_and_seal(entries, documents)?;
                (sealed.entry, sealed.index, sealed.size, Some(sealed.commit.to_string()))
            }
        };
        let entry = EntryView {
            id: id.to_string(),
            log: chain.log().to_string(),
            index,
            size,
            r#ref: chain.log().log_ref(),
            commit,
            key: chain.council_key().id().to_string(),
            durability: DurabilityView::unasked(wanted.level, Durability::Durable),
        };
        Ok((concluded.verdict, concluded.testimonies, entry))
    }

    /// The time now.
    pub(super) fn now(&self) -> Result<Time, Fault> {
        Time::from_unix_seconds(self.clock.unix_seconds())
            .map_err(|_| Fault::wrong("the machine's clock is set to an impossible time", "set the clock"))
    }
}

fn fault_of(fault: HearingFault<Fault>) -> Fault {
    match fault {
        HearingFault::Seal(fault) => fault,
        HearingFault::Host(fault) => fault.into(),
        other => Fault::Bug(other.to_string()),
    }
}
