//! Having logs cosigned by witnesses, and electing those that are asked after every seal.

use assize_provenance::key::vkey::{NoteKey, NoteKind};
use assize_provenance::log_reader::LogReader;

use super::read::logs;
use crate::app::durability::election;
use crate::app::trust::{clone_of, parse_witness};
use crate::app::view::durability::{ElectedView, ElectionView};
use crate::app::view::proofs::{WitnessLogView, WitnessView};
use crate::app::{App, Fault};
use crate::chain::witnesses::{Elected, Election, Elections};
use crate::egress::Egress;
use crate::repository::Repository;
use crate::witness::ask::{PATIENCE, Witness};

/// What is to become of the election of witnesses.
#[derive(Debug, Clone, Copy)]
pub enum Elect<'a> {
    /// Nothing: it is only looked at.
    Nothing,
    /// A witness is added.
    Add {
        /// Where it is reached.
        url: &'a str,
        /// Its key, as it is typed.
        key: &'a str,
    },
    /// The witness of this name is removed.
    Remove(&'a str),
    /// So many must vouch.
    Quorum(usize),
}

impl App {
    /// Looks at the witnesses that are elected for this clone, or changes them.
    ///
    /// # Errors
    ///
    /// [`Fault`] when the change makes no sense, or cannot be kept; then the old election stands.
    pub fn audit_elect(&self, change: Elect<'_>) -> Result<ElectionView, Fault> {
        let repository = self.repository()?;
        if let Elect::Nothing = change {
            let home = self.home_if_there(&repository)?;
            return Ok(election_view(&election(&repository, home.as_ref())?));
        }
        let elections = Elections::new(self.home_for(&repository)?.witnesses());
        let place = clone_of(&repository)?;
        let changed = match change {
            Elect::Nothing => elections.of(&place)?,
            Elect::Add { url, key } => {
                let key = parse_witness(key)?;
                check_address(&key, url)?;
                elections.change(&place, |election| election.add(url, key))?
            }
            Elect::Remove(name) => elections.change(&place, |election| election.remove(name))?,
            Elect::Quorum(needed) => elections.change(&place, |election| election.set_quorum(needed))?,
        };
        Ok(election_view(&changed))
    }

    /// Has the newest checkpoints of the logs here cosigned by every elected witness.
    ///
    /// # Errors
    ///
    /// [`Fault`] when nobody is elected, a log cannot be read, or what was cosigned cannot be kept.
    pub fn audit_ask(&self, wanted: Option<&str>) -> Result<WitnessView, Fault> {
        let repository = self.repository()?;
        let elected = election(&repository, self.home_if_there(&repository)?.as_ref())?.witnesses;
        if elected.is_empty() {
            return Err(Fault::wrong(
                "no witness is elected in this clone",
                "elect one: `assize audit witness add URL KEY`",
            ));
        }
        self.cosigned(&repository, &elected, wanted)
    }

    /// Has the newest checkpoints of the logs here cosigned by one witness, and keeps what it signs. Without a witness, tells only
    /// the keys of the logs.
    ///
    /// # Errors
    ///
    /// [`Fault`] when a log cannot be read, or what was cosigned cannot be kept. What a witness says is in the view.
    pub fn audit_witness(&self, witness: Option<(&str, &str)>, wanted: Option<&str>) -> Result<WitnessView, Fault> {
        let witness = witness
            .map(|(url, key)| {
                let key = parse_witness(key)?;
                check_address(&key, url)?;
                let url = url.to_owned();
                Ok::<_, Fault>(Elected { url, key })
            })
            .transpose()?;
        self.cosigned(&self.repository()?, witness.as_slice(), wanted)
    }

    fn cosigned(
        &self,
        repository: &Repository,
        witnesses: &[Elected],
        wanted: Option<&str>,
    ) -> Result<WitnessView, Fault> {
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
            let known = WitnessLogView {
                log: log.log().to_string(),
                key: note_key(&log)?.to_string(),
                size: log.size(),
                witness: None,
                answer: "known",
                why: None,
                fork: None,
            };
            for witness in witnesses {
                let said = self.ask_one(repository, &egress, witness, &mut log, PATIENCE)?;
                views.push(WitnessLogView {
                    witness: Some(said.witness),
                    answer: said.answer,
                    why: said.why,
                    fork: said.fork,
                    ..known.clone()
                });
            }
            if witnesses.is_empty() {
                views.push(known);
            }
        }
        Ok(WitnessView {
            schema: "assize.witness/1",
            logs: views,
        })
    }
}

fn check_address(key: &NoteKey, url: &str) -> Result<(), Fault> {
    let checked = Witness::new(key.clone(), url).map(|_| ());
    checked.map_err(|why| {
        let hint = "an address is `https://HOST/PATH`; `http://` only for this machine";
        Fault::wrong(format!("`{url}` is no address of a witness: {why}"), hint)
    })
}

fn election_view(election: &Election) -> ElectionView {
    let view = |one: &Elected| ElectedView {
        witness: one.key.name().to_owned(),
        url: one.url.clone(),
        key: one.key.to_string(),
    };
    ElectionView {
        schema: "assize.witnesses/1",
        needed: election.needed(),
        witnesses: election.witnesses.iter().map(view).collect(),
    }
}

/// The key of a log under the name that its checkpoints give.
fn note_key(log: &LogReader<'_>) -> Result<NoteKey, Fault> {
    let (_, commit) = log.tip();
    NoteKey::new(&log.log().origin(), NoteKind::Note, commit.key).map_err(|error| Fault::Bug(error.to_string()))
}
