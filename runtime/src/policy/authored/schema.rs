//! The JSON schema of policy files, for editors. It is written from the keys that the code reads, and says less than the code
//! checks: names that lead nowhere, for example, only `assize policy check` finds.

use super::commands::COMMAND;
use super::read::{
    AGENT, COUNCIL, ENTRIES_MAX, FILE, ITEMS_MAX, JUDGE, PARAMETER_MAX, SETTING, SETTINGS_MAX, TIER, WEIGHT_MAX,
};
use super::roles::{ENVIRONMENT, FILES, HTTP, LIMITS, PROCESS, ROLE, SECRET, TABLES_MAX, TASKS};
use crate::policy::LANGUAGE;
use crate::policy::http::METHODS;
use crate::policy::limits::Limit;
use crate::policy::permission::PermissionPattern;
use crate::policy::tier::Budget;
use crate::written::language::describe::{self, list, number, object, patterned, text};
use crate::written::language::section::Keys;
use serde_json::{Value, json};

/// What a name may be.
const NAME: &str = "^[a-z0-9-]{1,64}$";
/// What the name of an agent or a judge may be: anything but the host's.
const PLUGIN_NAME: &str = "^(?!assize$)[a-z0-9-]{1,64}$";

/// Returns the schema.
#[must_use]
pub fn schema() -> Value {
    let mut file = object(
        "The policy of a repository.",
        &FILE,
        &["version", "roles", "judges", "councils"],
        |key| match key {
            "version" => json!({ "description": "The version of the policy language.", "const": LANGUAGE.version }),
            "default_tier" => json!({
                "description": "The risk tier of a change without a working spec: 1 is the highest risk.",
                "enum": [1, 2, 3]
            }),
            "default_council" => name("The council that hears a case when nobody names another."),
            "roles" => named("What plugins may do, by role.", role()),
            "agents" => plugins("Plugins that do tasks.", plugin("An agent.", &AGENT)),
            "judges" => plugins("Plugins that judge.", plugin("A judge.", &JUDGE)),
            "tiers" => tiers(),
            "rules" => rules(),
            "councils" => named("Who decides, and how.", council()),
            _ => Value::Null,
        },
    );
    if let Some(file) = file.as_object_mut() {
        file.insert("$schema".to_owned(), json!("http://json-schema.org/draft-07/schema#"));
        file.insert("title".to_owned(), json!("Assize policy"));
    }
    file
}

/// Describes a table whose keys are names.
fn named(description: &str, entry: Value) -> Value {
    describe::named(description, NAME, entry, ENTRIES_MAX)
}

/// Describes a table whose keys are names of plugins.
fn plugins(description: &str, entry: Value) -> Value {
    describe::named(description, PLUGIN_NAME, entry, ENTRIES_MAX)
}

fn name(description: &str) -> Value {
    patterned(description, NAME)
}

fn texts(description: &str) -> Value {
    list(description, json!({ "type": "string" }), ITEMS_MAX)
}

fn role() -> Value {
    let permissions = || {
        let texts: Vec<String> = std::iter::once("*".to_owned())
            .chain(PermissionPattern::all_texts())
            .collect();
        json!({ "enum": texts })
    };
    object("What plugins under this role may do.", &ROLE, &[], |key| match key {
        "inherits" => texts("Takes over everything that these roles say."),
        "allow" => list("What the role may do.", permissions(), ITEMS_MAX),
        "deny" => list(
            "What the role may not do, whatever allows it.",
            permissions(),
            ITEMS_MAX,
        ),
        "limits" => object("How much one call may use.", &LIMITS, &[], |key| {
            let limit = Limit::ALL.into_iter().find(|limit| limit.name() == key);
            limit.map_or(Value::Null, |limit| {
                let mut value = number(limit.meaning(), 1, limit.max());
                if let Some(value) = value.as_object_mut() {
                    value.insert("default".to_owned(), json!(limit.standard()));
                }
                value
            })
        }),
        "files" => object(
            "Which files of its folder an agent reaches.",
            &FILES,
            &[],
            |key| match key {
                "read" => texts("Path patterns of what it may read. `.git` and `.assize` match no wildcard."),
                "write" => texts("Path patterns of what it may write. They never name `.git`."),
                _ => Value::Null,
            },
        ),
        "http" => list("Which requests it may send.", http(), TABLES_MAX),
        "process" => process(),
        "environment" => object("Which variables it sees.", &ENVIRONMENT, &[], |key| match key {
            "allow" => texts("Variables that are passed on as they are outside."),
            "set" => json!({
                "description": "Variables with their values.",
                "type": "object",
                "additionalProperties": { "type": "string" }
            }),
            _ => Value::Null,
        }),
        "secrets" => list("Which secrets enter its requests.", secret(), TABLES_MAX),
        "tasks" => object("Which tasks it may take and give away.", &TASKS, &[], |key| match key {
            "types" => json!({
                "description": "The types of tasks that it may take; all where there is no such list.",
                "type": "array",
                "items": { "type": "string", "pattern": NAME },
                "minItems": 1,
                "uniqueItems": true
            }),
            "can_reassign" => json!({
                "description": "Whether it may give away tasks that others hold.",
                "type": "boolean",
                "default": true
            }),
            _ => Value::Null,
        }),
        _ => Value::Null,
    })
}

