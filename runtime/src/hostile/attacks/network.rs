//! Ways to send a request elsewhere than the policy says, and servers that mean no good.

use serde_json::{Value, json};

use crate::hostile::steps::{repeat, repeated, send};
use crate::hostile::{Attack, Family, Ground};

/// The attacks of this family.
pub(super) const ATTACKS: &[Attack] = &[
    Attack {
        id: "request-to-another-host",
        family: Family::Network,
        tries: "Sends requests to hosts, ports and schemes that nobody granted.",
        stopped_by: "The origin is compared with `http` as a whole: scheme, host and port.",
        act: |ground| {
            let urls = [
                "https://evil.example/".to_owned(),
                ground.origin().replace("127.0.0.1", "localhost"),
                ground.origin().replace("http://", "https://"),
                "http://127.0.0.1:1/hello".to_owned(),
                "https://changes.example.evil.example/".to_owned(),
                "https://changes.example:8443/".to_owned(),
            ];
            refused_unseen(ground, urls.iter().map(|url| send("GET", url)).collect(), &["denied"])
        },
    },
    Attack {
        id: "request-with-another-method",
        family: Family::Network,
        tries: "Uses methods that are not granted, and others that nobody knows.",
        stopped_by: "The method is compared with the grant's `methods`, letter by letter.",
        act: |ground| {
            let methods = ["DELETE", "PUT", "get", "CONNECT", "TRACE", "GET ", "GET\r\nX: y", ""];
            let url = format!("{}/hello", ground.origin());
            let steps = methods.iter().map(|method| send(method, &url)).collect();
            refused_unseen(ground, steps, &["denied", "invalid"])
        },
    },
    Attack {
        id: "request-to-another-path",
        family: Family::Network,
        tries: "Leaves the granted path by dots, escapes, doubled slashes and backslashes.",
        stopped_by: "A path in which something is left to resolve is refused, and the rest compared part by part.",
        act: |ground| {
            let paths = [
                "/open/../closed",
                "/open/%2e%2e/closed",
                "/open/..%2fclosed",
                "/open//closed",
                "/open\\..\\closed",
                "/open/./x",
                "/opening",
                "/closed",
                "/%6fpen/x",
                "",
                "?/open/",
            ];
            let steps = paths
                .iter()
                .map(|path| send("GET", &format!("{}{path}", ground.other_origin())))
                .collect();
            refused_unseen(ground, steps, &["denied", "invalid"])
        },
    },
    Attack {
        id: "request-with-a-user",
        family: Family::Network,
        tries: "Hides the real host behind a user, a fragment, a backslash or an at sign.",
        stopped_by: "An address has one reading; what has a user or leaves a doubt is refused.",
        act: |ground| {
            let port = ground.port();
            let urls = [
                format!("http://127.0.0.1:{port}@evil.example/"),
                format!("http://user@127.0.0.1:{port}/hello"),
                format!("http://user:pass@127.0.0.1:{port}/hello"),
                format!("http://127.0.0.1:{port}#@evil.example/"),
                format!("http://evil.example\\@127.0.0.1:{port}/"),
                format!("http://127.0.0.1:{port}\\@evil.example/"),
                format!("http:\\\\127.0.0.1:{port}/hello"),
                format!("http:/127.0.0.1:{port}/hello"),
                format!(" http://127.0.0.1:{port}/hello"),
                format!("http://127.0.0.1:{port}/hello\t"),
                format!("HTTP://127.0.0.1:{port}/hello"),
                format!("file:///etc/passwd?http://127.0.0.1:{port}"),
            ];
            refused_unseen(
                ground,
                urls.iter().map(|url| send("GET", url)).collect(),
                &["denied", "invalid"],
            )
        },
    },
    Attack {
        id: "request-to-a-number",
        family: Family::Network,
        tries: "Writes loopback as one number, in octal and hex, short, mapped and with a zone.",
        stopped_by: "A host is a name in lower case or an address in its shortest form, and nothing else.",
        act: |ground| {
            let port = ground.port();
            let hosts = [
                "2130706433",
                "0x7f000001",
                "017700000001",
                "0177.0.0.1",
                "0x7f.1",
                "127.1",
                "127.0.0.1.",
                "127.0.0.01",
                "[::ffff:127.0.0.1]",
                "[::ffff:7f00:1]",
                "[::1%25lo]",
                "[0:0:0:0:0:0:0:1]",
                "0",
                "localhost.",
                "LOCALHOST",
                "\u{ff11}27.0.0.1",
            ];
            let steps = hosts
                .iter()
                .map(|host| send("GET", &format!("http://{host}:{port}/hello")))
                .collect();
            refused_unseen(ground, steps, &["denied", "invalid"])
        },
    },
    Attack {
        id: "request-to-a-name-that-looks-alike",
        family: Family::Network,
        tries: "Writes a granted name in other letters: capitals, wide dots, soft hyphens, look-alikes.",
        stopped_by: "Nothing is normalised: a host that is not ASCII in lower case is refused.",
        act: |ground| {
            let hosts = [
                "CHANGES.example",
                "changes\u{3002}example",
                "changes\u{ff0e}example",
                "chan\u{ad}ges.example",
                "ch\u{430}nges.example",
                "changes.example.",
                "changes..example",
                "xn--changes.example",
                "changes.ex\u{2100}mple",
            ];
            let steps = hosts
                .iter()
                .map(|host| send("GET", &format!("https://{host}/")))
                .collect();
            refused_unseen(ground, steps, &["denied", "invalid"])
        },
    },
    Attack {
        id: "name-that-leads-home",
        family: Family::Network,
        tries: "Uses a granted name whose owner lets it lead to loopback, private networks and the cloud's keys.",
        stopped_by: "Every address of a name is judged before anything connects, in every form it can have.",
        act: |ground| {
            let names = [
                "home",
                "private",
                "metadata",
                "mapped",
                "nat64",
                "six-to-four",
                "nobody",
            ];
            let steps = names
                .iter()
                .map(|name| send("GET", &format!("https://{name}.example/")))
                .collect();
            refused_unseen(ground, steps, &["denied"])
        },
    },
    Attack {
        id: "name-with-two-faces",
        family: Family::Network,
        tries: "Uses a name that leads to an address of the internet and to loopback at once.",
        stopped_by: "All addresses of a name must be open; none is picked.",
        act: |ground| refused_unseen(ground, vec![send("GET", "https://both.example/")], &["denied"]),
    },
    Attack {
        id: "name-that-changes",
        family: Family::Network,
        tries: "Uses a name that leads somewhere open when first asked, and home from then on.",
        stopped_by: "A request asks once, and connects to the very addresses that were judged.",
        act: |ground| {
            let tried = ground.raid(vec![
                send("GET", "https://changes.example/"),
                send("GET", "https://changes.example/"),
            ])?;
            ground.unseen()?;
            match tried.answers.as_slice() {
                [_, second] if second.get("refused") == Some(&json!("denied")) => tried.all_refused(),
                _ => Err(tried.end()),
            }
        },
    },
    Attack {
        id: "redirection-to-the-keys-of-a-cloud",
        family: Family::Network,
        tries: "Lets a granted server redirect to the cloud's keys, loopback and another origin, and follows.",
        stopped_by: "A redirection is an answer like others; following it is a request of its own.",
        act: |ground| {
            let targets = [
                "http://169.254.169.254/latest/meta-data/",
                "http://[fd00:ec2::254]/latest/",
                "http://localhost:1/",
                "https://evil.example/",
                "file:///etc/passwd",
            ];
            for target in targets {
                let tried = ground.raid(vec![
                    send("GET", &format!("{}/redirect?302={target}", ground.origin())),
                    send("GET", target),
                ])?;
                let answered = tried.answers.first().and_then(|answer| answer.pointer("/ok/status"));
                let followed = tried
                    .answers
                    .get(1)
                    .is_none_or(|answer| answer.get("refused").is_none());
                if answered != Some(&json!(302)) || followed {
                    return Err(tried.end());
                }
            }
            Ok("the redirection was an answer, and following it was refused".into())
        },
    },
    Attack {
        id: "header-that-makes-two-requests",
        family: Family::Network,
        tries: "Puts line ends, other hosts and lengths into headers, so that one request becomes two.",
        stopped_by: "Headers of the connection are the host's, and names and values have no control characters.",
        act: |ground| {
            let headers = [
                "x-a: b\r\nx-c: d",
                "x-a: b\r\n\r\nGET /closed HTTP/1.1",
                "x-a: b\nx-c: d",
                "x-a\r\nx-c: d",
                "x a: b",
                ": b",
                "x-a: \u{0}",
                "host: evil.example",
                "Host: evil.example",
                "content-length: 0",
                "transfer-encoding: chunked",
                "connection: upgrade",
                "upgrade: other",
                "proxy-authorization: x",
            ];
            let url = format!("{}/echo", ground.origin());
            let steps = headers
                .iter()
                .map(|header| json!(["send", "GET", url, [header], "", null]))
                .collect();
            refused_unseen(ground, steps, &["invalid"])
        },
    },
    Attack {
        id: "headers-without-end",
        family: Family::Network,
        tries: "Sends more headers than fit, and reads heads that are slow, huge and endless.",
        stopped_by: "Headers are counted and measured on both ways, and a head has its time.",
        act: |ground| {
            let many = json!(["send", "GET", format!("{}/hello", ground.origin()), { "list": "x-a: b", "times": 1_000 }, "", null]);
            let mut steps = vec![many];
            steps.extend(behaviours(
                ground,
                &["slow-head", "endless-head", "huge-header", "many-headers", "continues"],
            ));
            ground.raid(steps)?.all_refused()
        },
    },
    Attack {
        id: "bodies-without-end",
        family: Family::Network,
        tries: "Reads bodies that never end, never come, and trickle, and sends one that is too long.",
        stopped_by: "The role's `response_kib`, `request_kib` and `request_seconds`.",
        act: |ground| {
            let long = json!([
                "send",
                "POST",
                format!("{}/hello", ground.origin()),
                [],
                repeated("x", 1 << 20),
                null
            ]);
            let mut steps = vec![long];
            steps.extend(behaviours(
                ground,
                &["endless-body", "endless-chunks", "slow-body", "drip"],
            ));
            ground.raid(steps)?.all_refused()
        },
    },
    Attack {
        id: "bodies-that-unfold",
        family: Family::Network,
        tries: "Reads small answers that decode to gigabytes, to nothing for ever, and in codings nobody asked for.",
        stopped_by: "What is decoded counts against `response_kib`, and other codings are refused.",
        act: |ground| {
            ground
                .raid(behaviours(
                    ground,
                    &["bomb", "bomb-deflate", "empty-blocks", "other-coding", "cut-gzip"],
                ))?
                .all_refused()
        },
    },
    Attack {
        id: "answers-that-lie",
        family: Family::Network,
        tries: "Reads answers that are shorter than they say, garbage, switched protocols and none at all.",
        stopped_by: "An answer that breaks the protocol is refused as a whole.",
        act: |ground| {
            let lies = ["short", "bad-chunks", "garbage", "closes", "closes-in-head", "switch"];
            ground.raid(behaviours(ground, &lies))?.all_refused()
        },
    },
    Attack {
        id: "requests-without-number",
        family: Family::Network,
        tries: "Sends requests until somebody says no.",
        stopped_by: "The role's `requests`.",
        act: |ground| {
            let url = format!("{}/hello", ground.origin());
            let tried = ground.raid(vec![repeat(Some(100), send("GET", &url))])?;
            let seen = ground.requests().len();
            if seen > 64 {
                return Err(format!("the server saw {seen} requests, and 64 are granted"));
            }
            tried.bounded_by("limit")
        },
    },
    Attack {
        id: "request-of-a-role-without-requests",
        family: Family::Network,
        tries: "Sends a request in a role that holds everything but `http.send`.",
        stopped_by: "`http.send` is a permission like others, besides the origins.",
        act: |ground| {
            let url = format!("{}/hello", ground.origin());
            let tried = ground.steps_as("wide", vec![send("GET", &url)])?;
            ground.unseen()?;
            tried.all_refused_as(&["denied"])
        },
    },
];

/// A request for each behaviour of the kit's server.
fn behaviours(ground: &Ground, names: &[&str]) -> Vec<Value> {
    let url = |name: &&str| send("GET", &format!("{}/{name}", ground.origin()));
    names.iter().map(url).collect()
}

/// Held when every step was refused so, and no server saw anything.
fn refused_unseen(ground: &Ground, steps: Vec<Value>, kinds: &[&str]) -> Result<String, String> {
    let tried = ground.raid(steps)?;
    ground.unseen()?;
    tried.all_refused_as(kinds)
}
