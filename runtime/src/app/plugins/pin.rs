//! Pinning components: into the work tree, under a name and a digest, for people to review and commit.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use assize_provenance::digest::Digest;

use super::{COMPONENT_BYTES_MAX, load, read_lock, refuse_links};
use crate::app::prepare::sandbox;
use crate::app::view::agents::PinView;
use crate::app::{App, Fault, read_named};
use crate::catalog::lock::{self, Pinned};
use crate::catalog::{self, Reference};
use crate::policy;
use crate::settings::Home;

impl App {
    /// Puts a component into the work tree and pins its name, or the one it gives itself, to its digest.
    ///
    /// # Errors
    ///
    /// [`Fault`] when it fits no world, when its name is taken by a plugin that comes with Assize, or when a file cannot be
    /// written. The lock file is written last, so a half-done addition pins nothing.
    pub fn add_plugin(&self, file: &Path, name: Option<&str>) -> Result<PinView, Fault> {
        let root = self.work_tree()?;
        let bytes = read_named(&self.dir.join(file), COMPONENT_BYTES_MAX)?;
        let sandbox = sandbox(&Home::open(&self.home)?)?;
        let plugin = load(&sandbox, &file.display().to_string(), &bytes)?;
        let name = name.unwrap_or(&plugin.description().name);
        if !policy::is_name(name) {
            return Err(Fault::wrong(
                format!("`{name}` is no name of a plugin"),
                "names are 1 to 64 lower-case letters, digits and hyphens",
            ));
        }
        if let Reference::Embedded(_) = catalog::resolve(name) {
            return Err(Fault::wrong(
                format!("a plugin `{name}` comes with Assize, and its name cannot mean another"),
                "choose another name with --name",
            ));
        }
        let _alone = hold(&root)?;
        let mut lock = read_lock(&root)?;
        let pinned = Pinned {
            file: format!("{}/{name}.wasm", lock::FOLDER),
            world: plugin.world().to_owned(),
            component: Digest::of(&bytes),
        };
        let view = |done, before: Option<&Pinned>| PinView {
            schema: "assize.pin/1",
            done,
            name: name.to_owned(),
            world: pinned.world.clone(),
            file: pinned.file.clone(),
            component: pinned.component.to_string(),
            before: before.map(|before| before.component.to_string()),
        };
        replace(&root, &pinned.file, &bytes)?;
        let before = lock.pin(name, pinned.clone());
        if before.as_ref() == Some(&pinned) {
            return Ok(view("unchanged", before.as_ref()));
        }
        replace(&root, lock::PATH, lock.to_toml().as_bytes())?;
        let done = if before.is_some() { "replaced" } else { "added" };
        Ok(view(done, before.as_ref()))
    }

    /// Forgets a pinned plugin, and removes its component where `plugin add` put it.
    ///
    /// # Errors
    ///
    /// [`Fault`] when none of that name is pinned, or when a file cannot be written.
    pub fn remove_plugin(&self, name: &str) -> Result<PinView, Fault> {
        let root = self.work_tree()?;
        let _alone = hold(&root)?;
        let mut lock = read_lock(&root)?;
        let Some(pinned) = lock.unpin(name) else {
            let names: Vec<&str> = lock.plugins().map(|(name, _)| name).collect();
            let known = if names.is_empty() {
                "it pins none".to_owned()
            } else {
                format!("it pins {}", names.join(", "))
            };
            return Err(Fault::wrong(format!("{} pins no plugin `{name}`", lock::PATH), known));
        };
        replace(&root, lock::PATH, lock.to_toml().as_bytes())?;
        if pinned.file == format!("{}/{name}.wasm", lock::FOLDER) {
            refuse_links(&root, &pinned.file)?;
            let path = root.join(&pinned.file);
            match fs::remove_file(&path) {
                Err(source) if source.kind() != std::io::ErrorKind::NotFound => return Err(Fault::Io { path, source }),
                _ => {}
            }
        }
        Ok(PinView {
            schema: "assize.pin/1",
            done: "removed",
            name: name.to_owned(),
            world: pinned.world,
            file: pinned.file,
            component: pinned.component.to_string(),
            before: None,
        })
    }
}

/// Keeps other processes from changing the lock file between reading and writing it, for as long as what is returned lives.
fn hold(root: &Path) -> Result<fs::File, Fault> {
    refuse_links(root, lock::FOLDER)?;
    let folder = root.join(lock::FOLDER);
    let held = fs::create_dir_all(&folder).and_then(|()| {
        let file = fs::File::open(&folder)?;
        file.lock()?;
        Ok(file)
    });
    held.map_err(|source| Fault::Io { path: folder, source })
}

/// Replaces a file of the work tree in one step; no reader sees half of it, and no link is followed.
fn replace(root: &Path, path: &str, bytes: &[u8]) -> Result<(), Fault> {
    refuse_links(root, path)?;
    let target = root.join(path);
    let folder = target.parent().unwrap_or(root).to_owned();
    let io = |source| Fault::Io {
        path: target.clone(),
        source,
    };
    fs::create_dir_all(&folder).map_err(io)?;
    // Named after this process, so that what a killed one left stands in nobody's way.
    let new = folder.join(format!(
        ".{}.{}.new",
        target.file_name().unwrap_or_default().to_string_lossy(),
        std::process::id()
    ));
    match fs::remove_file(&new) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(io(error)),
        _ => {}
    }
    let written = fs::File::create_new(&new).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    let done = written.and_then(|()| fs::rename(&new, &target));
    if done.is_err() {
        // What is left of a failed try is no use to anyone; that it failed is what matters.
        drop(fs::remove_file(&new));
    }
    done.map_err(io)
}
