//! From bytes to a plugin: checked, compiled once, linked to what its world may import.

use std::panic::{AssertUnwindSafe, catch_unwind};

use assize_provenance::digest::Digest;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, InstancePre, Linker};

use super::engine::Sandbox;
use super::fault::{self, HostFault};
use super::limits::{COMPONENT_BYTES_MAX, DESCRIBE, DESCRIBE_RUNTIME, MEMORIES_MAX, TABLE_ELEMENTS_MAX, TABLES_MAX};
use super::state::{CallState, Errand};
use super::wasi;
use super::wasi_http;
use super::world::{Describe, World};
use crate::outcome::Outcome;
use crate::policy::is_name;
use crate::policy::permission::Permission;

/// The contract this host serves.
pub(super) const CONTRACT: &str = "assize:plugin@0.1.0";

/// The contract's package, without its version.
const PACKAGE: &str = "assize:plugin";

/// What a plugin says of itself, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// Its name: lower-case letters, digits and hyphens.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it does, in one sentence.
    pub summary: String,
    /// Permissions without which it does not work.
    pub requires: Vec<String>,
    /// Permissions it uses where they are granted.
    pub wants: Vec<String>,
}

/// Why a component cannot be used. The sentences are for the plugin's author.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// It is larger than any component may be.
    #[error("the component has {bytes} bytes; at most {} are loaded", COMPONENT_BYTES_MAX)]
    TooLarge {
        /// Its size in bytes.
        bytes: usize,
    },
    /// It is no component that this engine profile accepts.
    #[error("this is no WebAssembly component that can be run here: {reason}")]
    NotAComponent {
        /// What the engine said.
        reason: String,
    },
    /// It asks for something that nothing of its world ever gets.
    #[error(
        "it imports `{import}`; a component of the world `{}` may import only {} of {PACKAGE} at version 0.1, and of WASI 0.2 \
         what a language runtime needs: {}",
        world.name(), world.interfaces().join(", "), wasi::PACKAGES.join(", ")
    )]
    Import {
        /// The import's full name.
        import: String,
        /// What it was loaded as.
        world: World,
    },
    /// It was built against another version of the contract.
    #[error("it imports `{import}`, but this host serves {CONTRACT}; rebuild the plugin against that version")]
    ContractVersion {
        /// The import's full name.
        import: String,
    },
    /// It was built against another version of WASI.
    #[error("it imports `{import}`, but this host serves WASI 0.2; build the plugin for WASI 0.2 (`wasip2`)")]
    WasiVersion {
        /// The import's full name.
        import: String,
    },
    /// It does not fit its world.
    #[error("it does not fit the world `{}` of {CONTRACT}: {reason}", world.name())]
    World {
        /// What it was loaded as.
        world: World,
        /// What does not fit.
        reason: String,
    },
    /// It needs more memories or tables than any call may have.
    #[error("it needs {what}; at most {max} are given")]
    Resources {
        /// What it needs.
        what: String,
        /// The limit.
        max: u64,
    },
    /// It could not say what it is.
    #[error("its `describe` gave no usable answer: {reason}")]
    Describe {
        /// What happened.
        reason: String,
    },
}

/// A component that fits its world: compiled, linked, described. Cheap to clone; each call has its own store.
#[derive(Clone)]
pub(super) struct Plugin {
    linked: InstancePre<CallState>,
    digest: Digest,
    description: Description,
    imports: Vec<String>,
    waits: bool,
}

impl std::fmt::Debug for Plugin {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Plugin")
            .field("digest", &self.digest)
            .field("description", &self.description)
            .finish_non_exhaustive()
    }
}

impl Plugin {
    pub(super) fn linked(&self) -> &InstancePre<CallState> {
        &self.linked
    }

    pub(super) fn digest(&self) -> Digest {
        self.digest
    }

    pub(super) fn description(&self) -> &Description {
        &self.description
    }

    pub(super) fn imports(&self) -> &[String] {
        &self.imports
    }

    /// Tells whether it can wait for the clock, as language runtimes can.
    pub(super) fn waits(&self) -> bool {
        self.waits
    }
}

/// What a component imports.
struct Imports {
    /// The host functions of the contract, as permissions.
    permissions: Vec<String>,
    /// Whether it imports anything of WASI.
    wasi: bool,
    /// Whether it imports the requests of WASI.
    http: bool,
}

impl Sandbox {
    /// Checks, compiles and links a component of `world`, and asks it what it is.
    pub(super) fn load_plugin(&self, world: World, bytes: &[u8]) -> Result<Result<Plugin, Unusable>, HostFault> {
        let component = match self.compile(bytes)? {
            Ok(component) => component,
            Err(unusable) => return Ok(Err(unusable)),
        };
        match self.link(world, &component, Digest::of(bytes)) {
            Ok(plugin) => self.describe(plugin),
            Err(unusable) => Ok(Err(unusable)),
        }
    }

    /// Checks what a compiled component asks for and links it; it has not said yet what it is.
    fn link(&self, world: World, component: &Component, digest: Digest) -> Result<Plugin, Unusable> {
        let Imports {
            permissions,
            wasi,
            http,
        } = self.check_imports(world, component)?;
        check_resources(world, component)?;
        let unfit = |error: wasmtime::Error| Unusable::World {
            world,
            reason: format!("{error:#}"),
        };
        let mut linker = Linker::new(self.engine());
        world.link(&mut linker).map_err(unfit)?;
        if wasi {
            wasi::link(&mut linker).map_err(unfit)?;
        }
        if http {
            wasi_http::link(&mut linker).map_err(unfit)?;
        }
        let linked = linker.instantiate_pre(component).map_err(unfit)?;
        world.check(linked.clone()).map_err(unfit)?;
        let nobody = Description {
            name: String::new(),
            version: String::new(),
            summary: String::new(),
            requires: Vec::new(),
            wants: Vec::new(),
        };
        Ok(Plugin {
            linked,
            digest,
            description: nobody,
            imports: permissions,
            waits: wasi,
        })
    }

