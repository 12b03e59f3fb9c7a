//! A driver: holds a state, does what it says, and writes down what came of it.

use std::sync::Arc;

use assize::event::{RunId, Step};
use assize::plan::Work;
use assize::schedule::{Action, FINISHED, STOPPED, State};

use super::world::{BRANCH, World};
use crate::dice::Dice;

pub(super) struct Driver {
    fence: u64,
    pub(super) state: State,
    hand: Vec<Held>,
}

/// What a driver has in hand.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Held {
    /// Something that is still to be begun.
    Todo(Action),
    /// An agent at work.
    Agent { task: usize, attempt: u64 },
}

/// What came of a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    Worked,
    Idle,
    /// An append was refused: another driver holds the lease.
    Fenced,
}

impl Driver {
    /// Takes the lease, reads the log, goes on.
    pub(super) fn take_over(world: &mut World) -> Result<Self, String> {
        world.fence += 1;
        let mut state = replayed(world)?;
        state.recover();
        world.model.all_agents_are_gone();
        Ok(Self {
            fence: world.fence,
            state,
            hand: Vec::new(),
        })
    }

    /// A kill: nothing is left of the driver, and its successor knows what it knew.
    pub(super) fn killed(self, world: &mut World) -> Result<Self, String> {
        self.killed_copy(world)
    }

    /// A successor that knows what this driver knew.
    pub(super) fn killed_copy(&self, world: &mut World) -> Result<Self, String> {
        let next = Self::take_over(world)?;
        let (mut ours, mut theirs) = (self.state.clone(), next.state.clone());
        catch_up(&mut ours, world)?;
        ours.recover();
        let (did, does) = (ours.next(world.now_ms), theirs.next(world.now_ms));
        if did != does {
            return Err(format!("after a restart {does:?} is done instead of {did:?}"));
        }
        let differs = |(ours, theirs): &(_, _)| ours != theirs;
        if let Some((ours, theirs)) = ours.views().zip(theirs.views()).find(differs) {
            return Err(format!("after a restart there is {theirs:?} instead of {ours:?}"));
        }
        Ok(next)
    }

    pub(super) fn turn(&mut self, world: &mut World, dice: &mut Dice) -> Result<Turn, String> {
        let holds_lease = self.fence == world.fence;
        if holds_lease {
            catch_up(&mut self.state, world)?;
            world.model.compare(&self.state, world.now_ms)?;
            let actions = self.state.next(world.now_ms);
            world
                .model
                .check_actions(&actions, world.now_ms)
                .map_err(|fault| format!("{fault}, in {actions:?}"))?;
            for action in actions {
                let held = Held::Todo(action);
                // The others may be in hand from before something came in between, and are given anew.
                let once = matches!(
                    held,
                    Held::Todo(Action::Judge { .. } | Action::Land { .. } | Action::Abandon { .. })
                );
                if once && self.hand.contains(&held) {
                    return Err(format!("{held:?} was given twice"));
                }
                self.hand.push(held);
            }
        }
        if self.hand.is_empty() {
            return Ok(Turn::Idle);
        }
        let held = self.hand.swap_remove(dice.below(self.hand.len()));
        match held {
            Held::Agent { task, attempt } => self.end_attempt(world, dice, task, attempt),
            Held::Todo(action) => self.act(world, dice, action),
        }
    }

