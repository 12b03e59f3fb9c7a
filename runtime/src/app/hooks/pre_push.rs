//! What a push would bring to a remote, and whether it may.
//!
//! Git tells a pre-push hook one line a ref: `LOCAL-REF LOCAL-ID REMOTE-REF REMOTE-ID`, an id of zeros where there is none
//! (githooks(5)). What is new is looked at from where the remote is now: from the id it has, or else from the newest commit
//! that one of its remote-tracking refs shares with the branch. Where nothing is known of the remote, as for the first push
//! to a place without a name, the newest commits are, and there is a limit to how many.

use assize_provenance::reader::{ObjectId, ObjectReader as _};

use super::super::view::decided::{CheckView, DecidedView};
use super::super::view::hooks::PushView;
use super::super::{App, Fault, ReviewRequest, Subject, TrustFiles, Wanted};
use crate::case::history;
use crate::repository::Repository;

/// The most git may tell of a push, in bytes.
pub const INPUT_BYTES_MAX: usize = 1 << 20;
/// The most refs of one push that are looked at.
const REFS_MAX: usize = 64;
/// How many remote-tracking refs are compared with a branch that is new to the remote.
const TRACKING_MAX: usize = 32;
/// How many first parents are followed where nothing is known of the remote.
const UNKNOWN_COMMITS_MAX: usize = 100;
/// Where the chain's own refs lie: they hold verdicts, and nothing to be judged.
const CHAIN: &str = "refs/assize/";

/// One range that a push would bring to a remote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    remote_ref: String,
    base: Option<ObjectId>,
    head: ObjectId,
    /// Whether the base is the head's first parent.
    is_one_commit: bool,
}

/// One line of what git tells; deletions and refs of the chain left out.
struct Line<'a> {
    local: &'a str,
    remote_ref: &'a str,
    remote: Option<ObjectId>,
}

impl App {
    /// Finds what a push would bring, from what git tells a pre-push hook. Empty where nothing is new to the remote.
    ///
    /// # Errors
    ///
    /// [`Fault`] when the text is not git's, when it names too many refs, or when history cannot be read.
    pub fn pushed(&self, remote: &str, input: &str) -> Result<Vec<Push>, Fault> {
        let lines = parse(input)?;
        if lines.len() > REFS_MAX {
            return Err(Fault::wrong(
                format!(
                    "this push moves {} refs; at most {REFS_MAX} are reviewed at once",
                    lines.len()
                ),
                "push fewer at a time, or go without a review: `git push --no-verify`",
            ));
        }
        let repository = self.repository()?;
        let mut pushes = Vec::new();
        for line in &lines {
            let head = repository.commit(line.local)?;
            for (base, head) in new_to(&repository, remote, line.remote, head)? {
                let commit = history::read_commit(repository.objects().as_ref(), &head);
                let parents = commit.map_err(|error| Fault::Case(error.into()))?.parents;
                let push = Push {
                    remote_ref: line.remote_ref.to_owned(),
                    base,
                    head,
                    is_one_commit: parents.first() == base.as_ref(),
                };
                // A tag and a branch often bring the same.
                if !pushes
                    .iter()
                    .any(|other: &Push| (other.base, other.head) == (base, head))
                {
                    pushes.push(push);
                }
            }
        }
        Ok(pushes)
    }

    /// Decides one range: by the chain where it has a verdict, else by a review that is not recorded.
    ///
    /// # Errors
    ///
    /// [`Fault`] as for a review; then the push must not go on.
    pub fn decide_push(&self, push: &Push, announce: &mut dyn FnMut(&str)) -> Result<PushView, Fault> {
        let revision = push.revision();
        let mut view = PushView {
            remote_ref: push.remote_ref.clone(),
            revision: revision.clone(),
            verdict: "undecided",
            entries: Vec::new(),
            review: None,
        };
        let mut approved = Vec::new();
        for form in push.forms() {
            let check = self.audit_check(&form, None, TrustFiles::default())?;
            match check.answer {
                "rejected" => {
                    view.verdict = "rejected";
                    view.entries = entries(&check);
                    return Ok(view);
                }
                "approved" => approved.extend(entries(&check)),
                _ => {}
            }
        }
        if !approved.is_empty() {
            view.verdict = "approved";
            view.entries = approved;
            return Ok(view);
        }
        let request = ReviewRequest {
            subject: Subject::Revision(&revision),
            council: None,
            policy: None,
            documents: &[],
            record: false,
            wanted: Wanted::default(),
        };
        let review = self.review(request, announce)?;
        view.verdict = review.verdict;
        view.review = Some(review);
        Ok(view)
    }
}

impl Push {
    /// The range as `review` takes it.
    fn revision(&self) -> String {
        match self.base {
            Some(base) => format!("{base}..{}", self.head),
            None => self.head.to_string(),
        }
    }

    /// The ways in which the same change may have been reviewed. How a base was chosen is part of a case.
    fn forms(&self) -> Vec<String> {
        let ranges = self
            .base
            .map(|base| [format!("{base}..{}", self.head), format!("{base}...{}", self.head)]);
        let alone = self.is_one_commit.then(|| self.head.to_string());
        ranges.into_iter().flatten().chain(alone).collect()
    }
}

