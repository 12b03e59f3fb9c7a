//! Erasing what must not be kept any longer, without breaking a proof.

use assize_provenance::digest::Digest;
use assize_provenance::entry::{Answer, Content};
use assize_provenance::evidence::DocumentKind;

use super::read::find;
use crate::app::{App, Fault};
use crate::chain::Chain;

impl App {
    /// Erases the documents of an entry from the evidence that this clone keeps: the whole opinion of an opinion, or the list
    /// of what changed and the transcripts of a case. Gives a sentence for the person who asked.
    ///
    /// # Errors
    ///
    /// [`Fault`] when the entry has no document here, or the evidence cannot be written.
    pub fn audit_erase(&self, wanted: &str) -> Result<String, Fault> {
        let repository = self.repository()?;
        let (entry, log, index) = find(repository.objects().as_ref(), wanted)?;
        let documents: Vec<(DocumentKind, Digest)> = match &entry.entry().content {
            Content::Opinion(opinion) => match &opinion.answer {
                Answer::Spoken(spoken) => vec![(DocumentKind::Opinion, spoken.document.digest)],
                Answer::NoOpinion { .. } => Vec::new(),
            },
            Content::Case(case) => {
                let given = case.documents.iter();
                let given = given.map(|document| (DocumentKind::Given, document.stored.digest));
                given.chain([(DocumentKind::Case, case.manifest.digest)]).collect()
            }
            _ => Vec::new(),
        };
        if documents.is_empty() {
            return Err(Fault::wrong(
                format!(
                    "entry {index} of log {log} is a {} without a document",
                    entry.entry().content.kind()
                ),
                "name an opinion or a case; `assize audit log` lists them",
            ));
        }
        let home = self.home_for(&repository)?;
        let chain = Chain::open(&repository, &home, self.clock, &mut |_| ())?;
        if !chain.erase(log, &documents)? {
            return Err(Fault::wrong(
                format!("no document of entry {index} of log {log} is kept here"),
                "it was never here, or it was erased before; other clones keep their own evidence",
            ));
        }
        Ok(format!(
            "Erased the document of entry {index} of log {log}. The entry and every proof stay; what stood in the document is not \
             checkable any more. Its bytes lie unreachable in this repository until `git gc --prune=now`, and whoever fetched \
             the evidence before still has it."
        ))
    }
}
