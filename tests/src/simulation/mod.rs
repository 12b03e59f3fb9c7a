//! Whole runs in memory: a plan by chance, a world in which everything that can happen does, and a model that watches.
//!
//! ```text
//! seed ─▶ plan ─▶ driver (State) ─▶ steps ─▶ log ─▶ model: is each step, and each action, what the rules say?
//!                    ▲   └── dies, is replaced, goes on without knowing that it was replaced
//!                    └── people who ask for things, a branch that others move, a clock that jumps
//! ```
//!
//! A seed decides everything. The model shares no code with what it watches: it keeps what happened to each task, and works
//! out anew where that leaves it.

mod driver;
mod model;
mod people;
mod plans;
mod story;
mod world;

use crate::dice::Dice;

use driver::{Driver, Turn};
use world::World;

/// What happened in a simulated run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// How many tasks the plan has.
    pub tasks: usize,
    /// How many steps were recorded.
    pub steps: usize,
    /// How many drivers were killed.
    pub kills: usize,
    /// How many drivers were replaced while they still worked.
    pub replaced: usize,
    /// How many appends of replaced drivers were refused.
    pub fenced: usize,
    /// How many requests were accepted, and refused.
    pub accepted: usize,
    /// How many requests were refused.
    pub refused: usize,
    /// How many changes landed.
    pub landed: usize,
    /// How many undoing tasks were started.
    pub undone: usize,
    /// Whether everything succeeded.
    pub succeeded: bool,
}

/// One run, decided by a seed.
///
/// # Errors
///
/// What went against the rules, in words.
pub fn simulate(seed: u64) -> Result<Figures, String> {
    let mut dice = Dice::seeded(seed);
    let plan = plans::draw(&mut dice);
    run(plan, &mut dice)
}

/// One run of a plan with so many tasks.
///
/// # Errors
///
/// What went against the rules, in words.
pub fn simulate_large(seed: u64, tasks: usize) -> Result<Figures, String> {
    let mut dice = Dice::seeded(seed);
    let plan = plans::draw_of(&mut dice, tasks);
    run(plan, &mut dice)
}

fn run(plan: assize::plan::Plan, dice: &mut Dice) -> Result<Figures, String> {
    let tasks = plan.tasks.len();
    let mut world = World::new(plan, dice)?;
    let mut driver = Driver::take_over(&mut world)?;
    let mut replaced: Option<Driver> = None;
    let wild = 20 + 12 * tasks.min(1_000);
    let most = 5_000 + 400 * tasks;
    for turn in 0..most {
        if world.is_over() {
            world.figures.tasks = tasks;
            world.figures.steps = world.log.len();
            return world.model.check_the_end().map(|()| world.figures);
        }
        world.tick(dice, turn < wild);
        if turn < wild {
            if dice.once_in(12 + tasks / 4) {
                people::ask_anything(&mut world, &driver.state, dice);
            }
            if dice.once_in(80) {
                world.figures.kills += 1;
                driver = driver.killed(&mut world)?;
            } else if dice.once_in(150) {
                world.figures.replaced += 1;
                let next = driver.killed_copy(&mut world)?;
                replaced = Some(std::mem::replace(&mut driver, next));
            }
        }
        if let Some(mut stale) = replaced.take() {
            match stale.turn(&mut world, dice)? {
                Turn::Fenced => world.figures.fenced += 1,
                Turn::Worked | Turn::Idle => replaced = Some(stale),
            }
        }
        match driver.turn(&mut world, dice)? {
            Turn::Worked => {}
            Turn::Fenced => return Err("the driver that holds the lease was refused".to_owned()),
            Turn::Idle => match driver.state.wake_at(world.now_ms) {
                Some(at_ms) => world.now_ms = at_ms,
                None => people::help(&mut world, &driver.state, dice)?,
            },
        }
    }
    Err(format!("the run does not come to its end within {most} turns"))
}
