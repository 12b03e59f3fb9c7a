//! Secrets enter a request behind the guest's back, and never come back to it.

use assize::sandbox::Outside;
use assize_tests::bad_server::BadServer;
use assize_tests::guests::Asked;
use assize_tests::workshop::Workshop;

use super::{WAYS, Way, ask_in, grant, plain, role, secrets};

const SECRET: &str = "v4lue-of-the-s3cret";
const PLACEHOLDER: &str = "{{secret:token}}";

fn outside() -> Outside {
    Outside {
        secrets: secrets(&[("token", SECRET)]),
        ..plain()
    }
}

fn secret(origin: &str, target: &str) -> String {
    format!("[[roles.agent.secrets]]\nname = \"token\"\norigin = \"{origin}\"\n{target}\n")
}

fn workshop() -> Workshop {
    let mut workshop = Workshop::open();
    workshop.outside = outside();
    workshop
}

#[test]
fn a_secret_reaches_the_server_and_comes_back_as_its_name() {
    let server = BadServer::start();
    let origin = server.origin();
    let role = role(
        &[
            grant(&origin, "\"GET\", \"POST\"", ""),
            secret(&origin, "header = \"x-token\""),
            secret(&origin, "query = \"key\""),
            secret(&origin, "field = \"auth.token\""),
        ]
        .concat(),
    );
    let requests = [
        Asked::new("GET", &format!("{origin}/PATH")).header("X-Token", &format!("Bearer {PLACEHOLDER}")),
        Asked::new("GET", &format!("{origin}/PATH?key={PLACEHOLDER}")),
        Asked::new("POST", &format!("{origin}/PATH"))
            .header("content-type", "application/json")
            .body(&format!("{{\"auth\": {{\"token\": \"{PLACEHOLDER}\"}}}}")),
        Asked::new("POST", &format!("{origin}/PATH"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(&format!("a=b&auth.token={PLACEHOLDER}")),
    ];
    let workshop = workshop();
    for way in WAYS {
        for path in ["echo", "echo-gzip", "echo-drip"] {
            for asked in &requests {
                let mut asked = asked.clone();
                asked.url = asked.url.replace("PATH", path);
                let seen = ask_in(&workshop, way, &role, &asked);
                assert!(seen.answered, "{way:?} {}: {}", asked.url, seen.why());
                let sent = server.requests().pop().expect("a request");
                assert!(sent.contains(SECRET) && !sent.contains(PLACEHOLDER), "{way:?}: {sent}");
                assert!(!seen.text.contains(SECRET), "{way:?} {path}: {}", seen.text);
                assert!(seen.text.contains(PLACEHOLDER), "{way:?} {path}: {}", seen.text);
                assert_eq!(seen.requests.last().expect("a record").secrets, ["token"], "{way:?}");
                assert!(!format!("{seen:?}").contains(SECRET), "{way:?}");
            }
        }
    }
    assert_not_stored(&workshop);
}

/// Nothing on disk holds the value.
fn assert_not_stored(workshop: &Workshop) {
    let mut waiting = vec![workshop.around()];
    while let Some(dir) = waiting.pop() {
        for entry in std::fs::read_dir(dir).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                let bytes = std::fs::read(&path).expect("a file");
                let found = bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes());
                assert!(!found, "{}", path.display());
            }
        }
    }
}

#[test]
fn a_placeholder_that_is_not_granted_is_never_sent() {
    let (server, other) = (BadServer::start(), BadServer::start());
    let (origin, elsewhere) = (server.origin(), other.origin());
    let role = role(
        &[
            grant(&origin, "\"GET\", \"POST\"", ""),
            grant(&elsewhere, "\"GET\", \"POST\"", ""),
            secret(&origin, "header = \"x-token\""),
        ]
        .concat(),
    );
    let json = format!("{{\"auth\": {{\"token\": \"{PLACEHOLDER}\"}}}}");
    let workshop = workshop();
    for way in WAYS {
        for asked in [
            Asked::new("GET", &format!("{elsewhere}/echo")).header("x-token", PLACEHOLDER),
            Asked::new("GET", &format!("{origin}/echo")).header("authorization", PLACEHOLDER),
            Asked::new("GET", &format!("{origin}/echo?key={PLACEHOLDER}")),
            Asked::new("GET", &format!("{origin}/echo?key=%7B%7Bsecret:token}}}}")),
            Asked::new("POST", &format!("{origin}/echo"))
                .header("content-type", "application/json")
                .body(&json),
        ] {
            let before = (server.requests().len(), other.requests().len());
            let seen = ask_in(&workshop, way, &role, &asked);
            assert!(!seen.answered, "{way:?} {asked:?}: {}", seen.text);
            assert!(
                seen.why().contains("[[roles.agent.secrets]]"),
                "{way:?} {asked:?}: {}",
                seen.why()
            );
            assert_eq!(
                (server.requests().len(), other.requests().len()),
                before,
                "{way:?} {asked:?}"
            );
        }
    }
}

#[test]
fn a_redirection_to_somebody_else_takes_no_secret_along() {
    let (server, other) = (BadServer::start(), BadServer::start());
    let (origin, elsewhere) = (server.origin(), other.origin());
    let role = role(
        &[
            grant(&origin, "\"GET\"", ""),
            grant(&elsewhere, "\"GET\"", ""),
            secret(&origin, "header = \"x-token\""),
        ]
        .concat(),
    );
    let workshop = workshop();
    let away = Asked::new("GET", &format!("{origin}/redirect?302={elsewhere}/echo")).header("x-token", PLACEHOLDER);
    let seen = ask_in(&workshop, Way::Fetch, &role, &away);
    assert!(seen.answered, "{}", seen.why());
    assert!(server.requests()[0].contains(SECRET));
    assert!(!other.requests()[0].contains(SECRET) && !other.requests()[0].contains("x-token"));
    let back = Asked::new("GET", &format!("{origin}/redirect?302=/echo")).header("x-token", PLACEHOLDER);
    let seen = ask_in(&workshop, Way::Fetch, &role, &back);
    assert!(seen.answered && server.requests().pop().is_some_and(|sent| sent.contains(SECRET)));
}

#[test]
fn a_secret_that_is_not_there_is_named() {
    let server = BadServer::start();
    let role = role(&(grant(&server.origin(), "\"GET\"", "") + &secret(&server.origin(), "header = \"x-token\"")));
    let mut workshop = Workshop::open();
    workshop.outside = plain();
    for way in WAYS {
        let asked = Asked::new("GET", &format!("{}/echo", server.origin())).header("x-token", PLACEHOLDER);
        let seen = ask_in(&workshop, way, &role, &asked);
        assert!(
            !seen.answered && seen.why().contains("assize secret set token"),
            "{way:?}: {}",
            seen.why()
        );
    }
    assert!(server.requests().is_empty());
}
