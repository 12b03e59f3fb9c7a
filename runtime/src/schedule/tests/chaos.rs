//! Any steps in any order.

use super::super::Request;
use super::super::task::{Phase, Place, Standing};
use super::*;

/// Numbers that a seed decides (SplitMix64, by Steele, Lea and Flood, 2014).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(bound).expect("a size")).expect("below a size")
    }

    fn one(&mut self, of: &[&str]) -> String {
        of[self.below(of.len())].to_owned()
    }
}

const NAMES: &[&str] = &["a", "b", "c", "d", "undo", "nobody"];
const COMMITS: &[&str] = &["base", "c1", "c2", "tip"];

fn shapes() -> Plan {
    let mut b = retried(judged("b", &[0]), 3, Cause::ALL);
    b.confirm = true;
    b.councils.push("security".to_owned());
    b.key = Some("changelog".to_owned());
    let mut c = judged("c", &[]);
    c.key = Some("changelog".to_owned());
    c.needs.push(Need {
        task: 1,
        gate: Some("security".to_owned()),
    });
    let mut d = task("d", &[0, 2]);
    d.work = Work::Join;
    let undo = Node {
        is_undo: true,
        ..judged("undo", &[])
    };
    let mut a = judged("a", &[]);
    a.undo = Some(4);
    let mut shapes = plan(vec![a, b, c, d, undo]);
    shapes.mode = Mode::Strict;
    shapes.concurrency = 2;
    shapes.timeout_seconds = Some(5);
    shapes
}

fn any_request(bench: &Bench, dice: &mut Dice, name: &str, at_ms: u64) -> Step {
    Step::Asked {
        run: RunId::from_bytes(RUN),
        task: (dice.below(5) > 0).then(|| name.to_owned()),
        request: Request::ALL[dice.below(Request::ALL.len())].name().to_owned(),
        author: "grace".to_owned(),
        shown: bench.state.task_named(name).and_then(|task| bench.state.shown(task)),
        text: "because".to_owned(),
        signed: None,
        at_ms,
    }
}

fn any_attempt(dice: &mut Dice, run: RunId, task: String, attempt: u64, at_ms: u64) -> Step {
    match dice.below(2) {
        0 => Step::AttemptStarted {
            run,
            task,
            attempt,
            call: RunId::from_bytes([u8::try_from(dice.below(2)).expect("small"); 16]),
            base: dice.one(&COMMITS[..2]),
            at_ms,
        },
        _ => Step::AttemptEnded {
            run,
            task,
            attempt,
            outcome: dice.one(&[
                "finished", "finished", "stopped", "faulted", "rejected", "conflict", "lost",
            ]),
            detail: String::new(),
            output: None,
            commit: (dice.below(3) > 0).then(|| dice.one(COMMITS)),
            at_ms,
        },
    }
}

fn any_step(bench: &Bench, dice: &mut Dice) -> Step {
    let run = RunId::from_bytes(if dice.below(50) == 0 { [9; 16] } else { RUN });
    let name = dice.one(NAMES);
    let known = bench.state.task_named(&name).and_then(|task| bench.state.view(task));
    let attempt = known.map_or(0, |view| view.attempt) + u64::try_from(dice.below(2)).expect("small");
    let at_ms =
        1_000 + u64::try_from(dice.below(6_000)).expect("small") / u64::try_from(1 + dice.below(9)).expect("small");
    let task = name.clone();
    match dice.below(10) {
        0 => bench.steps[0].1.clone(),
        1..=4 => any_attempt(dice, run, task, attempt, at_ms),
        5 => Step::Judged {
            run,
            task,
            attempt,
            council: dice.one(&["default", "default", "security", "nobody"]),
            decision: dice.one(&["approved", "approved", "rejected", "undecided", "perhaps"]),
            commit: dice.one(COMMITS),
            case: digest("case"),
            entry: digest("entry"),
            at_ms,
        },
        6 => Step::Joined {
            run,
            task,
            attempt,
            onto: "tip".to_owned(),
            commit: (dice.below(3) > 0).then(|| dice.one(COMMITS)),
            detail: String::new(),
            at_ms,
        },
        7 => Step::Landed {
            run,
            task,
            branch: "refs/heads/main".to_owned(),
            commit: dice.one(COMMITS),
            at_ms,
        },
        8 => any_request(bench, dice, &name, at_ms),
        _ if dice.below(40) == 0 => Step::Ended {
            run,
            outcome: dice.one(&["success", "failed", "cancelled", "lost"]),
            detail: String::new(),
            at_ms,
        },
        _ => Step::Answered {
            run,
            asked: bench.state.asked.first_key_value().map_or(0, |(number, _)| *number),
            accepted: dice.below(2) == 0,
            reason: String::new(),
            at_ms,
        },
    }
}

