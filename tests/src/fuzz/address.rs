//! Addresses of requests, against another reader of the same text.

use assize::egress::address::Host;
use assize::egress::target::Target;
use assize::policy::http::{is_origin, is_path_prefix};
use url::{Host as OtherHost, Url};

/// Takes the first line as an address and every other as a reference that an answer gives.
///
/// # Panics
///
/// When a promise is broken.
pub fn address(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut lines = text.split('\n');
    let Some(first) = lines.next() else { return };
    let Ok(target) = Target::parse(first) else { return };
    check(first, &target);
    for reference in lines.take(16) {
        if let Ok(followed) = target.follow(reference) {
            check(
                &format!("{}{}", followed.origin(), followed.path_and_query()),
                &followed,
            );
        }
    }
}

/// What was read is what is sent, and everybody else reads the same of it.
fn check(text: &str, target: &Target) {
    assert!(is_origin(target.origin()) && is_path_prefix(target.path()), "{text:?}");
    let written = format!("{}{}", target.origin(), target.path_and_query());
    let has_path = text
        .get(target.origin().len()..)
        .is_some_and(|rest| rest.starts_with('/'));
    assert!(!has_path || written == text, "{text:?} became {written:?}");
    assert_eq!(Target::parse(&written).as_ref(), Ok(target), "{text:?}");
    // The other reader also looks into names of other letters, and refuses those that stand for none.
    let other = match Url::parse(&written) {
        Ok(other) => other,
        Err(error) => {
            assert!(target.origin().contains("xn--"), "{written:?}: {error}");
            return;
        }
    };
    assert_eq!(other.path(), target.path(), "{written:?}");
    assert_eq!(other.port_or_known_default(), Some(target.port()), "{written:?}");
    assert_eq!(other.scheme() == "http", target.is_plain(), "{written:?}");
    assert!(other.username().is_empty() && other.password().is_none(), "{written:?}");
    match (target.host(), other.host()) {
        (Host::Name(name), Some(OtherHost::Domain(domain))) => assert_eq!(name, domain, "{written:?}"),
        (Host::Address(address), Some(OtherHost::Ipv4(other))) => assert_eq!(*address, other, "{written:?}"),
        (Host::Address(address), Some(OtherHost::Ipv6(other))) => assert_eq!(*address, other, "{written:?}"),
        hosts => panic!("{written:?}: {hosts:?}"),
    }
}
