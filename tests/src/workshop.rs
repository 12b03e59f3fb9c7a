//! A workshop without a binary: a sandbox, a folder with some files, a store, and agents given as bytes.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use assize::clock::Clock;
use assize::event::RunId;
use assize::host_call::Journal;
use assize::policy::Policy;
use assize::policy::grant::{Grants, Request};
use assize::sandbox::{
    Account, Agent, Allocation, Desk, Done, HostFault, Moment, Outside, Replayed, Sandbox, StoreDesk, Surroundings,
    Task,
};
use assize::stop::Stop;
use assize::store::Store;
use assize::workspace::Workspace;

use crate::room;

/// The agent that works here, and its run.
pub const AGENT: &str = "scribe";
/// The run of every call.
pub const RUN: RunId = RunId::from_bytes([7; 16]);
/// A moment.
pub const NOW: Clock = Clock::Fixed(1_800_000_000);
/// The moment and the randomness of calls that are kept.
pub const MOMENT: Moment = Moment::Set {
    unix_ms: 1_800_000_000_123,
    seed: *RUN.as_bytes(),
};

/// What every policy has, though nobody judges here.
const COUNCIL: &str = "[roles.judge]\nallow = [\"evidence.*\"]\n[judges.guest]\nplugin = \"judges/guest.wasm\"\nrole = \"judge\"\n\
                       [councils.default]\njudges = [\"guest\"]\n";

/// The place.
pub struct Workshop {
    /// The engine.
    pub sandbox: Sandbox,
    /// The store.
    pub store: Arc<Store>,
    /// The ways out that every call finds.
    pub outside: Outside,
    place: tempfile::TempDir,
}

impl Workshop {
    /// Opens a workshop whose folder is empty.
    ///
    /// # Panics
    ///
    /// When the machine refuses.
    #[must_use]
    pub fn open() -> Self {
        Self::open_with(Allocation::OnDemand)
    }

    /// Opens a workshop with instances made this way.
    ///
    /// # Panics
    ///
    /// When the machine refuses.
    #[must_use]
    pub fn open_with(allocation: Allocation) -> Self {
        Self::open_in(room::sandbox(allocation))
    }

    /// Opens a workshop in a sandbox in which agents may be loaded already.
    ///
    /// # Panics
    ///
    /// When the machine refuses.
    #[must_use]
    pub fn open_in(sandbox: Sandbox) -> Self {
        let place = tempfile::tempdir().expect("a folder");
        fs::create_dir(place.path().join("folder")).expect("a folder");
        let store = Store::open(&place.path().join("state")).expect("a store");
        Self {
            sandbox,
            store: Arc::new(store),
            outside: Outside::default(),
            place,
        }
    }

