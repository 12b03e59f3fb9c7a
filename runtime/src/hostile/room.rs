//! Where attacks are made: one sandbox, one scratch folder, each attack on a ground of its own.

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::ground::Ground;
use super::{Attack, Report, attacks, bytes};
use crate::event::text;
use crate::process::Kernel;
use crate::sandbox::{Agent, HostFault, Sandbox, Unusable};

/// How long one attack may take before the host counts as hanging, in seconds. Every limit of the attacks is far below.
const PATIENCE_SECONDS: u64 = 60;

/// The longest answer of a report, in bytes.
const ANSWER_BYTES_MAX: usize = 512;

/// Why no attacks can be made here.
#[derive(Debug, thiserror::Error)]
pub enum RoomFault {
    /// The scratch folder cannot be used.
    #[error("the folder {} for the attacks cannot be used: {reason}", path.display())]
    Scratch {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// A guest that comes with Assize does not load.
    #[error("the hostile guest does not load: {0}")]
    Guest(#[from] Unusable),
    /// The machine failed.
    #[error(transparent)]
    Host(#[from] HostFault),
    /// The machine gives no randomness.
    #[error("the machine gives no randomness: {0}")]
    Randomness(String),
}

/// The hostile guests, loaded.
#[derive(Debug, Clone)]
pub(super) struct Guests {
    pub(super) hostile: Agent,
    pub(super) wasi: Agent,
    pub(super) liar: Agent,
}

/// Where attacks are made.
#[derive(Debug)]
pub struct Room {
    sandbox: Sandbox,
    guests: Guests,
    /// This program, which keeps commands and does their misdeeds.
    program: PathBuf,
    scratch: PathBuf,
    seed: u64,
}

impl Room {
    /// Makes ready for attacks below the folder `scratch`, which is made where it is missing. `program` is the binary of Assize,
    /// whose hidden modes keep commands and do their misdeeds. `seed` decides what is left to chance.
    ///
    /// # Errors
    ///
    /// [`RoomFault`].
    pub fn open(sandbox: &Sandbox, program: &Path, scratch: &Path, seed: u64) -> Result<Self, RoomFault> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(scratch)
            .map_err(|reason| RoomFault::Scratch {
                path: scratch.to_owned(),
                reason,
            })?;
        let guests = Guests {
            hostile: sandbox.load_agent(bytes::HOSTILE)??,
            wasi: sandbox.load_agent(bytes::HOSTILE_WASI)??,
            liar: sandbox.load_agent(bytes::LIAR)??,
        };
        Ok(Self {
            sandbox: sandbox.clone(),
            guests,
            program: program.to_owned(),
            scratch: scratch.to_owned(),
            seed,
        })
    }

    /// Makes every attack, or the one called `only`, one after the other.
    pub fn run(&self, only: Option<&str>) -> impl Iterator<Item = Report> {
        attacks()
            .filter(move |attack| only.is_none_or(|only| only == attack.id))
            .map(|attack| self.make(attack))
    }

    /// Makes one attack, and removes its ground.
    #[must_use]
    pub fn make(&self, attack: &Attack) -> Report {
        let ended = self.watched(attack);
        Report {
            id: attack.id,
            tries: attack.tries,
            stopped_by: attack.stopped_by,
            held: ended.is_ok(),
            answer: text::bounded(&ended.unwrap_or_else(|reason| reason), ANSWER_BYTES_MAX),
        }
    }

    /// Makes an attack in a thread of its own, so that a host that hangs is seen from outside.
    fn watched(&self, attack: &Attack) -> Result<String, String> {
        let dir = self.scratch.join(format!("{}-{:016x}", attack.id, self.seed));
        let told = |error: io::Error| format!("the attack cannot be made: {error}");
        match fs::remove_dir_all(&dir) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(told(error)),
            _ => {}
        }
        fs::DirBuilder::new().mode(0o700).create(&dir).map_err(told)?;
        let (sandbox, guests, program) = (self.sandbox.clone(), self.guests.clone(), self.program.clone());
        // Where the kernel cannot hold a command, there must be none.
        let can_run = !attack.family.runs_commands() || Kernel::probe().confines();
        let (seed, act) = (self.seed, if can_run { attack.act } else { refused });
        let (sender, receiver) = mpsc::channel();
        let place = dir.clone();
        let work = move || {
            let made = catch_unwind(AssertUnwindSafe(|| {
                attacked(&place, &sandbox, &guests, &program, seed, act)
            }));
            // Nobody listens any more once the patience is over.
            let _ = sender.send(made.unwrap_or_else(|_| Err("the host panicked".into())));
        };
        thread::Builder::new()
            .name(format!("assize-{}", attack.id))
            .spawn(work)
            .map_err(told)?;
        let ended = receiver
            .recv_timeout(Duration::from_secs(PATIENCE_SECONDS))
            .unwrap_or_else(|_| Err(format!("the host did not answer within {PATIENCE_SECONDS} seconds")));
        fs::remove_dir_all(&dir).map_err(|error| format!("the ground cannot be removed: {error}"))?;
        ended
    }
}

/// Held when no command runs, because the kernel lacks what would hold it.
fn refused(ground: &Ground) -> Result<String, String> {
    ground
        .raid(vec![ground.misdeed("surroundings", &[])])?
        .all_refused_as(&["unavailable"])
}

/// Makes an attack on a new ground, and looks at everything that must be as it was.
fn attacked(
    dir: &Path,
    sandbox: &Sandbox,
    guests: &Guests,
    program: &Path,
    seed: u64,
    act: fn(&Ground) -> Result<String, String>,
) -> Result<String, String> {
    let ground = Ground::lay(dir, sandbox, guests, program, seed)?;
    let before = ground.picture()?;
    let answer = act(&ground)?;
    if let Some(change) = before.difference(&ground.picture()?) {
        return Err(format!("outside, {change}"));
    }
    ground
        .friendly_call()
        .map_err(|reason| format!("the next call did not work: {reason}"))?;
    match ground.leak()? {
        Some(leak) => Err(leak),
        None => Ok(answer),
    }
}

/// Makes every attack below the folder `scratch`, with `program` for commands, and leaves nothing there.
///
/// # Errors
///
/// [`RoomFault`] when no attack can be made.
pub fn run_all(sandbox: &Sandbox, program: &Path, scratch: &Path) -> Result<Vec<Report>, RoomFault> {
    let mut seed = [0; 8];
    getrandom::fill(&mut seed).map_err(|error| RoomFault::Randomness(error.to_string()))?;
    let room = Room::open(sandbox, program, scratch, u64::from_le_bytes(seed))?;
    Ok(room.run(None).collect())
}
