//! The policy: who judges a change, with which powers, and how their votes count.
//!
//! The stages are types, and each arrow is one function:
//!
//! ```text
//! text ─▶ authored::Authored ─▶ Policy ─▶ Grants
//!         keys, types, places    meaning    one plugin's powers
//! ```
//!
//! Nothing behind [`Policy`] interprets a string of the file again. Everything here is pure: whoever calls it has read the
//! file, from the base revision where there is one. The language is described in `policies/REFERENCE.md`, with one numbered
//! rule for each thing that is checked.
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::unreachable,
        clippy::unwrap_used
    )
)]

pub mod access;
pub mod agent;
mod authored;
mod check;
pub mod code;
pub mod council;
pub mod default;
pub mod diff;
pub mod environment;
pub mod explain;
pub mod files;
pub mod grant;
pub mod http;
pub mod judge;
pub mod limits;
pub mod network;
pub mod permission;
pub mod place;
pub mod powers;
pub mod process;
pub mod role;
pub mod rulebook;
pub mod rules;
pub mod secrets;
pub mod setting;
pub mod source;
pub mod subject;
pub mod summary;
pub mod tasks;
#[cfg(test)]
mod tests;
pub mod tier;

pub use authored::schema;

use crate::diagnostic::Diagnostic;
use crate::written::language::problems::Problems;
use crate::written::language::{Language, opening};
use agent::Agent;
use assize_provenance::digest::Digest;
use assize_provenance::verdict::{Terms, Waiver};
use code::Code;
use council::Council;
use judge::Judge;
use role::Role;
use setting::Setting;
use std::collections::BTreeMap;
use tier::{Budget, Tier};

/// Tells whether something may be called so, in a policy and wherever plugins are named: 1 to 64 lower-case letters, digits
/// and hyphens.
#[must_use]
pub fn is_name(text: &str) -> bool {
    check::is_name(text)
}

/// Where a repository keeps its policy, from the root of the work tree.
pub const PATH: &str = ".assize/policy.toml";

/// The largest policy file, in bytes.
pub const BYTES_MAX: usize = 256 * 1024;

/// The language, with its codes of what every language checks.
static LANGUAGE: Language = Language {
    name: "policy",
    version: 1,
    bytes_max: BYTES_MAX,
    too_large: Code::TooLarge.id(),             // P001
    not_utf8: Code::NotUtf8.id(),               // P002
    not_toml: Code::NotToml.id(),               // P003
    unknown_version: Code::UnknownVersion.id(), // P004
    unknown_key: Code::UnknownKey.id(),         // P005
    later_key: Code::LaterKey.id(),             // P006
    missing_key: Code::MissingKey.id(),         // P007
    wrong_type: Code::WrongType.id(),           // P008
    out_of_range: Code::OutOfRange.id(),        // P009
    too_many: Code::TooMany.id(),               // P011
};

/// A checked policy. Every name in it leads somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    file_name: String,
    digest: Digest,
    default_tier: Tier,
    default_council: String,
    roles: BTreeMap<String, Role>,
    agents: BTreeMap<String, Agent>,
    judges: BTreeMap<String, Judge>,
    budgets: Vec<Budget>,
    settings: Vec<Setting>,
    councils: BTreeMap<String, Council>,
}

impl Policy {
    /// Parses and checks the bytes of a policy file; `file_name` is what messages call it.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the file, from its top to its end, at most 100 problems.
    pub fn parse_bytes(file_name: &str, bytes: &[u8]) -> Result<Self, Vec<Diagnostic>> {
        let mut problems = Problems::new(file_name, &LANGUAGE);
        match opening::text(bytes, &mut problems) {
            Some(text) => Self::parse(file_name, text),
            None => Err(problems.into_diagnostics()),
        }
    }

    /// Parses and checks the text of a policy file; `file_name` is what messages call it.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the file, from its top to its end, at most 100 problems; of mistakes of TOML's syntax
    /// only the first.
    pub fn parse(file_name: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        let mut problems = Problems::new(file_name, &LANGUAGE);
        let table = opening::table(text, &mut problems);
        let checked = table
            .and_then(|table| authored::read(table.get_ref(), &mut problems))
            .map(|authored| check::check(authored, file_name, text, &mut problems));
        match checked {
            Some(policy) if problems.is_empty() => Ok(policy),
            _ => Err(problems.into_diagnostics()),
        }
    }

    /// Returns what messages call the file.
    #[must_use]
    pub fn file_name(&self) -> &str {
        &self.file_name
    }

    /// Returns the SHA-256 digest of the file's bytes.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Returns the tier of a change without a working spec.
    #[must_use]
    pub fn default_tier(&self) -> Tier {
        self.default_tier
    }

    /// Returns how large a change of `tier` may be.
    #[must_use]
    pub fn budget(&self, tier: Tier) -> Budget {
        self.budgets
            .iter()
            .copied()
            .find(|budget| budget.tier == tier)
            .unwrap_or_else(|| tier.standard_budget())
    }

    /// Returns the role of that name.
    #[must_use]
    pub fn role(&self, name: &str) -> Option<&Role> {
        self.roles.get(name)
    }

    /// Returns every role, by name.
    pub fn roles(&self) -> impl Iterator<Item = &Role> {
        self.roles.values()
    }

    /// Returns the agent of that name.
    #[must_use]
    pub fn agent(&self, name: &str) -> Option<&Agent> {
        self.agents.get(name)
    }

    /// Returns every agent, by name.
    pub fn agents(&self) -> impl Iterator<Item = &Agent> {
        self.agents.values()
    }

    /// Returns the judge of that name.
    #[must_use]
    pub fn judge(&self, name: &str) -> Option<&Judge> {
        self.judges.get(name)
    }

    /// Returns every judge, by name.
    pub fn judges(&self) -> impl Iterator<Item = &Judge> {
        self.judges.values()
    }

    /// Returns the name of the council that hears a case where nobody names another.
    #[must_use]
    pub fn default_council(&self) -> &str {
        &self.default_council
    }

    /// Returns the council of that name.
    #[must_use]
    pub fn council(&self, name: &str) -> Option<&Council> {
        self.councils.get(name)
    }

    /// Returns every council, by name.
    pub fn councils(&self) -> impl Iterator<Item = &Council> {
        self.councils.values()
    }

    /// Returns what the policy says of every rule, rule by rule; of the settings of one rule the first that fits counts.
    ///
    /// A rule with parameters always has a last setting that holds everywhere, so that nobody needs to know defaults.
    #[must_use]
    pub fn settings(&self) -> &[Setting] {
        &self.settings
    }

    /// Returns what the policy says of the rules of one judge.
    pub fn settings_of<'a>(&'a self, judge: &'a Judge) -> impl Iterator<Item = &'a Setting> {
        self.settings
            .iter()
            .filter(|setting| judge.rule_prefix() == setting.judge())
    }

    /// Returns everything that decides besides the opinions, for the council of that name and the waivers in force.
    #[must_use]
    pub fn terms(&self, council: &str, waivers: Vec<Waiver>) -> Option<Terms> {
        let council = self.council(council)?.terms.clone();
        let settings = self.settings.iter().map(Setting::to_rule_setting).collect();
        Some(Terms {
            council,
            settings,
            waivers,
        })
    }
}
