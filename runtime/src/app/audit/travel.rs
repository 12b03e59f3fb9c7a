//! Fetching the chain of others and pushing one's own: one elected remote, verified before anything is taken, never forced.

use std::collections::BTreeMap;

use assize_provenance::commit::{LOG_COMMIT_BYTES_MAX, LogCommit};
use assize_provenance::log_id::LOG_REF_PREFIX;
use assize_provenance::reader::{ObjectId, ObjectReader};
use assize_provenance::report::{LogReport, Standing};
use assize_provenance::verify::{Keep, Remembered, Seen, verify_keeping};

use super::verify::checked;
use crate::app::view::audit::{MovedRefView, TravelView};
use crate::app::{App, Fault, TrustFiles};
use crate::chain::exchange::remote::{RemoteFault, Remotes};
use crate::chain::exchange::{CarryFault, Mirror, MirrorFault, carry, leads_to};
use crate::chain::seen::{Memory, Place};
use crate::repository::Repository;
use crate::settings::Home;

/// The refs of the chain that travel, and those that do only where it is asked for.
const ROOT_REF: &str = "refs/assize/v1/root";
const WITNESS_PREFIX: &str = "refs/assize/v1/witness/";
const EVIDENCE_PREFIX: &str = "refs/assize/v1/evidence/";
const WORK_PREFIX: &str = "refs/assize/v1/work/";
/// How many refs of work travel at once.
const WORK_REFS_MAX: usize = 1_000;
/// Under which names the mirror holds what is on its way out.
const OWN_PREFIX: &str = "refs/own/";

/// What travels besides the logs, the root of trust and the cosignatures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Luggage {
    /// The documents beside the logs.
    pub evidence: bool,
    /// What the tasks of runs made, landed or not, with the history that it stands on.
    pub work: bool,
}

impl Luggage {
    /// The refs that travel, by how their names begin.
    fn prefixes(self) -> Vec<&'static str> {
        let mut prefixes = vec![LOG_REF_PREFIX, ROOT_REF, WITNESS_PREFIX];
        prefixes.extend(self.evidence.then_some(EVIDENCE_PREFIX));
        prefixes.extend(self.work.then_some(WORK_PREFIX));
        prefixes
    }
}

impl App {
    /// Elects the remote that the chain of this clone travels to and from, and gives the one that holds now.
    ///
    /// # Errors
    ///
    /// [`Fault`] when it is no place that git goes to, or cannot be kept.
    pub fn audit_remote(&self, url: Option<&str>) -> Result<Option<String>, Fault> {
        let repository = self.repository()?;
        let home = match url {
            Some(_) => Some(self.home_for(&repository)?),
            None => self.home_if_there(&repository)?,
        };
        let Some(home) = home else { return Ok(None) };
        let (remotes, place) = (Remotes::new(home.remotes()), place(&repository)?);
        if let Some(url) = url {
            remotes.elect(&place, url)?;
        }
        Ok(remotes.elected(&place)?)
    }

    /// Fetches from the elected remote. A log is taken only if nothing of it is refuted and it continues what is here; anything
    /// else stays as it was.
    ///
    /// # Errors
    ///
    /// [`Fault`] when no remote is elected, git cannot reach it, or the machine failed.
    pub fn audit_fetch(&self, luggage: Luggage, files: TrustFiles<'_>) -> Result<TravelView, Fault> {
        let repository = self.repository()?;
        let home = self.home_for(&repository)?;
        let (url, mirror) = meet(&repository, &home)?;
        // A ref that the remote lacks would be an error; as a pattern it is none.
        let mut kinds = vec![
            "refs/assize/v1/log/*",
            "refs/assize/v1/roo*",
            "refs/assize/v1/witness/*",
        ];
        kinds.extend(luggage.evidence.then_some("refs/assize/v1/evidence/*"));
        kinds.extend(luggage.work.then_some("refs/assize/v1/work/*"));
        mirror.fetch(&url, &kinds)?;
        let there = mirror.repository()?;
        let from: &dyn ObjectReader = there.objects().as_ref();
        let trusted = self.trusted(&repository, Some(&home), files)?;
        let report = verify_keeping(from, &trusted, &held(&repository)?, &BTreeMap::new(), Keep::Nothing)?;
        let mut moved = Vec::new();
        for prefix in luggage.prefixes() {
            for (name, tip) in bounded(prefix, from.refs(prefix)?) {
                let log = report.logs.iter().find(|log| log.ref_name == name);
                moved.push(match log.and_then(first_fault) {
                    Some(_) if is_own_and_behind(&repository, &home, log, tip)? => MovedRefView {
                        name,
                        outcome: "behind",
                        why: None,
                    },
                    Some(why) => refused(&name, why),
                    None => take(&repository, from, &name, tip)?,
                });
            }
        }
        Ok(TravelView {
            schema: "assize.fetch/1",
            remote: url,
            refs: moved,
        })
    }

