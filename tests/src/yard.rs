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
    pub fn open(keeper: &str, read: &[&str], write: &[&str]) -> Self {
        let place = tempfile::tempdir().expect("a folder");
        fs::create_dir(place.path().join("folder")).expect("a folder");
        let commands = Commands::new(PathBuf::from(keeper), place.path().join("scratch"));
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

    /// Whether nothing of a command is left: no temporary folder, and no control group.
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
        let ours = format!("assize-command-{}-", std::process::id());
        for root in ["/sys/fs/cgroup", "/sys/fs/cgroup/pids", "/sys/fs/cgroup/memory"] {
            let groups = fs::read_dir(root).into_iter().flatten().flatten();
            let left: Vec<_> = groups
                .filter(|entry| entry.file_name().to_string_lossy().starts_with(&ours))
                .collect();
            assert!(left.is_empty(), "{left:?}");
        }
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
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("corpus/commands/{name}.c"));
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
