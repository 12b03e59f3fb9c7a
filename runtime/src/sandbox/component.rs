//! From bytes to a judge: checked, compiled once, linked to what a judge may import.

use std::panic::{AssertUnwindSafe, catch_unwind};

use assize_provenance::digest::Digest;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker};

use super::bindings::{self, JudgePre};
use super::engine::Sandbox;
use super::fault::{self, HostFault};
use super::limits::{COMPONENT_BYTES_MAX, DESCRIBE, MEMORIES_MAX, TABLE_ELEMENTS_MAX, TABLES_MAX};
use super::state::CallState;
use crate::outcome::Outcome;

/// The contract this host serves.
pub(super) const CONTRACT: &str = "assize:plugin@0.1.0";

/// The interfaces a judge may import, without their version.
const JUDGE_IMPORTS: [&str; 3] = ["assize:plugin/types", "assize:plugin/evidence", "assize:plugin/log"];

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

/// Why a component cannot sit as a judge. The sentences are for the plugin's author.
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
    /// It asks for something a judge never gets.
    #[error("it imports `{import}`; a judge may import only assize:plugin/types, /evidence and /log at version 0.1")]
    Import {
        /// The import's full name.
        import: String,
    },
    /// It was built against another version of the contract.
    #[error("it imports `{import}`, but this host serves {CONTRACT}; rebuild the plugin against that version")]
    ContractVersion {
        /// The import's full name.
        import: String,
    },
    /// It does not fit the world `judge`.
    #[error("it does not fit the world `judge` of {CONTRACT}: {reason}")]
    World {
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

/// A component that fits the world `judge`: compiled, linked, described. Cheap to clone; each call has its own store.
#[derive(Clone)]
pub struct Judge {
    pub(super) pre: JudgePre<CallState>,
    digest: Digest,
    description: Description,
    imports: Vec<String>,
}

impl std::fmt::Debug for Judge {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Judge")
            .field("digest", &self.digest)
            .field("description", &self.description)
            .finish()
    }
}

impl Judge {
    /// The SHA-256 of the component's bytes: its identity.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// What it says of itself.
    #[must_use]
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// The host functions it imports, as permissions: `interface.function`.
    #[must_use]
    pub fn imports(&self) -> &[String] {
        &self.imports
    }
}

impl Sandbox {
    /// Checks, compiles and links a component as a judge, and asks it what it is.
    ///
    /// Compiled code is taken from the cache where there is one; the cache's key is the component's content and the engine.
    ///
    /// [`Unusable`] is what is known of a component that does not fit. It never ran but for `describe`, under small limits.
    ///
    /// # Errors
    ///
    /// [`HostFault`] when the machine failed; that says nothing about the component.
    pub fn load(&self, bytes: &[u8]) -> Result<Result<Judge, Unusable>, HostFault> {
        let component = match self.compile(bytes)? {
            Ok(component) => component,
            Err(unusable) => return Ok(Err(unusable)),
        };
        match self.link(&component, Digest::of(bytes)) {
            Ok(judge) => self.describe(judge),
            Err(unusable) => Ok(Err(unusable)),
        }
    }

    /// Checks what a compiled component asks for and links it; it has not said yet what it is.
    fn link(&self, component: &Component, digest: Digest) -> Result<Judge, Unusable> {
        let imports = self.check_imports(component)?;
        check_resources(component)?;
        let mut linker = Linker::new(self.engine());
        bindings::Judge::add_to_linker::<_, wasmtime::component::HasSelf<_>>(&mut linker, |state| state).map_err(
            |error| Unusable::World {
                reason: format!("{error:#}"),
            },
        )?;
        let pre = linker
            .instantiate_pre(component)
            .and_then(JudgePre::new)
            .map_err(|error| Unusable::World {
                reason: format!("{error:#}"),
            })?;
        let nobody = Description {
            name: String::new(),
            version: String::new(),
            summary: String::new(),
            requires: Vec::new(),
            wants: Vec::new(),
        };
        Ok(Judge {
            pre,
            digest,
            description: nobody,
            imports,
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

    /// Refuses what a judge may not import; gives the host functions it does import, as permissions.
    fn check_imports(&self, component: &Component) -> Result<Vec<String>, Unusable> {
        let mut permissions = Vec::new();
        for (import, item) in component.component_type().imports(self.engine()) {
            let (interface, version) = import.split_once('@').unwrap_or((import, ""));
            if !JUDGE_IMPORTS.contains(&interface) {
                return Err(Unusable::Import {
                    import: import.to_owned(),
                });
            }
            if !version.starts_with("0.1.") {
                return Err(Unusable::ContractVersion {
                    import: import.to_owned(),
                });
            }
            let ComponentItem::ComponentInstance(instance) = item.ty else {
                continue;
            };
            let interface = interface.rsplit('/').next().unwrap_or_default();
            let functions = instance
                .exports(self.engine())
                .filter(|(_, export)| is_function(&export.ty));
            permissions.extend(functions.map(|(name, _)| format!("{interface}.{name}")));
        }
        Ok(permissions)
    }

    /// Asks a linked component what it is.
    fn describe(&self, mut judge: Judge) -> Result<Result<Judge, Unusable>, HostFault> {
        let call = self.call(&judge, &DESCRIBE, None, None, |guest, store| guest.call_describe(store))?;
        let description = match call.outcome {
            Outcome::Finished(description) => description,
            Outcome::Ended(_, reason) => return Ok(Err(Unusable::Describe { reason })),
        };
        let bindings::assize::plugin::types::Description {
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
        judge.description = described;
        Ok(Ok(judge))
    }
}

fn is_function(item: &ComponentItem) -> bool {
    matches!(item, ComponentItem::ComponentFunc(_))
}

/// The same answer with and without the pool, and before anything is mapped.
fn check_resources(component: &Component) -> Result<(), Unusable> {
    let Some(needed) = component.resources_required() else {
        return Err(Unusable::World {
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

/// Lower-case letters, digits and hyphens, 1 to 64 of them.
pub(super) fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
