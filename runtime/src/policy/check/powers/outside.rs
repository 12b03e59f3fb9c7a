//! The rules for what leaves the sandbox: requests, the secrets in them, and commands.

use super::{Powers, Site};
use crate::policy::authored::{CommandText, HttpText, SecretText, Text};
use crate::policy::check::{check_distinct, check_name};
use crate::policy::code::Code;
use crate::policy::http::{HttpGrant, METHODS, is_origin, is_path_prefix};
use crate::policy::network::Network;
use crate::policy::process::{Argument, CommandGrant, Confinement, SystemGrant, is_system_folder};
use crate::policy::secrets::{SecretGrant, SecretPlace};
use crate::written::language::nearest::nearest;
use crate::written::language::problems::{Problems, listed, quoted};
use std::collections::BTreeMap;
use std::ops::Range;

/// The longest name of a header, parameter or field, in bytes.
const TARGET_BYTES_MAX: usize = 64;

/// Reads the requests that a role allows itself.
pub(super) fn own_http(site: &Site<'_>, problems: &mut Problems<'_>) -> Vec<HttpGrant> {
    let mut grants = Vec::new();
    for text in &site.role.http {
        if let Some(grant) = http(site, text, problems) {
            grants.push((grant, text.place.clone()));
        }
    }
    distinct("http", grants, problems)
}

/// Reads one table of requests (P106, P107, P114).
fn http(site: &Site<'_>, text: &HttpText, problems: &mut Problems<'_>) -> Option<HttpGrant> {
    let origin = text.origin.as_ref().map(|origin| check_origin(origin, problems));
    let methods = text.methods.as_ref().map(|methods| {
        check_distinct("methods", methods, problems);
        check_not_empty("methods", methods, &text.place, problems);
        methods
            .iter()
            .filter_map(|method| known_method(method, problems))
            .collect()
    });
    let prefix = text.path_prefix.as_ref();
    if let Some(prefix) = prefix.filter(|prefix| !is_path_prefix(prefix.get_ref())) {
        problems
            .report(
                Code::MalformedPrefix,
                format!("{} cannot be a path prefix", quoted(prefix.get_ref())),
            )
            .at(prefix.span(), "")
            .hint("write an absolute path such as `/repos/`, without `..`, `//`, escaped dots or slashes, `?` and `#`");
    }
    let networks = networks(&text.networks, problems);
    let (origin, mut methods): (Option<String>, Option<Vec<&str>>) = (origin, methods);
    if let Some(methods) = &mut methods {
        methods.sort_unstable();
    }
    let (origin, methods) = (origin?, methods?);
    Some(HttpGrant {
        place: site.place(&origin, text.place.start),
        origin,
        methods,
        path_prefix: prefix.map_or_else(|| "/".to_owned(), |prefix| prefix.get_ref().clone()),
        networks,
    })
}

/// Reads the networks into which a name may lead (P013, P114).
fn networks(texts: &[Text], problems: &mut Problems<'_>) -> Vec<Network> {
    check_distinct("networks", texts, problems);
    let mut networks = Vec::new();
    for text in texts {
        match Network::parse(text.get_ref()) {
            Some(network) => networks.push(network),
            None => {
                problems
                    .report(
                        Code::MalformedNetwork,
                        format!("{} is no network that a policy may name", quoted(text.get_ref())),
                    )
                    .at(text.span(), "")
                    .hint("write the lowest address and the prefix, at least `/8`, such as `10.1.0.0/16` or `fd12:3456::/32`");
            }
        }
    }
    networks.sort_unstable();
    networks.dedup();
    networks
}

/// Checks an origin (P105).
fn check_origin(origin: &Text, problems: &mut Problems<'_>) -> String {
    let text = origin.get_ref();
    if !is_origin(text) {
        problems
            .report(Code::MalformedOrigin, format!("{} is no origin", quoted(text)))
            .at(origin.span(), "")
            .hint(if text.starts_with("http://") {
                "use `https://`; `http://` is for `localhost`, `127.0.0.1` and `[::1]`"
            } else {
                "write `https://` and the host in lower case, with the port only where it is not 443, and nothing behind it"
            });
    }
    text.clone()
}

