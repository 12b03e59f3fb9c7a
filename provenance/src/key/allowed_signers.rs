//! Keys as `git` and `ssh-keygen -Y verify` read them: the ALLOWED SIGNERS file of ssh-keygen(1).
//!
//! The role is what stands before the `@` of a principal: `council@assize`, `log@assize`, `person@assize`; what stands behind it
//! is for people to read. Validity by wall clock (`valid-after`, `valid-before`) and certificate authorities are refused rather
//! than ignored.
//!
//! A root of trust lets keys sign at positions of logs, and the format knows none. [`of_root`] says in comments what the lines
//! cannot. No date is made of a position: the dates of commits and entries are their signer's word.

use std::collections::BTreeMap;

use super::openssh::{self, KEY_TYPE, OpenSshError};
use super::{KeyId, PublicKey, Role, TrustedKeys};
use crate::log_id::LogId;
use crate::root::{Grant, Reach, Root};

/// How many bytes the file may have.
pub const FILE_BYTES_MAX: usize = 1 << 20;

/// Why the file cannot be used. Lines count from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AllowedSignersError {
    /// It is too large.
    #[error("the file of allowed signers has {0} bytes, more than the {FILE_BYTES_MAX} that are read")]
    TooLarge(usize),
    /// A line is no line of such a file.
    #[error("line {0} of the allowed signers is not `principals [options] {KEY_TYPE} BASE64`")]
    Line(usize),
    /// An option would be ignored.
    #[error(
        "line {line} of the allowed signers has the option `{option}`, which Assize does not honour; remove it or the line"
    )]
    Option {
        /// The line.
        line: usize,
        /// The option's name.
        option: String,
    },
    /// The namespaces exclude what the role signs.
    #[error("line {line} of the allowed signers names a {role} key without its namespace `{namespace}`")]
    Namespace {
        /// The line.
        line: usize,
        /// The role of the principal.
        role: &'static str,
        /// What is missing.
        namespace: &'static str,
    },
    /// The key is no good.
    #[error("line {line} of the allowed signers: {error}")]
    Key {
        /// The line.
        line: usize,
        /// What is wrong with the key.
        error: OpenSshError,
    },
}

/// Writes one key as a line of the file, without line end.
#[must_use]
pub fn print(role: Role, key: &PublicKey) -> String {
    format!(
        "{}@assize namespaces=\"{}\" {}",
        role.name(),
        role.namespace(),
        openssh::print(key)
    )
}

/// Writes the keys that a root of trust lets sign anything: all of them, or those that it lets sign in one log. Each key is one
/// line, and the comment before it says how far it may sign, which no reader of the file heeds.
#[must_use]
pub fn of_root(root: &Root, only: Option<LogId>) -> String {
    let mut text = format!(
        "# Version {} of a root of trust.\n\
         # This format knows no positions: a line holds for everything that its key signs, before and after the entries that the\n\
         # comment above it names. `assize audit verify --pin` goes by them.\n",
        root.version
    );
    let mut lines: BTreeMap<(Role, KeyId), (Vec<String>, Vec<String>)> = BTreeMap::new();
    for Grant { key, role, reach } in &root.grants {
        let principal = match reach {
            Reach::All => format!("{}@assize", role.name()),
            Reach::Within { log, .. } if only.is_none_or(|only| only == *log) => {
                format!("{}@{log}.assize", role.name())
            }
            Reach::Within { .. } => continue,
        };
        let (principals, reaches) = lines.entry((*role, *key)).or_default();
        if !principals.contains(&principal) {
            principals.push(principal);
        }
        reaches.push(reach.to_string());
    }
    for ((role, id), (principals, reaches)) in lines {
        let Some(holding) = root.keys.iter().find(|holding| holding.key.id() == id) else {
            continue;
        };
        text.push_str(&format!(
            "# {} key of {}: {}\n{} namespaces=\"{}\" {}\n",
            role.name(),
            holding.principal,
            reaches.join("; "),
            principals.join(","),
            role.namespace(),
            openssh::print(&holding.key)
        ));
    }
    text
}

/// Reads the file. Lines whose principals have no role of Assize speak of other signers and are passed over.
///
/// # Errors
///
/// Every [`AllowedSignersError`].
pub fn parse(text: &str) -> Result<TrustedKeys, AllowedSignersError> {
    if text.len() > FILE_BYTES_MAX {
        return Err(AllowedSignersError::TooLarge(text.len()));
    }
    let mut keys = TrustedKeys::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (principals, rest) = line
            .split_once(|sign: char| sign.is_ascii_whitespace())
            .ok_or(AllowedSignersError::Line(number))?;
        let roles = roles(principals);
        if roles.is_empty() {
            continue;
        }
        let key = parse_rest(number, rest.trim_start(), &roles)?;
        for role in roles {
            keys.trust(role, key);
        }
    }
    Ok(keys)
}

fn roles(principals: &str) -> Vec<Role> {
    let named = |role: &Role| {
        principals
            .trim_matches('"')
            .split(',')
            .any(|one| one.split_once('@').is_some_and(|(name, _)| name == role.name()))
    };
    [Role::Council, Role::Log, Role::Person]
        .into_iter()
        .filter(named)
        .collect()
}

