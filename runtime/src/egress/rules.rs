//! What one principal may send: which grant opens a request, and what is missing where none does. Pure.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::address::{self, Closed};
use super::refused::Refused;
use super::target::Target;
use crate::policy::grant::Grants;
use crate::policy::http::{HttpGrant, METHODS};
use crate::policy::limits::Limits;
use crate::policy::network::Network;
use crate::policy::place::Place;
use crate::policy::secrets::{SecretGrant, SecretPlace};

/// What one principal may send. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Rules(Arc<Source>);

/// From where the rules come.
#[derive(Debug)]
enum Source {
    /// A role of a policy.
    Role(Box<Grants>),
    /// Assize itself, for a request of its own.
    Own(Vec<HttpGrant>, Vec<SecretGrant>),
}

/// How much one request may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The time until the whole answer is there.
    pub time: Duration,
    /// The body of the request, in bytes.
    pub request_bytes: u64,
    /// The body of the answer, decoded, in bytes.
    pub response_bytes: u64,
}

impl Bounds {
    /// The limits of a role.
    #[must_use]
    pub fn of(limits: &Limits) -> Self {
        Self {
            time: limits.request_time(),
            request_bytes: limits.request_bytes(),
            response_bytes: limits.response_bytes(),
        }
    }
}

/// A request that some grant opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Admitted {
    pub(super) method: &'static str,
    /// The networks of all grants that open it.
    pub(super) networks: Vec<Network>,
    /// Which line of the policy opens it first.
    pub(super) place: Place,
}

impl Rules {
    /// What a role grants.
    #[must_use]
    pub fn of(grants: &Grants) -> Self {
        Self(Arc::new(Source::Role(Box::new(grants.clone()))))
    }

    /// What a part of Assize allows its own requests.
    #[must_use]
    pub fn own(requests: Vec<HttpGrant>, secrets: Vec<SecretGrant>) -> Self {
        Self(Arc::new(Source::Own(requests, secrets)))
    }

    fn requests(&self) -> &[HttpGrant] {
        match &*self.0 {
            Source::Role(grants) => grants.http(),
            Source::Own(requests, _) => requests,
        }
    }

    fn secrets(&self) -> &[SecretGrant] {
        match &*self.0 {
            Source::Role(grants) => grants.secrets(),
            Source::Own(_, secrets) => secrets,
        }
    }

    /// Finds the grants that open a request.
    pub(super) fn admit(&self, method: &str, target: &Target) -> Result<Admitted, Refused> {
        let Some(method) = METHODS.into_iter().find(|known| *known == method) else {
            return Err(Refused::Invalid(format!("the methods are {}", METHODS.join(", "))));
        };
        let opening = self
            .requests()
            .iter()
            .filter(|grant| grant.opens(target.origin(), method, target.path()));
        let mut admitted: Option<Admitted> = None;
        for grant in opening {
            let admitted = admitted.get_or_insert_with(|| Admitted {
                method,
                networks: Vec::new(),
                place: grant.place.clone(),
            });
            admitted.networks.extend_from_slice(&grant.networks);
        }
        match admitted {
            Some(admitted) => Ok(admitted),
            None => Err(Refused::Denied(match &*self.0 {
                Source::Role(grants) => grants.needs_request(method, target.origin(), target.path()),
                Source::Own(..) => format!("Assize itself does not send {method} to {target}"),
            })),
        }
    }

    /// Refuses an address that is closed.
    pub(super) fn check_address(&self, target: &Target, networks: &[Network], address: IpAddr) -> Result<(), Refused> {
        address::check(target.host(), networks, address).map_err(|closed| self.closed(target, address, closed))
    }

    fn closed(&self, target: &Target, address: IpAddr, closed: Closed) -> Refused {
        let is = format!("{} leads to {address}, which is {}", target.origin(), closed.name());
        Refused::Denied(match (&*self.0, closed) {
            (_, Closed::Multicast | Closed::Nobody) => format!("{is}; no policy opens that"),
            (Source::Role(grants), _) => format!("{is}; {}", grants.needs_network(target.origin(), address)),
            (Source::Own(..), _) => format!("{is}; Assize itself sends nothing there"),
        })
    }

    /// Refuses to put a secret where no grant puts it.
    pub(super) fn check_secret(&self, name: &str, target: &Target, place: &SecretPlace) -> Result<(), Refused> {
        let is_granted = self
            .secrets()
            .iter()
            .any(|grant| grant.name == name && grant.origin == target.origin() && is_same_place(&grant.target, place));
        if is_granted {
            return Ok(());
        }
        Err(Refused::Denied(match &*self.0 {
            Source::Role(grants) => grants.needs_secret(name, target.origin(), place),
            Source::Own(..) => format!(
                "Assize itself does not put the secret `{name}` in {place} of a request to {}",
                target.origin()
            ),
        }))
    }
}

/// Headers have the same name in small letters and capitals.
fn is_same_place(one: &SecretPlace, other: &SecretPlace) -> bool {
    match (one, other) {
        (SecretPlace::Header(one), SecretPlace::Header(other)) => one.eq_ignore_ascii_case(other),
        (one, other) => one == other,
    }
}
