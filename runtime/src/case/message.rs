//! Gathers what the commits of a range say, without who said it.
//!
//! A judge does not learn the author unless the council shows it: trailers that name people are cut, and mail addresses in
//! the trailers that stay.

use assize_provenance::commit::AnyCommit;
use assize_provenance::reader::{ObjectId, ObjectReader};

use super::history::{HistoryError, read_commit};

/// The most commits whose messages are shown.
pub const MESSAGES_MAX: usize = 1_000;
/// The longest message shown, in bytes of UTF-8.
pub const MESSAGE_BYTES_MAX: usize = 64 << 10;
/// The most bytes of all messages together.
pub const MESSAGES_BYTES_MAX: usize = 1 << 20;

/// What stands at the end of a message that was cut.
const CUT: &str = "\n[cut: the message goes on]";

/// Whether judges learn who made the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Authors {
    /// Trailers that name people are cut.
    Hidden,
    /// Messages are shown as they are.
    Shown,
}

/// Reads the messages of commits that are given newest first, and returns them oldest first. Above the limits the oldest
/// commits fall away.
///
/// # Errors
///
/// Those of [`read_commit`].
pub fn gather<R: ObjectReader + ?Sized>(
    reader: &R,
    newest_first: &[ObjectId],
    authors: Authors,
) -> Result<Vec<String>, HistoryError> {
    let mut messages = Vec::new();
    let mut bytes = 0;
    for id in newest_first.iter().take(MESSAGES_MAX) {
        let message = shown(&read_commit(reader, id)?, authors);
        bytes += message.len();
        if bytes > MESSAGES_BYTES_MAX {
            break;
        }
        messages.push(message);
    }
    messages.reverse();
    Ok(messages)
}

fn shown(commit: &AnyCommit, authors: Authors) -> String {
    let text = decode(commit);
    let mut text = match authors {
        Authors::Shown => text,
        Authors::Hidden => without_people(&text),
    };
    text.truncate(text.trim_end().len());
    if text.len() > MESSAGE_BYTES_MAX {
        text.truncate(text.floor_char_boundary(MESSAGE_BYTES_MAX - CUT.len()));
        text.push_str(CUT);
    }
    text
}

/// Reads Latin-1 where the commit says so and UTF-8 otherwise; what is no UTF-8 shows as U+FFFD.
fn decode(commit: &AnyCommit) -> String {
    let is_latin1 = commit.encoding.as_deref().is_some_and(|name| {
        [&b"iso-8859-1"[..], b"iso8859-1", b"latin1", b"latin-1"]
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known))
    });
    if is_latin1 {
        commit.message.iter().map(|byte| char::from(*byte)).collect()
    } else {
        String::from_utf8_lossy(&commit.message).into_owned()
    }
}

/// Cuts the trailers that name people, wherever they stand (squashed messages carry them in the middle), and the mail
/// addresses in other trailers.
fn without_people(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut is_cut = false;
    for line in text.split_inclusive('\n') {
        // A folded trailer goes on in lines that start with a space.
        let is_continuation = line.starts_with([' ', '\t']) && !line.trim().is_empty();
        if is_cut && is_continuation {
            continue;
        }
        let key = trailer_key(line);
        is_cut = key.is_some_and(names_people);
        if is_cut {
            continue;
        }
        if key.is_some() {
            push_without_addresses(&mut kept, line);
        } else {
            kept.push_str(line);
        }
    }
    kept
}

/// Reads the key of a line in the form of a trailer, as git-interpret-trailers(1) has it.
fn trailer_key(line: &str) -> Option<&str> {
    let (key, _) = line.split_once(':')?;
    let key = key.trim_end();
    let is_key = key.starts_with(|first: char| first.is_ascii_alphanumeric())
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_key.then_some(key)
}

/// `Signed-off-by` and every other `...-by`, and the few without that ending.
fn names_people(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    key.ends_with("-by")
        || matches!(
            key.as_str(),
            "cc" | "author" | "authors" | "committer" | "co-author" | "reviewer" | "reviewers" | "from" | "thanks-to"
        )
}

fn push_without_addresses(kept: &mut String, line: &str) {
    for (position, word) in line.split(' ').enumerate() {
        if position > 0 {
            kept.push(' ');
        }
        // The line feed belongs to the line and not to the address before it.
        let (word, end) = word.strip_suffix('\n').map_or((word, ""), |word| (word, "\n"));
        let is_address = word
            .split_once('@')
            .is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
        kept.push_str(if is_address { "[address]" } else { word });
        kept.push_str(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trailers_that_name_people_are_cut() {
        let text = "Add the thing\n\nIt was made by hand: carefully.\n\nFixes: #12\nSigned-off-by: A <a@b.example>\n\
                    co-authored-by: B\n  <b@b.example>\nReported-by: C\nLink: https://x.example/1\n";
        let kept = "Add the thing\n\nIt was made by hand: carefully.\n\nFixes: #12\nLink: https://x.example/1\n";
        assert_eq!(without_people(text), kept);
    }

    #[test]
    fn addresses_in_other_trailers_are_cut() {
        assert_eq!(
            without_people("Message-Id: <1@mail.example>\n"),
            "Message-Id: [address]\n"
        );
        assert_eq!(without_people("Ping x@y.example here\n"), "Ping x@y.example here\n");
    }

    #[test]
    fn a_trailer_in_the_middle_is_cut_too() {
        assert_eq!(without_people("One\n\nAcked-by: D\n\nTwo\n"), "One\n\n\nTwo\n");
    }
}
