//! Runs a command in the folder that it is given, with everything in it open, and prints how it ended:
//! `command-runner FOLDER SCRATCH PROGRAM [ARGUMENT...]`.
//!
//! A process of its own, so that it can be killed in the middle. It keeps its own commands.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use assize::policy::process::Confinement;
use assize::process::{Commands, Opening, Order, Rights};
use assize::secret::Masker;
use assize::workspace::Workspace;

fn main() -> ExitCode {
    if let Some(exit) = assize::process::serve() {
        return exit;
    }
    let arguments: Vec<String> = std::env::args().collect();
    let [_, folder, scratch, command @ ..] = arguments.as_slice() else {
        return ExitCode::from(2);
    };
    let own = std::env::current_exe().expect("this program");
    let workspace = Workspace::open(Path::new(folder)).expect("a folder");
    let visit = workspace.visit(assize::policy::files::FileGrants::default(), 0);
    let everything = Rights {
        read: true,
        list: true,
        write: true,
        make: true,
    };
    let ended = Commands::new(own, PathBuf::from(scratch)).run(&Order {
        arguments: command,
        dir: "",
        environment: Vec::new(),
        workspace: visit.as_folder(),
        openings: vec![Opening {
            path: String::new(),
            rights: everything,
        }],
        system: Vec::new(),
        confinement: Confinement::Full,
        time: Duration::from_secs(300),
        stop: &assize::stop::Stop::default(),
        memory_bytes: 1 << 30,
        processes: 64,
        output_bytes: 1 << 20,
        disk_bytes: 1 << 30,
        masker: &Masker::default(),
    });
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{ended:?}");
    ExitCode::SUCCESS
}
