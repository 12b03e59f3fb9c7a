//! `doctor`: whether this machine and this repository are in order.

use assize_provenance::key::openssh;

use super::accesses::state_dir;
use super::prepare::sandbox;
use super::secrets::examine_work_tree;
use super::view::agents::{AttackView, DoctorView, HealthView};
use super::{App, Fault, read_named};
use crate::chain::keys::{Keeping, KeyStore};
use crate::chain::signer::Signer;
use crate::driver::prepare::parse_policy;
use crate::hostile;
use crate::policy;
use crate::process::Kernel;
use crate::repository::Repository;
use crate::sandbox::{Allocation, EngineOptions, Sandbox};
use crate::settings::{self, Home};
use crate::store::Store;

impl App {
    /// Looks at everything that Assize stands on here, and attacks it where that is asked for. What is found to be wrong is an
    /// answer, never an error.
    ///
    /// # Errors
    ///
    /// [`Fault`] when the attacks cannot be made at all.
    pub fn examine(&self, with_attacks: bool) -> Result<DoctorView, Fault> {
        let mut checks = vec![self.examine_home()];
        let engine = Home::open(&self.home)
            .map_err(Fault::from)
            .and_then(|home| sandbox(&home));
        checks.push(examine_engine(&engine));
        checks.extend(examine_commands());
        checks.push(self.examine_keys());
        checks.extend(examine_signer());
        checks.extend(self.examine_secrets());
        match self.repository() {
            Ok(repository) => {
                checks.push(found(
                    "repository",
                    repository.places().common_dir.display().to_string(),
                ));
                checks.push(self.examine_policy(&repository));
                checks.push(self.examine_plugins());
                checks.push(examine_store(&repository));
                checks.extend(self.examine_root(&repository));
                checks.extend(examine_work_tree(&repository));
            }
            Err(fault) => checks.push(note(
                "repository",
                &fault,
                "run this inside a repository to have it looked at too",
            )),
        }
        let attacks = if with_attacks { self.attack()? } else { Vec::new() };
        Ok(DoctorView {
            schema: "assize.doctor/1",
            checks,
            attacks,
        })
    }

    fn examine_home(&self) -> HealthView {
        match Home::open(&self.home) {
            Ok(home) => found("home", format!("{}, for you alone", home.path().display())),
            Err(fault) => failed("home", &fault, "nothing can be signed or recorded until this is mended"),
        }
    }

    fn examine_keys(&self) -> HealthView {
        let Ok(home) = Home::open(&self.home) else {
            return failed("keys", &"without a home there are none", "mend the home first");
        };
        match KeyStore::new(home.keys()).list() {
            Ok(keys) if keys.is_empty() => {
                let detail = "there are none yet".to_owned();
                let remedy = Some("the first review, or `assize key new`, makes them".to_owned());
                HealthView {
                    name: "keys",
                    state: "note",
                    detail,
                    remedy,
                }
            }
            Ok(keys) => {
                let plain = keys.iter().filter(|key| key.keeping == Keeping::File).count();
                let (all, used) = (keys.len(), keys.iter().filter(|key| key.current).count());
                found(
                    "keys",
                    format!("{all} public keys, {used} of them in use; {plain} private halves in plain files"),
                )
            }
            Err(fault) => failed(
                "keys",
                &fault,
                "restore the folder from a backup, or make new keys with `assize key new`",
            ),
        }
    }

    fn examine_policy(&self, repository: &Repository) -> HealthView {
        let Some(path) = repository
            .places()
            .work_tree
            .as_ref()
            .map(|root| root.join(policy::PATH))
        else {
            return found("policy", "a bare repository has none lying about".to_owned());
        };
        if !path.exists() {
            return found(
                "policy",
                "the default one: this repository has none of its own".to_owned(),
            );
        }
        let read =
            read_named(&path, policy::BYTES_MAX as u64).and_then(|bytes| Ok(parse_policy(policy::PATH, &bytes)?));
        match read {
            Ok(policy) => found(
                "policy",
                format!(
                    "{}: {} roles, {} agents, {} judges, {} councils",
                    policy::PATH,
                    policy.roles().count(),
                    policy.agents().count(),
                    policy.judges().count(),
                    policy.councils().count()
                ),
            ),
            Err(fault) => failed("policy", &fault, "`assize policy check` names every mistake"),
        }
    }

    fn examine_plugins(&self) -> HealthView {
        match self.list_plugins() {
            Ok(view) => {
                let pinned = view.plugins.iter().filter(|plugin| plugin.pinned_as.is_some()).count();
                found(
                    "plugins",
                    format!(
                        "{} come with Assize, {pinned} are pinned, all load",
                        view.plugins.len() - pinned
                    ),
                )
            }
            Err(fault) => failed("plugins", &fault, &fault.hint().unwrap_or_default()),
        }
    }

