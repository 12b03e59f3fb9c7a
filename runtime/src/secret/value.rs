//! Secrets in memory: values that are never printed and are wiped when they are dropped.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::Masker;

/// The value of a secret. It is wiped from memory when it is dropped, and nothing prints it.
#[derive(Clone)]
pub struct Value(Zeroizing<String>);

impl Value {
    /// Takes a value over.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The value itself, for the one who puts it where it belongs.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(a secret)")
    }
}

/// The secrets of one call, by name, with what finds them again.
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    values: Arc<BTreeMap<String, Value>>,
    masker: Masker,
}

impl Secrets {
    /// The secrets of these names.
    #[must_use]
    pub fn new(values: BTreeMap<String, Value>) -> Self {
        let masker = Masker::of(values.iter().map(|(name, value)| (name.as_str(), value)));
        Self {
            values: Arc::new(values),
            masker,
        }
    }

    /// The value of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    /// What finds every one of them again.
    #[must_use]
    pub fn masker(&self) -> &Masker {
        &self.masker
    }
}