    fn act(&mut self, world: &mut World, dice: &mut Dice, action: Action) -> Result<Turn, String> {
        let (run, at_ms) = (world.run, world.now_ms);
        if !self.state.is_due(&action) {
            return Ok(Turn::Worked);
        }
        match action {
            Action::Start { task, attempt, again } => self.start(world, task, attempt, again),
            Action::Abandon { task, attempt, .. } => self.ended(world, task, attempt, "broken"),
            Action::Judge { task, council, .. } => {
                let decision = match dice.below(4) {
                    _ if !dice.once_in(world.luck) => "approved",
                    0 => "rejected",
                    1 => "undecided",
                    _ => "approved",
                };
                self.judged(world, task, council, decision)
            }
            Action::Land { task, .. } => self.land(world, dice, task),
            Action::Stop { task, attempt } => self.stop(world, dice, task, attempt),
            Action::Answer {
                asked,
                accepted,
                reason,
            } => self.write(
                world,
                Step::Answered {
                    run,
                    asked,
                    accepted,
                    reason,
                    at_ms,
                },
            ),
            Action::Override {
                asked, task, council, ..
            } => {
                if dice.once_in(5) {
                    let reason = "no key".to_owned();
                    let accepted = false;
                    return self.write(
                        world,
                        Step::Answered {
                            run,
                            asked,
                            accepted,
                            reason,
                            at_ms,
                        },
                    );
                }
                self.judged(world, task, council, "approved")
            }
            Action::End { outcome, detail } => self.write(
                world,
                Step::Ended {
                    run,
                    outcome,
                    detail,
                    at_ms,
                },
            ),
        }
    }

    fn start(&mut self, world: &mut World, task: usize, attempt: u64, again: bool) -> Result<Turn, String> {
        let is_join = self.state.plan().tasks[task].work == Work::Join;
        let view = self.state.view(task).ok_or("no such task")?;
        let (call, base) = match (again, is_join) {
            (true, _) => (view.call, view.base.to_owned()),
            (false, true) => (RunId::from_bytes([0; 16]), world.tip.clone()),
            (false, false) => (world.draw_call(), world.tip.clone()),
        };
        let step = Step::AttemptStarted {
            run: world.run,
            task: view.name.to_owned(),
            attempt,
            call,
            base,
            at_ms: world.now_ms,
        };
        let before = world.log.len();
        let turn = self.write(world, step)?;
        if turn == Turn::Worked && world.log.len() > before {
            self.hand.push(Held::Agent { task, attempt });
        }
        Ok(turn)
    }

    fn end_attempt(&mut self, world: &mut World, dice: &mut Dice, task: usize, attempt: u64) -> Result<Turn, String> {
        let node = &self.state.plan().tasks[task];
        if node.work == Work::Join {
            return self.finished(world, task, attempt, None);
        }
        let goes_well = !dice.once_in(world.luck);
        match dice.below(12) {
            0..=2 if goes_well => self.finished(world, task, attempt, None),
            0 => self.ended(world, task, attempt, "faulted"),
            1 => self.ended(world, task, attempt, "broken"),
            2 => self.ended(world, task, attempt, "timed-out"),
            3 | 4 => self.finished(world, task, attempt, None),
            _ => {
                let commit = world.draw_commit();
                self.finished(world, task, attempt, Some(commit))
            }
        }
    }

    fn finished(
        &mut self,
        world: &mut World,
        task: usize,
        attempt: u64,
        commit: Option<String>,
    ) -> Result<Turn, String> {
        let step = Step::AttemptEnded {
            run: world.run,
            task: self.name(task),
            attempt,
            outcome: FINISHED.to_owned(),
            detail: "done".to_owned(),
            output: None,
            commit,
            at_ms: world.now_ms,
        };
        self.write(world, step)
    }

    fn ended(&mut self, world: &mut World, task: usize, attempt: u64, outcome: &str) -> Result<Turn, String> {
        let step = Step::AttemptEnded {
            run: world.run,
            task: self.name(task),
            attempt,
            outcome: outcome.to_owned(),
            detail: format!("it {outcome}"),
            output: None,
            commit: None,
            at_ms: world.now_ms,
        };
        self.write(world, step)
    }

    fn judged(&mut self, world: &mut World, task: usize, council: String, decision: &str) -> Result<Turn, String> {
        let view = self.state.view(task).ok_or("no such task")?;
        let step = Step::Judged {
            run: world.run,
            task: view.name.to_owned(),
            attempt: view.attempt,
            council,
            decision: decision.to_owned(),
            commit: view.commit.unwrap_or_default().to_owned(),
            case: world.draw_digest(),
            entry: world.draw_digest(),
            at_ms: world.now_ms,
        };
        self.write(world, step)
    }

