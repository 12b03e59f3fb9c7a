//! Checking the whole chain, with what this user has seen before.

use std::collections::BTreeMap;

use assize_provenance::checkpoint::Witnessed;
use assize_provenance::commit::{LOG_COMMIT_BYTES_MAX, LogCommit};
use assize_provenance::key::TrustedKeys;
use assize_provenance::log_id::{LOG_REF_PREFIX, LogId};
use assize_provenance::reader::ObjectReader;
use assize_provenance::report::{Claim, Fault as ChainFinding, FoundRoot, LogReport, Report, RootReport, Standing};
use assize_provenance::verify::{Keep, Proved, Remembered, Seen, SeenRoot, verify_keeping};

use super::read::{find, logs};
use super::replay::SuppliedFiles;
use super::verified::Verified;
use crate::app::view::proofs::WitnessedView;
use crate::app::view::roots::RootReportView;
use crate::app::view::verified::{ClaimView, FaultView, LogReportView, VerifyView};
use crate::app::{App, Fault, TrustFiles};
use crate::chain::ChainFault;
use crate::chain::pins::Pins;
use crate::chain::seen::{Extent, Memory, Place};
use crate::clock::rfc3339;
use crate::repository::Repository;
use crate::settings::Home;

/// What is asked of a verification.
#[derive(Debug, Clone, Copy, Default)]
pub struct VerifyRequest<'a> {
    /// Keys to trust besides one's own.
    pub files: TrustFiles<'a>,
    /// Claims that must be proved besides those that always must.
    pub require: &'a [Claim],
    /// How many of the trusted witnesses must have cosigned a log. Then freshness must be proved, too.
    pub quorum: Option<usize>,
    /// Where what was proved before ends: an entry, how many entries, or `last`, from where this machine verified it last.
    pub since: Option<&'a str>,
    /// Whether the judges are run again, and with what the repository does not hold.
    pub replay: Option<SuppliedFiles<'a>>,
}

/// Says that what was proved before ends where it was proved last.
const LAST: &str = "last";

impl App {
    /// Verifies every log of the repository, and remembers the sizes and roots of those that are proved.
    ///
    /// # Errors
    ///
    /// [`Fault`] when the repository cannot be looked at. What is wrong with a log is in the report.
    pub fn audit_verify(&self, request: &VerifyRequest<'_>) -> Result<VerifyView, Fault> {
        let repository = self.repository()?;
        let home = self.home_if_there(&repository)?;
        let mut trusted = self.trusted(&repository, home.as_ref(), request.files)?;
        let mut require = request.require.to_vec();
        if let Some(needed) = request.quorum {
            require_witnesses(&mut trusted, needed)?;
            require.push(Claim::Freshness);
        }
        let from = match request.since {
            Some(LAST) => Begin::Last,
            Some(text) => Begin::Each(since(repository.objects().as_ref(), text)?),
            None => Begin::Start,
        };
        let (mut report, mut notes) = checked_from(&repository, home.as_ref(), &trusted, &from, Keep::Nothing)?;
        let since = match from {
            Begin::Each(since) => since,
            Begin::Start | Begin::Last => BTreeMap::new(),
        };
        for log in report.logs.iter().filter(|log| log.is_proved() && log.since == 0) {
            if let Some((name, _)) = log
                .log
                .and_then(|name| since.get_key_value(&name))
                .filter(|(_, at)| **at > 0)
            {
                notes.push(format!(
                    "Nothing of log {name} was proved here before: it was verified whole."
                ));
            }
        }
        for log in &report.logs {
            let name = log.log.filter(|_| log.is_proved());
            if let Some(name) = name.filter(|_| log.since == 0 && request.since == Some(LAST)) {
                notes.push(format!(
                    "Nothing of log {name} was verified on this machine before, for the same keys and by this version: it was \
                     verified whole."
                ));
            }
            if let Some(name) = name.filter(|_| log.since > 0) {
                notes.push(format!(
                    "The first {} entries of log {name} were verified on this machine before. Their bytes were read and have the \
                     root that they had then; their signatures were not checked again, and the commits before them not read.",
                    log.since
                ));
            }
        }
        if let Some(supplied) = request.replay {
            self.settle_replay(&repository, home.as_ref(), supplied, &mut report)?;
        }
        let logs = report
            .logs
            .iter()
            .map(|log| log_view(log, &require))
            .collect::<Vec<_>>();
        let overall = report.overall_with(&require);
        let why = (overall.exit_code() == 3).then(|| why_not(&report, &trusted, &require));
        Ok(VerifyView {
            schema: "assize.verify/1",
            standing: match overall.exit_code() {
                0 => "proved",
                1 => "refuted",
                _ => "not checkable",
            },
            why,
            root: report.root.as_ref().map(root_view),
            logs,
            notes,
        })
    }
}

