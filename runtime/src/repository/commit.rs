//! Commits as bytes, in the one form that git itself writes. Pure.

use std::fmt::Write as _;

use assize_provenance::reader::ObjectId;

/// Who wrote a commit, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The name. Signs that end a name in a commit are left out of it.
    pub name: String,
    /// The address, likewise.
    pub email: String,
    /// When, in seconds since 1970-01-01T00:00:00Z.
    pub unix_seconds: i64,
    /// How far the person's clock is ahead of UTC, in minutes.
    pub offset_minutes: i16,
}

/// A commit to be.
#[derive(Debug, Clone, Copy)]
pub struct NewCommit<'a> {
    /// Its root folder.
    pub tree: ObjectId,
    /// Its parents, first parent first.
    pub parents: &'a [ObjectId],
    /// Who wrote the change.
    pub author: &'a Person,
    /// Who made the commit.
    pub committer: &'a Person,
    /// What it says; the first line is its title.
    pub message: &'a str,
    /// Lines of the form `Key: value` at the end of the message, such as `Assize-Task: build`.
    pub trailers: &'a [(&'a str, &'a str)],
}

impl NewCommit<'_> {
    /// Returns the bytes of the commit's object. What would end a line or a name where it must not is left out.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = format!("tree {}\n", self.tree);
        for parent in self.parents {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "parent {parent}");
        }
        let _ = writeln!(text, "author {}", identity(self.author));
        let _ = writeln!(text, "committer {}\n", identity(self.committer));
        let message: String = self.message.chars().filter(|sign| *sign != '\0').collect();
        text.push_str(message.trim_end());
        if !self.trailers.is_empty() {
            text.push('\n');
        }
        for (key, value) in self.trailers {
            let key: String = key
                .chars()
                .filter(|sign| sign.is_ascii_alphanumeric() || *sign == '-')
                .collect();
            let value: String = value
                .chars()
                .map(|sign| if sign.is_control() { ' ' } else { sign })
                .collect();
            let _ = write!(text, "\n{key}: {}", value.trim());
        }
        text.push('\n');
        text.into_bytes()
    }
}

/// Writes a person in git's form. Git reads a name up to `<` and an address up to `>`; an empty name is refused by its checks.
fn identity(person: &Person) -> String {
    let plain = |text: &str| -> String {
        let kept: String = text
            .chars()
            .filter(|sign| !sign.is_control() && !"<>".contains(*sign))
            .collect();
        kept.trim_matches(|sign: char| sign.is_whitespace() || ".,:;\"\\'".contains(sign))
            .to_owned()
    };
    let mut name = plain(&person.name);
    if name.is_empty() {
        name = "nobody".to_owned();
    }
    let sign = if person.offset_minutes < 0 { '-' } else { '+' };
    let minutes = person.offset_minutes.unsigned_abs();
    format!(
        "{name} <{}> {} {sign}{:02}{:02}",
        plain(&person.email),
        person.unix_seconds,
        minutes / 60,
        minutes % 60
    )
}

#[cfg(test)]
mod tests {
    use assize_provenance::commit;

    use super::*;

    fn person(name: &str) -> Person {
        Person {
            name: name.to_owned(),
            email: "a@b.example".to_owned(),
            unix_seconds: 1_700_000_000,
            offset_minutes: -90,
        }
    }

    #[test]
    fn a_commit_reads_back() {
        let id = ObjectId::from_bytes([7; 20]);
        let (author, committer) = (person("A"), person("B"));
        let new = NewCommit {
            tree: id,
            parents: &[id, id],
            author: &author,
            committer: &committer,
            message: "Title\n\nBody\n\n",
            trailers: &[("Assize-Task", "build"), ("Assize-Run", "0a")],
        };
        let read = commit::read_any(&new.to_bytes()).unwrap();
        assert_eq!((read.tree, read.parents.len()), (id, 2));
        assert_eq!(read.author, b"A <a@b.example> 1700000000 -0130");
        assert_eq!(read.committer, b"B <a@b.example> 1700000000 -0130");
        assert_eq!(read.message, b"Title\n\nBody\n\nAssize-Task: build\nAssize-Run: 0a\n");
    }

    #[test]
    fn nothing_that_is_written_ends_its_line_or_its_name() {
        let id = ObjectId::from_bytes([7; 20]);
        let author = person("Eve <root@x> 1 +0000\nparent 00");
        let nobody = person(" .<>");
        let new = NewCommit {
            tree: id,
            parents: &[],
            author: &author,
            committer: &nobody,
            message: "a\0b",
            trailers: &[("Assize-\nTask", "x\nAssize-Run: forged")],
        };
        let read = commit::read_any(&new.to_bytes()).unwrap();
        assert!(read.parents.is_empty());
        assert_eq!(
            read.author,
            b"Eve root@x 1 +0000parent 00 <a@b.example> 1700000000 -0130"
        );
        assert!(read.committer.starts_with(b"nobody <"));
        assert_eq!(read.message, b"ab\n\nAssize-Task: x Assize-Run: forged\n");
    }
}