    /// Pushes to the elected remote every log of this clone, the root of trust and the cosignatures; nothing that is refuted,
    /// nothing forced, and what belongs to the luggage only where that is asked for.
    ///
    /// # Errors
    ///
    /// [`Fault`] when no remote is elected, git cannot reach it, or the machine failed.
    pub fn audit_push(&self, luggage: Luggage, files: TrustFiles<'_>) -> Result<TravelView, Fault> {
        let repository = self.repository()?;
        let home = self.home_for(&repository)?;
        let (url, mirror) = meet(&repository, &home)?;
        let trusted = self.trusted(&repository, Some(&home), files)?;
        let (report, _) = checked(&repository, Some(&home), &trusted, Keep::Nothing)?;
        let (there, here): (Repository, &dyn ObjectReader) = (mirror.repository()?, repository.objects().as_ref());
        let (mut moved, mut outgoing) = (Vec::new(), Vec::new());
        for prefix in luggage.prefixes() {
            for (name, tip) in bounded(prefix, here.refs(prefix)?) {
                let refuted = report
                    .logs
                    .iter()
                    .find(|log| log.ref_name == name)
                    .and_then(first_fault);
                if let Some(why) = refuted {
                    moved.push(refused(&name, why));
                    continue;
                }
                carry(here, &there, tip)?;
                let own = name.replacen("refs/assize/v1/", OWN_PREFIX, 1);
                let old = there.objects().refs(&own)?.into_iter().find(|(found, _)| *found == own);
                there
                    .update_ref(&own, old.map(|(_, old)| old), tip)
                    .map_err(crate::chain::ChainFault::from)?;
                outgoing.push((own, name));
            }
        }
        if !outgoing.is_empty() {
            for pushed in mirror.push(&url, &outgoing)? {
                moved.push(MovedRefView {
                    name: pushed.name,
                    outcome: pushed.outcome,
                    why: pushed.why.map(|why| {
                        format!(
                            "the remote says {why}; `assize audit fetch` shows what it holds, and nothing is forced"
                        )
                    }),
                });
            }
        }
        Ok(TravelView {
            schema: "assize.push/1",
            remote: url,
            refs: moved,
        })
    }
}

/// Of what runs made, only so much at once.
fn bounded(prefix: &str, refs: Vec<(String, ObjectId)>) -> impl Iterator<Item = (String, ObjectId)> {
    let most = if prefix == WORK_PREFIX {
        WORK_REFS_MAX
    } else {
        usize::MAX
    };
    refs.into_iter().take(most)
}

/// The elected remote and the mirror that speaks with it.
fn meet(repository: &Repository, home: &Home) -> Result<(String, Mirror), Fault> {
    let place = place(repository)?;
    let elected = Remotes::new(home.remotes()).elected(&place)?;
    let url = elected.ok_or_else(|| {
        Fault::wrong(
            "no remote is elected for the chain of this clone, and the repository's own configuration is not asked",
            "elect one with `assize audit remote URL`",
        )
    })?;
    Ok((url, Mirror::open(&home.mirrors(), &place)?))
}

fn place(repository: &Repository) -> Result<Place, Fault> {
    let dir = &repository.places().common_dir;
    Place::of(dir).map_err(|source| Fault::Io {
        path: dir.clone(),
        source,
    })
}

