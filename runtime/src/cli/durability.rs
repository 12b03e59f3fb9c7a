//! How safe what was recorded is, in words and as an exit code.

use super::audit::lines;
use super::output::safe;
use crate::app::Exit;
use crate::app::view::durability::DurabilityView;

/// The exit code of something that was to be so safe: its own, unless less was reached.
pub(super) fn insisted(exit: Exit, durability: Option<&DurabilityView>) -> Exit {
    let is_reached = durability.is_none_or(DurabilityView::is_reached);
    match exit {
        Exit::Yes | Exit::No | Exit::Undecided if !is_reached => Exit::Unwitnessed,
        exit => exit,
    }
}

/// The level that was reached, and what the witnesses said that did not cosign.
pub(super) fn words(view: &DurabilityView) -> Vec<String> {
    let mut words = vec![match (view.reached, view.needed) {
        ("durable", _) => "durable: on disk here, and in the log with the next seal".to_owned(),
        ("sealed", 0) => "sealed".to_owned(),
        (reached, needed) => {
            let witnesses = if needed == 1 { "witness" } else { "witnesses" };
            let verb = if view.vouching == 1 { "vouches" } else { "vouch" };
            format!(
                "{reached}: {} {verb} for it, and it takes {needed} {witnesses}",
                view.vouching
            )
        }
    }];
    for said in view.witnesses.iter().filter(|said| said.answer != "cosigned") {
        words.push(format!(
            "{}: {}",
            said.answer,
            safe(said.why.as_deref().unwrap_or_default())
        ));
        if let Some(fork) = &said.fork {
            words.push(format!(
                "the proof that the log is forked is kept in {}; `assize audit check-proof` checks it",
                safe(fork)
            ));
        }
    }
    if view.witnesses.iter().any(|said| said.answer == "unreachable") {
        words.push("whoever was away is asked again after the next seal, or by `assize audit witness ask`".to_owned());
    }
    words
}

/// The same as lines, where there is anything to say beside that it is sealed.
pub(super) fn indented(view: &DurabilityView, indent: &str) -> String {
    let mut page = String::new();
    if view.needed > 0 {
        for text in words(view) {
            lines(&mut page, indent, &text);
        }
    }
    page
}
