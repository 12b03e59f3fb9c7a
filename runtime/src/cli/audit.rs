//! `assize audit`.

use std::path::PathBuf;

use super::args::{
    AffectedArgs, AuditVerb, EntryFormat, ExportArgs, ExportForm, Format, SuppliedArgs, TrustArgs, VerifyArgs,
};
use super::output::{
    BAD, CAUTION, FAINT, GOOD, STRONG, columns, data, json, paint, raw, safe, tell, wrap, written_out,
};
use super::review::{count, short};
use super::{access, again, appeal, proof, travel, unwritten, witness};
use crate::app::view::LogEntryView;
use crate::app::view::decided::{CheckView, OverriddenView};
use crate::app::view::roots::RootReportView;
use crate::app::view::verified::{ClaimView, LogReportView, VerifyView};
use crate::app::{
    App, Culprit, Exit, ExportFormat, ExportRequest, Fault, Luggage, Shown, SuppliedFiles, TrustFiles, VerifyRequest,
};

pub(super) fn run(app: &App, verb: &AuditVerb) -> Result<Exit, Fault> {
    match verb {
        AuditVerb::Access {
            denied,
            since,
            agent,
            max,
            format,
        } => access::run(app, &access::asked(*denied, *since, agent.as_deref(), *max), *format),
        AuditVerb::Log { format } => list(app, *format),
        AuditVerb::Show { entry, format } => {
            show(&app.audit_show(entry)?, *format)?;
            Ok(Exit::Yes)
        }
        AuditVerb::Verify(args) => verify(app, args),
        AuditVerb::Replay {
            entry,
            supplied: given,
            format,
        } => again::replay(app, entry.as_deref(), supplied(given), *format),
        AuditVerb::Appeal(args) => appeal::run(app, args),
        AuditVerb::Affected(args) => again::affected(app, culprit(args)?, args.format),
        AuditVerb::Export(args) => export(app, args),
        AuditVerb::Remote { url } => travel::remote(app, url.as_deref()),
        AuditVerb::Fetch {
            evidence,
            work,
            trust,
            format,
        } => travel::show(&app.audit_fetch(luggage(*evidence, *work), files(trust))?, *format),
        AuditVerb::Push {
            evidence,
            work,
            trust,
            format,
        } => travel::show(&app.audit_push(luggage(*evidence, *work), files(trust))?, *format),
        AuditVerb::Erase { entry } => {
            tell(&app.audit_erase(entry)?);
            Ok(Exit::Yes)
        }
        AuditVerb::Proof { .. } | AuditVerb::CheckProof { .. } | AuditVerb::Fork { .. } => proof::run(app, verb),
        AuditVerb::Witness(args) => witness::run(app, args),
        AuditVerb::Check {
            revision,
            council,
            trust,
            format,
        } => {
            let view = app.audit_check(revision, council.as_deref(), files(trust))?;
            match format {
                Format::Human => data(&answer(&view)),
                Format::Json => json(&view),
            }
            .map_err(unwritten)?;
            Ok(match view.answer {
                "approved" => Exit::Yes,
                "rejected" => Exit::No,
                _ => Exit::Undecided,
            })
        }
    }
}

fn list(app: &App, format: Format) -> Result<Exit, Fault> {
    let view = app.audit_log()?;
    if view.entries.is_empty() {
        tell("There are no entries here yet. A review makes the first; `git fetch` brings those of others.");
    }
    match format {
        Format::Human => data(&view.entries.iter().map(row).collect::<String>()),
        Format::Json => json(&view),
    }
    .map_err(unwritten)?;
    Ok(if view.entries.is_empty() {
        Exit::Undecided
    } else {
        Exit::Yes
    })
}

const fn luggage(evidence: bool, work: bool) -> Luggage {
    Luggage { evidence, work }
}

fn supplied(given: &SuppliedArgs) -> SuppliedFiles<'_> {
    SuppliedFiles {
        components: &given.component,
        documents: &given.document,
        policies: &given.policy,
    }
}

fn verify(app: &App, args: &VerifyArgs) -> Result<Exit, Fault> {
    let view = app.audit_verify(&VerifyRequest {
        files: files(&args.trust),
        require: &args.require,
        quorum: args.quorum,
        since: args.since.as_deref(),
        replay: args.replay.then(|| supplied(&args.supplied)),
    })?;
    match args.format {
        Format::Human => data(&report(&view)),
        Format::Json => json(&view),
    }
    .map_err(unwritten)?;
    Ok(match view.standing {
        "proved" => Exit::Yes,
        "refuted" => Exit::No,
        _ => Exit::Undecided,
    })
}

