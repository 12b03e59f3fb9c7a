//! Running workflows: submitting, driving, looking, asking.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use assize_provenance::digest::Digest;
use assize_provenance::reader::ObjectId;

use super::accesses::state_dir;
use super::prepare::sandbox;
use super::view::runs::{self, AnswerView, RunListView, RunView};
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
use crate::schedule::Request;
use crate::settings::Home;
use crate::store::wake::Watcher;
use crate::store::{PAGE_ROWS_MAX, RequestFilter, StepRefusal, Store, WorkflowRunFilter};

/// How long an answer of another process's driver is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
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
}

/// What somebody asks of a run.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// The run, or `RUN/TASK`.
    pub target: &'a str,
    /// What is asked for.
    pub request: Request,
    /// Why, or what is said.
    pub text: &'a str,
    /// The digest of what the person was shown.
    pub shown: Option<&'a str>,
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
        let run = calls::draw_run()?;
        let mut driver = Driver::start(Arc::clone(&host))?;
        // Whatever drivers there are besides, this run is this process's to show and to stop.
        driver.reserve(run)?;
        if let Err(fault) = self.submit(&host.repository, &host.store, request, run) {
            driver.give_up(run)?;
            return Err(fault);
        }
        drive(&mut driver, Some(run), stays, stage)?;
        self.view_of(&host.repository, &host.store, run)
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
        stage: &mut dyn Stage,
        announce: &mut dyn FnMut(&str),
    ) -> Result<Vec<RunView>, Fault> {
        let host = self.host(announce)?;
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
        driven
            .into_iter()
            .map(|run| self.view_of(&host.repository, &host.store, run))
            .collect()
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

    /// Asks something of a run: it is on record when this returns, and answered where a driver could be found, or where this
    /// process could be one.
    ///
    /// # Errors
    ///
    /// [`Fault`] when there is no such run or task.
    pub fn ask_run(
        &self,
        wish: &Wish<'_>,
        stage: &mut dyn Stage,
        announce: &mut dyn FnMut(&str),
    ) -> Result<AnswerView, Fault> {
        let host = self.host(announce)?;
        let (run, task) = split(wish.target);
        let run = named(&host.store, run)?;
        let shown: Option<Digest> = match wish.shown.map(str::parse).transpose() {
            Ok(shown) => shown,
            Err(_) => {
                return Err(Fault::wrong(
                    "what stands after --shown is no digest",
                    "`assize task show` prints it, 64 digits",
                ));
            }
        };
        let watcher = Watcher::of(&host.state_dir).map_err(|source| Fault::Io {
            path: host.state_dir.clone(),
            source,
        })?;
        let step = Step::Asked {
            run,
            task: task.map(ToOwned::to_owned),
            request: wish.request.name().to_owned(),
            author: self.actor.clone(),
            shown,
            text: wish.text.to_owned(),
            at_ms: self.clock.unix_millis(),
        };
        let asked = match host.store.append_steps(self.now()?, None, vec![step], Vec::new())? {
            Ok(numbers) => numbers.first().copied().unwrap_or_default(),
            Err(refusal) => return Err(refused(&refusal)),
        };
        let mut driver = Driver::start(Arc::clone(&host))?;
        drive(&mut driver, Some(run), false, stage)?;
        if driver.taken().is_empty() {
            wait_for_answer(&host.store, &watcher, run, asked)?;
        }
        let answer = answer_to(&host.store, run, asked)?;
        Ok(AnswerView {
            schema: "assize.answer/1",
            asked,
            accepted: answer.as_ref().map(|(accepted, _)| *accepted),
            reason: answer.map(|(_, reason)| reason).unwrap_or_default(),
            run: self.view_of(&host.repository, &host.store, run)?,
        })
    }

    /// Puts a request on record for the driver of this process, and waits for nothing.
    ///
    /// # Errors
    ///
    /// [`Fault`] when there is no such run, or it has ended.
    pub fn ask_aside(
        &self,
        run: RunId,
        request: Request,
        task: Option<String>,
        shown: Option<Digest>,
    ) -> Result<(), Fault> {
        let (_, store) = self.store_that_is_there()?;
        let step = Step::Asked {
            run,
            task,
            request: request.name().to_owned(),
            author: self.actor.clone(),
            shown,
            text: "asked while watching".to_owned(),
            at_ms: self.clock.unix_millis(),
        };
        match store.append_steps(self.now()?, None, vec![step], Vec::new())? {
            Ok(_) => Ok(()),
            Err(refusal) => Err(refused(&refusal)),
        }
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
        let believed = self.believed(Some(&home), keys)?;
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
        Ok(Arc::new(host))
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
        Ok(runs::run(&looked, tip.map(|tip| tip.to_string()), requests))
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

fn refused(refusal: &StepRefusal) -> Fault {
    Fault::wrong(
        refusal.to_string(),
        "`assize task list` shows the runs and how they ended",
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

fn answer_to(store: &Store, run: RunId, asked: u64) -> Result<Option<(bool, String)>, Fault> {
    let filter = RequestFilter {
        run: Some(run),
        open: false,
    };
    let page = store.requests(&filter, asked.saturating_sub(1), 1)?;
    let found = page.into_iter().find(|request| request.sequence == asked);
    let answer = found.and_then(|request| request.answer);
    Ok(answer.map(|answer| (answer.accepted, answer.reason)))
}

/// Waits until the driver of another process has answered.
fn wait_for_answer(store: &Store, watcher: &Watcher, run: RunId, asked: u64) -> Result<(), Fault> {
    let start = std::time::Instant::now();
    while answer_to(store, run, asked)?.is_none() {
        let left = PATIENCE.saturating_sub(start.elapsed());
        if left.is_zero() {
            return Ok(());
        }
        watcher.wait(Some(left)).map_err(|source| Fault::Io {
            path: Path::new("the bell beside the store").to_owned(),
            source,
        })?;
    }
    Ok(())
}
