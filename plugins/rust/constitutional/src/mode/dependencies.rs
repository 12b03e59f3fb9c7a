//! The names of the packages that a manifest asks for, as far as its lines tell them: enough to see that one is new.
//!
//! What is read: Cargo's manifest (<https://doc.rust-lang.org/cargo/reference/specifying-dependencies.html>), `package.json`
//! and `composer.json`, `pyproject.toml` and requirement files (PEP 508, PEP 621), `go.mod`, `Gemfile`, Gradle's and
//! `.csproj` files.

use std::collections::{BTreeMap, BTreeSet};

use assize_judge::evidence::Change;
use assize_judge::file::{Unread, text};
use assize_judge::{Changes, Evidence, Findings, Refusal, Side, path};

use super::{report_dependency, report_unread};

/// How a manifest is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manifest {
    Toml,
    Json,
    Requirements,
    GoMod,
    /// One call or tag for each package, after one of these marks.
    Marked(&'static [&'static str]),
}

/// Reports each package that no changed manifest asked for before. New manifests are left alone: where a package is split,
/// they ask for what others asked for.
pub(super) fn check(changes: &Changes, evidence: &dyn Evidence, findings: &mut Findings) {
    let mut before = BTreeSet::new();
    let mut after: Vec<(String, &Change, u32)> = Vec::new();
    for change in changes
        .all
        .iter()
        .filter(|change| change.base.is_some() && change.head.is_some())
    {
        let Some(manifest) = manifest(&change.path) else {
            continue;
        };
        match both(manifest, change, evidence) {
            Ok((base, head)) => {
                before.extend(base.into_keys());
                after.extend(head.into_iter().map(|(name, line)| (name, change, line)));
            }
            Err(refusal) => report_unread(&change.path, &refusal, findings),
        }
    }
    for (name, change, line) in after.iter().filter(|(name, ..)| !before.contains(name)) {
        report_dependency(name, &change.path, *line, findings);
    }
}

type Names = BTreeMap<String, u32>;

fn both(manifest: Manifest, change: &Change, evidence: &dyn Evidence) -> Result<(Names, Names), Refusal> {
    let old_path = change.old_path.as_deref().unwrap_or(&change.path);
    let base = text(evidence, Side::Base, old_path).map_err(Unread::into_refusal)?;
    let head = text(evidence, Side::Head, &change.path).map_err(Unread::into_refusal)?;
    Ok((names(manifest, &base), names(manifest, &head)))
}

fn manifest(file: &str) -> Option<Manifest> {
    let name = path::name(file);
    Some(match name {
        "Cargo.toml" | "pyproject.toml" => Manifest::Toml,
        "package.json" | "composer.json" => Manifest::Json,
        "go.mod" => Manifest::GoMod,
        "Gemfile" => Manifest::Marked(&["gem "]),
        "build.gradle" | "build.gradle.kts" => {
            Manifest::Marked(&["implementation", "api", "compileOnly", "runtimeOnly"])
        }
        _ if name.starts_with("requirements") && name.ends_with(".txt") => Manifest::Requirements,
        _ if name.ends_with(".csproj") => Manifest::Marked(&["<PackageReference Include="]),
        _ => return None,
    })
}

/// Each package with the line that asks for it.
fn names(manifest: Manifest, text: &str) -> Names {
    let mut names = Names::new();
    let mut section = String::new();
    let mut is_inside = false;
    for (line, number) in text.lines().zip(1..) {
        let line = line.trim();
        let name = match manifest {
            Manifest::Toml => in_toml(line, &mut section, &mut is_inside),
            Manifest::Json => in_json(line, &mut is_inside),
            Manifest::Requirements => Some(line).filter(|line| !line.starts_with(['#', '-'])).map(requirement),
            Manifest::GoMod => in_go_mod(line, &mut is_inside),
            Manifest::Marked(marks) => marks
                .iter()
                .find_map(|mark| line.strip_prefix(mark))
                .and_then(first_quoted)
                .map(|package| package.rsplit_once(':').map_or(package, |(package, _)| package)),
        };
        if let Some(name) = name.filter(|name| !name.is_empty()) {
            names.entry(name.to_owned()).or_insert(number);
        }
    }
    names
}

