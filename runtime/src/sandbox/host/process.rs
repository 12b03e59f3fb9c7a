//! `process`: commands of the machine.

use std::time::Duration;

use crate::outcome::{CommandUse, Outing};
use crate::policy::limits::Limit;
use crate::policy::permission::Permission;
use crate::policy::process::{Confinement, deciding};
use crate::process::{ARGUMENT_BYTES_MAX, ARGUMENTS_MAX, End, Ended, Opening, Order, Rights, RunError};
use crate::sandbox::bindings::process as wit;
use crate::sandbox::bindings::types as contract;
use crate::sandbox::host::command::{Change, Known, unchanged};
use crate::sandbox::host::serve::{Answer, Served, ruling};
use crate::sandbox::host::workspace::no_folder;
use crate::sandbox::journal::{Asked, Unkept};
use crate::sandbox::state::{CallState, Errand};
use crate::sandbox::transcript::Transcript;
use crate::workspace::{self as folder, Refusal};

const PERMISSION: Permission = Permission::ProcessRun;

/// A command that may be run: how far it is confined, how long it may take, and by which line of the policy.
struct Allowed {
    confinement: Confinement,
    time: Duration,
    by: String,
}

/// What running it came to.
struct Ran {
    result: Result<Ended, RunError>,
    /// What it had planted, and what became of it.
    planted: Result<Vec<String>, String>,
}

impl wit::Host for CallState {
    fn run(&mut self, command: wit::Command) -> wasmtime::Result<Served<wit::Ended>> {
        let asked = self.ask(PERMISSION, &[&command.arguments, &command.dir, &command.seconds])?;
        self.accesses.must_have_room()?;
        let name = line(&command.arguments);
        let known: Option<Known> = self.recall(&asked)?;
        let answer = match known {
            Some(known) => self.run_before(&asked, &name, &command, known)?,
            None => self.run_now(&asked, &name, &command)?,
        };
        let answer = answer.and_then(|answer| self.weighed(answer));
        self.record_some()?;
        self.answered(&asked, &name, &answer)?;
        Ok(answer)
    }
}

impl CallState {
    /// Runs a command, or refuses it, and notes what came of it.
    fn run_now(&mut self, asked: &Asked, name: &str, command: &wit::Command) -> wasmtime::Result<Served<wit::Ended>> {
        let allowed = match self.granted(PERMISSION).and_then(|()| self.allowed(command)) {
            Ok(allowed) => allowed,
            Err(refusal) => {
                self.note_refused(name, &refusal);
                let known = Known::refused(refusal);
                self.note_answer(asked, &known)?;
                return Ok(known.answer);
            }
        };
        let by = allowed.by.clone();
        self.accesses.note(PERMISSION, name, true, "", || by);
        // Nothing outside is done that nobody has a record of.
        self.note_begun(asked);
        self.record_now()?;
        let known = self.run_and_look(name, command, &allowed)?;
        self.note_answer(asked, &known)?;
        self.record_outside()?;
        Ok(known.answer)
    }

    /// Does again what a command did before a kill, and gives the answer that it had.
    fn run_before(
        &mut self,
        asked: &Asked,
        name: &str,
        command: &wit::Command,
        known: Known,
    ) -> wasmtime::Result<Served<wit::Ended>> {
        let by = match (&known.by, &known.answer) {
            (Some(by), _) => by.clone(),
            (None, Err(refusal)) => {
                self.note_refused(name, refusal);
                return Ok(known.answer);
            }
            (None, Ok(_)) => return Err(Unkept::of(asked, "nothing allowed the command").into()),
        };
        self.accesses.note(PERMISSION, name, true, "", || by);
        self.record_now()?;
        if known.left_out > 0 && !self.is_replay() {
            self.run_again(asked, name, command, &known)?;
            return Ok(known.answer);
        }
        self.unkept = self.unkept.saturating_add(known.left_out);
        let touched: Vec<folder::Touched> = known.changed.iter().map(Change::touched).collect();
        if let Errand::Task(powers) = &mut self.errand
            && let Some(visit) = powers.visit.as_mut().filter(|_| !touched.is_empty())
        {
            let done = visit.touch(&touched);
            done.map_err(|refusal| Unkept::of(asked, &unchanged(&refusal)))?;
        }
        self.note_planted(&known.planted)?;
        Ok(known.answer)
    }

    /// Runs a command once more that changed too much to be kept. Its effects lie in the workspace alone, which was made anew.
    fn run_again(&mut self, asked: &Asked, name: &str, command: &wit::Command, known: &Known) -> wasmtime::Result<()> {
        let again = match self.allowed(command) {
            Ok(allowed) => self.run_and_look(name, command, &allowed)?,
            Err(refusal) => Known::refused(refusal),
        };
        self.record_outside()?;
        let end = |known: &Known| known.answer.as_ref().ok().map(|ended| format!("{:?}", ended.end));
        if end(&again) != end(known) {
            return Err(Unkept::of(
                asked,
                "the command changed more than is kept of one, and when it was run again it ended otherwise",
            )
            .into());
        }
        Ok(())
    }

