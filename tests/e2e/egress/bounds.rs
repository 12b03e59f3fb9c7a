//! Every bound, against a server that does not keep it, by every way.

use std::time::{Duration, Instant};

use assize_tests::bad_server::BadServer;
use assize_tests::guests::{Asked, Body};

use super::{WAYS, Way, ask, grant, plain, role};

/// Paths of the server and what is said of its answer; the last word tells where it is the body that is refused.
const BROKEN: [(&str, &str); 20] = [
    ("slow-head", "no answer began"),
    ("slow-body", "nothing of the answer's body came"),
    ("drip", "`request_seconds`"),
    ("endless-head", "more than 100 headers, or more than 64 KiB"),
    ("huge-header", "more than 100 headers, or more than 64 KiB"),
    ("many-headers", "more than 100 headers, or more than 64 KiB"),
    ("continues", "came before the answer's body"),
    ("endless-body", "`response_kib` of 256"),
    ("endless-chunks", "`response_kib` of 256"),
    ("bomb", "`response_kib` of 256"),
    ("bomb-deflate", "`response_kib` of 256"),
    ("empty-blocks", "`response_kib` of 256"),
    ("cut-gzip", "ends in the middle"),
    ("other-coding", "a coding that was not asked for"),
    ("short", "the answer broke off"),
    ("bad-chunks", "the answer broke off"),
    ("closes", "the exchange with the server failed"),
    ("closes-in-head", "the exchange with the server failed"),
    ("garbage", "the exchange with the server failed"),
    ("switch", "another protocol"),
];

#[test]
fn what_a_bad_server_does_costs_one_refusal() {
    let server = BadServer::start();
    let limits = "[roles.agent.limits]\nrequest_seconds = 3\nresponse_kib = 256\nwall_seconds = 60\n";
    let role = role(&(grant(&server.origin(), "\"GET\"", "") + limits));
    for way in WAYS {
        for (path, why) in BROKEN {
            let started = Instant::now();
            let asked = Asked::new("GET", &format!("{}/{path}", server.origin()));
            let seen = ask(way, &plain(), &role, &asked);
            assert!(!seen.answered, "{way:?} {path} was answered: {}", seen.text);
            assert!(seen.why().contains(why), "{way:?} {path}: {}", seen.why());
            assert!(started.elapsed() < Duration::from_secs(20), "{way:?} {path}");
            let request = seen.requests.last().expect("a record");
            assert!(request.received_bytes < 1 << 20, "{way:?} {path}: {request:?}");
        }
        for (path, body) in [("hello", "hello"), ("long", "hello"), ("sets", "set")] {
            let asked = Asked::new("GET", &format!("{}/{path}", server.origin()));
            let seen = ask(way, &plain(), &role, &asked);
            assert_eq!((seen.answered, seen.text.as_str()), (true, body), "{way:?} {path}");
        }
    }
}

#[test]
fn a_coded_answer_arrives_decoded() {
    let server = BadServer::start();
    let role = role(&grant(&server.origin(), "\"GET\"", ""));
    for way in WAYS {
        let asked = Asked::new("GET", &format!("{}/echo-gzip", server.origin())).header("accept-encoding", "br");
        let seen = ask(way, &plain(), &role, &asked);
        assert!(seen.text.contains("accept-encoding: gzip\n"), "{way:?}: {}", seen.text);
        assert!(seen.text.contains("user-agent: assize/"), "{way:?}: {}", seen.text);
    }
}

