//! Makes a component of a core module: `componentize [--wasi] CORE.wasm COMPONENT.wasm`.
//!
//! A plugin may import nothing but the interfaces of its world; a module that wants more is refused here, so that it never
//! reaches `plugins/dist/`. With `--wasi` it may also import WASI 0.2, as language runtimes do, and a module that imports
//! WASI's first preview is adapted to it. A core module may be written as text (`CORE.wat`); it is then one of the world `agent`.

mod text;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wit_component::{ComponentEncoder, DecodedWasm};
use wit_parser::{Resolve, World, WorldItem};

/// The interfaces a judge may import.
const JUDGE_IMPORTS: &[&str] = &[
    "assize:plugin/types@0.1.0",
    "assize:plugin/evidence@0.1.0",
    "assize:plugin/log@0.1.0",
];

/// The interfaces an agent may import.
const AGENT_IMPORTS: &[&str] = &[
    "assize:plugin/types@0.1.0",
    "assize:plugin/work@0.1.0",
    "assize:plugin/workspace@0.1.0",
    "assize:plugin/state@0.1.0",
    "assize:plugin/artifacts@0.1.0",
    "assize:plugin/process@0.1.0",
    "assize:plugin/http@0.1.0",
    "assize:plugin/log@0.1.0",
];

/// Why there is no component.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("usage: componentize [--wasi] CORE.wasm COMPONENT.wasm")]
    Usage,
    #[error("cannot read {path}: {reason}")]
    Read { path: PathBuf, reason: std::io::Error },
    #[error("cannot write {path}: {reason}")]
    Write { path: PathBuf, reason: std::io::Error },
    #[error("{path} does not become a component: {reason}")]
    Encode { path: PathBuf, reason: String },
    #[error("{path} imports {import}, which this plugin may not; it may import only {}", allowed.join(", "))]
    Import {
        path: PathBuf,
        import: String,
        allowed: &'static [&'static str],
    },
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let made = match arguments.as_slice() {
        ["--wasi", core, component] => componentize(Path::new(core), Path::new(component), true),
        [core, component] => componentize(Path::new(core), Path::new(component), false),
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

fn componentize(core: &Path, component: &Path, may_use_wasi: bool) -> Result<(), Failure> {
    let module = std::fs::read(core).map_err(|reason| Failure::Read {
        path: core.to_owned(),
        reason,
    })?;
    let unfit = |reason| Failure::Encode {
        path: core.to_owned(),
        reason,
    };
    let is_text = core.extension().is_some_and(|extension| extension == "wat");
    let module = if is_text {
        text::assemble(&module).map_err(unfit)?
    } else {
        module
    };
    let encoded = encode(&module, may_use_wasi).map_err(unfit)?;
    check_imports(core, &encoded, may_use_wasi)?;
    std::fs::write(component, encoded).map_err(|reason| Failure::Write {
        path: component.to_owned(),
        reason,
    })
}

/// The component's bytes, or why there are none.
fn encode(module: &[u8], may_use_wasi: bool) -> Result<Vec<u8>, String> {
    let mut encoder = ComponentEncoder::default();
    encoder.validate(true);
    let (name, adapter) = (
        WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME,
        WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
    );
    // A module that imports WASI 0.2 itself keeps the version that it was written for.
    let is_first_preview = module.windows(name.len()).any(|bytes| bytes == name.as_bytes());
    if may_use_wasi && is_first_preview {
        encoder.adapter(name, adapter).map_err(|reason| format!("{reason:#}"))?;
    }
    let encoded = encoder.module(module).and_then(ComponentEncoder::encode);
    encoded.map_err(|reason| format!("{reason:#}"))
}

/// Refuses the first import that no plugin of this world may have.
fn check_imports(core: &Path, component: &[u8], may_use_wasi: bool) -> Result<(), Failure> {
    let unfit = |reason: String| Failure::Encode {
        path: core.to_owned(),
        reason,
    };
    let decoded = wit_component::decode(component).map_err(|reason| unfit(format!("{reason:#}")))?;
    let DecodedWasm::Component(resolve, world) = decoded else {
        return Err(unfit("it is a package of WIT text".to_owned()));
    };
    let Some(world) = resolve.worlds.get(world) else {
        return Err(unfit("it has no world".to_owned()));
    };
    let allowed = allowed(&resolve, world).ok_or_else(|| unfit("it exports neither `judge` nor `run`".to_owned()))?;
    // A type that the world takes from an interface counts as an import of its own; it is a name, not a power.
    let powers = world
        .imports
        .iter()
        .filter(|(_, item)| !matches!(item, WorldItem::Type { .. }));
    let mut names = powers.map(|(key, _)| resolve.name_world_key(key));
    let is_foreign = |name: &String| {
        let is_wasi = name.starts_with("wasi:") && name.contains("@0.2.");
        !(allowed.contains(&name.as_str()) || may_use_wasi && is_wasi)
    };
    match names.find(is_foreign) {
        Some(import) => Err(Failure::Import {
            path: core.to_owned(),
            import,
            allowed,
        }),
        None => Ok(()),
    }
}

/// What a plugin may import, by what it exports.
fn allowed(resolve: &Resolve, world: &World) -> Option<&'static [&'static str]> {
    let exports = |wanted: &str| world.exports.keys().any(|key| resolve.name_world_key(key) == wanted);
    if exports("judge") {
        Some(JUDGE_IMPORTS)
    } else if exports("run") {
        Some(AGENT_IMPORTS)
    } else {
        None
    }
}
