//! The workflows that come with Assize.

use super::workflow::{Refused, Workflow};

/// A workflow that comes with Assize.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shipped {
    /// Its name.
    pub name: &'static str,
    /// What messages call its file.
    pub file_name: &'static str,
    /// Its text.
    pub text: &'static str,
}

/// Names each workflow once: the file is called after it.
macro_rules! shipped {
    ($($name:literal)*) => {
        /// The workflows that come with Assize, by name.
        pub const SHIPPED: &[Shipped] = &[$(Shipped {
            name: $name,
            file_name: concat!("policies/workflows/", $name, ".toml"),
            text: include_str!(concat!("../../../policies/workflows/", $name, ".toml")),
        },)*];
    };
}

shipped! {
    "content"
    "incident-response"
    "milestones"
    "ml-model"
    "release-notes"
    "research"
    "software-development"
}

impl Shipped {
    /// The workflow of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        SHIPPED.iter().find(|shipped| shipped.name == name)
    }

    /// Parses it by the same code as any other.
    ///
    /// # Errors
    ///
    /// Never in a build whose tests passed. The problems are handed on because nothing here may panic.
    pub fn parse(&self) -> Result<Workflow, Refused> {
        Workflow::parse(self.name, self.file_name, self.text)
    }
}
