//! The rules for what a role opens outside of the sandbox: files, requests, commands, variables, secrets, tasks; and how
//! these are inherited.

mod outside;

use super::lines::Lines;
use super::{check_distinct, check_name};
use crate::policy::authored::{RoleText, Text};
use crate::policy::code::Code;
use crate::policy::environment::{Environment, Source, Variable, is_own, is_variable};
use crate::policy::files::{FileGrant, FileGrants};
use crate::policy::http::HttpGrant;
use crate::policy::place::Place;
use crate::policy::process::{CommandGrant, SystemGrant};
use crate::policy::secrets::SecretGrant;
use crate::policy::tasks::TaskTerms;
use crate::written::language::problems::{Problems, quoted};
use assize_provenance::pattern::PathPattern;
use std::collections::{BTreeMap, BTreeSet};

/// How many patterns, commands or variables a role may have of one kind, with those it inherits.
const GRANTS_MAX: usize = 256;

/// Everything that a role opens, with what it inherits.
pub(super) struct Powers {
    read: Vec<FileGrant>,
    write: Vec<FileGrant>,
    pub(super) http: Vec<HttpGrant>,
    pub(super) commands: Vec<CommandGrant>,
    pub(super) system: Vec<SystemGrant>,
    variables: BTreeMap<String, Variable>,
    pub(super) secrets: Vec<SecretGrant>,
    pub(super) tasks: TaskTerms,
}

impl Powers {
    /// Returns the files that are open.
    pub(super) fn to_files(&self) -> FileGrants {
        FileGrants::new(self.read.clone(), self.write.clone())
    }

    /// Returns the variables that are seen.
    pub(super) fn to_environment(&self) -> Environment {
        Environment::new(self.variables.clone())
    }
}

/// The role at hand, for the rules that say where something stands.
struct Site<'a> {
    role: &'a RoleText,
    lines: &'a Lines,
}

impl Site<'_> {
    /// Returns the place of an item of the role.
    fn place(&self, item: &str, position: usize) -> Place {
        Place {
            role: self.role.name.get_ref().clone(),
            item: item.to_owned(),
            line: self.lines.line_of(position),
        }
    }
}

/// Checks what a role opens itself and adds what it inherits. Lists grow; of variables and tasks the role's own word holds.
pub(super) fn resolve(role: &RoleText, inherited: &[&Powers], lines: &Lines, problems: &mut Problems<'_>) -> Powers {
    let site = Site { role, lines };
    let mut powers = Powers {
        read: own_patterns(&site, "read", &role.files.read, problems),
        write: own_patterns(&site, "write", &role.files.write, problems),
        http: outside::own_http(&site, problems),
        commands: outside::own_commands(&site, problems),
        system: outside::own_system(&site, problems),
        variables: own_variables(&site, problems),
        secrets: outside::own_secrets(&site, problems),
        tasks: own_tasks(&site, inherited, problems),
    };
    check_writable(&role.files.write, problems);
    let pattern = |grant: &FileGrant| grant.pattern.to_string();
    inherit(
        &site,
        "read",
        &mut powers.read,
        inherited.iter().map(|parent| &parent.read),
        pattern,
        problems,
    );
    inherit(
        &site,
        "write",
        &mut powers.write,
        inherited.iter().map(|parent| &parent.write),
        pattern,
        problems,
    );
    let parents = inherited.iter().map(|parent| &parent.http);
    inherit(&site, "http", &mut powers.http, parents, ToString::to_string, problems);
    let parents = inherited.iter().map(|parent| &parent.commands);
    inherit(
        &site,
        "process",
        &mut powers.commands,
        parents,
        ToString::to_string,
        problems,
    );
    let parents = inherited.iter().map(|parent| &parent.system);
    inherit(
        &site,
        "system",
        &mut powers.system,
        parents,
        ToString::to_string,
        problems,
    );
    let parents = inherited.iter().map(|parent| &parent.secrets);
    inherit(
        &site,
        "secrets",
        &mut powers.secrets,
        parents,
        ToString::to_string,
        problems,
    );
    inherit_variables(&site, &mut powers.variables, inherited, problems);
    outside::check_secrets_reach(&site, &powers, problems);
    powers
}

/// Adds what is inherited, once, and checks that the list stays within its limit (P011).
fn inherit<'p, T: Clone + 'p>(
    site: &Site<'_>,
    key: &str,
    own: &mut Vec<T>,
    inherited: impl Iterator<Item = &'p Vec<T>>,
    text: impl Fn(&T) -> String,
    problems: &mut Problems<'_>,
) {
    let mut seen: BTreeSet<String> = own.iter().map(&text).collect();
    for item in inherited.flatten() {
        if seen.insert(text(item)) {
            own.push(item.clone());
        }
    }
    check_size(site, key, own.len(), problems);
    own.truncate(GRANTS_MAX);
}

/// Checks that a list stays within its limit together with what is inherited (P011).
fn check_size(site: &Site<'_>, key: &str, size: usize, problems: &mut Problems<'_>) {
    if size > GRANTS_MAX {
        let role = quoted(site.role.name.get_ref());
        problems
            .report(
                Code::TooMany,
                format!("with all it inherits, the role {role} has {size} items in `{key}`, more than {GRANTS_MAX}"),
            )
            .at(site.role.name.span(), "");
    }
}

