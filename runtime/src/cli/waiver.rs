//! `assize waiver`.

use super::args::{Format, ProposeArgs, WaiverVerb};
use super::output::{BAD, CAUTION, FAINT, GOOD, STRONG, columns, data, json, paint, safe, tell, wrap};
use super::unwritten;
use crate::app::view::WaiverView;
use crate::app::view::waivers::{SignedView, StepView, WaiverShowView};
use crate::app::{App, Exit, Extent, Fault, ProposeRequest};

pub(super) fn run(app: &App, verb: &WaiverVerb) -> Result<Exit, Fault> {
    match verb {
        WaiverVerb::New { rule, paths, days } => {
            let path = app.new_waiver(rule, paths, *days)?;
            data(&format!("{}\n", path.display())).map_err(unwritten)?;
            tell("Fill in why and what keeps the harm small, let somebody else approve it, and land it on its own.");
            Ok(Exit::Yes)
        }
        WaiverVerb::Propose(args) => propose(app, args),
        WaiverVerb::Approve { waiver, who } => {
            let view = app.approve_waiver(waiver, who.signatory.as_deref(), &mut |said| tell(said))?;
            signed(&view, who.format)
        }
        WaiverVerb::Revoke { waiver, reason, who } => {
            let view = app.revoke_waiver(waiver, reason, who.signatory.as_deref(), &mut |said| tell(said))?;
            signed(&view, who.format)
        }
        WaiverVerb::Show { waiver, format } => signed(&app.show_waiver(waiver)?, *format),
        WaiverVerb::List { format } => {
            let view = app.list_waivers()?;
            match format {
                Format::Human => data(&view.waivers.iter().map(listed).collect::<String>()),
                Format::Json => json(&view),
            }
            .map_err(unwritten)?;
            Ok(Exit::Yes)
        }
        WaiverVerb::Check => {
            let view = app.check_waivers()?;
            let mut page = String::new();
            for waiver in &view.waivers {
                let path = safe(waiver.path.as_deref().unwrap_or_default());
                for (line, message) in &waiver.problems {
                    let place = if *line == 0 { String::new() } else { format!(":{line}") };
                    page.push_str(&format!("{path}{place}: {}\n", safe(message)));
                }
                if waiver.worth == "expired" {
                    page.push_str(&format!("{path}: The waiver has expired; delete it.\n"));
                }
            }
            let exit = if page.is_empty() { Exit::Yes } else { Exit::No };
            data(&page).map_err(unwritten)?;
            Ok(exit)
        }
        WaiverVerb::Import { file } => {
            let (written, said) = app.import_waivers(file)?;
            for sentence in said {
                tell(&safe(&sentence));
            }
            let lines: String = written.iter().map(|path| format!("{}\n", path.display())).collect();
            data(&lines).map_err(unwritten)?;
            Ok(Exit::Yes)
        }
    }
}

fn propose(app: &App, args: &ProposeArgs) -> Result<Exit, Fault> {
    let request = ProposeRequest {
        file: args.file.as_deref(),
        rule: args.rule.as_deref(),
        paths: &args.paths,
        reason: args.reason.as_deref(),
        expires: args.expires.as_deref(),
        until: args.until.map(Extent::Position).or(args.cases.map(Extent::Cases)),
        signatory: args.who.signatory.as_deref(),
    };
    let view = app.propose_waiver(&request, &mut |said| tell(said))?;
    if let Some(SignedView { approvals, .. }) = &view.waiver.signed {
        let who = if *approvals == 1 {
            "somebody else approves"
        } else {
            "two others approve"
        };
        tell(&format!(
            "It counts once {who} it: `assize waiver approve {}`.",
            view.waiver.id
        ));
    }
    signed(&view, args.who.format)
}

/// Prints one waiver that people signed.
fn signed(view: &WaiverShowView, format: Format) -> Result<Exit, Fault> {
    let mut page = String::new();
    match format {
        Format::Json => json(view),
        Format::Human => {
            page.push_str(&listed(&view.waiver));
            if let Some(signed) = &view.waiver.signed {
                page.push_str(&history(signed));
            }
            data(&page)
        }
    }
    .map_err(unwritten)?;
    Ok(Exit::Yes)
}

/// Who said what of a waiver.
fn history(signed: &SignedView) -> String {
    let mut text = String::new();
    for part in wrap(&safe(&signed.reason), columns().saturating_sub(2)) {
        text.push_str(&format!("  {part}\n"));
    }
    text.push_str(&format!(
        "  for cases up to position {} of log {}\n",
        signed.until, signed.log
    ));
    let mut said = |what: &str, step: &StepView| {
        let place = paint(FAINT, &format!("in entry {} at {}", step.entry, step.time));
        text.push_str(&format!("  {what} by {} {place}\n", safe(&step.by)));
        for part in wrap(
            &safe(step.reason.as_deref().unwrap_or_default()),
            columns().saturating_sub(4),
        ) {
            text.push_str(&format!("    {part}\n"));
        }
    };
    said("proposed", &signed.proposed);
    for step in &signed.approved {
        said("approved", step);
    }
    if let Some(step) = &signed.revoked {
        said("revoked", step);
    }
    text
}

/// Who signed a waiver, in few words.
fn signatures(waiver: &WaiverView) -> String {
    let Some(signed) = &waiver.signed else {
        return "a file, unsigned".to_owned();
    };
    let names: Vec<String> = signed.approved.iter().map(|step| safe(&step.by)).collect();
    let proposer = safe(&signed.proposed.by);
    match names.as_slice() {
        [] => format!("an entry, proposed by {proposer}"),
        names => format!("an entry, proposed by {proposer}, approved by {}", names.join(" and ")),
    }
}

fn listed(waiver: &WaiverView) -> String {
    let style = match waiver.worth {
        "in-force" => GOOD,
        "proposed" | "revoked" => CAUTION,
        _ => BAD,
    };
    let path = waiver.path.as_deref().unwrap_or_default();
    let id = if waiver.id.is_empty() { path } else { &waiver.id };
    let until = waiver.expires.as_deref().unwrap_or("no date");
    let mut text = format!(
        "{} {} {} {}\n",
        paint(STRONG, &format!("{:<8}", safe(id))),
        paint(style, &format!("{:<9}", waiver.worth)),
        safe(&waiver.rule),
        paint(FAINT, &format!("until {until}, {}", signatures(waiver))),
    );
    for path in &waiver.paths {
        text.push_str(&format!("  in {}\n", safe(path)));
    }
    for (line, message) in &waiver.problems {
        let place = if *line == 0 {
            String::new()
        } else {
            format!("line {line}: ")
        };
        for part in wrap(&format!("{place}{}", safe(message)), columns().saturating_sub(4)) {
            text.push_str(&format!("    {part}\n"));
        }
    }
    text
}
