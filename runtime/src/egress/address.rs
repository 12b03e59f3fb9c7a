//! Which addresses a request may end at. Pure.
//!
//! A policy names origins, and whoever answers for the names decides where they lead. So every address is judged on its own: one
//! that is not the internet's is closed, unless the policy names it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::policy::network::Network;

/// What an address is, where it is not the internet's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// The machine itself.
    Loopback,
    /// A private network.
    Private,
    /// The network of one link.
    LinkLocal,
    /// Where a cloud tells its machines who they are, and gives them keys.
    Metadata,
    /// The network between a provider and its customers.
    Shared,
    /// For many at once.
    Multicast,
    /// No address at all, or everybody's.
    Nobody,
    /// Set aside: for documentation, measurements, protocols, later.
    Reserved,
}

impl Closed {
    /// Says what the address is, to stand behind "is".
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Loopback => "this machine itself",
            Self::Private => "in a private network",
            Self::LinkLocal => "in the network of one link",
            Self::Metadata => "where a cloud keeps the keys of its machines",
            Self::Shared => "in the network of a provider",
            Self::Multicast => "for many at once",
            Self::Nobody => "no address of anybody",
            Self::Reserved => "set aside for other uses",
        }
    }
}

/// To whom a request goes, as the address of it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// A name that has to be asked for.
    Name(String),
    /// An address.
    Address(IpAddr),
}

impl Host {
    /// Whether it is the one name of the machine itself.
    #[must_use]
    pub fn is_localhost(&self) -> bool {
        matches!(self, Self::Name(name) if name == "localhost")
    }
}

/// Decides whether a request to `host`, which a grant opens, may end at `address`, which `host` led to. `networks` are those of
/// the grant.
///
/// # Errors
///
/// What the address is, where it is closed.
pub fn check(host: &Host, networks: &[Network], address: IpAddr) -> Result<(), Closed> {
    let inner = inner(address);
    let closed = match judge(address) {
        // The name of the machine itself leads to the machine itself, and nowhere else.
        Some(Closed::Loopback) if host.is_localhost() => return Ok(()),
        None if host.is_localhost() => return Err(Closed::Reserved),
        None => return Ok(()),
        Some(closed) => closed,
    };
    let is_named = match closed {
        // Nothing answers there, or somebody unknown.
        Closed::Multicast | Closed::Nobody => false,
        _ if *host == Host::Address(address) => true,
        _ if host.is_localhost() => false,
        // Whoever opens a range thinks of the machines in it.
        Closed::Metadata => networks.iter().any(|network| network.is_only(inner)),
        _ => networks.iter().any(|network| network.contains(inner)),
    };
    if is_named { Ok(()) } else { Err(closed) }
}

/// Tells what an address is; nothing where it is the internet's. One that carries another is what the other is.
#[must_use]
pub fn judge(address: IpAddr) -> Option<Closed> {
    match address {
        IpAddr::V4(address) => judge_v4(address),
        IpAddr::V6(address) => judge_v6(address),
    }
}

/// Where cloud providers answer their own machines, outside of the network of one link: Azure, Alibaba, Oracle.
const METADATA_V4: [Ipv4Addr; 3] = [
    Ipv4Addr::new(168, 63, 129, 16),
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(192, 0, 0, 192),
];

/// The same over version 6: Amazon (two), Google.
const METADATA_V6: [Ipv6Addr; 3] = [
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23),
    Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),
];

fn judge_v4(address: Ipv4Addr) -> Option<Closed> {
    let closed = match address.octets() {
        _ if METADATA_V4.contains(&address) => Closed::Metadata,
        // Amazon, Google, Azure, Oracle and others: 169.254.169.254, and containers of Amazon: 169.254.170.2 and .23.
        [169, 254, 169 | 170, _] => Closed::Metadata,
        [0, ..] | [255, 255, 255, 255] => Closed::Nobody,
        [127, ..] => Closed::Loopback,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Closed::Private,
        [169, 254, ..] => Closed::LinkLocal,
        [100, 64..=127, ..] => Closed::Shared,
        [224..=239, ..] => Closed::Multicast,
        // Protocols; documentation three times; relays of version 6; measurements; and what was kept for later.
        [192, 0, 0 | 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Closed::Reserved,
        [192, 88, 99, _] | [198, 18 | 19, ..] | [240..=255, ..] => Closed::Reserved,
        _ => return None,
    };
    Some(closed)
}

fn judge_v6(address: Ipv6Addr) -> Option<Closed> {
    if let Some(inner) = carried(address) {
        // Only the internet's addresses are reached through somebody else's translation; what carries itself is judged below.
        return judge_v4(inner);
    }
    let closed = match address.segments() {
        _ if METADATA_V6.contains(&address) => Closed::Metadata,
        [0, 0, 0, 0, 0, 0, 0, 0] => Closed::Nobody,
        [0, 0, 0, 0, 0, 0, 0, 1] => Closed::Loopback,
        [0xff00..=0xffff, ..] => Closed::Multicast,
        [0xfe80..=0xfebf, ..] => Closed::LinkLocal,
        // Unique local, and site-local, as it was called before.
        [0xfc00..=0xfdff, ..] | [0xfec0..=0xfeff, ..] => Closed::Private,
        // Translation within one network.
        [0x64, 0xff9b, 1, ..] => Closed::Private,
        // Documentation, twice; protocols, measurements and identifiers that lead nowhere.
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] | [0x2001, 0..=0x1ff, ..] => Closed::Reserved,
        // The only part of all addresses that is given out.
        [0x2000..=0x3fff, ..] => return None,
        _ => Closed::Reserved,
    };
    Some(closed)
}

