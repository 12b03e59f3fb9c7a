//! `assize plugin`.

use super::args::{Format, PluginVerb};
use super::output::{FAINT, STRONG, columns, data, json, paint, safe, wrap};
use super::review::short;
use super::unwritten;
use crate::app::view::PluginView;
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
    }
    .map_err(unwritten)?;
    Ok(Exit::Yes)
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
            "judge, {} KiB, sha256 {}",
            view.bytes.div_ceil(1024),
            short(&view.component)
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
