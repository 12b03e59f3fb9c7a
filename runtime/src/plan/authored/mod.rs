//! The workflow as written: the right keys with values of the right types, and where each stands. What the values mean
//! together is checked later.

mod inputs;
mod read;
mod schema;
mod tasks;

use std::ops::Range;

use serde_json::Value;
use toml::Spanned;

pub(super) use inputs::PATH_MAX;
pub(super) use read::{SECONDS_MAX, read};
pub use schema::schema;
pub(super) use tasks::{
    ATTEMPTS_MAX, COPIES_MAX, DELAY_MS_MAX, ESTIMATE_MINUTES_MAX, FACTOR_PERCENT_MAX, PRIORITY_MAX,
};

/// A text with its place.
pub(super) type Text = Spanned<String>;

/// A whole file. What was wrong is missing here and was reported; nothing is concluded from a section that is missing.
pub(super) struct Authored {
    pub(super) summary: Option<Text>,
    pub(super) mode: Option<Text>,
    pub(super) branch: Option<Text>,
    pub(super) concurrency: Option<u64>,
    pub(super) timeout_seconds: Option<u64>,
    pub(super) parameters: Option<Vec<ParameterText>>,
    pub(super) keys: Vec<(Text, u64)>,
    pub(super) tasks: Option<Vec<TaskText>>,
}

/// `[parameters.NAME]`.
pub(super) struct ParameterText {
    pub(super) name: Text,
    pub(super) kind: Option<Text>,
    pub(super) summary: Option<Text>,
    pub(super) default: Option<(Range<usize>, Value)>,
    pub(super) choices_key: Option<Range<usize>>,
    pub(super) choices: Option<Vec<Text>>,
}

/// `[tasks.NAME]`. Whether a key is there is asked of `keys`; its value is missing where it was wrong.
pub(super) struct TaskText {
    pub(super) name: Text,
    pub(super) keys: Vec<(String, Range<usize>)>,
    pub(super) agent: Option<Text>,
    pub(super) workflow: Option<Text>,
    pub(super) summary: Option<Text>,
    pub(super) kind: Option<Text>,
    pub(super) needs: Option<Vec<NeedText>>,
    pub(super) inputs: Vec<InputText>,
    pub(super) council: Option<Text>,
    pub(super) confirm: Option<Spanned<bool>>,
    pub(super) retry: Option<RetryText>,
    pub(super) timeout_seconds: Option<u64>,
    pub(super) priority: Option<i64>,
    pub(super) key: Option<Text>,
    pub(super) undo: Option<Text>,
    pub(super) estimate_minutes: Option<u64>,
    pub(super) repeat: Option<RepeatText>,
    pub(super) when: Option<WhenText>,
}

impl TaskText {
    /// Returns where a key of the task stands, if it is there.
    pub(super) fn place_of(&self, key: &str) -> Option<Range<usize>> {
        self.keys
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, place)| place.clone())
    }
}

/// One item of `needs`.
pub(super) struct NeedText {
    pub(super) task: Text,
    pub(super) gate: Option<Text>,
}

/// One member of `inputs`.
pub(super) struct InputText {
    pub(super) name: Text,
    /// Where its value stands.
    pub(super) place: Range<usize>,
    pub(super) given: GivenText,
}

/// Where an input comes from.
pub(super) enum GivenText {
    Value(Value),
    Parameter(Text),
    Output { task: Text, path: Vec<String> },
    History,
    Copy(Text),
}

/// `retry` of a task.
#[derive(Default)]
pub(super) struct RetryText {
    pub(super) attempts: Option<u64>,
    pub(super) delay_ms: Option<u64>,
    pub(super) factor_percent: Option<u64>,
    pub(super) delay_max_ms: Option<Spanned<u64>>,
    pub(super) jitter_percent: Option<u64>,
    /// Nothing where the key is missing or wrong.
    pub(super) on: Option<Vec<Text>>,
}

/// `repeat` of a task.
pub(super) enum RepeatText {
    Times(u64),
    Parameter(Text),
}

/// `when` of a task.
pub(super) struct WhenText {
    pub(super) parameter: Text,
    /// What it must be; true where nothing is said.
    pub(super) is: Option<(Range<usize>, Value)>,
}
