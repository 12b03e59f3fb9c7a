//! Where the names of the attacks lead.

use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::egress::{Answer, Resolve};

/// Knows the names of the attacks, and asks nobody else.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// How often it was asked for the name that changes.
    asked: AtomicU64,
}

impl Resolve for Names {
    fn resolve<'a>(&'a self, name: &'a str) -> Answer<'a> {
        let addresses: &[&str] = match name {
            "home.example" => &["127.0.0.1"],
            "private.example" => &["10.0.0.1", "192.168.1.1"],
            "metadata.example" => &["169.254.169.254"],
            "mapped.example" => &["::ffff:127.0.0.1"],
            "nat64.example" => &["64:ff9b::7f00:1"],
            "six-to-four.example" => &["2002:7f00:1::"],
            "nobody.example" => &["0.0.0.0"],
            "both.example" => &["198.41.0.4", "127.0.0.1"],
            // The policy opens this one address for the name: nobody listens there.
            "changes.example" if self.asked.fetch_add(1, Ordering::Relaxed) == 0 => &["127.0.0.2"],
            "changes.example" => &["127.0.0.1"],
            _ => &[],
        };
        let addresses = addresses.iter().map(|text| text.parse::<IpAddr>());
        let answer: Result<Vec<IpAddr>, _> = addresses.collect();
        Box::pin(async move { answer.map_err(io::Error::other) })
    }
}
