//! What manifests ask for and lock files hold, in one form for every language.

use std::collections::{BTreeMap, BTreeSet};

/// A language's way to name dependencies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ecosystem {
    /// Rust.
    Cargo,
    /// Go.
    Go,
    /// JavaScript.
    Npm,
    /// Python.
    Python,
}

impl Ecosystem {
    /// Its name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Cargo => "Cargo",
            Self::Go => "Go",
            Self::Npm => "npm",
            Self::Python => "Python",
        }
    }
}

/// Where something comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    /// A registry: its address where the file names one.
    Registry(Option<String>),
    /// A repository, and whether a revision or a tag of it is named.
    Git { place: String, is_pinned: bool },
    /// A file on the net.
    Address(String),
    /// A folder.
    Folder(String),
}

impl Source {
    /// What it is, for people; nothing for a registry.
    pub(crate) fn outside(&self) -> Option<String> {
        match self {
            Self::Registry(_) => None,
            Self::Git { place, is_pinned: true } => Some(format!("git {place}")),
            Self::Git { place, .. } => Some(format!("git {place}, whatever its branch holds")),
            Self::Address(address) => Some(address.clone()),
            Self::Folder(folder) => Some(format!("the folder {folder}")),
        }
    }
}

/// One line of a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Declared {
    /// The name.
    pub(crate) name: String,
    /// Which versions will do, as written; empty where it does not say.
    pub(crate) requirement: String,
    /// Whether just one version will do.
    pub(crate) is_exact: bool,
    /// Where it comes from.
    pub(crate) source: Source,
    /// Whether it is needed only to build, test or work on the project.
    pub(crate) is_dev: bool,
}

/// A manifest.
#[derive(Debug, Clone)]
pub(crate) struct Manifest {
    /// Its path.
    pub(crate) path: String,
    /// Its language.
    pub(crate) ecosystem: Ecosystem,
    /// What it asks for.
    pub(crate) declared: Vec<Declared>,
}

/// What a lock file holds: of each name the versions and where each comes from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Locked {
    /// The packages.
    pub(crate) packages: BTreeMap<String, BTreeSet<(String, Source)>>,
}

impl Locked {
    /// Adds a package.
    pub(crate) fn add(&mut self, name: &str, version: &str, source: Source) {
        let versions = self.packages.entry(name.to_owned()).or_default();
        versions.insert((version.to_owned(), source));
    }
}

/// A lock file.
#[derive(Debug, Clone)]
pub(crate) struct Lock {
    /// Its path.
    pub(crate) path: String,
    /// Its language.
    pub(crate) ecosystem: Ecosystem,
    /// What it holds.
    pub(crate) locked: Locked,
}

/// Whether the end of a git address or a table names something that stays: a revision or a tag.
pub(crate) fn is_fixed(reference: &str) -> bool {
    let is_revision = reference.len() >= 7 && reference.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_version = reference
        .trim_start_matches('v')
        .starts_with(|sign: char| sign.is_ascii_digit());
    is_revision || is_version || reference.starts_with("semver:")
}
