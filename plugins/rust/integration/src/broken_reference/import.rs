//! How source files name each other: Rust's modules, C's includes, imports of Python, JavaScript and TypeScript.

use assize_judge::language::Language;
use assize_judge::words::{is_word_byte, leading_word};
use assize_judge::{Severity, path};

use super::gone::Gone;
use super::{Naming, Place, resolved};

/// What an import of JavaScript may leave out at its end.
const ENDINGS: [&str; 26] = [
    "",
    ".js",
    ".ts",
    ".tsx",
    ".jsx",
    ".mjs",
    ".cjs",
    ".mts",
    ".cts",
    ".d.ts",
    ".json",
    ".vue",
    ".svelte",
    ".node",
    ".css",
    ".scss",
    ".ios.js",
    ".native.js",
    ".web.js",
    ".native.ts",
    ".native.tsx",
    "/index.js",
    "/index.ts",
    "/index.tsx",
    "/index.jsx",
    "/index.mjs",
];

/// How many places a header is taken to lie in.
const FOLDERS_MAX: usize = 40;

/// Tells whether a file's imports are understood.
pub(super) fn is_read(file: &str) -> bool {
    matches!(
        Language::of(file),
        Some(
            Language::Rust
                | Language::C
                | Language::Cpp
                | Language::Python
                | Language::JavaScript
                | Language::TypeScript
        )
    )
}

