//! Running workflows: submitting, driving, looking.

use std::sync::Arc;

use assize_provenance::digest::Digest;
use assize_provenance::entry::EntryId;
use assize_provenance::reader::{ObjectId, ObjectReader as _};

use super::accesses::state_dir;
use super::durability::{Wanted, reader_of};
use super::prepare::sandbox;
use super::view::durability::DurabilityView;
use super::view::runs::{self, RunListView, RunView};
use super::workflow_files::Found;
use super::{App, Fault, TrustFiles};
use crate::chain::Chain;
use crate::driver::calls;
use crate::driver::clerk::Clerk;
use crate::driver::prepare::policy_in;
use crate::driver::workflow::{Drain, Driver, Host, Looked, Screen, look};
use crate::event::{RunId, Step};
use crate::plan::{Mode, Setting, form};
use crate::repository::{Head, Repository};
use crate::settings::Home;
use crate::store::{PAGE_ROWS_MAX, RequestFilter, Store, WorkflowRunFilter};

/// How many digits of a run's name are needed to name it.
const RUN_DIGITS_MIN: usize = 4;

/// What is to be run.
#[derive(Debug, Clone, Copy)]
pub struct RunRequest<'a> {
    /// The workflow: a name or a file.
    pub workflow: &'a str,
    /// Values of parameters, as they were typed.
    pub inputs: &'a [(String, String)],
    /// How much it does by itself, if not as the workflow says.
    pub mode: Option<Mode>,
    /// The branch that results land on, if not as the workflow says.
    pub branch: Option<&'a str>,
    /// How safe what is recorded is to be.
    pub wanted: Wanted,
}

/// Whoever shows what happens, and may stop it.
pub trait Stage: Screen {
    /// A driver begins; the handle stops it.
    fn opens(&mut self, drain: Drain);
}

impl App {
    /// Submits a run: when this returns it is on record, and whoever drives runs of this clone next does it.
    ///
    /// # Errors
    ///
    /// [`Fault`] when the workflow, its inputs, the policy or the branch cannot be used; nothing is on record then.
    pub fn submit_run(&self, request: &RunRequest<'_>) -> Result<String, Fault> {
        let repository = self.repository()?;
        let store = Store::open(&state_dir(&repository))?;
        let run = calls::draw_run()?;
        self.submit(&repository, &store, request, run)?;
        Ok(run.to_string())
    }

    /// Runs a workflow: until it has ended, or, unless the stage `stays`, until it waits for a person.
    ///
    /// # Errors
    ///
    /// [`Fault`]; what was acknowledged stays on record.
    pub fn run_workflow(
        &self,
        request: &RunRequest<'_>,
        stays: bool,
        stage: &mut dyn Stage,
        announce: &mut dyn FnMut(&str),
    ) -> Result<RunView, Fault> {
        let host = self.host(announce)?;
        self.insist_on(&host.repository, &host.home, request.wanted)?;
        let run = calls::draw_run()?;
        let mut driver = Driver::start(Arc::clone(&host))?;
        // Whatever drivers there are besides, this run is this process's to show and to stop.
        driver.reserve(run)?;
        if let Err(fault) = self.submit(&host.repository, &host.store, request, run) {
            driver.give_up(run)?;
            return Err(fault);
        }
        drive(&mut driver, Some(run), stays, stage)?;
        let view = self.view_of(&host.repository, &host.store, run)?;
        let durability = self.safety_of(&host, request.wanted)?;
        Ok(RunView { durability, ..view })
    }

    /// Goes on with a run, or with every run that nobody drives. Gives those that were driven.
    ///
    /// # Errors
    ///
    /// [`Fault`]; what was acknowledged stays on record.
    pub fn continue_runs(
        &self,
        only: Option<&str>,
        stays: bool,
        wanted: Wanted,
        stage: &mut dyn Stage,
        announce: &mut dyn FnMut(&str),
    ) -> Result<Vec<RunView>, Fault> {
        let host = self.host(announce)?;
        self.insist_on(&host.repository, &host.home, wanted)?;
        let only = match only {
            Some(text) => Some(named(&host.store, text)?),
            None => None,
        };
        let mut driver = Driver::start(Arc::clone(&host))?;
        drive(&mut driver, only, stays, stage)?;
        for (run, fault) in driver.aside() {
            announce(&format!("The run {run} stays as it is: {fault}."));
        }
        let driven = driver.taken().to_vec();
        let durability = match driven.is_empty() {
            true => None,
            false => self.safety_of(&host, wanted)?,
        };
        let view = |run| {
            let view = self.view_of(&host.repository, &host.store, run)?;
            let durability = durability.clone();
            Ok(RunView { durability, ..view })
        };
        driven.into_iter().map(view).collect()
    }

