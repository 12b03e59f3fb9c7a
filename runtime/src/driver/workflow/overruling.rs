//! A person's verdict in the place of a council's.

use assize_provenance::digest::Digest;
use assize_provenance::entry::EntryId;

use super::fault::DriveFault;
use super::host::Host;
use crate::driver::overrule::{Overruling, overrule};

/// What a person asks for.
#[derive(Debug, Clone)]
pub(super) struct Plea {
    pub(super) case: Digest,
    pub(super) verdict: Digest,
    pub(super) council: String,
    pub(super) person: String,
    pub(super) reason: String,
    pub(super) shown: Option<Digest>,
}

impl Host {
    /// Signs a person's verdict, or says why not.
    pub(super) fn overrule(&self, plea: &Plea) -> Result<Result<EntryId, String>, DriveFault> {
        let Some(shown) = plea.shown else {
            return Ok(Err(
                "it does not say what was shown; look at the task and decide on that".to_owned(),
            ));
        };
        // The verdict is read where it is sealed.
        self.clerk.seal()?;
        let wanted = Overruling {
            case: plea.case,
            verdict: EntryId::from_leaf_hash(plea.verdict),
            council: &plea.council,
            person: &plea.person,
            reason: &plea.reason,
            shown,
        };
        let overruled = overrule(self.repository.objects().as_ref(), &self.clerk, self.now()?, &wanted);
        match overruled {
            Ok(overruled) => Ok(overruled.map_err(|refusal| refusal.to_string())),
            Err(fault) => Err(DriveFault::Repository {
                what: "a person's verdict cannot be recorded",
                is_machine: fault.is_machine(),
                reason: fault.to_string(),
            }),
        }
    }
}
