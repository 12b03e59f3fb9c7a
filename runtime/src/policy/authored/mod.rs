//! The policy as written: the right keys with values of the right types, and where each stands. What the values mean
//! together is checked later.

mod commands;
mod read;
mod roles;
mod schema;

use super::limits::Limit;
use super::tier::Tier;
use std::ops::Range;
use toml::Spanned;

pub(super) use read::read;
pub use schema::schema;

/// A text with its place.
pub(super) type Text = Spanned<String>;

/// A whole file. What was wrong is missing here and was reported; nothing is concluded from a section that is missing.
pub(super) struct Authored {
    pub(super) default_tier: Option<Spanned<u64>>,
    pub(super) default_council: Option<Text>,
    pub(super) roles: Option<Vec<RoleText>>,
    pub(super) agents: Option<Vec<PluginText>>,
    pub(super) judges: Option<Vec<PluginText>>,
    pub(super) tiers: Vec<TierText>,
    pub(super) rules: Vec<SettingText>,
    pub(super) councils: Option<Vec<CouncilText>>,
}

/// `[roles.NAME]`.
pub(super) struct RoleText {
    pub(super) name: Text,
    pub(super) inherits: Vec<Text>,
    pub(super) allow: Vec<Text>,
    pub(super) deny: Vec<Text>,
    pub(super) limits: Vec<(Limit, u64)>,
    pub(super) files: FilesText,
    pub(super) http: Vec<HttpText>,
    pub(super) process: ProcessText,
    pub(super) environment: EnvironmentText,
    pub(super) secrets: Vec<SecretText>,
    pub(super) tasks: TasksText,
}

/// `[roles.NAME.files]`.
#[derive(Default)]
pub(super) struct FilesText {
    pub(super) read: Vec<Text>,
    pub(super) write: Vec<Text>,
}

/// `[[roles.NAME.http]]`. What is missing has mistakes, and then nothing is concluded from the rest.
pub(super) struct HttpText {
    pub(super) place: Range<usize>,
    pub(super) origin: Option<Text>,
    pub(super) methods: Option<Vec<Text>>,
    pub(super) path_prefix: Option<Text>,
    pub(super) networks: Vec<Text>,
}

/// `[roles.NAME.process]`.
#[derive(Default)]
pub(super) struct ProcessText {
    pub(super) commands: Vec<CommandText>,
    pub(super) system: Vec<Text>,
}

/// One item of `process.allow`.
pub(super) struct CommandText {
    pub(super) words: Vec<Text>,
    /// Where the words stand.
    pub(super) place: Range<usize>,
    pub(super) network: Option<Spanned<bool>>,
    pub(super) unconfined: Option<Spanned<bool>>,
}

/// `[roles.NAME.environment]`.
#[derive(Default)]
pub(super) struct EnvironmentText {
    pub(super) allow: Vec<Text>,
    pub(super) set: Vec<(Text, Text)>,
}

/// `[[roles.NAME.secrets]]`.
pub(super) struct SecretText {
    pub(super) place: Range<usize>,
    pub(super) name: Option<Text>,
    pub(super) origin: Option<Text>,
    /// What stands under `header`, `query` and `field`, in the order of the file, with its key.
    pub(super) targets: Vec<(&'static str, Text)>,
    /// Whether any value has the wrong type, so that nothing is concluded from what is missing.
    pub(super) is_whole: bool,
}

/// `[roles.NAME.tasks]`.
#[derive(Default)]
pub(super) struct TasksText {
    pub(super) types_key: Option<Range<usize>>,
    pub(super) types: Option<Vec<Text>>,
    pub(super) can_reassign: Option<Spanned<bool>>,
}

/// `[agents.NAME]` or `[judges.NAME]`.
pub(super) struct PluginText {
    pub(super) name: Text,
    pub(super) plugin: Option<Text>,
    pub(super) role: Option<Text>,
}

/// `[tiers.N]`.
pub(super) struct TierText {
    pub(super) tier: Tier,
    pub(super) files: Option<u64>,
    pub(super) lines: Option<u64>,
}

/// One setting of `[rules]`; several for one rule follow each other.
pub(super) struct SettingText {
    pub(super) rule: Text,
    pub(super) place: Range<usize>,
    pub(super) mode: Option<Text>,
    /// Nothing where the key is missing.
    pub(super) paths: Option<Vec<Text>>,
    pub(super) parameters: Vec<(Text, u64)>,
}

/// `[councils.NAME]`.
pub(super) struct CouncilText {
    pub(super) name: Text,
    /// Nothing where the list has mistakes, so that nothing is concluded from it.
    pub(super) judges: Option<Vec<Text>>,
    pub(super) quorum: Option<Spanned<u64>>,
    pub(super) rule: Option<Text>,
    /// Where `weights` stands, also where its value is wrong.
    pub(super) weights_key: Option<Range<usize>>,
    pub(super) weights: Option<Vec<(Text, u64)>>,
    /// Where `threshold_percent` stands, also where its value is wrong.
    pub(super) threshold_key: Option<Range<usize>>,
    pub(super) threshold_percent: Option<u64>,
    pub(super) veto: Vec<Text>,
    pub(super) show_author: bool,
}