/// Reads the file patterns of one list (P305).
fn own_patterns(site: &Site<'_>, key: &str, items: &[Text], problems: &mut Problems<'_>) -> Vec<FileGrant> {
    check_distinct(key, items, problems);
    let mut grants = Vec::new();
    for item in items {
        match PathPattern::parse(item.get_ref()) {
            Ok(pattern) => grants.push(FileGrant {
                pattern,
                place: site.place(item.get_ref(), item.span().start),
            }),
            Err(error) => {
                problems
                    .report(Code::MalformedPattern, error.to_string())
                    .at(item.span(), "")
                    .hint("write paths from the top of the agent's folder, such as `docs/**` or `*.md`");
            }
        }
    }
    grants
}

/// Checks that nobody may write a repository's inside (P104).
fn check_writable(items: &[Text], problems: &mut Problems<'_>) {
    for item in items {
        if PathPattern::parse(item.get_ref()).is_ok_and(|pattern| pattern.names_repository()) {
            problems
                .report(
                    Code::RepositoryWritten,
                    format!(
                        "`write` names `.git`, the inside of a repository: {}",
                        quoted(item.get_ref())
                    ),
                )
                .at(item.span(), "")
                .hint("remove it: whoever writes there runs commands on this machine at the next use of git");
        }
    }
}

/// Reads the variables that a role allows and sets itself (P013, P109, P110).
fn own_variables(site: &Site<'_>, problems: &mut Problems<'_>) -> BTreeMap<String, Variable> {
    let text = &site.role.environment;
    check_distinct("allow", &text.allow, problems);
    let mut variables = BTreeMap::new();
    for name in &text.allow {
        check_variable(name, problems);
        let place = site.place(name.get_ref(), name.span().start);
        let source = Source::Inherited;
        variables.insert(name.get_ref().clone(), Variable { source, place });
    }
    for (name, value) in &text.set {
        check_variable(name, problems);
        if value.get_ref().chars().any(char::is_control) {
            problems
                .report(
                    Code::MalformedVariable,
                    format!("the value of {} has control characters", quoted(name.get_ref())),
                )
                .at(value.span(), "")
                .hint("write one line of plain text");
        }
        if let Some(allowed) = text.allow.iter().find(|allowed| allowed.get_ref() == name.get_ref()) {
            problems
                .report(
                    Code::VariableTwice,
                    format!("{} is both passed on and set", quoted(name.get_ref())),
                )
                .at(name.span(), "set here")
                .at(allowed.span(), "passed on here")
                .hint("remove one of the two");
        }
        let place = site.place(name.get_ref(), name.span().start);
        let source = Source::Set(value.get_ref().clone());
        variables.insert(name.get_ref().clone(), Variable { source, place });
    }
    variables
}

/// Checks the name of a variable (P109, P116).
fn check_variable(name: &Text, problems: &mut Problems<'_>) {
    if !is_variable(name.get_ref()) {
        problems
            .report(
                Code::MalformedVariable,
                format!("{} cannot be the name of a variable", quoted(name.get_ref())),
            )
            .at(name.span(), "")
            .hint("use 1 to 64 letters, digits and underscores, and no digit first");
    } else if is_own(name.get_ref()) {
        problems
            .report(
                Code::OwnVariable,
                format!(
                    "{} is a variable of Assize, which no plugin sees",
                    quoted(name.get_ref())
                ),
            )
            .at(name.span(), "")
            .hint("for a secret, write [[roles.NAME.secrets]]: it enters a request after that has left the plugin");
    }
}

/// Adds the inherited variables that the role does not speak of itself, and checks that they agree (P110).
fn inherit_variables(
    site: &Site<'_>,
    own: &mut BTreeMap<String, Variable>,
    inherited: &[&Powers],
    problems: &mut Problems<'_>,
) {
    let mut taken: BTreeMap<&String, &Variable> = BTreeMap::new();
    for (name, variable) in inherited.iter().flat_map(|parent| &parent.variables) {
        if own.contains_key(name) {
            continue;
        }
        match taken.get(name) {
            Some(other) if other.source != variable.source => {
                let (one, two) = (&other.place, &variable.place);
                problems
                    .report(
                        Code::VariableTwice,
                        format!(
                            "{} comes in two ways: from [roles.{}] in line {} and from [roles.{}] in line {}",
                            quoted(name),
                            one.role,
                            one.line,
                            two.role,
                            two.line
                        ),
                    )
                    .at(site.role.name.span(), "both are inherited here")
                    .hint("let this role allow or set it itself");
            }
            Some(_) => {}
            None => {
                taken.insert(name, variable);
            }
        }
    }
    let taken: Vec<_> = taken
        .into_iter()
        .map(|(name, variable)| (name.clone(), variable.clone()))
        .collect();
    own.extend(taken);
    check_size(site, "environment", own.len(), problems);
}

/// Works out which tasks a role takes: as it says itself, else as strictly as any that it inherits (P010, P013, P107).
fn own_tasks(site: &Site<'_>, inherited: &[&Powers], problems: &mut Problems<'_>) -> TaskTerms {
    let text = &site.role.tasks;
    let mut terms = inherited
        .iter()
        .fold(TaskTerms::default(), |terms, parent| terms.attenuate(&parent.tasks));
    if let Some(types) = &text.types {
        check_distinct("types", types, problems);
        if types.is_empty() {
            problems
                .report(Code::EmptyGrant, "`types` is empty, so no task could be taken")
                .at_section(text.types_key.as_ref())
                .hint("name types such as `test`, or remove the line to take every type");
        }
        let mut own = BTreeMap::new();
        for name in types {
            check_name("type of tasks", name, problems);
            own.insert(name.get_ref().clone(), site.place(name.get_ref(), name.span().start));
        }
        terms.types = Some(own);
    }
    if let Some(can_reassign) = &text.can_reassign {
        let place = site.place("can_reassign = false", can_reassign.span().start);
        terms.keeps_owners = (!can_reassign.get_ref()).then_some(place);
    }
    terms
}
