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
    /// The line in the policy file that gives it its role, counted from 1.
    pub line: usize,
}

impl Judge {
    /// Tells whether the judge comes with Assize.
    #[must_use]
    pub fn is_shipped(&self) -> bool {
        SHIPPED_JUDGES.contains(&self.plugin.as_str())
    }

    /// Returns the first half of the ids of the judge's rules. The judges that come with Assize use their plugin's name,
    /// whatever a policy calls them; others use the name that the policy gives them.
    #[must_use]
    pub fn rule_prefix(&self) -> &str {
        if self.is_shipped() { &self.plugin } else { &self.name }
    }
}
