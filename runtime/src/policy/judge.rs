//! A judge as the policy appoints it.

use super::rules::SHIPPED_JUDGES;

/// A judge as the policy appoints it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judge {
    /// Its name in the policy; councils seat it under this name.
    pub name: String,
    /// The plugin that judges: the name of an embedded one, or where to find it.
    pub plugin: String,
    /// The role that says what the plugin may do.
    pub role: String,
}

impl Judge {
    /// Tells whether the judge comes with Assize.
    #[must_use]
    pub fn is_shipped(&self) -> bool {
        SHIPPED_JUDGES.contains(&self.plugin.as_str())
    }

    /// Tells whether the ids of the judge's rules start with `prefix`. The judges that come with Assize use their plugin's
    /// name, whatever a policy calls them; others use the name that the policy gives them.
    #[must_use]
    pub fn has_rules_under(&self, prefix: &str) -> bool {
        if self.is_shipped() {
            self.plugin == prefix
        } else {
            self.name == prefix
        }
    }
}
