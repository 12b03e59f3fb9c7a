//! The host's side of a command: it starts the keeper, reads what comes, and watches the limits.

use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, openat};
use rustix::process::{Pid, Signal, kill_process_group};

use super::disk::Disk;
use super::groups::{self, Groups};
use super::keeper::{GRACE, KEEPER, KILLING};
use super::output::Output;
use super::spec::{self, Bounds, Failed, RawEnd, Report, STOP, Spec};
use super::temporary::Temporary;
use super::{Commands, End, Ended, Order, RunError, search};
use crate::policy::process::Confinement;
use crate::stop::Stop;

/// How long the host waits for anything before it looks at the limits again.
const ROUND: Duration = Duration::from_millis(50);
/// How much is read at once.
const PIECE_BYTES: usize = 64 << 10;
/// How long output is read that somebody holds open who got away.
const AFTER_END: Duration = Duration::from_millis(500);

impl Commands {
    /// Runs a command to its end. When this returns, nothing that it started is left.
    ///
    /// # Errors
    ///
    /// [`RunError`] when it did not start, or when nobody can tell how it ended.
    pub fn run(&self, order: &Order<'_>) -> Result<Ended, RunError> {
        let start = Instant::now();
        let name = unique_name()?;
        let temporary = Temporary::make(&self.scratch, &name)
            .map_err(machine("a temporary folder for a command cannot be made"))?;
        let groups = Groups::make(&name, order.processes, order.memory_bytes);
        let spec = self.spec(order, &temporary.0, &groups)?;
        let watched = watched(order, &temporary.0).map_err(machine("the folders of a command cannot be watched"))?;
        let disk = Disk::watch(watched, order.disk_bytes);
        let (keeper, host) = self.keeper(order)?;
        let mut running = Running {
            keeper,
            host,
            groups: &groups,
            output: Output::new(order.masker, order.output_bytes),
            disk,
            deadline: start + order.time,
            stop: order.stop.clone(),
            stopped: None,
            stopped_at: None,
        };
        spec::send(&running.host, &spec).map_err(machine("the keeper does not listen"))?;
        let report = running.watch()?;
        let Report::Ended { end, stopped, left } = report else {
            return Err(failed(report));
        };
        if left {
            return Err(RunError::Machine(
                "something that the command started could not be ended".into(),
            ));
        }
        let stopped = running.stopped.take().or(stopped);
        let stopped =
            stopped.or_else(|| (end == RawEnd::Signalled(9) && groups.ran_out_of_memory()).then(|| MEMORY.into()));
        let stopped = stopped.or_else(|| running.disk.is_over_now().then(|| DISK.into()));
        let (stdout, stderr, dropped, output_bytes) = running.output.finish();
        Ok(Ended {
            end: match (stopped, end) {
                (Some(reason), _) => End::Stopped(reason),
                (None, RawEnd::Exited(status)) => End::Exited(status),
                (None, RawEnd::Signalled(signal)) => End::Signalled(signal),
            },
            stdout,
            stderr,
            dropped,
            output_bytes,
            time: start.elapsed(),
        })
    }

    fn spec(&self, order: &Order<'_>, temporary: &Path, groups: &Groups) -> Result<Spec, RunError> {
        let home = std::env::var_os("HOME").map(PathBuf::from);
        let folders = order.system.iter();
        let system: Vec<PathBuf> = folders
            .filter_map(|folder| search::on_this_machine(folder, home.as_deref()))
            .collect();
        let environment = environment(order, &system, temporary);
        let path = environment.iter().find(|(name, _)| name == "PATH");
        let path = path.map_or("", |(_, value)| value.as_str());
        let name = order.arguments.first().map_or("", String::as_str);
        let program = search::find(name, path).ok_or_else(|| {
            RunError::NotFound(format!(
                "there is no program `{name}` in {path}; the policy names folders of programs with `system`"
            ))
        })?;
        let confined = match order.confinement {
            Confinement::None => None,
            other => Some(Bounds {
                openings: order.openings.clone(),
                system,
                network: other == Confinement::Network,
            }),
        };
        Ok(Spec {
            keeper: self.program.clone(),
            program,
            arguments: order.arguments.to_vec(),
            environment,
            dir: order.dir.to_owned(),
            temporary: temporary.to_owned(),
            confined,
            memory_bytes: order.memory_bytes,
            file_bytes: order.disk_bytes,
            processes: order.processes,
            groups: groups.folders.clone(),
            counts_processes: groups.counts_processes,
        })
    }

