//! The keeper: a process of its own between Assize and a command.
//!
//! It starts the command, takes over every orphan that the command leaves, and ends all of them: when the command has ended, when
//! it is told to, and when Assize is gone. It writes nothing but its report.

use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitStatus, getpid, kill_process_group, pidfd_open, set_child_subreaper, setsid,
};

use super::spec::{self, Failed, RawEnd, Report, STOP, Spec};
use super::{confined, groups, processes, temporary};

/// The word behind the program's name that makes it a keeper.
pub(super) const KEEPER: &str = "confine";
/// The word that makes it the process of a command.
pub(super) const CONFINED: &str = "confined-command";

/// How long a command has to end when it is asked to.
pub(super) const GRACE: Duration = Duration::from_secs(2);
/// How long what has been killed has to be gone.
pub(super) const KILLING: Duration = Duration::from_secs(10);
/// How often the keeper looks after orphans and counts.
const ROUND: Duration = Duration::from_millis(50);

/// Does the keeper's part where this process was started as one; a program that lets commands run calls it first of all.
#[must_use]
pub fn serve() -> Option<ExitCode> {
    let word = std::env::args_os().nth(1)?;
    if word == KEEPER {
        Some(keep())
    } else if word == CONFINED {
        Some(confined::become_command())
    } else {
        None
    }
}

/// The socket that this process was given as standard input.
pub(super) fn socket() -> Option<UnixStream> {
    let stdin = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3).ok()?;
    let socket = UnixStream::from(stdin);
    // Whoever types the word gets nothing from it.
    socket.peer_addr().ok()?;
    Some(socket)
}

fn keep() -> ExitCode {
    let Some(host) = socket() else {
        return ExitCode::from(2);
    };
    let report = match spec::receive::<Spec>(&host) {
        Ok(Some(spec)) => match start(&spec) {
            Ok(child) => Keeper::new(&spec, &host, child).keep(),
            Err(failed) => Report::Failed(failed),
        },
        Ok(None) => return ExitCode::from(2),
        Err(error) => Report::Failed(Failed::Machine(error.to_string())),
    };
    let told = spec::send(&host, &report);
    ExitCode::from(u8::from(told.is_err()))
}

fn machine(what: &str) -> impl Fn(std::io::Error) -> Failed + '_ {
    move |error| Failed::Machine(format!("{what}: {error}"))
}

/// Starts the command's process and waits until it is the command.
fn start(spec: &Spec) -> Result<Pid, Failed> {
    // Nobody's terminal, and whatever loses its parent comes here.
    setsid().map_err(|errno| machine("the keeper has no session of its own")(errno.into()))?;
    set_child_subreaper(Some(getpid())).map_err(|errno| machine("the keeper takes over no orphans")(errno.into()))?;
    // What Assize, or whoever started it, has open is none of a command's business.
    close_fds::set_fds_cloexec(3, &[]);
    let (ours, theirs) = UnixStream::pair().map_err(machine("there is no socket for the command's process"))?;
    let child = Command::new(&spec.keeper)
        .arg(CONFINED)
        .arg(getpid().as_raw_nonzero().to_string())
        .env_clear()
        .stdin(Stdio::from(std::os::fd::OwnedFd::from(theirs)))
        .process_group(0)
        .spawn()
        .map_err(machine("the command's process cannot be started"))?;
    let pid = Pid::from_raw(child.id().cast_signed());
    // It holds the ends of the pipes now; while this process held them too, they would never end.
    let null = OpenOptions::new().read(true).write(true).open("/dev/null");
    let null = null.map_err(machine("/dev/null cannot be opened"))?;
    let closed = rustix::stdio::dup2_stdout(&null).and_then(|()| rustix::stdio::dup2_stderr(&null));
    closed.map_err(|errno| machine("the command's output cannot be passed on")(errno.into()))?;
    let told = spec::send(&ours, spec);
    match spec::receive::<Failed>(&ours) {
        // Its end was closed when the program took its place.
        Ok(None) if told.is_ok() => pid.ok_or_else(|| Failed::Machine("the command's process has no number".into())),
        Ok(Some(failed)) => Err(failed),
        Ok(None) => Err(Failed::Machine("the command's process ended before it was one".into())),
        Err(error) => Err(machine("the command's process does not answer")(error)),
    }
}

