//! How safe what was recorded is: told to whoever asked for it, and brought to the level that they want.
//!
//! An entry is acknowledged before anybody is asked, and stays whatever they answer: witnesses that are away, slow or lying cost
//! a caller some time and nothing else. Whom nobody reached is asked again after the next seal, for a witness cosigns the newest
//! state, which holds all that came before.

use std::thread;
use std::time::{Duration, Instant};

use assize_provenance::log_id::LogId;
use assize_provenance::log_reader::LogReader;
use assize_provenance::reader::ObjectReader;

use super::trust::clone_of;
use super::view::durability::{DurabilityView, WitnessAnswerView};
use super::{App, Fault};
use crate::chain::Durability;
use crate::chain::witnesses::{Elected, Election, ElectionFault, Elections, keep_fork};
use crate::egress::Egress;
use crate::repository::Repository;
use crate::settings::Home;
use crate::witness::ask::{Unanswered, Witness};
use crate::witness::kept::Kept;

/// How long a caller who does not ask for witnesses waits for them after a seal.
const AFTER_SEAL: Duration = Duration::from_secs(3);
/// How long is waited before witnesses that were away are asked again.
const BETWEEN: Duration = Duration::from_millis(500);

/// How safe something is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// At least so safe.
    pub level: Durability,
    /// How long may be waited for witnesses, where they are wanted.
    pub wait: Duration,
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            level: Durability::Sealed,
            wait: Duration::from_secs(60),
        }
    }
}

impl App {
    /// Insists that a level can be reached in this clone, before anything is done for it.
    ///
    /// # Errors
    ///
    /// [`Fault::Wrong`] when witnesses are wanted and none is elected.
    pub(super) fn insist_on(&self, repository: &Repository, home: &Home, wanted: Wanted) -> Result<(), Fault> {
        if wanted.level == Durability::Witnessed && election(repository, Some(home))?.witnesses.is_empty() {
            return Err(Fault::wrong(
                "no witness is elected in this clone, so nothing can be witnessed",
                "elect one: `assize audit witness add URL KEY`",
            ));
        }
        Ok(())
    }

    /// Tells how safe the entry at a position of a log is after a seal, and asks the elected witnesses to vouch for it: for as
    /// long as may be waited where that is wanted, else for a moment.
    ///
    /// # Errors
    ///
    /// [`Fault`] when the log or the election cannot be read. The entry stays.
    pub(super) fn made_safe(
        &self,
        repository: &Repository,
        home: &Home,
        (log, index): (LogId, u64),
        wanted: Wanted,
    ) -> Result<DurabilityView, Fault> {
        let election = election(repository, Some(home))?;
        let mut view = DurabilityView {
            asked: wanted.level.name(),
            reached: Durability::Sealed.name(),
            needed: election.needed(),
            vouching: 0,
            witnesses: Vec::new(),
        };
        let since = Instant::now();
        let patience = match wanted.level {
            Durability::Witnessed => wanted.wait,
            _ => AFTER_SEAL,
        };
        let mut round = AFTER_SEAL;
        while !election.witnesses.is_empty() && !self.is_dry {
            let left = patience.saturating_sub(since.elapsed());
            self.ask_all(repository, &election, log, round.min(left), &mut view.witnesses)?;
            view.vouching = vouching(repository, &election, log, index)?;
            if view.vouching >= view.needed {
                view.reached = Durability::Witnessed.name();
                break;
            }
            let may_come = view.witnesses.iter().any(|one| one.answer == "unreachable");
            if !may_come || since.elapsed().saturating_add(BETWEEN) >= patience {
                break;
            }
            thread::sleep(BETWEEN);
            // One that is slow gets more time.
            round = round.saturating_mul(2);
        }
        Ok(view)
    }

    /// Asks, side by side, each witness that has not answered yet.
    fn ask_all(
        &self,
        repository: &Repository,
        election: &Election,
        log: LogId,
        time: Duration,
        answers: &mut Vec<WitnessAnswerView>,
    ) -> Result<(), Fault> {
        let has_answered = |one: &&Elected| {
            let name = one.key.name();
            answers
                .iter()
                .any(|said| said.witness == name && said.answer != "unreachable")
        };
        let open: Vec<&Elected> = election.witnesses.iter().filter(|one| !has_answered(one)).collect();
        answers.retain(|said| said.answer != "unreachable");
        let egress = Egress::default();
        let ask = |one: &Elected| {
            let mut reader = reader_of(repository, log)?;
            self.ask_one(repository, &egress, one, &mut reader, time)
        };
        let answered: Vec<Result<WitnessAnswerView, Fault>> = thread::scope(|scope| {
            let asked: Vec<_> = open.iter().map(|one| scope.spawn(|| ask(one))).collect();
            let lost = || Err(Fault::Bug("a thread that asked a witness broke down".to_owned()));
            asked
                .into_iter()
                .map(|asked| asked.join().unwrap_or_else(|_| lost()))
                .collect()
        });
        for answer in answered {
            answers.push(answer?);
        }
        Ok(())
    }

