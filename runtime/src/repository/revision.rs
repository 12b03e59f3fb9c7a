//! What a revision means. The forms are those of gitrevisions(7) that need nothing but objects and refs:
//!
//! | form | meaning |
//! |---|---|
//! | `HEAD`, `@` | the commit of this work tree |
//! | `main`, `v1.0`, `origin/main`, `refs/...` | a ref; tried as given, then in `refs`, `tags`, `heads`, `remotes` |
//! | 4 to 40 hexadecimal digits | an object's id; a short one must fit one commit only, and a ref of that name wins over it |
//! | `REV~N`, `REV^N` | the N-th first parent; the N-th parent |
//! | `REV^{commit}`, `REV^{}`, `REV^0` | the commit a tag points to, which is what every form ends at |
//! | `A..B`, `A...B` | in [`range`] only; a missing end is `HEAD` |
//!
//! Reflogs (`@{1}`), searches (`:/text`), paths (`REV:path`) and sets (`REV^!`) are refused by name.

use assize_provenance::git::{RefFiles, is_ref_name};
use assize_provenance::reader::{ObjectId, ObjectKind, ObjectReader as _, ReadError};

use super::{Head, Repository};
use crate::case::history::{self, HistoryError};
use crate::case::{Range, RangeKind};

/// The longest revision, in bytes.
const REVISION_BYTES_MAX: usize = 1024;
/// The largest annotated tag, in bytes.
const TAG_BYTES_MAX: u64 = 1 << 20;
/// How many annotated tags may point to each other.
const TAG_DEPTH_MAX: usize = 16;
/// How many objects that fit a short id are looked at.
const CANDIDATES_MAX: usize = 64;

/// Why a revision names no commit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RevisionError {
    /// There is no such thing.
    #[error("`{0}` is no branch, tag or commit of this repository; `git log --oneline --all` shows what there is")]
    Unknown(String),
    /// The branch has no commit yet.
    #[error("the branch {0} has no commit yet; commit something first")]
    Unborn(String),
    /// A short id fits several commits.
    #[error("the short id `{prefix}` fits several commits, {candidates}; give more digits")]
    Ambiguous {
        /// What was given.
        prefix: String,
        /// What it fits, with spaces between.
        candidates: String,
    },
    /// The form is one of git's that is not read here.
    #[error("`{text}` is not read here, because {reason}; give a commit, a branch or a tag")]
    Unsupported {
        /// What was given.
        text: String,
        /// What it would take.
        reason: &'static str,
    },
    /// The commit has fewer parents.
    #[error("commit {commit} has no parent number {parent}")]
    NoParent {
        /// The commit.
        commit: ObjectId,
        /// The parent asked for.
        parent: u32,
    },
    /// It names something else than a commit.
    #[error("`{text}` names {id}, which is a {kind} and no commit", kind = kind.name())]
    NotACommit {
        /// What was given.
        text: String,
        /// The object it names.
        id: ObjectId,
        /// What that is.
        kind: ObjectKind,
    },
    /// What it names is missing or damaged.
    #[error("`{text}` names {id}, which is not in the repository; `git fsck` shows what is missing")]
    Missing {
        /// What was given.
        text: String,
        /// The object it names.
        id: ObjectId,
    },
    /// Two commits have no common ancestor.
    #[error("`{0}` and `{1}` have no common ancestor; compare the end points with `{0}..{1}`")]
    Unrelated(String, String),
    /// History was not followed.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// Refs or objects were not read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl RevisionError {
    /// Whether the machine failed, rather than the repository.
    #[must_use]
    pub fn is_machine(&self) -> bool {
        match self {
            Self::History(error) => error.is_machine(),
            Self::Read(error) => error.is_machine(),
            _ => false,
        }
    }
}

