//! Proofs that leave the repository: of one entry, and of a fork.

use std::path::Path;

use assize_provenance::checkpoint::AnyCheckpoint;
use assize_provenance::fork::{FORK_BYTES_MAX, Fork, ForkError};
use assize_provenance::key::TrustedKeys;
use assize_provenance::log_reader::LogReader;
use assize_provenance::proof::{PROOF_BYTES_MAX, Proof};
use assize_provenance::root::Trust;
use assize_provenance::signature::note::NOTE_BYTES_MAX;
use assize_provenance::verify::{Remembered, trust_in};

use super::read::{find, logs, view};
use super::verify::witnessed_view;
use crate::app::trust::parse_witness;
use crate::app::view::proofs::{CheckpointView, ProofView};
use crate::app::{App, Fault, TrustFiles, read_named};
use crate::chain::ChainFault;
use crate::chain::pins::Pins;
use crate::repository::Repository;
use crate::settings::Home;
use crate::witness::kept::Kept;

const SCHEMA: &str = "assize.proof/1";

impl App {
    /// Makes the proof of one entry: under the newest checkpoint that a witness cosigned and that holds it, where there is one,
    /// else under the newest.
    ///
    /// # Errors
    ///
    /// [`Fault`] when there is no such entry, or its log cannot be read.
    pub fn audit_proof(&self, wanted: &str, witnesses: &[String]) -> Result<String, Fault> {
        let repository = self.repository()?;
        let objects = repository.objects().as_ref();
        let (entry, name, index) = find(objects, wanted)?;
        let mut keys = TrustedKeys::new();
        for witness in witnesses {
            keys.trust_witness(parse_witness(witness)?);
        }
        let log = logs(objects)?.into_iter().find(|log| log.log() == name);
        let mut log = log.ok_or_else(|| Fault::Bug(format!("log {name} is gone")))?;
        let newest = AnyCheckpoint::parse(&log.checkpoint()?).map_err(|error| damaged(&error.to_string()))?;
        let cosigned = cosigned(&Kept::open(&repository, name)?, &mut log, index, &keys)?;
        let checkpoint = cosigned.unwrap_or(newest);
        let proof = Proof {
            line: entry.line().to_vec(),
            index,
            hashes: log.inclusion_proof(index, checkpoint.size())?,
            checkpoint,
        };
        Ok(proof.to_string())
    }

    /// Checks a file that proves an entry or a fork. Needs no repository; where one is at hand and its root of trust is pinned, keys
    /// count where that lets them sign.
    ///
    /// # Errors
    ///
    /// [`Fault`] when the file cannot be read, or is meant to be something else.
    pub fn audit_check_proof(&self, file: &Path, files: TrustFiles<'_>) -> Result<ProofView, Fault> {
        let home = Home::open_existing(&self.home)?;
        let mut trusted = self.trusted_anywhere(home.as_ref(), files)?;
        let repository = self.repository();
        if let (Err(_), true) = (&repository, files.pin.is_some() || self.pin.is_some()) {
            return Err(Fault::wrong(
                "a root of trust is pinned, and here is no repository that holds it",
                "run this where it is, or leave the pin out and name the keys with --key or --allowed-signers",
            ));
        }
        if let Ok(repository) = &repository
            && let Some(pin) = self.pinned(repository, home.as_ref(), files.pin)?
        {
            trusted.pin(pin);
        }
        let trust = match &repository {
            Ok(repository) => under_root(repository, home.as_ref(), &trusted)?,
            Err(_) => Trust::in_keys(&trusted),
        };
        let bytes = read_named(&self.dir.join(file), PROOF_BYTES_MAX.max(FORK_BYTES_MAX) as u64)?;
        let unusable = |why: String| {
            let hint = "`assize audit proof` and `assize audit fork` write files that can be checked";
            Fault::wrong(format!("{} is no proof: {why}", file.display()), hint)
        };
        if Fork::is_meant(&bytes) {
            return match Fork::parse(&bytes) {
                Ok(fork) => Ok(fork_view(&fork, &trust)),
                Err(error @ (ForkError::TwoLogs(..) | ForkError::NoFork | ForkError::Hashes(_))) => {
                    Ok(refuted("fork", "no-fork", error.to_string()))
                }
                Err(error) => Err(unusable(error.to_string())),
            };
        }
        let proof = Proof::parse(&bytes).map_err(|error| unusable(error.to_string()))?;
        Ok(proof_view(&proof, &trust))
    }

    /// Holds a checkpoint that somebody else was shown against the log here. Gives what there is to say, and the proof where the
    /// log is forked.
    ///
    /// # Errors
    ///
    /// [`Fault`] when the file or the log cannot be read.
    pub fn audit_fork(&self, file: &Path, files: TrustFiles<'_>) -> Result<(ProofView, Option<String>), Fault> {
        let repository = self.repository()?;
        let home = self.home_if_there(&repository)?;
        let trusted = self.trusted(&repository, home.as_ref(), files)?;
        let trust = under_root(&repository, home.as_ref(), &trusted)?;
        let bytes = read_named(&self.dir.join(file), NOTE_BYTES_MAX as u64)?;
        let shown = AnyCheckpoint::parse(&bytes).map_err(|error| {
            let hint = "a checkpoint is the file `checkpoint` in a log's folder, or what a witness keeps";
            Fault::wrong(format!("{}: {error}", file.display()), hint)
        })?;
        let open = |code, why: String| {
            let view = ProofView {
                standing: "not checkable",
                ..refuted("fork", code, why)
            };
            let origin = shown.origin().to_owned();
            Ok((ProofView { origin, ..view }, None))
        };
        let mut here = logs(repository.objects().as_ref())?
            .into_iter()
            .find(|log| log.log().origin() == shown.origin());
        let Some(log) = &mut here else {
            return open("log-missing", format!("the log `{}` is not here", shown.origin()));
        };
        let newest = AnyCheckpoint::parse(&log.checkpoint()?).map_err(|error| damaged(&error.to_string()))?;
        if shown.size() > newest.size() || shown.size() == 0 {
            let (size, there) = (newest.size(), shown.size());
            let why = format!("the log has {size} entries here and {there} there; fetch it, or ask whoever has more");
            return open("size", why);
        }
        let root = log.root_at(shown.size())?;
        let hashes = log.consistency_proof(shown.size(), newest.size())?;
        match Fork::new(shown.clone(), newest, root, hashes) {
            Ok(fork) => Ok((fork_view(&fork, &trust), Some(fork.to_string()))),
            Err(error @ ForkError::NoFork) => {
                let view = refuted("fork", "no-fork", error.to_string());
                let origin = shown.origin().to_owned();
                Ok((ProofView { origin, ..view }, None))
            }
            Err(error) => Err(damaged(&error.to_string())),
        }
    }

