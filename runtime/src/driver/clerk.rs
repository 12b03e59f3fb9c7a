//! The chain for many hearings at once: what they append shares one sync, and one commit seals it all.

use std::sync::Arc;

use super::recorded::{RecordFault, Sheaf};
use super::together::Together;
use crate::chain::{Chain, ChainFault};

/// The chain and who waits for it. Shared by threads.
#[derive(Debug)]
pub struct Clerk {
    chain: Chain,
    appends: Together<Sheaf, Result<(), Arc<ChainFault>>>,
}

impl Clerk {
    /// Takes over a chain.
    #[must_use]
    pub fn new(chain: Chain) -> Self {
        Self {
            chain,
            appends: Together::default(),
        }
    }

    /// The chain, for what does not append.
    #[must_use]
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// Acknowledges entries: when this returns they survive a kill.
    ///
    /// # Errors
    ///
    /// [`RecordFault`]; then none of them is in the log.
    pub fn append(&self, sheaf: Sheaf) -> Result<(), RecordFault> {
        let work = |sheaves: Vec<Sheaf>| {
            let count = sheaves.len();
            let (mut entries, mut documents) = (Vec::new(), Vec::new());
            for sheaf in sheaves {
                entries.extend(sheaf.entries);
                documents.extend(sheaf.documents);
            }
            let appended = self.chain.append(entries, documents).map_err(Arc::new);
            vec![appended; count]
        };
        match self.appends.submit(sheaf, &work) {
            Some(outcome) => outcome.map_err(RecordFault::Shared),
            None => Err(RecordFault::Bug("an append had no outcome".to_owned())),
        }
    }

    /// Seals everything that was acknowledged into a commit.
    ///
    /// # Errors
    ///
    /// [`RecordFault::Chain`]; what waits stays acknowledged.
    pub fn seal(&self) -> Result<(), RecordFault> {
        Ok(self.chain.seal_waiting()?)
    }
}
