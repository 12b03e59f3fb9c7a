//! Finding what a new hearing of a recorded change needs: the same change, policy, council and documents. Waivers are weighed anew.

use std::sync::Arc;

use assize_provenance::entry::{Case as CaseEntry, Subject};
use assize_provenance::evidence::Evidence as Documents;
use assize_provenance::time::Time;

use super::find::range_of;
use super::{Court, Stop};
use crate::driver::prepare::{Given, Matter, PrepareFault, terms_of};
use crate::waiver::Outlook;

impl Court {
    /// Finds everything that decides about a recorded change once more, or says what is not here. `documents` is the evidence of
    /// the case's log, `outlook` what excuses findings now.
    ///
    /// # Errors
    ///
    /// [`PrepareFault`] when the machine failed.
    pub fn anew(
        &self,
        said: &CaseEntry,
        subject: Subject,
        documents: &mut Documents<'_>,
        now: Time,
        outlook: Outlook,
    ) -> Result<Result<(Matter, Given), String>, PrepareFault> {
        match self.given(said, subject, documents, now, outlook) {
            Ok(found) => Ok(Ok(found)),
            Err(Stop::Machine(fault)) => Err(fault),
            Err(Stop::Departs(why) | Stop::NotCheckable(why)) => Ok(Err(why)),
        }
    }

    fn given(
        &self,
        said: &CaseEntry,
        subject: Subject,
        documents: &mut Documents<'_>,
        now: Time,
        outlook: Outlook,
    ) -> Result<(Matter, Given), Stop> {
        let range = range_of(said, subject);
        let (policy, source) = self.policy(said, range)?;
        let documents = self.documents(said, documents)?.ok_or_else(|| {
            Stop::NotCheckable("a document of the case is not here; give it with --document FILE".to_owned())
        })?;
        let given = Given {
            terms: terms_of(&policy, Some(&said.council))?,
            policy: Arc::new(policy),
            source,
            documents,
            // Whoever kept them keeps them.
            keeps_documents: false,
            now,
            outlook,
        };
        let objects = Arc::clone(&self.objects);
        Ok((Matter { objects, range }, given))
    }
}