    /// Writes a file that was named.
    ///
    /// # Errors
    ///
    /// [`Fault::Io`].
    pub fn write_out(&self, file: &Path, text: &str) -> Result<(), Fault> {
        let path = self.dir.join(file);
        std::fs::write(&path, text).map_err(|source| Fault::Io { path, source })
    }
}

/// The largest state that holds the entry and that is kept with cosignatures, those of all its witnesses together.
fn cosigned(
    kept: &Kept<'_>,
    log: &mut LogReader<'_>,
    index: u64,
    keys: &TrustedKeys,
) -> Result<Option<AnyCheckpoint>, Fault> {
    let mut best: Option<AnyCheckpoint> = None;
    let mut found = kept.checkpoints()?;
    found.sort_by_key(|checkpoint| std::cmp::Reverse(checkpoint.size()));
    for checkpoint in found {
        let is_of_it = checkpoint.own().is_some_and(|own| own.log == log.log());
        let holds_it = index < checkpoint.size() && checkpoint.size() <= log.size();
        let is_wanted = keys.witnesses().is_empty() || checkpoint.witnessed(keys).is_ok_and(|some| !some.is_empty());
        if !is_of_it || !holds_it || !is_wanted || log.root_at(checkpoint.size())? != checkpoint.root() {
            continue;
        }
        best = Some(match best {
            Some(best) => best.joined(&checkpoint).unwrap_or(best),
            None => checkpoint,
        });
    }
    Ok(best)
}

/// Whom to believe where: under the root of trust of the repository, where it is pinned and no older than what was seen.
fn under_root<'keys>(
    repository: &Repository,
    home: Option<&Home>,
    trusted: &'keys TrustedKeys,
) -> Result<Trust<'keys>, Fault> {
    let Some(pin) = trusted.pinned() else {
        return Ok(Trust::in_keys(trusted));
    };
    let mut remembered = Remembered::nothing();
    let pins = home.map(|home| Pins::in_seen(&home.seen()));
    if let Some(pins) = pins
        && let Some(seen) = pins.newest(pin.digest).map_err(ChainFault::from)?
    {
        remembered.remember_root(seen);
    }
    Ok(trust_in(repository.objects().as_ref(), trusted, &remembered)?.0)
}

fn damaged(why: &str) -> Fault {
    Fault::wrong(
        format!("the log is damaged: {why}"),
        "`assize audit verify` says what is wrong with it",
    )
}

fn refuted(of: &'static str, code: &'static str, why: String) -> ProofView {
    ProofView {
        schema: SCHEMA,
        of,
        standing: "refuted",
        code: Some(code),
        why: Some(why),
        origin: String::new(),
        entry: None,
        checkpoints: Vec::new(),
        witnessed: Vec::new(),
    }
}

fn checkpoint_view(checkpoint: &AnyCheckpoint) -> CheckpointView {
    CheckpointView {
        size: checkpoint.size(),
        root: checkpoint.root().to_string(),
    }
}

fn proof_view(proof: &Proof, trust: &Trust<'_>) -> ProofView {
    let checked = proof.check_in(trust);
    let (standing, code, why) = match &checked {
        Ok(_) => ("proved", None, None),
        Err(error) if error.is_refuted() => ("refuted", Some(error.code()), Some(error.to_string())),
        Err(error) => ("not checkable", Some(error.code()), Some(error.to_string())),
    };
    let entry = checked
        .as_ref()
        .ok()
        .map(|proved| view(&proved.entry, proved.checkpoint.log.to_string(), proved.index));
    let witnessed = checked.map(|proved| proved.witnessed).unwrap_or_default();
    ProofView {
        schema: SCHEMA,
        of: "entry",
        standing,
        code,
        why,
        origin: proof.checkpoint.origin().to_owned(),
        entry,
        checkpoints: vec![checkpoint_view(&proof.checkpoint)],
        witnessed: witnessed.iter().map(witnessed_view).collect(),
    }
}

fn fork_view(fork: &Fork, trust: &Trust<'_>) -> ProofView {
    let (standing, code, why) = match fork.check_in(trust) {
        Ok(()) => ("proved", None, None),
        Err(error) if error.is_refuted() => ("refuted", Some(error.code()), Some(error.to_string())),
        Err(error) => ("not checkable", Some(error.code()), Some(error.to_string())),
    };
    let [smaller, larger] = fork.checkpoints();
    ProofView {
        schema: SCHEMA,
        of: "fork",
        standing,
        code,
        why,
        origin: smaller.origin().to_owned(),
        entry: None,
        checkpoints: vec![checkpoint_view(smaller), checkpoint_view(larger)],
        witnessed: Vec::new(),
    }
}