#[test]
fn a_body_goes_out_whole_and_no_longer_than_it_may() {
    let server = BadServer::start();
    let limits = "[roles.agent.limits]\nrequest_kib = 64\n";
    let role = role(&(grant(&server.origin(), "\"POST\"", "") + limits));
    for way in WAYS {
        let url = format!("{}/echo", server.origin());
        let seen = ask(way, &plain(), &role, &Asked::new("POST", &url).body("a body"));
        assert!(
            seen.answered && seen.text.contains("content-length: 6\n") && seen.text.ends_with("\n\na body"),
            "{way:?}: {}",
            seen.text
        );
        assert_eq!(seen.requests[0].sent_bytes, 6, "{way:?}");
        let before = server.requests().len();
        let mut asked = Asked::new("POST", &url);
        asked.body = Body::Bytes(65 << 10);
        let seen = ask(way, &plain(), &role, &asked);
        assert!(
            !seen.answered && seen.why().contains("`request_kib` of 64"),
            "{way:?}: {}",
            seen.why()
        );
        assert_eq!(server.requests().len(), before, "{way:?}");
    }
}

/// What a guest could make two requests of, or a request of somebody else.
#[test]
fn the_headers_of_the_connection_are_the_hosts() {
    let server = BadServer::start();
    let role = role(&grant(&server.origin(), "\"GET\"", ""));
    let url = format!("{}/echo", server.origin());
    for way in WAYS {
        for (name, value) in [
            ("Host", "other.example"),
            ("connection", "keep-alive"),
            ("Transfer-Encoding", "chunked"),
            ("upgrade", "websocket"),
            ("te", "trailers"),
            ("trailer", "x"),
            ("keep-alive", "x"),
            ("expect", "100-continue"),
            ("proxy-authorization", "x"),
            ("x-a\r\nx-b", "c"),
            ("x a", "c"),
            ("", "c"),
            ("x-a", "b\r\nx-c: d"),
            ("x-a", "b\nGET /x HTTP/1.1"),
            ("x-a", "b\0"),
        ] {
            let before = server.requests().len();
            let seen = ask(way, &plain(), &role, &Asked::new("GET", &url).header(name, value));
            assert!(!seen.answered, "{way:?} {name:?} {value:?}: {}", seen.text);
            assert_eq!(server.requests().len(), before, "{way:?} {name:?} {value:?}");
        }
        let mut many = Asked::new("GET", &url);
        many.headers = (0..65).map(|number| (format!("x-{number}"), "y".to_owned())).collect();
        let seen = ask(way, &plain(), &role, &many);
        assert!(
            !seen.answered && seen.why().contains("at most 64 headers"),
            "{way:?}: {}",
            seen.why()
        );
    }
}

#[test]
fn the_requests_of_a_call_are_counted() {
    let server = BadServer::start();
    let limits = "[roles.agent.limits]\nrequests = 3\n";
    let role = role(&(grant(&server.origin(), "\"GET\"", "") + limits));
    let mut asked = Asked::new("GET", &format!("{}/hello", server.origin()));
    asked.times = 10;
    let seen = ask(Way::Send, &plain(), &role, &asked);
    assert!(!seen.answered && seen.text.contains("`requests`"), "{}", seen.text);
    assert_eq!((server.requests().len(), seen.requests.len()), (3, 3));
}

/// The role's time, the guest's own, and what the call has left: the shortest counts.
#[test]
fn a_request_takes_no_longer_than_it_may() {
    let server = BadServer::start();
    for (limits, seconds) in [
        ("request_seconds = 1", None),
        ("request_seconds = 60", Some(1)),
        ("wall_seconds = 2", None),
    ] {
        let role = role(&format!(
            "{}[roles.agent.limits]\n{limits}\n",
            grant(&server.origin(), "\"GET\"", "")
        ));
        let mut asked = Asked::new("GET", &format!("{}/drip", server.origin()));
        asked.seconds = seconds;
        let started = Instant::now();
        let mut workshop = assize_tests::workshop::Workshop::open();
        workshop.outside = plain();
        // A call whose wall time is over right after its request may end before it says so.
        let account = workshop.run(&role, &assize_tests::guests::sending_agent(&asked));
        assert!(
            format!("{account:?}").contains("request_seconds"),
            "{limits}: {account:?}"
        );
        assert!(started.elapsed() < Duration::from_secs(10), "{limits}");
    }
}