    /// Starts the keeper in the workspace. It is reached by its descriptor, which no rename exchanges.
    fn keeper(&self, order: &Order<'_>) -> Result<(Keeper, UnixStream), RunError> {
        let (ours, theirs) = UnixStream::pair().map_err(machine("there is no socket for the keeper"))?;
        let child = Command::new(&self.program)
            .arg(KEEPER)
            .env_clear()
            .current_dir(format!("/proc/self/fd/{}", order.workspace.as_raw_fd()))
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(machine("the keeper of commands cannot be started"))?;
        Ok((Keeper(child), ours))
    }
}

const TIME: &str = "it ran longer than `command_seconds`, or than its call has left";
const STOPPED: &str = "its task was stopped";
const DISK: &str = "it wrote more than `command_disk_mib` allows";
const MEMORY: &str = "it used more memory than `command_memory_mib` allows";

/// The keeper's process. Dropped before it has ended, it is killed with its session; its command dies with it.
struct Keeper(Child);

impl Drop for Keeper {
    fn drop(&mut self) {
        if !matches!(self.0.try_wait(), Ok(Some(_))) {
            if let Some(group) = Pid::from_raw(self.0.id().cast_signed()) {
                let _ = kill_process_group(group, Signal::KILL);
            }
            let _ = self.0.kill();
        }
        let _ = self.0.wait();
    }
}

/// A command that runs.
struct Running<'a> {
    keeper: Keeper,
    host: UnixStream,
    groups: &'a Groups,
    output: Output,
    disk: Disk,
    deadline: Instant,
    stop: Stop,
    stopped: Option<String>,
    stopped_at: Option<Instant>,
}

