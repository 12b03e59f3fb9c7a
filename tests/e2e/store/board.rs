//! The board that agents share: what one does is done once, what waits goes on by itself, and what cannot be is refused.

use std::collections::{BTreeMap, BTreeSet};

use assize::plan::TaskState;
use assize::store::wake::Watcher;
use assize::store::{Act, Author, BoardRefusal, DecisionState, Proposal, Store, TASK_NEEDS_MAX, TaskDraft, VOTERS_MAX};
use assize_provenance::opinion::Vote;
use assize_tests::dice::Dice;
use assize_tests::happenings::{insist_on_soundness, moment, run};

use super::World;

fn act(store: &Store, agent: &str, act: Act) -> Result<u64, BoardRefusal> {
    act_as(store, agent, "developer", act)
}

fn act_as(store: &Store, agent: &str, role: &str, act: Act) -> Result<u64, BoardRefusal> {
    let author = Author {
        run: run(1),
        agent: agent.to_owned(),
        role: role.to_owned(),
    };
    store.board_act(moment(0), author, act).expect("the store holds")
}

fn create(store: &Store, needs: &[u64], parent: Option<u64>) -> Result<u64, BoardRefusal> {
    let draft = TaskDraft {
        title: "a task".to_owned(),
        description: "several\nlines".to_owned(),
        parent,
        needs: needs.to_vec(),
        ..TaskDraft::default()
    };
    act(store, "lead", Act::CreateTask(draft))
}

fn claim(store: &Store, agent: &str, task: u64) -> Result<u64, BoardRefusal> {
    act(store, agent, Act::ClaimTask { task, claimed_max: 100 })
}

fn complete(store: &Store, agent: &str, task: u64) -> Result<u64, BoardRefusal> {
    let output = format!("what came of {task}");
    act(store, agent, Act::CompleteTask { task, output })
}

fn fail(store: &Store, agent: &str, task: u64) -> Result<u64, BoardRefusal> {
    let reason = "it cannot be done".to_owned();
    act(store, agent, Act::FailTask { task, reason })
}

fn do_all(store: &Store, agent: &str, tasks: &[u64]) {
    for task in tasks {
        claim(store, agent, *task).expect("is ready");
        complete(store, agent, *task).expect("is its own");
    }
}

fn state(store: &Store, task: u64) -> TaskState {
    store.board_task(task).expect("reads").expect("is there").state
}

fn says(done: Result<u64, BoardRefusal>, words: &str) {
    let refusal = done.expect_err(words).to_string();
    assert!(refusal.contains(words), "{refusal}");
}

pub(super) fn of_twenty_who_claim_a_task_one_gets_it(world: &World) {
    let (one, other) = (world.open(), world.open());
    for _ in 0..5 {
        let task = create(&one, &[], None).expect("is created");
        let claimed: Vec<String> = std::thread::scope(|scope| {
            let claims: Vec<_> = (0..20)
                .map(|number| {
                    let store = if number % 2 == 0 { &one } else { &other };
                    scope.spawn(move || {
                        let agent = format!("agent-{number}");
                        claim(store, &agent, task).is_ok().then_some(agent)
                    })
                })
                .collect();
            claims
                .into_iter()
                .filter_map(|claim| claim.join().expect("ends"))
                .collect()
        });
        let holder = one.board_task(task).expect("reads").expect("is there").holder;
        assert_eq!(claimed, Vec::from_iter(holder));
    }
    insist_on_soundness(&one, "after claims at once");
}

/// Nothing looks again and again: what waits is ready in the moment in which the last thing that it needs is done, also where it
/// was never blocked before, and by the numbers by which it was told to wait.
pub(super) fn what_waits_for_a_task_goes_on_by_itself(world: &World) {
    let store = world.open();
    let design = create(&store, &[], None).expect("is created");
    let (build, test) = (create(&store, &[design], None), create(&store, &[design], None));
    let (build, test) = (build.expect("is created"), test.expect("is created"));
    let ship = create(&store, &[build, test, design], None).expect("is created");
    let states = |tasks: [u64; 4]| tasks.map(|task| state(&store, task));
    let all = [design, build, test, ship];
    use TaskState::{Pending, Ready, Success};
    assert_eq!(states(all), [Ready, Pending, Pending, Pending]);
    says(
        claim(&store, "one", build),
        "is pending: only what is ready can be claimed",
    );
    do_all(&store, "one", &[design]);
    assert_eq!(states(all), [Success, Ready, Ready, Pending]);
    do_all(&store, "two", &[test]);
    assert_eq!(states(all), [Success, Ready, Success, Pending]);
    do_all(&store, "one", &[build]);
    assert_eq!(states(all), [Success, Success, Success, Ready]);
    let late = create(&store, &[design, build], None).expect("is created");
    assert_eq!(
        state(&store, late),
        Ready,
        "everything it needs was done before it was created"
    );
    let done = store.board_task(test).expect("reads").expect("is there");
    assert_eq!(done.output, Some(format!("what came of {test}")));
    assert_eq!(done.draft.description, "several\nlines");
    insist_on_soundness(&store, "after a small plan");
}

