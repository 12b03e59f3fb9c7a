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
mod digits;
pub mod environment;
pub mod explain;
pub mod files;
pub mod grant;
pub mod http;
pub mod judge;
pub mod limits;
mod nearest;
pub mod network;
pub mod permission;
pub mod place;
pub mod powers;
mod problems;
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
use agent::Agent;
use assize_provenance::digest::Digest;
use assize_provenance::verdict::{Terms, Waiver};
use code::Code;
use council::Council;
use judge::Judge;
use problems::Problems;
use role::Role;
use setting::Setting;
use std::collections::BTreeMap;
use tier::{Budget, Tier};
use toml::de::DeTable;

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
        let mut problems = Problems::new(file_name);
        if is_too_large(bytes.len(), &mut problems) {
            return Err(problems.into_diagnostics());
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::parse(file_name, text),
            // P002.
            Err(error) => {
                let lines = bytes
                    .iter()
                    .take(error.valid_up_to())
                    .filter(|byte| **byte == b'\n')
                    .count();
                problems
                    .report(Code::NotUtf8, format!("line {} is not UTF-8", lines.saturating_add(1)))
                    .hint("save the file as UTF-8");
                Err(problems.into_diagnostics())
            }
        }
    }

    /// Parses and checks the text of a policy file; `file_name` is what messages call it.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the file, from its top to its end, at most 100 problems; of mistakes of TOML's syntax
    /// only the first.
    pub fn parse(file_name: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        let mut problems = Problems::new(file_name);
        if is_too_large(text.len(), &mut problems) {
            return Err(problems.into_diagnostics());
        }
        let (table, errors) = DeTable::parse_recoverable(text);
        // Of mistakes of syntax (P003) only the first by place: it makes the parser stumble over much that follows, and what it
        // recovers would only bring problems that are none.
        if let Some(error) = errors.iter().min_by_key(|error| error.span().map(|span| span.start)) {
            let place = error.span().unwrap_or(text.len()..text.len());
            problems
                .report(Code::NotToml, "this is not TOML")
                .at(place, error.message());
            return Err(problems.into_diagnostics());
        }
        let checked = authored::read(table.get_ref(), &mut problems)
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

/// Tells whether a file of so many bytes is too large, and reports it if so (P001).
fn is_too_large(bytes: usize, problems: &mut Problems<'_>) -> bool {
    if bytes > BYTES_MAX {
        problems
            .report(
                Code::TooLarge,
                format!("the file has {bytes} bytes, more than {BYTES_MAX}"),
            )
            .hint("a policy is read by people: keep it short");
    }
    bytes > BYTES_MAX
}
