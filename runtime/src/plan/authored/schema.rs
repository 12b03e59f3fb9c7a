//! The JSON schema of workflow files, for editors. It is written from the keys that the code reads, and says less than the code
//! checks: names that lead nowhere, for example, only `assize workflow check` finds.

use super::inputs::{INPUT, PATH_MAX};
use super::read::{FILE, FILE_TASKS_MAX, ITEMS_MAX, PARAMETER, SECONDS_MAX};
use super::tasks::{
    ATTEMPTS_MAX, COPIES_MAX, DELAY_MS_MAX, ESTIMATE_MINUTES_MAX, FACTOR_PERCENT_MAX, NEED, PRIORITY_MAX, REPEAT,
    RETRY, TASK, WHEN,
};
use crate::plan::check::COPY_WORDS;
use crate::plan::value::{NUMBER_MAX, Type};
use crate::plan::workflow::{CONCURRENCY, LANGUAGE};
use crate::plan::{Cause, Mode, TASKS_MAX};
use crate::written::language::describe::{list, named, number, object, patterned, text};
use serde_json::{Value, json};

/// What a name may be.
const NAME: &str = "^[a-z0-9][a-z0-9-]{0,63}$";
/// What a member of an input may be called.
const INPUT_NAME: &str = "^[A-Za-z0-9_][A-Za-z0-9_-]{0,63}$";
/// Whose output is given.
const OUTPUT: &str = "^[a-z0-9][a-z0-9-]{0,63}(/[a-z0-9][a-z0-9-]{0,63})*$";

/// Returns the schema.
#[must_use]
pub fn schema() -> Value {
    let most = TASKS_MAX as u64;
    let mut file = object(
        "The workflow of a repository.",
        &FILE,
        &["version", "tasks"],
        |key| match key {
            "version" => json!({ "description": "The version of the workflow language.", "const": LANGUAGE.version }),
            "summary" => text("What the workflow is for."),
            "mode" => json!({
                "description": "How much a run does by itself.",
                "enum": Mode::ALL.map(Mode::name),
                "default": Mode::Auto.name()
            }),
            "branch" => {
                text("The branch that results land on, by its short name; the one that is checked out otherwise.")
            }
            "concurrency" => with_default(number("How many tasks run at once.", 1, most), json!(CONCURRENCY)),
            "timeout_seconds" => number("How long the run may take.", 1, SECONDS_MAX),
            "parameters" => named("What the workflow is given.", NAME, parameter(), ITEMS_MAX),
            "keys" => named(
                "How many tasks with one key run at once; 1 for keys that do not stand here.",
                NAME,
                number("How many.", 1, most),
                ITEMS_MAX,
            ),
            "tasks" => {
                let mut tasks = named("What is done.", NAME, task(), FILE_TASKS_MAX);
                if let Some(tasks) = tasks.as_object_mut() {
                    tasks.insert("minProperties".to_owned(), json!(1));
                }
                tasks
            }
            _ => Value::Null,
        },
    );
    if let Some(file) = file.as_object_mut() {
        file.insert("$schema".to_owned(), json!("http://json-schema.org/draft-07/schema#"));
        file.insert("title".to_owned(), json!("Assize workflow"));
    }
    file
}

fn with_default(mut value: Value, default: Value) -> Value {
    if let Some(value) = value.as_object_mut() {
        value.insert("default".to_owned(), default);
    }
    value
}

fn name(description: &str) -> Value {
    patterned(description, NAME)
}

/// A plain value.
fn plain(description: &str) -> Value {
    json!({
        "description": description,
        "anyOf": [
            { "type": ["string", "boolean", "array", "object"] },
            { "type": "integer", "minimum": -NUMBER_MAX, "maximum": NUMBER_MAX }
        ]
    })
}

fn parameter() -> Value {
    object("A parameter.", &PARAMETER, &["type"], |key| match key {
        "type" => json!({ "description": "The type of its values.", "enum": Type::NAMES }),
        "default" => plain("Its value where nothing is given."),
        "choices" => {
            let mut choices = list("What a text may be.", json!({ "type": "string" }), ITEMS_MAX);
            if let Some(choices) = choices.as_object_mut() {
                choices.insert("minItems".to_owned(), json!(1));
            }
            choices
        }
        "summary" => text("What it is for."),
        _ => Value::Null,
    })
}