pub(super) fn what_needs_a_task_that_failed_is_blocked_and_says_why(world: &World) {
    let store = world.open();
    let first = create(&store, &[], None).expect("is created");
    let second = create(&store, &[first], None).expect("is created");
    let third = create(&store, &[second], None).expect("is created");
    let other = create(&store, &[], None).expect("is created");
    claim(&store, "one", first).expect("is ready");
    fail(&store, "one", first).expect("is its own");
    let task = |id| store.board_task(id).expect("reads").expect("is there");
    assert_eq!(
        (task(first).state, task(first).reason.as_str()),
        (TaskState::Failed, "it cannot be done")
    );
    for id in [second, third] {
        assert_eq!(task(id).state, TaskState::Blocked);
        assert!(
            task(id).reason.contains(&format!("task {first} failed")),
            "{}",
            task(id).reason
        );
        says(claim(&store, "one", id), "is blocked");
    }
    let late = create(&store, &[other, third], None).expect("is created");
    assert_eq!(task(late).state, TaskState::Blocked);
    assert!(
        task(late).reason.contains(&format!("it needs task {third}")),
        "{}",
        task(late).reason
    );
    assert_eq!(task(other).state, TaskState::Ready);
    insist_on_soundness(&store, "after a failure");
}

pub(super) fn a_task_ends_after_its_parts(world: &World) {
    let store = world.open();
    let whole = create(&store, &[], None).expect("is created");
    let part = create(&store, &[], Some(whole)).expect("is created");
    let before = create(&store, &[], None).expect("is created");
    let behind = create(&store, &[whole], None).expect("is created");
    says(create(&store, &[whole], Some(whole)), "none of them would ever start");
    says(create(&store, &[behind], Some(whole)), "none of them would ever start");
    says(create(&store, &[behind], Some(part)), "none of them would ever start");
    let inner = create(&store, &[before], Some(part)).expect("needs nothing that waits for it");
    claim(&store, "one", whole).expect("is ready");
    claim(&store, "one", part).expect("is ready");
    says(
        complete(&store, "one", whole),
        &format!("task {part} is a part of task {whole}"),
    );
    says(complete(&store, "one", part), &format!("task {inner} is a part"));
    do_all(&store, "one", &[before, inner]);
    fail(&store, "one", part).expect("is its own");
    complete(&store, "one", whole).expect("its parts have come to an end");
    assert_eq!(state(&store, behind), TaskState::Ready);
    says(create(&store, &[], Some(whole)), "it gets no more parts");
    insist_on_soundness(&store, "after parts");
}

pub(super) fn a_task_is_done_by_who_may_and_holds_it(world: &World) {
    let store = world.open();
    let draft = |role: Option<&str>| TaskDraft {
        title: "a task".to_owned(),
        role: role.map(str::to_owned),
        ..TaskDraft::default()
    };
    let review = act(&store, "lead", Act::CreateTask(draft(Some("reviewer")))).expect("is created");
    let claim_it = Act::ClaimTask {
        task: review,
        claimed_max: 1,
    };
    says(
        act_as(&store, "one", "developer", claim_it.clone()),
        "is for the role `reviewer`",
    );
    act_as(&store, "two", "reviewer", claim_it.clone()).expect("holds the role");
    says(act_as(&store, "two", "reviewer", claim_it), "is running");
    let next = create(&store, &[], None).expect("is created");
    let second = Act::ClaimTask {
        task: next,
        claimed_max: 1,
    };
    says(act(&store, "two", second.clone()), "`claimed_tasks` is 1");
    says(complete(&store, "one", review), "another agent does task");
    says(fail(&store, "one", review), "another agent does task");
    says(complete(&store, "one", next), "nobody does it now");
    // Given to another, it is taken from who held it, who then comes too late.
    let give = |can_reassign| Act::AssignTask {
        task: review,
        to: "three".to_owned(),
        can_reassign,
    };
    says(act(&store, "lead", give(false)), "it stays with it");
    act(&store, "lead", give(true)).expect("may be given away");
    says(complete(&store, "two", review), "nobody does it now");
    act(&store, "two", second).expect("holds none any more");
    says(
        act_as(
            &store,
            "two",
            "reviewer",
            Act::ClaimTask {
                task: review,
                claimed_max: 9,
            },
        ),
        "given to the agent `three`",
    );
    act_as(
        &store,
        "three",
        "reviewer",
        Act::ClaimTask {
            task: review,
            claimed_max: 9,
        },
    )
    .expect("was given it");
    complete(&store, "three", review).expect("is its own");
    says(act(&store, "lead", give(true)), "has come to an end");
    let change = |task| Act::UpdateTask {
        task,
        title: Some("another title".to_owned()),
        description: None,
        priority: Some(-3),
    };
    says(act(&store, "lead", change(review)), "has come to an end");
    says(act(&store, "lead", change(999)), "there is no task 999");
    act(&store, "lead", change(next)).expect("is open");
    let changed = store.board_task(next).expect("reads").expect("is there");
    assert_eq!(
        (changed.draft.title.as_str(), changed.draft.priority),
        ("another title", -3)
    );
    assert_eq!(changed.draft.description, "several\nlines");
    let team = store.board_team(10).expect("reads");
    let team: Vec<_> = team
        .iter()
        .map(|member| (member.agent.as_str(), member.claimed_tasks))
        .collect();
    assert_eq!(team, [("two", 1)]);
    insist_on_soundness(&store, "after giving tasks away");
}