/// What this clone holds of every log: what comes in must continue it.
fn held(repository: &Repository) -> Result<Remembered, Fault> {
    let reader: &dyn ObjectReader = repository.objects().as_ref();
    let mut held = Remembered::nothing();
    for (_, tip) in reader.refs(LOG_REF_PREFIX)? {
        let object = reader.object(&tip, LOG_COMMIT_BYTES_MAX)?;
        if let Some(commit) = object.and_then(|object| LogCommit::parse(&object.bytes).ok()) {
            let message = commit.signed.message;
            let seen = Seen {
                size: message.size,
                root: message.root,
                here: false,
            };
            held.remember(message.log, seen);
        }
    }
    Ok(held)
}

/// The first thing that is wrong with a log, if anything is.
fn first_fault(log: &LogReport) -> Option<String> {
    log.claims.iter().find_map(|(_, standing)| match standing {
        Standing::Refuted(faults) => faults
            .first()
            .map(|fault| format!("{}: {}", fault.code, fault.sentence)),
        _ => None,
    })
}

fn refused(name: &str, why: String) -> MovedRefView {
    MovedRefView {
        name: name.to_owned(),
        outcome: "refused",
        why: Some(why),
    }
}

/// Whether the remote merely lacks what this clone wrote into its own log since it was pushed.
fn is_own_and_behind(
    repository: &Repository,
    home: &Home,
    log: Option<&LogReport>,
    tip: ObjectId,
) -> Result<bool, Fault> {
    let Some((name, place)) = log.and_then(|log| log.log).zip(super::verify::place(repository)?) else {
        return Ok(false);
    };
    let seen = Memory::new(home.seen()).recall(&name.to_string(), &place);
    if !seen.map_err(crate::chain::ChainFault::from)?.written_here {
        return Ok(false);
    }
    let here: &dyn ObjectReader = repository.objects().as_ref();
    let (own, mut refs) = (name.log_ref(), here.refs(&name.log_ref())?.into_iter());
    match refs.find(|(found, _)| *found == own) {
        Some((_, old)) => Ok(leads_to(here, old, tip)?),
        None => Ok(false),
    }
}

/// Moves a ref of this clone forward to what was fetched, or says why not.
fn take(repository: &Repository, from: &dyn ObjectReader, name: &str, tip: ObjectId) -> Result<MovedRefView, Fault> {
    let here: &dyn ObjectReader = repository.objects().as_ref();
    let old = here
        .refs(name)?
        .into_iter()
        .find(|(found, _)| found == name)
        .map(|(_, old)| old);
    let outcome = match old {
        Some(old) if old == tip => "same",
        Some(old) if !leads_to(from, tip, old)? => {
            let why = "it does not continue what is here, which stays as it was";
            return Ok(refused(name, why.to_owned()));
        }
        Some(_) => "moved",
        None => "new",
    };
    if outcome != "same" {
        carry(from, repository, tip)?;
        repository
            .update_ref(name, old, tip)
            .map_err(crate::chain::ChainFault::from)?;
    }
    Ok(MovedRefView {
        name: name.to_owned(),
        outcome,
        why: None,
    })
}

impl From<RemoteFault> for Fault {
    fn from(fault: RemoteFault) -> Self {
        match fault {
            RemoteFault::Io { path, source } => Self::Io { path, source },
            other => Self::wrong(other.to_string(), "`assize audit remote URL` elects one"),
        }
    }
}

impl From<MirrorFault> for Fault {
    fn from(fault: MirrorFault) -> Self {
        match fault {
            MirrorFault::Io { path, source } => Self::Io { path, source },
            MirrorFault::Open(error) => Self::Repository(error),
            other => Self::wrong(
                other.to_string(),
                "nothing was changed; `assize audit remote` shows where the chain travels",
            ),
        }
    }
}

impl From<CarryFault> for Fault {
    fn from(fault: CarryFault) -> Self {
        match fault {
            CarryFault::Read(error) => Self::Read(error),
            CarryFault::Pack(error) => Self::Chain(error.into()),
            CarryFault::Object(id) => Self::wrong(
                format!("object {id} of the chain is missing, or is nothing that a chain is made of"),
                "nothing was taken; `assize audit verify` on the side it comes from says what is wrong there",
            ),
        }
    }
}