/// Reads the options, if any, and the key.
fn parse_rest(line: usize, rest: &str, roles: &[Role]) -> Result<PublicKey, AllowedSignersError> {
    let starts_with_key = |text: &str| text.split_ascii_whitespace().next() == Some(KEY_TYPE);
    let (options, key) = if starts_with_key(rest) {
        ("", rest)
    } else {
        let end = end_of_options(rest).ok_or(AllowedSignersError::Line(line))?;
        rest.split_at_checked(end).ok_or(AllowedSignersError::Line(line))?
    };
    for option in split_outside_quotes(options).filter(|option| !option.is_empty()) {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        if !name.eq_ignore_ascii_case("namespaces") {
            return Err(AllowedSignersError::Option {
                line,
                option: name.to_owned(),
            });
        }
        for role in roles {
            if !value
                .trim_matches('"')
                .split(',')
                .any(|namespace| namespace == role.namespace())
            {
                let (role, namespace) = (role.name(), role.namespace());
                return Err(AllowedSignersError::Namespace { line, role, namespace });
            }
        }
    }
    openssh::parse(key).map_err(|error| AllowedSignersError::Key { line, error })
}

/// Finds the first space that no quotes enclose.
fn end_of_options(text: &str) -> Option<usize> {
    let mut quoted = false;
    text.find(|sign: char| {
        quoted ^= sign == '"';
        !quoted && sign.is_ascii_whitespace()
    })
}

fn split_outside_quotes(options: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    options.split(move |sign: char| {
        quoted ^= sign == '"';
        !quoted && sign == ','
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::SigningPair;

    #[test]
    fn what_is_printed_reads_back_by_role() {
        let [council, log, person] = [1, 2, 3].map(|seed| SigningPair::from_seed(seed).public());
        let text = format!(
            "# keys\n\n{}\n{}\n{}\n",
            print(Role::Council, &council),
            print(Role::Log, &log),
            print(Role::Person, &person)
        );
        let keys = parse(&text).unwrap();
        assert_eq!(keys.council_key(&council.id()), Some(&council));
        assert!(keys.is_log_key(&log) && !keys.is_log_key(&council));
        assert_eq!(keys.council_key(&log.id()), None);
        assert_eq!(keys.person_key(&person.id()), Some(&person));
        assert_eq!(keys.council_key(&person.id()), None);
    }

    #[test]
    fn a_root_of_trust_becomes_one_line_for_each_key_and_says_what_the_line_cannot() {
        use crate::digest::Digest;
        use crate::log_id::LogSeed;
        use crate::root::End;
        use crate::testing::root::{first_root, grant, holding};

        let [signer, council, log] = [1, 2, 3].map(SigningPair::from_seed);
        let [one, other] = [4, 5].map(|seed| LogId::derive(&log.public(), &LogSeed::from_bytes([seed; 16])));
        let mut root = first_root(&[(&signer, "carol")], 1);
        root.keys.extend([holding(&council, "host"), holding(&log, "host")]);
        let end = End {
            size: 18,
            root: Digest::of(b"root"),
        };
        let within = |log, to| Reach::Within { log, from: 0, to };
        root.grants.push(grant(&council, Role::Council, within(one, Some(end))));
        root.grants.push(grant(&council, Role::Council, within(other, None)));
        root.grants.push(grant(&log, Role::Log, Reach::All));
        let text = of_root(&root, None);
        assert!(
            text.contains(&format!("council@{one}.assize,council@{other}.assize namespaces=")),
            "{text}"
        );
        assert!(text.contains("log@assize namespaces=\"git\""), "{text}");
        assert!(text.contains("from entry 0 to 17"), "{text}");
        let read = parse(&text).unwrap();
        assert!(read.council_key(&council.public().id()).is_some() && read.is_log_key(&log.public()));
        // Who only signs versions of the root signs nothing that ssh-keygen looks at.
        assert_eq!(read.person_key(&signer.public().id()), None);
        let of_other = of_root(&root, Some(other));
        assert!(
            !of_other.contains(&one.to_string()) && of_other.contains(&other.to_string()),
            "{of_other}"
        );
    }

    #[test]
    fn other_signers_are_passed_over() {
        let key = openssh::print(&SigningPair::from_seed(1).public());
        for line in [
            format!("alice@example.org {key}"),
            "bob@example.org ssh-rsa AAAA".to_owned(),
            format!("catalog@example.org,logger@x valid-before=\"20260101\" {key}"),
        ] {
            assert_eq!(parse(&line), Ok(TrustedKeys::new()), "{line}");
        }
    }

    #[test]
    fn one_line_may_name_both_roles() {
        let key = SigningPair::from_seed(1).public();
        let line = format!(
            "council@a,log@a namespaces=\"git,assize-entry@v1\" {}",
            openssh::print(&key)
        );
        let keys = parse(&line).unwrap();
        assert!(keys.is_log_key(&key) && keys.council_key(&key.id()).is_some());
        assert_eq!(parse(&format!("council@a,log@a {}", openssh::print(&key))), Ok(keys));
    }

    #[test]
    fn what_would_be_ignored_is_refused() {
        let key = openssh::print(&SigningPair::from_seed(1).public());
        let error = |line: &str| parse(line).unwrap_err();
        let option = |option: &str| AllowedSignersError::Option {
            line: 1,
            option: option.to_owned(),
        };
        assert_eq!(
            error(&format!("log@a valid-before=\"20260101\" {key}")),
            option("valid-before")
        );
        assert_eq!(
            error(&format!("log@a namespaces=\"git\",cert-authority {key}")),
            option("cert-authority")
        );
        assert!(matches!(
            error(&format!("log@a namespaces=\"file\" {key}")),
            AllowedSignersError::Namespace { .. }
        ));
        assert!(matches!(
            error("log@a ssh-ed25519 AAAA"),
            AllowedSignersError::Key { line: 1, .. }
        ));
        assert_eq!(error("# x\nlog@a"), AllowedSignersError::Line(2));
        assert_eq!(error("log@a namespaces=\"git"), AllowedSignersError::Line(1));
    }
}
