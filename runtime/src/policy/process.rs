//! Which commands of the machine a plugin may run.

use super::place::Place;
use std::fmt;

/// One argument of a command, as a policy writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Argument {
    /// This text, byte for byte.
    Text(String),
    /// `*`: any one argument that is no option, which is one that begins with `-`; behind a `--` any one.
    AnyOne,
    /// `**`: any number of arguments, also none. It stands last.
    AnyRest,
}

/// How far the kernel confines a command. The later a variant stands, the more it opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confinement {
    /// To the files of its role and the folders of the system, without a network.
    Full,
    /// To the same files; the network of the machine is open to it.
    Network,
    /// Not at all.
    None,
}

/// One command of `process.allow`. There is never a shell: a program and its arguments are started as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandGrant {
    /// The program, then its arguments.
    pub arguments: Vec<Argument>,
    /// How far it is let out.
    pub confinement: Confinement,
    /// Which line of the policy says so.
    pub place: Place,
}

impl CommandGrant {
    /// Tells whether the grant opens a command: the program and its arguments.
    #[must_use]
    pub fn opens(&self, command: &[&str]) -> bool {
        let mut given = command.iter();
        let mut options_over = false;
        for argument in &self.arguments {
            let fits = match (argument, given.next()) {
                (Argument::AnyRest, _) => return true,
                (Argument::AnyOne, Some(word)) => options_over || !is_option(word),
                (Argument::Text(text), Some(word)) => text == word,
                (Argument::AnyOne | Argument::Text(_), None) => false,
            };
            if !fits {
                return false;
            }
            options_over |= argument.ends_options();
        }
        given.next().is_none()
    }

    /// Tells whether this grant opens every command that `other` opens, and lets it out as far.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.confinement >= other.confinement && self.opens_all_of(other)
    }

    fn opens_all_of(&self, other: &Self) -> bool {
        let mut theirs = other.arguments.iter();
        let mut options_over = false;
        for argument in &self.arguments {
            // Where their `--` stood, ours did: so a `*` of theirs never takes an option that ours does not.
            let fits = match (argument, theirs.next()) {
                (Argument::AnyRest, _) => return true,
                (Argument::AnyOne, Some(Argument::AnyOne)) => true,
                (Argument::AnyOne, Some(Argument::Text(theirs))) => options_over || !is_option(theirs),
                (Argument::Text(ours), Some(Argument::Text(theirs))) => ours == theirs,
                _ => false,
            };
            if !fits {
                return false;
            }
            options_over |= argument.ends_options();
        }
        theirs.next().is_none()
    }
}

impl Argument {
    /// Tells whether no argument behind it is an option.
    fn ends_options(&self) -> bool {
        matches!(self, Self::Text(text) if text == "--")
    }
}

/// Tells whether programs read an argument as an option.
fn is_option(word: &str) -> bool {
    word.starts_with('-')
}

impl CommandGrant {
    /// Returns the grant of what both open, if they open anything together.
    #[must_use]
    pub fn both(&self, other: &Self) -> Option<Self> {
        let mut arguments = Vec::new();
        let (mut ours, mut theirs) = (self.arguments.iter(), other.arguments.iter());
        let (mut our_options_over, mut their_options_over) = (false, false);
        loop {
            let pair = (ours.next(), theirs.next());
            match pair {
                (None, None | Some(Argument::AnyRest)) | (Some(Argument::AnyRest), None) => break,
                (Some(Argument::AnyRest), Some(argument)) => {
                    arguments.push(argument.clone());
                    arguments.extend(theirs.cloned());
                    break;
                }
                (Some(argument), Some(Argument::AnyRest)) => {
                    arguments.push(argument.clone());
                    arguments.extend(ours.cloned());
                    break;
                }
                (Some(Argument::AnyOne), Some(Argument::AnyOne)) => arguments.push(Argument::AnyOne),
                (Some(Argument::AnyOne), Some(argument @ Argument::Text(text)))
                    if our_options_over || !is_option(text) =>
                {
                    arguments.push(argument.clone());
                }
                (Some(argument @ Argument::Text(text)), Some(Argument::AnyOne))
                    if their_options_over || !is_option(text) =>
                {
                    arguments.push(argument.clone());
                }
                (Some(one), Some(two)) if one == two => arguments.push(one.clone()),
                _ => return None,
            }
            our_options_over |= pair.0.is_some_and(Argument::ends_options);
            their_options_over |= pair.1.is_some_and(Argument::ends_options);
        }
        Some(Self {
            arguments,
            confinement: self.confinement.min(other.confinement),
            place: self.place.clone(),
        })
    }
}

