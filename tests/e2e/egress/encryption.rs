//! Encryption: who a server is must be proved by somebody whom the machine trusts.

use std::sync::Arc;

use assize::egress::Trust;
use assize::sandbox::Outside;
use assize_tests::bad_server::{BadServer, Certificates, Fault};
use assize_tests::guests::Asked;

use super::{Names, WAYS, ask, egress, grant, role};

const NAME: &str = "inside.example";

#[test]
fn a_server_with_a_bad_certificate_gets_no_request() {
    let certificates = Certificates::new();
    let names = Arc::new(Names::of(&[(NAME, &["127.0.0.1"])]));
    let outside = Outside {
        egress: Some(egress(names, Trust::Only(certificates.roots()))),
        ..Outside::default()
    };
    for fault in [
        Fault::None,
        Fault::Expired,
        Fault::Future,
        Fault::OtherName,
        Fault::SelfSigned,
        Fault::OtherAuthority,
    ] {
        let server = BadServer::start_encrypted(certificates.server(NAME, fault));
        let origin = format!("https://{NAME}:{}", server.port());
        let role = role(&grant(&origin, "\"GET\"", "networks = [\"127.0.0.1/32\"]"));
        for way in WAYS {
            let before = server.requests().len();
            let seen = ask(way, &outside, &role, &Asked::new("GET", &format!("{origin}/hello")));
            assert_eq!(seen.answered, fault == Fault::None, "{way:?} {fault:?}: {}", seen.why());
            if fault != Fault::None {
                assert!(
                    seen.why().contains("is not who it should be"),
                    "{way:?} {fault:?}: {}",
                    seen.why()
                );
            }
            assert_eq!(
                server.requests().len() - before,
                usize::from(seen.answered),
                "{way:?} {fault:?}"
            );
        }
    }
}

/// An address proves itself by a certificate of its own.
#[test]
fn an_address_needs_a_certificate_too() {
    let certificates = Certificates::new();
    let outside = Outside {
        egress: Some(egress(Arc::default(), Trust::Only(certificates.roots()))),
        ..Outside::default()
    };
    for (name, answered) in [("127.0.0.1", true), (NAME, false)] {
        let server = BadServer::start_encrypted(certificates.server(name, Fault::None));
        let origin = format!("https://127.0.0.1:{}", server.port());
        let role = role(&grant(&origin, "\"GET\"", ""));
        for way in WAYS {
            let seen = ask(way, &outside, &role, &Asked::new("GET", &format!("{origin}/hello")));
            assert_eq!(seen.answered, answered, "{way:?} {name}: {}", seen.why());
        }
    }
}

#[test]
fn who_trusts_nobody_is_told_what_to_install() {
    let server = BadServer::start();
    let outside = Outside {
        egress: Some(egress(Arc::default(), Trust::Only(Vec::new()))),
        ..Outside::default()
    };
    let origin = format!("https://127.0.0.1:{}", server.port());
    let role = role(&grant(&origin, "\"GET\"", ""));
    for way in WAYS {
        let seen = ask(way, &outside, &role, &Asked::new("GET", &format!("{origin}/hello")));
        assert!(
            !seen.answered && seen.why().contains("ca-certificates"),
            "{way:?}: {}",
            seen.why()
        );
    }
}
