//! `assize policy`.

use std::path::Path;

use super::args::{Format, PolicyVerb};
use super::output::{BAD, CAUTION, FAINT, GOOD, STRONG, columns, data, json, paint, safe, wrap};
use super::unwritten;
use crate::app::view::PolicyCheckView;
use crate::app::view::policies::{PolicyDiffView, PolicyExplainView, PolicyFileView, PolicyGrantsView};
use crate::app::{App, Asked, Exit, Fault};

pub(super) fn run(app: &App, verb: &PolicyVerb) -> Result<Exit, Fault> {
    match verb {
        PolicyVerb::Check { file, format } => {
            let view = app.check_policy(file.as_deref())?;
            print(*format, &view, checked)?;
            Ok(Exit::Yes)
        }
        PolicyVerb::Explain {
            name,
            permission,
            resource,
            claimed_tasks,
            held_by_another,
            policy,
            format,
        } => {
            let view = app.explain_policy(Asked {
                name,
                permission,
                resource,
                claimed_tasks: *claimed_tasks,
                is_anothers: *held_by_another,
                policy: policy.as_deref(),
            })?;
            print(*format, &view, explained)?;
            Ok(if view.granted { Exit::Yes } else { Exit::No })
        }
        PolicyVerb::Diff { old, new, format } => {
            let view = match new {
                Some(new) => app.diff_policy_files(Path::new(old), new)?,
                None => app.diff_policy_of(old)?,
            };
            print(*format, &view, compared)?;
            Ok(if view.widens { Exit::No } else { Exit::Yes })
        }
        PolicyVerb::Grants { name, policy, format } => {
            let view = app.policy_grants(name, policy.as_deref())?;
            print(*format, &view, granted)?;
            Ok(Exit::Yes)
        }
    }
}

fn print<T: serde::Serialize>(format: Format, view: &T, draw: impl Fn(&T) -> String) -> Result<(), Fault> {
    match format {
        Format::Human => data(&draw(view)),
        Format::Json => json(view),
    }
    .map_err(unwritten)
}

fn checked(view: &PolicyCheckView) -> String {
    let digest = paint(FAINT, &format!("sha256 {}", view.digest));
    format!(
        "{} {}\n{digest}\n\n{}\n",
        paint(GOOD, "ok"),
        safe(&view.file),
        view.summary.trim()
    )
}

/// Says which policy was read.
fn file(policy: &PolicyFileView) -> String {
    match policy.source {
        "default" => "the built-in default".to_owned(),
        "base" => format!("{} of the base", policy.file),
        "head" => format!("{} of the head", policy.file),
        _ => safe(&policy.file),
    }
}

/// Breaks a text into lines behind an indent.
fn indented(indent: usize, text: &str) -> String {
    let lines = wrap(&safe(text), columns().saturating_sub(indent));
    let margin = " ".repeat(indent);
    lines.iter().map(|line| format!("{margin}{line}\n")).collect()
}

fn explained(view: &PolicyExplainView) -> String {
    let (style, word) = if view.granted { (GOOD, "yes") } else { (BAD, "no") };
    let subject = &view.subject;
    let on: String = view.resource.iter().map(|word| format!(" {word}")).collect();
    let question = format!("{} {} · {}{on}", subject.kind, subject.name, view.permission);
    let mut text = format!("{}  {}\n", paint(style, word), safe(&question));
    text += &indented(2, &view.reason);
    for line in &view.lines {
        let place = format!("{}:{} {} {}", view.policy.file, line.line, line.table, line.item);
        text += &indented(2, &place);
    }
    if let Some(needs) = &view.needs {
        text += &indented(2, &format!("to change that: {needs}"));
    }
    if view.granted && !view.served {
        text += &indented(2, "this version of Assize does not have the function yet");
    }
    text
}

fn compared(view: &PolicyDiffView) -> String {
    let mut text = format!("{} → {}\n", file(&view.old), file(&view.new));
    for change in &view.changes {
        let style = match change.effect {
            "widens" => BAD,
            "narrows" => GOOD,
            _ => FAINT,
        };
        let line = match (change.side, change.line) {
            (Some("old"), Some(line)) => format!(" ({}:{line}, before)", view.old.file),
            (_, Some(line)) => format!(" ({}:{line})", view.new.file),
            _ => String::new(),
        };
        let sentence = indented(9, &format!("{} {}{line}", change.subject, change.text));
        text += &format!(
            "{}  {}",
            paint(style, &format!("{:<7}", change.effect)),
            sentence.trim_start()
        );
    }
    let count = |effect: &str| view.changes.iter().filter(|change| change.effect == effect).count();
    let (widens, narrows) = (count("widens"), count("narrows"));
    let (style, verdict) = if view.widens {
        (
            CAUTION,
            format!("{widens} of {} differences widen, {narrows} narrow", view.changes.len()),
        )
    } else if view.changes.is_empty() {
        (GOOD, "nothing is granted or withheld that was not before".to_owned())
    } else {
        (GOOD, format!("nothing widens; {narrows} differences narrow"))
    };
    text + &format!("{}\n", paint(style, &verdict))
}

fn granted(view: &PolicyGrantsView) -> String {
    let subject = &view.subject;
    let heading = safe(&format!("{} {}", subject.kind, subject.name));
    let mut text = format!("{}  by {}\n", paint(STRONG, &heading), file(&view.policy));
    if let Some(plugin) = &subject.plugin {
        let role = &subject.role;
        text += &indented(
            2,
            &format!("plugin {plugin}, which gets what it asks for of its role {role}"),
        );
    }
    text += "\npermissions\n";
    for permission in &view.permissions {
        let line = permission
            .line
            .as_ref()
            .map_or_else(|| "every role".to_owned(), |line| format!("line {}", line.line));
        let later = if permission.served { "" } else { "  later" };
        let used = match permission.used {
            Some(false) => "  never used",
            _ => "",
        };
        text += format!("  {:<20}  {:<10}{later}{used}", permission.name, line).trim_end();
        text.push('\n');
    }
    let mut kind = "";
    for power in &view.powers {
        if power.kind != kind {
            kind = power.kind;
            text += &format!("\n{kind}\n");
        }
        text += &indented(2, &format!("{}  (line {})", power.text, power.line));
    }
    text += "\nlimits\n";
    for limit in &view.limits {
        text += &format!("  {:<14}  {}\n", limit.name, limit.value);
    }
    text
}
