//! `.assize/plugins.lock`: which bytes run under which name.
//!
//! A policy names plugins; this file pins each name that does not come with Assize to a component in the repository and to
//! the SHA-256 of its bytes. Both are reviewed like code. What does not have the digest is not run, so nobody who can change
//! the component's file alone can change what a name means.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use assize_provenance::digest::Digest;
use serde::Deserialize;

use crate::policy::is_name;

/// Where a repository keeps the file, from the root of the work tree.
pub const PATH: &str = ".assize/plugins.lock";

/// Where `assize plugin add` puts components, from the root of the work tree.
pub const FOLDER: &str = ".assize/plugins";

/// The largest file, in bytes.
pub const BYTES_MAX: usize = 256 << 10;

/// The most plugins that one file pins.
pub const PLUGINS_MAX: usize = 256;

/// The version of the format.
const VERSION: u64 = 1;

/// One plugin of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pinned {
    /// Where its component lies, from the root of the work tree.
    pub file: String,
    /// The world it was added as: `agent` or `judge`.
    pub world: String,
    /// The SHA-256 of the component's bytes.
    pub component: Digest,
}

/// A whole file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lock {
    plugins: BTreeMap<String, Pinned>,
}

/// Why the file cannot be used, as a sentence that names the line where it can.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{PATH}{}: {reason}", line.map(|line| format!(":{line}")).unwrap_or_default())]
pub struct LockError {
    /// The line, counted from 1, where one can be named.
    pub line: Option<usize>,
    /// What is wrong, and what to do.
    pub reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u64,
    #[serde(default)]
    plugins: BTreeMap<String, WrittenPlugin>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenPlugin {
    file: String,
    world: String,
    component: String,
}

impl Lock {
    /// Reads the bytes of a file.
    ///
    /// # Errors
    ///
    /// [`LockError`] for the first thing that is wrong.
    pub fn parse(bytes: &[u8]) -> Result<Self, LockError> {
        let whole = |reason: String| LockError { line: None, reason };
        if bytes.len() > BYTES_MAX {
            return Err(whole(format!("it has more than {BYTES_MAX} bytes")));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| whole("it is not UTF-8".into()))?;
        let written: Written = toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start));
            LockError {
                line: before.map(|before| before.matches('\n').count().saturating_add(1)),
                reason: error.message().to_owned(),
            }
        })?;
        if written.version != VERSION {
            return Err(whole(format!(
                "it is of version {}, and this version of Assize reads version {VERSION}; use the Assize that wrote it",
                written.version
            )));
        }
        if written.plugins.len() > PLUGINS_MAX {
            return Err(whole(format!("it pins more than {PLUGINS_MAX} plugins")));
        }
        let mut plugins = BTreeMap::new();
        for (name, plugin) in written.plugins {
            let pinned = check(&name, plugin).map_err(|reason| LockError {
                line: line_of(text, &name),
                reason: format!("`{}`: {reason}", name.escape_debug()),
            })?;
            plugins.insert(name, pinned);
        }
        Ok(Self { plugins })
    }

    /// Returns the plugin of that name.
    #[must_use]
    pub fn plugin(&self, name: &str) -> Option<&Pinned> {
        self.plugins.get(name)
    }

    /// Returns every plugin, by name.
    pub fn plugins(&self) -> impl Iterator<Item = (&str, &Pinned)> {
        self.plugins.iter().map(|(name, pinned)| (name.as_str(), pinned))
    }

    /// Pins a plugin, and returns what was pinned under its name before.
    pub fn pin(&mut self, name: &str, pinned: Pinned) -> Option<Pinned> {
        self.plugins.insert(name.to_owned(), pinned)
    }

    /// Forgets a plugin, and returns what was pinned.
    pub fn unpin(&mut self, name: &str) -> Option<Pinned> {
        self.plugins.remove(name)
    }

    /// Writes the file: the same plugins give the same bytes.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut text = format!(
            "# Which bytes run under which name. `assize plugin add` writes this file; review it like code.\nversion = {VERSION}\n"
        );
        for (name, pinned) in &self.plugins {
            // Writing to a text cannot fail.
            let _ = write!(
                text,
                "\n[plugins.{name}]\nfile = {}\nworld = \"{}\"\ncomponent = \"sha256:{}\"\n",
                serde_json::Value::from(pinned.file.as_str()),
                pinned.world,
                pinned.component
            );
        }
        text
    }
}

fn check(name: &str, plugin: WrittenPlugin) -> Result<Pinned, String> {
    if !is_name(name) {
        return Err("a plugin's name is 1 to 64 lower-case letters, digits and hyphens".into());
    }
    let WrittenPlugin { file, world, component } = plugin;
    if !["agent", "judge"].contains(&world.as_str()) {
        return Err("`world` is \"agent\" or \"judge\"".into());
    }
    let is_inside = !file.starts_with('/') && file.split('/').all(|part| !["", ".", ".."].contains(&part));
    if !is_inside || file.chars().any(char::is_control) {
        return Err("`file` is a path inside the repository, without `.` and `..`".into());
    }
    let digest = component.strip_prefix("sha256:").and_then(|hex| hex.parse().ok());
    match digest {
        Some(component) => Ok(Pinned { file, world, component }),
        None => Err("`component` is `sha256:` and 64 lower-case hex digits; `assize plugin add` writes it".into()),
    }
}

/// The line of a plugin's heading, where it is written the usual way.
fn line_of(text: &str, name: &str) -> Option<usize> {
    let heading = format!("[plugins.{name}]");
    let position = text.lines().position(|line| line.trim() == heading)?;
    Some(position.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pinned(file: &str) -> Pinned {
        Pinned {
            file: file.into(),
            world: "agent".into(),
            component: Digest::of(b"component"),
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let mut lock = Lock::default();
        lock.pin("one", pinned(".assize/plugins/one.wasm"));
        lock.pin("other-2", pinned("tools/with \"quotes\".wasm"));
        assert_eq!(Lock::parse(lock.to_toml().as_bytes()), Ok(lock));
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        let mut lock = Lock::default();
        lock.pin("one", pinned("one.wasm"));
        let good = lock.to_toml();
        for (from, to, line, says) in [
            ("version = 1", "version = 2", None, "version 2"),
            ("agent", "other", Some(4), "\"agent\" or \"judge\""),
            ("one.wasm", "../one.wasm", Some(4), "inside the repository"),
            ("one.wasm", "/one.wasm", Some(4), "inside the repository"),
            ("sha256:", "md5:", Some(4), "64 lower-case hex digits"),
            ("world", "word", Some(6), "unknown field"),
            ("[plugins.one]", "[plugins.One]", Some(4), "lower-case"),
        ] {
            let bad = good.replacen(from, to, 1);
            let error = Lock::parse(bad.as_bytes()).expect_err(to);
            assert!(error.to_string().contains(says), "{error}");
            if line.is_some() && says != "lower-case" {
                assert_eq!(error.line, line, "{error}");
            }
        }
    }
}
