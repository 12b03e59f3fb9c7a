//! What a commit that git is about to make would hold, and whether it may be made.
//!
//! Git calls a commit-msg hook with the file of the message (githooks(5)) and names in its environment the index that the
//! commit is made of: another one than usual for `git commit -a` and `git commit PATH`. Nothing tells a hook whether the
//! newest commit is replaced, so an amended commit is looked at from the one that it replaces: what the amendment adds, under
//! the whole message. A merge is looked at from its first parent, as it is once it is made.
//!
//! Git cleans the message up only after the hook. The same is done here by the rules that hold where no configuration says
//! otherwise, see git-commit(1), `--cleanup=default`: whitespace always; comments, and what git put below its scissors, where
//! the message was edited. Which sign starts a comment is seen at the scissors, and is `#` where there are none.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::super::view::ReviewView;
use super::super::{App, Fault, ReviewRequest, Subject, Wanted};

/// How much of a message's file is read, in bytes. Judges are shown far less of a message, and what `git commit -v` puts below
/// it may be long.
const MESSAGE_FILE_BYTES_MAX: u64 = 1 << 20;
/// What git writes after the comment sign of the line below which nothing belongs to the message.
const SCISSORS: &str = " ------------------------ >8 ------------------------";
/// What starts a comment, unless configured otherwise.
const COMMENT: &str = "#";

/// A commit that git is about to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draft<'a> {
    /// The file of its message.
    pub message: &'a Path,
    /// The index it is made of, if not the repository's own.
    pub index: Option<&'a Path>,
    /// Whether the message was edited; then git takes comments out of it.
    pub is_edited: bool,
}

impl App {
    /// Lets the default council judge a commit before it is made. Nothing is recorded.
    ///
    /// # Errors
    ///
    /// [`Fault`] when the message cannot be read, and as for a review; then the commit must not be made.
    pub fn decide_commit(&self, draft: Draft<'_>, announce: &mut dyn FnMut(&str)) -> Result<ReviewView, Fault> {
        let path = self.dir.join(draft.message);
        let mut bytes = Vec::new();
        let read = File::open(&path).and_then(|file| file.take(MESSAGE_FILE_BYTES_MAX).read_to_end(&mut bytes));
        match read {
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(Fault::wrong(
                    format!("there is no message in {}", path.display()),
                    "let git call this: `assize hook install`, then `git commit`",
                ));
            }
            Err(source) => return Err(Fault::Io { path, source }),
        }
        let message = cleaned(&String::from_utf8_lossy(&bytes), draft.is_edited);
        let index = draft.index.map(|index| self.dir.join(index));
        let request = ReviewRequest {
            subject: Subject::Staged {
                index: index.as_deref(),
                message: &message,
            },
            council: None,
            policy: None,
            documents: &[],
            record: false,
            wanted: Wanted::default(),
        };
        self.review(request, announce)
    }
}

/// The message as git will store it.
fn cleaned(text: &str, is_edited: bool) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let (kept, comment) = match is_edited.then(|| scissors(&lines)).flatten() {
        Some((above, comment)) => (above, comment),
        None => (lines.len(), COMMENT),
    };
    let mut message = String::new();
    let mut is_apart = false;
    for line in lines.into_iter().take(kept) {
        if is_edited && line.starts_with(comment) {
            continue;
        }
        let line = line.trim_ascii_end();
        if line.is_empty() {
            is_apart = !message.is_empty();
            continue;
        }
        if is_apart {
            message.push('\n');
            is_apart = false;
        }
        message.push_str(line);
        message.push('\n');
    }
    message
}

/// How many lines stand above git's scissors, and the comment sign before them. Git explains them in a comment right below;
/// where there is none somebody else wrote them, and what follows is part of the message.
fn scissors<'a>(lines: &[&'a str]) -> Option<(usize, &'a str)> {
    let pairs = lines.iter().zip(lines.iter().skip(1));
    pairs.enumerate().find_map(|(above, (line, below))| {
        let sign = line.strip_suffix(SCISSORS)?;
        let is_git = !sign.is_empty() && below.strip_prefix(sign).is_some_and(|rest| rest.starts_with(' '));
        is_git.then_some((above, sign))
    })
}

#[cfg(test)]
mod tests {
    use super::cleaned;

    #[test]
    fn whitespace_goes_from_every_message() {
        let cases = [
            ("", ""),
            ("\n \n", ""),
            ("Title", "Title\n"),
            ("\n\nTitle  \n\t\n\n\nBody\r\n\n", "Title\n\nBody\n"),
            ("  indented\n", "  indented\n"),
        ];
        for (text, stored) in cases {
            for is_edited in [false, true] {
                assert_eq!(cleaned(text, is_edited), stored, "{text:?}");
            }
        }
    }

    #[test]
    fn comments_go_from_an_edited_message_alone() {
        let text = "# one\nTitle\n\n# two\n\n#12 is mended\n # three\n";
        assert_eq!(cleaned(text, true), "Title\n\n # three\n");
        assert_eq!(
            cleaned(text, false),
            "# one\nTitle\n\n# two\n\n#12 is mended\n # three\n"
        );
    }

    #[test]
    fn what_git_shows_below_its_scissors_is_no_message() {
        for sign in ["#", ";", "//"] {
            let text = format!(
                "Title\n\n{sign} On branch main\n{sign} ------------------------ >8 ------------------------\n\
                 {sign} Do not modify or remove the line above.\ndiff --git a/a b/a\n+secret\n"
            );
            assert_eq!(cleaned(&text, true), "Title\n", "{text}");
            assert_eq!(cleaned(&text, false), text);
        }
    }

    #[test]
    fn scissors_of_somebody_else_cut_nothing() {
        let text = "Title\n\n# ------------------------ >8 ------------------------\nbelow\n";
        assert_eq!(cleaned(text, true), "Title\n\nbelow\n");
        assert_eq!(cleaned("-- >8 --\nx\n", true), "-- >8 --\nx\n");
        assert_eq!(
            cleaned(" ------------------------ >8 ------------------------\n x\n", true)
                .lines()
                .count(),
            2
        );
    }
}
