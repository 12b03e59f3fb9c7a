//! `integration/lock-out-of-step`: a manifest that asks for what its lock file does not have.
//!
//! A lock file need not change with every edit of a manifest: a wider requirement, a feature or a new version of the package
//! itself may leave it as it is. So the rule reads both and says `error` only where the package manager would refuse to go
//! on without writing the lock file anew.

mod cargo;
mod go;
mod node;
mod pnpm;
mod python;
mod yarn;

use assize_judge::evidence::{Change, Kind};
use assize_judge::file::{Unread, exists, lossy, up_to};
use assize_judge::findings::{finding, shown};
use assize_judge::words::positions;
use assize_judge::{Changes, Evidence, Findings, Refusal, Severity, Side, path};

const RULE: &str = "integration/lock-out-of-step";

/// The largest manifest or lock file that is read, in bytes.
const BYTES_MAX: usize = 8 * 1024 * 1024;

/// A difference between a manifest and its lock file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Difference {
    /// What it is, as a sentence without the end.
    what: String,
    /// The dependency it is about.
    dependency: String,
    /// Whether the package manager would refuse it.
    is_certain: bool,
    /// What brings both together.
    remedy: &'static str,
}

/// Why there is no comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Blind {
    /// Nothing to compare, or a file that is not what its name says; another tool will say so.
    Nothing,
    /// The host refused a file.
    Refused(Refusal),
}

/// One manifest with what stands around it.
struct Manifest<'a> {
    evidence: &'a dyn Evidence,
    changes: &'a Changes,
    change: &'a Change,
    /// The folder of the manifest.
    folder: &'a str,
}

/// Compares every changed manifest with its lock file. Answers how many there were.
pub(crate) fn check(changes: &Changes, evidence: &dyn Evidence, findings: &mut Findings) -> u64 {
    let mut manifests = 0_u64;
    for change in changes
        .all
        .iter()
        .filter(|change| is_readable(change) && !path::is_foreign(&change.path))
    {
        let manifest = Manifest {
            evidence,
            changes,
            change,
            folder: path::parent(&change.path),
        };
        let differences = match path::name(&change.path) {
            "Cargo.toml" => cargo::differences(&manifest),
            "go.mod" => go::differences(&manifest),
            "package.json" => node::differences(&manifest),
            "pyproject.toml" => python::differences_of_project(&manifest),
            "Pipfile" => python::differences_of_pipfile(&manifest),
            _ => continue,
        };
        manifests = manifests.saturating_add(1);
        match differences {
            Ok(differences) => report(&manifest, &differences, findings),
            Err(Blind::Nothing) => {}
            Err(Blind::Refused(refusal)) => findings.report_unseen(RULE, &change.path, &refusal),
        }
    }
    manifests
}

fn is_readable(change: &Change) -> bool {
    change
        .head
        .as_ref()
        .is_some_and(|head| matches!(head.kind, Kind::File | Kind::Executable))
}

fn report(manifest: &Manifest<'_>, differences: &[Difference], findings: &mut Findings) {
    let is_loose = path::is_test(&manifest.change.path) || path::is_example(&manifest.change.path);
    for difference in differences {
        let severity = if difference.is_certain && !is_loose {
            Severity::Error
        } else {
            Severity::Warning
        };
        let line = manifest.line_of(&difference.dependency);
        let found = finding(RULE, severity, format!("{}.", difference.what)).at(&manifest.change.path, line);
        findings.report(found.suggesting(difference.remedy));
    }
}

impl Manifest<'_> {
    /// The manifest's text in the head.
    fn head(&self) -> Result<String, Blind> {
        self.text(Side::Head, &self.change.path)?.ok_or(Blind::Nothing)
    }

    /// The manifest's text in the base; empty when it is new.
    fn base(&self) -> Result<String, Blind> {
        if self.change.base.is_none() {
            return Ok(String::new());
        }
        let before = self.change.old_path.as_deref().unwrap_or(&self.change.path);
        Ok(self.text(Side::Base, before)?.unwrap_or_default())
    }

    /// A file's text, or nothing where there is none.
    fn text(&self, side: Side, file: &str) -> Result<Option<String>, Blind> {
        match up_to(self.evidence, side, file, BYTES_MAX) {
            Ok(bytes) => Ok(Some(lossy(bytes))),
            Err(Unread::Refused(Refusal::NotFound(_))) => Ok(None),
            Err(Unread::Refused(refusal)) => Err(Blind::Refused(refusal)),
            Err(Unread::TooLarge) => Err(Blind::Refused(Refusal::Limit(format!(
                "a lock file of more than {BYTES_MAX} bytes"
            )))),
        }
    }

    /// The lock file of one of these names in the manifest's folder or the nearest above it.
    fn nearest(&self, names: &[&str]) -> Option<String> {
        let mut folder = self.folder;
        loop {
            let here = names.iter().map(|name| path::join(folder, name));
            if let Some(found) = here.into_iter().find(|file| exists(self.evidence, Side::Head, file)) {
                return Some(found);
            }
            if folder.is_empty() {
                return None;
            }
            folder = path::parent(folder);
        }
    }

    /// The manifest's folder as seen from the folder of a lock file above it; empty where both are the same.
    fn folder_from(&self, lock: &str) -> &str {
        let root = path::parent(lock);
        self.folder
            .strip_prefix(root)
            .unwrap_or(self.folder)
            .trim_start_matches('/')
    }

    /// Tells whether the change touches a file.
    fn touches(&self, file: &str) -> bool {
        self.changes.all.iter().any(|change| change.path == file)
    }

    /// The line of the head on which a dependency is first named; 0 when it is not.
    fn line_of(&self, dependency: &str) -> u32 {
        let Ok(text) = self.head() else { return 0 };
        let names = |line: &str| !dependency.is_empty() && positions(line, dependency).next().is_some();
        (1..)
            .zip(text.lines())
            .find(|(_, line)| names(line))
            .map_or(0, |(number, _)| number)
    }
}

/// A path in a sentence.
fn quoted(file: &str) -> String {
    format!("`{}`", shown(file))
}
