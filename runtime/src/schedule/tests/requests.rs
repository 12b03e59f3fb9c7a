//! What people ask for.

use super::*;
use crate::schedule::{Asked, Confirmation, Request};

fn strict() -> Bench {
    let asks = Node {
        confirm: true,
        ..judged("a", &[])
    };
    let mut strict = plan(vec![asks, task("long", &[])]);
    strict.mode = Mode::Strict;
    let mut bench = Bench::new(strict);
    bench.start("long").changes("a", "c1");
    bench
}

#[test]
fn an_approval_counts_for_exactly_what_was_shown() {
    let mut bench = strict();
    bench.judge("a", "approved");
    assert_eq!(bench.view("a").waits, "for a person who approves or rejects it");
    let shown = bench.shown("a").expect("a verdict");
    for (wrong, reason) in [
        (
            None,
            "it does not say what was shown; look at the task and decide on that",
        ),
        (
            Some(digest("other")),
            "what was shown is not what waits now; look at the task again",
        ),
    ] {
        assert_eq!(bench.request(Some("a"), "approve", wrong, ""), Err(reason.to_owned()));
        assert_eq!(bench.is("a"), TaskState::Waiting);
    }
    bench
        .request(Some("a"), "approve", Some(shown), "")
        .expect("exactly that");
    bench.join("a", "tip", Some("c2")).judge("a", "approved");
    assert_ne!(bench.shown("a"), Some(shown));
    let stale = bench.request(Some("a"), "approve", Some(shown), "");
    assert!(stale.expect_err("another commit").contains("look at the task again"));
}

#[test]
fn an_approval_outlives_a_kill() {
    let mut bench = strict();
    bench.judge("a", "approved");
    let shown = bench.shown("a");
    let number = bench.ask(Some("a"), "approve", "grace", shown, "");
    bench.kill();
    let expected = Action::Answer {
        asked: number,
        accepted: true,
        reason: String::new(),
    };
    assert_eq!(bench.next().first(), Some(&expected));
}

#[test]
fn a_rejection_needs_a_reason_and_is_the_end_of_the_task() {
    let mut bench = strict();
    bench.judge("a", "approved");
    assert!(bench.request(Some("a"), "reject", None, " ").is_err());
    bench.request(Some("a"), "reject", None, "too large").expect("it waits");
    assert_eq!(bench.is("a"), TaskState::Failed);
    assert_eq!(bench.view("a").detail, "grace rejected it: too large");
}

#[test]
fn where_a_person_is_asked_a_person_decides_about_what_the_council_did_not_approve() {
    for decision in ["rejected", "undecided"] {
        let mut bench = strict();
        bench.judge("a", decision);
        assert_eq!(bench.is("a"), TaskState::Waiting, "{decision}");
        let shown = bench.shown("a");
        let approval = bench.request(Some("a"), "approve", shown, "");
        assert!(approval.expect_err("no approval of a council").contains("override it"));
        bench.request(Some("a"), "retry", None, "").expect("it waits");
        assert_eq!(bench.is("a"), TaskState::Ready);
    }
    let mut bench = Bench::new(plan(vec![judged("a", &[]), task("long", &[])]));
    bench.changes("a", "c1").judge("a", "rejected");
    assert_eq!(
        bench.is("a"),
        TaskState::Failed,
        "in a run that goes by itself, nobody is waited for"
    );
}

