//! Having logs cosigned by a witness.

use assize_provenance::key::vkey::{NoteKey, NoteKind};
use assize_provenance::log_reader::LogReader;

use super::read::logs;
use crate::app::trust::parse_witness;
use crate::app::view::proofs::{WitnessLogView, WitnessView};
use crate::app::{App, Fault};
use crate::egress::Egress;
use crate::repository::Repository;
use crate::witness::ask::{Unanswered, Witness};
use crate::witness::kept::Kept;

impl App {
    /// Has the newest checkpoints of the logs here cosigned, and keeps what the witness signs. Without a witness, tells only the
    /// keys of the logs.
    ///
    /// # Errors
    ///
    /// [`Fault`] when a log cannot be read, or what was cosigned cannot be kept. What a witness says is in the view.
    pub fn audit_witness(&self, witness: Option<(&str, &str)>, wanted: Option<&str>) -> Result<WitnessView, Fault> {
        let witness = witness
            .map(|(url, key)| {
                let hint = "an address is `https://HOST/PATH`; `http://` only for this machine";
                Witness::new(parse_witness(key)?, url)
                    .map_err(|why| Fault::wrong(format!("`{url}` is no address of a witness: {why}"), hint))
            })
            .transpose()?;
        let repository = self.repository()?;
        let mut found = logs(repository.objects().as_ref())?;
        found.retain(|log| wanted.is_none_or(|wanted| log.log().to_string().starts_with(wanted)));
        if found.is_empty() {
            return Err(Fault::wrong(
                "there is no such log in this repository",
                "a review starts one; `git fetch` brings those of others",
            ));
        }
        let egress = Egress::default();
        let mut views = Vec::new();
        for mut log in found {
            views.push(self.ask(&repository, &egress, witness.as_ref(), &mut log)?);
        }
        Ok(WitnessView {
            schema: "assize.witness/1",
            logs: views,
        })
    }

    fn ask(
        &self,
        repository: &Repository,
        egress: &Egress,
        witness: Option<&Witness>,
        log: &mut LogReader<'_>,
    ) -> Result<WitnessLogView, Fault> {
        let mut view = WitnessLogView {
            log: log.log().to_string(),
            key: note_key(log)?.to_string(),
            size: log.size(),
            answer: "known",
            why: None,
        };
        let Some(witness) = witness else { return Ok(view) };
        let kept = Kept::open(repository, log.log())?;
        match witness.ask(egress, log, kept.size_of(&witness.key)?) {
            Ok(cosigned) => {
                kept.keep(&witness.key, &cosigned, self.clock.unix_seconds())?;
                view.answer = "cosigned";
            }
            Err(Unanswered::Log(error)) => return Err(error.into()),
            Err(unanswered) => {
                view.answer = match unanswered {
                    Unanswered::Ahead { .. } => "ahead",
                    Unanswered::Refused(..) => "refused",
                    _ => "unreachable",
                };
                view.why = Some(unanswered.to_string());
            }
        }
        Ok(view)
    }
}

/// The key of a log under the name that its checkpoints give.
fn note_key(log: &LogReader<'_>) -> Result<NoteKey, Fault> {
    let (_, commit) = log.tip();
    NoteKey::new(&log.log().origin(), NoteKind::Note, commit.key).map_err(|error| Fault::Bug(error.to_string()))
}
