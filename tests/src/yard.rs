//! A yard for commands: a workspace, a place for temporary folders, and C programs that try what a command must not.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use assize::policy::files::{FileGrant, FileGrants};
use assize::policy::place::Place;
use assize::policy::process::Confinement;
use assize::process::{Commands, Ended, Opening, Order, Rights, RunError};
use assize::secret::Secrets;
use assize::workspace::{Visit, Workspace};
use assize_provenance::pattern::PathPattern;

/// The place.
pub struct Yard {
    place: tempfile::TempDir,
    commands: Commands,
    files: FileGrants,
    secrets: Secrets,
}

/// What one command may, besides its files.
#[derive(Debug, Clone)]
pub struct Terms {
    /// How far it is confined.
    pub confinement: Confinement,
    /// Folders of the system.
    pub system: Vec<String>,
    /// How long it may run.
    pub time: Duration,
    /// MiB of memory.
    pub memory_mib: u64,
    /// Processes and threads.
    pub processes: u64,
    /// KiB of output.
    pub output_kib: u64,
    /// MiB on disk.
    pub disk_mib: u64,
    /// The folder it starts in.
    pub dir: String,
    /// Its variables.
    pub environment: Vec<(String, String)>,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            confinement: Confinement::Full,
            system: Vec::new(),
            time: Duration::from_secs(30),
            memory_mib: 1024,
            processes: 64,
            output_kib: 1024,
            disk_mib: 256,
            dir: String::new(),
            environment: Vec::new(),
        }
    }
}

fn grants(patterns: &[&str]) -> Vec<FileGrant> {
    let grant = |pattern: &&str| FileGrant {
        pattern: PathPattern::parse(pattern).expect("a pattern"),
        place: Place {
            role: "agent".to_owned(),
            item: (*pattern).to_owned(),
            line: 1,
        },
    };
    patterns.iter().map(grant).collect()
}

impl Yard {
    /// A yard in which commands are run by `keeper` and reach what these patterns open.
    ///
    /// # Panics
    ///
    /// When the machine refuses.
    #[must_use]
    pub fn open(keeper: &Path, read: &[&str], write: &[&str]) -> Self {
        let place = tempfile::tempdir().expect("a folder");
        fs::create_dir(place.path().join("folder")).expect("a folder");
        let commands = Commands::new(keeper.to_owned(), place.path().join("scratch"));
        Self {
            place,
            commands,
            files: FileGrants::new(grants(read), grants(write)),
            secrets: Secrets::default(),
        }
    }