/// A key below a heading that ends in `dependencies`, or a text in a list of that name. Members of the own workspace, which
/// are named by their path, are no dependencies.
fn in_toml<'a>(line: &'a str, section: &mut String, is_inside: &mut bool) -> Option<&'a str> {
    let heading = line.strip_prefix('[').and_then(|rest| rest.split(']').next());
    if let Some(heading) = heading.filter(|_| !*is_inside) {
        section.clear();
        section.push_str(heading);
        return heading
            .split_once("dependencies.")
            .map(|(_, name)| name.trim_matches('"'));
    }
    let is_table = section.ends_with("dependencies") || section == "dependency-groups";
    if *is_inside {
        *is_inside = !line.starts_with(']');
        return first_quoted(line).map(requirement);
    }
    let (key, value) = line.split_once('=')?;
    let (key, value) = (key.trim(), value.trim());
    if (key == "dependencies" || is_table) && value.starts_with('[') {
        *is_inside = !value.contains(']');
        return first_quoted(value).map(requirement);
    }
    let is_dependency = is_table && !key.starts_with('#') && key != "python" && !value.contains("path =");
    is_dependency.then(|| key.split('.').next().unwrap_or(key).trim_matches('"'))
}

fn in_json<'a>(line: &'a str, is_inside: &mut bool) -> Option<&'a str> {
    const TABLES: [&str; 6] = [
        "dependencies",
        "devDependencies",
        "peerDependencies",
        "optionalDependencies",
        "require",
        "require-dev",
    ];
    let name = first_quoted(line)?;
    if line.ends_with('{') {
        *is_inside = TABLES.contains(&name);
        return None;
    }
    let is_own = ["\"workspace:", "\"file:", "\"link:"]
        .iter()
        .any(|mark| line.contains(mark));
    Some(name).filter(|_| *is_inside && !is_own)
}

fn in_go_mod<'a>(line: &'a str, is_inside: &mut bool) -> Option<&'a str> {
    if line.starts_with("require (") || line.starts_with(')') {
        *is_inside = line.starts_with("require");
        return None;
    }
    let wanted = if *is_inside {
        Some(line)
    } else {
        line.strip_prefix("require ")
    };
    let wanted = wanted.filter(|line| !line.contains("// indirect") && !line.starts_with("//"))?;
    wanted.split_whitespace().next()
}

/// The name that a requirement begins with (PEP 508).
fn requirement(text: &str) -> &str {
    let is_in_name = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    text.split(|letter| !is_in_name(letter)).next().unwrap_or_default()
}

/// The first text in quotes on a line.
fn first_quoted(line: &str) -> Option<&str> {
    let at = line.find(['"', '\''])?;
    let quote = line.get(at..)?.chars().next()?;
    line.get(at.saturating_add(1)..)?.split(quote).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(file: &str, text: &str) -> Vec<String> {
        manifest(file)
            .map(|kind| names(kind, text).into_keys().collect())
            .unwrap_or_default()
    }

    #[test]
    fn each_manifest_tells_its_names() {
        let cargo = "[package]\nname = \"x\"\n[dependencies]\nserde = \"1\"\nown = { path = \"../own\" }\nlog.workspace = true\n[dev-dependencies.tempfile]\nversion = \"3\"\n";
        assert_eq!(listed("Cargo.toml", cargo), ["log", "serde", "tempfile"]);
        let python = "[project]\nname = \"x\"\ndependencies = [\n  \"httpx[http2]>=0.27\",\n  \"attrs\",\n]\n[tool.black]\nline-length = 9\n";
        assert_eq!(listed("pyproject.toml", python), ["attrs", "httpx"]);
        let node = "{\n  \"name\": \"x\",\n  \"dependencies\": {\n    \"left-pad\": \"1\",\n    \"own\": \"workspace:*\"\n  },\n  \"scripts\": {\n    \"test\": \"x\"\n  }\n}\n";
        assert_eq!(listed("web/package.json", node), ["left-pad"]);
        let go = "module x\n\nrequire a.org/b v1.0.0\n\nrequire (\n\tc.org/d v1.2.3\n\te.org/f v1.0.0 // indirect\n)\n";
        assert_eq!(listed("go.mod", go), ["a.org/b", "c.org/d"]);
        assert_eq!(
            listed("requirements-dev.txt", "# x\n-r a.txt\npytest>=8 ; x\n"),
            ["pytest"]
        );
        assert_eq!(listed("Gemfile", "source 'x'\ngem 'rails', '~> 7'\n"), ["rails"]);
        let gradle = "dependencies {\n  implementation(\"com.acme:lib:1.0\")\n}\n";
        assert_eq!(listed("build.gradle.kts", gradle), ["com.acme:lib"]);
        assert_eq!(listed("src/main.rs", cargo), Vec::<String>::new());
    }
}