/// Finds a method (P012).
fn known_method(method: &Text, problems: &mut Problems<'_>) -> Option<&'static str> {
    let known = METHODS.into_iter().find(|known| known == method.get_ref());
    if known.is_none() {
        problems
            .report(Code::UnknownWord, format!("{} is no method", quoted(method.get_ref())))
            .at(method.span(), "")
            .mean(
                nearest(&method.get_ref().to_ascii_uppercase(), METHODS),
                format!("use one of {}", listed(METHODS)),
            );
    }
    known
}

/// Checks that a list has items (P107).
fn check_not_empty(key: &str, items: &[Text], place: &Range<usize>, problems: &mut Problems<'_>) {
    if items.is_empty() {
        problems
            .report(
                Code::EmptyGrant,
                format!("`{key}` is empty, so nothing is granted here"),
            )
            .at(place.clone(), "")
            .hint("name what is meant, or remove the table");
    }
}

/// Reads the commands that a role allows itself (P107, P108).
pub(super) fn own_commands(site: &Site<'_>, problems: &mut Problems<'_>) -> Vec<CommandGrant> {
    let mut grants = Vec::new();
    for command in &site.role.process.commands {
        if command.words.is_empty() {
            problems
                .report(Code::EmptyGrant, "a command is empty, so nothing is granted here")
                .at(command.place.clone(), "")
                .hint("name a program and its arguments, such as [\"cargo\", \"test\", \"**\"]");
        }
        let grant = CommandGrant {
            arguments: arguments(&command.words, problems),
            confinement: confinement(command),
            place: site.place("", command.place.start),
        };
        let mut shown = grant;
        shown.place.item = shown.to_string();
        grants.push((shown, command.place.clone()));
    }
    distinct("allow", grants, problems)
}

/// Reads how far a command is let out.
fn confinement(command: &CommandText) -> Confinement {
    let is_set = |flag: &Option<toml::Spanned<bool>>| flag.as_ref().is_some_and(|flag| *flag.get_ref());
    if is_set(&command.unconfined) {
        Confinement::None
    } else if is_set(&command.network) {
        Confinement::Network
    } else {
        Confinement::Full
    }
}

/// Reads the folders of the system that a role opens to its commands itself (P013, P115).
pub(super) fn own_system(site: &Site<'_>, problems: &mut Problems<'_>) -> Vec<SystemGrant> {
    let mut grants = Vec::new();
    for folder in &site.role.process.system {
        let text = folder.get_ref();
        if !is_system_folder(text) {
            problems
                .report(
                    Code::SystemFolder,
                    format!("{} cannot be opened to commands", quoted(text)),
                )
                .at(folder.span(), "")
                .hint("name one toolchain's own folder, such as `/opt/toolchain` or `~/.cargo/bin`, without `..` and a slash at the end");
        }
        let grant = SystemGrant {
            path: text.clone(),
            place: site.place(text, folder.span().start),
        };
        grants.push((grant, folder.span()));
    }
    distinct("system", grants, problems)
}

/// Reads the arguments of one command (P108).
fn arguments(words: &[Text], problems: &mut Problems<'_>) -> Vec<Argument> {
    let mut arguments = Vec::new();
    for (position, word) in words.iter().enumerate() {
        let text = word.get_ref().as_str();
        let is_first = position == 0;
        let is_last = position.saturating_add(1) == words.len();
        let wrong = match text {
            "*" | "**" if is_first => Some("a command starts with a program's name"),
            "**" if !is_last => Some("`**` stands last: it takes all arguments that follow"),
            "*" | "**" => None,
            "" if is_first => Some("a program has a name"),
            _ if text.contains('*') => Some("a star stands alone"),
            _ if text.chars().any(char::is_control) => Some("an argument has no control characters"),
            _ => None,
        };
        if let Some(wrong) = wrong {
            problems
                .report(Code::MalformedCommand, format!("{} cannot stand here", quoted(text)))
                .at(word.span(), wrong)
                .hint("write a command like [\"cargo\", \"test\", \"**\"]; no shell reads it");
        }
        arguments.push(match text {
            "*" => Argument::AnyOne,
            "**" => Argument::AnyRest,
            text => Argument::Text(text.to_owned()),
        });
    }
    arguments
}

/// Reads the secrets that a role uses itself (P010, P105, P111, P112).
pub(super) fn own_secrets(site: &Site<'_>, problems: &mut Problems<'_>) -> Vec<SecretGrant> {
    let mut grants = Vec::new();
    for text in &site.role.secrets {
        if let Some(name) = &text.name {
            check_name("secret", name, problems);
        }
        let origin = text.origin.as_ref().map(|origin| check_origin(origin, problems));
        let target = target(text, problems);
        if let (Some(name), Some(origin), Some(target)) = (&text.name, origin, target) {
            let grant = SecretGrant {
                name: name.get_ref().clone(),
                origin,
                target,
                place: site.place(name.get_ref(), text.place.start),
            };
            grants.push((grant, text.place.clone()));
        }
    }
    distinct("secrets", grants, problems)
}

/// Reads where in a request a secret goes (P111, P112).
fn target(text: &SecretText, problems: &mut Problems<'_>) -> Option<SecretPlace> {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    for (_, name) in &text.targets {
        let name_text = name.get_ref();
        if !(1..=TARGET_BYTES_MAX).contains(&name_text.len()) || !name_text.bytes().all(is_letter) {
            problems
                .report(
                    Code::MalformedTarget,
                    format!("{} cannot be the place of a secret", quoted(name_text)),
                )
                .at(name.span(), "")
                .hint("use 1 to 64 letters, digits, dots, hyphens and underscores");
        }
    }
    match text.targets.as_slice() {
        [("header", name)] => Some(SecretPlace::Header(name.get_ref().clone())),
        [("query", name)] => Some(SecretPlace::Query(name.get_ref().clone())),
        [(_, name)] => Some(SecretPlace::Field(name.get_ref().clone())),
        [] if text.is_whole => {
            problems
                .report(Code::SecretTarget, "nothing says where in a request the secret goes")
                .at(text.place.clone(), "")
                .hint("add a line like `header = \"authorization\"`");
            None
        }
        [] => None,
        several => {
            let mut problem = problems.report(Code::SecretTarget, "a secret goes to one place of a request only");
            for (key, name) in several {
                problem = problem.at(name.span(), format!("to this {key}"));
            }
            problem.hint("keep one of them; a second place is a second [[roles.NAME.secrets]]");
            None
        }
    }
}

