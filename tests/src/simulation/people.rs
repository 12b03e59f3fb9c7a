//! People: they ask for anything at any time, and in the end they help.

use assize::event::Step;
use assize::plan::TaskState;
use assize::schedule::{Request, State};
use assize_provenance::digest::Digest;

use super::world::{ACTOR, World};
use crate::dice::Dice;

/// What was shown to somebody who looked elsewhere.
pub(super) fn something_else() -> Digest {
    Digest::of(b"something else")
}

/// Asks for something that may make no sense.
pub(super) fn ask_anything(world: &mut World, state: &State, dice: &mut Dice) {
    let request = Request::ALL[dice.below(Request::ALL.len())].name();
    let request = if dice.once_in(40) { "frobnicate" } else { request };
    let index = dice.below(world.plan.tasks.len());
    let name = &world.plan.tasks[index].name;
    let task = match dice.below(12) {
        0 => None,
        1 => Some("nobody".to_owned()),
        _ => Some(name.clone()),
    };
    // Cancelling a whole run ends most of what could happen in it.
    if request == "cancel" && task.is_none() && !dice.once_in(3 + world.plan.tasks.len()) {
        return;
    }
    let shown = match dice.below(4) {
        0 => Some(something_else()),
        1 => None,
        _ => state.shown(index),
    };
    let author = if dice.once_in(3) { ACTOR } else { "grace" };
    let text = if dice.once_in(5) { "" } else { "because" };
    ask(world, task, request, author, shown, text);
}

/// Helps a run that waits for people to come to its end.
///
/// # Errors
///
/// When it does not wait for people.
pub(super) fn help(world: &mut World, state: &State, dice: &mut Dice) -> Result<(), String> {
    let mut helped = false;
    if state.is_paused() {
        ask(world, None, "resume", "grace", None, "");
        helped = true;
    }
    for (index, view) in state.views().enumerate() {
        let name = Some(view.name.to_owned());
        match view.state {
            TaskState::Paused if !state.is_paused() => ask(world, name, "resume", "grace", None, ""),
            TaskState::Waiting => {
                let request = ["approve", "reject", "override", "retry"][dice.below(4)];
                ask(world, name, request, "grace", state.shown(index), "because");
            }
            _ => continue,
        }
        helped = true;
    }
    if helped {
        return Ok(());
    }
    let states: Vec<String> = state
        .views()
        .map(|view| format!("{} {}", view.name, view.state))
        .collect();
    Err(format!("nothing happens any more: {}", states.join(", ")))
}

fn ask(world: &mut World, task: Option<String>, request: &str, author: &str, shown: Option<Digest>, text: &str) {
    let step = Step::Asked {
        run: world.run,
        task,
        request: request.to_owned(),
        author: author.to_owned(),
        shown,
        text: text.to_owned(),
        signed: None,
        at_ms: world.now_ms,
    };
    world.ask(step).expect("anybody may ask");
}
