//! From what was typed to what is judged: the change, the policy, the documents.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::review::Subject;
use super::{Fault, read_named};
use crate::case::Range;
use crate::case::evidence::Objects;
use crate::driver::prepare::{Matter, parse_policy, policy_in};
use crate::policy::source::PolicySource;
use crate::policy::{self, Policy};
use crate::repository::{Repository, progress};
use crate::sandbox::{Allocation, EngineOptions, Sandbox};
use crate::settings::Home;

/// The most documents that come with a case, and the largest of them, in bytes.
const DOCUMENTS_MAX: usize = 16;
const DOCUMENT_BYTES_MAX: u64 = 16 << 20;
/// The longest name of a document, in bytes.
const DOCUMENT_NAME_BYTES_MAX: usize = 64;

/// Finds the change that is meant, and whether commits hold it; work in progress is not recorded.
pub(super) fn matter_of(repository: &Repository, subject: Subject<'_>) -> Result<(Matter, bool), Fault> {
    let work = match subject {
        Subject::Revision(text) => {
            let matter = Matter {
                range: repository.range(text)?,
                objects: Arc::<assize_provenance::git::GitObjects>::clone(repository.objects()),
            };
            return Ok((matter, true));
        }
        Subject::Staged { index, message } => progress::staged(repository, index, message)?,
        Subject::WorkTree => progress::work_tree(repository)?,
    };
    let matter = Matter {
        range: work.range,
        objects: Arc::new(work.objects),
    };
    Ok((matter, false))
}

/// The engine with the user's cache of compiled components.
pub(super) fn sandbox(home: &Home) -> Result<Sandbox, Fault> {
    Ok(Sandbox::start(&EngineOptions {
        cache_dir: Some(home.cache()),
        allocation: Allocation::Pooling,
    })?)
}

/// Reads the documents that somebody gave, by their names.
pub(super) fn read_documents(dir: &Path, given: &[(String, PathBuf)]) -> Result<BTreeMap<String, Vec<u8>>, Fault> {
    let mut documents = BTreeMap::new();
    for (name, path) in given {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
        if name.is_empty() || name.len() > DOCUMENT_NAME_BYTES_MAX || !name.bytes().all(is_plain) {
            return Err(Fault::wrong(
                format!("`{name}` is no name of a document"),
                "write lower-case letters, digits, `-`, `_` and `.`, such as --document tests=report.xml",
            ));
        }
        let bytes = read_named(&dir.join(path), DOCUMENT_BYTES_MAX)?;
        if documents.insert(name.clone(), bytes).is_some() || documents.len() > DOCUMENTS_MAX {
            return Err(Fault::wrong(
                format!("the document `{name}` is given twice, or there are more than {DOCUMENTS_MAX}"),
                "give each document one name",
            ));
        }
    }
    Ok(documents)
}

/// The policy that holds for a change: a file that was named, from the folder that was, else the base's, else the default.
pub(super) fn policy_for(
    objects: &Objects,
    dir: &Path,
    range: Range,
    named: Option<&Path>,
) -> Result<(Policy, PolicySource), Fault> {
    if let Some(path) = named {
        let bytes = read_named(&dir.join(path), policy::BYTES_MAX as u64)?;
        let name = path.display().to_string();
        return Ok((parse_policy(&name, &bytes)?, PolicySource::File { path: name }));
    }
    Ok(policy_in(objects, range.base)?)
}
