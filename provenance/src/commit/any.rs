//! Commits of users, read leniently: whoever wrote them, only the shape matters.

use crate::reader::ObjectId;

/// How many bytes a commit may have.
pub const COMMIT_BYTES_MAX: u64 = 16 << 20;

/// How many parents a commit may have.
pub const PARENTS_MAX: usize = 1024;

/// What stands in a commit that somebody else wrote. Only the tree and the parents have a checked form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnyCommit {
    /// Its tree.
    pub tree: ObjectId,
    /// Its parents, first parent first.
    pub parents: Vec<ObjectId>,
    /// The author line without its keyword: name, address, time, in whatever bytes.
    pub author: Vec<u8>,
    /// The committer line without its keyword.
    pub committer: Vec<u8>,
    /// The encoding that the commit names for its message, if any.
    pub encoding: Option<Vec<u8>>,
    /// The message, in whatever encoding.
    pub message: Vec<u8>,
}

/// Why bytes are no commit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnyCommitError {
    /// It is too large.
    #[error("the commit has {0} bytes, more than the {COMMIT_BYTES_MAX} that are read")]
    TooLarge(usize),
    /// It does not start with the tree, the parents, the author and the committer.
    #[error("the commit has no proper `{0}` line")]
    Header(&'static str),
    /// It has too many parents.
    #[error("the commit has more than {PARENTS_MAX} parents")]
    Parents,
}

/// Reads a commit that anybody wrote. Headers after the committer are passed over, except the encoding.
///
/// # Errors
///
/// Every [`AnyCommitError`].
pub fn read_any(bytes: &[u8]) -> Result<AnyCommit, AnyCommitError> {
    if u64::try_from(bytes.len()).is_ok_and(|length| length > COMMIT_BYTES_MAX) {
        return Err(AnyCommitError::TooLarge(bytes.len()));
    }
    let mut rest = bytes;
    let tree = take(&mut rest, b"tree ")
        .and_then(id)
        .ok_or(AnyCommitError::Header("tree"))?;
    let mut parents = Vec::new();
    while let Some(parent) = take(&mut rest, b"parent ") {
        if parents.len() >= PARENTS_MAX {
            return Err(AnyCommitError::Parents);
        }
        parents.push(id(parent).ok_or(AnyCommitError::Header("parent"))?);
    }
    let author = take(&mut rest, b"author ")
        .ok_or(AnyCommitError::Header("author"))?
        .to_vec();
    let committer = take(&mut rest, b"committer ")
        .ok_or(AnyCommitError::Header("committer"))?
        .to_vec();
    let mut encoding = None;
    while let Some(line) = take(&mut rest, b"").filter(|line| !line.is_empty()) {
        if let Some(name) = line.strip_prefix(b"encoding ") {
            encoding.get_or_insert_with(|| name.to_vec());
        }
    }
    Ok(AnyCommit {
        tree,
        parents,
        author,
        committer,
        encoding,
        message: rest.to_vec(),
    })
}

/// Takes the next line if it starts with `keyword`, and returns what follows the keyword. The last line may lack its end.
fn take<'bytes>(rest: &mut &'bytes [u8], keyword: &[u8]) -> Option<&'bytes [u8]> {
    let here = *rest;
    let value = here.strip_prefix(keyword).filter(|_| !here.is_empty())?;
    match value
        .iter()
        .position(|byte| *byte == b'\n')
        .and_then(|end| value.split_at_checked(end))
    {
        Some((line, after)) => {
            *rest = after.strip_prefix(b"\n").unwrap_or(after);
            Some(line)
        }
        None => {
            *rest = &[];
            Some(value)
        }
    }
}

fn id(hex: &[u8]) -> Option<ObjectId> {
    std::str::from_utf8(hex).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

    #[test]
    fn what_git_writes_is_read() {
        let text = format!(
            "tree {TREE}\nparent {TREE}\nparent {TREE}\nauthor A <a@b> 1 +0000\ncommitter B <b@c> 2 -0130\n\
             encoding latin1\ngpgsig -----BEGIN\n x\n \n -----END\nHG:extra y\n\nSubject\n\nBody\n"
        );
        let commit = read_any(text.as_bytes()).unwrap();
        assert_eq!(commit.parents.len(), 2);
        assert_eq!(commit.author, b"A <a@b> 1 +0000");
        assert_eq!(commit.committer, b"B <b@c> 2 -0130");
        assert_eq!(commit.encoding.as_deref(), Some(&b"latin1"[..]));
        assert_eq!(commit.message, b"Subject\n\nBody\n");
    }

    #[test]
    fn odd_commits_are_read_as_far_as_they_have_a_shape() {
        let bare = format!("tree {TREE}\nauthor é\ncommitter ");
        let commit = read_any(bare.as_bytes()).unwrap();
        assert!(commit.parents.is_empty() && commit.message.is_empty() && commit.committer.is_empty());
        let no_message = format!("tree {TREE}\nauthor a\ncommitter b\n");
        assert_eq!(read_any(no_message.as_bytes()).unwrap().message, b"");
    }

    #[test]
    fn what_is_no_commit_says_which_line() {
        let header = |text: &str| read_any(text.as_bytes()).unwrap_err();
        assert_eq!(header(""), AnyCommitError::Header("tree"));
        assert_eq!(header("tree 4b82\n"), AnyCommitError::Header("tree"));
        assert_eq!(
            header(&format!("tree {TREE}\nparent x\n")),
            AnyCommitError::Header("parent")
        );
        assert_eq!(
            header(&format!("tree {TREE}\n\nmessage")),
            AnyCommitError::Header("author")
        );
        assert_eq!(
            header(&format!("tree {TREE}\nauthor a\n")),
            AnyCommitError::Header("committer")
        );
        let many = format!("tree {TREE}\n{}", format!("parent {TREE}\n").repeat(PARENTS_MAX + 1));
        assert_eq!(header(&many), AnyCommitError::Parents);
    }
}