fn task() -> Value {
    let mut task = object("A task.", &TASK, &[], |key| match key {
        "agent" => name("The agent of the policy that does it."),
        "workflow" => name("The workflow whose tasks do it."),
        "summary" => text("What it is for."),
        "type" => name("Its type, such as `code`; roles may take some types only."),
        "needs" => list("What must have succeeded before.", need(), ITEMS_MAX),
        "inputs" => named(
            "What the agent is given, or the parameters of the workflow.",
            INPUT_NAME,
            input(),
            ITEMS_MAX,
        ),
        "council" => name("Who judges its change; with `none` nobody does, and nothing of it lands."),
        "confirm" => json!({
            "description": "Whether a person confirms before its change lands, in strict runs.",
            "type": "boolean",
            "default": true
        }),
        "retry" => json!({ "anyOf": [number("How often it is tried in all.", 1, ATTEMPTS_MAX), retry()] }),
        "timeout_seconds" => number("How long one attempt may take.", 1, SECONDS_MAX),
        "priority" => json!({
            "description": "What goes first where not everything can start: the larger.",
            "type": "integer",
            "minimum": -PRIORITY_MAX,
            "maximum": PRIORITY_MAX,
            "default": 0
        }),
        "key" => name("Tasks with one key do not run at once, or only as many as `keys` says."),
        "undo" => name("The task that makes good for it, if the run fails later."),
        "estimate_minutes" => number("How long it takes.", 1, ESTIMATE_MINUTES_MAX),
        "repeat" => json!({ "anyOf": [number("How many copies there are.", 1, COPIES_MAX), repeat()] }),
        "when" => json!({ "anyOf": [name("The parameter that must be true."), when()] }),
        _ => Value::Null,
    });
    if let Some(task) = task.as_object_mut() {
        task.insert(
            "oneOf".to_owned(),
            json!([{ "required": ["agent"] }, { "required": ["workflow"] }]),
        );
    }
    task
}

fn need() -> Value {
    let table = object("A task, and a gate on it.", &NEED, &["task"], |key| match key {
        "task" => name("The task."),
        "gate" => name("The council that must have approved its change."),
        _ => Value::Null,
    });
    json!({ "anyOf": [name("The task."), table] })
}

fn input() -> Value {
    let sources = ["value", "parameter", "output", "history", "copy"].map(|key| json!({ "required": [key] }));
    let mut table = object("Where it comes from.", &INPUT, &[], |key| match key {
        "value" => plain("A value, also a table."),
        "parameter" => name("The value of a parameter."),
        "output" => patterned("The output of a task that is done before.", OUTPUT),
        "path" => json!({
            "description": "The way into the output: names and positions.",
            "type": "array",
            "items": { "type": ["string", "integer"] },
            "maxItems": PATH_MAX
        }),
        "history" => json!({ "description": "The commits since the newest tag.", "const": true }),
        "copy" => json!({ "description": "What is the copy's own.", "enum": COPY_WORDS }),
        _ => Value::Null,
    });
    if let Some(table) = table.as_object_mut() {
        table.insert("oneOf".to_owned(), json!(sources));
        table.insert("dependencies".to_owned(), json!({ "path": ["output"] }));
    }
    json!({
        "anyOf": [
            { "description": "A value.", "type": ["string", "boolean", "array"] },
            { "description": "A number.", "type": "integer", "minimum": -NUMBER_MAX, "maximum": NUMBER_MAX },
            table
        ]
    })
}

fn retry() -> Value {
    object("When it is tried again.", &RETRY, &["attempts"], |key| match key {
        "attempts" => number("How often it is tried in all.", 1, ATTEMPTS_MAX),
        "delay_ms" => number("How long is waited before the second attempt.", 0, DELAY_MS_MAX),
        "factor_percent" => number(
            "What each further wait is longer by: 200 doubles it.",
            100,
            FACTOR_PERCENT_MAX,
        ),
        "delay_max_ms" => number("The longest wait.", 0, DELAY_MS_MAX),
        "jitter_percent" => number("By how much waits differ by chance.", 0, 100),
        "on" => list(
            "After what it is tried again.",
            json!({ "enum": Cause::NAMES }),
            ITEMS_MAX,
        ),
        _ => Value::Null,
    })
}

fn repeat() -> Value {
    object(
        "A parameter that says how many copies there are.",
        &REPEAT,
        &["parameter"],
        |key| match key {
            "parameter" => name("A number, or a list with one item for each copy."),
            _ => Value::Null,
        },
    )
}

fn when() -> Value {
    object(
        "In which runs it is done at all.",
        &WHEN,
        &["parameter"],
        |key| match key {
            "parameter" => name("The parameter."),
            "is" => plain("What it must be; true where nothing is said."),
            _ => Value::Null,
        },
    )
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
