//! Ranges of addresses that a policy may name.

use core::net::IpAddr;
use std::fmt;

use ipnet::IpNet;

/// The shortest prefix that a policy may write. A shorter one names no network but half the world.
const PREFIX_BITS_MIN: u8 = 8;

/// A network: all addresses that start with the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network(IpNet);

impl Network {
    /// Reads a network in its one form: the lowest address and the length of the prefix, such as `10.1.0.0/16`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let network: IpNet = text.parse().ok()?;
        let is_canonical = network.trunc() == network && network.to_string() == text;
        // Addresses of version 4 that are written as ones of version 6 are judged as what they are, so no such range opens them.
        let is_mapped = matches!(network, IpNet::V6(network) if network.network().to_ipv4_mapped().is_some());
        (is_canonical && !is_mapped && network.prefix_len() >= PREFIX_BITS_MIN).then_some(Self(network))
    }

    /// Tells whether an address lies in the network.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address)
    }

    /// Tells whether the network is this one address and no other.
    #[must_use]
    pub fn is_only(&self, address: IpAddr) -> bool {
        self.0.prefix_len() == self.0.max_prefix_len() && self.0.addr() == address
    }

    /// Tells whether every address of `other` lies in this network.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.0.contains(&other.0)
    }

    /// Returns the networks that lie in both lists, sorted. Of two networks one lies in the other, or they share nothing.
    #[must_use]
    pub fn both(some: &[Self], others: &[Self]) -> Vec<Self> {
        let pairs = some.iter().flat_map(|one| others.iter().map(move |other| (one, other)));
        let shared = pairs.filter_map(|(one, other)| match (one.covers(other), other.covers(one)) {
            (true, _) => Some(*other),
            (_, true) => Some(*one),
            _ => None,
        });
        let mut shared: Vec<Self> = shared.collect();
        shared.sort_unstable();
        shared.dedup();
        shared
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::Network;

    #[test]
    fn a_network_has_one_form() {
        for good in [
            "10.1.0.0/16",
            "127.0.0.1/32",
            "10.0.0.0/8",
            "fd00::/8",
            "2001:db8::1/128",
        ] {
            assert_eq!(
                Network::parse(good).map(|network| network.to_string()).as_deref(),
                Some(good)
            );
        }
        for bad in [
            "",
            "10.1.0.0",
            "10.1.0.1/16",
            "10.1.0.0/016",
            "010.1.0.0/16",
            "10.1/16",
            "0.0.0.0/0",
            "10.0.0.0/7",
            "::/0",
            "fc00::/7",
            "FD00::/8",
            "fd00:0::/16",
            "::ffff:10.0.0.0/104",
            "10.1.0.0/33",
            "10.1.0.0/16 ",
            "internal",
        ] {
            assert_eq!(Network::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn both_is_what_lies_in_both() {
        let networks = |texts: &[&str]| -> Vec<Network> {
            texts
                .iter()
                .map(|text| Network::parse(text).expect("a network"))
                .collect()
        };
        let both = Network::both(
            &networks(&["10.0.0.0/8", "192.168.1.0/24"]),
            &networks(&["10.1.0.0/16", "10.2.0.0/16", "192.168.0.0/16", "fd00::/8"]),
        );
        assert_eq!(both, networks(&["10.1.0.0/16", "10.2.0.0/16", "192.168.1.0/24"]));
    }
}