/// Every list and every count is what the tasks themselves say.
fn assert_consistent(state: &State) {
    let places: Vec<Place> = (0..state.tasks.len())
        .map(|index| state.place(index).expect("a task"))
        .collect();
    let all = |select: &dyn Fn(&Place) -> bool| -> Vec<usize> {
        (0..places.len()).filter(|index| select(&places[*index])).collect()
    };
    let listed = |list: &std::collections::BTreeSet<usize>| list.iter().copied().collect::<Vec<_>>();
    assert_eq!(listed(&state.joins), all(&|place| place.join));
    assert_eq!(listed(&state.worn_out), all(&|place| place.abandon));
    assert_eq!(listed(&state.judging), all(&|place| place.judge));
    assert_eq!(listed(&state.stopping), all(&|place| place.stop));
    assert_eq!(listed(&state.active), all(&|place| place.active));
    assert_eq!(state.landing.len(), all(&|place| place.land.is_some()).len());
    assert_eq!(state.due.len(), all(&|place| place.timer.is_some()).len());
    assert_eq!(state.since.len(), state.due.len());
    assert_eq!(state.slots, all(&|place| place.slot).len());
    assert_eq!(state.starting, all(&|place| place.starting).len());
    let held = all(&|place| place.key)
        .into_iter()
        .filter(|index| state.plan.tasks[*index].key.is_some())
        .count();
    assert_eq!(usize::try_from(state.keys.taken("changelog")).expect("small"), held);
    let regular = |standing| {
        let stands = |index: &usize| places[*index].standing == standing && !state.plan.tasks[*index].is_undo;
        (0..places.len()).filter(stands).count()
    };
    assert_eq!(state.unsettled, regular(Standing::Open));
    assert_eq!(state.failed, regular(Standing::Failed));
    assert_eq!(state.cancelled_tasks, regular(Standing::Cancelled));
    assert_eq!(state.blocked, regular(Standing::Blocked));
    for (index, task) in state
        .tasks
        .iter()
        .enumerate()
        .filter(|(index, _)| !state.plan.tasks[*index].is_undo)
    {
        let needs = &state.plan.tasks[index].needs;
        let met = |need: &&Need| {
            let success = state.tasks[need.task].phase == Phase::Success;
            success && state.gate_is_open(need.task, need.gate.as_deref())
        };
        assert_eq!(
            task.missing,
            needs.len() - needs.iter().filter(met).count(),
            "task {index}"
        );
    }
}

#[test]
fn any_steps_in_any_order_are_taken_or_refused_and_nothing_else() {
    let (mut taken, mut refused, mut ended) = (0, 0, 0);
    for seed in 0..200 {
        let mut dice = Dice(seed);
        let mut bench = Bench::new(shapes());
        for _ in 0..400 {
            let step = any_step(&bench, &mut dice);
            let before = (dice.below(16) == 0).then(|| format!("{:?}", bench.state));
            match (bench.try_step(step), before) {
                (Ok(()), _) => taken += 1,
                (Err(_), None) => refused += 1,
                (Err(_), Some(before)) => {
                    refused += 1;
                    assert_eq!(format!("{:?}", bench.state), before, "a refused step changed something");
                }
            }
            if dice.below(8) == 0 {
                bench.now_ms = 1_000 + u64::try_from(dice.below(5_500)).expect("small");
                bench.next();
                assert!(
                    bench
                        .state
                        .wake_at(bench.now_ms)
                        .is_none_or(|at_ms| at_ms > bench.now_ms)
                );
            }
            if dice.below(60) == 0 {
                bench.kill();
            }
            assert_consistent(&bench.state);
            bench.state.views().for_each(|view| assert!(view.waits.len() < 200));
        }
        ended += usize::from(bench.state.ended().is_some());
    }
    assert!(
        taken > 10_000 && refused > 10_000 && ended > 10,
        "{taken} taken, {refused} refused, {ended} ended"
    );
}
