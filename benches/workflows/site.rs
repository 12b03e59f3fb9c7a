//! A repository with agents that do nothing, could work on files, or never end, councils, and a host for workflows.

use std::sync::Arc;

use assize::chain::Chain;
use assize::chain::waivers::HeldTrust;
use assize::clock::Clock;
use assize::driver::calls;
use assize::driver::clerk::Clerk;
use assize::driver::workflow::{Host, look};
use assize::event::{RunId, Step};
use assize::plan::{Library, Mode, Plan, Setting, Workflow, form};
use assize::policy::Policy;
use assize::repository::Repository;
use assize::sandbox::{Allocation, EngineOptions, Sandbox};
use assize::settings::Home;
use assize::store::Store;
use assize_provenance::digest::Digest;
use assize_provenance::opinion::Vote;
use assize_provenance::reader::ObjectId;
use assize_provenance::time::Time;
use assize_tests::bed::{Bed, Edit};
use assize_tests::guests;

/// The judges come twice: four that approve at once, and those that come with Assize.
const POLICY: &str = r#"version = 1
[roles.judge]
allow = ["evidence.*"]
[roles.worker]
allow = ["workspace.*", "state.*"]
[roles.worker.files]
read = ["**"]
[roles.worker.limits]
wall_seconds = 600
fuel_millions = 100_000
[agents.idle]
plugin = "agents/idle.wasm"
role = "worker"
[agents.endless]
plugin = "agents/endless.wasm"
role = "worker"
[agents.looker]
plugin = "agents/looker.wasm"
role = "worker"
[judges.a]
plugin = "judges/yes.wasm"
role = "judge"
[judges.b]
plugin = "judges/yes.wasm"
role = "judge"
[judges.c]
plugin = "judges/yes.wasm"
role = "judge"
[judges.d]
plugin = "judges/yes.wasm"
role = "judge"
[judges.constitutional]
plugin = "constitutional"
role = "judge"
[judges.technical]
plugin = "technical"
role = "judge"
[judges.quality]
plugin = "quality"
role = "judge"
[judges.integration]
plugin = "integration"
role = "judge"
[councils.default]
judges = ["a", "b", "c", "d"]
quorum = 4
rule = "unanimous"
[councils.real]
judges = ["constitutional", "technical", "quality", "integration"]
quorum = 4
rule = "unanimous"
"#;

/// The place.
pub(crate) struct Site {
    pub(crate) host: Arc<Host>,
    pub(crate) sandbox: Sandbox,
    pub(crate) base: ObjectId,
    pub(crate) policy: Policy,
    pub(crate) idle: Vec<u8>,
    pub(crate) bed: Bed,
}

impl Site {
    pub(crate) fn open() -> Self {
        let bed = Bed::new("/nowhere");
        let (idle, yes) = (guests::idle_agent(), guests::voting(Vote::Approve));
        let endless = guests::endless_agent();
        let looker = guests::agent("(i32.const 2048)");
        let base = bed.commit(
            "Begin",
            &[
                Edit::Write("README.md", b"Hello\n"),
                Edit::Write(".assize/policy.toml", POLICY.as_bytes()),
                Edit::Write("agents/idle.wasm", &idle),
                Edit::Write("agents/endless.wasm", &endless),
                Edit::Write("agents/looker.wasm", &looker),
                Edit::Write("judges/yes.wasm", &yes),
            ],
        );
        let repository = Repository::open(&bed.repository()).expect("the repository opens");
        let home = Home::open(&bed.home()).expect("a home");
        let chain = Chain::open(&repository, &home, Clock::System, &mut |_| {}).expect("a chain");
        let state = repository.places().common_dir.join("assize");
        let store = Arc::new(Store::open(&state).expect("a store"));
        let options = EngineOptions {
            cache_dir: None,
            allocation: Allocation::Pooling,
        };
        let sandbox = Sandbox::start(&options).expect("the engine starts");
        let host = Host::new(
            repository,
            home,
            store,
            Clerk::new(chain),
            sandbox.clone(),
            HeldTrust::default(),
            Clock::System,
            false,
        );
        Self {
            host: Arc::new(host.expect("a host")),
            sandbox,
            base: base.to_string().parse().expect("a commit"),
            policy: Policy::parse("bench.toml", POLICY).unwrap_or_else(|problems| panic!("{problems:#?}")),
            idle,
            bed,
        }
    }

    pub(crate) fn now(&self) -> Time {
        Time::from_unix_seconds(Clock::System.unix_seconds()).expect("a time")
    }

    /// So many tasks that need nothing of each other.
    pub(crate) fn plan(&self, agent: &str, council: &str, tasks: usize, concurrency: u32) -> Plan {
        let text = format!(
            "version = 1\nconcurrency = {concurrency}\n[tasks.t]\nagent = \"{agent}\"\ncouncil = \"{council}\"\nretry = {{ attempts = 1 }}\n"
        );
        let workflow = Workflow::parse("bench", "bench.toml", &text).unwrap_or_else(|refused| panic!("{refused:#?}"));
        let setting = Setting {
            default_council: self.policy.default_council(),
            mode: None,
            library: &Library::default(),
        };
        let bound = workflow.bind(&Default::default(), &setting);
        let mut plan = bound.unwrap_or_else(|refused| panic!("{refused:#?}"));
        let first = plan.tasks.pop().expect("a task");
        plan.tasks = (0..tasks)
            .map(|number| {
                let mut node = first.clone();
                node.name = format!("t{number}");
                node
            })
            .collect();
        plan
    }

    /// Puts a run of a plan on record.
    pub(crate) fn submit(&self, plan: &Plan, mode: Mode) -> RunId {
        let mut plan = plan.clone();
        plan.mode = mode;
        if mode == Mode::Strict {
            plan.tasks.iter_mut().for_each(|node| node.confirm = true);
        }
        let bytes = form::encode(&plan).expect("the plan is encoded");
        let run = calls::draw_run().expect("randomness");
        let step = Step::Started {
            run,
            workflow: "bench".to_owned(),
            plan: Digest::of(&bytes),
            mode: mode.name().to_owned(),
            base: self.base.to_string(),
            branch: "refs/heads/main".to_owned(),
            policy: self.policy.digest(),
            actor: "bench".to_owned(),
            at_ms: 0,
        };
        let appended = self.host.store.append_steps(self.now(), None, vec![step], vec![bytes]);
        appended.expect("the store holds").expect("it is new");
        run
    }

    /// Every task of the run has succeeded.
    pub(crate) fn insist_on_success(&self, run: RunId) {
        let looked = look(&self.host.store, run).expect("the record").expect("the run");
        for task in 0..looked.plan.tasks.len() {
            let view = looked.state.view(task).expect("a task");
            assert!(
                view.state == assize::plan::TaskState::Success,
                "{} is {:?}: {view:?}",
                view.name,
                view.state
            );
        }
    }
}