    /// Runs a command and looks what it changed.
    fn run_and_look(&mut self, name: &str, command: &wit::Command, allowed: &Allowed) -> wasmtime::Result<Known> {
        let before = match &self.errand {
            Errand::Task(powers) => powers.visit.as_ref().and_then(|visit| visit.picture().ok()),
            Errand::Describe | Errand::Case { .. } => None,
        };
        let (answer, planted) = match self.run_allowed(command, allowed) {
            Ok(ran) => {
                let planted = ran.planted.clone().unwrap_or_default();
                (self.after(name, command, allowed, ran)?, planted)
            }
            Err(refusal) => (Err(refusal), Vec::new()),
        };
        let touches = match (&mut self.errand, before) {
            (Errand::Task(powers), Some(before)) => powers.visit.as_mut().map(|visit| visit.touched(&before)),
            _ => None,
        };
        // What cannot be looked through is as good as too much.
        let (list, left_out) = match touches {
            Some(Ok(touches)) => (touches.list, touches.left_out),
            Some(Err(_)) | None => (Vec::new(), 1),
        };
        self.unkept = self.unkept.saturating_add(left_out);
        Ok(Known {
            answer,
            by: Some(allowed.by.clone()),
            planted,
            changed: list.into_iter().map(Change::of).collect(),
            left_out,
        })
    }

    fn note_refused(&mut self, name: &str, refusal: &contract::Refusal) {
        let (granted, told) = ruling::<()>(Err(refusal));
        self.accesses.note(PERMISSION, name, granted, &told, String::new);
    }

    fn note_planted(&mut self, planted: &[String]) -> wasmtime::Result<()> {
        for path in planted {
            let reason = "a command made it; names that programs take for `.git` or `.assize` are removed again";
            self.accesses.must_have_room()?;
            self.accesses.note(PERMISSION, path, false, reason, String::new);
        }
        Ok(())
    }

    /// Refuses a command that means nothing, or that the role does not open.
    fn allowed(&self, command: &wit::Command) -> Served<Allowed> {
        let Errand::Task(powers) = &self.errand else {
            return Err(contract::Refusal::Unavailable("only a task runs commands".into()));
        };
        let invalid = |text: &str| Err(contract::Refusal::Invalid(text.to_owned()));
        let arguments: Vec<&str> = command.arguments.iter().map(String::as_str).collect();
        if arguments.first().is_none_or(|program| program.is_empty()) {
            return invalid("a command starts with its program");
        }
        let bytes = arguments.iter().map(|argument| argument.len().saturating_add(1));
        if arguments.len() > ARGUMENTS_MAX || bytes.sum::<usize>() > ARGUMENT_BYTES_MAX {
            return invalid("a command has at most 1,024 arguments, with at most 128 KiB together");
        }
        if arguments.iter().any(|argument| argument.contains('\0')) {
            return invalid("an argument holds no NUL byte");
        }
        let Some(grant) = deciding(powers.grants.commands(), &arguments) else {
            return Err(contract::Refusal::Denied(contract::Denial {
                permission: PERMISSION.name().into(),
                needs: powers.grants.needs_command(),
            }));
        };
        let Some(visit) = &powers.visit else {
            return Err(no_folder());
        };
        visit
            .may_start_in(&command.dir)
            .map_err(|refusal| powers.told(PERMISSION, refusal))?;
        if powers.outside.commands.is_none() {
            return Err(contract::Refusal::Unavailable("no commands can be run here".into()));
        }
        let most = powers.grants.limits().get(Limit::CommandSeconds);
        let asked = command.seconds.map_or(most, |seconds| u64::from(seconds).min(most));
        Ok(Allowed {
            confinement: grant.confinement,
            time: Duration::from_secs(asked).min(self.time_left()),
            by: format!(
                "[roles.{}.process] {grant}, line {}",
                grant.place.role, grant.place.line
            ),
        })
    }