#[test]
fn an_override_is_the_verdict_of_somebody_else_and_lands_what_was_shown() {
    let mut bench = strict();
    bench.judge("a", "rejected");
    let shown = bench.shown("a");
    let number = bench.ask(Some("a"), "override", "ada", shown, "it is right");
    let actions = bench.next();
    let Some(Action::Answer {
        accepted: false,
        reason,
        ..
    }) = actions.first()
    else {
        panic!("the author may not override: {actions:?}")
    };
    assert!(reason.contains("submitted the run"), "{reason}");
    let answered = |asked, accepted, reason: &str| Step::Answered {
        run: RunId::from_bytes(RUN),
        asked,
        accepted,
        reason: reason.to_owned(),
        at_ms: 0,
    };
    bench.step(answered(number, false, reason));
    assert!(
        bench.request(Some("a"), "override", shown, "").is_err(),
        "a reason is needed"
    );
    assert!(bench.request(Some("a"), "override", None, "it is right").is_err());

    let forged = bench.judge_step("a", "default", "approved");
    assert!(bench.try_step(forged.clone()).is_err(), "nobody asks for it");
    let number = bench.ask(Some("a"), "override", "grace", shown, "it is right");
    let signs = Action::Override {
        asked: number,
        task: 0,
        attempt: 1,
        council: "default".to_owned(),
    };
    assert_eq!(bench.next(), std::slice::from_ref(&signs));
    assert!(
        bench.try_step(answered(number, true, "")).is_err(),
        "nothing was signed yet"
    );
    bench.kill();
    assert!(bench.next().contains(&signs), "a kill before the signature");
    bench.step(forged);
    assert!(bench.view("a").judgements.iter().all(|(_, said)| said.by_person));
    bench.kill();
    let done = Action::Answer {
        asked: number,
        accepted: true,
        reason: String::new(),
    };
    assert_eq!(bench.next(), [done], "an answer is given alone");
    let actions = bench.next();
    assert!(actions.contains(&Action::Land { task: 0, attempt: 1 }), "{actions:?}");
    assert!(
        bench.try_step(answered(number, false, "late")).is_err(),
        "it came about"
    );
    bench.step(answered(number, true, "")).land("a");
    assert_eq!(bench.is("a"), TaskState::Success);
}

#[test]
fn an_override_opens_the_gate_that_a_council_kept_shut() {
    let mut node = judged("a", &[]);
    node.councils.push("security".to_owned());
    let mut gated = task("b", &[]);
    gated.needs.push(Need {
        task: 0,
        gate: Some("security".to_owned()),
    });
    let mut bench = Bench::new(plan(vec![node, gated, task("long", &[])]));
    bench.start("long").changes("a", "c1").judge("a", "approved");
    let step = bench.judge_step("a", "security", "rejected");
    bench.step(step).land("a");
    assert_eq!(bench.is("b"), TaskState::Blocked);
    let shown = bench.shown("a");
    bench.ask(Some("a"), "override", "grace", shown, "it is safe");
    let step = bench.judge_step("a", "security", "approved");
    bench.step(step);
    assert_eq!(bench.is("b"), TaskState::Ready);
}

#[test]
fn what_makes_no_sense_is_refused_with_a_reason() {
    let mut bench = Bench::new(plan(vec![task("a", &[]), task("b", &[0])]));
    for (name, request, reason) in [
        (
            None,
            "frobnicate",
            "`frobnicate` is no request; ask for one of pause, resume, cancel",
        ),
        (None, "approve", "`approve` is about a task; name one"),
        (None, "resume", "the run is not paused"),
        (Some("nobody"), "pause", "this run has no task `nobody`"),
        (Some("a"), "resume", "the task is not paused"),
        (
            Some("a"),
            "approve",
            "the task is ready: it does not wait for a confirmation",
        ),
        (Some("a"), "reject", "the task is ready: it does not wait for a person"),
        (
            Some("b"),
            "retry",
            "the task is pending: only what failed or was cancelled is tried again",
        ),
        (Some("a"), "answer", "the answer is empty; say something"),
    ] {
        let refused = bench.request(name, request, None, "").expect_err(request);
        assert!(refused.starts_with(reason), "{refused}");
    }
    bench.request(None, "pause", None, "").expect("it runs");
    assert_eq!(
        bench.request(None, "pause", None, ""),
        Err("the run is paused already".to_owned())
    );
    let reason = bench
        .request(Some("a"), "resume", None, "")
        .expect_err("the run is paused");
    assert_eq!(reason, "not the task but the run is paused; resume the run");
}

