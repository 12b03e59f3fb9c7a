//! Ways to learn a secret, or to send it to somebody else. The secret of the ground is the one that every attack looks for
//! afterwards, in everything that was said and kept.

use serde_json::{Value, json};

use crate::hostile::steps::{read, send};
use crate::hostile::{Attack, Family, Ground};

/// The placeholder of the only secret that the role may use.
const PLACEHOLDER: &str = "{{secret:token}}";

/// The attacks of this family.
pub(super) const ATTACKS: &[Attack] = &[
    Attack {
        id: "secret-sent-to-another-origin",
        family: Family::Secrets,
        tries: "Puts the placeholder into requests to another granted server.",
        stopped_by: "A secret has one origin; elsewhere its placeholder is refused before anything is sent.",
        act: |ground| {
            let header = format!("x-token: {PLACEHOLDER}");
            let url = format!("{}/open/echo", ground.other_origin());
            let tried = ground.raid(vec![
                json!(["send", "GET", url, [header], "", null]),
                send("GET", &format!("{url}?key={PLACEHOLDER}")),
            ])?;
            ground.unseen()?;
            tried.all_refused_as(&["denied"])
        },
    },
    Attack {
        id: "secret-in-another-place",
        family: Family::Secrets,
        tries: "Puts the placeholder into another header, the path, another parameter and another field.",
        stopped_by: "A secret enters the one place that its grant names.",
        act: |ground| {
            let url = format!("{}/echo", ground.origin());
            let tried = ground.raid(vec![
                json!(["send", "GET", url, [format!("x-other: {PLACEHOLDER}")], "", null]),
                json!(["send", "GET", url, [format!("{PLACEHOLDER}: x")], "", null]),
                send("GET", &format!("{url}?other={PLACEHOLDER}")),
                send("GET", &format!("{url}/{PLACEHOLDER}")),
                send("GET", &format!("{url}?{PLACEHOLDER}=key")),
                json!(["send", "GET", url, ["x-token: {{secret:other}}"], "", null]),
            ])?;
            ground.unseen()?;
            tried.all_refused_as(&["denied", "invalid"])
        },
    },
    Attack {
        id: "secret-that-a-server-echoes",
        family: Family::Secrets,
        tries: "Reads the secret back through a server that repeats it: whole, byte by byte, packed, in a header.",
        stopped_by: "Answers are decoded and searched for the values of secrets, across every piece.",
        act: |ground| {
            let steps: Vec<Value> = ["echo", "echo-gzip", "echo-drip", "sets"]
                .iter()
                .map(|behaviour| with_secret(ground, behaviour))
                .collect();
            let steps = [
                steps,
                vec![send("GET", &format!("{}/echo?key={PLACEHOLDER}", ground.origin()))],
            ]
            .concat();
            let tried = ground.raid(steps)?;
            masked(ground, &tried.answers, 5)
        },
    },
    Attack {
        id: "secret-in-a-disguise",
        family: Family::Secrets,
        tries: "Has the secret repeated by a server and takes it apart in base64, hex and percent signs.",
        stopped_by: "The usual disguises of a value are searched for as well.",
        act: |ground| {
            let tried = ground.raid(vec![with_secret(ground, "echo-disguised")])?;
            let answers = Value::from(tried.answers.clone()).to_string();
            for form in ground.disguises() {
                // What stands around a secret in base64 may stay.
                let middle = form.get(8..form.len().saturating_sub(8)).unwrap_or(&form);
                if answers.contains(middle) {
                    return Err(format!("a disguise came through: {} bytes", form.len()));
                }
            }
            masked(ground, &tried.answers, 1)
        },
    },
    Attack {
        id: "secret-kept-for-later",
        family: Family::Secrets,
        tries: "Keeps what a server repeated as state, artifact, file and log line.",
        stopped_by: "What comes back is masked before the guest sees it, and what is kept is masked again.",
        act: |ground| {
            let tried = ground.raid(vec![
                with_secret(ground, "echo"),
                json!(["set", "key", PLACEHOLDER, null]),
                json!(["store", "loot", "text/plain", ground.secret()]),
                json!(["set", "loot", ground.secret(), null]),
                json!(["log", ground.secret()]),
                json!(["summary", ground.secret()]),
            ])?;
            tried.answered()
        },
    },
    Attack {
        id: "secret-in-the-words-of-an-error",
        family: Family::Secrets,
        tries: "Lets requests that carry the secret fail in every way, and reads the errors.",
        stopped_by: "Errors name origin and path, never what a request carries.",
        act: |ground| {
            let steps: Vec<Value> = ["closes", "garbage", "short", "slow-body", "bomb", "closes-in-head"]
                .iter()
                .map(|behaviour| with_secret(ground, behaviour))
                .collect();
            ground.raid(steps)?.all_refused()
        },
    },
    Attack {
        id: "secret-guessed-bit-by-bit",
        family: Family::Secrets,
        tries: "Sends guesses to an echo and looks which of them come back masked.",
        stopped_by: "Only a whole value is masked, of at least 8 bytes: a part of a guess tells nothing.",
        act: |ground| {
            let secret = ground.secret();
            let parts: Vec<String> = (1..secret.len())
                .filter_map(|length| secret.get(..length).map(ToOwned::to_owned))
                .collect();
            let steps = parts
                .iter()
                .map(|part| {
                    json!([
                        "send",
                        "POST",
                        format!("{}/echo", ground.origin()),
                        [],
                        format!("<{part}>"),
                        null
                    ])
                })
                .collect();
            let tried = ground.raid(steps)?;
            let came_back = |(answer, part): (&Value, &String)| {
                let body = answer
                    .pointer("/ok/body/text")
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                body.contains(&format!("<{part}>"))
            };
            if tried.answers.len() == parts.len() && tried.answers.iter().zip(&parts).all(came_back) {
                return Ok("no part of it was told apart".into());
            }
            Err(tried.end())
        },
    },
    Attack {
        id: "secret-for-a-command",
        family: Family::Secrets,
        tries: "Looks for the secret from a command: in the environment, in the host's memory and in its files.",
        stopped_by: "Commands are given no secrets, and see nothing of the host.",
        act: |ground| {
            let pid = std::process::id();
            let environ = format!("/proc/{pid}/environ");
            let memory = format!("/proc/{pid}/mem");
            ground
                .raid(vec![
                    ground.misdeed("surroundings", &[]),
                    ground.misdeed("read", &[&environ, &memory]),
                    json!(["run", ["printf", "%s", PLACEHOLDER], "", null]),
                    read("src/main.rs"),
                ])?
                .answered()
        },
    },
];

/// A request that carries the secret where it may.
fn with_secret(ground: &Ground, behaviour: &str) -> Value {
    let url = format!("{}/{behaviour}", ground.origin());
    json!(["send", "GET", url, [format!("x-token: {PLACEHOLDER}")], "", null])
}

/// Held when every server got the secret and every answer came masked. That it is nowhere is looked at afterwards.
fn masked(ground: &Ground, answers: &[Value], times: usize) -> Result<String, String> {
    let seen = ground
        .requests()
        .iter()
        .filter(|request| request.contains(ground.secret()))
        .count();
    if seen < times {
        return Err(format!(
            "the secret was sent {seen} times, and should have been {times} times"
        ));
    }
    match answers
        .iter()
        .find(|answer| !answer.to_string().contains("{{secret:token}}"))
    {
        Some(answer) => Err(format!("an answer without a mask: {answer}")),
        None => Ok("every answer came back masked".into()),
    }
}