    /// The workspace.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.place.path().join("folder")
    }

    /// What lies around it.
    #[must_use]
    pub fn around(&self) -> &Path {
        self.place.path()
    }

    /// Puts a file into the workspace.
    ///
    /// # Panics
    ///
    /// When the machine refuses.
    pub fn put(&self, path: &str, contents: &str) {
        let path = self.folder().join(path);
        fs::create_dir_all(path.parent().expect("it lies in one")).expect("folders");
        fs::write(path, contents).expect("a file");
    }

    /// Lets a call in.
    ///
    /// # Panics
    ///
    /// When the folder is gone.
    #[must_use]
    pub fn visit(&self) -> Visit {
        let workspace = Workspace::open(&self.folder()).expect("the folder opens");
        workspace.visit(self.files.clone(), 1 << 30)
    }

    /// Runs a command.
    ///
    /// # Errors
    ///
    /// What the host says.
    ///
    /// # Panics
    ///
    /// When the workspace cannot be looked through.
    pub fn run(&self, terms: &Terms, arguments: &[&str]) -> Result<Ended, RunError> {
        let visit = self.visit();
        let openings = visit.openings().expect("it can be looked through");
        let arguments: Vec<String> = arguments.iter().map(|word| (*word).to_owned()).collect();
        let opening = |found: &assize::workspace::Opening| Opening {
            path: found.path.to_string(),
            rights: Rights {
                read: found.read,
                list: found.list,
                write: found.write,
                make: found.make,
            },
        };
        self.commands.run(&Order {
            arguments: &arguments,
            dir: &terms.dir,
            environment: terms.environment.clone(),
            workspace: visit.as_folder(),
            openings: openings.iter().map(opening).collect(),
            system: terms.system.clone(),
            confinement: terms.confinement,
            time: terms.time,
            stop: &assize::stop::Stop::default(),
            memory_bytes: terms.memory_mib << 20,
            processes: terms.processes,
            output_bytes: terms.output_kib << 10,
            disk_bytes: terms.disk_mib << 20,
            masker: self.secrets.masker(),
        })
    }

    /// Runs a command that starts, and returns how it ended.
    ///
    /// # Panics
    ///
    /// When it does not.
    #[must_use]
    pub fn ran(&self, terms: &Terms, arguments: &[&str]) -> Ended {
        self.run(terms, arguments)
            .unwrap_or_else(|error| panic!("{arguments:?}: {error}"))
    }

    /// Uses another program as the keeper.
    pub fn keep_with(&mut self, keeper: &Path) {
        self.commands = Commands::new(keeper.to_owned(), self.place.path().join("scratch"));
    }

    /// Hides these secrets in what commands write.
    pub fn hide(&mut self, secrets: Secrets) {
        self.secrets = secrets;
    }

    /// Builds the program of `tests/corpus/commands/NAME.c` into the workspace's folder `programs`, and returns its path there.
    ///
    /// # Panics
    ///
    /// When the compiler refuses.
    #[must_use]
    pub fn program(&self, name: &str) -> String {
        let target = self.folder().join("programs").join(name);
        fs::create_dir_all(target.parent().expect("a folder")).expect("a folder");
        fs::copy(built(name), &target).expect("the program is copied");
        format!("./programs/{name}")
    }

    /// Whether no temporary folder of a command is left.
    ///
    /// # Panics
    ///
    /// When a folder cannot be read.
    pub fn must_be_swept(&self) {
        let scratch = self.place.path().join("scratch");
        let left: Vec<_> = fs::read_dir(&scratch)
            .map(|entries| entries.flatten().collect())
            .unwrap_or_default();
        assert!(left.is_empty(), "{left:?}");
    }
}

/// The program, built once for all tests of a run.
fn built(name: &str) -> PathBuf {
    static PLACE: OnceLock<tempfile::TempDir> = OnceLock::new();
    static LOCK: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let place = PLACE.get_or_init(|| tempfile::tempdir().expect("a folder"));
    let target = place.path().join(name);
    let _turn = LOCK.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if !target.exists() {
        let source = place.path().join(format!("{name}.c"));
        fs::write(&source, source_of(name)).expect("the source is written");
        let output = Command::new("cc")
            .args(["-O1", "-pthread", "-o"])
            .arg(&target)
            .arg(&source)
            .output()
            .expect("the C compiler starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    target
}

/// The sources are carried along: whoever runs the tests need not be able to read the folder that they were built in.
fn source_of(name: &str) -> &'static str {
    match name {
        "eat" => include_str!("../corpus/commands/eat.c"),
        "multiply" => include_str!("../corpus/commands/multiply.c"),
        "reach-files" => include_str!("../corpus/commands/reach-files.c"),
        "reach-network" => include_str!("../corpus/commands/reach-network.c"),
        "reach-processes" => include_str!("../corpus/commands/reach-processes.c"),
        "stay" => include_str!("../corpus/commands/stay.c"),
        other => panic!("there is no program {other}"),
    }
}

/// The control groups of the commands of a host.
#[must_use]
pub fn groups_of(host: u32) -> Vec<PathBuf> {
    let ours = format!("assize-command-{host}-");
    let roots = ["/sys/fs/cgroup", "/sys/fs/cgroup/pids", "/sys/fs/cgroup/memory"];
    let mut groups = Vec::new();
    for root in roots {
        let entries = fs::read_dir(root).into_iter().flatten().flatten();
        groups.extend(
            entries
                .filter(|entry| entry.file_name().to_string_lossy().starts_with(&ours))
                .map(|entry| entry.path()),
        );
    }
    groups
}

/// Whether a process is there that has not ended.
#[must_use]
pub fn is_alive(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(") ").map(|(_, rest)| rest.starts_with(['Z', 'X']));
    state == Some(false)
}

/// Waits until something is so.
///
/// # Panics
///
/// When it is not so in time.
pub fn must_become(what: &str, is_so: impl Fn() -> bool) {
    let start = std::time::Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