/// Returns the grant that decides about a command: of those that open it, the one that lets it out furthest. Grants add up, as
/// everywhere in a policy.
#[must_use]
pub fn deciding<'a>(grants: &'a [CommandGrant], command: &[&str]) -> Option<&'a CommandGrant> {
    let mut found: Option<&CommandGrant> = None;
    for grant in grants.iter().filter(|grant| grant.opens(command)) {
        if found.is_none_or(|found| found.confinement < grant.confinement) {
            found = Some(grant);
        }
    }
    found
}

/// One folder of `process.system`: confined commands read it and run programs from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemGrant {
    /// The folder: absolute, or below the home of whoever runs Assize, as `~/…`.
    pub path: String,
    /// Which line of the policy says so.
    pub place: Place,
}

impl SystemGrant {
    /// Tells whether `other` lies in this folder, or is it.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let rest = other.path.strip_prefix(&self.path);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Returns the inner one of two folders, if one lies in the other.
    #[must_use]
    pub fn both(&self, other: &Self) -> Option<Self> {
        let inner = if other.covers(self) {
            &self.path
        } else if self.covers(other) {
            &other.path
        } else {
            return None;
        };
        Some(Self {
            path: inner.clone(),
            place: self.place.clone(),
        })
    }
}

impl fmt::Display for SystemGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)
    }
}

/// Folders that are no single program's, and would open everything that anybody keeps there.
const SHARED_FOLDERS: &[&str] = &[
    "/",
    "/boot",
    "/etc",
    "/home",
    "/mnt",
    "/media",
    "/root",
    "/srv",
    "/tmp",
    "/var",
    "/var/lib",
    "/var/tmp",
    "~",
    "~/.config",
    "~/.local",
    "~/.local/share",
    "~/.local/state",
    "~/.cache",
    "~/.ssh",
    "~/.gnupg",
];

/// Folders that are the kernel's or hold the sockets of services, with all that lies below.
const KERNEL_FOLDERS: &[&str] = &["/dev", "/proc", "/run", "/sys", "/var/run"];

/// Tells whether a text can be a folder of `process.system`.
#[must_use]
pub fn is_system_folder(text: &str) -> bool {
    let Some(parts) = text.strip_prefix('/').or_else(|| text.strip_prefix("~/")) else {
        return false;
    };
    let is_below = |folder: &&str| {
        let rest = text.strip_prefix(*folder);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    text.len() <= 4096
        && parts.split('/').all(|part| !matches!(part, "" | "." | ".."))
        && !text.chars().any(char::is_control)
        && !SHARED_FOLDERS.contains(&text)
        && !KERNEL_FOLDERS.iter().any(is_below)
}

impl fmt::Display for CommandGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, argument) in self.arguments.iter().enumerate() {
            let space = if position == 0 { "" } else { " " };
            match argument {
                Argument::AnyOne => write!(f, "{space}*")?,
                Argument::AnyRest => write!(f, "{space}**")?,
                Argument::Text(text) if is_plain(text) => write!(f, "{space}{text}")?,
                Argument::Text(text) => write!(f, "{space}{text:?}")?,
            }
        }
        f.write_str(match self.confinement {
            Confinement::Full => "",
            Confinement::Network => " (with the network)",
            Confinement::None => " (unconfined)",
        })
    }
}

/// Tells whether a text reads as one argument without quotation marks.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text != "*" && text != "**" && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"')
}

#[cfg(test)]
mod tests {
    use super::{Argument, CommandGrant, Confinement, SystemGrant, deciding, is_system_folder};
    use crate::policy::place::Place;

    fn grant(text: &str) -> CommandGrant {
        let argument = |word| match word {
            "*" => Argument::AnyOne,
            "**" => Argument::AnyRest,
            word => Argument::Text(word.to_owned()),
        };
        CommandGrant {
            arguments: text.split(' ').map(argument).collect(),
            confinement: Confinement::Full,
            place: Place {
                role: String::new(),
                item: text.to_owned(),
                line: 1,
            },
        }
    }

