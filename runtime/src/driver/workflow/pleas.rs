//! What persons decide of verdicts: it comes to stand in the chain before anything follows from it.

use assize_provenance::digest::Digest;
use assize_provenance::entry::{EntryId, PersonsAnswer};

use super::fault::DriveFault;
use super::host::Host;
use super::landing::Cargo;
use crate::chain::believed::{Believed, BelievedFault};
use crate::driver::decide::{self, Deciding, What};
use crate::driver::overrule::{OverruleRefusal, Overruling, overrule};
use crate::driver::standing::{StandingFault, standing};
use crate::schedule::Request;

/// What a person asks for.
#[derive(Debug, Clone)]
pub(super) struct Plea {
    pub(super) request: Request,
    pub(super) case: Digest,
    pub(super) verdict: Digest,
    pub(super) council: String,
    pub(super) person: String,
    pub(super) reason: String,
    /// What the person decides on.
    pub(super) shown: Digest,
    /// What the person signed, by its digest.
    pub(super) signed: Option<Digest>,
    /// Who submitted the run.
    pub(super) submitter: String,
}

impl Plea {
    fn deciding(&self) -> Deciding<'_> {
        Deciding {
            what: match self.request {
                Request::Override => What::Override,
                Request::Reject => What::Answer(PersonsAnswer::Rejected),
                _ => What::Answer(PersonsAnswer::Approved),
            },
            case: self.case,
            verdict: EntryId::from_leaf_hash(self.verdict),
            council: &self.council,
            person: &self.person,
            reason: &self.reason,
            shown: self.shown,
            submitter: Some(&self.submitter),
        }
    }
}

impl Host {
    /// Enters what a person signed, or signs an override on the person's behalf where nobody signs for themselves; gives the
    /// entry, where there is one, or says why not.
    pub(super) fn decide(&self, plea: &Plea) -> Result<Result<Option<EntryId>, String>, DriveFault> {
        let believed = match self.believed()? {
            Ok(believed) => believed,
            Err(reason) => return Ok(Err(reason)),
        };
        let (objects, clerk) = (self.repository.objects().as_ref(), &self.clerk);
        let wanted = plea.deciding();
        if let Some(signed) = plea.signed {
            let Some(line) = self.store.contents(&signed)? else {
                return Ok(Err("what was signed is not here any more; decide again".to_owned()));
            };
            let entered = decide::enter(objects, clerk, &believed, &wanted, &line).map_err(unrecorded)?;
            return Ok(entered.map(Some).map_err(|refusal| refusal.to_string()));
        }
        if plea.request == Request::Override {
            let wanted = Overruling {
                case: wanted.case,
                verdict: wanted.verdict,
                council: wanted.council,
                person: wanted.person,
                reason: wanted.reason,
                shown: wanted.shown,
            };
            let overruled = overrule(objects, clerk, &believed, self.now()?, &wanted).map_err(unrecorded)?;
            return Ok(overruled.map(Some).map_err(|refusal| refusal.to_string()));
        }
        if believed.asks_people(clerk.chain().log()) {
            return Ok(Err(OverruleRefusal::Unsigned.to_string()));
        }
        Ok(Ok(None))
    }

    /// Whether a person whose word counts stands behind a change that lands only so; why not otherwise.
    pub(super) fn person_stands(&self, cargo: &Cargo) -> Result<Result<(), String>, DriveFault> {
        if !cargo.asks_person && !cargo.by_person {
            return Ok(Ok(()));
        }
        let believed = match self.believed()? {
            Ok(believed) => believed,
            Err(reason) => return Ok(Err(reason)),
        };
        let log = self.clerk.chain().log();
        if !believed.asks_people(log) {
            return Ok(Ok(()));
        }
        let verdict = EntryId::from_leaf_hash(cargo.verdict);
        let found = standing(self.repository.objects().as_ref(), &self.clerk, verdict).map_err(unrecorded)?;
        let Some(standing) = found else {
            return Ok(Err(format!("the log of this clone holds no verdict {verdict}")));
        };
        let said = if cargo.by_person {
            standing.overridden.iter().collect::<Vec<_>>()
        } else {
            standing.approvals.iter().collect()
        };
        let counts = said
            .iter()
            .any(|said| believed.insist(&said.entry, log, said.index).is_ok());
        let is_refused = standing.approvals.iter().any(|said| decide::is_refusal(&said.entry));
        Ok(if counts && !is_refused {
            Ok(())
        } else {
            Err("no person who may sign here stands behind it in the chain; confirm it anew".to_owned())
        })
    }

    /// Whom the host believes now, or why nobody.
    fn believed(&self) -> Result<Result<Believed, String>, DriveFault> {
        match Believed::read(&self.repository, &self.home, self.pin) {
            Ok(believed) => Ok(Ok(believed)),
            Err(fault @ BelievedFault::Root(_)) => Ok(Err(fault.to_string())),
            Err(fault) => Err(DriveFault::Repository {
                what: "it is not known whom to believe",
                is_machine: fault.is_machine(),
                reason: fault.to_string(),
            }),
        }
    }
}

fn unrecorded(fault: StandingFault) -> DriveFault {
    DriveFault::Repository {
        what: "what a person decides cannot be recorded",
        is_machine: fault.is_machine(),
        reason: fault.to_string(),
    }
}
