//! What lies outside of the workspace, in memory: commands and servers that answer as a test says, and what was stored.

use std::cell::RefCell;
use std::fmt;

use super::MemoryWorkspace;
use crate::artifacts::{Artifact, Artifacts};
use crate::http::{Http, Request, Response};
use crate::process::{Command, Ended, Process};
use crate::workspace::{ChangePage, EntryPage, Existing, Match, Workspace};
use crate::{Denial, Refusal};

type Runs = dyn Fn(&Command, &MemoryWorkspace) -> Result<Ended, Refusal>;
type Serves = dyn Fn(&Request) -> Result<Response, Refusal>;

/// A workspace in memory with an outside. Commands and requests are refused unless a test says what answers them.
#[derive(Default)]
pub struct MemoryHost {
    /// The files.
    pub workspace: MemoryWorkspace,
    runs: Option<Box<Runs>>,
    serves: Option<Box<Serves>>,
    commands: RefCell<Vec<Command>>,
    stored: RefCell<Vec<(String, Vec<u8>)>>,
    denied: Vec<String>,
}

impl fmt::Debug for MemoryHost {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("MemoryHost");
        shown.field("workspace", &self.workspace).finish_non_exhaustive()
    }
}

impl MemoryHost {
    /// A host with these files.
    #[must_use]
    pub fn of(files: &[(&str, &str)]) -> Self {
        Self::over(MemoryWorkspace::of(files))
    }

    /// A host with this workspace.
    #[must_use]
    pub fn over(workspace: MemoryWorkspace) -> Self {
        Self {
            workspace,
            ..Self::default()
        }
    }

    /// Answers commands; a command sees the files and may change them.
    #[must_use]
    pub fn running(mut self, runs: impl Fn(&Command, &MemoryWorkspace) -> Result<Ended, Refusal> + 'static) -> Self {
        self.runs = Some(Box::new(runs));
        self
    }

    /// Answers requests.
    #[must_use]
    pub fn serving(mut self, serves: impl Fn(&Request) -> Result<Response, Refusal> + 'static) -> Self {
        self.serves = Some(Box::new(serves));
        self
    }

    /// Refuses to store artifacts, as a role without that permission does.
    #[must_use]
    pub fn storing_nothing(mut self) -> Self {
        self.denied.push("artifacts.store".to_owned());
        self
    }

    /// The commands that were run, in order.
    #[must_use]
    pub fn commands(&self) -> Vec<Command> {
        self.commands.borrow().clone()
    }

    /// What was stored, by name.
    #[must_use]
    pub fn stored(&self) -> Vec<(String, Vec<u8>)> {
        self.stored.borrow().clone()
    }
}

fn denied(permission: &str) -> Refusal {
    Refusal::Denied(Denial {
        permission: permission.to_owned(),
        needs: format!("add \"{permission}\" to `allow`"),
    })
}

impl Process for MemoryHost {
    fn run(&self, command: &Command) -> Result<Ended, Refusal> {
        let runs = self.runs.as_ref().ok_or_else(|| denied("process.run"))?;
        self.commands.borrow_mut().push(command.clone());
        runs(command, &self.workspace)
    }
}

impl Http for MemoryHost {
    fn send(&self, request: &Request) -> Result<Response, Refusal> {
        self.serves.as_ref().ok_or_else(|| denied("http.send"))?(request)
    }
}

/// What is stored lies under its number, not under a digest.
impl Artifacts for MemoryHost {
    fn store(&self, name: &str, _media_type: &str, contents: &[u8]) -> Result<Artifact, Refusal> {
        if let Some(permission) = self.denied.first() {
            return Err(denied(permission));
        }
        let mut stored = self.stored.borrow_mut();
        stored.push((name.to_owned(), contents.to_owned()));
        let (digest, bytes) = (format!("number:{}", stored.len()), contents.len() as u64);
        Ok(Artifact { digest, bytes })
    }

    fn fetch(&self, digest: &str, offset: u64, length: u32) -> Result<Vec<u8>, Refusal> {
        let number = digest.strip_prefix("number:").and_then(|number| number.parse().ok());
        let stored = self.stored.borrow();
        let held = number.and_then(|number: usize| stored.get(number.checked_sub(1)?));
        let (_, contents) = held.ok_or_else(|| Refusal::NotFound(format!("no artifact {digest}")))?;
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let rest = contents.get(start..).unwrap_or_default();
        Ok(rest.iter().take(length as usize).copied().collect())
    }
}

impl Workspace for MemoryHost {
    fn list(&self, path: &str, after: Option<&str>) -> Result<EntryPage, Refusal> {
        self.workspace.list(path, after)
    }

    fn read(&self, path: &str, offset: u64, length: u32) -> Result<Vec<u8>, Refusal> {
        self.workspace.read(path, offset, length)
    }

    fn write(&self, path: &str, contents: &[u8], existing: Existing) -> Result<(), Refusal> {
        self.workspace.write(path, contents, existing)
    }

    fn remove(&self, path: &str) -> Result<(), Refusal> {
        self.workspace.remove(path)
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), Refusal> {
        self.workspace.rename(from, to)
    }

    fn search(&self, path: &str, literals: &[String], max: u32) -> Result<Vec<Match>, Refusal> {
        self.workspace.search(path, literals, max)
    }

    fn diff(&self, after: Option<&str>) -> Result<ChangePage, Refusal> {
        self.workspace.diff(after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::{End, how};

    #[test]
    fn what_nobody_answers_is_refused_and_the_rest_is_seen() {
        let host = MemoryHost::of(&[("a", "b")]);
        assert_eq!(host.run(&Command::of(&["true"])), Err(denied("process.run")));
        assert_eq!(host.send(&Request::get("https://a.example/")), Err(denied("http.send")));

        let host = host.running(|command, files| {
            files.put("made", command.arguments.join(" ").as_bytes());
            Ok(Ended {
                end: End::Exited(3),
                stdout: Vec::new(),
                stderr: b"no".to_vec(),
                dropped: 0,
                confined: true,
            })
        });
        let ended = host.run(&Command::of(&["make", "it"])).map(|ended| how(&ended.end));
        assert_eq!(ended.as_deref(), Ok("it exited with 3"));
        assert_eq!(host.read("made", 0, 100), Ok(b"make it".to_vec()));
        assert_eq!(host.commands().len(), 1);
    }

    #[test]
    fn a_request_is_made_and_its_answer_read() {
        let host = MemoryHost::default().serving(|request| {
            Ok(Response {
                status: 200,
                headers: request.headers.clone(),
                body: request.url.clone().into_bytes(),
            })
        });
        let request = Request::get("https://a.example/x").with_header("Accept", "text/plain");
        let answer = host.send(&request);
        let told = answer
            .as_ref()
            .map(|answer| (answer.status, answer.header("accept"), answer.header("other")));
        assert_eq!(told, Ok((200, Some("text/plain"), None)));
    }

    #[test]
    fn what_is_stored_can_be_fetched() {
        let host = MemoryHost::default();
        let stored = host.store("report", "text/plain", b"all is well");
        let digest = stored.map(|artifact| artifact.digest).unwrap_or_default();
        assert_eq!(host.fetch(&digest, 4, 2), Ok(b"is".to_vec()));
        assert!(matches!(host.fetch("number:2", 0, 1), Err(Refusal::NotFound(_))));
        let host = host.storing_nothing();
        assert_eq!(
            host.store("report", "text/plain", b"").err(),
            Some(denied("artifacts.store"))
        );
    }
}
