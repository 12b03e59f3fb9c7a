//! What one plugin may do: what it asked for, as far as its role allows it.
//!
//! Two sides must agree on every power. The plugin asks, by its description and by the functions it imports; the policy
//! allows, by the plugin's role. Neither grants anything alone.

use super::Policy;
use super::access::{self, Context, Decision, Reason};
use super::environment::Environment;
use super::files::FileGrants;
use super::http::HttpGrant;
use super::limits::{Limit, Limits};
use super::permission::{Permission, PermissionSet};
use super::process::{CommandGrant, SystemGrant};
use super::role::{Role, Ruling};
use super::secrets::{SecretGrant, SecretPlace};
use super::tasks::TaskTerms;
use crate::written::language::nearest::nearest;
use core::net::IpAddr;
use std::collections::BTreeSet;

/// What a plugin asks for. All lists hold permissions as `interface.function`.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The plugin's name, for messages.
    pub plugin: &'a str,
    /// What its description says it cannot work without.
    pub requires: &'a [String],
    /// What its description says it uses where it may.
    pub wants: &'a [String],
    /// The host functions that the component imports. They count as wanted.
    pub imports: &'a [String],
}

/// Why a plugin gets no grants at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    /// The policy has no role of that name.
    #[error("the policy {file} has no role `{role}`")]
    UnknownRole {
        /// The role's name.
        role: String,
        /// The policy's file.
        file: String,
    },
    /// The plugin cannot work without a permission that does not exist.
    #[error("the plugin `{plugin}` requires `{permission}`, which this version of Assize does not know; {advice}")]
    UnknownPermission {
        /// The plugin's name.
        plugin: String,
        /// What it requires.
        permission: String,
        /// What to do.
        advice: String,
    },
    /// The plugin cannot work without permissions that its role does not hold.
    #[error("the plugin `{plugin}` requires `{}`, which its role `{role}` does not hold; {}", .permissions.join("`, `"), .needs.join("; "))]
    Withheld {
        /// The plugin's name.
        plugin: String,
        /// Its role.
        role: String,
        /// What it requires and does not get.
        permissions: Vec<String>,
        /// The change of the policy that each would need.
        needs: Vec<String>,
    },
}

/// What one plugin may do, and within which limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grants {
    plugin: String,
    file: String,
    role: Role,
    asked: PermissionSet,
    /// What those hold on whose behalf the plugin acts; nothing where it acts for itself.
    callers: Option<PermissionSet>,
    ungranted: Vec<String>,
}

impl Grants {
    /// Works out what `request` gets under the role `role` of `policy`.
    ///
    /// # Errors
    ///
    /// When the role does not exist, or when the plugin requires a permission that does not exist or that the role does
    /// not hold. What it merely wants is left out instead.
    pub fn resolve(policy: &Policy, role: &str, request: Request<'_>) -> Result<Self, GrantError> {
        let Some(role) = policy.role(role) else {
            return Err(GrantError::UnknownRole {
                role: role.to_owned(),
                file: policy.file_name().to_owned(),
            });
        };
        let mut grants = Self {
            plugin: request.plugin.to_owned(),
            file: policy.file_name().to_owned(),
            role: role.clone(),
            asked: Permission::ALL
                .iter()
                .copied()
                .filter(|permission| permission.is_everyones())
                .collect(),
            callers: None,
            ungranted: Vec::new(),
        };
        grants.add_required(request)?;
        grants.add_wanted(request);
        Ok(grants)
    }

    /// Tells whether the plugin may call the host function that `permission` stands for. Nothing is allocated.
    #[must_use]
    pub fn allows(&self, permission: Permission) -> bool {
        self.held().contains(permission)
    }

