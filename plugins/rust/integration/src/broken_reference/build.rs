//! How build files, scripts and documents name files: by paths between blanks, quotes and brackets.

use assize_judge::{Severity, path};

use super::gone::Gone;
use super::{Naming, Place, resolved};

/// How many words of a line are looked at.
const WORDS_MAX: usize = 200;

/// What a file is, as far as paths in it are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A build without the file fails: CMake, Meson, automake, Cargo.
    Build,
    /// `package.json`, where some keys name files that must be there.
    Package,
    /// A Makefile, which may also make the file.
    Make,
    /// A workflow, a script, settings.
    Script,
    /// A document for people.
    Document,
}

fn kind_of(file: &str) -> Option<Kind> {
    let name = path::name(file);
    Some(match name {
        "CMakeLists.txt" | "meson.build" | "Cargo.toml" | "Makefile.am" => Kind::Build,
        "package.json" => Kind::Package,
        "Makefile" | "GNUmakefile" | "makefile" | "Makefile.in" => Kind::Make,
        "Dockerfile" | "Jenkinsfile" | "POTFILES.in" | "POTFILES" | "justfile" | "Rakefile" | "BUILD.bazel"
        | "BUILD" => Kind::Script,
        _ if name.starts_with("tsconfig") || name.ends_with(".bzl") => Kind::Script,
        _ => match path::extension(file) {
            "cmake" => Kind::Build,
            "mk" => Kind::Make,
            "yml" | "yaml" | "sh" | "bash" | "toml" | "cfg" | "ini" | "gradle" | "gyp" | "gn" => Kind::Script,
            "md" | "rst" | "adoc" => Kind::Document,
            _ => return None,
        },
    })
}

/// Tells whether paths in a file are understood.
pub(super) fn is_read(file: &str) -> bool {
    kind_of(file).is_some()
}

/// The paths that a line has, each on its own.
pub(super) fn namings(place: &Place<'_>, gone: &Gone) -> Vec<Naming> {
    let Some(kind) = kind_of(place.file).filter(|_| !is_comment(place)) else {
        return Vec::new();
    };
    let folder = path::parent(place.file);
    let words = place
        .line
        .split(|letter: char| letter.is_whitespace() || "\"'`()[]{},;=<>:|&".contains(letter));
    let mut namings = Vec::new();
    for word in words.filter(|word| word.contains('.')).take(WORDS_MAX) {
        let word = bare(word);
        let beside = resolved(folder, word);
        let from_root = resolved("", word).filter(|_| word.contains('/'));
        let means = |file: &Option<String>| file.as_ref().is_some_and(|file| gone.contains(file));
        // A path as seen from the file, or else from the root.
        let candidates = match (means(&beside), means(&from_root)) {
            (true, _) => beside.into_iter().collect(),
            (false, true) if kind != Kind::Make => from_root.into_iter().chain(beside).collect(),
            _ => continue,
        };
        if let Some(severity) = severity(kind, place, word) {
            namings.push(Naming { candidates, severity });
        }
    }
    namings
}

/// A word without what stands before a path: `./`, or the slash that is left of `${folder}/name`.
fn bare(word: &str) -> &str {
    word.trim_start_matches('/')
        .trim_end_matches('.')
        .trim_start_matches("./")
}

fn is_comment(place: &Place<'_>) -> bool {
    let line = place.line.trim_start();
    let is_document = matches!(kind_of(place.file), Some(Kind::Document));
    !is_document && (line.starts_with('#') || line.starts_with("//") || line.starts_with("dnl "))
}

/// How much a path weighs that leads nowhere; nothing where the file makes it, removes it or asks for it.
fn severity(kind: Kind, place: &Place<'_>, word: &str) -> Option<Severity> {
    let line = place.line.trim();
    match kind {
        Kind::Build => {
            let may_make = [
                "OUTPUT",
                "GENERATED",
                "configure_file",
                "custom_target",
                "BUILT_SOURCES",
            ]
            .iter()
            .any(|mark| place.text.contains(mark));
            let only_asks = ["EXISTS", "REMOVE", "install(", "EXTRA_DIST", "exclude"]
                .iter()
                .any(|mark| line.contains(mark));
            let is_cargo = path::name(place.file) == "Cargo.toml";
            // Other keys say what is packed, which may be nothing.
            if is_cargo && !["path", "build"].iter().any(|key| line.starts_with(key)) {
                return None;
            }
            let is_certain = !may_make && !only_asks;
            Some(if is_certain { Severity::Error } else { Severity::Warning })
        }
        Kind::Package => {
            let names_entry = ["\"main\"", "\"module\"", "\"types\"", "\"typings\"", "\"bin\""]
                .iter()
                .any(|key| line.starts_with(key));
            Some(if names_entry {
                Severity::Error
            } else {
                Severity::Warning
            })
        }
        Kind::Make => {
            let makes = |line: &str| {
                line.split_once(':')
                    .is_some_and(|(targets, _)| targets.split_whitespace().any(|target| target == word))
            };
            let removes = line.contains("rm ") || line.contains("clean") || line.contains("CLEAN");
            (!removes && !place.text.lines().any(makes)).then_some(Severity::Warning)
        }
        Kind::Script => Some(Severity::Warning),
        Kind::Document => Some(Severity::Note),
    }
}
