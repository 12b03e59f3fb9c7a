//! Control groups: they count the processes and the memory of a command as a whole, and end all of it at once.
//!
//! They are made where this user may make them: below the group that Assize itself runs in, or at the top. Both kinds are known:
//! the one tree of version 2, and the trees of version 1 that each count one thing.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// Where control groups are.
const ROOT: &str = "/sys/fs/cgroup";

/// What groups start with that are made here.
const NAME: &str = "assize-command-";

/// The groups of one command. Removed when dropped.
#[derive(Debug, Default)]
pub(super) struct Groups {
    /// The folders that stand for them.
    pub(super) folders: Vec<PathBuf>,
    /// Whether one of them counts processes.
    pub(super) counts_processes: bool,
    /// Whether one of them counts memory.
    pub(super) counts_memory: bool,
}

impl Groups {
    /// Makes groups with these limits, as far as this user may. `name` is of this command alone.
    pub(super) fn make(name: &str, processes: u64, memory_bytes: u64) -> Self {
        let name = format!("{NAME}{name}");
        let mut groups = Self::default();
        for parent in unified_parents() {
            let folder = parent.join(&name);
            if fs::create_dir(&folder).is_err() {
                continue;
            }
            let counts_processes = set(&folder, "pids.max", processes).is_ok();
            let counts_memory = set(&folder, "memory.max", memory_bytes).is_ok();
            if counts_processes || counts_memory {
                // Without this, memory that is over the limit would only go elsewhere.
                let _ = set(&folder, "memory.swap.max", 0);
                let _ = set(&folder, "memory.oom.group", 1);
                groups.counts_processes = counts_processes;
                groups.counts_memory = counts_memory;
                groups.folders.push(folder);
                return groups;
            }
            let _ = fs::remove_dir(&folder);
        }
        groups.counts_processes = groups.make_single("pids", &name, "pids.max", processes);
        groups.counts_memory = groups.make_single("memory", &name, "memory.limit_in_bytes", memory_bytes);
        groups
    }

    /// Makes a group in one tree of version 1.
    fn make_single(&mut self, tree: &str, name: &str, key: &str, value: u64) -> bool {
        for parent in single_parents(tree) {
            let folder = parent.join(name);
            if fs::create_dir(&folder).is_err() {
                continue;
            }
            if set(&folder, key, value).is_ok() {
                self.folders.push(folder);
                return true;
            }
            let _ = fs::remove_dir(&folder);
        }
        false
    }

    /// Tells whether the kernel ended something of it for want of memory.
    pub(super) fn ran_out_of_memory(&self) -> bool {
        let is_counted = |line: &str| {
            let count = line.strip_prefix("oom_kill ");
            count.is_some_and(|count| count.trim() != "0")
        };
        self.folders.iter().any(|folder| {
            ["memory.events", "memory.oom_control"]
                .iter()
                .filter_map(|key| fs::read_to_string(folder.join(key)).ok())
                .any(|text| text.lines().any(is_counted))
        })
    }
}

impl Drop for Groups {
    fn drop(&mut self) {
        remove(&self.folders);
    }
}

/// Puts the calling process into groups.
pub(super) fn enter(folders: &[PathBuf]) -> io::Result<()> {
    for folder in folders {
        fs::write(folder.join("cgroup.procs"), "0")?;
    }
    Ok(())
}

/// Kills everything in groups, and lets nothing more start there.
pub(super) fn kill(folders: &[PathBuf]) {
    for folder in folders {
        let _ = set(folder, "pids.max", 0);
        if fs::write(folder.join("cgroup.kill"), "1").is_ok() {
            continue;
        }
        let text = fs::read_to_string(folder.join("cgroup.procs")).unwrap_or_default();
        for pid in text.lines().filter_map(|line| Pid::from_raw(line.parse().ok()?)) {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

/// Ends groups. What was killed leaves them a little later.
pub(super) fn remove(folders: &[PathBuf]) {
    for folder in folders {
        for _ in 0..200 {
            match fs::remove_dir(folder) {
                Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
                    kill(std::slice::from_ref(folder));
                    std::thread::sleep(Duration::from_millis(5));
                }
                _ => break,
            }
        }
    }
}

fn set(folder: &Path, key: &str, value: u64) -> io::Result<()> {
    let path = folder.join(key);
    // Nothing is made: what is not there is a limit that this kernel does not know.
    let mut file = fs::OpenOptions::new().write(true).open(path)?;
    io::Write::write_all(&mut file, value.to_string().as_bytes())
}

/// The groups of version 2 below which one may be made: the own one, and the topmost.
fn unified_parents() -> Vec<PathBuf> {
    if !Path::new(ROOT).join("cgroup.controllers").exists() {
        return Vec::new();
    }
    let mut parents: Vec<PathBuf> = own("").into_iter().map(|path| below(ROOT, &path)).collect();
    parents.push(PathBuf::from(ROOT));
    parents
}

/// The groups of one tree of version 1 below which one may be made.
fn single_parents(tree: &str) -> Vec<PathBuf> {
    let root = format!("{ROOT}/{tree}");
    if !Path::new(&root).join("cgroup.procs").exists() {
        return Vec::new();
    }
    let mut parents: Vec<PathBuf> = own(tree).into_iter().map(|path| below(&root, &path)).collect();
    parents.push(PathBuf::from(root));
    parents.dedup();
    parents
}

fn below(root: &str, path: &str) -> PathBuf {
    Path::new(root).join(path.trim_start_matches('/'))
}

/// The group that this process is in, in the tree of this name; the empty one is version 2.
fn own(tree: &str) -> Option<String> {
    let text = fs::read_to_string("/proc/self/cgroup").ok()?;
    text.lines().find_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (trees, path) = (parts.next()?, parts.next()?);
        trees.split(',').any(|name| name == tree).then(|| path.to_owned())
    })
}