/// Checks that requests to a secret's origin are open (P113).
pub(super) fn check_secrets_reach(site: &Site<'_>, powers: &Powers, problems: &mut Problems<'_>) {
    for text in &site.role.secrets {
        let Some(origin) = text.origin.as_ref().filter(|origin| is_origin(origin.get_ref())) else {
            continue;
        };
        if !powers.http.iter().any(|grant| grant.origin == *origin.get_ref()) {
            problems
                .report(
                    Code::SecretWithoutRequest,
                    format!("no request of this role goes to {}", quoted(origin.get_ref())),
                )
                .at(origin.span(), "so the secret would go nowhere")
                .hint(format!(
                    "add [[roles.{}.http]] for this origin, or remove the secret",
                    site.role.name.get_ref()
                ));
        }
    }
}

/// Checks that no list says the same twice (P013), and drops the places.
fn distinct<T: ToString>(key: &str, grants: Vec<(T, Range<usize>)>, problems: &mut Problems<'_>) -> Vec<T> {
    let mut seen: BTreeMap<String, Range<usize>> = BTreeMap::new();
    let mut kept = Vec::new();
    for (grant, place) in grants {
        let text = grant.to_string();
        if let Some(first) = seen.get(&text) {
            problems
                .report(Code::Repeated, format!("`{key}` says {} twice", quoted(&text)))
                .at(place, "again here")
                .at(first.clone(), "first here")
                .hint("remove one of the two");
        } else {
            seen.insert(text, place);
            kept.push(grant);
        }
    }
    kept
}