    /// The agents' folder.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.place.path().join("folder")
    }

    /// What lies around it.
    #[must_use]
    pub fn around(&self) -> PathBuf {
        self.place.path().to_owned()
    }

    /// Puts a file into the folder.
    ///
    /// # Panics
    ///
    /// When the machine refuses.
    pub fn put(&self, path: &str, contents: &str) {
        let path = self.folder().join(path);
        fs::create_dir_all(path.parent().expect("it lies in one")).expect("folders");
        fs::write(path, contents).expect("a file");
    }

    /// Loads an agent that fits.
    ///
    /// # Panics
    ///
    /// When it does not.
    #[must_use]
    pub fn load(&self, component: &[u8]) -> Agent {
        let loaded = self.sandbox.load_agent(component).expect("the machine holds");
        loaded.unwrap_or_else(|unusable| panic!("{unusable}"))
    }

    /// The grants of a plugin whose role says `role`: lines of `[roles.agent]` and tables below it.
    ///
    /// # Panics
    ///
    /// When the policy is refused, or the plugin under it.
    #[must_use]
    pub fn grants(&self, role: &str, agent: &Agent) -> Grants {
        grants(role, agent)
    }

    /// Lets an agent work under a role, with the input `null`.
    ///
    /// # Panics
    ///
    /// When the agent cannot be loaded, or the host fails.
    #[must_use]
    pub fn run(&self, role: &str, component: &[u8]) -> Account<Done> {
        let agent = self.load(component);
        self.run_loaded(&agent, self.grants(role, &agent), "null")
    }

    /// Lets a loaded agent work.
    ///
    /// # Panics
    ///
    /// When the host fails.
    #[must_use]
    pub fn run_loaded(&self, agent: &Agent, grants: Grants, input: &str) -> Account<Done> {
        let desk = StoreDesk::new(Arc::clone(&self.store), NOW, RUN, AGENT, grants.role());
        self.run_at(agent, grants, input, Box::new(desk))
            .expect("the host holds")
    }

    /// Lets a loaded agent work with a journal: as it is known so far, to go on, or an empty one.
    ///
    /// # Errors
    ///
    /// What the host says.
    ///
    /// # Panics
    ///
    /// When the folder is gone.
    pub fn run_kept(
        &self,
        agent: &Agent,
        grants: Grants,
        input: &str,
        desk: Box<dyn Desk>,
        journal: Journal,
    ) -> Result<Account<Done>, HostFault> {
        let task = Task::new(AGENT, input).expect("a task");
        let workspace = Workspace::open(&self.folder()).expect("the folder opens");
        let surroundings = Surroundings {
            workspace: Some(&workspace),
            desk: Some(desk),
            outside: self.outside.clone(),
            journal: Some(journal),
            moment: MOMENT,
            ..Surroundings::default()
        };
        self.sandbox.run(agent, &task, grants, surroundings)
    }

    /// Lets a loaded agent go on with what is kept of the run, until `stop` ends it.
    ///
    /// # Errors
    ///
    /// What the host says.
    ///
    /// # Panics
    ///
    /// When the folder is gone.
    pub fn run_stoppable(&self, agent: &Agent, grants: Grants, stop: Stop) -> Result<Account<Done>, HostFault> {
        let task = Task::new(AGENT, "null").expect("a task");
        let workspace = Workspace::open(&self.folder()).expect("the folder opens");
        let surroundings = Surroundings {
            workspace: Some(&workspace),
            desk: Some(Box::new(self.desk(&grants))),
            journal: Some(self.journal()),
            moment: MOMENT,
            stop,
            ..Surroundings::default()
        };
        self.sandbox.run(agent, &task, grants, surroundings)
    }

    /// Lets a loaded agent work again from a journal, with nothing outside.
    ///
    /// # Panics
    ///
    /// When the host fails, or the folder is gone.
    #[must_use]
    pub fn replay(&self, agent: &Agent, grants: Grants, input: &str, journal: Journal) -> Replayed {
        let task = Task::new(AGENT, input).expect("a task");
        let workspace = Workspace::open(&self.folder()).expect("the folder opens");
        let surroundings = Surroundings {
            workspace: Some(&workspace),
            outside: self.outside.clone(),
            journal: Some(journal),
            moment: MOMENT,
            ..Surroundings::default()
        };
        let replayed = self.sandbox.replay(agent, &task, grants, surroundings);
        replayed.expect("the host holds")
    }

    /// The desk of the store.
    #[must_use]
    pub fn desk(&self, grants: &Grants) -> StoreDesk {
        StoreDesk::new(Arc::clone(&self.store), NOW, RUN, AGENT, grants.role())
    }

    /// What is kept of the run.
    ///
    /// # Panics
    ///
    /// When it cannot be read.
    #[must_use]
    pub fn journal(&self) -> Journal {
        self.store.journal(RUN).expect("a journal")
    }

    /// Lets a loaded agent work at another desk than the store's.
    ///
    /// # Errors
    ///
    /// What the host says.
    ///
    /// # Panics
    ///
    /// When the folder is gone.
    pub fn run_at(
        &self,
        agent: &Agent,
        grants: Grants,
        input: &str,
        desk: Box<dyn Desk>,
    ) -> Result<Account<Done>, HostFault> {
        let task = Task::new(AGENT, input).expect("a task");
        let workspace = Workspace::open(&self.folder()).expect("the folder opens");
        self.sandbox.run(
            agent,
            &task,
            grants,
            Surroundings {
                workspace: Some(&workspace),
                desk: Some(desk),
                outside: self.outside.clone(),
                ..Surroundings::default()
            },
        )
    }
}

/// The grants of a plugin whose role says `role`: lines of `[roles.agent]` and tables below it.
///
/// # Panics
///
/// When the policy is refused, or the plugin under it.
#[must_use]
pub fn grants(role: &str, agent: &Agent) -> Grants {
    let text = format!("version = 1\n{COUNCIL}[roles.agent]\n{role}\n");
    let policy = Policy::parse("test.toml", &text).unwrap_or_else(|problems| panic!("{problems:#?}\n{text}"));
    let description = agent.description();
    let request = Request {
        plugin: &description.name,
        requires: &description.requires,
        wants: &description.wants,
        imports: agent.imports(),
    };
    Grants::resolve(&policy, "agent", request).unwrap_or_else(|error| panic!("{error}"))
}
