//! The workflows that come with Assize for teams, with agents that do nothing in the places of those that a team appoints: every
//! one of them comes to its end, as wide as it is asked to be, with and without the tasks that may be left out.

use std::collections::BTreeSet;

use assize_provenance::opinion::Vote;
use assize_tests::bed::{Bed, Edit};
use assize_tests::guests;
use serde_json::Value;

use super::{ASSIZE, tasks};

/// What the templates call the agents that a team appoints.
const TEAM: &[&str] = &[
    "analyst",
    "architect",
    "data-engineer",
    "data-scientist",
    "developer",
    "editor",
    "fact-checker",
    "investigator",
    "lead",
    "operator",
    "publisher",
    "responder",
    "reviewer",
    "tester",
    "writer",
];

/// A repository whose policy appoints somebody who does nothing to every place.
fn team() -> Bed {
    let bed = Bed::new(ASSIZE);
    let mut policy = String::from(
        "version = 1\n[roles.judge]\nallow = [\"evidence.*\"]\n[roles.member]\nallow = [\"workspace.*\"]\n\
         [judges.one]\nplugin = \"judges/one.wasm\"\nrole = \"judge\"\n\
         [councils.default]\njudges = [\"one\"]\nquorum = 1\nrule = \"unanimous\"\n",
    );
    for name in TEAM {
        policy.push_str(&format!(
            "[agents.{name}]\nplugin = \"agents/idle.wasm\"\nrole = \"member\"\n"
        ));
    }
    let (idle, judge) = (guests::idle_agent(), guests::voting(Vote::Approve));
    bed.commit(
        "Begin",
        &[
            Edit::Write("agents/idle.wasm", &idle),
            Edit::Write("judges/one.wasm", &judge),
            Edit::Write(".assize/policy.toml", policy.as_bytes()),
        ],
    );
    bed
}

/// Runs a template to its end and gives the names of the tasks that succeeded. Those that only make good for others, and did not
/// have to, are left out.
fn done(bed: &Bed, template: &str, inputs: &[&str]) -> BTreeSet<String> {
    let mut arguments = vec!["run", template, "--format", "json"];
    for input in inputs {
        arguments.extend(["--input", input]);
    }
    let view = bed.assize(&arguments).expect(0).json();
    assert_eq!(view["outcome"], "success", "{view}");
    let tasks = tasks(&view).into_iter();
    tasks
        .filter(|(_, task)| task["state"] == "success")
        .map(|(name, task)| {
            let verdicts = task["verdicts"].as_array().into_iter().flatten();
            let mut decisions = verdicts.map(|verdict: &Value| &verdict["decision"]);
            assert!(decisions.all(|decision| decision == "approved"), "{name}: {task}");
            name
        })
        .collect()
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn software_is_developed_from_requirements_to_production_with_what_a_team_wants_of_it() {
    let bed = team();
    let always = [
        "requirements",
        "design",
        "backend",
        "frontend",
        "unit-tests",
        "review",
        "staging",
    ];
    let usual = done(&bed, "software-development", &["goal=a clock"]);
    assert_eq!(usual, names(&[&always[..], &["production"]].concat()));
    let careful = ["goal=a clock", "qa=true", "production=false"];
    let careful = done(&bed, "software-development", &careful);
    assert_eq!(careful, names(&[&always[..], &["qa"]].concat()));
}

#[test]
fn research_is_as_wide_as_it_is_asked_to_be() {
    let bed = team();
    let always = ["hypothesis", "investigate", "synthesize", "report"];
    let three = ["investigate-1", "investigate-2", "investigate-3"];
    let usual = done(&bed, "research", &["question=why", "investigators=3"]);
    assert_eq!(usual, names(&[&always[..], &three, &["peer-review"]].concat()));
    let short = ["question=why", "investigators=1", "peer-review=false"];
    let short = done(&bed, "research", &short);
    assert_eq!(short, names(&[&always[..], &three[..1]].concat()));
}

#[test]
fn an_incident_is_contained_mended_and_learnt_from() {
    let bed = team();
    let always = ["assess", "contain", "fix", "verify"];
    let usual = done(&bed, "incident-response", &["incident=it is down"]);
    assert_eq!(usual, names(&[&always[..], &["investigate", "postmortem"]].concat()));
    let hurried = ["incident=it is down", "investigate=false", "postmortem=false"];
    assert_eq!(done(&bed, "incident-response", &hurried), names(&always));
}

#[test]
fn a_text_is_written_edited_and_published() {
    let bed = team();
    let always = ["brainstorm", "draft", "edit", "publish"];
    let usual = done(&bed, "content", &["topic=clocks"]);
    assert_eq!(
        usual,
        names(&[&always[..], &["outline", "fact-check", "finalise"]].concat())
    );
    let short = ["topic=clocks", "outline=false", "fact-check=false"];
    assert_eq!(done(&bed, "content", &short), names(&always));
}

#[test]
fn models_are_trained_side_by_side_and_one_of_them_is_deployed() {
    let bed = team();
    let always = ["data", "train", "evaluate", "deploy"];
    let three = ["train-1", "train-2", "train-3"];
    let more = ["eda", "features", "review", "monitor"];
    let wide = ["data=here", "objective=good", "trials=3"];
    assert_eq!(
        done(&bed, "ml-model", &wide),
        names(&[&always[..], &three, &more].concat())
    );
    let narrow = [
        "data=here",
        "objective=good",
        "explore=false",
        "review=false",
        "monitor=false",
    ];
    let narrow = done(&bed, "ml-model", &narrow);
    assert_eq!(narrow, names(&[&always[..], &three[..1]].concat()));
}
