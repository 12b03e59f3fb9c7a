//! What is on record of a request: everything but what nobody should read.

use assize::event::Event;
use assize::policy::permission::Permission;
use assize::sandbox::Unusable;
use assize::store::EventFilter;
use assize_tests::bad_server::BadServer;
use assize_tests::guests::{self, Asked};
use assize_tests::workshop::Workshop;

use super::{Way, ask_in, grant, plain, role};

#[test]
fn each_request_is_on_record_with_its_sizes_and_without_its_query() {
    let server = BadServer::start();
    let role = role(&grant(&server.origin(), "\"POST\"", ""));
    for way in [Way::Send, Way::Wasi] {
        let mut workshop = Workshop::open();
        workshop.outside = plain();
        let url = format!("{}/echo?q=hush", server.origin());
        let seen = ask_in(&workshop, way, &role, &Asked::new("POST", &url).body("psst"));
        assert!(seen.answered, "{way:?}: {}", seen.why());
        let [access] = seen.accesses.as_slice() else {
            panic!("{way:?}: {:?}", seen.accesses)
        };
        assert_eq!(
            (access.permission, access.resource.clone(), access.granted),
            (Permission::HttpSend, format!("POST {}/echo", server.origin()), true)
        );
        let [request] = seen.requests.as_slice() else {
            panic!("{way:?}: {:?}", seen.requests)
        };
        assert_eq!(
            (request.status, request.outcome.as_str()),
            (Some(200), "answered"),
            "{way:?}"
        );
        assert_eq!((request.path.as_str(), request.sent_bytes), ("/echo", 4), "{way:?}");
        assert!(request.received_bytes > 100, "{way:?}: {request:?}");
        let events = workshop.store.events(&EventFilter::default(), 0, 100).expect("a page");
        let kinds: Vec<&str> = events.iter().map(|event| event.event.kind().name()).collect();
        // The use of the power stands before what came of it.
        assert_eq!(kinds, ["access-checked", "request-sent"], "{way:?}");
        assert!(!format!("{events:?}").contains("hush") && !format!("{events:?}").contains("psst"));
        assert!(matches!(
            &events[1].event,
            Event::RequestSent {
                status: 200,
                sent_bytes: 4,
                ..
            }
        ));
    }
}

/// Whoever imports what sends asks for the permission, and needs it.
#[test]
fn importing_what_sends_is_asking_for_the_permission() {
    let server = BadServer::start();
    let mut workshop = Workshop::open();
    workshop.outside = plain();
    let asked = Asked::new("GET", &format!("{}/hello", server.origin()));
    let agent = workshop.load(&guests::wasi_sending_agent(&asked));
    assert!(
        agent.imports().contains(&"http.send".to_owned()),
        "{:?}",
        agent.imports()
    );
    for role in ["allow = []", "allow = [\"*\"]\ndeny = [\"http.send\"]"] {
        let role = format!("{role}\n{}", grant(&server.origin(), "\"GET\"", ""));
        for way in [Way::Send, Way::Wasi] {
            let seen = ask_in(&workshop, way, &role, &asked);
            assert!(!seen.answered && seen.requests.is_empty(), "{way:?}: {}", seen.text);
            assert!(seen.why().contains("http.send"), "{way:?}: {}", seen.why());
        }
    }
    assert!(server.requests().is_empty());
    let judge = workshop
        .sandbox
        .load(&guests::wasi_sending_judge())
        .expect("the machine holds");
    let unusable = judge.expect_err("no judge may ask anybody");
    assert!(
        matches!(&unusable, Unusable::Import { import, .. } if import.starts_with("wasi:http/")),
        "{unusable}"
    );
}

/// Without a way out nothing leaves, whatever the policy says.
#[test]
fn where_no_way_out_is_given_nothing_is_sent() {
    let server = BadServer::start();
    let workshop = Workshop::open();
    let role = role(&grant(&server.origin(), "\"GET\"", ""));
    for way in [Way::Send, Way::Wasi] {
        let seen = ask_in(
            &workshop,
            way,
            &role,
            &Asked::new("GET", &format!("{}/hello", server.origin())),
        );
        assert!(
            !seen.answered && seen.text.contains("no requests can be sent here"),
            "{way:?}: {}",
            seen.text
        );
    }
    assert!(server.requests().is_empty());
}