    /// Asks one witness, and keeps what it signs, or the proof that it has seen another past.
    pub(super) fn ask_one(
        &self,
        repository: &Repository,
        egress: &Egress,
        elected: &Elected,
        log: &mut LogReader<'_>,
        time: Duration,
    ) -> Result<WitnessAnswerView, Fault> {
        let mut view = WitnessAnswerView {
            witness: elected.key.name().to_owned(),
            answer: "cosigned",
            why: None,
            fork: None,
        };
        let witness = match Witness::new(elected.key.clone(), &elected.url) {
            Ok(witness) => witness,
            Err(why) => {
                view.answer = "refused";
                view.why = Some(format!("`{}` is no address of a witness: {why}", elected.url));
                return Ok(view);
            }
        };
        let kept = Kept::open(repository, log.log())?;
        match witness.ask(egress, log, kept.size_of(&witness.key)?, time) {
            Ok(cosigned) => kept.keep(&witness.key, &cosigned, self.clock.unix_seconds())?,
            Err(Unanswered::Log(error)) => return Err(error.into()),
            Err(unanswered) => {
                view.why = Some(unanswered.to_string());
                view.answer = match unanswered {
                    Unanswered::Ahead { .. } => "ahead",
                    Unanswered::Refused(..) => "refused",
                    Unanswered::Forked { proof, .. } => {
                        let state_dir = repository.places().common_dir.join("assize");
                        let path = keep_fork(&state_dir, &proof.to_string())?;
                        view.fork = Some(path.display().to_string());
                        "forked"
                    }
                    _ => "unreachable",
                };
            }
        }
        Ok(view)
    }
}

/// The witnesses that are elected for a clone.
pub(super) fn election(repository: &Repository, home: Option<&Home>) -> Result<Election, Fault> {
    let Some(home) = home else {
        return Ok(Election::default());
    };
    Ok(Elections::new(home.witnesses()).of(&clone_of(repository)?)?)
}

/// The size up to which as many of the elected witnesses vouch for a log as must; 0 where they do not.
pub(super) fn witnessed_size(
    repository: &Repository,
    election: &Election,
    log: &mut LogReader<'_>,
) -> Result<u64, Fault> {
    let mut sizes = cosigned_sizes(repository, election, log)?;
    sizes.sort_unstable_by_key(|size| std::cmp::Reverse(*size));
    let last = election.needed().checked_sub(1);
    Ok(last.and_then(|last| sizes.get(last)).copied().unwrap_or(0))
}

/// How many of the elected witnesses vouch for the entry at a position of a log.
fn vouching(repository: &Repository, election: &Election, log: LogId, index: u64) -> Result<usize, Fault> {
    let sizes = cosigned_sizes(repository, election, &mut reader_of(repository, log)?)?;
    Ok(sizes.into_iter().filter(|size| *size > index).count())
}

/// The largest size that each elected witness cosigned, of what is kept here and is the log's own past. What a log's own key
/// cosigned vouches for nothing.
fn cosigned_sizes(repository: &Repository, election: &Election, log: &mut LogReader<'_>) -> Result<Vec<u64>, Fault> {
    let kept = Kept::open(repository, log.log())?.checkpoints()?;
    let mut own = Vec::new();
    for checkpoint in kept {
        let is_of_it = checkpoint.own().is_some_and(|own| own.log == log.log());
        if is_of_it && checkpoint.size() <= log.size() && log.root_at(checkpoint.size())? == checkpoint.root() {
            own.push(checkpoint);
        }
    }
    let log_key = log.tip().1.key;
    let others = election.witnesses.iter().filter(|one| *one.key.key() != log_key);
    let size_of = |one: &Elected| {
        let theirs = own
            .iter()
            .filter(|own| matches!(own.cosigned_by(&one.key), Ok(Some(_))));
        theirs.map(|own| own.size()).max().unwrap_or(0)
    };
    Ok(others.map(size_of).filter(|size| *size > 0).collect())
}

/// Opens a log of the repository as it stands now.
pub(super) fn reader_of(repository: &Repository, log: LogId) -> Result<LogReader<'_>, Fault> {
    let reader: &dyn ObjectReader = repository.objects().as_ref();
    let name = log.log_ref();
    let tip = reader.refs(&name)?.into_iter().find(|(found, _)| *found == name);
    match tip {
        Some((_, tip)) => Ok(LogReader::open(reader, tip)?),
        None => Err(Fault::wrong(
            format!("log {log} has no commit yet"),
            "a review makes the first one",
        )),
    }
}

impl From<ElectionFault> for Fault {
    fn from(fault: ElectionFault) -> Self {
        match fault {
            ElectionFault::Io { path, source } => Self::Io { path, source },
            other => Self::wrong(other.to_string(), "`assize audit witness list` shows who is elected"),
        }
    }
}
