//! `assize witness` and `assize audit witness`.

use super::args::{Format, SubmitArgs, WitnessArgs};
use super::audit::lines;
use super::output::{BAD, CAUTION, GOOD, data, json, paint, safe, tell};
use super::unwritten;
use crate::app::view::proofs::{WitnessLogView, WitnessView};
use crate::app::{App, Exit, Fault, WitnessRequest};

pub(super) fn serve(app: &App, args: &WitnessArgs) -> Result<Exit, Fault> {
    let request = WitnessRequest {
        logs: &args.logs,
        listen: args.listen,
        folder: args.folder.as_deref(),
        name: args.name.as_deref(),
    };
    match app.witness(request, &mut |key, address| {
        tell("This witness has the key, and is reached at the address:");
        data(&format!("{key}\nhttp://{address}\n"))
    })? {}
}

pub(super) fn submit(app: &App, args: &SubmitArgs) -> Result<Exit, Fault> {
    let witness = args.url.as_deref().zip(args.witness.as_deref());
    let view = app.audit_witness(witness, args.log.as_deref())?;
    match args.format {
        Format::Human => data(&page(&view)),
        Format::Json => json(&view),
    }
    .map_err(unwritten)?;
    let has = |answer: &str| view.logs.iter().any(|log| log.answer == answer);
    Ok(if has("refused") || has("ahead") {
        Exit::No
    } else if has("unreachable") {
        Exit::Undecided
    } else {
        Exit::Yes
    })
}

fn page(view: &WitnessView) -> String {
    let mut page = String::new();
    for log in &view.logs {
        match log.answer {
            // Only the key: so that the list of a witness can be made of it.
            "known" => page.push_str(&format!("{}\n", safe(&log.key))),
            _ => log_lines(&mut page, log),
        }
    }
    page
}

fn log_lines(page: &mut String, log: &WitnessLogView) {
    let style = match log.answer {
        "cosigned" => GOOD,
        "unreachable" => CAUTION,
        _ => BAD,
    };
    let answer = paint(style, log.answer);
    page.push_str(&format!("log {}  {} entries, {answer}\n", log.log, log.size));
    if let Some(why) = &log.why {
        lines(page, "  ", &safe(why));
    }
}
