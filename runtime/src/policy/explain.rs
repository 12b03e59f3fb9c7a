//! "May this agent do this, and by which line?"

use super::Policy;
use super::access::{self, Context, Decision, Reason, Resource};
use super::environment::Source;
use super::http::METHODS;
use super::permission::Permission;
use super::place::Place;
use super::subject::Subject;
use crate::written::language::nearest::nearest;
use crate::written::language::problems::listed;

/// What can be asked about besides permissions: powers that have no host function of their own.
const OTHERS: [&str; 3] = ["http", "environment", "secrets"];

/// One question.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// A permission by its own or its original name, or `http`, `environment` or `secrets`.
    pub what: &'a str,
    /// What it is used on, word by word: a path, two paths for a rename, a command, a type of tasks; a method and an address;
    /// a variable; a secret.
    pub on: &'a [String],
    /// How many tasks the agent holds already.
    pub claimed_tasks: u64,
    /// Whether another agent holds the task.
    pub is_anothers: bool,
}

/// The line of a policy that decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecidingLine {
    /// The table that it belongs to, such as `[roles.developer.files]`.
    pub table: String,
    /// What stands there.
    pub item: String,
    /// The line, counted from 1.
    pub line: usize,
}

/// The answer to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Whether it may be done.
    pub granted: bool,
    /// What was asked about, by its own name.
    pub what: String,
    /// The permission, where it is one.
    pub permission: Option<Permission>,
    /// Why, or why not.
    pub reason: String,
    /// The lines that decided.
    pub lines: Vec<DecidingLine>,
    /// What would have to change so that it is granted.
    pub needs: Option<String>,
}

/// Why a question has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuestionError {
    /// Nothing is called so.
    #[error("`{what}` is no permission")]
    Unknown {
        /// What was asked about.
        what: String,
        /// What to do.
        advice: String,
    },
    /// The words after it do not fit.
    #[error("`{what}` is not used on that")]
    Unfit {
        /// What was asked about.
        what: String,
        /// What to do.
        advice: String,
    },
}

/// Answers a question about somebody.
///
/// # Errors
///
/// When the question names nothing that exists, or the words after it do not fit.
pub fn explain(policy: &Policy, subject: &Subject<'_>, question: Question<'_>) -> Result<Answer, QuestionError> {
    let file = policy.file_name();
    match question.what {
        "http" => http(file, subject, question.on),
        "environment" => environment(file, subject, question.on),
        "secrets" => secrets(file, subject, question.on),
        name => {
            let permission = Permission::named(name)
                .or_else(|| Permission::named_elsewhere(name))
                .ok_or_else(|| unknown(name))?;
            let words: Vec<&str> = question.on.iter().map(String::as_str).collect();
            let context = Context {
                resource: resource(permission, &words, question.is_anothers)?,
                claimed_tasks: question.claimed_tasks,
            };
            Ok(decided(
                file,
                subject,
                permission,
                access::check(subject.role, permission, &context),
            ))
        }
    }
}

fn unknown(name: &str) -> QuestionError {
    let known = Permission::ALL.iter().flat_map(|permission| {
        let own = std::iter::once(permission.name());
        own.chain(permission.other_names().iter().copied())
    });
    QuestionError::Unknown {
        what: name.to_owned(),
        advice: match nearest(name, known.chain(OTHERS)) {
            Some(known) => format!("did you mean `{known}`?"),
            None => "a function without a permission is refused to everybody; the permissions stand in \
                     policies/REFERENCE.md, and `http`, `environment` and `secrets` can be asked about too"
                .to_owned(),
        },
    }
}

