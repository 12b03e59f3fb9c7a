//! The powers that the host serves.

use crate::Refusal;
use crate::artifacts::{Artifact, Artifacts};
use crate::bindings::assize::plugin::{artifacts, http, log, process, state, workspace};
use crate::http::{Http, Request, Response};
use crate::process::{Command, Ended, Process};
use crate::state::{Item, KeyPage, State};
use crate::workspace::{ChangePage, EntryPage, Existing, Match, Workspace};

pub use crate::bindings::assize::plugin::log::Level;

/// All powers of the contract, as the host serves them. Outside a component each of its methods ends the program.
#[derive(Debug, Clone, Copy)]
pub struct Host;

impl Host {
    /// Writes one line for the person who debugs the plugin.
    pub fn log(&self, level: Level, message: &str) {
        log::write(level, message);
    }
}

impl Workspace for Host {
    fn list(&self, path: &str, after: Option<&str>) -> Result<EntryPage, Refusal> {
        workspace::list(path, after)
    }

    fn read(&self, path: &str, offset: u64, length: u32) -> Result<Vec<u8>, Refusal> {
        workspace::read(path, offset, length)
    }

    fn write(&self, path: &str, contents: &[u8], existing: Existing) -> Result<(), Refusal> {
        workspace::write(path, contents, existing)
    }

    fn remove(&self, path: &str) -> Result<(), Refusal> {
        workspace::remove(path)
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), Refusal> {
        workspace::rename(from, to)
    }

    fn search(&self, path: &str, literals: &[String], max: u32) -> Result<Vec<Match>, Refusal> {
        workspace::search(path, literals, max)
    }

    fn diff(&self, after: Option<&str>) -> Result<ChangePage, Refusal> {
        workspace::diff(after)
    }
}

impl State for Host {
    fn get(&self, key: &str) -> Result<Option<Item>, Refusal> {
        state::get(key)
    }

    fn set(&self, key: &str, value: Option<&[u8]>, expected: Option<u64>) -> Result<u64, Refusal> {
        state::set(key, value, expected)
    }

    fn keys(&self, prefix: &str, after: Option<&str>) -> Result<KeyPage, Refusal> {
        state::list(prefix, after)
    }
}

impl Artifacts for Host {
    fn store(&self, name: &str, media_type: &str, contents: &[u8]) -> Result<Artifact, Refusal> {
        artifacts::store(name, media_type, contents)
    }

    fn fetch(&self, digest: &str, offset: u64, length: u32) -> Result<Vec<u8>, Refusal> {
        artifacts::get(digest, offset, length)
    }
}

impl Process for Host {
    fn run(&self, command: &Command) -> Result<Ended, Refusal> {
        process::run(command)
    }
}

impl Http for Host {
    fn send(&self, request: &Request) -> Result<Response, Refusal> {
        http::send(request)
    }
}
