//! An agent: counts lines and words of the text files in a folder, and writes them into a report.
//!
//! Its input is null or `{"folder": "docs", "report": "word-count.tsv"}`; each of the two may be missing.

mod conformance;

use assize_agent::workspace::{Existing, Kind};
use assize_agent::{Description, Fault, Host, Outcome, Refusal, Task, Workspace, file, path, why};
use serde_json::{Value, json};

/// How much of a file one call asks for, in bytes.
const PIECE_BYTES: u32 = file::PIECE_BYTES;

/// What this agent says of itself.
#[must_use]
pub fn describe() -> Description {
    let wants = ["workspace.list", "workspace.read", "workspace.write"];
    Description {
        name: "word-count".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        summary: "Counts the words of a folder's text files and writes them into a report.".to_owned(),
        // A plugin would name here what it cannot do without. This one also serves tests of refusals, so it starts with nothing.
        requires: Vec::new(),
        wants: wants.map(str::to_owned).to_vec(),
    }
}

/// Does one task.
///
/// # Errors
///
/// A fault where the input cannot be used.
pub fn run(task: &Task, host: &Host) -> Result<Outcome, Fault> {
    let wanted: Option<Value> = serde_json::from_str(&task.input).ok();
    let wanted = wanted.filter(|wanted| wanted.is_object() || wanted.is_null());
    let Some(wanted) = wanted else {
        return Err(fault(
            "The input is not an object of JSON, such as {\"folder\": \"docs\"}.",
        ));
    };
    if let Some(calls) = wanted.get("calls") {
        let output = conformance::answers(calls, host);
        let output = output.ok_or_else(|| fault("The calls are not those of the contract."))?;
        let summary = "Called the host as asked.".to_owned();
        return Ok(Outcome { summary, output });
    }
    Ok(count(&wanted, host))
}

assize_agent::export!(describe, run);

fn fault(message: &str) -> Fault {
    let message = message.to_owned();
    Fault { message }
}

/// Counts, and writes the report.
pub fn count<W: Workspace>(wanted: &Value, workspace: &W) -> Outcome {
    let member = |name: &str, default: &'static str| wanted.get(name).and_then(Value::as_str).unwrap_or(default);
    let mut count = Count {
        report: member("report", "word-count.tsv"),
        ..Count::default()
    };
    count.folder(member("folder", ""), workspace);
    let table = format!("file\tlines\twords\n{}", count.rows);
    let written = workspace.write(count.report, table.as_bytes(), Existing::Replace);
    count.outcome(written)
}

#[derive(Default)]
struct Count<'a> {
    report: &'a str,
    rows: String,
    files: u64,
    lines: u64,
    words: u64,
    unread: u64,
}

impl Count<'_> {
    fn folder<W: Workspace>(&mut self, folder: &str, workspace: &W) {
        let mut after: Option<String> = None;
        loop {
            let Ok(page) = workspace.list(folder, after.as_deref()) else {
                self.unread += 1;
                return;
            };
            for entry in page.entries {
                let path = path::join(folder, &entry.name);
                match entry.kind {
                    Kind::Folder => self.folder(&path, workspace),
                    Kind::File | Kind::Executable if path != self.report => self.file(&path, workspace),
                    _ => {}
                }
            }
            after = page.next;
            if after.is_none() {
                return;
            }
        }
    }

    fn file<W: Workspace>(&mut self, path: &str, workspace: &W) {
        let (mut lines, mut words, mut offset, mut inside) = (0_u64, 0_u64, 0_u64, false);
        loop {
            let Ok(piece) = workspace.read(path, offset, PIECE_BYTES) else {
                self.unread += 1;
                return;
            };
            if offset == 0 && file::is_binary(&piece) {
                return;
            }
            if piece.is_empty() {
                break;
            }
            for byte in &piece {
                let is_space = matches!(byte, b' ' | 0x09..=0x0d);
                lines += u64::from(*byte == b'\n');
                words += u64::from(!is_space && !inside);
                inside = !is_space;
            }
            offset += piece.len() as u64;
        }
        self.rows.push_str(&format!("{path}\t{lines}\t{words}\n"));
        self.files += 1;
        self.lines += lines;
        self.words += words;
    }

    fn outcome(&self, written: Result<(), Refusal>) -> Outcome {
        let mut summary = format!("Counted {} words in {} files.", self.words, self.files);
        if self.unread > 0 {
            summary.push_str(&format!(" {} files or folders could not be read.", self.unread));
        }
        if let Err(refusal) = &written {
            summary.push_str(&format!(" The report was not written: {}.", why(refusal)));
        }
        let output = json!({
            "files": self.files,
            "lines": self.lines,
            "words": self.words,
            "unread": self.unread,
            "written": written.is_ok(),
        });
        Outcome {
            summary,
            output: output.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, reason = "a test fails by panicking")]

    use assize_agent::memory::MemoryWorkspace;

    use super::*;

    #[test]
    fn words_are_counted_and_reported() {
        let workspace = MemoryWorkspace::of(&[("a.txt", "one two\nthree\n"), ("docs/b.md", "four"), ("empty", "")]);
        workspace.put("binary", b"a\0b c");
        for _ in 0..2 {
            let outcome = count(&Value::Null, &workspace);
            assert_eq!(outcome.summary, "Counted 4 words in 3 files.");
            let output: Value = serde_json::from_str(&outcome.output).expect("JSON");
            assert_eq!(
                output,
                json!({ "files": 3, "lines": 2, "words": 4, "unread": 0, "written": true })
            );
        }
        let report = workspace.texts().remove("word-count.tsv");
        let expected = "file\tlines\twords\na.txt\t2\t3\ndocs/b.md\t0\t1\nempty\t0\t0\n";
        assert_eq!(report.as_deref(), Some(expected));
    }

    #[test]
    fn a_report_that_may_not_be_written_is_told() {
        let workspace = MemoryWorkspace::of(&[("a", "b")]).denying(&["workspace.write"]);
        let outcome = count(&json!({ "folder": "" }), &workspace);
        let why = "workspace.write is not granted; add \"workspace.write\" to `allow`";
        assert_eq!(
            outcome.summary,
            format!("Counted 1 words in 1 files. The report was not written: {why}.")
        );
    }
}
