//! Looking at judges' components.
use super::prepare::sandbox;
use super::view::{PluginView, PluginsView};
use super::{App, Fault, read_named};
use crate::catalog::{self, EMBEDDED, Reference};
use crate::sandbox::Judge;
use crate::settings::Home;

/// The largest component that is inspected, in bytes.
const COMPONENT_BYTES_MAX: u64 = 64 << 20;

impl App {
    /// Lists the plugins that come with this binary.
    ///
    /// # Errors
    ///
    /// [`Fault`] when the engine does not start, or an embedded plugin does not load: a bug.
    pub fn list_plugins(&self) -> Result<PluginsView, Fault> {
        let sandbox = sandbox(&Home::open(&self.home)?)?;
        let plugins = catalog::judges()
            .map(|embedded| match sandbox.load(embedded.component)? {
                Ok(judge) => Ok(view(&judge, embedded.component)),
                Err(unusable) => Err(Fault::Bug(format!(
                    "the embedded plugin `{}` does not load: {unusable}",
                    embedded.name
                ))),
            })
            .collect::<Result<_, _>>()?;
        Ok(PluginsView {
            schema: "assize.plugins/1",
            plugins,
        })
    }

    /// Checks one component, by an embedded plugin's name or a file.
    ///
    /// # Errors
    ///
    /// [`Fault`] when it cannot be read or is no judge.
    pub fn inspect_plugin(&self, plugin: &str) -> Result<PluginView, Fault> {
        let bytes = self.component(plugin)?;
        let sandbox = sandbox(&Home::open(&self.home)?)?;
        let judge = sandbox.load(&bytes)?.map_err(|unusable| {
            Fault::wrong(
                format!("{plugin} cannot sit as a judge: {unusable}"),
                "plugins/README.md says how a judge is built",
            )
        })?;
        Ok(view(&judge, &bytes))
    }

    /// The bytes of a component, by an embedded plugin's name or a file.
    pub(super) fn component(&self, plugin: &str) -> Result<Vec<u8>, Fault> {
        match catalog::resolve(plugin) {
            Reference::Embedded(embedded) => Ok(embedded.component.to_vec()),
            _ if self.dir.join(plugin).exists() || plugin.contains(['/', '.']) => {
                read_named(&self.dir.join(plugin), COMPONENT_BYTES_MAX)
            }
            _ => {
                let names: Vec<&str> = EMBEDDED.iter().map(|embedded| embedded.name).collect();
                Err(Fault::wrong(
                    format!("no plugin `{plugin}` comes with this binary, and there is no such file"),
                    format!("it has {}", names.join(", ")),
                ))
            }
        }
    }
}

fn view(judge: &Judge, bytes: &[u8]) -> PluginView {
    let description = judge.description();
    PluginView {
        schema: "assize.plugin/1",
        name: description.name.clone(),
        version: description.version.clone(),
        summary: description.summary.clone(),
        world: "judge",
        component: judge.digest().to_string(),
        bytes: bytes.len() as u64,
        imports: judge.imports().to_vec(),
        requires: description.requires.clone(),
        wants: description.wants.clone(),
    }
}