/// What was asked for; exactly one of them was typed.
fn culprit(args: &AffectedArgs) -> Result<Culprit<'_>, Fault> {
    match (&args.component, &args.policy, &args.runtime) {
        (Some(component), _, _) => Ok(Culprit::Component(component)),
        (_, Some(policy), _) => Ok(Culprit::Policy(policy)),
        (_, _, Some(runtime)) => Ok(Culprit::Runtime(runtime)),
        (None, None, None) => Err(Fault::wrong(
            "nothing was named that verdicts could depend on",
            "write --component, --policy or --runtime",
        )),
    }
}

/// Writes the chain as it is read; a reader that goes away early is no error.
fn export(app: &App, args: &ExportArgs) -> Result<Exit, Fault> {
    let request = ExportRequest {
        format: match args.format {
            ExportForm::Jws => ExportFormat::Jws,
            ExportForm::Dsse => ExportFormat::Dsse,
            ExportForm::Vsa => ExportFormat::Vsa,
            ExportForm::Json => ExportFormat::Json,
            ExportForm::Csv => ExportFormat::Csv,
            ExportForm::Note => ExportFormat::Note,
            ExportForm::AllowedSigners => ExportFormat::AllowedSigners,
        },
        log: args.log.as_deref(),
        resource: args.resource.as_deref(),
        files: files(&args.trust),
    };
    let written = written_out(|out| app.audit_export(&request, out))?;
    if written == 0 {
        tell("There is nothing of that kind here.");
    }
    Ok(if written == 0 { Exit::Undecided } else { Exit::Yes })
}

pub(super) fn files(trust: &TrustArgs) -> TrustFiles<'_> {
    let (keys, allowed_signers): (&[PathBuf], &[PathBuf]) = (&trust.key, &trust.allowed_signers);
    TrustFiles {
        keys,
        allowed_signers,
        pin: trust.pin.as_deref(),
        witnesses: &trust.witness,
    }
}

/// One line a entry: position, time, kind, what it says, the head it is about.
fn row(entry: &LogEntryView) -> String {
    let who = entry.judge.as_deref().unwrap_or_default();
    let about = if who.is_empty() {
        entry.about.clone()
    } else {
        format!("{who}: {}", entry.about)
    };
    let kind = paint(STRONG, &format!("{:<8}", entry.kind));
    let id = paint(FAINT, short(&entry.id));
    // Sealed is what entries are; only what is less or more is said.
    let level = match entry.durability {
        "sealed" => String::new(),
        level => paint(FAINT, &format!(" ({level})")),
    };
    format!(
        "{id} {:>5}  {}  {kind} {}{level}\n",
        entry.index,
        entry.time,
        safe(&about)
    )
}

fn show(shown: &Shown, format: EntryFormat) -> Result<(), Fault> {
    let written = match format {
        EntryFormat::Human => data(&page(&shown.view)),
        EntryFormat::Json => raw(&[shown.line.as_slice(), b"\n"].concat()),
        EntryFormat::Jws => data(&format!("{}\n", shown.jws)),
        EntryFormat::Dsse => match &shown.dsse {
            Some(envelope) => data(&format!("{envelope}\n")),
            None if ["verdict", "override"].contains(&shown.view.kind) => {
                return Err(Fault::wrong(
                    "the key that signed this entry is not one of yours, and an envelope names its key",
                    "`--format jws` needs no key",
                ));
            }
            None => {
                return Err(Fault::wrong(
                    format!(
                        "this entry is a {}, and only verdicts and overrides carry a DSSE signature",
                        shown.view.kind
                    ),
                    "`--format jws` works for every entry",
                ));
            }
        },
    };
    written.map_err(unwritten)
}

fn page(entry: &LogEntryView) -> String {
    let mut page = String::new();
    for (name, text) in [
        ("entry", entry.id.clone()),
        ("log", format!("{}:{}", entry.log, entry.index)),
        ("kind", entry.kind.to_owned()),
        ("says", safe(&entry.about)),
        ("judge", entry.judge.as_deref().map(safe).unwrap_or_default()),
        ("time", entry.time.clone()),
        ("actor", safe(&entry.actor)),
        ("case", entry.case.clone()),
        ("head", entry.head.clone()),
        ("previous", entry.previous.clone().unwrap_or_default()),
        ("key", entry.key.clone()),
        ("level", entry.durability.to_owned()),
    ] {
        if !text.is_empty() {
            page.push_str(&format!("{} {text}\n", paint(FAINT, &format!("{name:<9}"))));
        }
    }
    page.push_str("\nNothing of this was checked here: `assize audit verify` does that.\n");
    page
}

fn report(view: &VerifyView) -> String {
    let mut page = String::new();
    if let Some(root) = &view.root {
        root_page(&mut page, root);
    }
    for log in &view.logs {
        log_page(&mut page, log);
    }
    for note in &view.notes {
        lines(&mut page, "note: ", &safe(note));
    }
    page.push_str(&format!("{}\n", stamp(view.standing)));
    if let Some(why) = &view.why {
        lines(&mut page, "", why);
    }
    page
}

