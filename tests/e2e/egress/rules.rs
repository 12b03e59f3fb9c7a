//! One table of rules, run through every way: what a grant opens is sent, and nothing else is.

use std::sync::Arc;

use assize::egress::Trust;
use assize::sandbox::Outside;
use assize_tests::bad_server::{BadServer, Certificates, Fault};
use assize_tests::guests::Asked;

use super::{Names, Seen, WAYS, Way, ask, egress, grant, role};

/// What should come of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    Sent,
    Denied,
    Malformed,
}

use Then::{Denied, Malformed, Sent};

/// Requests to a server on this machine, of which `GET` below `/hello` is granted, and `POST` of `/echo`. `{}` is its port.
const PLAIN: [(&str, &str, Then); 34] = [
    ("GET", "http://127.0.0.1:{}/hello", Sent),
    ("GET", "http://127.0.0.1:{}/hello/below?a=%2F..&b", Sent),
    ("POST", "http://127.0.0.1:{}/echo", Sent),
    ("POST", "http://127.0.0.1:{}/hello", Denied),
    ("HEAD", "http://127.0.0.1:{}/hello", Denied),
    ("GET", "http://127.0.0.1:{}/echo", Denied),
    ("GET", "http://127.0.0.1:{}/", Denied),
    ("GET", "http://127.0.0.1:{}", Denied),
    ("GET", "http://127.0.0.1:{}?/hello", Denied),
    ("GET", "http://127.0.0.1:{}/helloo", Denied),
    ("GET", "http://127.0.0.1:{}/Hello", Denied),
    ("GET", "http://127.0.0.1:{}/%68ello", Denied),
    ("GET", "http://127.0.0.1/hello", Denied),
    ("GET", "http://localhost:{}/hello", Denied),
    ("GET", "https://127.0.0.1:{}/hello", Denied),
    ("GET", "http://[::1]:{}/hello", Denied),
    ("GET", "https://[::ffff:127.0.0.1]:{}/hello", Denied),
    ("GET", "https://169.254.169.254/hello", Denied),
    ("get", "http://127.0.0.1:{}/hello", Malformed),
    ("CONNECT", "http://127.0.0.1:{}/hello", Malformed),
    ("TRACE", "http://127.0.0.1:{}/hello", Malformed),
    ("GET", "http://user@127.0.0.1:{}/hello", Malformed),
    ("GET", "http://127.0.0.1:{}@b.example/hello", Malformed),
    ("GET", "http://127.1:{}/hello", Malformed),
    ("GET", "http://0177.0.0.1:{}/hello", Malformed),
    ("GET", "http://0x7f000001:{}/hello", Malformed),
    ("GET", "http://2130706433:{}/hello", Malformed),
    ("GET", "http://[::ffff:7f00:1]:{}/hello", Malformed),
    ("GET", "http://127.0.0.1:{}/hello/../echo", Malformed),
    ("GET", "http://127.0.0.1:{}/hello/%2e%2e/echo", Malformed),
    ("GET", "http://127.0.0.1:{}//hello", Malformed),
    ("GET", "http://127.0.0.1:{}/hello\\..\\echo", Malformed),
    ("GET", "http://b\u{fc}cher.example:{}/hello", Malformed),
    ("GET", "ftp://127.0.0.1:{}/hello", Malformed),
];

fn check(way: Way, what: &str, seen: &Seen, then: Then) {
    let why = seen.why();
    match then {
        Sent => assert!(seen.answered, "{way:?} {what}: {why}"),
        Denied => {
            assert!(!seen.answered, "{way:?} {what} was answered: {}", seen.text);
            assert!(
                why.contains("test.toml:") && (way != Way::Wasi || seen.text == "error 15"),
                "{way:?} {what}: {why}"
            );
        }
        Malformed => {
            assert!(!seen.answered, "{way:?} {what} was answered: {}", seen.text);
            assert!(
                !why.contains("denied") && seen.requests.is_empty(),
                "{way:?} {what}: {why}"
            );
        }
    }
    if way != Way::Fetch && then == Denied {
        let last = seen.accesses.last().expect("a record");
        assert!(
            !last.granted && !last.resource.contains('?'),
            "{way:?} {what}: {last:?}"
        );
    }
}

#[test]
fn what_a_grant_opens_is_sent_and_nothing_else() {
    let server = BadServer::start();
    let role = role(
        &[
            grant(&server.origin(), "\"GET\"", "path_prefix = \"/hello\""),
            grant(&server.origin(), "\"POST\"", "path_prefix = \"/echo\""),
        ]
        .concat(),
    );
    for way in WAYS {
        for (method, url, then) in PLAIN {
            let url = url.replace("{}", &server.port().to_string());
            let before = server.requests().len();
            let seen = ask(way, &super::plain(), &role, &Asked::new(method, &url));
            check(way, &format!("{method} {url}"), &seen, then);
            assert_eq!(
                server.requests().len() - before,
                usize::from(then == Sent),
                "{way:?} {method} {url}"
            );
        }
    }
}

