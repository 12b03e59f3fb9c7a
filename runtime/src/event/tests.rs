mod deeds;

use assize_provenance::digest::Digest;
use assize_provenance::time::Time;

use super::v1::{self, BODY_BYTES_MAX};
use super::{Event, KEY_BYTES_MAX, Kind, RunId, Step, VALUE_BYTES_MAX};

const RUN: RunId = RunId::from_bytes([0x11; 16]);

fn at() -> Time {
    "2026-01-31T23:59:59Z".parse().expect("a time")
}

/// The stored form of each, without what stands around it.
fn bodies(run: &str, digest: &Digest) -> [String; 9] {
    [
        format!(
            r#""actor":"someone","agent":"scribe","component":"{digest}","dir":"/work","kind":"run-started","on_behalf_of":"lead","plugin":"codemod","policy":"{digest}","role":"developer","run":"{run}""#
        ),
        format!(
            r#""agent":"scribe","granted":false,"kind":"access-checked","permission":"workspace.read","reason":"line 7","resource":"src/é\\x0a.rs","role":"developer","run":"{run}","times":3"#
        ),
        format!(r#""agent":"scribe","key":"key","kind":"state-set","run":"{run}","value":"AP8=","version":2"#),
        format!(
            r#""agent":"scribe","bytes":3,"digest":"{digest}","kind":"artifact-stored","media_type":"text/plain","name":"report","run":"{run}""#
        ),
        format!(
            r#""agent":"scribe","command":"cargo test","confined":true,"dir":"","kind":"command-run","outcome":"exited with status 0","output_bytes":34,"run":"{run}","wall_ms":12"#
        ),
        format!(
            r#""agent":"scribe","kind":"request-sent","method":"GET","origin":"https://api.example.com","outcome":"answered","path":"/repos/x","received_bytes":56,"run":"{run}","secrets":"api-token","sent_bytes":0,"status":200"#
        ),
        format!(
            r#""agent":"scribe","answer":"{digest}","arguments":"{digest}","before":"{digest}","kind":"host-called","number":7,"permission":"state.set","run":"{run}""#
        ),
        format!(
            r#""agent":"scribe","calls":7,"dropped":0,"kind":"transcribed","result":"{digest}","run":"{run}","transcript":"{digest}""#
        ),
        format!(
            r#""agent":"scribe","detail":"","fuel_spent":9007199254740991,"host_calls":4,"kind":"run-ended","log_dropped":6,"log_lines":5,"outcome":"finished","run":"{run}""#
        ),
    ]
}

fn command_run() -> Event {
    Event::CommandRun {
        run: RUN,
        agent: "scribe".to_owned(),
        command: "cargo test".to_owned(),
        dir: String::new(),
        confined: true,
        outcome: "exited with status 0".to_owned(),
        wall_ms: 12,
        output_bytes: 34,
    }
}

fn request_sent() -> Event {
    Event::RequestSent {
        run: RUN,
        agent: "scribe".to_owned(),
        method: "GET".to_owned(),
        origin: "https://api.example.com".to_owned(),
        path: "/repos/x".to_owned(),
        secrets: "api-token".to_owned(),
        status: 200,
        outcome: "answered".to_owned(),
        sent_bytes: 0,
        received_bytes: 56,
    }
}

/// One event of each kind, with its stored form. These never change: what was stored stays readable.
#[expect(
    clippy::too_many_lines,
    reason = "a list with one of each kind has one idea, however long it is"
)]
fn stored() -> Vec<(Event, String)> {
    let (run, agent) = ("11".repeat(16), "scribe".to_owned());
    let digest = Digest::of(b"abc");
    let events = [
        Event::RunStarted {
            run: RUN,
            agent: agent.clone(),
            plugin: "codemod".to_owned(),
            component: digest,
            role: "developer".to_owned(),
            policy: digest,
            on_behalf_of: Some("lead".to_owned()),
            actor: "someone".to_owned(),
            dir: "/work".to_owned(),
        },
        Event::AccessChecked {
            run: RUN,
            agent: agent.clone(),
            role: "developer".to_owned(),
            permission: "workspace.read".to_owned(),
            resource: "src/é\\x0a.rs".to_owned(),
            granted: false,
            reason: "line 7".to_owned(),
            times: 3,
        },
        Event::StateSet {
            run: RUN,
            agent: agent.clone(),
            key: "key".to_owned(),
            version: 2,
            value: Some(vec![0, 255]),
        },
        Event::ArtifactStored {
            run: RUN,
            agent: agent.clone(),
            name: "report".to_owned(),
            media_type: "text/plain".to_owned(),
            digest,
            bytes: 3,
        },
        command_run(),
        request_sent(),
        Event::HostCalled {
            run: RUN,
            agent: agent.clone(),
            number: 7,
            permission: "state.set".to_owned(),
            arguments: digest,
            before: digest,
            answer: Some(digest),
        },
        Event::Transcribed {
            run: RUN,
            agent: agent.clone(),
            calls: 7,
            dropped: 0,
            transcript: digest,
            result: digest,
        },
        Event::RunEnded {
            run: RUN,
            agent,
            outcome: "finished".to_owned(),
            detail: String::new(),
            fuel_spent: (1 << 53) - 1,
            host_calls: 4,
            log_lines: 5,
            log_dropped: 6,
        },
    ];
    let bodies = bodies(&run, &digest);
    let whole = |body: String| format!(r#"{{"at":"2026-01-31T23:59:59Z","event":{{{body}}},"v":1}}"#);
    events.into_iter().zip(bodies.map(whole)).collect()
}

/// One step of each kind, with its stored form, in which `RUN`, `DIGEST` and `COMMIT` stand for theirs.
#[expect(
    clippy::too_many_lines,
    reason = "a list with one of each kind has one idea, however long it is"
)]
fn stored_steps() -> Vec<(Event, String)> {
    let (run, digest, commit) = (RUN, Digest::of(b"abc"), "0123456789".repeat(4));
    let (task, at_ms) = ("release/build".to_owned(), 1_769_903_999_123);
    let steps = [
        (
            Step::Started {
                run,
                workflow: "release".to_owned(),
                plan: digest,
                mode: "strict".to_owned(),
                base: commit.clone(),
                branch: "refs/heads/main".to_owned(),
                policy: digest,
                actor: "someone".to_owned(),
                at_ms,
            },
            r#""actor":"someone","at_ms":1769903999123,"base":"COMMIT","branch":"refs/heads/main","kind":"workflow","mode":"strict","plan":"DIGEST","policy":"DIGEST","run":"RUN","step":"started","workflow":"release""#,
        ),
        (
            Step::AttemptStarted {
                run,
                task: task.clone(),
                attempt: 2,
                call: RunId::from_bytes([0x22; 16]),
                base: commit.clone(),
                at_ms,
            },
            r#""at_ms":1769903999123,"attempt":2,"base":"COMMIT","call":"22222222222222222222222222222222","kind":"workflow","run":"RUN","step":"attempt-started","task":"release/build""#,
        ),
        (
            Step::AttemptEnded {
                run,
                task: task.clone(),
                attempt: 2,
                outcome: "finished".to_owned(),
                detail: "built".to_owned(),
                output: Some(digest),
                commit: Some(commit.clone()),
                at_ms,
            },
            r#""at_ms":1769903999123,"attempt":2,"commit":"COMMIT","detail":"built","kind":"workflow","outcome":"finished","output":"DIGEST","run":"RUN","step":"attempt-ended","task":"release/build""#,
        ),
        (
            Step::Judged {
                run,
                task: task.clone(),
                attempt: 2,
                council: "default".to_owned(),
                decision: "approved".to_owned(),
                commit: commit.clone(),
                case: digest,
                entry: digest,
                at_ms,
            },
            r#""at_ms":1769903999123,"attempt":2,"case":"DIGEST","commit":"COMMIT","council":"default","decision":"approved","entry":"DIGEST","kind":"workflow","run":"RUN","step":"judged","task":"release/build""#,
        ),
        (
            Step::Joined {
                run,
                task: task.clone(),
                attempt: 2,
                onto: commit.clone(),
                commit: None,
                detail: "both changed a.rs".to_owned(),
                at_ms,
            },
            r#""at_ms":1769903999123,"attempt":2,"detail":"both changed a.rs","kind":"workflow","onto":"COMMIT","run":"RUN","step":"joined","task":"release/build""#,
        ),
        (
            Step::Landed {
                run,
                task: task.clone(),
                branch: "refs/heads/main".to_owned(),
                commit,
                at_ms,
            },
            r#""at_ms":1769903999123,"branch":"refs/heads/main","commit":"COMMIT","kind":"workflow","run":"RUN","step":"landed","task":"release/build""#,
        ),
        (
            Step::Asked {
                run,
                task: Some(task),
                request: "approve".to_owned(),
                author: "someone".to_owned(),
                shown: Some(digest),
                text: "looks right".to_owned(),
                signed: None,
                at_ms,
            },
            r#""at_ms":1769903999123,"author":"someone","kind":"workflow","request":"approve","run":"RUN","shown":"DIGEST","step":"asked","task":"release/build","text":"looks right""#,
        ),
        (
            Step::Asked {
                run,
                task: None,
                request: "reject".to_owned(),
                author: "someone".to_owned(),
                shown: None,
                text: "looks wrong".to_owned(),
                signed: Some(digest),
                at_ms,
            },
            r#""at_ms":1769903999123,"author":"someone","kind":"workflow","request":"reject","run":"RUN","signed":"DIGEST","step":"asked","text":"looks wrong""#,
        ),
        (
            Step::Answered {
                run,
                asked: 7,
                accepted: false,
                reason: "it has ended".to_owned(),
                at_ms,
            },
            r#""accepted":false,"asked":7,"at_ms":1769903999123,"kind":"workflow","reason":"it has ended","run":"RUN","step":"answered""#,
        ),
        (
            Step::Ended {
                run,
                outcome: "success".to_owned(),
                detail: String::new(),
                at_ms,
            },
            r#""at_ms":1769903999123,"detail":"","kind":"workflow","outcome":"success","run":"RUN","step":"ended""#,
        ),
    ];
    let whole = |(step, body): (Step, &str)| {
        let body = body
            .replace("\"RUN\"", &format!("\"{RUN}\""))
            .replace("DIGEST", &digest.to_string())
            .replace("COMMIT", &"0123456789".repeat(4));
        let body = format!(r#"{{"at":"2026-01-31T23:59:59Z","event":{{{body}}},"v":1}}"#);
        (Event::Workflow(step), body)
    };
    steps.into_iter().map(whole).collect()
}

/// Every event with its stored form.
fn all_stored() -> Vec<(Event, String)> {
    stored()
        .into_iter()
        .chain(stored_steps())
        .chain(deeds::stored())
        .collect()
}

#[test]
fn the_stored_form_is_frozen() {
    for (event, body) in all_stored() {
        let (kept, bytes) = v1::encode(at(), event.clone()).expect("has a stored form");
        assert_eq!(String::from_utf8_lossy(&bytes), body);
        assert_eq!(kept, event, "nothing of it had to be changed");
        assert_eq!(v1::decode(&bytes), Ok((at(), event)));
    }
}

#[test]
fn every_kind_has_its_name() {
    let mut kinds: Vec<Kind> = all_stored().iter().map(|(event, _)| event.kind()).collect();
    kinds.dedup();
    assert_eq!(kinds, Kind::ALL);
    for (event, body) in all_stored() {
        assert!(
            body.contains(&format!("\"kind\":\"{}\"", event.kind().name())),
            "{body}"
        );
    }
}

#[test]
fn other_forms_of_steps_are_refused() {
    for (_, body) in stored_steps() {
        let wrong = [
            body.replace("\"at_ms\":1769903999123,", ""),
            body.replace("\"at_ms\":1769903999123", "\"at_ms\":-1"),
            body.replace("\"at_ms\":1769903999123", "\"at_ms\":1769903999123,\"au\":1"),
            body.replace("\"step\":\"", "\"step\":\"un"),
            body.replace(&"11".repeat(16), "11"),
        ];
        for wrong in wrong {
            assert_ne!(wrong, body);
            assert!(v1::decode(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}

#[test]
fn other_forms_are_refused() {
    for (_, body) in stored() {
        let wrong = [
            body.replace("\"v\":1", "\"v\":2"),
            body.replace("\"v\":1", "\"v\":1,\"w\":1"),
            body.replace("\"agent\":\"scribe\",", ""),
            body.replace("\"agent\":", "\"afar\":1,\"agent\":"),
            body.replace("\"agent\":\"scribe\"", "\"agent\":\"a\\nb\""),
            body.replace("scribe", &"x".repeat(129)),
            body.replace("scribe", "a\u{202e}b"),
            body.replace(&"11".repeat(16), "11"),
            body.replace("\"kind\":\"", "\"kind\":\"un"),
            body.replace("2026-01-31T23:59:59Z", "2026-01-31 23:59:59"),
            format!("{body} "),
            body.replace("{\"at\"", "{ \"at\""),
        ];
        for wrong in wrong {
            assert_ne!(wrong, body);
            assert!(v1::decode(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
    assert!(v1::decode(&vec![b' '; BODY_BYTES_MAX + 1]).is_err());
    let (_, body) = &stored()[2];
    for wrong in ["AP9=", "AP8", "A", "AP8=AP8="] {
        assert!(v1::decode(body.replace("AP8=", wrong).as_bytes()).is_err(), "{wrong}");
    }
}

#[test]
fn the_largest_value_under_the_longest_key_is_stored() {
    let event = |bytes| Event::StateSet {
        run: RUN,
        agent: "\"".repeat(128),
        key: "\"".repeat(KEY_BYTES_MAX),
        version: u64::MAX,
        value: Some(vec![0xff; bytes]),
    };
    let (kept, bytes) = v1::encode(at(), event(VALUE_BYTES_MAX)).expect("fits");
    assert_eq!(v1::decode(&bytes), Ok((at(), kept)));
    assert!(v1::encode(at(), event(2 * VALUE_BYTES_MAX)).is_err());
}

#[test]
fn what_is_recordable_is_plain_and_stays_as_it_is() {
    let odd = format!("{}\n\u{202e}{}", "é".repeat(700), "x".repeat(5000));
    for (mut event, _) in all_stored() {
        event.each_text(&mut |text, _, _| *text = odd.clone());
        let mut once = event.recordable();
        assert!(once.is_plain());
        assert_eq!(once.clone().recordable(), once);
    }
}

/// A key finds its value again, so it is kept letter by letter; what is said about it is masked.
#[test]
fn names_are_never_masked() {
    let token = format!("{}{}", "ghp_", "a1B2".repeat(9));
    for (mut event, _) in all_stored() {
        event.each_text(&mut |text, _, _| *text = token.clone());
        event.recordable().each_text(&mut |text, _, part| match part {
            super::Part::Name => assert_eq!(*text, token),
            super::Part::Told => assert_eq!(*text, "*****"),
        });
    }
}