    /// Tells whether the plugin may use `permission` on what `context` names, and why. Nothing is allocated.
    #[must_use]
    pub fn check<'a>(&'a self, permission: Permission, context: &Context<'a>) -> Decision<'a> {
        let decision = access::check(&self.role, permission, context);
        let missing = if !self.asked.contains(permission) {
            Reason::NotAsked(permission)
        } else if self.callers.is_some_and(|callers| !callers.contains(permission)) {
            Reason::NotTheCallers(permission)
        } else {
            return decision;
        };
        match decision.granted {
            false => decision,
            true => Decision {
                granted: false,
                reason: missing,
            },
        }
    }

    /// Returns these grants for a call on behalf of another: of everything at most what `caller` holds too.
    #[must_use]
    pub fn attenuate(&self, caller: &Self) -> Self {
        let mut less = self.clone();
        less.callers = Some(self.callers.unwrap_or(PermissionSet::all()).both(caller.held()));
        less.role = self.role.attenuate(&caller.role);
        less
    }

    /// Returns the permissions that were granted, in the order of the reference.
    pub fn permissions(&self) -> impl Iterator<Item = Permission> {
        self.held().iter()
    }

    /// Returns the permissions that were granted as a set.
    #[must_use]
    pub fn held(&self) -> PermissionSet {
        let own = self.asked.both(self.role.held());
        self.callers.map_or(own, |callers| own.both(callers))
    }

    /// Returns what the plugin wants and does not get, by name, sorted. Names that Assize does not know are among it.
    #[must_use]
    pub fn ungranted(&self) -> &[String] {
        &self.ungranted
    }

    /// Returns the same with less time for each call, where the role has more.
    #[must_use]
    pub fn within_wall_seconds(mut self, seconds: u64) -> Self {
        let less = self.role.limits.get(Limit::WallSeconds).min(seconds.max(1));
        self.role.limits.set(Limit::WallSeconds, less);
        self
    }