pub(super) fn messages_and_knowledge_are_kept_in_order(world: &World) {
    let store = world.open();
    let post = |topic: &str, body: &str, reply_to| {
        let (topic, body) = (topic.to_owned(), body.to_owned());
        act(&store, "one", Act::Post { topic, body, reply_to })
    };
    let first = post("plans", "first\n\u{1f980}", None).expect("is posted");
    post("other", "elsewhere", None).expect("is posted");
    let second = post("plans", "second", Some(first)).expect("is posted");
    says(post("other", "answer", Some(first)), "there is no message");
    says(post("", "nowhere", None), "the topic is empty");
    says(post("plans", &"x".repeat((64 << 10) + 1), None), "more than 64 KiB");
    let all = store.board_messages("plans", 0, 10).expect("reads");
    let all: Vec<_> = all
        .iter()
        .map(|said| (said.id, said.body.as_str(), said.reply_to))
        .collect();
    assert_eq!(
        all,
        [(first, "first\n\u{1f980}", None), (second, "second", Some(first))]
    );
    assert_eq!(store.board_messages("plans", first, 10).expect("reads").len(), 1);

    let (key, value) = ("build".to_owned(), "make".to_owned());
    let share = Act::Share {
        key: key.clone(),
        value,
    };
    let revise = |value: &str, expected| Act::Revise {
        key: key.clone(),
        value: value.to_owned(),
        expected,
    };
    says(act(&store, "one", revise("cargo", None)), "nothing is known");
    assert_eq!(act(&store, "one", share.clone()), Ok(1));
    says(act(&store, "two", share), "known under `build` already");
    assert_eq!(act(&store, "two", revise("cargo", Some(1))), Ok(2));
    says(act(&store, "one", revise("ninja", Some(1))), "has version 2");
    assert_eq!(act(&store, "one", revise("ninja", None)), Ok(3));
    let known = store.board_knowledge("build").expect("reads").expect("is there");
    assert_eq!(
        (known.version, known.value.as_str(), known.agent.as_str()),
        (3, "ninja", "one")
    );
    assert_eq!(store.board_knowledge("other").expect("reads"), None);
    insist_on_soundness(&store, "after talk");
}

fn propose(store: &Store, quorum: u64, threshold_percent: u64) -> Result<u64, BoardRefusal> {
    let proposal = Proposal {
        title: "ship it".to_owned(),
        body: "all of it".to_owned(),
        agents: ["one", "two", "three"].map(str::to_owned).to_vec(),
        roles: vec!["reviewer".to_owned()],
        quorum,
        threshold_percent,
    };
    act(store, "one", Act::Propose(proposal))
}