/// What a line of source imports.
pub(super) fn namings(place: &Place<'_>, gone: &Gone) -> Vec<Naming> {
    match Language::of(place.file) {
        Some(Language::Rust) => of_rust(place).into_iter().collect(),
        Some(Language::C | Language::Cpp) => of_c(place, gone).into_iter().collect(),
        Some(Language::Python) => of_python(place, gone),
        Some(Language::JavaScript | Language::TypeScript) => of_java_script(place).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn naming(candidates: Vec<String>, is_certain: bool) -> Naming {
    let severity = if is_certain { Severity::Error } else { Severity::Warning };
    Naming { candidates, severity }
}

/// `mod name;` means a file beside `lib.rs`, `main.rs` and `mod.rs`, and one in the folder of the same name otherwise.
fn of_rust(place: &Place<'_>) -> Option<Naming> {
    let line = place.line.trim();
    let line = match line.strip_prefix("pub(").and_then(|rest| rest.split_once(") ")) {
        Some((_, rest)) => rest,
        None => line.strip_prefix("pub ").unwrap_or(line),
    };
    let name = leading_word(line.strip_prefix("mod ")?.trim_start_matches("r#"));
    let attributes = place
        .above
        .iter()
        .rev()
        .take_while(|line| line.trim_start().starts_with("#["));
    let (mut has_path, mut has_condition) = (false, false);
    for attribute in attributes {
        has_path = has_path || attribute.contains("path");
        has_condition = has_condition || attribute.contains("cfg");
    }
    // An indented module stands in another one, whose folder cannot be told from the line.
    if name.is_empty() || has_path || place.line.starts_with([' ', '\t']) {
        return None;
    }
    let (folder, stem) = (path::parent(place.file), path::stem(place.file));
    let is_root = matches!(stem, "lib" | "main" | "mod" | "build") || is_target(folder);
    let inside = if is_root {
        folder.to_owned()
    } else {
        path::join(folder, stem)
    };
    let candidates = [format!("{name}.rs"), format!("{name}/mod.rs")];
    Some(naming(
        candidates.iter().map(|file| path::join(&inside, file)).collect(),
        !has_condition,
    ))
}

/// Tells whether each file of a folder is a program of its own.
fn is_target(folder: &str) -> bool {
    matches!(path::name(folder), "tests" | "benches" | "examples" | "bin")
}

/// `#include "name.h"`: first beside the file, then on the search path.
fn of_c(place: &Place<'_>, gone: &Gone) -> Option<Naming> {
    let rest = place
        .line
        .trim_start()
        .strip_prefix('#')?
        .trim_start()
        .strip_prefix("include")?
        .trim_start();
    let (name, _) = rest.strip_prefix('"')?.split_once('"')?;
    let beside = resolved(path::parent(place.file), name)?;
    if gone.contains(&beside) {
        return Some(naming(searched(place.file, name, beside), !is_conditional(place.above)));
    }
    let elsewhere = gone.ending_with(name)?;
    // A header beside the file comes first, if there is one.
    Some(naming(vec![elsewhere.to_owned(), beside], false))
}

/// A header beside the file, and those of the same name in the folders that compilers are usually told to search.
fn searched(file: &str, name: &str, beside: String) -> Vec<String> {
    let mut places = vec![beside];
    let mut folder = path::parent(file);
    while places.len() < FOLDERS_MAX {
        places.push(path::join(folder, name));
        places.extend(
            ["include", "src", "lib"]
                .iter()
                .map(|part| path::join(folder, &format!("{part}/{name}"))),
        );
        if folder.is_empty() {
            break;
        }
        folder = path::parent(folder);
    }
    places
}

/// Tells whether a line stands under a condition of the preprocessor other than the guard of the file.
fn is_conditional(above: &[&str]) -> bool {
    let directives = above
        .iter()
        .filter_map(|line| line.trim_start().strip_prefix('#'))
        .map(str::trim_start);
    let mut depth = 0_i64;
    let mut is_guarded = None;
    for directive in directives {
        // A guard is the file's first directive, and defines its name in the second.
        match is_guarded {
            None => is_guarded = Some(directive.starts_with("ifndef")),
            Some(true) if depth == 1 && directive.starts_with("define") => depth -= 1,
            Some(_) => {}
        }
        if directive.starts_with("if") {
            depth += 1;
        } else if directive.starts_with("endif") {
            depth -= 1;
        } else if directive.starts_with("define") {
            is_guarded = Some(false);
        }
    }
    depth > 0
}

/// `from .name import x`, `from package.name import x`, `import package.name`, `from . import name`.
fn of_python(place: &Place<'_>, gone: &Gone) -> Vec<Naming> {
    let is_certain = !place.line.starts_with([' ', '\t']);
    let line = place.line.trim();
    let folder = path::parent(place.file);
    if let Some(rest) = line.strip_prefix("from ") {
        let Some((module, names)) = rest.split_once(" import ") else {
            return Vec::new();
        };
        let names = names.split('#').next().unwrap_or_default();
        let mut found: Vec<Naming> = module_paths(module.trim(), folder, gone, is_certain)
            .into_iter()
            .collect();
        // A name may be a module as well as something in one.
        for name in names
            .split([',', '(', ')'])
            .map(|name| leading_word(name.trim()))
            .filter(|name| !name.is_empty())
        {
            let dots = if module.trim().ends_with('.') { "" } else { "." };
            let inner = format!("{}{dots}{name}", module.trim());
            if module.starts_with('.') {
                found.extend(module_paths(&inner, folder, gone, false));
            }
        }
        return found;
    }
    let Some(rest) = line.strip_prefix("import ") else {
        return Vec::new();
    };
    let modules = rest.split('#').next().unwrap_or_default().split(',');
    let modules = modules.filter_map(|module| module.split_whitespace().next());
    modules
        .filter_map(|module| module_paths(module, folder, gone, false))
        .collect()
}

/// The files that a module may be.
fn module_paths(module: &str, folder: &str, gone: &Gone, is_certain: bool) -> Option<Naming> {
    let is_plain = module.bytes().all(|byte| is_word_byte(byte) || byte == b'.');
    if module.is_empty() || !is_plain {
        return None;
    }
    let dots = module.bytes().take_while(|byte| *byte == b'.').count();
    let inner = module.get(dots..)?.replace('.', "/");
    // Compiled modules come of files of other kinds.
    let endings = ["", ".py", ".pyx", ".pyi", ".so", ".c", ".cpp", "/__init__.py"];
    let stem = if dots > 0 {
        let mut from = folder;
        for _ in 1..dots {
            from = path::parent(from);
        }
        path::join(from, &inner)
    } else {
        // From the root of the sources, wherever that is: the path that is gone must end like the module.
        let missing = gone
            .ending_with(&format!("{inner}.py"))
            .filter(|_| inner.contains('/'))?;
        missing.strip_suffix(".py")?.to_owned()
    };
    let candidates = endings.iter().map(|ending| format!("{stem}{ending}")).collect();
    Some(naming(candidates, is_certain && dots > 0 && !inner.is_empty()))
}

/// `import … from './name'`, `export … from`, `require('./name')`, `import('./name')`.
fn of_java_script(place: &Place<'_>) -> Option<Naming> {
    let line = place.line;
    let trimmed = line.trim_start();
    let is_from = ["import ", "export ", "} from "]
        .iter()
        .any(|opening| trimmed.starts_with(opening));
    let after_from = line
        .find("from ")
        .filter(|_| is_from)
        .map(|at| at.saturating_add("from ".len()));
    // `import './name'`, for what the module does when it is loaded.
    let bare = line.find("import ").map(|at| at.saturating_add("import ".len()));
    let after_import = bare.filter(|at| {
        trimmed.starts_with("import ") && line.get(*at..).is_some_and(|rest| rest.starts_with(['\'', '"']))
    });
    let is_static = after_from.or(after_import).is_some();
    let after_call = ["require(", "import(", "jest.mock(", "vi.mock("]
        .iter()
        .find_map(|call| line.find(call).map(|at| at.saturating_add(call.len())));
    let open = after_from.or(after_import).or(after_call)?;
    let is_relative = ["'./", "'../", "\"./", "\"../", "`./", "`../"];
    let named = line.get(open..)?;
    if !is_relative.iter().any(|opening| named.starts_with(opening)) {
        return None;
    }
    let quote = line.get(open..)?.chars().next()?;
    let (named, _) = line.get(open.saturating_add(1)..)?.split_once(quote)?;
    let named = named.split(['?', '#']).next().unwrap_or_default();
    if named.contains(['$', '*', '!']) {
        return None;
    }
    let stem = resolved(path::parent(place.file), named)?;
    let mut candidates: Vec<String> = ENDINGS.iter().map(|ending| format!("{stem}{ending}")).collect();
    // TypeScript names the file that will be compiled from the one that is there.
    for (compiled, sources) in [
        (".js", [".ts", ".tsx"]),
        (".jsx", [".tsx", ".ts"]),
        (".mjs", [".mts", ".ts"]),
        (".cjs", [".cts", ".ts"]),
    ] {
        if let Some(bare) = stem.strip_suffix(compiled) {
            candidates.extend(sources.iter().map(|source| format!("{bare}{source}")));
        }
    }
    let is_certain = is_static || line.contains("require(") && !line.starts_with([' ', '\t']);
    Some(naming(candidates, is_certain))
}
