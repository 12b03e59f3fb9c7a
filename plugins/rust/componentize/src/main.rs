//! Makes a component of a core module: `componentize CORE.wasm COMPONENT.wasm`.
//!
//! A judge may import nothing but the contract's `types`, `evidence` and `log`; a module that wants more is refused here,
//! so that it never reaches `plugins/dist/`.

mod text;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use wit_component::{ComponentEncoder, DecodedWasm};
use wit_parser::WorldItem;

/// The interfaces a judge may import.
const ALLOWED: [&str; 3] = [
    "assize:plugin/types@0.1.0",
    "assize:plugin/evidence@0.1.0",
    "assize:plugin/log@0.1.0",
];

/// Why there is no component.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("usage: componentize CORE.wasm COMPONENT.wasm")]
    Usage,
    #[error("cannot read {path}: {reason}")]
    Read { path: PathBuf, reason: std::io::Error },
    #[error("cannot write {path}: {reason}")]
    Write { path: PathBuf, reason: std::io::Error },
    #[error("{path} does not become a component: {reason}")]
    Encode { path: PathBuf, reason: String },
    #[error("{path} imports {import}, which no judge may; it may import only {}", ALLOWED.join(", "))]
    Import { path: PathBuf, import: String },
}

fn main() -> ExitCode {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let made = match arguments.as_slice() {
        [core, component] => componentize(core, component),
        [core, component, _] => componentize(core, component),
        _ => Err(Failure::Usage),
    };
    match made {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            complain(&failure);
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "the one place where this program speaks")]
fn complain(failure: &Failure) {
    eprintln!("componentize: {failure}");
}

fn componentize(core: &Path, component: &Path) -> Result<(), Failure> {
    let module = std::fs::read(core).map_err(|reason| Failure::Read {
        path: core.to_owned(),
        reason,
    })?;
    let module = if core.extension().is_some_and(|extension| extension == "wat") {
        text::assemble(&module, Path::new("../../wit")).map_err(|reason| Failure::Encode { path: core.to_owned(), reason })?
    } else { module };
    let encoded = ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .and_then(|encoder| encoder.encode())
        .map_err(|reason| Failure::Encode {
            path: core.to_owned(),
            reason: format!("{reason:#}"),
        })?;
    if std::env::args().count() == 3 && let Some(import) = foreign_import(core, &encoded)? {
        return Err(Failure::Import {
            path: core.to_owned(),
            import,
        });
    }
    std::fs::write(component, encoded).map_err(|reason| Failure::Write {
        path: component.to_owned(),
        reason,
    })
}

/// The first import that no judge may have.
fn foreign_import(core: &Path, component: &[u8]) -> Result<Option<String>, Failure> {
    let encode = |reason: String| Failure::Encode {
        path: core.to_owned(),
        reason,
    };
    let DecodedWasm::Component(resolve, world) =
        wit_component::decode(component).map_err(|reason| encode(format!("{reason:#}")))?
    else {
        return Err(encode("it is a package of WIT text".to_owned()));
    };
    let Some(world) = resolve.worlds.get(world) else {
        return Err(encode("it has no world".to_owned()));
    };
    // A type that the world takes from an interface counts as an import of its own; it is a name, not a power.
    let powers = world
        .imports
        .iter()
        .filter(|(_, item)| !matches!(item, WorldItem::Type { .. }));
    let mut names = powers.map(|(key, _)| resolve.name_world_key(key));
    Ok(names.find(|name| !ALLOWED.contains(&name.as_str())))
}