/// The address itself, or the one of version 4 that it carries.
fn inner(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(address) => carried(address).map_or(IpAddr::V6(address), IpAddr::V4),
        IpAddr::V4(_) => address,
    }
}

/// The address of version 4 that one of version 6 carries, in any of the forms that some router takes for it.
fn carried(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let v4 = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        Ipv4Addr::new(a, b, c, d)
    };
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        // Mapped, translated, compatible, and translated by a router (NAT64).
        [0, 0, 0, 0, 0 | 0xffff, 0xffff | 0, high, low] => Some(v4(high, low)),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(v4(high, low)),
        // 6to4.
        [0x2002, high, low, ..] => Some(v4(high, low)),
        // Teredo: who is behind the server, with all bits turned over.
        [0x2001, 0, _, _, _, _, high, low] => Some(v4(!high, !low)),
        // ISATAP, below whatever prefix.
        [_, _, _, _, 0 | 0x200, 0x5efe, high, low] => Some(v4(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn what_is_not_the_internets_is_closed() {
        for (closed, texts) in [
            (Closed::Loopback, "127.0.0.1 127.255.255.254 ::1"),
            (Closed::Private, "10.0.0.1 172.16.0.1 172.31.255.255 192.168.1.1"),
            (Closed::Private, "fc00::1 fd12:3456::1 fec0::1 64:ff9b:1::1"),
            (Closed::LinkLocal, "169.254.0.1 fe80::1 febf::1"),
            (
                Closed::Metadata,
                "169.254.169.254 169.254.170.2 168.63.129.16 100.100.100.200 192.0.0.192",
            ),
            (Closed::Metadata, "fd00:ec2::254 fd20:ce::254"),
            (Closed::Shared, "100.64.0.1 100.127.255.255"),
            (Closed::Multicast, "224.0.0.1 239.255.255.255 ff02::1"),
            (Closed::Nobody, "0.0.0.0 0.1.2.3 255.255.255.255 ::"),
            (
                Closed::Reserved,
                "192.0.2.1 198.51.100.1 203.0.113.1 198.18.0.1 240.0.0.1 192.0.0.8 192.88.99.1",
            ),
            (Closed::Reserved, "2001:db8::1 3fff::1 2001:2::1 100::1 5f00::1 4000::1"),
        ] {
            for text in texts.split(' ') {
                assert_eq!(judge(address(text)), Some(closed), "{text}");
            }
        }
        for text in "1.1.1.1 172.32.0.1 100.128.0.1 169.253.1.1 192.0.1.1 2606:4700::1111 2a00:1450::1 2001:4860::8888"
            .split(' ')
        {
            assert_eq!(judge(address(text)), None, "{text}");
        }
    }

    #[test]
    fn an_address_in_another_form_is_what_it_carries() {
        for form in [
            "::ffff:{}",
            "::{}",
            "::ffff:0:{}",
            "64:ff9b::{}",
            "2606:4700::5efe:{}",
            "2606:4700::200:5efe:{}",
        ] {
            for (inner, closed) in [
                ("127.0.0.1", Some(Closed::Loopback)),
                ("169.254.169.254", Some(Closed::Metadata)),
                ("10.1.2.3", Some(Closed::Private)),
                ("1.1.1.1", None),
            ] {
                let text = form.replace("{}", inner);
                assert_eq!(judge(address(&text)), closed, "{text}");
            }
        }
        assert_eq!(judge(address("2002:7f00:1::1")), Some(Closed::Loopback));
        assert_eq!(judge(address("2002:a9fe:a9fe::")), Some(Closed::Metadata));
        assert_eq!(judge(address("2002:101:101::1")), None);
        // 127.0.0.1 with all bits turned over is 80ff:fffe.
        assert_eq!(judge(address("2001:0:101:101::80ff:fffe")), Some(Closed::Loopback));
    }

    #[test]
    fn what_the_policy_names_is_open() {
        let networks = |text: &str| -> Vec<Network> {
            text.split_terminator(' ')
                .map(|text| Network::parse(text).expect("a network"))
                .collect()
        };
        let name = Host::Name("a.example".into());
        let localhost = Host::Name("localhost".into());
        let literal = |text: &str| Host::Address(address(text));
        for (host, named, at, open) in [
            (&name, "", "1.1.1.1", true),
            (&name, "", "10.1.0.1", false),
            (&name, "10.1.0.0/16", "10.1.0.1", true),
            (&name, "10.1.0.0/16", "::ffff:10.1.0.1", true),
            (&name, "10.1.0.0/16", "10.2.0.1", false),
            (&name, "127.0.0.0/8", "127.0.0.1", true),
            (&name, "fd00::/8", "fd00::1", true),
            (&name, "fd00::/8", "fd00:ec2::254", false),
            (&name, "169.254.0.0/16", "169.254.169.254", false),
            (&name, "169.254.169.254/32", "169.254.169.254", true),
            (&name, "224.0.0.0/8", "224.0.0.1", false),
            (&name, "255.255.255.255/32", "255.255.255.255", false),
            (&localhost, "", "127.0.0.1", true),
            (&localhost, "", "::1", true),
            (&localhost, "", "10.1.0.1", false),
            (&localhost, "10.0.0.0/8", "10.1.0.1", false),
            (&localhost, "", "1.1.1.1", false),
            (&literal("127.0.0.1"), "", "127.0.0.1", true),
            (&literal("169.254.169.254"), "", "169.254.169.254", true),
            (&literal("0.0.0.0"), "", "0.0.0.0", false),
        ] {
            assert_eq!(
                check(host, &networks(named), address(at)).is_ok(),
                open,
                "{host:?} with {named:?} at {at}"
            );
        }
    }
}