/// Reads what a permission is used on.
fn resource<'a>(
    permission: Permission,
    words: &'a [&'a str],
    is_anothers: bool,
) -> Result<Resource<'a>, QuestionError> {
    use super::permission::Interface;
    let unfit = |advice: &str| {
        Err(QuestionError::Unfit {
            what: permission.name().to_owned(),
            advice: advice.to_owned(),
        })
    };
    let is_plain = |path: &&str| path.is_empty() || path.split('/').all(|part| !matches!(part, "" | "." | ".."));
    if permission.interface() == Interface::Workspace && !words.iter().all(is_plain) {
        return unfit("write the path from the top of the agent's folder, without `.` and `..` parts");
    }
    match (permission, permission.interface(), words) {
        (Permission::ProcessRun, _, command) if !command.is_empty() => Ok(Resource::Command(command)),
        (Permission::TasksClaim | Permission::TasksAssign, _, []) if is_anothers => Ok(Resource::Task {
            task_type: None,
            is_anothers,
        }),
        (_, _, []) => Ok(Resource::Unnamed),
        (Permission::WorkspaceRename, _, [from, to]) => Ok(Resource::Rename { from, to }),
        (_, Interface::Workspace, [path]) => Ok(Resource::Path(path)),
        (_, Interface::Workspace, _) => unfit("name one path, or two for workspace.rename"),
        (Permission::TasksClaim | Permission::TasksAssign, _, [task_type]) => Ok(Resource::Task {
            task_type: Some(task_type),
            is_anothers,
        }),
        (_, Interface::Tasks, _) => unfit("name one type of tasks, and that for tasks.claim"),
        _ => unfit("leave out what stands behind it: nothing in a policy narrows it"),
    }
}

/// Puts the decision about a permission into words.
fn decided(file: &str, subject: &Subject<'_>, permission: Permission, decision: Decision<'_>) -> Answer {
    let table = |place: &Place, inner: &str| DecidingLine {
        table: format!("[roles.{}{inner}]", place.role),
        item: place.item.clone(),
        line: place.line,
    };
    let inner = match permission.name().split('.').next() {
        Some("workspace") => ".files",
        Some("process") => ".process",
        _ => ".tasks",
    };
    let lines = match decision.reason {
        Reason::Allowed(place) => vec![table(place, "")],
        Reason::Denied(place) => vec![table(place, "")],
        Reason::Opened { allowed, opened } => vec![table(allowed, ""), table(opened, inner)],
        Reason::KeepsOwners(place) => vec![table(place, inner)],
        _ => Vec::new(),
    };
    Answer {
        granted: decision.granted,
        what: permission.name().to_owned(),
        permission: Some(permission),
        reason: decision.reason.to_string(),
        lines,
        needs: needs(file, subject, permission, &decision.reason),
    }
}

fn needs(file: &str, subject: &Subject<'_>, permission: Permission, reason: &Reason<'_>) -> Option<String> {
    let role = subject.role;
    match reason {
        Reason::NotAllowed(_) | Reason::Denied(_) => Some(super::grant::needs(role, file, permission)),
        Reason::Closed { list, .. } => Some(format!(
            "add a pattern to `{list}` of [roles.{}.files] ({file}:{}); `.git` and `.assize` match no wildcard",
            role.name, role.line
        )),
        Reason::OtherCommand => Some(format!(
            "add the command to `allow` of [roles.{}.process] ({file}:{})",
            role.name, role.line
        )),
        Reason::TooManyTasks { .. } => Some(format!(
            "raise `claimed_tasks` of [roles.{}.limits] ({file}:{})",
            role.name, role.line
        )),
        Reason::OtherType(_) => Some(format!(
            "add the type to `types` of [roles.{}.tasks] ({file}:{})",
            role.name, role.line
        )),
        Reason::KeepsOwners(place) => Some(format!(
            "take `{}` out of [roles.{}.tasks] ({file}:{})",
            place.item, place.role, place.line
        )),
        _ => None,
    }
}

