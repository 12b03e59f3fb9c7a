//! Writes the C bindings of one world of the contract: `c-bindings WIT-FOLDER WORLD OUT-FOLDER`.
//!
//! They are a header and a source file named after the world, and an object file that says which world the module is of.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use wit_bindgen_core::Files;
use wit_bindgen_core::wit_parser::Resolve;

/// Why there are no bindings.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("usage: c-bindings WIT-FOLDER WORLD OUT-FOLDER")]
    Usage,
    #[error("cannot make bindings of the world `{world}` in {wit}: {reason}")]
    Generate {
        wit: PathBuf,
        world: String,
        reason: String,
    },
    #[error("cannot write {path}: {reason}")]
    Write { path: PathBuf, reason: std::io::Error },
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let written = match arguments.as_slice() {
        [wit, world, out] => write(Path::new(wit), world, Path::new(out)),
        _ => Err(Failure::Usage),
    };
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            complain(&failure);
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "the one place where this program speaks")]
fn complain(failure: &Failure) {
    eprintln!("c-bindings: {failure}");
}

fn write(wit: &Path, world: &str, out: &Path) -> Result<(), Failure> {
    let generate = |reason: String| Failure::Generate {
        wit: wit.to_owned(),
        world: world.to_owned(),
        reason,
    };
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(wit).map_err(|error| generate(format!("{error:#}")))?;
    let chosen = resolve
        .select_world(&[package], Some(world))
        .map_err(|error| generate(format!("{error:#}")))?;
    let mut files = Files::default();
    wit_bindgen_c::Opts::default()
        .build()
        .generate(&mut resolve, chosen, &mut files)
        .map_err(|error| generate(format!("{error:#}")))?;
    std::fs::create_dir_all(out).map_err(|reason| Failure::Write {
        path: out.to_owned(),
        reason,
    })?;
    for (name, contents) in files.iter() {
        let path = out.join(name);
        std::fs::write(&path, contents).map_err(|reason| Failure::Write { path, reason })?;
    }
    Ok(())
}
