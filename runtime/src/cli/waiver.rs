//! `assize waiver`.

use super::args::{Format, WaiverVerb};
use super::output::{BAD, CAUTION, FAINT, GOOD, STRONG, columns, data, json, paint, safe, tell, wrap};
use super::unwritten;
use crate::app::view::WaiverView;
use crate::app::{App, Exit, Fault};

pub(super) fn run(app: &App, verb: &WaiverVerb) -> Result<Exit, Fault> {
    match verb {
        WaiverVerb::New { rule, paths, days } => {
            let path = app.new_waiver(rule, paths, *days)?;
            data(&format!("{}\n", path.display())).map_err(unwritten)?;
            tell("Fill in why and what keeps the harm small, let somebody else approve it, and land it on its own.");
            Ok(Exit::Yes)
        }
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
            let view = app.list_waivers()?;
            let mut page = String::new();
            for waiver in &view.waivers {
                for (line, message) in &waiver.problems {
                    let place = if *line == 0 { String::new() } else { format!(":{line}") };
                    page.push_str(&format!("{}{place}: {}\n", safe(&waiver.path), safe(message)));
                }
                if waiver.worth == "expired" {
                    page.push_str(&format!("{}: The waiver has expired; delete it.\n", safe(&waiver.path)));
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

fn listed(waiver: &WaiverView) -> String {
    let style = match waiver.worth {
        "in-force" => GOOD,
        "proposed" | "revoked" => CAUTION,
        _ => BAD,
    };
    let id = if waiver.id.is_empty() { &waiver.path } else { &waiver.id };
    let until = waiver.expires.as_deref().unwrap_or("no date");
    let mut text = format!(
        "{} {} {} {}\n",
        paint(STRONG, &format!("{:<8}", safe(id))),
        paint(style, &format!("{:<9}", waiver.worth)),
        safe(&waiver.rule),
        paint(FAINT, &format!("until {until}, unsigned")),
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
