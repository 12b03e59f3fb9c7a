//! `assize call`.

use std::io::Read as _;
use std::path::PathBuf;

use super::args::{CallArgs, Format};
use super::output::{BAD, CAUTION, FAINT, GOOD, STRONG, columns, data, json, paint, safe, wrap};
use super::review::short;
use super::unwritten;
use crate::app::view::agents::CallView;
use crate::app::{App, CallRequest, Exit, Fault, INPUT_BYTES_MAX};

/// How many lines of each list people see; JSON has them all.
const LINES_MAX: usize = 50;

pub(super) fn run(app: &App, args: &CallArgs) -> Result<Exit, Fault> {
    let input = input(app, args.input.as_deref())?;
    let view = app.call_agent(&CallRequest {
        plugin: &args.plugin,
        role: args.role.as_deref(),
        on_behalf_of: args.on_behalf_of.as_deref(),
        input: &input,
        dir: args.folder.as_deref(),
        policy: args.policy.as_deref(),
    })?;
    match args.format {
        Format::Human => data(&page(&view)),
        Format::Json => json(&view),
    }
    .map_err(unwritten)?;
    Ok(if view.ended == "finished" { Exit::Yes } else { Exit::No })
}

/// Takes the input from the argument, a file, or standard input.
fn input(app: &App, argument: Option<&str>) -> Result<String, Fault> {
    match argument {
        None => Ok("null".to_owned()),
        Some("@-") => {
            let mut text = String::new();
            let limit = (INPUT_BYTES_MAX as u64).saturating_add(1);
            let read = std::io::stdin().take(limit).read_to_string(&mut text);
            read.map(|_| text).map_err(|source| Fault::Io {
                path: PathBuf::from("standard input"),
                source,
            })
        }
        Some(argument) => match argument.strip_prefix('@') {
            Some(file) => app.read_input(file.as_ref()),
            None => Ok(argument.to_owned()),
        },
    }
}

fn page(view: &CallView) -> String {
    let mut page = String::new();
    for line in &view.log {
        page.push_str(&paint(FAINT, &format!("log {:<5} {}", line.level, safe(&line.message))));
        page.push('\n');
    }
    if view.log_dropped > 0 {
        page.push_str(&paint(
            FAINT,
            &format!("log       {} more lines were dropped", view.log_dropped),
        ));
        page.push('\n');
    }
    let style = if view.ended == "finished" { GOOD } else { BAD };
    page.push_str(&format!(
        "{} {} {}\n",
        paint(STRONG, &safe(&view.agent.name)),
        paint(style, &view.ended.replace('-', " ")),
        paint(
            FAINT,
            &format!("under role {} of {}", safe(&view.agent.role), safe(&view.policy.file))
        )
    ));
    for text in view.summary.iter().chain(&view.detail) {
        for line in wrap(&safe(text), columns().saturating_sub(2)) {
            page.push_str(&format!("  {line}\n"));
        }
    }
    if let Some(output) = view.output.as_ref().filter(|output| !output.is_null()) {
        // An output is JSON, so nothing in it is obeyed by a terminal once its strings are escaped.
        let text = serde_json::to_string_pretty(output).unwrap_or_default();
        page.push_str(&format!(
            "\n{}\n",
            text.lines().map(safe).collect::<Vec<_>>().join("\n")
        ));
    }
    let changes = view
        .changes
        .iter()
        .map(|change| format!("{:<9} {}", change.status, safe(&change.path)));
    list(&mut page, "changed", changes, view.changes_left_out);
    let uses = view
        .used
        .iter()
        .map(|used| format!("{} ×{}", safe(&used.permission), used.times));
    list(&mut page, "used", uses, 0);
    outings(&mut page, view);
    let refused = view.refused.iter().map(|access| {
        let times = if access.times > 1 {
            format!(" ×{}", access.times)
        } else {
            String::new()
        };
        let what = format!("{} {}{times}", safe(&access.permission), safe(&access.resource));
        format!("{}\n      {}", paint(CAUTION, what.trim_end()), safe(&access.reason))
    });
    list(&mut page, "refused", refused, view.refused_left_out);
    page.push_str(&format!(
        "\n{}\n",
        paint(
            FAINT,
            &format!(
                "run {}, {} host calls, {:.1} million units of fuel",
                short(&view.run),
                view.host_calls,
                view.fuel_spent as f64 / 1e6
            )
        )
    ));
    page
}

/// What was done outside.
fn outings(page: &mut String, view: &CallView) {
    let commands = view.commands.iter().map(|command| {
        let unconfined = if command.confined { "" } else { ", UNCONFINED" };
        format!(
            "{}\n      {} after {:.1} s{unconfined}",
            safe(&command.command),
            safe(&command.outcome),
            command.wall_ms as f64 / 1e3
        )
    });
    list(page, "commands", commands, 0);
    let requests = view.requests.iter().map(|request| {
        let status = request.status.map_or_else(String::new, |status| format!("{status}, "));
        let secrets = match request.secrets.as_slice() {
            [] => String::new(),
            names => format!(", with {}", names.join(" and ")),
        };
        let what = format!("{} {}{}", request.method, request.origin, request.path);
        format!("{}\n      {status}{}{secrets}", safe(&what), safe(&request.outcome))
    });
    list(page, "requests", requests, view.outings_left_out);
}

/// Draws one list with its heading; nothing where it is empty.
fn list(page: &mut String, heading: &str, items: impl Iterator<Item = String>, left_out: u64) {
    let items: Vec<String> = items.collect();
    if items.is_empty() {
        return;
    }
    page.push_str(&format!("\n{}\n", paint(STRONG, heading)));
    for item in items.iter().take(LINES_MAX) {
        page.push_str(&format!("  {item}\n"));
    }
    let hidden = (items.len().saturating_sub(LINES_MAX) as u64).saturating_add(left_out);
    if hidden > 0 {
        page.push_str(&paint(
            FAINT,
            &format!("  and {hidden} more; --format json has those that were kept\n"),
        ));
    }
}
