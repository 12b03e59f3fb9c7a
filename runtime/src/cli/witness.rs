//! `assize witness` and `assize audit witness`.

use super::args::{ElectVerb, Format, SubmitArgs, WitnessArgs};
use super::audit::lines;
use super::output::{BAD, CAUTION, GOOD, data, json, paint, safe, tell};
use super::unwritten;
use crate::app::view::durability::{ElectedView, ElectionView};
use crate::app::view::proofs::{WitnessLogView, WitnessView};
use crate::app::{App, Elect, Exit, Fault, WitnessRequest};

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

pub(super) fn run(app: &App, args: &SubmitArgs) -> Result<Exit, Fault> {
    let (change, format) = match &args.verb {
        None => {
            let witness = args.url.as_deref().zip(args.witness.as_deref());
            return show(&app.audit_witness(witness, args.log.as_deref())?, args.format);
        }
        Some(ElectVerb::Ask { log, format }) => return show(&app.audit_ask(log.as_deref())?, *format),
        Some(ElectVerb::List { format }) => (Elect::Nothing, *format),
        Some(ElectVerb::Add { url, key }) => (Elect::Add { url, key }, Format::Human),
        Some(ElectVerb::Remove { name }) => (Elect::Remove(name), Format::Human),
        Some(ElectVerb::Quorum { needed }) => (Elect::Quorum(*needed), Format::Human),
    };
    let view = app.audit_elect(change)?;
    match format {
        Format::Human => data(&elected(&view)),
        Format::Json => json(&view),
    }
    .map_err(unwritten)?;
    if view.witnesses.is_empty() {
        tell("No witness is elected for this clone: `assize audit witness add URL KEY` elects one.");
    }
    Ok(Exit::Yes)
}

/// One witness a line, and how many of them must vouch.
fn elected(view: &ElectionView) -> String {
    let row = |one: &ElectedView| format!("{} at {}\n    {}\n", safe(&one.witness), safe(&one.url), safe(&one.key));
    let mut page: String = view.witnesses.iter().map(row).collect();
    if !view.witnesses.is_empty() {
        page.push_str(&format!("{} of {} must vouch\n", view.needed, view.witnesses.len()));
    }
    page
}

fn show(view: &WitnessView, format: Format) -> Result<Exit, Fault> {
    match format {
        Format::Human => data(&page(view)),
        Format::Json => json(view),
    }
    .map_err(unwritten)?;
    let has = |answer: &str| view.logs.iter().any(|log| log.answer == answer);
    Ok(if has("refused") || has("ahead") || has("forked") {
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
    let by = log
        .witness
        .as_deref()
        .map(|name| format!(" by {}", safe(name)))
        .unwrap_or_default();
    page.push_str(&format!("log {}  {} entries, {answer}{by}\n", log.log, log.size));
    if let Some(why) = &log.why {
        lines(page, "  ", &safe(why));
    }
    if let Some(fork) = &log.fork {
        lines(
            page,
            "  ",
            &format!(
                "the proof is kept in {}; `assize audit check-proof` checks it",
                safe(fork)
            ),
        );
    }
}
