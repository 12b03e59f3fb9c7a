//! Keys as `git` and `ssh-keygen -Y verify` read them: the ALLOWED SIGNERS file of ssh-keygen(1).
//!
//! The role is what stands before the `@` of a principal: `council@assize`, `log@assize`, `person@assize`. Validity by wall clock
//! (`valid-after`, `valid-before`) and certificate authorities are refused rather than ignored.

use super::openssh::{self, KEY_TYPE, OpenSshError};
use super::{PublicKey, Role, TrustedKeys};

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
