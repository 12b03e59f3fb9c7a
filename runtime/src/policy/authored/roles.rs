//! `[roles.NAME]` and the tables in it.

use super::commands::read_commands;
use super::read::{ITEMS_MAX, owned, short};
use super::{EnvironmentText, FilesText, HttpText, ProcessText, RoleText, SecretText, TasksText, Text};
use crate::policy::limits::Limit;
use crate::written::language::problems::Problems;
use crate::written::language::section::{Keys, Section, text};

/// How many tables a role may have of `http`, and how many of `secrets`.
pub(super) const TABLES_MAX: usize = 64;

pub(super) const ROLE: Keys = Keys {
    known: &[
        "inherits",
        "allow",
        "deny",
        "limits",
        "files",
        "http",
        "process",
        "environment",
        "secrets",
        "tasks",
    ],
    later: &["models", "refs", "tools"],
};
pub(super) const LIMITS: Keys = Keys {
    known: &Limit::NAMES,
    later: &["cost_cents", "tokens", "tool_calls"],
};
pub(super) const FILES: Keys = Keys {
    known: &["read", "write"],
    later: &[],
};
pub(super) const HTTP: Keys = Keys {
    known: &["origin", "methods", "path_prefix", "networks"],
    later: &["request_mib", "response_mib"],
};
pub(super) const PROCESS: Keys = Keys {
    known: &["allow", "system"],
    later: &[],
};
pub(super) const ENVIRONMENT: Keys = Keys {
    known: &["allow", "set"],
    later: &[],
};
pub(super) const SECRET: Keys = Keys {
    known: &["name", "origin", "header", "query", "field"],
    later: &[],
};
pub(super) const TASKS: Keys = Keys {
    known: &["types", "can_reassign"],
    later: &[],
};

/// Reads `[roles.NAME]`.
pub(super) fn read_role(name: Text, section: &Section<'_>, problems: &mut Problems<'_>) -> RoleText {
    section.allow_only(&ROLE, problems);
    let inner = |key: &str| format!("[roles.{}.{key}]", short(name.get_ref()));
    let limits = section.section("limits", inner("limits"), problems);
    let files = section.section("files", inner("files"), problems);
    let process = section.section("process", inner("process"), problems);
    let environment = section.section("environment", inner("environment"), problems);
    let tasks = section.section("tasks", inner("tasks"), problems);
    RoleText {
        limits: limits
            .map(|section| read_limits(&section, problems))
            .unwrap_or_default(),
        files: files.map(|section| read_files(&section, problems)).unwrap_or_default(),
        http: section
            .tables("http", &format!("[{}]", inner("http")), TABLES_MAX, problems)
            .iter()
            .map(|section| read_http(section, problems))
            .collect(),
        process: process
            .map(|section| read_process(&section, problems))
            .unwrap_or_default(),
        environment: environment
            .map(|section| read_environment(&section, problems))
            .unwrap_or_default(),
        secrets: section
            .tables("secrets", &format!("[{}]", inner("secrets")), TABLES_MAX, problems)
            .iter()
            .map(|section| read_secret(section, problems))
            .collect(),
        tasks: tasks.map(|section| read_tasks(&section, problems)).unwrap_or_default(),
        inherits: section.texts("inherits", ITEMS_MAX, problems).unwrap_or_default(),
        allow: section.texts("allow", ITEMS_MAX, problems).unwrap_or_default(),
        deny: section.texts("deny", ITEMS_MAX, problems).unwrap_or_default(),
        name,
    }
}

fn read_limits(section: &Section<'_>, problems: &mut Problems<'_>) -> Vec<(Limit, u64)> {
    section.allow_only(&LIMITS, problems);
    let mut limits = Vec::new();
    for limit in Limit::ALL {
        if let Some(value) = section.number(limit.name(), 1..=limit.max(), problems) {
            limits.push((limit, value.into_inner()));
        }
    }
    limits
}

fn read_files(section: &Section<'_>, problems: &mut Problems<'_>) -> FilesText {
    section.allow_only(&FILES, problems);
    FilesText {
        read: section.texts("read", ITEMS_MAX, problems).unwrap_or_default(),
        write: section.texts("write", ITEMS_MAX, problems).unwrap_or_default(),
    }
}

fn read_http(section: &Section<'_>, problems: &mut Problems<'_>) -> HttpText {
    section.allow_only(&HTTP, problems);
    section.require("origin", "origin = \"https://api.example.com\"", problems);
    section.require("methods", "methods = [\"GET\"]", problems);
    let methods = section.key_place("methods");
    HttpText {
        place: section.place.clone().unwrap_or_default(),
        origin: section.text("origin", problems),
        methods: methods.and_then(|_| section.texts("methods", ITEMS_MAX, problems)),
        path_prefix: section.text("path_prefix", problems),
        networks: section.texts("networks", ITEMS_MAX, problems).unwrap_or_default(),
    }
}

fn read_process(section: &Section<'_>, problems: &mut Problems<'_>) -> ProcessText {
    section.allow_only(&PROCESS, problems);
    ProcessText {
        commands: read_commands(section, problems),
        system: section.texts("system", ITEMS_MAX, problems).unwrap_or_default(),
    }
}

fn read_environment(section: &Section<'_>, problems: &mut Problems<'_>) -> EnvironmentText {
    section.allow_only(&ENVIRONMENT, problems);
    let mut set = Vec::new();
    let title = format!("`set` of {}", section.title);
    if let Some(values) = section
        .section("set", title, problems)
        .filter(|section| !section.is_too_long(ITEMS_MAX, problems))
    {
        for (name, value) in values.entries() {
            if let Some(value) = text(name.get_ref(), value, problems) {
                set.push((owned(name), value));
            }
        }
    }
    EnvironmentText {
        allow: section.texts("allow", ITEMS_MAX, problems).unwrap_or_default(),
        set,
    }
}

fn read_secret(section: &Section<'_>, problems: &mut Problems<'_>) -> SecretText {
    section.allow_only(&SECRET, problems);
    section.require("name", "name = \"api-token\"", problems);
    section.require("origin", "origin = \"https://api.example.com\"", problems);
    let mut targets = Vec::new();
    let mut is_whole = true;
    for key in ["header", "query", "field"] {
        match (section.text(key, problems), section.key_place(key)) {
            (Some(value), _) => targets.push((key, value)),
            (None, place) => is_whole &= place.is_none(),
        }
    }
    targets.sort_by_key(|(_, value)| value.span().start);
    SecretText {
        place: section.place.clone().unwrap_or_default(),
        name: section.text("name", problems),
        origin: section.text("origin", problems),
        targets,
        is_whole,
    }
}

fn read_tasks(section: &Section<'_>, problems: &mut Problems<'_>) -> TasksText {
    section.allow_only(&TASKS, problems);
    let types = section.key_place("types");
    TasksText {
        types_key: types.clone(),
        types: types.and_then(|_| section.texts("types", ITEMS_MAX, problems)),
        can_reassign: section.flag("can_reassign", problems),
    }
}