impl Running<'_> {
    /// Reads what comes until the keeper has reported.
    fn watch(&mut self) -> Result<Report, RunError> {
        let (stdout, stderr) = (self.keeper.0.stdout.take(), self.keeper.0.stderr.take());
        let mut pipes: [Option<OwnedFd>; 2] = [stdout.map(OwnedFd::from), stderr.map(OwnedFd::from)];
        let mut report = None;
        let mut until: Option<Instant> = None;
        let mut buffer = vec![0; PIECE_BYTES];
        loop {
            let is_over = until.is_some_and(|until| Instant::now() >= until);
            if report.is_some() && (is_over || pipes.iter().all(Option::is_none)) {
                break;
            }
            let [host, stdout, stderr] = self.ready(&pipes, report.is_none())?;
            for (number, ready) in [stdout, stderr].into_iter().enumerate() {
                if ready {
                    self.read(number, &mut pipes, &mut buffer);
                }
            }
            if host {
                report = Some(self.report()?);
                until = Some(Instant::now() + AFTER_END);
            } else if report.is_none() {
                self.look_at_limits()?;
            }
        }
        report.ok_or_else(|| RunError::Machine("the keeper of the command is gone".into()))
    }

    /// Waits for any of the three, for one round.
    fn ready(&self, pipes: &[Option<OwnedFd>; 2], wants_report: bool) -> Result<[bool; 3], RunError> {
        let mut fds = Vec::new();
        let mut places = Vec::new();
        if wants_report {
            fds.push(PollFd::new(&self.host, PollFlags::IN));
            places.push(0);
        }
        for (number, pipe) in pipes.iter().enumerate() {
            if let Some(pipe) = pipe {
                fds.push(PollFd::new(pipe, PollFlags::IN));
                places.push(number.saturating_add(1));
            }
        }
        let timeout = Timespec {
            tv_sec: 0,
            tv_nsec: i64::from(ROUND.subsec_nanos()),
        };
        match poll(&mut fds, Some(&timeout)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(errno) => return Err(machine("a command cannot be watched")(errno.into())),
        }
        let mut ready = [false; 3];
        for (fd, place) in fds.iter().zip(places) {
            if let Some(slot) = ready.get_mut(place) {
                *slot = !fd.revents().is_empty();
            }
        }
        Ok(ready)
    }

    fn read(&mut self, number: usize, pipes: &mut [Option<OwnedFd>; 2], buffer: &mut [u8]) {
        let Some(slot) = pipes.get_mut(number) else { return };
        let Some(pipe) = slot.as_ref() else { return };
        match rustix::io::read(pipe.as_fd(), &mut *buffer) {
            Ok(0) => *slot = None,
            Ok(length) => self.output.take(number, buffer.get(..length).unwrap_or_default()),
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
            Err(_) => *slot = None,
        }
    }

    fn report(&mut self) -> Result<Report, RunError> {
        match spec::receive::<Report>(&self.host) {
            Ok(Some(report)) => Ok(report),
            // Somebody has killed it. Its command died with it, and the rest is in the groups where there are some.
            Ok(None) | Err(_) => {
                groups::kill(&self.groups.folders);
                Err(RunError::Machine(
                    "the keeper of the command was ended from outside".into(),
                ))
            }
        }
    }

    /// Stops the command where it is over a limit, and gives up a keeper that does not answer.
    fn look_at_limits(&mut self) -> Result<(), RunError> {
        if let Some(at) = self.stopped_at {
            if at.elapsed() > GRACE + KILLING + GRACE {
                groups::kill(&self.groups.folders);
                return Err(RunError::Machine("the keeper of the command does not answer".into()));
            }
            return Ok(());
        }
        let reason = if self.stop.is_asked() {
            STOPPED
        } else if Instant::now() >= self.deadline {
            TIME
        } else if self.disk.is_over() {
            DISK
        } else {
            return Ok(());
        };
        self.stopped = Some(reason.to_owned());
        self.stopped_at = Some(Instant::now());
        // A keeper that is gone shows when its report is read.
        let _ = self.host.write_all(&[STOP]);
        Ok(())
    }
}

fn unique_name() -> Result<String, RunError> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes)
        .map_err(|error| RunError::Machine(format!("this machine has no randomness: {error}")))?;
    Ok(format!("{}-{:016x}", std::process::id(), u64::from_le_bytes(bytes)))
}

/// All of a command's environment: what the policy shows it, and what no program does without.
fn environment(order: &Order<'_>, system: &[PathBuf], temporary: &Path) -> Vec<(String, String)> {
    let temporary = temporary.display().to_string();
    let mut environment = vec![
        ("PATH".to_owned(), search::path(system)),
        ("HOME".to_owned(), temporary.clone()),
        ("TMPDIR".to_owned(), temporary),
        ("LANG".to_owned(), "C.UTF-8".to_owned()),
    ];
    for (name, value) in &order.environment {
        // What steers Assize is none of a command's business.
        if name.starts_with("ASSIZE_") || name == "TMPDIR" {
            continue;
        }
        environment.retain(|(known, _)| known != name);
        environment.push((name.clone(), value.clone()));
    }
    environment
}

/// The folders that are looked at for what a command writes.
fn watched(order: &Order<'_>, temporary: &Path) -> io::Result<Vec<OwnedFd>> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let workspace = openat(order.workspace, ".", flags, Mode::empty())?;
    let temporary = openat(rustix::fs::CWD, temporary, flags, Mode::empty())?;
    Ok(vec![workspace, temporary])
}

fn machine(what: &str) -> impl Fn(io::Error) -> RunError + '_ {
    move |error| RunError::Machine(format!("{what}: {error}"))
}

fn failed(report: Report) -> RunError {
    match report {
        Report::Failed(Failed::Mechanism(reason)) => RunError::Unconfinable(reason),
        Report::Failed(Failed::Program(reason)) => RunError::NotFound(reason),
        Report::Failed(Failed::Machine(reason)) => RunError::Machine(reason),
        Report::Ended { .. } => RunError::Machine("the command ended".into()),
    }
}