/// Finds the commits that `REV`, `A..B` or `A...B` compares.
///
/// # Errors
///
/// Every [`RevisionError`].
pub fn range(repository: &Repository, text: &str) -> Result<Range, RevisionError> {
    let end = |text| if str::is_empty(text) { "HEAD" } else { text };
    if let Some((left, right)) = text.split_once("...") {
        let (left, right) = (end(left), end(right));
        let (other, head) = (commit(repository, left)?, commit(repository, right)?);
        let base = history::merge_base(repository.objects().as_ref(), other, head)?;
        let base = base.ok_or_else(|| RevisionError::Unrelated(left.to_owned(), right.to_owned()))?;
        return Ok(Range {
            kind: RangeKind::ThreeDot,
            base: Some(base),
            head,
        });
    }
    if let Some((left, right)) = text.split_once("..") {
        let (base, head) = (commit(repository, end(left))?, commit(repository, end(right))?);
        return Ok(Range {
            kind: RangeKind::TwoDot,
            base: Some(base),
            head,
        });
    }
    let head = commit(repository, text)?;
    let base = history::read_commit(repository.objects().as_ref(), &head)?
        .parents
        .first()
        .copied();
    Ok(Range {
        kind: RangeKind::FirstParent,
        base,
        head,
    })
}

/// Finds the commit that a revision names.
///
/// # Errors
///
/// Every [`RevisionError`].
pub fn commit(repository: &Repository, text: &str) -> Result<ObjectId, RevisionError> {
    refuse_other_forms(text)?;
    let place = text.find(['~', '^']).unwrap_or(text.len());
    let (name, mut suffix) = text.split_at(place);
    let mut id = peel(repository, text, named(repository, name)?)?;
    while !suffix.is_empty() {
        let (step, rest) = parse_step(text, suffix)?;
        id = walk(repository, id, step)?;
        suffix = rest;
    }
    Ok(id)
}

fn refuse_other_forms(text: &str) -> Result<(), RevisionError> {
    let reason = if text.len() > REVISION_BYTES_MAX {
        "it is longer than any revision"
    } else if text.contains("@{") {
        "reflogs differ from clone to clone"
    } else if text.contains(':') {
        "a path or a search is no commit"
    } else if text.starts_with('^') || text.ends_with("^!") || text.ends_with("^@") || text.contains("^-") {
        "a set of commits is no commit"
    } else if text.starts_with('-') {
        "it is an option"
    } else {
        return Ok(());
    };
    Err(RevisionError::Unsupported {
        text: text.chars().take(REVISION_BYTES_MAX).collect(),
        reason,
    })
}

/// One step from a commit to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// So many first parents back.
    Back(u32),
    /// The parent of this number, 0 for the commit itself.
    Parent(u32),
}

fn parse_step<'a>(text: &str, suffix: &'a str) -> Result<(Step, &'a str), RevisionError> {
    let unsupported = |reason| RevisionError::Unsupported {
        text: text.to_owned(),
        reason,
    };
    let (sign, rest) = suffix.split_at(1);
    if let Some(braced) = rest.strip_prefix('{') {
        let (kind, rest) = braced
            .split_once('}')
            .ok_or_else(|| unsupported("a brace is not closed"))?;
        return match (sign, kind) {
            ("^", "" | "commit") => Ok((Step::Parent(0), rest)),
            _ => Err(unsupported(
                "only `^{}` and `^{commit}` are braces that end at a commit",
            )),
        };
    }
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = rest.split_at(digits);
    let number = match number {
        "" => 1,
        number => number.parse().map_err(|_| unsupported("the number is too large"))?,
    };
    if !rest.is_empty() && !rest.starts_with(['~', '^']) {
        return Err(unsupported("only `~` and `^` may follow"));
    }
    Ok((
        if sign == "~" {
            Step::Back(number)
        } else {
            Step::Parent(number)
        },
        rest,
    ))
}

fn walk(repository: &Repository, from: ObjectId, step: Step) -> Result<ObjectId, RevisionError> {
    let parent = |id: ObjectId, number: u32| {
        let parents = history::read_commit(repository.objects().as_ref(), &id)?.parents;
        let place = number as usize - 1;
        parents.get(place).copied().ok_or(RevisionError::NoParent {
            commit: id,
            parent: number,
        })
    };
    match step {
        Step::Parent(0) => Ok(from),
        Step::Parent(number) => parent(from, number),
        Step::Back(generations) => (0..generations).try_fold(from, |id, _| parent(id, 1)),
    }
}