/// The same table behind a redirection, for whoever follows one.
#[test]
fn a_redirection_is_checked_like_a_first_request() {
    let server = BadServer::start();
    let role = role(
        &[
            grant(&server.origin(), "\"GET\"", "path_prefix = \"/hello\""),
            grant(&server.origin(), "\"GET\"", "path_prefix = \"/redirect\""),
        ]
        .concat(),
    );
    for (_, url, then) in PLAIN.iter().filter(|(method, ..)| *method == "GET") {
        let url = url.replace("{}", &server.port().to_string());
        let from = format!("{}/redirect?302={url}", server.origin());
        let is_written = !url.contains(['\\', '\u{fc}', '?', '@']);
        if !is_written {
            continue;
        }
        let before = server.requests().len();
        let seen = ask(Way::Fetch, &super::plain(), &role, &Asked::new("GET", &from));
        assert_eq!(seen.answered, *then == Sent, "{url}: {}", seen.why());
        assert_eq!(
            server.requests().len() - before,
            1 + usize::from(*then == Sent),
            "{url}"
        );
        if *then == Denied {
            assert!(seen.why().contains("test.toml:"), "{url}: {}", seen.why());
        }
    }
    let around = format!("{}/redirect", server.origin());
    let seen = ask(Way::Fetch, &super::plain(), &role, &Asked::new("GET", &around));
    assert!(seen.why().contains("redirected more than 5 times"), "{}", seen.why());
    assert_eq!(seen.requests.len(), 6);
    let metadata = format!("{}/redirect?307=https://169.254.169.254/latest", server.origin());
    for way in [Way::Send, Way::Wasi] {
        // A guest sees the redirection and is refused when it follows.
        let seen = ask(way, &super::plain(), &role, &Asked::new("GET", &metadata));
        assert_eq!(
            seen.requests.last().and_then(|request| request.status),
            Some(307),
            "{way:?}"
        );
    }
    let seen = ask(Way::Fetch, &super::plain(), &role, &Asked::new("GET", &metadata));
    assert!(
        !seen.answered && seen.why().contains("169.254.169.254"),
        "{}",
        seen.why()
    );
}

/// Where a name leads is decided by whoever answers for it; what of it is open, by the policy.
#[test]
fn every_address_of_a_name_must_be_open() {
    const NAMES: [&str; 7] = [
        "inside.example",
        "metadata.example",
        "mixed.example",
        "mapped.example",
        "nat64.example",
        "nobody.example",
        "sub.localhost",
    ];
    let certificates = Certificates::new();
    let server = BadServer::start_encrypted(certificates.server("inside.example", Fault::None));
    let names = Arc::new(Names::of(&[
        (NAMES[0], &["127.0.0.1"]),
        (NAMES[1], &["169.254.169.254"]),
        (NAMES[2], &["1.1.1.1", "127.0.0.1"]),
        (NAMES[3], &["::ffff:127.0.0.1"]),
        (NAMES[4], &["64:ff9b::7f00:1"]),
        (NAMES[5], &["0.0.0.0"]),
        (NAMES[6], &["127.0.0.1"]),
    ]));
    let outside = Outside {
        egress: Some(egress(Arc::clone(&names), Trust::Only(certificates.roots()))),
        ..Outside::default()
    };
    for (networks, then) in [("", Denied), ("networks = [\"127.0.0.0/8\"]", Sent)] {
        for name in NAMES {
            let origin = format!("https://{name}:{}", server.port());
            let role = role(&grant(&origin, "\"GET\"", networks));
            let then = if name == "inside.example" { then } else { Denied };
            if (name, networks.is_empty()) == ("mapped.example", false)
                || name == "sub.localhost" && !networks.is_empty()
            {
                // These lead to the server then, which has another name.
                continue;
            }
            let is_nat64 = name == "nat64.example" && !networks.is_empty();
            for way in WAYS {
                let before = server.requests().len();
                let seen = ask(way, &outside, &role, &Asked::new("GET", &format!("{origin}/hello")));
                if is_nat64 || name == "mixed.example" && !networks.is_empty() {
                    // Open, and nobody is there, or somebody else.
                    assert!(!seen.answered, "{way:?} {name}: {}", seen.text);
                } else if name == "nobody.example" {
                    assert!(
                        !seen.answered && seen.why().contains("no policy opens"),
                        "{}",
                        seen.why()
                    );
                } else {
                    check(way, name, &seen, then);
                }
                assert_eq!(
                    server.requests().len() - before,
                    usize::from(seen.answered),
                    "{way:?} {name}"
                );
            }
        }
    }
}

/// What was checked is what is connected to: nobody is asked a second time.
#[test]
fn a_name_is_asked_for_once_and_localhost_never() {
    let server = BadServer::start();
    let names = Arc::new(Names::of(&[
        ("once.example", &["127.0.0.1"]),
        ("localhost", &["1.1.1.1"]),
    ]));
    let outside = Outside {
        egress: Some(egress(Arc::clone(&names), Trust::Only(Certificates::new().roots()))),
        ..Outside::default()
    };
    let origin = format!("https://once.example:{}", server.port());
    let once = role(&grant(&origin, "\"GET\"", "networks = [\"127.0.0.1/32\"]"));
    let origin_of_localhost = format!("http://localhost:{}", server.port());
    let localhost = role(&grant(&origin_of_localhost, "\"GET\"", ""));
    for way in WAYS {
        let before = names.asked().len();
        let seen = ask(way, &outside, &once, &Asked::new("GET", &format!("{origin}/hello")));
        assert!(!seen.answered, "it speaks no TLS: {}", seen.text);
        assert_eq!(names.asked().len() - before, 1, "{way:?}");
        let seen = ask(
            way,
            &outside,
            &localhost,
            &Asked::new("GET", &format!("{origin_of_localhost}/hello")),
        );
        assert!(seen.answered, "{way:?}: {}", seen.why());
        assert_eq!(names.asked().len() - before, 1, "{way:?}");
    }
}
