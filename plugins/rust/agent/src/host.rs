//! The powers that the host serves.

use crate::Refusal;
use crate::artifacts::{Artifact, Artifacts};
use crate::bindings::assize::plugin::{
    artifacts, decisions, http, knowledge, log, messages, process, state, status, tasks, workflows, workspace,
};
use crate::board::{
    BoardTask, Change, Decision, Decisions, Draft, Knowledge, Known, Member, Message, Messages, Proposal, Status,
    TaskState, Tasks, Vote, Workflows,
};
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

impl Tasks for Host {
    fn create(&self, draft: &Draft) -> Result<u64, Refusal> {
        tasks::create(draft)
    }

    fn claim(&self, id: u64) -> Result<(), Refusal> {
        tasks::claim(id)
    }

    fn complete(&self, id: u64, output: &str) -> Result<(), Refusal> {
        tasks::complete(id, output)
    }

    fn fail(&self, id: u64, reason: &str) -> Result<(), Refusal> {
        tasks::fail(id, reason)
    }

    fn change(&self, id: u64, change: &Change) -> Result<(), Refusal> {
        tasks::update(id, change)
    }

    fn assign(&self, id: u64, agent: &str) -> Result<(), Refusal> {
        tasks::assign(id, agent)
    }

    fn task(&self, id: u64) -> Result<BoardTask, Refusal> {
        tasks::get(id)
    }

    fn tasks(&self, state: Option<TaskState>, after: u64) -> Result<Vec<BoardTask>, Refusal> {
        tasks::list(state, after)
    }
}

impl Messages for Host {
    fn post(&self, topic: &str, body: &str, reply_to: Option<u64>) -> Result<u64, Refusal> {
        messages::post(topic, body, reply_to)
    }

    fn messages(&self, topic: &str, after: u64) -> Result<Vec<Message>, Refusal> {
        messages::get(topic, after)
    }
}

impl Knowledge for Host {
    fn share(&self, key: &str, value: &str) -> Result<u64, Refusal> {
        knowledge::share(key, value)
    }

    fn known(&self, key: &str) -> Result<Option<Known>, Refusal> {
        knowledge::get(key)
    }

    fn revise(&self, key: &str, value: &str, expected: Option<u64>) -> Result<u64, Refusal> {
        knowledge::update(key, value, expected)
    }
}

impl Decisions for Host {
    fn propose(&self, proposal: &Proposal) -> Result<u64, Refusal> {
        decisions::propose(proposal)
    }

    fn vote(&self, id: u64, vote: Vote, reason: &str) -> Result<(), Refusal> {
        decisions::vote(id, vote, reason)
    }

    fn decision(&self, id: u64) -> Result<Decision, Refusal> {
        decisions::get(id)
    }
}

impl Workflows for Host {
    fn draft(&self, name: &str, tasks: &[u64]) -> Result<u64, Refusal> {
        workflows::create(name, tasks)
    }

    fn start(&self, id: u64) -> Result<(), Refusal> {
        workflows::start(id)
    }
}

impl Status for Host {
    fn say(&self, text: &str) -> Result<(), Refusal> {
        status::update(text)
    }

    fn team(&self) -> Result<Vec<Member>, Refusal> {
        status::team()
    }
}