    /// Lists runs, the newest first.
    ///
    /// # Errors
    ///
    /// [`Fault`] when the store cannot be read.
    pub fn list_runs(&self, open: bool) -> Result<RunListView, Fault> {
        let repository = self.repository()?;
        let mut view = RunListView {
            schema: "assize.runs/1",
            runs: Vec::new(),
        };
        let Some(store) = Store::open_existing(&state_dir(&repository))? else {
            return Ok(view);
        };
        let filter = WorkflowRunFilter {
            open,
            ..WorkflowRunFilter::default()
        };
        let mut before = None;
        loop {
            let page = store.workflow_runs(&filter, before, PAGE_ROWS_MAX)?;
            let Some(last) = page.last() else { return Ok(view) };
            before = Some(last.sequence);
            view.runs.extend(page.into_iter().map(runs::line));
        }
    }

    /// Shows a run with its tasks.
    ///
    /// # Errors
    ///
    /// [`Fault`] when there is no such run.
    pub fn show_run(&self, run: &str) -> Result<RunView, Fault> {
        let (repository, store) = self.store_that_is_there()?;
        let run = named(&store, split(run).0)?;
        self.view_of(&repository, &store, run)
    }

    /// How safe the newest entry of this clone's log is; none where nothing is recorded.
    pub(super) fn safety_of(&self, host: &Host, wanted: Wanted) -> Result<Option<DurabilityView>, Fault> {
        let log = host.clerk.chain().log();
        let is_there = host
            .repository
            .objects()
            .refs(&log.log_ref())?
            .iter()
            .any(|(name, _)| *name == log.log_ref());
        if !is_there {
            return Ok(None);
        }
        let newest = reader_of(&host.repository, log)?.size().saturating_sub(1);
        self.made_safe(&host.repository, &host.home, (log, newest), wanted)
            .map(Some)
    }

    pub(super) fn store_that_is_there(&self) -> Result<(Repository, Store), Fault> {
        let repository = self.repository()?;
        let store = Store::open_existing(&state_dir(&repository))?;
        match store {
            Some(store) => Ok((repository, store)),
            None => Err(Fault::wrong(
                "nothing was ever run in this clone",
                "`assize run WORKFLOW` runs one; `assize workflow list` lists them",
            )),
        }
    }

    /// Everything that driving needs.
    pub(super) fn host(&self, announce: &mut dyn FnMut(&str)) -> Result<Arc<Host>, Fault> {
        self.host_with(None, announce)
    }

    /// The same with compiled components from another home, which is there already.
    pub(super) fn host_with(&self, cache: Option<&Home>, announce: &mut dyn FnMut(&str)) -> Result<Arc<Host>, Fault> {
        let repository = self.repository()?;
        let home = self.home_for(&repository)?;
        let chain = Chain::open(&repository, &home, self.clock, announce)?;
        let store = Arc::new(Store::open(&state_dir(&repository))?);
        let sandbox = sandbox(cache.unwrap_or(&home))?;
        let keys = self.trusted(&repository, Some(&home), TrustFiles::default())?;
        let believed = self.held_trust(Some(&home), keys)?;
        let host = Host::new(
            repository,
            home,
            store,
            Clerk::new(chain),
            sandbox,
            believed,
            self.clock,
            self.is_dry,
        )?;
        Ok(Arc::new(host.pinned(self.given_pin()?)))
    }

    fn submit(
        &self,
        repository: &Repository,
        store: &Store,
        request: &RunRequest<'_>,
        run: RunId,
    ) -> Result<(), Fault> {
        let found = self.find_workflow(request.workflow)?;
        self.submit_found(repository, store, request, &found, run)
    }

    /// Puts a run of a workflow that was found on record.
    pub(super) fn submit_found(
        &self,
        repository: &Repository,
        store: &Store,
        request: &RunRequest<'_>,
        found: &Found,
        run: RunId,
    ) -> Result<(), Fault> {
        let given = found.workflow.read_inputs(request.inputs)?;
        let (checked_out, base) = self.start_of(repository)?;
        let wanted = request.branch.map(full_name).transpose()?;
        let objects = repository.objects().as_ref();
        let (policy, _) = policy_in(objects, Some(base))?;
        found.workflow.check_links(&found.library, Some(&policy))?;
        let plan = found.workflow.bind(
            &given,
            &Setting {
                default_council: policy.default_council(),
                mode: request.mode,
                library: &found.library,
            },
        )?;
        let planned = plan.branch.as_deref().map(full_name).transpose()?;
        let branch = wanted.or(planned).or(checked_out).ok_or_else(|| {
            Fault::wrong(
                "no branch is checked out, so there is none that results could land on",
                "name one: --branch NAME",
            )
        })?;
        // A branch that exists is where the run starts; one that does not begins where the work tree is.
        let base = match repository.objects().ref_files().read(&branch)? {
            Some(target) => repository.objects().ref_files().resolve(target)?.unwrap_or(base),
            None => base,
        };
        let plan = form::encode(&plan).map_err(|error| Fault::Bug(error.to_string()))?;
        let step = Step::Started {
            run,
            workflow: found.workflow.name().to_owned(),
            plan: Digest::of(&plan),
            mode: request.mode.unwrap_or(found.workflow.mode()).name().to_owned(),
            base: base.to_string(),
            branch,
            policy: policy.digest(),
            actor: self.actor.clone(),
            at_ms: self.clock.unix_millis(),
        };
        match store.append_steps(self.now()?, None, vec![step], vec![plan])? {
            Ok(_) => Ok(()),
            Err(refusal) => Err(Fault::Bug(refusal.to_string())),
        }
    }

