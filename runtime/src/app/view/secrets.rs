//! What is shown of secrets: their names, never their values.

use serde::Serialize;

/// The secrets that are kept, and those that roles ask for.
#[derive(Debug, Clone, Serialize)]
pub struct SecretsView {
    /// `assize.secrets/1`.
    pub schema: &'static str,
    /// By name.
    pub secrets: Vec<SecretView>,
    /// Why the system's keyring was not looked at, where it was not.
    pub without_keyring: Option<String>,
    /// Why the policy's roles were not looked at, where they were not.
    pub without_policy: Option<String>,
}

/// One secret.
#[derive(Debug, Clone, Serialize)]
pub struct SecretView {
    /// Its name.
    pub name: String,
    /// Where it is kept, in the order in which it is looked for: `environment`, `keyring`, `file`. Empty where a role asks
    /// for it and it is kept nowhere.
    pub kept_in: Vec<&'static str>,
    /// What uses it.
    pub used_by: Vec<SecretUseView>,
}

/// What uses a secret.
#[derive(Debug, Clone, Serialize)]
pub struct SecretUseView {
    /// The role.
    pub role: String,
    /// The only origin that it is sent to.
    pub origin: String,
    /// Where in a request it is put.
    pub target: String,
}

/// What was done with a secret.
#[derive(Debug, Clone, Serialize)]
pub struct SecretChangeView {
    /// `assize.secret/1`.
    pub schema: &'static str,
    /// `set`, `replaced` or `removed`.
    pub done: &'static str,
    /// Its name.
    pub name: String,
    /// Where: `keyring`, `file`.
    pub places: Vec<&'static str>,
    /// Where another one of that name is, which is found first.
    pub hidden_by: Option<&'static str>,
}
