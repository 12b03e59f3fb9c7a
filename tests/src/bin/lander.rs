//! Lands a commit on the branch `main` of a repository, and prints `landed` when that is done: `lander REPOSITORY OLD NEW`.
//! With nothing but the repository, what a killed lander left is finished, and `finished` is printed.
//!
//! A process of its own, so that it can be killed.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use assize::repository::Repository;
use assize::repository::landing::{finish, land};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let done = match arguments.as_slice() {
        [_, folder] => finished(Path::new(folder)),
        [_, folder, old, new] => landed(Path::new(folder), old, new),
        _ => return ExitCode::from(2),
    };
    match done {
        Ok(word) => {
            say(word);
            ExitCode::SUCCESS
        }
        Err(error) => {
            say(&format!("failed: {error}"));
            ExitCode::from(1)
        }
    }
}

fn landed(folder: &Path, old: &str, new: &str) -> Result<&'static str, String> {
    let repository = Repository::open(folder).map_err(|error| error.to_string())?;
    let state_dir = repository.places().common_dir.join("assize");
    let id = |text: &str| text.parse().expect("an id");
    land(&repository, &state_dir, "refs/heads/main", id(old), id(new), || {
        Ok::<(), String>(())
    })
    .map_err(|error| error.to_string())?;
    Ok("landed")
}

fn finished(folder: &Path) -> Result<&'static str, String> {
    let repository = Repository::open(folder).map_err(|error| error.to_string())?;
    let state_dir = repository.places().common_dir.join("assize");
    let finished = finish(&repository, &state_dir).map_err(|error| error.to_string())?;
    for landing in &finished {
        assert_eq!(landing.left, Vec::<String>::new(), "nobody has changed anything");
    }
    Ok("finished")
}

/// Says one line, whole.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