fn http() -> Value {
    object(
        "Requests to one origin.",
        &HTTP,
        &["origin", "methods"],
        |key| match key {
            "origin" => text("`https://host` or `https://host:port`."),
            "methods" => json!({
                "description": "The methods.",
                "type": "array",
                "items": { "enum": METHODS },
                "minItems": 1,
                "uniqueItems": true
            }),
            "path_prefix" => json!({
                "description": "The path that is open, with everything below it.",
                "type": "string",
                "pattern": "^/",
                "default": "/"
            }),
            "networks" => texts(
                "Networks that are not the internet's, into which the origin's name may lead, such as `10.1.0.0/16`.",
            ),
            _ => Value::Null,
        },
    )
}

fn process() -> Value {
    object("Which commands it may run.", &PROCESS, &[], |key| match key {
        "allow" => list(
            "Commands: a program and its arguments; `*` is any one, `**` all that follow.",
            command(),
            ITEMS_MAX,
        ),
        "system" => texts("Folders besides the usual ones that confined commands read and run programs from."),
        _ => Value::Null,
    })
}

fn command() -> Value {
    let words = json!({ "type": "array", "items": { "type": "string" }, "minItems": 1 });
    let flag = |description: &str| json!({ "description": description, "type": "boolean", "default": false });
    let table = object(
        "A command with more than its words.",
        &COMMAND,
        &["run"],
        |key| match key {
            "run" => words.clone(),
            "network" => flag("Whether the network of the machine is open to it."),
            "unconfined" => flag("Whether the kernel does not confine it at all."),
            _ => Value::Null,
        },
    );
    json!({ "anyOf": [words, table] })
}

fn secret() -> Value {
    let mut secret = object(
        "A secret that enters requests.",
        &SECRET,
        &["name", "origin"],
        |key| match key {
            "name" => name("Under which name the person who runs Assize keeps the secret."),
            "origin" => text("The only origin that it is sent to."),
            "header" => text("The header that it is put in."),
            "query" => text("The parameter of the address that it is put in."),
            "field" => text("The field of the body that it is put in."),
            _ => Value::Null,
        },
    );
    if let Some(secret) = secret.as_object_mut() {
        let one = json!([{ "required": ["header"] }, { "required": ["query"] }, { "required": ["field"] }]);
        secret.insert("oneOf".to_owned(), one);
    }
    secret
}

fn plugin(description: &str, keys: &Keys) -> Value {
    object(description, keys, &["plugin", "role"], |key| match key {
        "plugin" => json!({
            "description": "The plugin: the name of one that comes with Assize, or where to find it.",
            "type": "string",
            "pattern": "^[!-~]{1,256}$"
        }),
        "role" => name("What the plugin may do."),
        _ => Value::Null,
    })
}

fn tiers() -> Value {
    let tier = object("How large a change of this tier may be.", &TIER, &[], |key| match key {
        "files" => number("Changed files.", 1, Budget::FILES_MAX),
        "lines" => number("Lines added and removed together.", 1, Budget::LINES_MAX),
        _ => Value::Null,
    });
    json!({
        "description": "How large changes may be, by risk tier.",
        "type": "object",
        "properties": { "1": tier, "2": tier, "3": tier },
        "additionalProperties": false
    })
}

fn rules() -> Value {
    let mode = json!({ "description": "How findings count.", "enum": ["block", "warn", "off"] });
    let mut table = object(
        "A mode, where it holds, and the rule's parameters.",
        &SETTING,
        &[],
        |key| match key {
            "mode" => mode.clone(),
            "paths" => texts("Path patterns of the findings that the setting is for."),
            _ => Value::Null,
        },
    );
    if let Some(table) = table.as_object_mut() {
        table.insert(
            "additionalProperties".to_owned(),
            number("A parameter of the rule.", 0, PARAMETER_MAX),
        );
        table.insert("minProperties".to_owned(), json!(1));
    }
    let setting = json!({ "anyOf": [mode, table] });
    let settings = json!({ "type": "array", "items": setting, "minItems": 1 });
    json!({
        "description": "How the findings of each rule count.",
        "type": "object",
        "additionalProperties": { "anyOf": [mode, table, settings] },
        "maxProperties": SETTINGS_MAX
    })
}

fn council() -> Value {
    let seats = ENTRIES_MAX;
    let judges = |description: &str, min: usize| {
        json!({
            "description": description,
            "type": "array",
            "items": { "type": "string" },
            "minItems": min,
            "maxItems": seats,
            "uniqueItems": true
        })
    };
    object("Who decides, and how.", &COUNCIL, &["judges"], |key| match key {
        "judges" => judges("Who sits.", 1),
        "quorum" => number("How many must be heard for a verdict.", 1, seats as u64),
        "rule" => {
            json!({ "description": "How votes become a verdict.", "enum": ["unanimous", "majority", "weighted"] })
        }
        "weights" => json!({
            "description": "What each judge's vote weighs; only for \"weighted\".",
            "type": "object",
            "additionalProperties": { "type": "integer", "minimum": 1, "maximum": WEIGHT_MAX }
        }),
        "threshold_percent" => number(
            "How much of the weight that takes a side must approve; only for \"weighted\".",
            51,
            100,
        ),
        "veto" => judges("Whose rejection alone rejects the change.", 0),
        "show_author" => json!({
            "description": "Whether the judges learn who wrote the change.",
            "type": "boolean",
            "default": false
        }),
        _ => Value::Null,
    })
}

#[cfg(test)]
mod tests {
    use super::schema;
    use serde_json::Value;

    #[test]
    fn every_key_is_described() {
        fn look(value: &Value) {
            match value {
                Value::Null => panic!("a key of the language is not described"),
                Value::Array(items) => items.iter().for_each(look),
                Value::Object(entries) => entries.values().for_each(look),
                _ => {}
            }
        }
        look(&schema());
    }
}
