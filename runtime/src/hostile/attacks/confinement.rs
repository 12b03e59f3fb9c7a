//! What a command tries that the policy does name: a native program, which no WebAssembly holds.

use std::fs;
use std::io::Read as _;
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::thread;
use std::time::Duration;

use rustix::io::{FdFlags, fcntl_setfd};
use serde_json::{Value, json};

use crate::hostile::steps::read;
use crate::hostile::{Attack, Family, Ground};

/// The attacks of this family.
pub(super) const ATTACKS: &[Attack] = &[
    Attack {
        id: "reads-outside",
        family: Family::Confinement,
        tries: "A command reads files outside, closed and guarded ones, by name and through links it makes.",
        stopped_by: "Landlock opens what the role reads and the folders of the system, and nothing else.",
        act: |ground| all_refused(ground, "read", &closed(ground)),
    },
    Attack {
        id: "reads-home-and-proc",
        family: Family::Confinement,
        tries: "A command reads the home folder, keys, other processes and the kernel's own files.",
        stopped_by: "Landlock: neither home nor /proc nor /sys is a folder that the policy names.",
        act: |ground| {
            let home = std::env::var("HOME").unwrap_or_else(|_| "/root".to_owned());
            let mut paths: Vec<String> = [".ssh/id_ed25519", ".bashrc", ".profile", ".netrc"]
                .iter()
                .map(|name| format!("{home}/{name}"))
                .collect();
            paths.extend(
                [
                    "/etc/shadow",
                    "/proc/self/environ",
                    "/proc/1/environ",
                    "/proc/1/cmdline",
                    "/proc/self/mem",
                    "/proc/meminfo",
                    "/sys/kernel/notes",
                    "/dev/mem",
                    "/dev/sda",
                    "/dev/tty",
                    "/var/log/dmesg",
                    "/run/utmp",
                ]
                .map(ToOwned::to_owned),
            );
            paths.push(format!("/proc/{}/environ", std::process::id()));
            all_refused(ground, "read", &paths)
        },
    },
    Attack {
        id: "writes-outside",
        family: Family::Confinement,
        tries: "A command writes, cuts, renames and removes files outside, closed and guarded ones.",
        stopped_by: "Landlock opens for writing what the role writes, and the temporary folder.",
        act: |ground| {
            let mut paths = closed(ground);
            paths.push(ground.path("work/docs/guide.md").display().to_string());
            paths.push(ground.path("work/new.txt").display().to_string());
            paths.push("/tmp/assize-misdeed".to_owned());
            all_refused(ground, "write", &paths)
        },
    },
    Attack {
        id: "takes-files-in",
        family: Family::Confinement,
        tries: "A command links and moves closed files into its own folder, and its own over them.",
        stopped_by: "Landlock refuses links and renames from and to what is closed.",
        act: |ground| all_refused(ground, "link", &closed(ground)),
    },
    Attack {
        id: "lists-folders",
        family: Family::Confinement,
        tries: "A command lists folders outside and guarded ones.",
        stopped_by: "Landlock opens no folder for listing but those of the role and of the system.",
        act: |ground| {
            let mut paths: Vec<String> = ["outside", "work/.git", "work/.assize", "work/private", ""]
                .iter()
                .map(|path| ground.path(path).display().to_string())
                .collect();
            paths.extend(["/", "/proc", "/home", "/root", "/tmp", "/var"].map(ToOwned::to_owned));
            all_refused(ground, "list", &paths)
        },
    },
    Attack {
        id: "plants-a-repository",
        family: Family::Confinement,
        tries: "A command makes a folder `.git` with hooks where somebody else will run git.",
        stopped_by: "What a command makes under a guarded name is removed when it ends, and that is recorded.",
        act: |ground| {
            let names = ["src/.git", "src/deep/.GIT", "src/deep/er/.assize"];
            let tried = ground.raid(vec![ground.misdeed("plant", &names)])?;
            tried.must_have_run()?;
            let left: Vec<&str> = names
                .into_iter()
                .filter(|name| fs::symlink_metadata(ground.path("work").join(name)).is_ok())
                .collect();
            if left.is_empty() {
                return Ok(tried.end());
            }
            Err(format!("{} stayed", left.join(", ")))
        },
    },
    Attack {
        id: "inherits-descriptors",
        family: Family::Confinement,
        tries: "A command reads from a file that the host has open, by the number of its descriptor.",
        stopped_by: "Every descriptor but the three of a command is closed before it starts.",
        act: |ground| {
            let file = fs::File::open(ground.path("secret.txt")).map_err(|error| error.to_string())?;
            // As if somebody had forgotten to close it.
            fcntl_setfd(&file, FdFlags::empty()).map_err(|error| error.to_string())?;
            let tried = ground.raid(vec![ground.misdeed("descriptors", &[])])?;
            drop(file);
            none_done(&tried.lines(0)?)
        },
    },
    Attack {
        id: "opens-sockets",
        family: Family::Confinement,
        tries: "A command opens TCP, UDP, raw, packet, netlink, vsock, Unix and crypto sockets.",
        stopped_by: "seccomp refuses every socket; only a pair of connected Unix sockets can be made.",
        act: |ground| all_refused(ground, "sockets", &[]),
    },
    Attack {
        id: "connects-out",
        family: Family::Confinement,
        tries: "A command connects to a server on this machine, and to a Unix socket that lies in the open.",
        stopped_by: "seccomp: there is no socket to connect with.",
        act: |ground| {
            let told = |error: std::io::Error| error.to_string();
            let server = TcpListener::bind("127.0.0.1:0").map_err(told)?;
            server.set_nonblocking(true).map_err(told)?;
            let path = ground.path("work/src/daemon");
            let daemon = UnixListener::bind(&path).map_err(told)?;
            daemon.set_nonblocking(true).map_err(told)?;
            let words = [
                server.local_addr().map_err(told)?.to_string(),
                path.display().to_string(),
            ];
            let held = all_refused(ground, "connect", &words);
            if server.accept().is_ok() || daemon.accept().is_ok() {
                return Err("somebody connected".into());
            }
            held
        },
    },
    Attack {
        id: "traces-others",
        family: Family::Confinement,
        tries: "A command traces its keeper and the host, and opens their memory.",
        stopped_by: "seccomp refuses ptrace, and Landlock opens no /proc.",
        act: |ground| all_refused(ground, "trace", &[std::process::id().to_string()]),
    },
    Attack {
        id: "takes-rights",
        family: Family::Confinement,
        tries: "A command mounts, makes namespaces and devices, and changes its root.",
        stopped_by: "seccomp refuses the calls, and a command has no capability, as root neither.",
        act: |ground| all_refused(ground, "rights", &[]),
    },
    Attack {
        id: "signals-others",
        family: Family::Confinement,
        tries: "A command ends its keeper, the host and the first process.",
        stopped_by: "Landlock's scope of signals; where the kernel has none, seccomp refuses to signal.",
        act: |ground| all_refused(ground, "signal", &[std::process::id().to_string(), "1".to_owned()]),
    },
    Attack {
        id: "fork-bomb",
        family: Family::Confinement,
        tries: "A command starts itself twice, and so does each of them.",
        stopped_by: "The limit of processes, and everything is ended with the command.",
        act: |ground| {
            let mark = ground.mark("bomb");
            let tried = ground.raid(vec![ground.misdeed_within("bomb", &[&mark], 2)])?;
            tried.must_have_run()?;
            nobody_left(&mark)?;
            Ok(tried.end())
        },
    },
    Attack {
        id: "leaves-a-daemon",
        family: Family::Confinement,
        tries: "A command leaves a process in a session of its own that is deaf to signals.",
        stopped_by: "The keeper is the parent of every orphan of the command, and ends what is left.",
        act: |ground| {
            let mark = ground.mark("daemon");
            let tried = ground.raid(vec![ground.misdeed("daemon", &[&mark])])?;
            nobody_left(&mark)?;
            if tried.lines(0)?.iter().any(|line| line.ends_with("done")) {
                return Ok("it was ended with its parent".into());
            }
            Err(tried.end())
        },
    },
    Attack {
        id: "never-ends",
        family: Family::Confinement,
        tries: "A command waits for ever, and its child does not hear the signal to end.",
        stopped_by: "After the time comes TERM, and after a moment KILL, for all of them.",
        act: |ground| {
            let mark = ground.mark("deaf");
            let tried = ground.raid(vec![ground.misdeed_within("sleep", &["deaf", &mark], 1)])?;
            nobody_left(&mark)?;
            match tried.answers.first().and_then(|answer| answer.pointer("/ok/end/0")) {
                Some(end) if *end == json!("stopped") => Ok(tried.end()),
                _ => Err(tried.end()),
            }
        },
    },
    Attack {
        id: "fills-the-disk",
        family: Family::Confinement,
        tries: "A command fills its temporary folder, and its workspace, with sixty-four gigabytes.",
        stopped_by: "The role's `command_disk_mib`: the command is ended, and the temporary folder removed.",
        act: |ground| {
            let src = ground.path("work/src").display().to_string();
            let tried = ground.raid(vec![ground.misdeed("fill", &[]), ground.misdeed("fill", &[&src])])?;
            let stopped = |answer: &Value| {
                answer.pointer("/ok/end/0") == Some(&json!("stopped"))
                    || answer
                        .pointer("/ok/stdout/text")
                        .and_then(Value::as_str)
                        .is_some_and(|text| text.contains("stopped after"))
            };
            if tried.answers.len() == 2 && tried.answers.iter().all(stopped) {
                return Ok(tried.end());
            }
            Err(tried.end())
        },
    },
    Attack {
        id: "hoards-memory",
        family: Family::Confinement,
        tries: "A command takes memory without end.",
        stopped_by: "The role's `command_memory_mib`, by resource limits and control groups.",
        act: |ground| {
            let tried = ground.raid(vec![ground.misdeed("hoard", &[])])?;
            match tried.answers.first() {
                Some(answer) if !answer.to_string().contains(": done") && answer.get("ok").is_some() => Ok(tried.end()),
                _ => Err(tried.end()),
            }
        },
    },
    Attack {
        id: "babbles",
        family: Family::Confinement,
        tries: "A command writes without end on both streams.",
        stopped_by: "The role's `command_output_kib` is kept, the rest counted, and the time ends it.",
        act: |ground| {
            let tried = ground.raid(vec![ground.misdeed_within("babble", &[], 1)])?;
            let bytes = |stream: &str| {
                let place = format!("/ok/{stream}/bytes");
                tried
                    .answers
                    .first()
                    .and_then(|answer| answer.pointer(&place)?.as_u64())
            };
            match (bytes("stdout"), bytes("stderr")) {
                (Some(out), Some(err)) if out.saturating_add(err) <= 16 << 10 => {
                    Ok(format!("{out} and {err} bytes were kept"))
                }
                _ => Err(tried.end()),
            }
        },
    },
    Attack {
        id: "paints-the-terminal",
        family: Family::Confinement,
        tries: "A command prints what a terminal obeys: titles, colours, cleared screens, text that runs backwards.",
        stopped_by: "What is shown and recorded has control characters escaped; the agent alone sees the bytes.",
        act: |ground| {
            let tried = ground.raid(vec![ground.misdeed("paint", &[]), read("src/main.rs")])?;
            tried.must_have_run()?;
            let seen = tried
                .accesses
                .iter()
                .map(|access| format!("{}{}", access.resource, access.reason))
                .chain(tried.outings.iter().cloned())
                .any(|text| text.chars().any(|letter| letter.is_control() || letter == '\u{202e}'));
            if seen {
                return Err("a record holds what a terminal obeys".into());
            }
            tried.answered()
        },
    },
];

