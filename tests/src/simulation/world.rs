//! What is outside of a driver: the log with its lease, the branch, the clock.

use std::collections::BTreeSet;
use std::sync::Arc;

use assize::event::{RunId, Step};
use assize::plan::Plan;
use assize_provenance::digest::Digest;

use super::Figures;
use super::model::Model;
use crate::dice::Dice;

pub(super) const BRANCH: &str = "refs/heads/main";
pub(super) const ACTOR: &str = "ada";

pub(super) struct World {
    pub(super) run: RunId,
    pub(super) plan: Arc<Plan>,
    pub(super) log: Vec<(u64, Step)>,
    /// The number of the lease that counts.
    pub(super) fence: u64,
    pub(super) now_ms: u64,
    pub(super) tip: String,
    pub(super) model: Model,
    pub(super) figures: Figures,
    /// How seldom something goes wrong: once in so many times that it could.
    pub(super) luck: usize,
    landed: BTreeSet<String>,
    drawn: u64,
}

/// An append that was refused: the lease is somebody else's.
pub(super) struct Fenced;

impl World {
    pub(super) fn new(plan: Plan, dice: &mut Dice) -> Result<Self, String> {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&dice.roll().to_be_bytes());
        let plan = Arc::new(plan);
        let mut world = Self {
            run: RunId::from_bytes(bytes),
            log: Vec::new(),
            fence: 0,
            now_ms: 1_000_000_000,
            tip: "c0".to_owned(),
            model: Model::new(Arc::clone(&plan)),
            figures: Figures::default(),
            luck: match (plan.tasks.len() > 100, dice.below(3)) {
                (true, _) => 500,
                (false, 0) => 1,
                (false, 1) => 5,
                (false, _) => 50,
            },
            landed: BTreeSet::new(),
            drawn: 0,
            plan,
        };
        let started = Step::Started {
            run: world.run,
            workflow: world.plan.workflow.clone(),
            plan: Digest::of(b"plan"),
            mode: world.plan.mode.name().to_owned(),
            base: world.tip.clone(),
            branch: BRANCH.to_owned(),
            policy: Digest::of(b"policy"),
            actor: ACTOR.to_owned(),
            at_ms: world.now_ms,
        };
        world.write(started)?;
        Ok(world)
    }

    /// The number that the next event gets. Events of other runs lie between.
    pub(super) fn next_number(&self) -> u64 {
        self.log.last().map_or(7, |(number, _)| number + 3)
    }

    /// Appends a step as the holder of a lease.
    pub(super) fn append(&mut self, fence: u64, step: Step) -> Result<Result<(), Fenced>, String> {
        if fence != self.fence {
            return Ok(Err(Fenced));
        }
        self.write(step).map(Ok)
    }

    /// Appends what somebody asks for: no lease is needed.
    pub(super) fn ask(&mut self, step: Step) -> Result<(), String> {
        self.write(step)
    }

    fn write(&mut self, step: Step) -> Result<(), String> {
        let number = self.next_number();
        self.model
            .see(number, &step)
            .map_err(|fault| format!("step {number}, {step:?}: {fault}"))?;
        match &step {
            Step::Answered { accepted: true, .. } => self.figures.accepted += 1,
            Step::Answered { .. } => self.figures.refused += 1,
            Step::Landed { .. } => self.figures.landed += 1,
            Step::AttemptStarted { task, .. } if task.starts_with("undo") => self.figures.undone += 1,
            Step::Ended { outcome, .. } => self.figures.succeeded = outcome == "success",
            _ => {}
        }
        self.log.push((number, step));
        Ok(())
    }

    pub(super) fn is_over(&self) -> bool {
        self.model.is_over()
    }

    /// Time goes on; sometimes it jumps. Others move the branch.
    pub(super) fn tick(&mut self, dice: &mut Dice, wild: bool) {
        self.now_ms += dice.roll() % 40;
        if wild && dice.once_in(150) {
            let jump = dice.roll() % 7_200_000;
            self.now_ms = if dice.once_in(2) {
                self.now_ms + jump
            } else {
                self.now_ms.saturating_sub(jump)
            };
        }
        if wild && dice.once_in(60) {
            self.tip = self.draw_commit();
        }
    }

    pub(super) fn draw_commit(&mut self) -> String {
        self.drawn += 1;
        format!("c{}", self.drawn)
    }

    pub(super) fn draw_digest(&mut self) -> Digest {
        self.drawn += 1;
        Digest::of(&self.drawn.to_be_bytes())
    }

    pub(super) fn draw_call(&mut self) -> RunId {
        self.drawn += 1;
        RunId::from_bytes(u128::from(self.drawn).to_be_bytes())
    }

    /// Moves the branch, as the holder of the lease. Tells whether the commit is on the branch now.
    pub(super) fn land(&mut self, task: usize, onto: &str, commit: &str) -> Result<bool, String> {
        // A driver that was killed between landing and telling.
        if self.landed.contains(commit) {
            return Ok(true);
        }
        if self.tip != onto {
            return Ok(false);
        }
        self.model.may_land(task, commit)?;
        commit.clone_into(&mut self.tip);
        self.landed.insert(commit.to_owned());
        Ok(true)
    }
}
