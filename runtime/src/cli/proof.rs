//! `assize audit proof`, `assize audit check-proof` and `assize audit fork`.

use std::path::Path;

use super::args::{AuditVerb, Format};
use super::audit::{files, lines, stamp};
use super::output::{FAINT, data, json, paint, safe, tell};
use super::unwritten;
use crate::app::view::proofs::ProofView;
use crate::app::{App, Exit, Fault};

pub(super) fn run(app: &App, verb: &AuditVerb) -> Result<Exit, Fault> {
    match verb {
        AuditVerb::Proof { entry, out, witness } => {
            let proof = app.audit_proof(entry, witness)?;
            match out {
                Some(file) => write(app, file, &proof)?,
                None => data(&proof).map_err(unwritten)?,
            }
            Ok(Exit::Yes)
        }
        AuditVerb::CheckProof { file, trust, format } => {
            let view = app.audit_check_proof(file, files(trust))?;
            print(&view, *format)?;
            Ok(exit(&view))
        }
        AuditVerb::Fork {
            checkpoint,
            out,
            trust,
            format,
        } => {
            let (view, proof) = app.audit_fork(checkpoint, files(trust))?;
            if let (Some(file), Some(proof)) = (out, proof) {
                write(app, file, &proof)?;
            }
            print(&view, *format)?;
            Ok(exit(&view))
        }
        // The others are not sent here.
        _ => Err(Fault::Bug("this verb proves nothing".to_owned())),
    }
}

fn write(app: &App, file: &Path, proof: &str) -> Result<(), Fault> {
    app.write_out(file, proof)?;
    tell(&format!("Written to {}.", file.display()));
    Ok(())
}

fn exit(view: &ProofView) -> Exit {
    match view.standing {
        "proved" => Exit::Yes,
        "refuted" => Exit::No,
        _ => Exit::Undecided,
    }
}

fn print(view: &ProofView, format: Format) -> Result<(), Fault> {
    match format {
        Format::Human => data(&page(view)),
        Format::Json => json(view),
    }
    .map_err(unwritten)
}

fn page(view: &ProofView) -> String {
    let what = match view.of {
        "fork" => "that the log is forked",
        _ => "that the entry is in the log",
    };
    let mut page = format!("{}: {what}\n", stamp(view.standing));
    let mut line = |name: &str, text: &str| {
        page.push_str(&format!("  {} {}\n", paint(FAINT, &format!("{name:<8}")), safe(text)));
    };
    if !view.origin.is_empty() {
        line("log", &view.origin);
    }
    for checkpoint in &view.checkpoints {
        line(
            "state",
            &format!("{} entries, root {}", checkpoint.size, checkpoint.root),
        );
    }
    if let Some(entry) = &view.entry {
        line("entry", &entry.id);
        line("index", &entry.index.to_string());
        line("kind", entry.kind);
        line("says", &entry.about);
        line("time", &entry.time);
        line("head", &entry.head);
    }
    for one in &view.witnessed {
        line("witness", &format!("{} at {}", one.witness, one.time));
    }
    if let (Some(code), Some(why)) = (view.code, &view.why) {
        lines(&mut page, "  ", &format!("{code}: {}", safe(why)));
    }
    page
}
