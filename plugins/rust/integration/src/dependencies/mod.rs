//! What manifests ask for, line by line, before and after the change.

mod cargo;
mod container;
mod go;
mod node;
mod python;
mod ruby;
mod workflow;

use std::collections::BTreeMap;

use assize_judge::evidence::{Change, Kind};
use assize_judge::file::{Unread, exists, text};
use assize_judge::{Changes, Evidence, Refusal, Side, path};

/// How many manifests are read.
const MANIFESTS_MAX: usize = 1_000;

/// Something a manifest asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dependency {
    /// Its name: a package, an image, an action.
    pub(crate) name: String,
    /// The line that names it; 0 when that cannot be told.
    pub(crate) line: u32,
    /// Why another build may get something else, where it may.
    pub(crate) looseness: Option<Looseness>,
}

/// Why a dependency is not always the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Looseness {
    /// Any version will do.
    AnyVersion,
    /// Whatever is the latest when it is fetched.
    Latest,
    /// The end of a branch.
    Branch,
    /// Fetched without encryption, so that anyone on the way may change it.
    PlainHttp,
    /// A folder outside of the repository.
    Outside,
}

/// A changed manifest.
pub(crate) struct Manifest<'a> {
    /// The change.
    pub(crate) change: &'a Change,
    /// What it asked for.
    pub(crate) before: Vec<Dependency>,
    /// What it asks for.
    pub(crate) after: Vec<Dependency>,
}

/// The way a manifest is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Cargo,
    Compose,
    Dockerfile,
    Gemfile,
    Go,
    Package,
    PyProject,
    Requirements,
    Workflow,
}

/// Reads every changed manifest. Those that the host refuses come as the refusal.
pub(crate) fn changed<'a>(
    changes: &'a Changes,
    evidence: &'a dyn Evidence,
) -> impl Iterator<Item = Result<Manifest<'a>, (&'a Change, Refusal)>> {
    let wanted = changes.all.iter().filter_map(|change| {
        let file = change.path.as_str();
        let is_own = !path::is_foreign(file) && !path::is_fixture(file);
        Some((change, format_of(file)?)).filter(|_| is_own && is_file(change))
    });
    wanted.take(MANIFESTS_MAX).map(move |(change, format)| {
        let side = |side, file: &str| -> Result<Vec<Dependency>, (&'a Change, Refusal)> {
            let text = text(evidence, side, file).map_err(|unread| (change, Unread::into_refusal(unread)))?;
            let is_locked = |lock: &str| exists(evidence, side, &path::join(path::parent(file), lock));
            Ok(format.parse(&text, file, is_locked))
        };
        let before = match &change.base {
            Some(_) => side(Side::Base, change.old_path.as_deref().unwrap_or(&change.path))?,
            None => Vec::new(),
        };
        let after = side(Side::Head, &change.path)?;
        Ok(Manifest { change, before, after })
    })
}

fn is_file(change: &Change) -> bool {
    change
        .head
        .as_ref()
        .is_some_and(|head| matches!(head.kind, Kind::File | Kind::Executable))
}

fn format_of(file: &str) -> Option<Format> {
    let name = path::name(file);
    let is_yaml = matches!(path::extension(file), "yml" | "yaml");
    Some(match name {
        "Cargo.toml" => Format::Cargo,
        "package.json" => Format::Package,
        "pyproject.toml" => Format::PyProject,
        "go.mod" => Format::Go,
        "Gemfile" => Format::Gemfile,
        "action.yml" | "action.yaml" => Format::Workflow,
        _ if is_yaml && file.starts_with(".github/workflows/") => Format::Workflow,
        _ if is_yaml && (name.starts_with("docker-compose") || name.starts_with("compose.")) => Format::Compose,
        _ if matches!(name.split('.').next(), Some("Dockerfile" | "Containerfile"))
            || name.ends_with(".Dockerfile") =>
        {
            Format::Dockerfile
        }
        _ if name.ends_with(".txt") && name.contains("requirements") => Format::Requirements,
        _ => return None,
    })
}

impl Format {
    fn parse(self, text: &str, file: &str, is_locked: impl Fn(&str) -> bool) -> Vec<Dependency> {
        match self {
            Self::Cargo => cargo::parse(text),
            Self::Compose => container::of_compose(text),
            Self::Dockerfile => container::of_dockerfile(text),
            Self::Gemfile => ruby::parse(text, is_locked("Gemfile.lock")),
            Self::Go => go::parse(text, path::parent(file)),
            Self::Package => node::parse(text),
            Self::PyProject => python::of_project(text),
            Self::Requirements => python::of_requirements(text),
            Self::Workflow => workflow::parse(text),
        }
    }
}

/// Why a git reference may point elsewhere tomorrow: a branch does, a revision and a tag do not. Nothing at all is the
/// default branch.
fn looseness_of_reference(reference: Option<&str>) -> Option<Looseness> {
    let Some(reference) = reference.filter(|reference| !reference.is_empty()) else {
        return Some(Looseness::Branch);
    };
    let is_revision = reference.len() >= 7 && reference.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_version = reference.bytes().any(|byte| byte.is_ascii_digit());
    (!is_revision && !is_version).then_some(Looseness::Branch)
}

/// Of each key of a text the line on which it first stands, from the first line on for which `begins` holds.
fn lines_of_keys(text: &str, begins: impl Fn(&str) -> bool) -> BTreeMap<&str, u32> {
    let mut keys = BTreeMap::new();
    for (number, line) in (1..).zip(text.lines()).skip_while(|(_, line)| !begins(line)) {
        let line = line.trim();
        // `"name": …`, `name = …`, `name.workspace = true`, `[dependencies.name]`
        let key = match line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            Some(table) => table.rsplit('.').next(),
            None if line.starts_with('"') => line.split('"').nth(1),
            None => line.split([' ', '=', ':', '.']).next(),
        };
        if let Some(key) = key
            .map(|key| key.trim_matches(['"', '\'']))
            .filter(|key| !key.is_empty())
        {
            keys.entry(key).or_insert(number);
        }
    }
    keys
}