    /// Runs it.
    fn run_allowed(&mut self, command: &wit::Command, allowed: &Allowed) -> Served<Ran> {
        let Errand::Task(powers) = &self.errand else {
            return Err(contract::Refusal::Unavailable("only a task runs commands".into()));
        };
        let (Some(visit), Some(commands)) = (&powers.visit, &powers.outside.commands) else {
            return Err(no_folder());
        };
        let is_confined = allowed.confinement != Confinement::None;
        let found = match is_confined {
            true => visit.openings().map_err(|refusal| powers.told(PERMISSION, refusal))?,
            false => Vec::new(),
        };
        let limit = |limit: Limit, unit_bits: u32| powers.grants.limits().get(limit).saturating_mul(1 << unit_bits);
        let result = commands.run(&Order {
            arguments: &command.arguments,
            dir: &command.dir,
            environment: powers.environment.clone(),
            workspace: visit.as_folder(),
            openings: found.iter().map(opening).collect(),
            system: powers.grants.system().iter().map(|grant| grant.path.clone()).collect(),
            confinement: allowed.confinement,
            time: allowed.time,
            stop: &powers.stop,
            memory_bytes: limit(Limit::CommandMemoryMib, 20),
            processes: limit(Limit::CommandProcesses, 0),
            output_bytes: limit(Limit::CommandOutputKib, 10),
            disk_bytes: limit(Limit::CommandDiskMib, 20),
            masker: powers.outside.secrets.masker(),
        });
        let planted = visit.remove_planted(&found);
        Ok(Ran {
            result,
            planted: match planted {
                Ok(paths) => Ok(paths.iter().map(ToString::to_string).collect()),
                Err(Refusal::Unavailable(reason)) => Err(reason),
                Err(_) => Err("what the command left cannot be looked through".into()),
            },
        })
    }

    /// Records what came of it, and makes the answer.
    fn after(
        &mut self,
        name: &str,
        command: &wit::Command,
        allowed: &Allowed,
        ran: Ran,
    ) -> wasmtime::Result<Served<wit::Ended>> {
        let confined = allowed.confinement != Confinement::None;
        let mut outcome = match &ran.result {
            Ok(ended) => told(&ended.end),
            Err(error) => format!("did not run: {error}"),
        };
        if let Ok(planted) = &ran.planted {
            self.note_planted(planted)?;
        }
        match &ran.planted {
            Ok(paths) if !paths.is_empty() => outcome = format!("{outcome}; had made {}, removed", paths.join(", ")),
            Ok(_) => {}
            Err(reason) => outcome = format!("{outcome}; {reason}"),
        }
        let ended = ran.result.as_ref().ok();
        self.note_outing(Outing::Command(CommandUse {
            command: name.to_owned(),
            dir: command.dir.clone(),
            confined,
            outcome,
            wall_ms: ended.map_or(0, |ended| u64::try_from(ended.time.as_millis()).unwrap_or(u64::MAX)),
            output_bytes: ended.map_or(0, |ended| ended.output_bytes),
        }));
        if let Err(reason) = ran.planted {
            return Ok(Err(contract::Refusal::Unavailable(reason)));
        }
        Ok(match ran.result {
            Ok(ended) => Ok(wit::Ended {
                end: match ended.end {
                    End::Exited(status) => wit::End::Exited(status),
                    End::Signalled(signal) => wit::End::Signalled(signal),
                    End::Stopped(limit) => wit::End::Stopped(limit),
                },
                stdout: ended.stdout,
                stderr: ended.stderr,
                dropped: ended.dropped,
                confined,
            }),
            Err(RunError::NotFound(text)) => Err(contract::Refusal::NotFound(text)),
            Err(error @ RunError::Unconfinable(_)) => Err(contract::Refusal::Unavailable(error.to_string())),
            Err(RunError::Machine(reason)) => {
                // What failed, and where, is for the person at the machine: a guest learns no path of the host.
                tracing::warn!(%reason, "a command of an agent could not be run");
                Err(contract::Refusal::Unavailable(
                    "this machine cannot run the command now".into(),
                ))
            }
        })
    }
}

fn told(end: &End) -> String {
    match end {
        End::Exited(status) => format!("exited with status {status}"),
        End::Signalled(signal) => format!("ended by signal {signal}"),
        End::Stopped(limit) => format!("stopped: {limit}"),
    }
}

fn opening(found: &folder::Opening) -> Opening {
    Opening {
        path: found.path.to_string(),
        rights: Rights {
            read: found.read,
            list: found.list,
            write: found.write,
            make: found.make,
        },
    }
}

/// A command on one line, so that it can be told from every other.
fn line(arguments: &[String]) -> String {
    let is_plain = |word: &str| {
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./=:,+@%^".contains(&byte);
        !word.is_empty() && word.bytes().all(is_letter)
    };
    let words: Vec<String> = arguments
        .iter()
        .map(|word| match is_plain(word) {
            true => word.clone(),
            false => format!("{word:?}"),
        })
        .collect();
    words.join(" ")
}

impl Answer for wit::Ended {
    fn weight(&self) -> u64 {
        (self.stdout.len() as u64).saturating_add(self.stderr.len() as u64)
    }

    fn record(&self, transcript: &mut Transcript) {
        let (kind, number) = match self.end {
            wit::End::Exited(status) => (0, status),
            wit::End::Signalled(signal) => (1, signal),
            wit::End::Stopped(_) => (2, 0),
        };
        transcript.number(kind);
        transcript.number(u64::from(number));
        if let wit::End::Stopped(limit) = &self.end {
            transcript.bytes(limit.as_bytes());
        }
        transcript.bytes(&self.stdout);
        transcript.bytes(&self.stderr);
        transcript.number(self.dropped);
        transcript.number(u64::from(self.confined));
    }
}
