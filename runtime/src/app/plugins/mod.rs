//! Plugins: those that come with this binary, those that a repository pins, and components in files.

mod check;
mod pin;

use std::path::Path;

use assize_provenance::digest::Digest;

use super::prepare::sandbox;
use super::view::{PluginView, PluginsView};
use super::{App, Fault, read_named};
use crate::catalog::lock::{self, Lock};
use crate::catalog::{self, EMBEDDED, Reference};
use crate::sandbox::{Agent, Description, Judge, Sandbox};
use crate::settings::Home;

/// The largest component that is read, in bytes.
const COMPONENT_BYTES_MAX: u64 = 64 << 20;

/// A component that fits one of the worlds.
pub(super) enum Plugin {
    /// It judges.
    Judge(Judge),
    /// It does tasks.
    Agent(Agent),
}

impl Plugin {
    /// The world it fits.
    pub(super) fn world(&self) -> &'static str {
        match self {
            Self::Judge(_) => "judge",
            Self::Agent(_) => "agent",
        }
    }

    /// What it says of itself.
    pub(super) fn description(&self) -> &Description {
        match self {
            Self::Judge(judge) => judge.description(),
            Self::Agent(agent) => agent.description(),
        }
    }

    /// The host functions it imports, as permissions.
    pub(super) fn imports(&self) -> &[String] {
        match self {
            Self::Judge(judge) => judge.imports(),
            Self::Agent(agent) => agent.imports(),
        }
    }
}

impl App {
    /// Lists the plugins that come with this binary, and those that the work tree pins.
    ///
    /// # Errors
    ///
    /// [`Fault`] when the engine does not start, a pinned plugin cannot be used, or an embedded one does not load: a bug.
    pub fn list_plugins(&self) -> Result<PluginsView, Fault> {
        let sandbox = sandbox(&Home::open(&self.home)?)?;
        let mut plugins = Vec::new();
        for embedded in EMBEDDED {
            let plugin = load(&sandbox, embedded.name, embedded.component).map_err(|fault| match fault {
                Fault::Wrong { message, .. } => Fault::Bug(message),
                other => other,
            })?;
            plugins.push(view(&plugin, embedded.component, None));
        }
        if let Ok(root) = self.work_tree() {
            for (name, pinned) in read_lock(&root)?.plugins() {
                let bytes = pinned_component(&root, name, pinned)?;
                plugins.push(view(&load(&sandbox, name, &bytes)?, &bytes, Some(name)));
            }
        }
        Ok(PluginsView {
            schema: "assize.plugins/1",
            plugins,
        })
    }

    /// Checks one component, by a plugin's name or a file.
    ///
    /// # Errors
    ///
    /// [`Fault`] when it cannot be read or fits no world.
    pub fn inspect_plugin(&self, plugin: &str) -> Result<PluginView, Fault> {
        let bytes = self.component(plugin)?;
        let sandbox = sandbox(&Home::open(&self.home)?)?;
        Ok(view(&load(&sandbox, plugin, &bytes)?, &bytes, None))
    }

    /// The bytes of a component, by the name of an embedded or pinned plugin, or by a file.
    pub(super) fn component(&self, plugin: &str) -> Result<Vec<u8>, Fault> {
        if let Reference::Embedded(embedded) = catalog::resolve(plugin) {
            return Ok(embedded.component.to_vec());
        }
        if plugin.contains(['/', '.']) {
            return read_named(&self.dir.join(plugin), COMPONENT_BYTES_MAX);
        }
        // What is pinned comes before a file of that name: an agent may have written the file.
        let pinned = match self.work_tree() {
            Ok(root) => {
                let lock = read_lock(&root)?;
                lock.plugin(plugin)
                    .map(|pinned| pinned_component(&root, plugin, pinned))
                    .transpose()?
            }
            Err(_) => None,
        };
        if pinned.is_none() && self.dir.join(plugin).is_file() {
            return read_named(&self.dir.join(plugin), COMPONENT_BYTES_MAX);
        }
        pinned.ok_or_else(|| {
            let names: Vec<&str> = EMBEDDED.iter().map(|embedded| embedded.name).collect();
            Fault::wrong(
                format!(
                    "no plugin `{plugin}` comes with this binary, {} pins none, and there is no such file",
                    lock::PATH
                ),
                format!(
                    "it has {}; `assize plugin add FILE` pins one of your own",
                    names.join(", ")
                ),
            )
        })
    }
}

/// Loads a component of either world.
pub(super) fn load(sandbox: &Sandbox, name: &str, bytes: &[u8]) -> Result<Plugin, Fault> {
    let as_judge = match sandbox.load(bytes)? {
        Ok(judge) => return Ok(Plugin::Judge(judge)),
        Err(unusable) => unusable,
    };
    let as_agent = match sandbox.load_agent(bytes)? {
        Ok(agent) => return Ok(Plugin::Agent(agent)),
        Err(unusable) => unusable,
    };
    let reason = if as_judge == as_agent {
        as_judge.to_string()
    } else {
        format!("as a judge: {as_judge}; as an agent: {as_agent}")
    };
    Err(Fault::wrong(
        format!("{name} is no plugin that can be used: {reason}"),
        "plugins/README.md of Assize says how plugins are built",
    ))
}

/// The work tree's lock file; empty where there is none.
fn read_lock(root: &Path) -> Result<Lock, Fault> {
    let path = root.join(lock::PATH);
    if !path.exists() {
        return Ok(Lock::default());
    }
    refuse_links(root, lock::PATH)?;
    let bytes = read_named(&path, lock::BYTES_MAX as u64)?;
    Lock::parse(&bytes).map_err(|error| {
        Fault::wrong(
            error.to_string(),
            "mend the file, or take the committed one: `git checkout -- .assize/plugins.lock`",
        )
    })
}

/// The component that the work tree pins to a name, if it has the digest that stands there.
fn pinned_component(root: &Path, name: &str, pinned: &lock::Pinned) -> Result<Vec<u8>, Fault> {
    refuse_links(root, &pinned.file)?;
    let bytes = read_named(&root.join(&pinned.file), COMPONENT_BYTES_MAX)?;
    let digest = Digest::of(&bytes);
    if digest == pinned.component {
        return Ok(bytes);
    }
    Err(Fault::wrong(
        format!(
            "{} is not the component that {} pins to `{name}`: it has the SHA-256 {digest}, not {}",
            pinned.file,
            lock::PATH,
            pinned.component
        ),
        format!(
            "restore the file, or review it and pin it anew: `assize plugin add {} --name {name}`",
            pinned.file
        ),
    ))
}

/// A link in a work tree from somebody else must not choose what is read or written.
fn refuse_links(root: &Path, path: &str) -> Result<(), Fault> {
    let mut place = root.to_owned();
    for part in Path::new(path) {
        place.push(part);
        if place.is_symlink() {
            return Err(Fault::wrong(
                format!("{} is a link", place.display()),
                "put the file itself there",
            ));
        }
    }
    Ok(())
}

fn view(plugin: &Plugin, bytes: &[u8], pinned_as: Option<&str>) -> PluginView {
    let description = plugin.description();
    PluginView {
        schema: "assize.plugin/1",
        name: description.name.clone(),
        pinned_as: pinned_as.map(ToOwned::to_owned),
        version: description.version.clone(),
        summary: description.summary.clone(),
        world: plugin.world(),
        component: Digest::of(bytes).to_string(),
        bytes: bytes.len() as u64,
        imports: plugin.imports().to_vec(),
        requires: description.requires.clone(),
        wants: description.wants.clone(),
    }
}
