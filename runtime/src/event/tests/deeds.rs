//! One deed of each kind, with its stored form. These never change.

use assize_provenance::digest::Digest;

use super::RUN;
use crate::event::{Deed, Event};

/// Deeds and their stored form, in which `DIGEST` stands for the digest.
fn deeds(digest: Digest) -> Vec<(Deed, &'static str)> {
    let mut deeds = tasks(digest);
    deeds.extend([
        (
            Deed::MessagePosted {
                topic: "plans".to_owned(),
                body: digest,
                reply_to: Some(7),
            },
            r#""body":"DIGEST","did":"message-posted","reply_to":7,"topic":"plans""#,
        ),
        (
            Deed::KnowledgeSet {
                key: "build".to_owned(),
                version: 2,
                value: digest,
            },
            r#""did":"knowledge-set","key":"build","value":"DIGEST","version":2"#,
        ),
        (
            Deed::DecisionProposed {
                title: "ship it".to_owned(),
                body: digest,
                agents: vec!["one".to_owned(), "two".to_owned()],
                roles: Vec::new(),
                quorum: 2,
                threshold_percent: 51,
            },
            r#""agents":["one","two"],"body":"DIGEST","did":"decision-proposed","quorum":2,"roles":[],"threshold_percent":51,"title":"ship it""#,
        ),
        (
            Deed::Voted {
                decision: 9,
                vote: "abstain".to_owned(),
                reason: String::new(),
            },
            r#""decision":9,"did":"voted","reason":"","vote":"abstain""#,
        ),
        (
            Deed::WorkflowDrafted {
                name: "release".to_owned(),
                tasks: vec![3, 4],
            },
            r#""did":"workflow-drafted","name":"release","tasks":[3,4]"#,
        ),
        (
            Deed::WorkflowWanted { workflow: 5 },
            r#""did":"workflow-wanted","workflow":5"#,
        ),
        (
            Deed::StatusSaid {
                text: "at work".to_owned(),
            },
            r#""did":"status-said","text":"at work""#,
        ),
    ]);
    deeds
}

fn tasks(digest: Digest) -> Vec<(Deed, &'static str)> {
    vec![
        (
            Deed::TaskCreated {
                title: "a task".to_owned(),
                description: digest,
                task_type: Some("test".to_owned()),
                role: None,
                priority: -3,
                parent: Some(1),
                needs: vec![2, 3],
            },
            r#""description":"DIGEST","did":"task-created","needs":[2,3],"parent":1,"priority":-3,"task_type":"test","title":"a task""#,
        ),
        (Deed::TaskClaimed { task: 4 }, r#""did":"task-claimed","task":4"#),
        (
            Deed::TaskCompleted {
                task: 4,
                output: digest,
            },
            r#""did":"task-completed","output":"DIGEST","task":4"#,
        ),
        (
            Deed::TaskFailed {
                task: 4,
                reason: "no".to_owned(),
            },
            r#""did":"task-failed","reason":"no","task":4"#,
        ),
        (
            Deed::TaskUpdated {
                task: 4,
                title: None,
                description: Some(digest),
                priority: Some(5),
            },
            r#""description":"DIGEST","did":"task-updated","priority":5,"task":4"#,
        ),
        (
            Deed::TaskAssigned {
                task: 4,
                to: "two".to_owned(),
            },
            r#""did":"task-assigned","task":4,"to":"two""#,
        ),
    ]
}

/// Events with their stored forms.
pub(super) fn stored() -> Vec<(Event, String)> {
    let digest = Digest::of(b"abc");
    let whole = |(deed, body): (Deed, &str)| {
        let body = body.replace("DIGEST", &digest.to_string());
        let body = format!(
            r#"{{"at":"2026-01-31T23:59:59Z","event":{{"agent":"scribe","deed":{{{body}}},"kind":"board","run":"{RUN}"}},"v":1}}"#
        );
        let event = Event::Board {
            run: RUN,
            agent: "scribe".to_owned(),
            deed,
        };
        (event, body)
    };
    deeds(digest).into_iter().map(whole).collect()
}