pub(super) fn votes_close_a_decision_by_themselves(world: &World) {
    let store = world.open();
    let vote = |agent: &str, role: &str, decision, vote| {
        let reason = "because".to_owned();
        act_as(&store, agent, role, Act::Vote { decision, vote, reason })
    };
    use Vote::{Abstain, Approve, Reject};
    for (threshold, votes, expected) in [
        (51, [Approve, Approve, Reject], DecisionState::Approved),
        (67, [Approve, Approve, Reject], DecisionState::Rejected),
        (50, [Approve, Abstain, Reject], DecisionState::Approved),
        (51, [Approve, Abstain, Reject], DecisionState::Rejected),
        (100, [Abstain, Approve, Abstain], DecisionState::Approved),
        (1, [Abstain, Abstain, Abstain], DecisionState::Rejected),
    ] {
        let decision = propose(&store, 3, threshold).expect("is proposed");
        says(vote("four", "developer", decision, Approve), "none of those who vote");
        says(
            vote("two", "developer", decision + 1000, Approve),
            "there is no decision",
        );
        vote("one", "developer", decision, votes[0]).expect("whoever proposes may vote");
        says(vote("one", "developer", decision, Reject), "has voted");
        vote("four", "reviewer", decision, votes[1]).expect("its role votes");
        let open = store.board_decision(decision).expect("reads").expect("is there");
        assert_eq!((open.state, open.ballots.len()), (DecisionState::Open, 2));
        vote("two", "developer", decision, votes[2]).expect("votes");
        let closed = store.board_decision(decision).expect("reads").expect("is there");
        assert_eq!(closed.state, expected, "{threshold} percent, {votes:?}");
        says(vote("three", "developer", decision, Approve), "is closed");
        assert_eq!(closed.proposal.agents, ["one", "three", "two"]);
        assert_eq!(closed.ballots[1], ("four".to_owned(), votes[1], "because".to_owned()));
    }
    for (quorum, threshold) in [(0, 50), (1, 0), (1, 101)] {
        says(propose(&store, quorum, threshold), "the quorum is at least 1");
    }
    let nobody = Proposal {
        title: "ship it".to_owned(),
        quorum: 1,
        threshold_percent: 50,
        ..Proposal::default()
    };
    says(act(&store, "one", Act::Propose(nobody.clone())), "nobody votes");
    let few = Proposal {
        agents: vec!["one".to_owned(), "one".to_owned()],
        quorum: 2,
        ..nobody
    };
    says(act(&store, "one", Act::Propose(few.clone())), "would never be full");
    let many = Proposal {
        agents: (0..=VOTERS_MAX).map(|number| format!("agent-{number}")).collect(),
        ..few
    };
    says(act(&store, "one", Act::Propose(many)), "are the most");
    insist_on_soundness(&store, "after votes");
}

pub(super) fn a_workflow_of_tasks_is_wanted_once(world: &World) {
    let store = world.open();
    let watcher = Watcher::of(&world.state_dir()).expect("listens");
    let first = create(&store, &[], None).expect("is created");
    let second = create(&store, &[first], None).expect("is created");
    let draft = |tasks: &[u64]| {
        let (name, tasks) = ("release".to_owned(), tasks.to_vec());
        act(&store, "lead", Act::DraftWorkflow { name, tasks })
    };
    says(draft(&[]), "at least one task");
    says(draft(&[first, first]), "twice");
    says(draft(&[first, 999]), "there is no task 999");
    let workflow = draft(&[first, second]).expect("is made");
    says(draft(&[second]), "belongs to workflow");
    assert_eq!(store.wanted_workflows(0, 10).expect("reads"), []);
    assert!(!watcher.rung().expect("looks"));
    let start = |workflow| act(&store, "lead", Act::StartWorkflow { workflow });
    says(start(999), "there is no workflow 999");
    let wanted = start(workflow).expect("is wanted");
    assert!(watcher.rung().expect("looks"), "who drives runs is woken");
    says(start(workflow), "started already");
    let all = store.wanted_workflows(0, 10).expect("reads");
    let [listed] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!(
        (listed.id, listed.name.as_str(), listed.wanted),
        (workflow, "release", Some(wanted))
    );
    assert_eq!(listed.tasks, [(first, TaskState::Ready), (second, TaskState::Pending)]);
    assert_eq!(store.wanted_workflows(wanted, 10).expect("reads"), []);
    says(
        act(
            &store,
            "one",
            Act::ClaimTask {
                task: first,
                claimed_max: 100,
            },
        ),
        "the host gives it to its agent",
    );
    let (task, to, can_reassign) = (first, "one".to_owned(), true);
    says(
        act(&store, "lead", Act::AssignTask { task, to, can_reassign }),
        "which was started",
    );
    let end = |task| {
        act(
            &store,
            "assize",
            Act::EndTask {
                task,
                end: Ok("done".to_owned()),
            },
        )
    };
    end(first).expect("the host says that it is done");
    says(end(first), "has come to an end");
    end(second).expect("the host says that it is done");
    let done = store.board_workflow(workflow).expect("reads").expect("is there");
    assert!(
        done.tasks.iter().all(|(_, state)| *state == TaskState::Success),
        "{done:?}"
    );
    insist_on_soundness(&store, "after a workflow");
}

