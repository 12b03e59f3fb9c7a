//! `assize audit`.

use std::path::PathBuf;

use super::access;
use super::args::{AuditVerb, EntryFormat, Format, TrustArgs};
use super::output::{BAD, CAUTION, FAINT, GOOD, STRONG, columns, data, json, paint, raw, safe, tell, wrap};
use super::review::{count, short};
use super::{proof, unwritten, witness};
use crate::app::view::{CheckView, ClaimView, LogEntryView, LogReportView, OverriddenView, VerifyView};
use crate::app::{App, Exit, Fault, Shown, TrustFiles};

pub(super) fn run(app: &App, verb: &AuditVerb) -> Result<Exit, Fault> {
    match verb {
        AuditVerb::Access {
            denied,
            since,
            agent,
            max,
            format,
        } => access::run(app, &access::asked(*denied, *since, agent.as_deref(), *max), *format),
        AuditVerb::Log { format } => {
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
        AuditVerb::Show { entry, format } => {
            show(&app.audit_show(entry)?, *format)?;
            Ok(Exit::Yes)
        }
        AuditVerb::Verify { trust, format } => {
            let view = app.audit_verify(files(trust))?;
            match format {
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
        AuditVerb::Proof { .. } | AuditVerb::CheckProof { .. } | AuditVerb::Fork { .. } => proof::run(app, verb),
        AuditVerb::Witness(args) => witness::submit(app, args),
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

pub(super) fn files(trust: &TrustArgs) -> TrustFiles<'_> {
    let (keys, allowed_signers): (&[PathBuf], &[PathBuf]) = (&trust.key, &trust.allowed_signers);
    TrustFiles {
        keys,
        allowed_signers,
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
    format!("{id} {:>5}  {}  {kind} {}\n", entry.index, entry.time, safe(&about))
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

fn log_page(page: &mut String, log: &LogReportView) {
    let name = log.log.as_deref().map_or_else(|| safe(&log.r#ref), str::to_owned);
    page.push_str(&format!(
        "log {}  {} in {}, {}\n",
        paint(STRONG, &name),
        log.entries_text(),
        count(log.commits, "commit"),
        stamp(log.standing)
    ));
    for claim in &log.claims {
        claim_lines(page, claim);
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
    page.push_str(&format!("    at {time}, entry {index} of the same log\n"));
}

pub(super) fn stamp(standing: &str) -> String {
    let style = match standing {
        "proved" => GOOD,
        "refuted" => BAD,
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