    /// Returns the limits of each call.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.role.limits
    }

    /// Returns which files the plugin may read and write.
    #[must_use]
    pub fn files(&self) -> &FileGrants {
        &self.role.files
    }

    /// Returns which variables of the environment the plugin sees.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.role.environment
    }

    /// Returns which requests the plugin may send.
    #[must_use]
    pub fn http(&self) -> &[HttpGrant] {
        &self.role.http
    }

    /// Returns which commands the plugin may run.
    #[must_use]
    pub fn commands(&self) -> &[CommandGrant] {
        &self.role.commands
    }

    /// Returns which folders of the system the plugin's confined commands read besides the usual ones.
    #[must_use]
    pub fn system(&self) -> &[SystemGrant] {
        &self.role.system
    }

    /// Returns which secrets enter the plugin's requests.
    #[must_use]
    pub fn secrets(&self) -> &[SecretGrant] {
        &self.role.secrets
    }

    /// Returns which tasks the plugin may take and give away.
    #[must_use]
    pub fn tasks(&self) -> &TaskTerms {
        &self.role.tasks
    }

    /// Returns the name of the role.
    #[must_use]
    pub fn role(&self) -> &str {
        &self.role.name
    }

    /// Returns what would have to change so that `permission` is granted: the policy's line, the plugin's description, or the
    /// caller.
    #[must_use]
    pub fn needs(&self, permission: Permission) -> String {
        let is_held = self.role.holds(permission);
        if is_held && self.callers.is_some_and(|callers| !callers.contains(permission)) {
            return format!(
                "whoever calls the plugin `{}` must hold `{permission}` too",
                self.plugin
            );
        }
        if is_held && !self.asked.contains(permission) {
            return format!(
                "the description of the plugin `{}` must ask for `{permission}`",
                self.plugin
            );
        }
        needs(&self.role, &self.file, permission)
    }

    /// Returns what would have to change so that the file at `path` may be read, or written.
    #[must_use]
    pub fn needs_file(&self, path: &str, written: bool) -> String {
        let key = if written { "write" } else { "read" };
        let what = match path {
            "" => "the folder itself, such as \"**\",".to_owned(),
            path => format!("\"{path}\""),
        };
        format!(
            "add a pattern that matches {what} to `{key}` of [roles.{}.files] ({}:{})",
            self.role.name, self.file, self.role.line
        )
    }

    /// Returns what would have to change so that a command may be run.
    #[must_use]
    pub fn needs_command(&self) -> String {
        format!(
            "add the command to `allow` of [roles.{}.process] ({}:{})",
            self.role.name, self.file, self.role.line
        )
    }

    /// Returns what would have to change so that a request may be sent.
    #[must_use]
    pub fn needs_request(&self, method: &str, origin: &str, path: &str) -> String {
        format!(
            "add [[roles.{}.http]] with `origin = \"{origin}\"`, `methods = [\"{method}\"]` and a `path_prefix` of `{path}` ({}:{})",
            self.role.name, self.file, self.role.line
        )
    }

    /// Returns what would have to change so that a request to `origin` may end at `address`.
    #[must_use]
    pub fn needs_network(&self, origin: &str, address: IpAddr) -> String {
        format!(
            "add the network of {address} to `networks` of the [[roles.{}.http]] for {origin} ({}:{})",
            self.role.name, self.file, self.role.line
        )
    }

    /// Returns what would have to change so that a secret may be put there, in requests to `origin`.
    #[must_use]
    pub fn needs_secret(&self, name: &str, origin: &str, target: &SecretPlace) -> String {
        let line = match target {
            SecretPlace::Header(name) => format!("header = \"{name}\""),
            SecretPlace::Query(name) => format!("query = \"{name}\""),
            SecretPlace::Field(name) => format!("field = \"{name}\""),
        };
        format!(
            "add [[roles.{}.secrets]] with `name = \"{name}\"`, `origin = \"{origin}\"` and `{line}` ({}:{})",
            self.role.name, self.file, self.role.line
        )
    }

    /// Adds what the plugin requires, all of it or none.
    fn add_required(&mut self, request: Request<'_>) -> Result<(), GrantError> {
        let mut permissions = Vec::new();
        let mut lines = Vec::new();
        for name in request.requires {
            let Some(permission) = Permission::named(name) else {
                return Err(GrantError::UnknownPermission {
                    plugin: self.plugin.clone(),
                    permission: name.clone(),
                    advice: match nearest(name, Permission::ALL.iter().map(|known| known.name())) {
                        Some(known) => format!("it may mean `{known}`"),
                        None => "it may be built for a newer version".to_owned(),
                    },
                });
            };
            self.asked.insert(permission);
            if !self.role.holds(permission) {
                permissions.push(name.clone());
                lines.push(needs(&self.role, &self.file, permission));
            }
        }
        if permissions.is_empty() {
            return Ok(());
        }
        Err(GrantError::Withheld {
            plugin: self.plugin.clone(),
            role: self.role.name.clone(),
            permissions,
            needs: lines,
        })
    }

    /// Adds what the plugin wants, and notes what it does not get.
    fn add_wanted(&mut self, request: Request<'_>) {
        let mut ungranted = BTreeSet::new();
        for name in request.wants.iter().chain(request.imports) {
            match Permission::named(name) {
                Some(permission) => {
                    self.asked.insert(permission);
                    if !self.role.holds(permission) {
                        ungranted.insert(name.clone());
                    }
                }
                None => {
                    ungranted.insert(name.clone());
                }
            }
        }
        self.ungranted = ungranted.into_iter().collect();
    }
}

/// Says which line of the policy keeps `role` from holding `permission`, and how to change it.
pub(super) fn needs(role: &Role, file: &str, permission: Permission) -> String {
    match role.ruling(permission) {
        Some(Ruling::Denied(place)) => format!(
            "take \"{}\" out of `deny` of [roles.{}] ({file}:{}), for `deny` wins over every `allow`",
            place.item, place.role, place.line
        ),
        _ => format!(
            "add \"{permission}\" to `allow` of [roles.{}] ({file}:{})",
            role.name, role.line
        ),
    }
}