/// How much longer the keeper does not count than counting takes.
const COUNTING_REST: u32 = 20;

/// One command while it runs.
struct Keeper<'a> {
    spec: &'a Spec,
    host: &'a UnixStream,
    child: Pid,
    end: Option<RawEnd>,
    stopped: Option<String>,
    /// Whether Assize is gone.
    alone: bool,
    /// When processes are counted next.
    next_count: Instant,
}

/// What woke the keeper.
enum Woken {
    /// The host says stop, or is gone.
    Told,
    /// The command ended, or time passed.
    Other,
}

impl<'a> Keeper<'a> {
    fn new(spec: &'a Spec, host: &'a UnixStream, child: Pid) -> Self {
        Self {
            spec,
            host,
            child,
            end: None,
            stopped: None,
            alone: false,
            next_count: Instant::now() + ROUND,
        }
    }

    fn keep(mut self) -> Report {
        let none_left = loop {
            match self.wait(ROUND) {
                Woken::Told => break self.ask_to_end(),
                Woken::Other => {}
            }
            let none_left = self.reap();
            if self.end.is_some() {
                break none_left || self.ask_to_end();
            }
            if self.is_over() {
                break false;
            }
        };
        if !self.spec.groups.is_empty() && !none_left {
            groups::kill(&self.spec.groups);
        }
        let child = self.child;
        let end = &mut self.end;
        let mut left = false;
        if !none_left {
            left = !processes::kill_all(KILLING, |pid, status| note(child, end, pid, status));
        }
        groups::remove(&self.spec.groups);
        if self.alone {
            // Nobody else is left to do it.
            temporary::remove(&self.spec.temporary);
        }
        Report::Ended {
            end: self.end.unwrap_or(RawEnd::Signalled(9)),
            stopped: self.stopped,
            left,
        }
    }

    /// Asks everything to end, and waits a little. `true`: nothing is left.
    fn ask_to_end(&mut self) -> bool {
        let _ = kill_process_group(self.child, Signal::TERM);
        processes::ask_all();
        let start = Instant::now();
        while start.elapsed() < GRACE {
            if self.reap() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        false
    }

    fn reap(&mut self) -> bool {
        let child = self.child;
        let end = &mut self.end;
        processes::reap(|pid, status| note(child, end, pid, status))
    }

    /// Counts processes where no control group does, and says whether they are too many.
    fn is_over(&mut self) -> bool {
        if self.spec.counts_processes || Instant::now() < self.next_count {
            return false;
        }
        let start = Instant::now();
        let count = processes::count_below();
        self.next_count = start + ROUND.max(start.elapsed().saturating_mul(COUNTING_REST));
        if count <= self.spec.processes {
            return false;
        }
        self.stopped = Some("it had more processes and threads than `command_processes` allows".into());
        true
    }

    /// Waits until the host speaks, the command ends, or time has passed.
    fn wait(&mut self, at_most: Duration) -> Woken {
        let handle = pidfd_open(self.child, PidfdFlags::empty()).ok();
        let mut fds = vec![PollFd::new(self.host, PollFlags::IN)];
        fds.extend(handle.as_ref().map(|handle| PollFd::new(handle, PollFlags::IN)));
        let timeout = Timespec {
            tv_sec: 0,
            tv_nsec: i64::from(at_most.subsec_nanos()),
        };
        let _ = poll(&mut fds, Some(&timeout));
        if fds.first().is_some_and(|host| !host.revents().is_empty()) {
            let mut order = [0];
            let mut host = self.host;
            let read = host.read(&mut order);
            self.alone = matches!(read, Ok(0) | Err(_));
            if self.alone || order == [STOP] {
                return Woken::Told;
            }
        }
        Woken::Other
    }
}

/// Notes how the command itself ended; of its orphans nobody asks.
fn note(child: Pid, end: &mut Option<RawEnd>, pid: Pid, status: WaitStatus) {
    if pid != child {
        return;
    }
    let byte = |number: i32| u8::try_from(number).unwrap_or(u8::MAX);
    if let Some(code) = status.exit_status() {
        *end = Some(RawEnd::Exited(byte(code)));
    } else if let Some(signal) = status.terminating_signal() {
        *end = Some(RawEnd::Signalled(byte(signal)));
    }
}