/// Files that no role of the attacks may touch.
fn closed(ground: &Ground) -> Vec<String> {
    [
        "secret.txt",
        "outside/notes.txt",
        "work-secret/secret.txt",
        "work/.git/config",
        "work/.git/hooks/pre-commit",
        "work/.assize/policy.toml",
        "work/private/secret.txt",
        "work/src-private/secret.txt",
        "work/mixed/closed.txt",
    ]
    .iter()
    .map(|path| ground.path(path).display().to_string())
    .collect()
}

/// Held when the command ran and everything it tried was refused.
fn all_refused(ground: &Ground, misdeed: &str, words: &[String]) -> Result<String, String> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let tried = ground.raid(vec![ground.misdeed(misdeed, &words)])?;
    none_done(&tried.lines(0)?)
}

fn none_done(lines: &[String]) -> Result<String, String> {
    match lines.iter().find(|line| line.ends_with(": done")) {
        Some(line) => Err(line.clone()),
        None if lines.is_empty() => Err("the command told nothing".into()),
        None => Ok(lines.last().cloned().unwrap_or_default()),
    }
}

/// Held when no process carries the mark any more.
fn nobody_left(mark: &str) -> Result<(), String> {
    // The kernel takes a moment to bury the dead.
    for _ in 0..20 {
        if marked(mark).is_empty() {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(50));
    }
    Err(format!("processes are left: {:?}", marked(mark)))
}

fn marked(mark: &str) -> Vec<String> {
    let Ok(processes) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let carries = |path: std::path::PathBuf| {
        let mut line = Vec::new();
        fs::File::open(path.join("cmdline"))
            .and_then(|file| file.take(64 << 10).read_to_end(&mut line))
            .ok()?;
        memchr::memmem::find(&line, mark.as_bytes())?;
        Some(path.display().to_string())
    };
    processes.flatten().filter_map(|entry| carries(entry.path())).collect()
}
