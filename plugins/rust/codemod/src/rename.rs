//! Another path for a file.

use regex::Regex;

use crate::template::Template;

/// A pattern over whole paths, and the path that takes their place.
#[derive(Debug)]
pub(crate) struct Rename {
    regex: Regex,
    to: Template,
}

impl Rename {
    /// Reads the template for the new path.
    pub(crate) fn new(regex: Regex, to: &str) -> Result<Self, String> {
        let to = Template::parse(to, &regex)?;
        Ok(Self { regex, to })
    }

    /// The new path of a file, where the pattern matches and the path is another one.
    pub(crate) fn apply(&self, path: &str) -> Option<String> {
        let found = self.regex.captures(path)?;
        let mut to = String::new();
        self.to.expand(&found, &mut to);
        (to != path).then_some(to)
    }
}
