//! Finds the manifests and lock files of a workspace, and reads them.

use std::collections::{BTreeMap, BTreeSet};

use assize_agent::file::{self, Unread};
use assize_agent::path::{join, name};
use assize_agent::{Workspace, walk, why};

use crate::dependency::{Declared, Ecosystem, Lock, Locked, Manifest, Source};
use crate::job::Job;
use crate::{cargo, go, node, python};

/// How many manifests and lock files are read.
const FILES_MAX: usize = 5_000;
/// The largest of them, in bytes.
const FILE_BYTES_MAX: usize = 16 << 20;
/// Folders of what was fetched or built.
const FOREIGN: [&str; 7] = [
    "node_modules",
    "target",
    "vendor",
    ".venv",
    "venv",
    "__pycache__",
    ".tox",
];
/// Lock files of tools that are known and not read.
const NOT_READ: [&str; 6] = [
    "yarn.lock",
    "pnpm-lock.yaml",
    "bun.lock",
    "Pipfile.lock",
    "Pipfile",
    "environment.yml",
];

/// Everything that was found.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    /// The manifests, in byte order of their paths.
    pub(crate) manifests: Vec<Manifest>,
    /// The lock files, likewise.
    pub(crate) locks: Vec<Lock>,
    /// What could not be read, and why.
    pub(crate) unread: Vec<(String, String)>,
}

/// A dependency that something is to be said about.
#[derive(Debug)]
pub(crate) struct Noted<'a> {
    /// Where it is declared.
    pub(crate) manifest: &'a Manifest,
    /// The dependency.
    pub(crate) declared: &'a Declared,
}

/// A package of which a lock file holds several versions.
#[derive(Debug)]
pub(crate) struct Several<'a> {
    /// The lock file.
    pub(crate) lock: &'a Lock,
    /// The package.
    pub(crate) name: &'a str,
    /// Its versions.
    pub(crate) versions: BTreeSet<&'a str>,
}

impl Survey {
    /// Looks through the workspace.
    pub(crate) fn of<W: Workspace>(job: &Job<'_>, workspace: &W) -> Self {
        let mut survey = Self::default();
        let found = walk::files(workspace, "", |folder| {
            !FOREIGN.contains(&name(folder)) && !job.except.has(folder)
        });
        for (folder, refusal) in &found.refused {
            survey.unread.push((folder.clone(), why(refusal)));
        }
        let wanted =
            |path: &str| is_manifest(path).is_some() || is_lock(path).is_some() || NOT_READ.contains(&name(path));
        let files = found.files.iter().map(|file| file.path.as_str());
        let files: Vec<&str> = files.filter(|path| wanted(path) && !job.except.has(path)).collect();
        let mut texts = BTreeMap::new();
        for path in files.iter().take(FILES_MAX) {
            if NOT_READ.contains(&name(path)) {
                survey
                    .unread
                    .push(((*path).to_owned(), "files of this kind are not read".to_owned()));
                continue;
            }
            match file::text(workspace, path, FILE_BYTES_MAX) {
                Ok(text) => drop(texts.insert(*path, text)),
                Err(unread) => survey.unread.push(((*path).to_owned(), because(&unread))),
            }
        }
        for path in files.iter().skip(FILES_MAX) {
            survey
                .unread
                .push(((*path).to_owned(), "there are too many files".to_owned()));
        }
        for (path, text) in &texts {
            survey.read(path, text, &texts);
        }
        survey
    }

    fn read(&mut self, path: &str, text: &str, texts: &BTreeMap<&str, String>) {
        let malformed = || (path.to_owned(), "it is not written as such files are".to_owned());
        if let Some(ecosystem) = is_manifest(path) {
            let declared = match ecosystem {
                Ecosystem::Cargo => cargo::declared(text, workspace_of(path, texts)),
                Ecosystem::Go => Some(go::declared(text)),
                Ecosystem::Npm => node::declared(text),
                Ecosystem::Python if name(path) == "pyproject.toml" => python::of_project(text),
                Ecosystem::Python => Some(python::of_requirements(text)),
            };
            match declared {
                Some(declared) => self.manifests.push(Manifest {
                    path: path.to_owned(),
                    ecosystem,
                    declared,
                }),
                None => self.unread.push(malformed()),
            }
        } else if let Some(ecosystem) = is_lock(path) {
            let locked = match ecosystem {
                Ecosystem::Cargo => cargo::locked(text),
                Ecosystem::Go => Some(go::locked(text)),
                Ecosystem::Npm => node::locked(text),
                Ecosystem::Python => python::locked(text),
            };
            match locked {
                Some(locked) => self.locks.push(Lock {
                    path: path.to_owned(),
                    ecosystem,
                    locked,
                }),
                None => self.unread.push(malformed()),
            }
        }
    }

    /// The lock file that holds for a manifest: the nearest of its language in its folder or above.
    pub(crate) fn lock_of(&self, manifest: &Manifest) -> Option<&Locked> {
        let in_folder = |folder: &str| {
            let mut locks = self.locks.iter().filter(|lock| lock.ecosystem == manifest.ecosystem);
            locks.find(|lock| parent(&lock.path) == folder)
        };
        // A requirements file is its own lock file, or has none.
        if manifest.ecosystem == Ecosystem::Python && name(&manifest.path) != "pyproject.toml" {
            return None;
        }
        let mut folder = parent(&manifest.path);
        loop {
            if let Some(lock) = in_folder(folder) {
                return Some(&lock.locked);
            }
            if folder.is_empty() {
                return None;
            }
            folder = parent(folder);
        }
    }