/// Makes the answer about a power without a permission.
fn other(what: &str, found: Option<(&Place, String)>, refused: String, needs: String) -> Answer {
    let table = if what == "environment" {
        "[roles.{}.environment]"
    } else {
        "[[roles.{}.WHAT]]"
    };
    Answer {
        granted: found.is_some(),
        what: what.to_owned(),
        permission: None,
        reason: match &found {
            Some((place, text)) => format!("[roles.{}] has {text}", place.role),
            None => refused,
        },
        needs: found.is_none().then_some(needs),
        lines: found
            .into_iter()
            .map(|(place, item)| DecidingLine {
                table: table.replace("{}", &place.role).replace("WHAT", what),
                item,
                line: place.line,
            })
            .collect(),
    }
}

fn http(file: &str, subject: &Subject<'_>, on: &[String]) -> Result<Answer, QuestionError> {
    let unfit = |advice: String| QuestionError::Unfit {
        what: "http".to_owned(),
        advice,
    };
    let [method, address] = on else {
        return Err(unfit(
            "name a method and an address: http GET https://api.example.com/path".to_owned(),
        ));
    };
    if !METHODS.contains(&method.as_str()) {
        return Err(unfit(format!("the methods are {}", listed(METHODS))));
    }
    let after_scheme = address.find("://").map_or(0, |at| at.saturating_add(3));
    let end = address
        .char_indices()
        .find(|(at, sign)| *at >= after_scheme && matches!(sign, '/' | '?' | '#'))
        .map_or(address.len(), |(at, _)| at);
    let (origin, rest) = address.split_at_checked(end).unwrap_or((address, ""));
    let path = rest
        .split(['?', '#'])
        .next()
        .filter(|path| !path.is_empty())
        .unwrap_or("/");
    if !super::http::is_origin(origin) || !super::http::is_path_prefix(path) {
        return Err(unfit(
            "write the address as it is sent: a scheme, a host in lower case, and a path without anything left to resolve"
                .to_owned(),
        ));
    }
    let found = subject.role.http.iter().find(|grant| grant.opens(origin, method, path));
    Ok(other(
        "http",
        found.map(|grant| (&grant.place, grant.to_string())),
        format!("no `http` of the role opens {method} {origin}{path}"),
        format!(
            "add [[roles.{}.http]] for it ({file}:{})",
            subject.role.name, subject.role.line
        ),
    ))
}

fn environment(file: &str, subject: &Subject<'_>, on: &[String]) -> Result<Answer, QuestionError> {
    let [name] = on else {
        return Err(QuestionError::Unfit {
            what: "environment".to_owned(),
            advice: "name one variable".to_owned(),
        });
    };
    let found = subject.role.environment.get(name);
    Ok(other(
        "environment",
        found.map(|variable| {
            let text = match &variable.source {
                Source::Inherited => format!("allow \"{name}\""),
                Source::Set(value) => format!("set {name} = {value:?}"),
            };
            (&variable.place, text)
        }),
        format!("no line of the role shows the variable `{name}`"),
        format!(
            "add it to `allow` or `set` of [roles.{}.environment] ({file}:{})",
            subject.role.name, subject.role.line
        ),
    ))
}

fn secrets(file: &str, subject: &Subject<'_>, on: &[String]) -> Result<Answer, QuestionError> {
    let (name, origin) = match on {
        [name] => (name, None),
        [name, origin] => (name, Some(origin)),
        _ => {
            return Err(QuestionError::Unfit {
                what: "secrets".to_owned(),
                advice: "name one secret, and where it is sent to if you like".to_owned(),
            });
        }
    };
    let fits = |origin: Option<&String>, grant: &super::secrets::SecretGrant| {
        grant.name == *name && origin.is_none_or(|origin| grant.origin == *origin)
    };
    let found = subject.role.secrets.iter().find(|grant| fits(origin, grant));
    Ok(other(
        "secrets",
        found.map(|grant| (&grant.place, grant.to_string())),
        format!("no line of the role uses the secret `{name}` so"),
        format!(
            "add [[roles.{}.secrets]] for it ({file}:{})",
            subject.role.name, subject.role.line
        ),
    ))
}