pub(super) fn what_means_nothing_is_refused_on_the_board(world: &World) {
    let store = world.open();
    says(create(&store, &[7], None), "there is no task 7");
    says(create(&store, &[], Some(7)), "there is no task 7");
    let many: Vec<u64> = (0..=TASK_NEEDS_MAX as u64).collect();
    says(create(&store, &many, None), "are the most");
    for title in ["", "a\nb", "a\u{202e}b", &"x".repeat(257)] {
        let draft = TaskDraft {
            title: title.to_owned(),
            ..TaskDraft::default()
        };
        let refused = act(&store, "lead", Act::CreateTask(draft));
        assert!(
            matches!(refused, Err(BoardRefusal::Invalid(_))),
            "{title:?}: {refused:?}"
        );
    }
    assert_eq!(store.last_sequence().expect("reads"), 0);
    assert_eq!(store.board_tasks(None, 0, 10).expect("reads"), []);
}

/// What the dullest model says of one task.
#[derive(Debug, Clone)]
struct Simple {
    needs: Vec<u64>,
    holder: Option<String>,
    is_running: bool,
    end: Option<TaskState>,
}

/// Where a task stands, asked anew each time: no state is kept but what agents said.
fn expected(tasks: &BTreeMap<u64, Simple>, id: u64) -> TaskState {
    let task = &tasks[&id];
    if let Some(end) = task.end {
        return end;
    }
    if task.is_running {
        return TaskState::Running;
    }
    let needed: BTreeSet<TaskState> = task.needs.iter().map(|need| expected(tasks, *need)).collect();
    if needed.contains(&TaskState::Failed) || needed.contains(&TaskState::Blocked) {
        TaskState::Blocked
    } else if needed.iter().all(|state| *state == TaskState::Success) {
        TaskState::Ready
    } else {
        TaskState::Pending
    }
}

/// Graphs and histories by chance: every task stands where the model says, after every step, and nothing starts before
/// everything that it needs has succeeded.
#[test]
fn no_task_starts_before_what_it_needs_has_succeeded() {
    let mut dice = Dice::of("board");
    for history in 0..6 {
        let world = World::sqlite();
        let store = world.open();
        let mut tasks: BTreeMap<u64, Simple> = BTreeMap::new();
        for step in 0..120 {
            let ids: Vec<u64> = tasks.keys().copied().collect();
            let agent = format!("agent-{}", dice.below(3));
            if ids.is_empty() || dice.below(4) == 0 {
                let mut needs: Vec<u64> = ids.into_iter().filter(|_| dice.below(5) == 0).collect();
                needs.truncate(4);
                let id = create(&store, &needs, None).expect("is created");
                let simple = Simple {
                    needs,
                    holder: None,
                    is_running: false,
                    end: None,
                };
                tasks.insert(id, simple);
            } else {
                let id = ids[dice.below(ids.len())];
                let state = expected(&tasks, id);
                let task = tasks.get_mut(&id).expect("is known");
                let is_its = task.holder.as_ref().is_none_or(|holder| *holder == agent);
                match dice.below(8) {
                    0..3 => {
                        let claimed = claim(&store, &agent, id).is_ok();
                        assert_eq!(claimed, state == TaskState::Ready && is_its, "{id} {state}");
                        if claimed {
                            (task.holder, task.is_running) = (Some(agent), true);
                        }
                    }
                    3..7 => {
                        let fails = dice.below(6) == 0;
                        let ended = if fails {
                            fail(&store, &agent, id)
                        } else {
                            complete(&store, &agent, id)
                        };
                        assert_eq!(ended.is_ok(), task.is_running && is_its, "{id} {state}");
                        if ended.is_ok() {
                            let end = if fails { TaskState::Failed } else { TaskState::Success };
                            (task.is_running, task.end) = (false, Some(end));
                        }
                    }
                    _ => {
                        let give = Act::AssignTask {
                            task: id,
                            to: agent.clone(),
                            can_reassign: true,
                        };
                        let given = act(&store, "lead", give).is_ok();
                        assert_eq!(given, task.end.is_none());
                        if given {
                            (task.holder, task.is_running) = (Some(agent), false);
                        }
                    }
                }
            }
            for id in tasks.keys() {
                assert_eq!(
                    state(&store, *id),
                    expected(&tasks, *id),
                    "history {history}, step {step}: task {id}"
                );
            }
        }
        insist_on_soundness(&store, &format!("history {history}"));
    }
}
