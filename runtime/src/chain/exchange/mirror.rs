//! The mirror: a bare repository of our own, in which git may be started.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::remote::name_of;
use crate::chain::seen::Place;
use crate::durable;
use crate::repository::{OpenError, Repository};

/// How much of what git says is repeated, in characters.
const SAID_CHARS_MAX: usize = 600;

/// What git must not do, whatever the user's configuration says.
const SETTINGS: [&str; 8] = [
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "fetch.unpackLimit=1",
    "transfer.unpackLimit=1",
    "init.defaultRefFormat=files",
    "push.gpgSign=false",
];

/// Variables of git that are handed on: how to reach a host, and how to ask a person.
const KEPT: [&str; 6] = [
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_ASKPASS",
    "GIT_TERMINAL_PROMPT",
    "GIT_SSL_CAINFO",
    "GIT_SSL_CAPATH",
];

/// Why git could not do its part.
#[derive(Debug, thiserror::Error)]
pub enum MirrorFault {
    /// The mirror cannot be used.
    #[error("{}: {source}", path.display())]
    Io {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The mirror is no repository.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Git is not here.
    #[error("git cannot be started ({0}); the chain travels by git, so install it")]
    Git(io::Error),
    /// Git says no.
    #[error("git could not {what}: {said}")]
    Refused {
        /// What it was to do.
        what: &'static str,
        /// What it said.
        said: String,
    },
}

/// What became of one ref that was pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushedRef {
    /// Its full name at the remote.
    pub name: String,
    /// `new`, `moved`, `same` or `refused`.
    pub outcome: &'static str,
    /// What the remote said, where it refused.
    pub why: Option<String>,
}

/// A mirror, held by this process alone.
pub struct Mirror {
    dir: PathBuf,
    _lock: File,
}

impl Mirror {
    /// Opens the mirror of a clone below a folder of the user's, and makes it where it is missing.
    ///
    /// # Errors
    ///
    /// [`MirrorFault`].
    pub fn open(mirrors: &Path, place: &Place) -> Result<Self, MirrorFault> {
        let dir = mirrors.join(format!("{}.git", name_of(place)));
        let io = |source| MirrorFault::Io {
            path: dir.clone(),
            source,
        };
        durable::private_dir(&dir).map_err(io)?;
        let lock = durable::lock(&mirrors.join(format!("{}.lock", name_of(place)))).map_err(io)?;
        let mirror = Self { dir, _lock: lock };
        if !mirror.dir.join("HEAD").is_file() {
            mirror.git(
                "make a mirror",
                &["init", "-q", "--bare", "--template=", "--object-format=sha1"],
            )?;
        }
        Ok(mirror)
    }

    /// The mirror as a repository.
    ///
    /// # Errors
    ///
    /// [`MirrorFault::Open`].
    pub fn repository(&self) -> Result<Repository, MirrorFault> {
        Ok(Repository::open(&self.dir)?)
    }

    /// Makes the mirror's refs of these kinds what the remote's are.
    ///
    /// # Errors
    ///
    /// [`MirrorFault`].
    pub fn fetch(&self, url: &str, kinds: &[&str]) -> Result<(), MirrorFault> {
        let refspecs: Vec<String> = kinds.iter().map(|kind| format!("+{kind}:{kind}")).collect();
        let mut arguments = vec![
            "fetch",
            "--quiet",
            "--prune",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-recurse-submodules",
            "--",
            url,
        ];
        arguments.extend(refspecs.iter().map(String::as_str));
        self.git("fetch", &arguments).map(|_| ())
    }

    /// Pushes refs, each as (name here, name there), and never forces any.
    ///
    /// # Errors
    ///
    /// [`MirrorFault`] where the remote cannot be spoken with; a ref that it refuses is told in what is returned.
    pub fn push(&self, url: &str, refs: &[(String, String)]) -> Result<Vec<PushedRef>, MirrorFault> {
        let refspecs: Vec<String> = refs.iter().map(|(here, there)| format!("{here}:{there}")).collect();
        let mut arguments = vec![
            "push",
            "--porcelain",
            "--no-verify",
            "--no-signed",
            "--recurse-submodules=no",
            "--",
            url,
        ];
        arguments.extend(refspecs.iter().map(String::as_str));
        let output = self.run(&arguments)?;
        let pushed: Vec<PushedRef> = String::from_utf8_lossy(&output.stdout)
            .lines()
            .filter_map(pushed)
            .collect();
        if pushed.is_empty() && !output.status.success() {
            return Err(refused("push", &output));
        }
        Ok(pushed)
    }

    fn git(&self, what: &'static str, arguments: &[&str]) -> Result<Output, MirrorFault> {
        let output = self.run(arguments)?;
        if output.status.success() {
            Ok(output)
        } else {
            Err(refused(what, &output))
        }
    }

    /// Starts git in the mirror, with the user's own configuration and nobody else's.
    fn run(&self, arguments: &[&str]) -> Result<Output, MirrorFault> {
        let mut command = Command::new("git");
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy();
            if name.starts_with("GIT_") && !KEPT.contains(&name.as_ref()) {
                command.env_remove(name.as_ref());
            }
        }
        command
            .env("GIT_ALLOW_PROTOCOL", "https:ssh:file")
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env("LC_ALL", "C")
            .current_dir(&self.dir)
            .arg("--git-dir=.");
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        command.args(arguments).stdin(Stdio::null());
        command.output().map_err(MirrorFault::Git)
    }
}

fn refused(what: &'static str, output: &Output) -> MirrorFault {
    let said = String::from_utf8_lossy(&output.stderr);
    let said: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    MirrorFault::Refused {
        what,
        said: said.join("; ").chars().take(SAID_CHARS_MAX).collect(),
    }
}

/// Reads one line of `git push --porcelain`: a flag, both names, and what was done.
fn pushed(line: &str) -> Option<PushedRef> {
    let (flag, rest) = line.split_once('\t')?;
    let (names, summary) = rest.split_once('\t')?;
    let (_, name) = names.split_once(':')?;
    let outcome = match flag {
        "*" => "new",
        " " => "moved",
        "=" => "same",
        _ => "refused",
    };
    Some(PushedRef {
        name: name.to_owned(),
        outcome,
        why: (outcome == "refused").then(|| summary.chars().take(SAID_CHARS_MAX).collect()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_git_says_of_a_push_is_understood() {
        let line = "!\trefs/own/log/a:refs/assize/v1/log/a\t[rejected] (fetch first)";
        let refused = pushed(line).expect("a ref");
        assert_eq!(
            (refused.name.as_str(), refused.outcome),
            ("refs/assize/v1/log/a", "refused")
        );
        assert_eq!(refused.why.as_deref(), Some("[rejected] (fetch first)"));
        assert_eq!(pushed("*\tx:refs/y\t[new reference]").expect("a ref").outcome, "new");
        assert_eq!(pushed(" \tx:refs/y\t1..2").expect("a ref").outcome, "moved");
        assert_eq!(pushed("=\tx:refs/y\t[up to date]").expect("a ref").outcome, "same");
        assert_eq!(pushed("To /srv/a"), None);
        assert_eq!(pushed("Done"), None);
    }
}
