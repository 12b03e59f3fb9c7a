//! Which variables of the environment a plugin sees.

use super::place::Place;
use std::collections::BTreeMap;
use std::fmt;

/// Where a variable's value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// `environment.allow`: from the environment of whoever started Assize, if it is there.
    Inherited,
    /// `environment.set`: from the policy.
    Set(String),
}

/// One variable that a plugin sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Where its value comes from.
    pub source: Source,
    /// Which line of the policy says so.
    pub place: Place,
}

/// The variables that a plugin sees, by name. Nothing else of the environment reaches it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Environment(BTreeMap<String, Variable>);

impl Environment {
    /// Makes an environment of these variables.
    #[must_use]
    pub fn new(variables: BTreeMap<String, Variable>) -> Self {
        Self(variables)
    }

    /// Returns the variable of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Variable> {
        self.0.get(name)
    }

    /// Returns every variable, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Variable)> {
        self.0.iter().map(|(name, variable)| (name.as_str(), variable))
    }

    /// Returns what a plugin sees, where `inherited` says what the environment of whoever started Assize holds.
    pub fn seen<'a>(
        &'a self,
        inherited: impl Fn(&str) -> Option<String> + 'a,
    ) -> impl Iterator<Item = (&'a str, String)> + 'a {
        let others = self.iter().filter(|(name, _)| !is_own(name));
        others.filter_map(move |(name, variable)| match &variable.source {
            Source::Set(value) => Some((name, value.clone())),
            Source::Inherited => inherited(name).map(|value| (name, value)),
        })
    }

    /// Returns the variables that `caller` sees too, with the same value from the same source.
    #[must_use]
    pub fn attenuate(&self, caller: &Self) -> Self {
        let is_shared =
            |name: &str, variable: &Variable| caller.get(name).is_some_and(|other| other.source == variable.source);
        Self(
            self.0
                .iter()
                .filter(|(name, variable)| is_shared(name, variable))
                .map(|(name, variable)| (name.clone(), variable.clone()))
                .collect(),
        )
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inherited => f.write_str("as it is outside"),
            Self::Set(value) => write!(f, "{value:?}"),
        }
    }
}

/// Tells whether `name` is a variable of Assize itself, such as one that holds a secret. No plugin sees those.
#[must_use]
pub fn is_own(name: &str) -> bool {
    name.starts_with("ASSIZE_")
}

/// Tells whether `name` may name a variable.
#[must_use]
pub fn is_variable(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !name.starts_with(|first: char| first.is_ascii_digit())
}