    /// Compiles under a panic guard: the compiler reads hostile bytes, and a bug in it must cost a judge, not the host.
    fn compile(&self, bytes: &[u8]) -> Result<Result<Component, Unusable>, HostFault> {
        if bytes.len() > COMPONENT_BYTES_MAX {
            return Ok(Err(Unusable::TooLarge { bytes: bytes.len() }));
        }
        let compiled = catch_unwind(AssertUnwindSafe(|| Component::from_binary(self.engine(), bytes)));
        let reason = match compiled {
            Ok(Ok(component)) => return Ok(Ok(component)),
            Ok(Err(error)) => match fault::of(&error) {
                Some(fault) => return Err(fault),
                None => format!("{error:#}"),
            },
            Err(_) => "the compiler failed on it".into(),
        };
        Ok(Err(Unusable::NotAComponent { reason }))
    }

    /// Refuses what a component of the world may not import.
    fn check_imports(&self, world: World, component: &Component) -> Result<Imports, Unusable> {
        let mut imports = Imports {
            permissions: Vec::new(),
            wasi: false,
            http: false,
        };
        for (import, item) in component.component_type().imports(self.engine()) {
            let (name, version) = import.split_once('@').unwrap_or((import, ""));
            let (package, interface) = name.split_once('/').unwrap_or((name, ""));
            let named = || import.to_owned();
            let is_http = world == World::Agent && wasi_http::is_served(package, interface);
            if wasi::PACKAGES.contains(&package) || is_http {
                if !version.starts_with("0.2.") {
                    return Err(Unusable::WasiVersion { import: named() });
                }
                imports.wasi = true;
                imports.http |= is_http;
                if is_http && interface == wasi_http::SENDING {
                    imports.permissions.push(Permission::HttpSend.name().to_owned());
                }
                continue;
            }
            if package != PACKAGE || !world.interfaces().contains(&interface) {
                return Err(Unusable::Import { import: named(), world });
            }
            if !version.starts_with("0.1.") {
                return Err(Unusable::ContractVersion { import: named() });
            }
            let ComponentItem::ComponentInstance(instance) = item.ty else {
                continue;
            };
            let functions = instance
                .exports(self.engine())
                .filter(|(_, export)| is_function(&export.ty));
            imports
                .permissions
                .extend(functions.map(|(name, _)| format!("{interface}.{name}")));
        }
        Ok(imports)
    }

    /// Asks a linked component what it is.
    fn describe(&self, mut plugin: Plugin) -> Result<Result<Plugin, Unusable>, HostFault> {
        let limits = if plugin.waits() { DESCRIBE_RUNTIME } else { DESCRIBE };
        let call = self.call(&plugin, &limits, Errand::Describe, Describe)?;
        let description = match call.outcome {
            Outcome::Finished(description) => description,
            Outcome::Ended(_, reason) => return Ok(Err(Unusable::Describe { reason })),
        };
        let super::bindings::types::Description {
            name,
            version,
            summary,
            requires,
            wants,
        } = description;
        let described = Description {
            name,
            version,
            summary,
            requires,
            wants,
        };
        if let Err(reason) = check_description(&described) {
            return Ok(Err(Unusable::Describe { reason: reason.into() }));
        }
        plugin.description = described;
        Ok(Ok(plugin))
    }
}

fn is_function(item: &ComponentItem) -> bool {
    matches!(item, ComponentItem::ComponentFunc(_))
}

/// The same answer with and without the pool, and before anything is mapped.
fn check_resources(world: World, component: &Component) -> Result<(), Unusable> {
    let Some(needed) = component.resources_required() else {
        return Err(Unusable::World {
            world,
            reason: "it imports core modules".into(),
        });
    };
    let elements = needed.max_initial_table_size.unwrap_or(0);
    let checks = [
        (u64::from(needed.num_memories), u64::from(MEMORIES_MAX), "memories"),
        (u64::from(needed.num_tables), u64::from(TABLES_MAX), "tables"),
        (elements, TABLE_ELEMENTS_MAX as u64, "elements in one table"),
    ];
    match checks.into_iter().find(|(count, max, _)| count > max) {
        Some((count, max, name)) => Err(Unusable::Resources {
            what: format!("{count} {name}"),
            max,
        }),
        None => Ok(()),
    }
}

fn check_description(description: &Description) -> Result<(), &'static str> {
    let Description {
        name,
        version,
        summary,
        requires,
        wants,
    } = description;
    if !is_name(name) {
        return Err("its name must be 1 to 64 lower-case letters, digits and hyphens");
    }
    if version.is_empty()
        || version.len() > 64
        || !version
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    {
        return Err("its version must be 1 to 64 characters of a semantic version");
    }
    if summary.len() > 256 || summary.chars().any(char::is_control) {
        return Err("its summary must be one sentence of at most 256 bytes");
    }
    let permissions = requires.len().saturating_add(wants.len());
    if permissions > 256 || requires.iter().chain(wants).any(|permission| permission.len() > 128) {
        return Err("it names more than 256 permissions, or one of more than 128 bytes");
    }
    Ok(())
}