#[test]
fn requests_are_answered_one_after_the_other() {
    let mut bench = Bench::new(plan(vec![task("a", &[])]));
    let first = bench.ask(None, "pause", "grace", None, "");
    let second = bench.ask(None, "pause", "grace", None, "");
    let answers: Vec<Action> = bench.next();
    assert!(matches!(answers.first(), Some(Action::Answer { asked, accepted: true, .. }) if *asked == first));
    let answered = |asked, accepted| Step::Answered {
        run: RunId::from_bytes(RUN),
        asked,
        accepted,
        reason: String::new(),
        at_ms: 0,
    };
    assert!(
        bench.try_step(answered(second, true)).is_err(),
        "the first one comes first"
    );
    bench.step(answered(first, true));
    assert!(bench.try_step(answered(second, true)).is_err(), "it is paused already");
    assert!(matches!(bench.next().first(), Some(Action::Answer { asked, accepted: false, .. }) if *asked == second));
}

#[test]
fn guidance_is_given_to_the_next_attempt_and_not_to_one_under_way() {
    let mut bench = Bench::new(plan(vec![retried(task("a", &[]), 2, &[Cause::Faulted])]));
    bench
        .request(Some("a"), "answer", None, "use tabs")
        .expect("it may be tried");
    assert_eq!(bench.view("a").guidance, ["use tabs"]);
    bench.start("a");
    bench
        .request(Some("a"), "answer", None, "no, spaces")
        .expect("it may be tried again");
    assert_eq!(bench.view("a").guidance, ["use tabs"]);
    bench.kill().start("a");
    assert_eq!(
        bench.view("a").guidance,
        ["use tabs"],
        "it goes on with what it was given"
    );
    bench.end("a", "faulted");
    bench.now_ms += 100;
    bench.start("a");
    assert_eq!(bench.view("a").guidance, ["use tabs", "no, spaces"]);
}

#[test]
fn a_request_decides_about_a_verdict_only_where_it_would_be_granted() {
    let mut bench = strict();
    let asks = |bench: &Bench, request: &str, shown: Option<Digest>, text: &str| {
        let step = Step::Asked {
            run: RunId::from_bytes(RUN),
            task: Some("a".to_owned()),
            request: request.to_owned(),
            author: "grace".to_owned(),
            shown,
            text: text.to_owned(),
            signed: None,
            at_ms: 0,
        };
        let asked = Asked::of(&step).expect("a request");
        let decision = bench.state.decided_by(&asked);
        decision.map(|decision| (decision.request, decision.council.to_owned(), decision.shown))
    };
    bench.judge("a", "approved");
    let shown = bench.shown("a");
    let about = |request| Some((request, "default".to_owned(), shown.expect("a verdict")));
    assert_eq!(asks(&bench, "approve", shown, ""), about(Request::Approve));
    assert_eq!(asks(&bench, "reject", None, "no"), about(Request::Reject));
    for (request, shown, text) in [
        ("approve", None, ""),
        ("approve", Some(digest("other")), ""),
        ("reject", None, " "),
        ("override", shown, "no"),
        ("retry", shown, ""),
    ] {
        assert_eq!(asks(&bench, request, shown, text), None, "{request}");
    }
    let mut bench = strict();
    bench.judge("a", "rejected");
    let shown = bench.shown("a");
    assert!(asks(&bench, "override", shown, "it is right").is_some());
    assert_eq!(asks(&bench, "reject", shown, "no"), None, "no council approved it");
}

#[test]
fn who_confirmed_a_change_and_what_they_signed_is_told_until_there_is_another_change() {
    let mut bench = strict();
    bench.judge("a", "approved");
    let shown = bench.shown("a");
    bench.request(Some("a"), "approve", shown, "").expect("exactly that");
    let confirmed = Confirmation {
        person: "grace".to_owned(),
        is_approved: true,
        signed: None,
    };
    assert_eq!(bench.view("a").confirmation, Some(&confirmed));
    bench.join("a", "tip", Some("c2"));
    assert_eq!(bench.view("a").confirmation, None);
    bench.judge("a", "approved");
    bench.request(Some("a"), "reject", None, "too large").expect("it waits");
    let refused = bench.view("a").confirmation.map(|said| said.is_approved);
    assert_eq!(refused, Some(false));
}