/// Insists on this many of the witnesses that are trusted.
fn require_witnesses(trusted: &mut TrustedKeys, needed: usize) -> Result<(), Fault> {
    let known = trusted.witnesses().len();
    if needed == 0 || needed > known {
        return Err(Fault::wrong(
            format!("{needed} witnesses cannot vouch where {known} are trusted"),
            "name each witness with --witness KEY, and at least one",
        ));
    }
    trusted.require_witnesses(needed);
    Ok(())
}

/// From where logs are verified.
enum Begin {
    /// From their beginning.
    Start,
    /// From these entries on.
    Each(BTreeMap<LogId, u64>),
    /// From where they were verified last, for the same keys and by this version.
    Last,
}

/// Verifies whole, and remembers what was proved. Also gives what a person should know besides.
pub(in crate::app) fn checked(
    repository: &Repository,
    home: Option<&Home>,
    trusted: &TrustedKeys,
    keep: Keep<'_>,
) -> Result<(Report, Vec<String>), Fault> {
    checked_from(repository, home, trusted, &Begin::Start, keep)
}

fn checked_from(
    repository: &Repository,
    home: Option<&Home>,
    trusted: &TrustedKeys,
    from: &Begin,
    keep: Keep<'_>,
) -> Result<(Report, Vec<String>), Fault> {
    let reader: &dyn ObjectReader = repository.objects().as_ref();
    let clone = match home {
        Some(home) => place(repository)?.map(|place| (Memory::new(home.seen()), place)),
        None => None,
    };
    let mut notes = Vec::new();
    let mut remembered = match &clone {
        Some((memory, place)) => recall(reader, memory, place, &mut notes)?,
        None => Remembered::nothing(),
    };
    let pins = home.map(|home| Pins::in_seen(&home.seen()));
    if let (Some(pins), Some(pin)) = (&pins, trusted.pinned())
        && let Some(seen) = pins.newest(pin.digest).map_err(ChainFault::from)?
    {
        remembered.remember_root(seen);
    }
    let verified = home.map(|home| Verified::in_seen(&home.seen(), trusted.digest()));
    let known = match &verified {
        Some(verified) => known(reader, verified)?,
        None => BTreeMap::new(),
    };
    let since = match from {
        Begin::Start => BTreeMap::new(),
        Begin::Each(since) => since.clone(),
        Begin::Last => known.iter().map(|(log, proved)| (*log, proved.size)).collect(),
    };
    if matches!(from, Begin::Last) {
        for (log, proved) in &known {
            remembered.remember_proved(*log, *proved);
        }
    }
    let report = verify_keeping(reader, trusted, &remembered, &since, keep)?;
    if let Some(verified) = &verified {
        remember_verified(verified, &known, &report)?;
    }
    if let (Some(pins), Some(root)) = (&pins, &report.root) {
        remember_root(pins, root)?;
    }
    if let Some((memory, place)) = &clone {
        for log in report.logs.iter().filter(|log| log.is_proved()) {
            if let Some(name) = log.log {
                let extent = Extent {
                    size: log.size,
                    root: log.root,
                };
                memory
                    .remember(&name.to_string(), place, extent, false)
                    .map_err(ChainFault::from)?;
            }
        }
    }
    Ok((report, notes))
}

/// How far each log was verified before, for the same keys and by this version.
fn known(reader: &dyn ObjectReader, verified: &Verified) -> Result<BTreeMap<LogId, Proved>, Fault> {
    let logs = reader.refs(LOG_REF_PREFIX)?.into_iter();
    let names = logs.filter_map(|(name, _)| name.strip_prefix(LOG_REF_PREFIX)?.parse().ok());
    Ok(names.filter_map(|log| Some((log, verified.recall(log)?))).collect())
}

