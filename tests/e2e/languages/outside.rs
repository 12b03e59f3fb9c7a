//! What comes back from outside, in every language: how commands end, and what servers answer.

use serde_json::{Value, json};

use super::agents::{ask, echo, hired, open, workshop};
use super::denied;

/// Every way in which a command ends is told alike, and so are its streams and what was cut off.
#[test]
fn the_end_of_a_command_is_told_alike_in_every_language() {
    let role = "allow = [\"process.run\"]\n[roles.agent.files]\nread = [\"**\"]\n[roles.agent.process]\n\
                allow = [[\"sh\", \"-c\", \"*\"]]\n[roles.agent.limits]\ncommand_output_kib = 1\n";
    let ends = [
        ("echo out; echo err >&2; exit 7", json!({ "exited": 7 })),
        ("kill -9 $$", json!({ "signalled": 9 })),
        ("head -c 3000 long.txt", json!({ "exited": 0 })),
    ];
    let mut answers: Vec<Vec<Value>> = Vec::new();
    for (language, agent) in &hired().1 {
        let workshop = workshop();
        let told = ends.iter().map(|(script, end)| {
            let command = json!({ "arguments": ["sh", "-c", script], "dir": "docs" });
            let answer = ask(&workshop, agent, role, "process.run", &command, 1);
            assert_eq!(answer["ok"]["end"], *end, "{script} in {language}: {answer}");
            assert_eq!(answer["ok"]["confined"], true, "{script} in {language}: {answer}");
            answer
        });
        answers.push(told.collect());
        let slow = json!({ "arguments": ["sh", "-c", "sleep 30"], "dir": "", "seconds": 1 });
        let stopped = ask(&workshop, agent, role, "process.run", &slow, 1);
        let why = stopped["ok"]["end"]["stopped"].as_str();
        assert!(why.is_some_and(|why| !why.is_empty()), "in {language}: {stopped}");
        let other = json!({ "arguments": ["cat", "docs/long.txt"], "dir": "" });
        let refused = ask(&workshop, agent, role, "process.run", &other, 1);
        assert_eq!(denied(&refused), ("process.run", true), "in {language}: {refused}");
    }
    let first = answers.first().map(|told| {
        (
            &told[0]["ok"]["stdout"],
            &told[0]["ok"]["stderr"],
            &told[2]["ok"]["dropped"],
        )
    });
    assert_eq!(
        first,
        Some((&json!("6f75740a"), &json!("6572720a"), &json!(3_000 - 1_024)))
    );
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:#?}");
}

/// Status, headers and body come back alike, and the request left as it was asked for.
#[test]
fn the_answer_to_a_request_is_told_alike_in_every_language() {
    let role = format!("allow = [\"http.send\"]\n{}", open());
    let mut answers: Vec<Value> = Vec::new();
    for (language, agent) in &hired().1 {
        let workshop = workshop();
        let answer = ask(&workshop, agent, &role, "http.send", &echo("77c3b67264"), 1);
        let body = answer["ok"]["body"].as_str().unwrap_or_default();
        let sent: Vec<u8> = (0..body.len())
            .step_by(2)
            .filter_map(|at| u8::from_str_radix(&body[at..at + 2], 16).ok())
            .collect();
        let sent = String::from_utf8(sent).expect("UTF-8");
        assert!(sent.starts_with("POST /echo HTTP/1.1\n"), "in {language}: {answer}");
        assert!(
            sent.contains("x-word: needle\n") && sent.ends_with("\n\nwörd"),
            "in {language}: {sent}"
        );
        assert_eq!(answer["ok"]["status"], 200, "in {language}");
        assert_eq!(
            answer["ok"]["headers"][0]["name"], "content-type",
            "in {language}: {answer}"
        );
        answers.push(answer);
        let mut other = echo("");
        other["method"] = json!("DELETE");
        let refused = ask(&workshop, agent, &role, "http.send", &other, 1);
        assert_eq!(denied(&refused), ("http.send", true), "in {language}: {refused}");
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:#?}");
}