    fn land(&mut self, world: &mut World, dice: &mut Dice, task: usize) -> Result<Turn, String> {
        // The lease is looked at in the transaction that moves the branch.
        if self.fence != world.fence {
            return Ok(Turn::Fenced);
        }
        let view = self.state.view(task).ok_or("no such task")?;
        let (name, attempt) = (view.name.to_owned(), view.attempt);
        let commit = view.commit.unwrap_or_default().to_owned();
        let step = if world.land(task, view.onto, &commit)? {
            // A kill between landing and telling: the next driver does it again.
            if dice.once_in(30) {
                world.figures.kills += 1;
                *self = self.killed_copy(world)?;
                return Ok(Turn::Worked);
            }
            Step::Landed {
                run: world.run,
                task: name,
                branch: BRANCH.to_owned(),
                commit,
                at_ms: world.now_ms,
            }
        } else {
            let joined = (!dice.once_in(6 * world.luck)).then(|| world.draw_commit());
            Step::Joined {
                run: world.run,
                task: name,
                attempt,
                onto: world.tip.clone(),
                commit: joined,
                detail: "they do not go together".to_owned(),
                at_ms: world.now_ms,
            }
        };
        self.write(world, step)
    }

    fn stop(&mut self, world: &mut World, dice: &mut Dice, task: usize, attempt: u64) -> Result<Turn, String> {
        if dice.once_in(4) {
            // It takes a while, and what is under way may end by itself before.
            self.hand.push(Held::Todo(Action::Stop { task, attempt }));
            return Ok(Turn::Worked);
        }
        self.hand.retain(|held| match held {
            Held::Agent { task: other, .. } => *other != task,
            Held::Todo(Action::Judge { task: other, .. } | Action::Land { task: other, .. }) => *other != task,
            Held::Todo(_) => true,
        });
        self.ended(world, task, attempt, STOPPED)
    }

    fn name(&self, task: usize) -> String {
        self.state.plan().tasks[task].name.clone()
    }

    /// Writes down what happened, unless what happened meanwhile made it pointless.
    fn write(&mut self, world: &mut World, step: Step) -> Result<Turn, String> {
        if self.fence != world.fence {
            return match world.append(self.fence, step)? {
                Err(_) => Ok(Turn::Fenced),
                Ok(()) => Err("a replaced driver could append".to_owned()),
            };
        }
        catch_up(&mut self.state, world)?;
        let number = world.next_number();
        if let Err(illegal) = self.state.allows(number, &step) {
            return world
                .model
                .may_drop(&step)
                .map(|()| Turn::Worked)
                .map_err(|fault| format!("{fault}: {illegal}, for {step:?}"));
        }
        match world.append(self.fence, step.clone())? {
            Err(_) => return Ok(Turn::Fenced),
            Ok(()) => {}
        }
        self.state
            .apply(number, &step)
            .map_err(|illegal| format!("{illegal}, for {step:?}"))?;
        world.model.compare(&self.state, world.now_ms)?;
        Ok(Turn::Worked)
    }
}

/// The state that follows from the log.
fn replayed(world: &World) -> Result<State, String> {
    let mut steps = world.log.iter();
    let (number, started) = steps.next().ok_or("the log is empty")?;
    let mut state = State::open(*number, started, Arc::clone(&world.plan)).map_err(|illegal| illegal.to_string())?;
    for (number, step) in steps {
        state
            .apply(*number, step)
            .map_err(|illegal| format!("the log cannot be read again: {illegal}, for {step:?}"))?;
    }
    Ok(state)
}

/// Takes in what others appended.
fn catch_up(state: &mut State, world: &World) -> Result<(), String> {
    let known = world.log.partition_point(|(number, _)| *number <= state.newest());
    for (number, step) in &world.log[known..] {
        state
            .apply(*number, step)
            .map_err(|illegal| format!("{illegal}, for {step:?}"))?;
    }
    Ok(())
}