    /// Attacks this installation in a folder of its own below the home, which is removed afterwards.
    fn attack(&self) -> Result<Vec<AttackView>, Fault> {
        let home = Home::open(&self.home)?;
        let scratch = home.path().join("scratch");
        let program = std::env::current_exe().map_err(|source| Fault::Io {
            path: "the program of Assize itself".into(),
            source,
        })?;
        // What is compiled of hostile components has no place in the user's cache.
        let sandbox = Sandbox::start(&EngineOptions {
            cache_dir: None,
            allocation: Allocation::Pooling,
        })?;
        let reports = hostile::run_all(&sandbox, &program, &scratch)?;
        Ok(reports
            .into_iter()
            .map(|report| AttackView {
                id: report.id.to_owned(),
                tries: report.tries.to_owned(),
                stopped_by: report.stopped_by.to_owned(),
                held: report.held,
                answer: report.answer,
            })
            .collect())
    }
}

/// Whether the signer's process answers that the environment names; nothing where it names none.
fn examine_signer() -> Option<HealthView> {
    let socket = settings::signer()?;
    Some(match Signer::connect(&socket) {
        Ok(signer) => {
            let key = openssh::fingerprint(&signer.council_key());
            found(
                "signer",
                format!("{} answers with the council key {key}", socket.display()),
            )
        }
        Err(fault) => failed("signer", &fault, "nothing can be signed until it answers"),
    })
}

fn examine_engine(engine: &Result<Sandbox, Fault>) -> HealthView {
    match engine {
        Ok(sandbox) if sandbox.allocation() == Allocation::Pooling => {
            found("engine", "runs, with a pool of instances".to_owned())
        }
        Ok(_) => HealthView {
            name: "engine",
            state: "note",
            detail: "runs, but this machine gives too little address space for a pool: instances are mapped one by one"
                .into(),
            remedy: Some("calls are slower; raise the limit of address space (`ulimit -v`) if that matters".into()),
        },
        Err(fault) => failed("engine", fault, "no plugin can run until this is mended"),
    }
}

/// Asks the kernel what it can hold a command to, one line for each mechanism.
fn examine_commands() -> Vec<HealthView> {
    let kernel = Kernel::probe();
    let remedy = if kernel.confines() {
        "commands are confined all the same"
    } else {
        "commands are refused here, but where the policy says `unconfined = true`"
    };
    let sentences = kernel.sentences().into_iter();
    sentences
        .map(|(is_there, sentence)| match is_there {
            true => found("commands", sentence),
            false => note("commands", &sentence, remedy),
        })
        .collect()
}

/// Reads the whole store, and makes its listings again.
fn examine_store(repository: &Repository) -> HealthView {
    let store = match Store::open_existing(&state_dir(repository)) {
        Ok(Some(store)) => store,
        Ok(None) => {
            return found(
                "store",
                "there is none yet; the first call of an agent makes it".to_owned(),
            );
        }
        Err(error) => return failed("store", &error, "calls of agents are refused until this is mended"),
    };
    let checked = match store.check() {
        Ok(checked) => checked,
        Err(error) => return failed("store", &error, "calls of agents are refused until this is mended"),
    };
    if let Some(problem) = checked.problems.first() {
        let more = checked.problems.len().saturating_sub(1);
        let others = if more == 0 {
            String::new()
        } else {
            format!(", and {more} more problems")
        };
        return failed(
            "store",
            &format!("{problem}{others}"),
            "restore it from a backup, or move it away: the next call starts a new one",
        );
    }
    match store.rebuild() {
        Ok(rebuilt) if rebuilt.is_identical() => found(
            "store",
            format!(
                "{} events and {} artifacts, all whole; every listing is what the events say",
                checked.events, checked.artifacts
            ),
        ),
        Ok(rebuilt) => {
            let names: Vec<&str> = rebuilt
                .differences
                .iter()
                .map(|difference| difference.listing)
                .collect();
            HealthView {
                name: "store",
                state: "note",
                detail: format!(
                    "{} events are whole; the listings {} were not what they say",
                    checked.events,
                    names.join(", ")
                ),
                remedy: Some("they were made again from the events, and are right now".into()),
            }
        }
        Err(error) => failed("store", &error, "calls of agents are refused until this is mended"),
    }
}

pub(super) fn found(name: &'static str, detail: String) -> HealthView {
    HealthView {
        name,
        state: "ok",
        detail,
        remedy: None,
    }
}

pub(super) fn note(name: &'static str, why: &impl std::fmt::Display, remedy: &str) -> HealthView {
    HealthView {
        name,
        state: "note",
        detail: why.to_string(),
        remedy: Some(remedy.to_owned()),
    }
}

pub(super) fn failed(name: &'static str, why: &impl std::fmt::Display, remedy: &str) -> HealthView {
    HealthView {
        name,
        state: "failed",
        detail: why.to_string(),
        remedy: Some(remedy.to_owned()).filter(|remedy| !remedy.is_empty()),
    }
}
