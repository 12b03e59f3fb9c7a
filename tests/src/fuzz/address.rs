//! The addresses of requests, against another reader of the same texts, and the judgement of IP addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use assize::egress::address::judge;
use assize::egress::target::Target;
use url::{Host, Url};

/// Takes the first line as the address of a request, the second as a reference that its answer leads to, and the first 16 bytes
/// as an IP address.
///
/// # Panics
///
/// When a promise is broken.
pub fn address(bytes: &[u8]) {
    if let Some(octets) = bytes.first_chunk::<16>() {
        ask(Ipv6Addr::from(*octets));
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (text, reference) = text.split_once('\n').unwrap_or((text, ""));
    let Ok(target) = Target::parse(text) else { return };
    // Whatever is taken has one reading, so that nobody on the way can have another.
    let other = match Url::parse(text) {
        Ok(other) => other,
        // The other reader also looks into names of other letters, and refuses those that stand for none.
        Err(error) => return assert!(target.origin().contains("xn--"), "{text:?}: {error}"),
    };
    assert_eq!(other.port_or_known_default(), Some(target.port()), "{text:?}");
    assert_eq!(other.path(), target.path(), "{text:?}");
    assert!(
        other.username().is_empty() && other.password().is_none() && other.fragment().is_none(),
        "{text:?}"
    );
    assert_eq!(other.scheme() == "http", target.is_plain(), "{text:?}");
    match (other.host(), target.host()) {
        (Some(Host::Domain(one)), assize::egress::address::Host::Name(two)) => assert_eq!(one, two),
        (Some(Host::Ipv4(one)), assize::egress::address::Host::Address(two)) => assert_eq!(IpAddr::V4(one), *two),
        (Some(Host::Ipv6(one)), assize::egress::address::Host::Address(two)) => assert_eq!(IpAddr::V6(one), *two),
        (one, two) => panic!("{text:?} leads to {one:?} and to {two:?}"),
    }
    if let Ok(next) = target.follow(reference) {
        let whole = format!("{}{}", next.origin(), next.path_and_query());
        assert_eq!(
            Target::parse(&whole).as_ref(),
            Ok(&next),
            "{text:?} led to {whole:?} by {reference:?}"
        );
    }
}

/// An address that carries one of version 4 is never more open than that one, and what the standard library knows to be
/// nobody's on the internet is closed.
fn ask(address: Ipv6Addr) {
    let segments = address.segments();
    let (a, b) = (segments[6].to_be_bytes(), segments[7].to_be_bytes());
    let v4 = Ipv4Addr::new(a[0], a[1], b[0], b[1]);
    let mapped = judge(IpAddr::V6(v4.to_ipv6_mapped()));
    assert_eq!(mapped, judge(IpAddr::V4(v4)), "{v4}");
    if v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_unspecified() || v4.is_multicast() {
        assert!(mapped.is_some(), "{v4}");
    }
    if address.is_loopback() || address.is_unspecified() || address.is_multicast() || address.is_unique_local() {
        assert!(judge(IpAddr::V6(address)).is_some(), "{address}");
    }
}
