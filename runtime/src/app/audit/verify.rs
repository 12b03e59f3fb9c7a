//! Checking the whole chain, with what this user has seen before.

use assize_provenance::checkpoint::Witnessed;
use assize_provenance::commit::{LOG_COMMIT_BYTES_MAX, LogCommit};
use assize_provenance::key::TrustedKeys;
use assize_provenance::log_id::{LOG_REF_PREFIX, LogId};
use assize_provenance::reader::ObjectReader;
use assize_provenance::report::{Claim, Fault as ChainFinding, LogReport, Report, Standing};
use assize_provenance::verify::{Remembered, Seen, verify};

use crate::app::view::proofs::WitnessedView;
use crate::app::view::{ClaimView, FaultView, LogReportView, VerifyView};
use crate::app::{App, Fault, TrustFiles};
use crate::chain::seen::{Extent, Memory, Place};
use crate::clock::rfc3339;
use crate::repository::Repository;
use crate::settings::Home;

impl App {
    /// Verifies every log of the repository, and remembers the sizes and roots of those that are proved.
    ///
    /// # Errors
    ///
    /// [`Fault`] when the repository cannot be looked at. What is wrong with a log is in the report.
    pub fn audit_verify(&self, files: TrustFiles<'_>) -> Result<VerifyView, Fault> {
        let repository = self.repository()?;
        let home = self.home_if_there(&repository)?;
        let trusted = self.trusted(home.as_ref(), files)?;
        let (report, notes) = checked(&repository, home.as_ref(), &trusted)?;
        let logs = report.logs.iter().map(log_view).collect::<Vec<_>>();
        let overall = report.overall();
        let why = (overall.exit_code() == 3).then(|| why_not(&report, &trusted));
        Ok(VerifyView {
            schema: "assize.verify/1",
            standing: match overall.exit_code() {
                0 => "proved",
                1 => "refuted",
                _ => "not checkable",
            },
            why,
            logs,
            notes,
        })
    }
}

/// Verifies, and remembers what was proved. Also gives what a person should know besides.
pub(super) fn checked(
    repository: &Repository,
    home: Option<&Home>,
    trusted: &TrustedKeys,
) -> Result<(Report, Vec<String>), Fault> {
    let reader: &dyn ObjectReader = repository.objects().as_ref();
    let clone = match home {
        Some(home) => place(repository)?.map(|place| (Memory::new(home.seen()), place)),
        None => None,
    };
    let mut notes = Vec::new();
    let remembered = match &clone {
        Some((memory, place)) => recall(reader, memory, place, &mut notes)?,
        None => Remembered::nothing(),
    };
    let report = verify(reader, trusted, &remembered)?;
    if let Some((memory, place)) = &clone {
        for log in report.logs.iter().filter(|log| log.is_proved()) {
            if let Some(name) = log.log {
                let extent = Extent {
                    size: log.size,
                    root: log.root,
                };
                memory
                    .remember(&name.to_string(), place, extent, false)
                    .map_err(crate::chain::ChainFault::from)?;
            }
        }
    }
    Ok((report, notes))
}

/// This clone, by its state folder; a clone without one is known by its common folder. Nothing is made for reading.
fn place(repository: &Repository) -> Result<Option<Place>, Fault> {
    let common_dir = &repository.places().common_dir;
    let state = common_dir.join("assize");
    let dir = if state.is_dir() { &state } else { common_dir };
    let place = Place::of(dir).map_err(|source| Fault::Io {
        path: dir.clone(),
        source,
    })?;
    Ok(Some(place))
}

