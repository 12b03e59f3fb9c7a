//! `assize plugin`.

use super::args::{Format, PluginVerb};
use super::output::{BAD, CAUTION, FAINT, GOOD, STRONG, columns, data, json, paint, safe, tell, wrap};
use super::review::short;
use super::unwritten;
use crate::app::view::PluginView;
use crate::app::view::agents::{PinView, PluginCheckView};
use crate::app::{App, Exit, Fault};

pub(super) fn run(app: &App, verb: &PluginVerb) -> Result<Exit, Fault> {
    match verb {
        PluginVerb::List { format } => {
            let view = app.list_plugins()?;
            match format {
                Format::Human => data(&view.plugins.iter().map(line).collect::<String>()),
                Format::Json => json(&view),
            }
        }
        PluginVerb::Inspect { plugin, format } => {
            let view = app.inspect_plugin(plugin)?;
            match format {
                Format::Human => data(&page(&view)),
                Format::Json => json(&view),
            }
        }
        PluginVerb::Add { file, name, format } => {
            let view = app.add_plugin(file, name.as_deref())?;
            let shown = match format {
                Format::Human => data(&pinned(&view)),
                Format::Json => json(&view),
            };
            if view.done != "unchanged" {
                tell("Review and commit both files; what a policy names is looked up in the committed ones.");
            }
            shown
        }
        PluginVerb::Remove { name, format } => {
            let view = app.remove_plugin(name)?;
            match format {
                Format::Human => data(&pinned(&view)),
                Format::Json => json(&view),
            }
        }
        PluginVerb::Check {
            plugin,
            role,
            policy,
            format,
        } => {
            let view = app.check_plugin(plugin, role, policy.as_deref())?;
            match format {
                Format::Human => data(&check(&view)),
                Format::Json => json(&view),
            }
            .map_err(unwritten)?;
            return Ok(if view.starts { Exit::Yes } else { Exit::No });
        }
    }
    .map_err(unwritten)?;
    Ok(Exit::Yes)
}

fn pinned(view: &PinView) -> String {
    let before = match &view.before {
        Some(before) if view.done == "replaced" => format!(" (before: {})", short(before)),
        _ => String::new(),
    };
    format!(
        "{} {} {}\n  {}\n",
        paint(GOOD, view.done),
        paint(STRONG, &safe(&view.name)),
        paint(
            FAINT,
            &format!("{}, sha256 {}{before}", safe(&view.world), short(&view.component))
        ),
        safe(&view.file)
    )
}

/// What a component would hold, and what it would be refused.
fn check(view: &PluginCheckView) -> String {
    let (style, word) = if view.starts {
        (GOOD, "starts")
    } else {
        (BAD, "is not started")
    };
    let mut page = format!(
        "{} {} {}\n",
        paint(STRONG, &safe(&view.plugin.name)),
        paint(style, word),
        paint(
            FAINT,
            &format!("under role {} of {}", safe(&view.role), safe(&view.policy.file))
        )
    );
    let indented = |text: &str| -> String {
        let lines = wrap(&safe(text), columns().saturating_sub(4));
        lines.iter().map(|line| format!("    {line}\n")).collect()
    };
    page.extend(view.reason.iter().map(|reason| indented(reason)));
    for permission in &view.granted {
        page.push_str(&format!("  {} {}\n", paint(GOOD, "holds  "), safe(permission)));
    }
    for refused in &view.refused {
        page.push_str(&format!(
            "  {} {}\n",
            paint(CAUTION, "refused"),
            safe(&refused.permission)
        ));
        page.push_str(&indented(&refused.needs));
    }
    page
}

fn line(view: &PluginView) -> String {
    let heading = format!(
        "{} {}",
        paint(STRONG, &format!("{:<16}", safe(&view.name))),
        safe(&view.version)
    );
    let digest = paint(
        FAINT,
        &format!(
            "{}, {} KiB, sha256 {}{}",
            view.world,
            view.bytes.div_ceil(1024),
            short(&view.component),
            view.pinned_as
                .as_ref()
                .map(|name| format!(", pinned as {}", safe(name)))
                .unwrap_or_default()
        ),
    );
    let summary: String = wrap(&safe(&view.summary), columns().saturating_sub(2))
        .iter()
        .map(|text| format!("  {text}\n"))
        .collect();
    format!("{heading}  {digest}\n{summary}")
}

fn page(view: &PluginView) -> String {
    let list = |names: &[String]| {
        if names.is_empty() {
            "nothing".to_owned()
        } else {
            safe(&names.join(", "))
        }
    };
    let mut page = String::new();
    for (name, text) in [
        ("name", safe(&view.name)),
        ("version", safe(&view.version)),
        ("summary", safe(&view.summary)),
        ("world", view.world.to_owned()),
        ("sha256", view.component.clone()),
        ("size", format!("{} bytes", view.bytes)),
        ("imports", list(&view.imports)),
        ("requires", list(&view.requires)),
        ("wants", list(&view.wants)),
    ] {
        for (index, part) in wrap(&text, columns().saturating_sub(10)).iter().enumerate() {
            let label = if index == 0 { name } else { "" };
            page.push_str(&format!("{} {part}\n", paint(FAINT, &format!("{label:<9}"))));
        }
    }
    page
}