/// Remembers how far logs are verified: those that were verified whole, or from no later than where they had been.
fn remember_verified(verified: &Verified, known: &BTreeMap<LogId, Proved>, report: &Report) -> Result<(), Fault> {
    for log in report.logs.iter().filter(|log| log.is_proved()) {
        let Some(name) = log.log else { continue };
        let proved = Proved {
            size: log.size,
            root: log.root,
        };
        let before = known.get(&name);
        if before != Some(&proved) && log.since <= before.map_or(0, |before| before.size) {
            verified.remember(name, proved).map_err(ChainFault::from)?;
        }
    }
    Ok(())
}

/// Remembers the newest version of a root that is the pinned one.
fn remember_root(pins: &Pins, root: &RootReport) -> Result<(), Fault> {
    match (&root.standing, root.pin, root.found) {
        (Standing::Proved, Some(pin), Some(FoundRoot { version, digest, .. })) => Ok(pins
            .remember(pin.digest, SeenRoot { version, digest })
            .map_err(ChainFault::from)?),
        _ => Ok(()),
    }
}

/// Reads where what was proved before ends: a number of entries, of every log, or an entry of one.
fn since(reader: &dyn ObjectReader, text: &str) -> Result<BTreeMap<LogId, u64>, Fault> {
    if let Ok(size) = text.parse::<u64>() {
        return Ok(logs(reader)?.iter().map(|log| (log.log(), size)).collect());
    }
    let (_, log, index) = find(reader, text)?;
    Ok(BTreeMap::from([(log, index)]))
}

/// This clone, by its state folder; a clone without one is known by its common folder. Nothing is made for reading.
pub(in crate::app) fn place(repository: &Repository) -> Result<Option<Place>, Fault> {
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
    let seen_fault = ChainFault::from;
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

fn why_not(report: &Report, trusted: &TrustedKeys, require: &[Claim]) -> String {
    if report.logs.is_empty() {
        return "This repository has no log: nothing was ever recorded here, or `refs/assize/*` was not fetched."
            .into();
    }
    if trusted.is_empty() {
        return "No key is trusted: you have none of your own, none was named with --key or --allowed-signers, and no \
                root of trust is pinned."
            .into();
    }
    if report.logs.iter().any(LogReport::is_proved) {
        let required: Vec<&str> = require.iter().map(|claim| claim.name()).collect();
        return format!("No log proves all that is required besides: {}.", required.join(", "));
    }
    "No log is signed with a key that is trusted here; name the signer's with --key or --allowed-signers, or pin a root \
     of trust that does."
        .into()
}

fn root_view(root: &RootReport) -> RootReportView {
    let claim = claim_view(Claim::Authenticity, &root.standing, &[]);
    RootReportView {
        version: root.found.map(|found| found.version),
        digest: root.found.map(|found| found.digest.to_string()),
        first: root.found.map(|found| found.first.to_string()),
        pin: root.pin.map(|pin| pin.to_string()),
        pin_from: root.pin.map(|pin| pin.source.word()),
        standing: claim.standing,
        reason: claim.reason,
        faults: claim.faults,
    }
}

fn log_view(log: &LogReport, require: &[Claim]) -> LogReportView {
    LogReportView {
        r#ref: log.ref_name.clone(),
        log: log.log.map(|log| log.to_string()),
        entries: log.size,
        commits: log.commits,
        since: log.since,
        root: log.root.to_string(),
        standing: match (log.is_refuted(), log.is_proved()) {
            (true, _) => "refuted",
            (false, true) => "proved",
            (false, false) => "not checkable",
        },
        claims: log
            .claims
            .iter()
            .map(|(claim, standing)| claim_view(*claim, standing, require))
            .collect(),
        witnessed: log.witnessed.iter().map(witnessed_view).collect(),
        vouched: log.vouched.map(|vouched| vouched.to_string()),
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

fn claim_view(claim: Claim, standing: &Standing, require: &[Claim]) -> ClaimView {
    let (faults, reason) = match standing {
        Standing::Proved => (Vec::new(), None),
        Standing::Refuted(faults) => (faults.iter().map(fault_view).collect(), None),
        Standing::NotCheckable(reason) => (Vec::new(), Some(reason.clone())),
    };
    ClaimView {
        claim: claim.name(),
        standing: standing.word(),
        required: Claim::REQUIRED.contains(&claim) || require.contains(&claim),
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
