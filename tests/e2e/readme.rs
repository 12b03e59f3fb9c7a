//! The README's tour, run as it is written.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use assize_tests::bed::{Bed, ran};
use assize_tests::tools;

/// One command of the tour and the exit code it must end with.
#[derive(Debug)]
struct Step {
    command: String,
    code: i32,
}

/// The commands of the section `title`: lines that start with `$ `, each followed by `? N` where the code is not 0.
fn steps(readme: &str, title: &str) -> Vec<Step> {
    let section = readme
        .split("\n## ")
        .find(|section| section.starts_with(title))
        .expect("the section is there");
    let mut steps: Vec<Step> = Vec::new();
    for block in section.split("```console\n").skip(1) {
        for line in block.split("```").next().unwrap_or_default().lines() {
            match (line.strip_prefix("$ "), line.strip_prefix("? ")) {
                (Some(command), _) => steps.push(Step {
                    command: command.to_owned(),
                    code: 0,
                }),
                (_, Some(code)) => {
                    steps.last_mut().expect("a command comes first").code = code.parse().expect("a number");
                }
                _ => panic!("a console line is neither a command nor a code: {line}"),
            }
        }
    }
    steps
}

#[test]
fn the_tour_works_as_it_is_written() {
    let (Some(_), Some(bash)) = (
        tools::program("git", "the README's tour"),
        tools::program("bash", "the README's tour"),
    ) else {
        return;
    };
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md")).expect("the README");
    let steps = steps(&readme, "A tour of ten minutes");
    assert!(steps.len() > 20, "only {} commands were found", steps.len());
    let bed = Bed::new("/nowhere");
    let (home, bin) = (bed.beside("person"), bed.beside("bin"));
    fs::create_dir_all(&home).expect("a home");
    fs::create_dir_all(&bin).expect("a folder for the binary");
    symlink(env!("CARGO_BIN_EXE_assize-under-test"), bin.join("assize")).expect("a link to the binary");
    let mut here = bed.beside("tour");
    fs::create_dir_all(&here).expect("an empty folder");
    for step in steps {
        if let Some(folder) = step.command.strip_prefix("cd ") {
            here.push(folder);
            assert!(here.is_dir(), "`{}` leads nowhere", step.command);
            continue;
        }
        let run = ran(&shell(&bash, &here, &home, &bin)
            .arg(&step.command)
            .output()
            .expect("bash starts"));
        assert_eq!(
            run.code, step.code,
            "$ {}\n{}\n{}",
            step.command, run.stdout, run.stderr
        );
    }
}

fn shell(bash: &Path, here: &Path, home: &Path, bin: &Path) -> Command {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut dirs: Vec<PathBuf> = vec![bin.to_owned()];
    dirs.extend(std::env::split_paths(&path));
    let mut shell = Command::new(bash);
    shell
        .current_dir(here)
        .env_clear()
        .env("HOME", home)
        .env("PATH", std::env::join_paths(dirs).expect("a path"));
    shell
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null");
    // The person has the same toolchain as whoever runs this.
    for (name, folder) in [("RUSTUP_HOME", ".rustup"), ("CARGO_HOME", ".cargo")] {
        let usual = || std::env::home_dir().map(|home| home.join(folder).into_os_string());
        if let Some(place) = std::env::var_os(name).or_else(usual) {
            shell.env(name, place);
        }
    }
    for who in ["AUTHOR", "COMMITTER"] {
        shell
            .env(format!("GIT_{who}_NAME"), "Test")
            .env(format!("GIT_{who}_EMAIL"), "test@example.org");
    }
    shell.arg("-euo").arg("pipefail").arg("-c");
    shell
}
