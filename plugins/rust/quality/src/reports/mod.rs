//! Reports of test runs and of coverage, in the forms that most tools write.
//!
//! They come as documents of the case. Whoever proposes a change may have written them, so they are read like any hostile
//! input: bounded in size and depth, without entities of their own, in one pass.

pub(crate) mod cobertura;
pub(crate) mod junit;
pub(crate) mod lcov;
mod xml;

use assize_judge::file::{Unread, lossy};
use assize_judge::findings::why;
use assize_judge::{Case, Evidence, document};

/// The most documents of one kind that are read.
const DOCUMENTS_MAX: usize = 64;

/// One document as it was read.
#[derive(Debug)]
pub(crate) struct Report<T> {
    /// The document's name.
    pub(crate) name: String,
    /// What it says, or why that cannot be told, as the end of a sentence.
    pub(crate) contents: Result<T, String>,
}

/// Reads every document whose name begins with one of `prefixes`, one at a time.
pub(crate) fn named<T>(
    case: &Case,
    evidence: &dyn Evidence,
    prefixes: &[&str],
    mut parse: impl FnMut(&str) -> Result<T, String>,
) -> Vec<Report<T>> {
    let is_wanted = |name: &&String| prefixes.iter().any(|prefix| name.starts_with(prefix));
    let read = |name: &String| {
        let contents = document::whole(evidence, name)
            .map_err(Unread::into_refusal)
            .map_err(|refusal| why(&refusal))
            .and_then(|bytes| parse(&lossy(bytes)));
        Report {
            name: name.clone(),
            contents,
        }
    };
    case.documents
        .iter()
        .filter(is_wanted)
        .take(DOCUMENTS_MAX)
        .map(read)
        .collect()
}