/// Which root of trust was gone by, and how its pin was obtained.
fn root_page(page: &mut String, root: &RootReportView) {
    let version = root
        .version
        .map(|version| format!(" version {version}"))
        .unwrap_or_default();
    page.push_str(&format!(
        "root of trust{}  {}\n",
        paint(STRONG, &version),
        stamp(root.standing)
    ));
    match (&root.pin, root.pin_from, &root.first) {
        (Some(pin), Some(from), _) => page.push_str(&format!("  pinned by {from}: {pin}\n")),
        (_, _, Some(first)) => page.push_str(&format!("  not pinned: {first}\n")),
        _ => page.push_str("  not pinned\n"),
    }
    if let Some(reason) = &root.reason {
        lines(page, "  ", &safe(reason));
    }
    for fault in &root.faults {
        lines(page, "  ", &format!("{}: {}", fault.code, safe(&fault.sentence)));
    }
    page.push('\n');
}

fn log_page(page: &mut String, log: &LogReportView) {
    let name = log.log.as_deref().map_or_else(|| safe(&log.r#ref), str::to_owned);
    let since = match log.since {
        0 => String::new(),
        since => format!(", from entry {since} on"),
    };
    page.push_str(&format!(
        "log {}  {} in {}{since}, {}\n",
        paint(STRONG, &name),
        log.entries_text(),
        count(log.commits, "commit"),
        stamp(log.standing)
    ));
    for claim in &log.claims {
        claim_lines(page, claim);
    }
    if let Some(vouched) = &log.vouched {
        lines(page, "  witnesses: ", vouched);
    }
    for one in &log.witnessed {
        let said = format!("{} of {} entries at {}", safe(&one.witness), one.size, one.time);
        lines(page, "  witness: ", &said);
    }
    page.push('\n');
}

fn claim_lines(page: &mut String, claim: &ClaimView) {
    let mark = match claim.standing {
        "proved" => paint(GOOD, "✓"),
        "refuted" => paint(BAD, "✗"),
        _ => paint(CAUTION, "–"),
    };
    page.push_str(&format!("  {mark} {:<13} {}\n", claim.claim, claim.standing));
    if let Some(reason) = &claim.reason {
        lines(page, "      ", &safe(reason));
    }
    for fault in &claim.faults {
        let entry = fault.entry.map(|entry| format!(" (entry {entry})")).unwrap_or_default();
        let object = fault
            .object
            .as_deref()
            .map(|object| format!(" (object {})", short(object)))
            .unwrap_or_default();
        lines(
            page,
            "      ",
            &format!("{}: {}{entry}{object}", fault.code, safe(&fault.sentence)),
        );
    }
}

fn answer(view: &CheckView) -> String {
    let style = match view.answer {
        "approved" => GOOD,
        "rejected" => BAD,
        _ => CAUTION,
    };
    let is_persons = view.answer == "approved" && view.verdicts.iter().all(|verdict| verdict.outcome != "approved");
    let by = if is_persons {
        "by a person over council"
    } else {
        "by council"
    };
    let mut page = format!("{} {by} {}\n", paint(style, view.answer), safe(&view.council));
    for verdict in &view.verdicts {
        page.push_str(&format!(
            "  {} at {}, entry {} of log {}\n",
            verdict.outcome,
            verdict.time,
            verdict.index,
            short(&verdict.log)
        ));
        if let Some(overridden) = &verdict.overridden {
            overridden_lines(&mut page, overridden);
        }
        appeal::told(&mut page, verdict);
    }
    if let Some(why) = &view.why {
        lines(&mut page, "  ", why);
    }
    page
}

/// Who overrode a verdict, and why, line for line.
fn overridden_lines(page: &mut String, overridden: &OverriddenView) {
    let head = format!("overridden by {}: ", safe(&overridden.by));
    for (number, line) in overridden.reason.lines().enumerate() {
        let lead = if number == 0 { head.as_str() } else { "" };
        lines(page, "    ", &format!("{lead}{}", safe(line)));
    }
    let (time, index) = (&overridden.time, overridden.index);
    let key = overridden
        .key
        .as_deref()
        .map(|key| format!(", with their key {}", short(key)));
    let key = key.unwrap_or_default();
    page.push_str(&format!("    at {time}, entry {index} of the same log{key}\n"));
}

pub(super) fn stamp(standing: &str) -> String {
    let style = match standing {
        "proved" | "same" => GOOD,
        "refuted" | "departs" => BAD,
        _ => CAUTION,
    };
    paint(style, standing)
}

pub(super) fn lines(page: &mut String, indent: &str, text: &str) {
    for line in wrap(text, columns().saturating_sub(indent.len())) {
        page.push_str(&format!("{indent}{line}\n"));
    }
}

impl LogReportView {
    fn entries_text(&self) -> String {
        if self.entries == 1 {
            "1 entry".into()
        } else {
            format!("{} entries", self.entries)
        }
    }
}