/// Finds the object that a name without suffixes means.
fn named(repository: &Repository, name: &str) -> Result<ObjectId, RevisionError> {
    if let Ok(id) = name.parse() {
        return Ok(id);
    }
    if name == "@" || name == "HEAD" {
        return match repository.head()? {
            Head::Detached(id) | Head::Branch { commit: Some(id), .. } => Ok(id),
            Head::Branch { name, commit: None } => Err(RevisionError::Unborn(name)),
        };
    }
    if let Some(id) = by_ref(repository, name)? {
        return Ok(id);
    }
    by_short_id(repository, name)?.ok_or_else(|| RevisionError::Unknown(name.to_owned()))
}

/// Tries a name as a ref, in the order of gitrevisions(7).
fn by_ref(repository: &Repository, name: &str) -> Result<Option<ObjectId>, RevisionError> {
    let refs = repository.objects().ref_files();
    let is_beside = name.ends_with("_HEAD") && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    if is_beside && let Some(target) = RefFiles::read_beside(&repository.places().git_dir, name)? {
        return Ok(refs.resolve(target)?);
    }
    let full = name.starts_with("refs/").then(|| name.to_owned());
    let short = ["refs/", "refs/tags/", "refs/heads/", "refs/remotes/"]
        .iter()
        .map(|folder| format!("{folder}{name}"));
    let remote = format!("refs/remotes/{name}/HEAD");
    for candidate in full.into_iter().chain(short).chain([remote]) {
        if is_ref_name(&candidate)
            && let Some(target) = refs.read(&candidate)?
        {
            let is_unborn = || RevisionError::Unborn(candidate.clone());
            return refs.resolve(target)?.map(Some).ok_or_else(is_unborn);
        }
    }
    Ok(None)
}

fn by_short_id(repository: &Repository, name: &str) -> Result<Option<ObjectId>, RevisionError> {
    let prefix = name.to_ascii_lowercase();
    if !(4..=40).contains(&prefix.len()) || !prefix.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Ok(None);
    }
    let mut commits = Vec::new();
    for id in repository.objects().ids_with_prefix(&prefix, CANDIDATES_MAX)? {
        match peel(repository, name, id) {
            Ok(_) => commits.push(id),
            // As git does, only what is a commit in the end counts.
            Err(RevisionError::NotACommit { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    if commits.len() > 1 {
        let candidates: Vec<String> = commits.iter().map(ObjectId::to_string).collect();
        return Err(RevisionError::Ambiguous {
            prefix,
            candidates: candidates.join(" "),
        });
    }
    Ok(commits.pop())
}

/// Follows annotated tags to the commit they point to.
fn peel(repository: &Repository, text: &str, id: ObjectId) -> Result<ObjectId, RevisionError> {
    let mut id = id;
    for _ in 0..=TAG_DEPTH_MAX {
        let missing = || RevisionError::Missing {
            text: text.to_owned(),
            id,
        };
        let object = match repository
            .objects()
            .object(&id, assize_provenance::commit::COMMIT_BYTES_MAX.max(TAG_BYTES_MAX))
        {
            Ok(object) => object.ok_or_else(missing)?,
            // Whatever is larger is no commit.
            Err(ReadError::TooLarge { .. }) => {
                return Err(RevisionError::NotACommit {
                    text: text.to_owned(),
                    id,
                    kind: ObjectKind::Blob,
                });
            }
            Err(error) => return Err(error.into()),
        };
        match object.kind {
            ObjectKind::Commit => return Ok(id),
            ObjectKind::Tag => id = tagged(&object.bytes).ok_or_else(missing)?,
            kind => {
                return Err(RevisionError::NotACommit {
                    text: text.to_owned(),
                    id,
                    kind,
                });
            }
        }
    }
    Err(RevisionError::NotACommit {
        text: text.to_owned(),
        id,
        kind: ObjectKind::Tag,
    })
}

/// Reads the object a tag points to from its first line.
pub(super) fn tagged(bytes: &[u8]) -> Option<ObjectId> {
    let line = bytes.strip_prefix(b"object ")?.split(|byte| *byte == b'\n').next()?;
    std::str::from_utf8(line).ok()?.parse().ok()
}
