//! The format of a case, described in `tests/corpus/judges/README.md`.

use std::collections::BTreeMap;
use std::path::Path;

use assize_judge::evidence::Kind;
use assize_judge::{Budget, Case, Mode, Parameter, RuleSetting, WorkingSpec};
use base64::Engine as _;
use serde::Deserialize;

use crate::memory::{Entry, MemoryEvidence, Tree};

mod spec;

/// One case as its file says it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Written {
    /// What the case shows, in one sentence.
    pub summary: String,
    /// The vote that must come.
    pub vote: String,
    /// The findings that must come, and no others; in any order.
    #[serde(default)]
    pub expect: Vec<Expected>,
    /// The risk tier; 2 when absent.
    pub tier: Option<u8>,
    /// The budget's files, where it is not the tier's default.
    pub files_max: Option<u32>,
    /// The budget's lines, where it is not the tier's default.
    pub lines_max: Option<u32>,
    /// The commit messages.
    #[serde(default)]
    pub messages: Vec<String>,
    /// Numbers of rules: rule, then name, then value.
    #[serde(default)]
    pub parameters: BTreeMap<String, BTreeMap<String, u64>>,
    /// Permissions the judge's role lacks.
    #[serde(default)]
    pub denied: Vec<String>,
    /// The modes of rules; only the count of votes knows them.
    #[serde(default)]
    pub modes: BTreeMap<String, String>,
    /// How the vote counts; as it is when absent.
    pub effective: Option<String>,
    /// The working spec, as the host hands it over.
    pub spec: Option<spec::Spec>,
    /// What is wrong with working specs.
    #[serde(default)]
    pub spec_problems: Vec<spec::Problem>,
    /// The waivers, as the host hands them over.
    #[serde(default)]
    pub waivers: Vec<spec::Waiver>,
    /// The documents that come with the case.
    #[serde(default)]
    pub documents: BTreeMap<String, Content>,
    /// Files of the base that the head has not.
    #[serde(default)]
    pub removed: Vec<String>,
    /// The base's files.
    #[serde(default)]
    pub base: BTreeMap<String, Content>,
    /// The head's files, where they differ from the base's.
    #[serde(default)]
    pub head: BTreeMap<String, Content>,
}

/// One finding that must come.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// The rule's id.
    pub rule: String,
    /// Its severity in lower case.
    pub severity: String,
    /// The file it names; absent where it names none.
    pub path: Option<String>,
    /// The line; 0 for the whole file.
    #[serde(default)]
    pub line: u32,
}

/// What stands at a path.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Content {
    /// A text file.
    Text(String),
    /// Anything else.
    Form(Form),
}

/// The forms of a content that is not plain text; exactly one key is given.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Form {
    /// Pieces put together.
    Parts(Vec<Piece>),
    /// Bytes in standard base64.
    Base64(String),
    /// An executable file.
    Executable(String),
    /// A symbolic link to this target.
    Symlink(String),
    /// Another repository's commit.
    Submodule(String),
}

/// One of the pieces of a file.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Piece {
    /// Text.
    Text(String),
    /// The same text several times.
    Repeated(Repeated),
    /// Bytes.
    Bytes(Bytes),
}

/// The same text several times.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repeated {
    /// The text.
    pub repeat: String,
    /// How often.
    pub times: usize,
}

/// Bytes in standard base64.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bytes {
    /// The bytes.
    pub base64: String,
}

/// Why a case cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// The file is not there.
    #[error("cannot read the case: {0}")]
    Unread(#[from] std::io::Error),
    /// The file is not a case.
    #[error("not a case: {0}")]
    Malformed(#[from] toml::de::Error),
    /// Some contents are no base64.
    #[error("not base64: {0}")]
    Encoding(#[from] base64::DecodeError),
    /// A file is to be removed that the base has not.
    #[error("the base has no file {0} to remove")]
    Absent(String),
}

impl Written {
    /// Reads a case from its file.
    ///
    /// # Errors
    ///
    /// The file cannot be read or is not a case.
    pub fn read(file: &Path) -> Result<Self, Unusable> {
        Ok(toml::from_str(&std::fs::read_to_string(file)?)?)
    }

    /// The evidence the case describes.
    ///
    /// # Errors
    ///
    /// Contents that cannot be decoded, or a removal of what is not there.
    pub fn evidence(&self) -> Result<MemoryEvidence, Unusable> {
        let base = tree(&self.base)?;
        let mut head = base.clone();
        for path in &self.removed {
            head.remove(path).ok_or_else(|| Unusable::Absent(path.clone()))?;
        }
        head.extend(tree(&self.head)?);
        let documents = tree(&self.documents)?
            .into_iter()
            .map(|(name, entry)| (name, entry.bytes));
        let evidence = MemoryEvidence::new(base, head).with_documents(documents.collect());
        Ok(evidence.denying(&self.denied))
    }

    /// What the judge is asked.
    #[must_use]
    pub fn case(&self, judge: &str) -> Case {
        let tier = self.tier.unwrap_or(2);
        let (files_max, lines_max) = match tier {
            1 => (10, 250),
            2 => (100, 10_000),
            _ => (500, 40_000),
        };
        let settings = self.parameters.iter().map(|(rule, values)| RuleSetting {
            rule: rule.clone(),
            mode: Mode::Block,
            paths: Vec::new(),
            parameters: values
                .iter()
                .map(|(name, &value)| Parameter {
                    name: name.clone(),
                    value,
                })
                .collect(),
        });
        Case {
            council: "default".to_owned(),
            judge: judge.to_owned(),
            messages: self.messages.clone(),
            spec: self.spec.as_ref().map(WorkingSpec::from),
            spec_problems: self.spec_problems.iter().map(Into::into).collect(),
            waivers: self.waivers.iter().map(Into::into).collect(),
            budget: Budget {
                tier,
                files_max: self.files_max.unwrap_or(files_max),
                lines_max: self.lines_max.unwrap_or(lines_max),
            },
            settings: settings.collect(),
            documents: self.documents.keys().cloned().collect(),
        }
    }
}

fn tree(files: &BTreeMap<String, Content>) -> Result<Tree, Unusable> {
    files
        .iter()
        .map(|(path, content)| Ok((path.clone(), entry(content)?)))
        .collect()
}

fn entry(content: &Content) -> Result<Entry, Unusable> {
    let (kind, bytes) = match content {
        Content::Text(text) => (Kind::File, text.clone().into_bytes()),
        Content::Form(Form::Parts(pieces)) => (Kind::File, assembled(pieces)?),
        Content::Form(Form::Base64(text)) => (Kind::File, decoded(text)?),
        Content::Form(Form::Executable(text)) => (Kind::Executable, text.clone().into_bytes()),
        Content::Form(Form::Symlink(target)) => (Kind::Symlink, target.clone().into_bytes()),
        Content::Form(Form::Submodule(commit)) => (Kind::Submodule, commit.clone().into_bytes()),
    };
    Ok(Entry { kind, bytes })
}

fn assembled(pieces: &[Piece]) -> Result<Vec<u8>, Unusable> {
    let mut bytes = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => bytes.extend_from_slice(text.as_bytes()),
            Piece::Repeated(Repeated { repeat, times }) => bytes.extend_from_slice(repeat.repeat(*times).as_bytes()),
            Piece::Bytes(Bytes { base64 }) => bytes.extend(decoded(base64)?),
        }
    }
    Ok(bytes)
}

fn decoded(text: &str) -> Result<Vec<u8>, Unusable> {
    Ok(base64::engine::general_purpose::STANDARD.decode(text)?)
}