    #[test]
    fn a_command_is_opened_argument_by_argument() {
        for (pattern, command, yes) in [
            ("cargo test **", &["cargo", "test"][..], true),
            ("cargo test **", &["cargo", "test", "--", "x"], true),
            ("cargo test **", &["cargo", "tests"], false),
            ("cargo test **", &["cargo"], false),
            ("cargo *", &["cargo", "build"], true),
            ("cargo *", &["cargo"], false),
            ("cargo *", &["cargo", "build", "x"], false),
            ("cargo", &["cargo"], true),
            ("cargo", &[], false),
            ("cargo", &["/tmp/cargo"], false),
            ("ls *", &["ls", "-R"], false),
            ("ls *", &["ls", "-"], false),
            ("ls -- *", &["ls", "--", "-R"], true),
            ("ls * --", &["ls", "-R", "--"], false),
            ("ls **", &["ls", "-R"], true),
        ] {
            assert_eq!(grant(pattern).opens(command), yes, "{pattern} {command:?}");
        }
    }

    #[test]
    fn what_covers_another_opens_all_that_it_opens() {
        let words = ["a", "--", "-b", "*", "**"];
        let mut patterns = vec!["a".to_owned()];
        for first in words {
            patterns.push(format!("a {first}"));
            if first != "**" {
                patterns.extend(words.map(|second| format!("a {first} {second}")));
            }
        }
        let mut commands: Vec<Vec<&str>> = vec![vec!["a"]];
        for length in 1..=3 {
            let shorter: Vec<Vec<&str>> = commands
                .iter()
                .filter(|command| command.len() == length)
                .cloned()
                .collect();
            for command in shorter {
                commands.extend(["a", "--", "-b", "-c", "c"].map(|word| [command.as_slice(), &[word]].concat()));
            }
        }
        for ours in &patterns {
            for theirs in &patterns {
                let (ours, theirs) = (grant(ours), grant(theirs));
                let opens_all = commands
                    .iter()
                    .all(|command| !theirs.opens(command) || ours.opens(command));
                assert_eq!(ours.covers(&theirs), opens_all, "{ours} and {theirs}");
                let both = ours.both(&theirs);
                for command in &commands {
                    assert_eq!(
                        both.as_ref().is_some_and(|both| both.opens(command)),
                        ours.opens(command) && theirs.opens(command),
                        "{ours} and {theirs} of {command:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn of_several_grants_the_one_that_opens_most_decides() {
        let with = |text, confinement| CommandGrant {
            confinement,
            ..grant(text)
        };
        let grants = [
            grant("a **"),
            with("a b", Confinement::Network),
            with("a c", Confinement::None),
        ];
        for (command, expected) in [
            (&["a"][..], Confinement::Full),
            (&["a", "b"], Confinement::Network),
            (&["a", "c"], Confinement::None),
        ] {
            let found = deciding(&grants, command).map(|grant| grant.confinement);
            assert_eq!(found, Some(expected), "{command:?}");
        }
        assert_eq!(deciding(&grants, &["b"]), None);
        assert!(!grants[0].covers(&grants[1]) && with("a **", Confinement::None).covers(&grants[1]));
        let both = grants[0].both(&grants[2]).expect("they open one together");
        assert_eq!(both.to_string(), "a c");
        assert_eq!(grants[2].to_string(), "a c (unconfined)");
    }

    #[test]
    fn a_system_folder_is_one_programs_and_in_one_form() {
        for yes in ["/opt/toolchain", "/opt", "~/.cargo/bin", "/usr/local", "/nix/store"] {
            assert!(is_system_folder(yes), "{yes}");
        }
        for no in [
            "",
            "/",
            "~",
            "~/",
            "opt",
            "./opt",
            "/opt/",
            "/opt//x",
            "/opt/../etc",
            "/opt/./x",
            "/proc",
            "/proc/self",
            "/run/user",
            "/sys",
            "/dev/shm",
            "/home",
            "/root",
            "/tmp",
            "/etc",
            "~/.ssh",
            "~x/y",
            "/opt\n",
        ] {
            assert!(!is_system_folder(no), "{no}");
        }
    }

    #[test]
    fn two_system_folders_share_the_inner_one() {
        let folder = |path: &str| SystemGrant {
            path: path.to_owned(),
            place: grant("a").place,
        };
        let (opt, inner, like) = (folder("/opt"), folder("/opt/x"), folder("/opt/xy"));
        assert!(opt.covers(&inner) && !inner.covers(&opt) && !inner.covers(&like));
        assert_eq!(opt.both(&inner), Some(inner.clone()));
        assert_eq!(inner.both(&opt), Some(inner.clone()));
        assert_eq!(inner.both(&like), None);
    }
}