    /// The branch that is checked out, and the commit that is.
    fn start_of(&self, repository: &Repository) -> Result<(Option<String>, ObjectId), Fault> {
        match repository.head()? {
            Head::Branch {
                name,
                commit: Some(commit),
            } => Ok((Some(name), commit)),
            Head::Detached(commit) => Ok((None, commit)),
            Head::Branch { name, commit: None } => Err(Fault::wrong(
                format!("the branch {name} has no commit yet"),
                "commit something first: agents start from a commit",
            )),
        }
    }

    pub(super) fn view_of(&self, repository: &Repository, store: &Store, run: RunId) -> Result<RunView, Fault> {
        let looked: Looked = look(store, run)?.ok_or_else(|| unknown(&run.to_string()))?;
        let refs = repository.objects().ref_files();
        let tip = match refs.read(&looked.row.branch)? {
            Some(target) => refs.resolve(target)?,
            None => None,
        };
        let filter = RequestFilter {
            run: Some(run),
            open: false,
        };
        let requests = store.requests(&filter, 0, PAGE_ROWS_MAX)?;
        let mut view = runs::run(&looked, tip.map(|tip| tip.to_string()), requests);
        for (task, found) in view.tasks.iter_mut().zip(looked.state.views()) {
            let signed = found.confirmation.and_then(|confirmation| confirmation.signed);
            let line = signed.map(|signed| store.contents(&signed)).transpose()?.flatten();
            if let (Some(confirmation), Some(line)) = (&mut task.confirmation, line) {
                confirmation.entry = Some(EntryId::of_line(&line).to_string());
            }
        }
        Ok(view)
    }
}

/// Drives one run, or all that nobody drives. That the one run makes no sense is a fault.
pub(super) fn drive(driver: &mut Driver, only: Option<RunId>, stays: bool, stage: &mut dyn Stage) -> Result<(), Fault> {
    driver.take(only)?;
    stage.opens(driver.drain());
    if driver.driven().next().is_some() {
        let settled = driver.drive(stays, stage)?;
        tracing::debug!(?settled, "the driver has stopped");
    }
    match only.and_then(|run| driver.take_aside(run)) {
        Some(fault) => Err(fault.into()),
        None => Ok(()),
    }
}

/// `RUN` or `RUN/TASK`.
pub(super) fn split(target: &str) -> (&str, Option<&str>) {
    match target.split_once('/') {
        Some((run, task)) => (run, Some(task)),
        None => (target, None),
    }
}

/// Finds a run by the start of its name.
pub(super) fn named(store: &Store, text: &str) -> Result<RunId, Fault> {
    if let Ok(run) = text.parse() {
        return Ok(run);
    }
    let is_start = text.len() >= RUN_DIGITS_MIN && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_start {
        return Err(unknown(text));
    }
    let text = text.to_ascii_lowercase();
    let (mut found, mut before): (Option<RunId>, Option<u64>) = (None, None);
    loop {
        let page = store.workflow_runs(&WorkflowRunFilter::default(), before, PAGE_ROWS_MAX)?;
        let Some(last) = page.last() else { break };
        before = Some(last.sequence);
        for row in page.into_iter().filter(|row| row.run.to_string().starts_with(&text)) {
            if found.replace(row.run).is_some() {
                return Err(Fault::wrong(
                    format!("more than one run starts with `{text}`"),
                    "give more digits",
                ));
            }
        }
    }
    found.ok_or_else(|| unknown(&text))
}

fn unknown(run: &str) -> Fault {
    Fault::wrong(
        format!("there is no run `{run}` in this clone"),
        "`assize task list` lists them; name one by the first 4 or more digits",
    )
}

/// The full name of a branch that somebody wrote.
fn full_name(branch: &str) -> Result<String, Fault> {
    let name = if branch.starts_with("refs/") {
        branch.to_owned()
    } else {
        format!("refs/heads/{branch}")
    };
    if name.starts_with("refs/heads/") && assize_provenance::git::is_ref_name(&name) {
        return Ok(name);
    }
    Err(Fault::wrong(
        format!("`{branch}` is no name of a branch"),
        "name it as git does, such as `main` or `assize/release`",
    ))
}
