//! Erasing documents of the evidence. The log keeps what it says of them.

use assize_provenance::digest::Digest;
use assize_provenance::evidence::DocumentKind;
use assize_provenance::log_id::LogId;
use assize_provenance::time::Time;

use super::evidence;
use super::fault::ChainFault;
use super::log::Chain;

impl Chain {
    /// Erases documents of a log's evidence that is kept in this clone, and gives whether any of them was there. What waits to
    /// be sealed is sealed first, so that nothing comes back. The log itself does not change.
    ///
    /// # Errors
    ///
    /// [`ChainFault`]; then the evidence is as it was.
    pub fn erase(&self, log: LogId, documents: &[(DocumentKind, Digest)]) -> Result<bool, ChainFault> {
        self.seal_waiting()?;
        let _held = self.hold_same()?;
        let name = log.evidence_ref();
        let Some(tip) = self.ref_tip(&name)? else {
            return Ok(false);
        };
        let time = Time::from_unix_seconds(self.clock.unix_seconds()).map_err(|_| ChainFault::Clock)?;
        let Some(erased) = evidence::erase(self.reader(), log, tip, documents, time)? else {
            return Ok(false);
        };
        self.repository.write_pack(&erased.objects)?;
        super::seal::move_ref(&self.repository, &name, Some(tip), erased.commit)?;
        Ok(true)
    }
}
