//! `assize hook`.

use std::io::Read as _;
use std::path::Path;

use super::args::{Format, HookRun, HookVerb};
use super::output::{BAD, CAUTION, FAINT, GOOD, STRONG, data, json, paint, safe, tell};
use super::review::{exit, human, short};
use super::unwritten;
use crate::app::view::hooks::{HooksView, PushView};
use crate::app::{App, Draft, Exit, Fault, PUSH_BYTES_MAX};
use crate::settings::CommitAhead;

pub(super) fn run(app: &App, verb: &HookVerb) -> Result<Exit, Fault> {
    let (view, format) = match verb {
        HookVerb::Install { format } => (app.install_hooks()?, format),
        HookVerb::Remove { format } => (app.remove_hooks()?, format),
        HookVerb::Status { format } => (app.hook_states()?, format),
        HookVerb::Run(HookRun::CommitMsg { message }) => return commit_msg(app, message),
        HookVerb::Run(HookRun::PrePush { remote, .. }) => return pre_push(app, remote),
    };
    match format {
        Format::Human => data(&page(&view)),
        Format::Json => json(&view),
    }
    .map_err(unwritten)?;
    let is_refused = view.hooks.iter().any(|hook| hook.state == "another");
    let is_question = matches!(verb, HookVerb::Status { .. });
    Ok(if is_refused && !is_question {
        Exit::No
    } else {
        Exit::Yes
    })
}

fn page(view: &HooksView) -> String {
    let mut page = String::new();
    for hook in &view.hooks {
        let style = match hook.state {
            "another" => CAUTION,
            "installed" | "was there" => GOOD,
            _ => FAINT,
        };
        let state = if hook.state == "another" {
            "not ours, left as it is"
        } else {
            hook.state
        };
        let name = paint(STRONG, &format!("{:<10}", hook.name));
        page.push_str(&format!(
            "{name} {}\n           {}\n",
            paint(style, state),
            safe(&hook.path)
        ));
        if let Some(chain) = &hook.chain {
            let place = match hook.name {
                "pre-push" => "before it reads standard input",
                _ => "after it has changed the message",
            };
            page.push_str(&format!(
                "           To let it ask Assize too, add this line to it, {place}:\n           {chain}\n"
            ));
        }
    }
    page.push_str(
        "Git looks elsewhere where your own configuration sets core.hooksPath: `git config core.hooksPath`.\n",
    );
    page
}

/// Asks for the commit that git is about to make. All of it is told on standard error: what git commits is no output of ours.
fn commit_msg(app: &App, message: &Path) -> Result<Exit, Fault> {
    let ahead = CommitAhead::told();
    let draft = Draft {
        message,
        index: ahead.index.as_deref(),
        is_edited: ahead.is_edited,
    };
    let view = app.decide_commit(draft, &mut |news| tell(news))?;
    if view.verdict == "approved" {
        tell(&format!("assize: {} (not recorded)", paint(GOOD, view.verdict)));
    } else {
        tell(&human(&view, false));
        tell("assize: nothing is committed. Mend the change, or commit it as it is with `git commit --no-verify`.");
    }
    Ok(exit(&view))
}

/// Asks for each range of a push. The first no ends it: git can only push all or nothing.
fn pre_push(app: &App, remote: &str) -> Result<Exit, Fault> {
    let mut input = Vec::new();
    let limit = (PUSH_BYTES_MAX as u64).saturating_add(1);
    std::io::stdin().take(limit).read_to_end(&mut input).map_err(unread)?;
    if input.len() > PUSH_BYTES_MAX {
        return Err(Fault::wrong(
            format!("git tells more than {PUSH_BYTES_MAX} bytes of this push"),
            "push fewer refs at a time",
        ));
    }
    for push in app.pushed(remote, &String::from_utf8_lossy(&input))? {
        let view = app.decide_push(&push, &mut |news| tell(&format!("{news}\n")))?;
        data(&told(&view)).map_err(unwritten)?;
        match view.verdict {
            "approved" => {}
            "rejected" => return Ok(blocked(Exit::No)),
            _ => return Ok(blocked(Exit::Undecided)),
        }
    }
    Ok(Exit::Yes)
}

fn unread(source: std::io::Error) -> Fault {
    Fault::Io {
        path: std::path::PathBuf::from("standard input"),
        source,
    }
}

fn blocked(exit: Exit) -> Exit {
    tell("assize: nothing is pushed. Mend the change, or push it as it is with `git push --no-verify`.");
    exit
}

/// One line for what passes; the whole review for what does not.
fn told(view: &PushView) -> String {
    let style = if view.verdict == "approved" { GOOD } else { BAD };
    let revision: Vec<&str> = view.revision.split("..").map(short).collect();
    let source = match view.entries.first() {
        Some(entry) => format!("entry {}", short(entry)),
        None => "not recorded".to_owned(),
    };
    let line = format!(
        "assize: {} {} {} ({source})\n",
        safe(&view.remote_ref),
        revision.join(".."),
        paint(style, view.verdict)
    );
    match &view.review {
        Some(review) if view.verdict != "approved" => format!("{}{line}", human(review, false)),
        _ => line,
    }
}