    /// What another build may get otherwise: no lock file holds it, and its manifest lets several versions pass, or names a
    /// branch.
    pub(crate) fn unpinned(&self) -> Vec<Noted<'_>> {
        self.noted(|declared, lock| {
            let is_locked = lock.is_some_and(|lock| lock.packages.contains_key(&declared.name));
            let is_loose = match &declared.source {
                Source::Registry(_) => !declared.is_exact,
                Source::Git { is_pinned, .. } => !is_pinned,
                Source::Address(_) | Source::Folder(_) => false,
            };
            is_loose && !is_locked
        })
    }

    /// What a manifest asks for and its lock file does not hold. What comes out of a folder need not be there.
    pub(crate) fn not_locked(&self) -> Vec<Noted<'_>> {
        self.noted(|declared, lock| {
            let is_folder = matches!(declared.source, Source::Folder(_));
            !is_folder && lock.is_some_and(|lock| !lock.packages.contains_key(&declared.name))
        })
    }

    /// What comes from elsewhere than a registry. Folders of the workspace itself are no other place.
    pub(crate) fn outside(&self) -> Vec<Noted<'_>> {
        let mut noted = self.noted(|declared, _| declared.source.outside().is_some());
        noted.retain(|noted| match &noted.declared.source {
            Source::Folder(folder) => leaves(folder, parent(&noted.manifest.path)),
            _ => true,
        });
        noted
    }

    /// Packages that lock files hold from elsewhere than a registry or a folder.
    pub(crate) fn locked_outside(&self) -> BTreeSet<(&str, &str, String)> {
        let mut found = BTreeSet::new();
        for lock in &self.locks {
            for (name, versions) in &lock.locked.packages {
                for (version, source) in versions {
                    if let (Some(place), false) = (source.outside(), matches!(source, Source::Folder(_))) {
                        found.insert((lock.path.as_str(), name.as_str(), format!("{version} from {place}")));
                    }
                }
            }
        }
        found
    }

    /// Packages in several versions. The sums of Go hold every version that was considered, so they say nothing of this.
    pub(crate) fn several(&self) -> Vec<Several<'_>> {
        let mut found = Vec::new();
        for lock in self.locks.iter().filter(|lock| lock.ecosystem != Ecosystem::Go) {
            for (name, versions) in &lock.locked.packages {
                let versions: BTreeSet<&str> = versions.iter().map(|(version, _)| version.as_str()).collect();
                if versions.len() > 1 {
                    found.push(Several { lock, name, versions });
                }
            }
        }
        found
    }

    /// The registries that lock files name.
    pub(crate) fn registries(&self) -> BTreeSet<&str> {
        let sources = self
            .locks
            .iter()
            .flat_map(|lock| lock.locked.packages.values().flatten());
        let address = |(_, source): &'_ (String, Source)| matches!(source, Source::Registry(Some(_)));
        sources
            .filter(|package| address(package))
            .filter_map(|(_, source)| match source {
                Source::Registry(Some(address)) => Some(address.as_str()),
                _ => None,
            })
            .collect()
    }

    fn noted(&self, wanted: impl Fn(&Declared, Option<&Locked>) -> bool) -> Vec<Noted<'_>> {
        let mut noted = Vec::new();
        for manifest in &self.manifests {
            let lock = self.lock_of(manifest);
            let found = manifest.declared.iter().filter(|declared| wanted(declared, lock));
            noted.extend(found.map(|declared| Noted { manifest, declared }));
        }
        noted
    }
}

fn is_manifest(path: &str) -> Option<Ecosystem> {
    Some(match name(path) {
        "Cargo.toml" => Ecosystem::Cargo,
        "go.mod" => Ecosystem::Go,
        "package.json" => Ecosystem::Npm,
        "pyproject.toml" => Ecosystem::Python,
        name if name.ends_with(".txt") && name.contains("requirements") => Ecosystem::Python,
        _ => return None,
    })
}

fn is_lock(path: &str) -> Option<Ecosystem> {
    Some(match name(path) {
        "Cargo.lock" => Ecosystem::Cargo,
        "go.sum" => Ecosystem::Go,
        "package-lock.json" | "npm-shrinkwrap.json" => Ecosystem::Npm,
        "poetry.lock" | "uv.lock" | "pdm.lock" => Ecosystem::Python,
        _ => return None,
    })
}

/// The manifest of the workspace that a manifest of Cargo belongs to: the nearest one above, or itself.
fn workspace_of<'a>(path: &str, texts: &'a BTreeMap<&str, String>) -> Option<&'a str> {
    let mut folder = parent(path);
    loop {
        let manifest = join(folder, "Cargo.toml");
        if let Some(text) = texts.get(manifest.as_str()).filter(|text| cargo::is_workspace(text)) {
            return Some(text);
        }
        if folder.is_empty() {
            return None;
        }
        folder = parent(folder);
    }
}

/// The folder that a path lies in; empty for the workspace itself.
fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Whether a folder, as seen from the manifest's, lies outside of the workspace.
fn leaves(place: &str, folder: &str) -> bool {
    let mut depth = folder.split('/').filter(|part| !part.is_empty()).count();
    if place.starts_with(['/', '~']) || place.get(1..3) == Some(":\\") || place.contains("://") {
        return true;
    }
    for part in place.split('/').filter(|part| !matches!(*part, "" | ".")) {
        match (part, depth.checked_sub(1)) {
            ("..", Some(less)) => depth = less,
            ("..", None) => return true,
            _ => depth = depth.saturating_add(1),
        }
    }
    false
}

fn because(unread: &Unread) -> String {
    match unread {
        Unread::Refused(refusal) => why(refusal),
        Unread::TooLarge => format!("it has more than {} MiB", FILE_BYTES_MAX >> 20),
        Unread::Binary => "it is no text".to_owned(),
        Unread::NotUtf8 => "it holds bytes that are not UTF-8".to_owned(),
    }
}
