//! What a component would hold under a role.

use std::path::Path;

use super::{load, view};
use crate::app::prepare::sandbox;
use crate::app::view::agents::{PluginCheckView, RefusedView, RolePolicyView};
use crate::app::{App, Fault};
use crate::policy::grant::{GrantError, Grants, Request};
use crate::policy::permission::Permission;
use crate::settings::Home;

impl App {
    /// Says what a component would hold under a role of the committed policy, or of the file that is named.
    ///
    /// # Errors
    ///
    /// [`Fault`] when the component fits no world, or when the policy cannot be used or has no such role.
    pub fn check_plugin(&self, plugin: &str, role: &str, policy: Option<&Path>) -> Result<PluginCheckView, Fault> {
        let bytes = self.component(plugin)?;
        let policy = self.role_policy(policy)?;
        let sandbox = sandbox(&Home::open(&self.home)?)?;
        let loaded = load(&sandbox, plugin, &bytes)?;
        let description = loaded.description();
        let request = Request {
            plugin: &description.name,
            requires: &description.requires,
            wants: &description.wants,
            imports: loaded.imports(),
        };
        let mut check = PluginCheckView {
            schema: "assize.plugin-check/1",
            plugin: view(&loaded, &bytes, None),
            role: role.to_owned(),
            policy: RolePolicyView {
                file: policy.file_name().to_owned(),
                digest: policy.digest().to_string(),
            },
            starts: true,
            reason: None,
            granted: Vec::new(),
            refused: Vec::new(),
        };
        match Grants::resolve(&policy, role, request) {
            Ok(grants) => {
                check.granted = grants.permissions().map(|permission| permission.to_string()).collect();
                check.refused = grants.ungranted().iter().map(|name| refused(&grants, name)).collect();
            }
            Err(error @ GrantError::UnknownRole { .. }) => {
                let names: Vec<&str> = policy.roles().map(|role| role.name.as_str()).collect();
                return Err(Fault::wrong(error.to_string(), format!("it has {}", names.join(", "))));
            }
            Err(error) => {
                check.starts = false;
                check.reason = Some(error.to_string());
            }
        }
        Ok(check)
    }
}

fn refused(grants: &Grants, name: &str) -> RefusedView {
    RefusedView {
        permission: name.to_owned(),
        needs: match Permission::named(name) {
            Some(permission) => grants.needs(permission),
            None => "a version of Assize that knows this permission".to_owned(),
        },
    }
}
