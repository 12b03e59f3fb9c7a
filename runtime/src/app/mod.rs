//! The façade that every surface calls. A surface parses what was asked, calls one function here, and shows what it gives.

mod accesses;
mod audit;
mod call;
mod decisions;
mod doctor;
mod dry_run;
mod durability;
mod exposed;
mod fault;
mod hooks;
mod init;
mod judges;
mod keys;
mod plugins;
mod policies;
mod prepare;
mod replays;
mod requests;
mod review;
mod roots;
mod rules;
mod scratch;
mod secrets;
mod signatory;
mod trust;
pub mod view;
mod waivers;
mod witness;
mod workflow_files;
mod workflows;

use std::path::{Path, PathBuf};

use crate::clock::Clock;
use crate::repository::Repository;
use crate::settings::Home;

pub use accesses::Accesses;
pub use audit::{
    AppealRequest, Culprit, Elect, ExportFormat, ExportRequest, Luggage, Shown, SuppliedFiles, VerifyRequest,
};
pub use call::{CallRequest, INPUT_BYTES_MAX};
pub use durability::Wanted;
pub use fault::{Exit, Fault};
pub use hooks::commit_msg::Draft;
pub use hooks::pre_push::{INPUT_BYTES_MAX as PUSH_BYTES_MAX, Push};
pub use keys::NewKeys;
pub use policies::Asked;
pub use requests::Wish;
pub use review::{ReviewRequest, Subject};
pub use roots::{Change, KeyFile, RootRole};
pub use trust::TrustFiles;
pub use waivers::{Extent, ProposeRequest};
pub use witness::WitnessRequest;
pub use workflow_files::{Drawing, FOLDER as WORKFLOW_FOLDER};
pub use workflows::{RunRequest, Stage};

/// Where Assize is asked to work: a folder, a home, a clock.
#[derive(Debug, Clone)]
pub struct App {
    dir: PathBuf,
    home: PathBuf,
    clock: Clock,
    actor: String,
    /// The pin of the root of trust that the environment gives, as it stands there.
    pin: Option<String>,
    /// Whether nothing may leave this machine.
    is_dry: bool,
}

impl App {
    /// Takes its places from the caller and the environment.
    ///
    /// # Errors
    ///
    /// [`Fault::Home`] when nothing says where the home is.
    pub fn new(dir: PathBuf, clock: Clock) -> Result<Self, Fault> {
        Ok(Self {
            dir,
            home: Home::locate()?,
            clock,
            actor: crate::settings::actor(),
            pin: crate::settings::pin(),
            is_dry: false,
        })
    }

    /// Takes its places from the caller alone.
    #[must_use]
    pub fn at(dir: PathBuf, home: PathBuf, clock: Clock, actor: String) -> Self {
        Self {
            dir,
            home,
            clock,
            actor,
            pin: None,
            is_dry: false,
        }
    }

    fn repository(&self) -> Result<Repository, Fault> {
        Ok(Repository::open(&self.dir)?)
    }

    /// The work tree, for what people review and commit.
    fn work_tree(&self) -> Result<PathBuf, Fault> {
        let repository = self.repository()?;
        repository.places().work_tree.clone().ok_or_else(|| {
            Fault::wrong(
                "a bare repository has no work tree",
                "run this in a clone with a work tree, and commit there",
            )
        })
    }

    /// The home, made where it is missing, and never inside the repository.
    fn home_for(&self, repository: &Repository) -> Result<Home, Fault> {
        let home = Home::open(&self.home)?;
        keep_outside(&home, repository)?;
        Ok(home)
    }

    /// The home if it is there. Reading commands make nothing.
    fn home_if_there(&self, repository: &Repository) -> Result<Option<Home>, Fault> {
        let home = Home::open_existing(&self.home)?;
        if let Some(home) = &home {
            keep_outside(home, repository)?;
        }
        Ok(home)
    }
}

fn keep_outside(home: &Home, repository: &Repository) -> Result<(), Fault> {
    let places = repository.places();
    home.outside(&places.common_dir)?;
    if let Some(work_tree) = &places.work_tree {
        home.outside(work_tree)?;
    }
    Ok(())
}

/// Reads a file that a person named, up to a limit.
fn read_named(path: &Path, bytes_max: u64) -> Result<Vec<u8>, Fault> {
    use std::io::Read;
    let io = |source| Fault::Io {
        path: path.to_owned(),
        source,
    };
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => Fault::wrong(
            format!("there is no file {}", path.display()),
            "check the name; relative names start from the current folder",
        ),
        _ => io(source),
    })?;
    file.take(bytes_max.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(io)?;
    if bytes.len() as u64 > bytes_max {
        return Err(Fault::wrong(
            format!("{} has more than {bytes_max} bytes", path.display()),
            "name the file that was meant",
        ));
    }
    Ok(bytes)
}
