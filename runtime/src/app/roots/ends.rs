//! Where grants end: how much of each log is believed still, with the Merkle root there.

use std::collections::BTreeMap;

use assize_provenance::key::{PublicKey, Role};
use assize_provenance::log_id::{LOG_REF_PREFIX, LogId};
use assize_provenance::log_reader::LogReader;
use assize_provenance::merkle::{Frontier, leaf_hash};
use assize_provenance::reader::ObjectReader;
use assize_provenance::report::{Claim, Standing as ClaimStanding};
use assize_provenance::root::{End, Root};
use assize_provenance::verify::Keep;

use crate::app::audit::{checked, place};
use crate::app::{App, Fault, TrustFiles};
use crate::chain::ChainFault;
use crate::chain::seen::Memory;
use crate::repository::Repository;
use crate::settings::Home;

/// A log of this repository as far as it is believed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    /// The log.
    pub(super) log: LogId,
    /// The key that signs its commits.
    key: PublicKey,
    /// Its size and root.
    end: End,
}

impl Standing {
    /// The one log whose id begins like this.
    pub(super) fn find<'a>(all: &'a [Self], start: &str) -> Result<&'a Self, Fault> {
        let mut meant = all.iter().filter(|one| one.log.to_string().starts_with(start));
        match (meant.next(), meant.next()) {
            (Some(one), None) => Ok(one),
            (found, _) => Err(Fault::wrong(
                match found {
                    Some(_) => format!("`{start}` is the start of several logs"),
                    None => format!("no log of this repository begins with `{start}`"),
                },
                "`assize audit verify` lists the logs that are here; fetch what is missing",
            )),
        }
    }
}

/// Every log that is here, as it says of itself.
pub(super) fn all(repository: &Repository) -> Result<Vec<Standing>, Fault> {
    let reader: &dyn ObjectReader = repository.objects().as_ref();
    let mut all = Vec::new();
    for (name, tip) in reader.refs(LOG_REF_PREFIX)? {
        let Ok(log) = LogReader::open(reader, tip) else {
            return Err(unsound(&name));
        };
        let (_, commit) = log.tip();
        let message = &commit.signed.message;
        all.push(Standing {
            log: log.log(),
            key: commit.key,
            end: End {
                size: message.size,
                root: message.root,
            },
        });
    }
    Ok(all)
}

/// Every log that is here, up to the sizes in `at`, else as it stands now. Each must be whole: what a root of trust says of a log
/// is for ever.
pub(super) fn standings(
    app: &App,
    repository: &Repository,
    home: &Home,
    at: &[(String, u64)],
) -> Result<Vec<Standing>, Fault> {
    let trusted = app.trusted(repository, Some(home), TrustFiles::default())?;
    let (report, _) = checked(repository, Some(home), &trusted, Keep::Nothing)?;
    let (memory, place) = (Memory::new(home.seen()), place(repository)?);
    for log in &report.logs {
        // A log that only the root speaks of may be lost for good. That must not keep people from going on without it.
        let was_here = match (log.log, &place) {
            (Some(name), Some(place)) => {
                let seen = memory.recall(&name.to_string(), place).map_err(ChainFault::from)?;
                seen.here.is_some()
            }
            _ => true,
        };
        if log.is_only_missing() && !was_here {
            continue;
        }
        let sound = [Claim::Integrity, Claim::Freshness]
            .iter()
            .all(|claim| !matches!(log.standing(*claim), Some(ClaimStanding::Refuted(_))));
        if !sound {
            return Err(unsound(&log.ref_name));
        }
    }
    let mut all = all(repository)?;
    for (start, size) in at {
        let log = Standing::find(&all, start)?.log;
        for standing in all.iter_mut().filter(|standing| standing.log == log) {
            standing.end = end_at(repository, log, *size)?;
        }
    }
    Ok(all)
}

/// Where a key ends in each log. A log key ends in the logs that it signs, any other in all of them.
pub(super) fn of(key: &PublicKey, root: &Root, standings: &[Standing]) -> BTreeMap<LogId, End> {
    let id = key.id();
    let is_log_key = root
        .grants
        .iter()
        .any(|grant| grant.key == id && grant.role == Role::Log);
    let theirs = standings.iter().filter(|standing| !is_log_key || standing.key == *key);
    theirs.map(|standing| (standing.log, standing.end)).collect()
}

/// The root of a log at one of its earlier sizes.
fn end_at(repository: &Repository, log: LogId, size: u64) -> Result<End, Fault> {
    let reader: &dyn ObjectReader = repository.objects().as_ref();
    let name = log.log_ref();
    let tip = reader.refs(&name)?.into_iter().find(|(found, _)| *found == name);
    let Some(Ok(mut log)) = tip.map(|(_, tip)| LogReader::open(reader, tip)) else {
        return Err(unsound(&name));
    };
    if size > log.size() {
        return Err(Fault::wrong(
            format!("log {} has {} entries, fewer than {size}", log.log(), log.size()),
            "a size counts the entries that are believed still, from the first on",
        ));
    }
    let mut frontier = Frontier::new();
    for index in 0..size {
        let entry = log.entry(index).map_err(|_| unsound(&name))?;
        frontier.push(leaf_hash(entry.line()));
    }
    let root = frontier.root();
    Ok(End { size, root })
}

fn unsound(ref_name: &str) -> Fault {
    Fault::wrong(
        format!("the log under `{ref_name}` is not sound, so nobody can say where a key ends in it"),
        "`assize audit verify` says what ails it; fetch a whole one, and draft again",
    )
}
