//! Which secrets may enter a plugin's requests, after those have left it. No plugin ever sees one.

use super::place::Place;
use std::fmt;

/// The one place of a request where a secret is put.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecretPlace {
    /// A header of the request.
    Header(String),
    /// A parameter of the address.
    Query(String),
    /// A field of the body.
    Field(String),
}

/// One `[[roles.NAME.secrets]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretGrant {
    /// Under which name the person who runs Assize keeps the secret.
    pub name: String,
    /// The only origin that it is sent to.
    pub origin: String,
    /// Where in a request it is put.
    pub target: SecretPlace,
    /// Which line of the policy says so.
    pub place: Place,
}

impl SecretGrant {
    /// Tells whether both say the same, wherever they say it.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        (&self.name, &self.origin, &self.target) == (&other.name, &other.origin, &other.target)
    }
}

impl fmt::Display for SecretGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {} in {}", self.name, self.origin, self.target)
    }
}

impl fmt::Display for SecretPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(name) => write!(f, "the header {name}"),
            Self::Query(name) => write!(f, "the parameter {name}"),
            Self::Field(name) => write!(f, "the field {name}"),
        }
    }
}
