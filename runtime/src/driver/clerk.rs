//! The chain for many hearings at once: what they append shares one sync, and one commit seals it all.

use std::sync::Arc;

use super::recorded::{RecordFault, Sheaf};
use super::together::Together;
use crate::chain::{Append, Chain, ChainFault, Reliance};

/// The chain and who waits for it. Shared by threads.
#[derive(Debug)]
pub struct Clerk {
    chain: Chain,
    appends: Together<Append, Result<bool, Arc<ChainFault>>>,
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
        self.append_relying(sheaf, &Reliance::default())
    }

    /// Acknowledges entries if what they rely on still holds.
    ///
    /// # Errors
    ///
    /// [`RecordFault`]; then none of them is in the log.
    pub fn append_relying(&self, sheaf: Sheaf, reliance: &Reliance) -> Result<(), RecordFault> {
        let work = |appends: Vec<Append>| {
            let count = appends.len();
            match self.chain.append_each(appends) {
                Ok(taken) => taken.into_iter().map(Ok).collect(),
                Err(fault) => vec![Err(Arc::new(fault)); count],
            }
        };
        let append = Append {
            entries: sheaf.entries,
            documents: sheaf.documents,
            reliance: reliance.clone(),
        };
        match self.appends.submit(append, &work) {
            Some(Ok(true)) => Ok(()),
            Some(Ok(false)) => Err(ChainFault::Overtaken.into()),
            Some(Err(fault)) => Err(RecordFault::Shared(fault)),
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