/// What was seen of every log, from this clone's point of view.
fn recall(
    reader: &dyn ObjectReader,
    memory: &Memory,
    place: &Place,
    notes: &mut Vec<String>,
) -> Result<Remembered, Fault> {
    let mut remembered = Remembered::nothing();
    let seen_fault = crate::chain::ChainFault::from;
    for (log, size) in sizes(reader)? {
        let seen = memory.recall(&log.to_string(), place).map_err(seen_fault)?;
        match (seen.here, seen.elsewhere) {
            (Some(Extent { size, root }), _) => remembered.remember(log, Seen { size, root, here: true }),
            (None, Some(Extent { size: elsewhere, root })) if elsewhere <= size => {
                remembered.remember(log, Seen { size: elsewhere, root, here: false });
            }
            (None, Some(elsewhere)) => notes.push(format!(
                "Log {log} has {size} entries here and had {} in another clone of yours; fetch it, or ask why it is shorter.",
                elsewhere.size
            )),
            (None, None) => {}
        }
    }
    for log in memory.logs_seen_in(place).map_err(seen_fault)? {
        let Ok(id) = log.parse::<LogId>() else { continue };
        let seen = memory.recall(&log, place).map_err(seen_fault)?;
        if let Some(Extent { size, root }) = seen.here.filter(|here| here.size > 0) {
            remembered.remember(id, Seen { size, root, here: true });
        }
    }
    Ok(remembered)
}

/// How large each log says it is. What cannot be read is left to `verify`.
fn sizes(reader: &dyn ObjectReader) -> Result<Vec<(LogId, u64)>, Fault> {
    let mut sizes = Vec::new();
    for (name, tip) in reader.refs(LOG_REF_PREFIX)? {
        let Some(log) = name.strip_prefix(LOG_REF_PREFIX).and_then(|log| log.parse().ok()) else {
            continue;
        };
        let Some(object) = reader.object(&tip, LOG_COMMIT_BYTES_MAX).ok().flatten() else {
            continue;
        };
        if let Ok(commit) = LogCommit::parse(&object.bytes) {
            sizes.push((log, commit.signed.message.size));
        }
    }
    Ok(sizes)
}

fn why_not(report: &Report, trusted: &TrustedKeys) -> String {
    if report.logs.is_empty() {
        return "This repository has no log: nothing was ever recorded here, or `refs/assize/*` was not fetched."
            .into();
    }
    if trusted.is_empty() {
        return "No key is trusted: you have none of your own, and none was named with --key or --allowed-signers."
            .into();
    }
    "No log is signed with a key that is trusted here; name the signer's with --key or --allowed-signers.".into()
}

fn log_view(log: &LogReport) -> LogReportView {
    LogReportView {
        r#ref: log.ref_name.clone(),
        log: log.log.map(|log| log.to_string()),
        entries: log.size,
        commits: log.commits,
        root: log.root.to_string(),
        standing: match (log.is_refuted(), log.is_proved()) {
            (true, _) => "refuted",
            (false, true) => "proved",
            (false, false) => "not checkable",
        },
        claims: log
            .claims
            .iter()
            .map(|(claim, standing)| claim_view(*claim, standing))
            .collect(),
        witnessed: log.witnessed.iter().map(witnessed_view).collect(),
    }
}

/// Which witness cosigned what, and when.
pub(super) fn witnessed_view(witnessed: &Witnessed) -> WitnessedView {
    WitnessedView {
        witness: witnessed.witness.clone(),
        size: witnessed.size,
        time: rfc3339(i64::try_from(witnessed.seconds).unwrap_or(i64::MAX)),
    }
}

fn claim_view(claim: Claim, standing: &Standing) -> ClaimView {
    let (faults, reason) = match standing {
        Standing::Proved => (Vec::new(), None),
        Standing::Refuted(faults) => (faults.iter().map(fault_view).collect(), None),
        Standing::NotCheckable(reason) => (Vec::new(), Some(reason.clone())),
    };
    ClaimView {
        claim: claim.name(),
        standing: standing.word(),
        required: Claim::REQUIRED.contains(&claim),
        reason,
        faults,
    }
}

fn fault_view(fault: &ChainFinding) -> FaultView {
    FaultView {
        code: fault.code.code(),
        sentence: fault.sentence.clone(),
        commit: fault.place.commit.map(|id| id.to_string()),
        object: fault.place.object.map(|id| id.to_string()),
        entry: fault.place.entry,
    }
}
