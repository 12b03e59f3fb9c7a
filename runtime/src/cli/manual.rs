//! `assize completions` and `assize man`: drawn from the arguments that are parsed, so they cannot say anything else.

use std::path::Path;

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::args::Cli;
use super::output::raw;
use super::unwritten;
use crate::app::{Exit, Fault};

/// Prints a shell's script.
pub(super) fn completions(shell: Shell) -> Result<Exit, Fault> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "assize", &mut script);
    raw(&script).map_err(unwritten)?;
    Ok(Exit::Yes)
}

/// Prints the page of `assize`, or writes `assize.1`, `assize-review.1` and so on into a folder, over pages of that name.
pub(super) fn pages(folder: Option<&Path>) -> Result<Exit, Fault> {
    let command = Cli::command().disable_help_subcommand(true);
    let Some(folder) = folder else {
        let mut page = Vec::new();
        let drawn = clap_mangen::Man::new(command).render(&mut page);
        drawn.and_then(|()| raw(&page)).map_err(unwritten)?;
        return Ok(Exit::Yes);
    };
    if !folder.is_dir() {
        return Err(Fault::wrong(
            format!("there is no folder {}", folder.display()),
            "make it first; manual pages are looked for in folders such as ~/.local/share/man/man1",
        ));
    }
    clap_mangen::generate_to(command, folder).map_err(|source| Fault::Io {
        path: folder.to_owned(),
        source,
    })?;
    Ok(Exit::Yes)
}
