//! Where a name leads.

use std::fmt::Debug;
use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, ToSocketAddrs};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::address::Host;
use super::refused::Refused;
use super::request::Prepared;

/// The answer to a question for a name, some time later.
pub type Answer<'a> = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + 'a>>;

/// How many addresses of one name are looked at. A name with more is refused: all of them must be open.
const ADDRESSES_MAX: usize = 64;

/// Whoever knows the addresses of names.
pub trait Resolve: Debug + Send + Sync {
    /// Gives all addresses of a name.
    fn resolve<'a>(&'a self, name: &'a str) -> Answer<'a>;
}

/// The machine's own way.
#[derive(Debug, Clone, Copy)]
pub struct System;

impl Resolve for System {
    fn resolve<'a>(&'a self, name: &'a str) -> Answer<'a> {
        Box::pin(async move {
            let (sender, answer) = tokio::sync::oneshot::channel();
            let name = name.to_owned();
            // The system's function cannot be stopped. On a thread of its own nobody has to wait for it.
            std::thread::Builder::new().name("resolve".into()).spawn(move || {
                let found = (name.as_str(), 0).to_socket_addrs();
                let _ = sender.send(found.map(|found| found.map(|address| address.ip()).collect()));
            })?;
            answer
                .await
                .unwrap_or_else(|_| Err(io::Error::other("nobody answered")))
        })
    }
}

/// Finds the addresses of a request's host. Every one of them must be open: picking the open ones would let whoever answers for the
/// name try its luck.
pub(super) async fn open_addresses(
    resolver: &Arc<dyn Resolve>,
    prepared: &Prepared,
    time: Duration,
) -> Result<Vec<IpAddr>, Refused> {
    let target = &prepared.target;
    let addresses = match target.host() {
        Host::Address(address) => vec![*address],
        // Nobody else is asked where the machine itself is.
        host if host.is_localhost() => vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()],
        Host::Name(name) => match timeout(time, resolver.resolve(name)).await {
            Ok(Ok(addresses)) => addresses,
            Ok(Err(error)) => {
                return Err(Refused::Unavailable(format!(
                    "the name {name} cannot be found: {error}"
                )));
            }
            Err(_) => {
                return Err(Refused::Unavailable(format!(
                    "nobody said within {} seconds where the name {name} leads",
                    time.as_secs()
                )));
            }
        },
    };
    if addresses.is_empty() || addresses.len() > ADDRESSES_MAX {
        return Err(Refused::Unavailable(format!(
            "{} leads to no address, or to more than {ADDRESSES_MAX}",
            target.origin()
        )));
    }
    for address in &addresses {
        prepared
            .rules
            .check_address(target, &prepared.admitted.networks, *address)?;
    }
    Ok(addresses)
}