/// The entries that say what holds: a person's where one overrides the council.
fn entries(check: &CheckView) -> Vec<String> {
    let says = |verdict: &DecidedView| match &verdict.overridden {
        Some(overridden) => overridden.entry.clone(),
        None => verdict.entry.clone(),
    };
    check.verdicts.iter().map(says).collect()
}

fn parse(input: &str) -> Result<Vec<Line<'_>>, Fault> {
    let mut lines = Vec::new();
    for text in input.lines() {
        let unreadable = || {
            Fault::wrong(
                "standard input is not what git tells a pre-push hook",
                "let git call this: `assize hook install`, then `git push`",
            )
        };
        // From the right: the first field is whatever the user typed.
        let fields: Vec<&str> = text.rsplitn(4, ' ').collect();
        let [remote, remote_ref, local, _] = fields.as_slice() else {
            return Err(unreadable());
        };
        let is_id = |id: &str| id.len() == 40 && id.bytes().all(|digit| digit.is_ascii_hexdigit());
        if !is_id(local) || !is_id(remote) {
            return Err(unreadable());
        }
        if !is_zeros(local) && !remote_ref.starts_with(CHAIN) {
            lines.push(Line {
                local,
                remote_ref,
                remote: if is_zeros(remote) { None } else { remote.parse().ok() },
            });
        }
    }
    Ok(lines)
}

fn is_zeros(id: &str) -> bool {
    id.bytes().all(|digit| digit == b'0')
}

/// The ranges between what a remote has and `head`: none where it has `head` already.
fn new_to(
    repository: &Repository,
    remote: &str,
    at: Option<ObjectId>,
    head: ObjectId,
) -> Result<Vec<(Option<ObjectId>, ObjectId)>, Fault> {
    match newest_shared(repository, remote, at, head)? {
        Some(base) if base == head => Ok(Vec::new()),
        Some(base) => Ok(vec![(Some(base), head)]),
        None => unknown(repository, head),
    }
}

/// The newest commit of `head`'s history that the remote is known to have.
fn newest_shared(
    repository: &Repository,
    remote: &str,
    at: Option<ObjectId>,
    head: ObjectId,
) -> Result<Option<ObjectId>, Fault> {
    let objects = repository.objects().as_ref();
    let tracking = objects.refs(&format!("refs/remotes/{remote}/"))?;
    // What is not in this clone, or is no commit, tells nothing.
    let known = at
        .into_iter()
        .chain(tracking.into_iter().take(TRACKING_MAX).map(|(_, id)| id));
    let commits = known.filter(|id| history::read_commit(objects, id).is_ok());
    let merge_base = |left, right| history::merge_base(objects, left, right).map_err(|error| Fault::Case(error.into()));
    let mut newest = None;
    for commit in commits {
        let Some(shared) = merge_base(commit, head)? else {
            continue;
        };
        newest = match newest {
            Some(best) if merge_base(best, shared)? != Some(best) => Some(best),
            _ => Some(shared),
        };
        if newest == Some(head) {
            break;
        }
    }
    Ok(newest)
}

/// The newest commits where nothing is known of the remote: back to the root, which is a change of its own, or to the limit.
fn unknown(repository: &Repository, head: ObjectId) -> Result<Vec<(Option<ObjectId>, ObjectId)>, Fault> {
    let mut oldest = head;
    for _ in 0..UNKNOWN_COMMITS_MAX {
        let commit = history::read_commit(repository.objects().as_ref(), &oldest);
        let parents = commit.map_err(|error| Fault::Case(error.into()))?.parents;
        match parents.first() {
            Some(parent) => oldest = *parent,
            None if oldest == head => return Ok(vec![(None, head)]),
            None => return Ok(vec![(None, oldest), (Some(oldest), head)]),
        }
    }
    Ok(vec![(Some(oldest), head)])
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn only_what_git_writes_is_taken() {
        let (one, two, zero) = ("1".repeat(40), "2".repeat(40), "0".repeat(40));
        let text = format!(
            "refs/heads/a {one} refs/heads/b {two}\n(delete) {zero} refs/heads/c {one}\nHEAD^{{/a b}} {two} refs/heads/d {zero}\n\
             refs/assize/v1/log/x {one} refs/assize/v1/log/x {zero}\n"
        );
        let lines = parse(&text).expect("git's lines");
        let read: Vec<_> = lines
            .iter()
            .map(|line| (line.local, line.remote_ref, line.remote.is_some()))
            .collect();
        assert_eq!(
            read,
            [
                (one.as_str(), "refs/heads/b", true),
                (two.as_str(), "refs/heads/d", false)
            ]
        );
        assert!(parse("").is_ok_and(|lines| lines.is_empty()));
        for other in [
            "x",
            "a b c d",
            &format!("a {one} b"),
            &format!("a {one} b {}", "z".repeat(40)),
        ] {
            assert!(parse(other).is_err(), "{other}");
        }
    }
}
