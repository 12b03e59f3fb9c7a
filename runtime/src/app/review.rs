//! A review, from what was typed to a verdict in the chain.

use std::path::{Path, PathBuf};

use assize_provenance::entry::{Actor, ActorKind, EntryId};
use assize_provenance::time::Time;
use assize_provenance::verdict::Verdict;

use super::prepare::{Matter, Prepared, prepare, read_documents, sandbox};
use super::view::{EntryView, ReviewView};
use super::{App, Fault};
use crate::app::view::review::draw;
use crate::chain::wal::DocumentKind;
use crate::chain::{Chain, Sealed};
use crate::driver::compose::{self, Header};
use crate::driver::hearing::{self, HearingFault, Testimony};
use crate::sandbox::Sandbox;

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
        let sandbox = sandbox(&home)?;
        let matter = Matter::of(&repository, request.subject)?;
        let documents = read_documents(&self.dir, request.documents)?;
        let prepared = prepare(&matter, &self.dir, &sandbox, request, documents, self.now()?)?;
        if request.record && matter.is_committed {
            let mut chain = Chain::open(&repository, &home, self.clock, announce)?;
            let (verdict, testimonies, entry) = self.recorded(&sandbox, &prepared, &mut chain)?;
            return draw(&prepared, &verdict, testimonies, Some(entry));
        }
        let terms = prepared.docket.terms.clone();
        let unsealed = || Ok::<(), Fault>(());
        let (verdict, testimonies) =
            hearing::hear(&sandbox, terms, &prepared.sittings, &prepared.evidence, unsealed).map_err(fault_of)?;
        draw(&prepared, &verdict, testimonies, None)
    }

    /// Hears the case between two appends: the case before any judge runs, the opinions and the verdict after.
    fn recorded(
        &self,
        sandbox: &Sandbox,
        prepared: &Prepared,
        chain: &mut Chain,
    ) -> Result<(Verdict, Vec<Testimony>, EntryView), Fault> {
        let docket = &prepared.docket;
        let mut case_id = None;
        let seal = || -> Result<(), Fault> {
            let documents = vec![(DocumentKind::Case, docket.manifest.clone())];
            let header = self.header(chain)?;
            let appended = chain.append(
                vec![compose::case_sealed(&header, docket, chain.draw_hearing()?)],
                documents,
            )?;
            case_id = appended.first().copied();
            Ok(())
        };
        let (verdict, testimonies) = hearing::hear(
            sandbox,
            docket.terms.clone(),
            &prepared.sittings,
            &prepared.evidence,
            seal,
        )
        .map_err(fault_of)?;
        let case_id = case_id.ok_or_else(|| Fault::Bug("a hearing ended without a sealed case".into()))?;
        let sealed = self.record(prepared, chain, case_id, &verdict, &testimonies)?;
        let entry = EntryView {
            id: sealed.entry.to_string(),
            log: chain.log().to_string(),
            index: sealed.index,
            size: sealed.size,
            r#ref: chain.log().log_ref(),
            commit: sealed.commit.to_string(),
            key: chain.council_key().id().to_string(),
        };
        Ok((verdict, testimonies, entry))
    }

    /// Records opinions and verdict as one append, and seals everything into a commit.
    fn record(
        &self,
        prepared: &Prepared,
        chain: &mut Chain,
        case: EntryId,
        verdict: &Verdict,
        testimonies: &[Testimony],
    ) -> Result<Sealed, Fault> {
        let header = self.header(chain)?;
        let (mut previous, mut opinions) = (case, Vec::new());
        let (mut entries, mut documents) = (Vec::new(), Vec::new());
        for (sitting, testimony) in prepared.sittings.iter().zip(testimonies) {
            let (entry, document) = compose::seat_heard(&header, &prepared.docket, previous, sitting, testimony)?;
            let signed = chain.sign(entry)?;
            previous = signed.id();
            opinions.push(previous);
            entries.push(signed);
            documents.extend(document.map(|document| (DocumentKind::Opinion, document)));
        }
        let decided = compose::decided(&header, &prepared.docket, verdict, case, &opinions);
        entries.push(chain.sign(decided.ok_or_else(|| Fault::Bug("a seat has no entry".into()))?)?);
        Ok(chain.append_and_seal(entries, documents)?)
    }

    /// The time now.
    pub(super) fn now(&self) -> Result<Time, Fault> {
        Time::from_unix_seconds(self.clock.unix_seconds())
            .map_err(|_| Fault::wrong("the machine's clock is set to an impossible time", "set the clock"))
    }

    fn header(&self, chain: &Chain) -> Result<Header, Fault> {
        let time = self.now()?;
        let actor = Actor {
            kind: ActorKind::Person,
            name: self.actor.clone(),
        };
        Ok(Header {
            log: chain.log(),
            time,
            actor,
        })
    }
}

fn fault_of(fault: HearingFault<Fault>) -> Fault {
    match fault {
        HearingFault::Seal(fault) => fault,
        HearingFault::Host(fault) => fault.into(),
        other => Fault::Bug(other.to_string()),
    }
}
