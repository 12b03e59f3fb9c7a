//! The ground of one attack: a workspace amid files that nobody may touch, and a store of its own.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::bytes;
use super::names::Names;
use super::picture::Picture;
use super::room::Guests;
use super::server::{self, Server};
use super::tried::Tried;
use crate::clock::Clock;
use crate::egress::{Egress, Patience, Trust};
use crate::event::RunId;
use crate::outcome::Outcome;
use crate::policy::Policy;
use crate::policy::grant::{Grants, Request};
use crate::process::Commands;
use crate::sandbox::{Agent, Outside, Sandbox, StoreDesk, Surroundings, Task, Unusable};
use crate::secret::{self, Secrets};
use crate::store::Store;
use crate::workspace::Workspace;

/// What the roles of the attacks may. The limits are small, so that what has no end ends soon.
const POLICY: &str = include_str!("policy.toml");
/// What every policy must have besides.
const COUNCIL: &str = include_str!("council.toml");

/// The files that nobody may touch, and those of the workspace, by path below the ground. `SECRET` becomes the secret.
const FILES: &[(&str, &str)] = &[
    ("secret.txt", "SECRET\n"),
    ("outside/notes.txt", "SECRET\n"),
    ("outside/deeper/keep.txt", "SECRET\n"),
    ("outside/src/main.rs", "// SECRET\n"),
    ("work-secret/secret.txt", "SECRET\n"),
    ("work/README.md", "# A project\n"),
    ("work/.git/HEAD", "ref: refs/heads/main\n"),
    ("work/.git/config", "[core]\n\tbare = false # SECRET\n"),
    ("work/.git/hooks/pre-commit", "#!/bin/sh\nexit 0\n"),
    ("work/.assize/policy.toml", "version = 1 # SECRET\n"),
    ("work/private/secret.txt", "SECRET\n"),
    ("work/src-private/secret.txt", "SECRET\n"),
    ("work/docs/guide.md", "A guide.\n"),
    ("work/mixed/open/a.txt", "open\n"),
    ("work/mixed/closed.txt", "SECRET\n"),
    ("work/src/main.rs", "fn main() {}\n"),
    ("work/src/deep/er/lib.rs", "pub fn f() {}\n"),
];

/// A policy of these roles, with what every policy must have besides.
pub(super) fn whole_policy(roles: &str) -> String {
    format!("{roles}{COUNCIL}")
}

/// The policy of the attacks, on this machine.
fn policy_for(program: &Path, server: &Server, other: &Server) -> String {
    let quoted = |path: &Path| Value::from(path.display().to_string()).to_string();
    POLICY
        .replace("PROGRAM", &quoted(program))
        .replace("OTHER_ORIGIN", &other.origin())
        .replace("ORIGIN", &server.origin())
}

/// Where an attack takes place.
#[derive(Debug)]
pub struct Ground {
    dir: PathBuf,
    secret: String,
    sandbox: Sandbox,
    guests: Guests,
    program: PathBuf,
    /// The server that may have the secret, and another.
    server: Server,
    other: Server,
    policy: Policy,
    store: Arc<Store>,
    seed: u64,
    /// Every text that came out of a guest.
    heard: Mutex<Vec<String>>,
}

impl Ground {
    /// Lays out a ground in the empty folder `dir`.
    pub(super) fn lay(
        dir: &Path,
        sandbox: &Sandbox,
        guests: &Guests,
        program: &Path,
        seed: u64,
    ) -> Result<Self, String> {
        let told = |error: io::Error| format!("the ground cannot be laid: {error}");
        let dir = dir.canonicalize().map_err(told)?;
        let secret = format!("the-secret-{seed:016x}");
        for (path, contents) in FILES {
            let path = dir.join("ground").join(path);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent).map_err(told)?;
            }
            fs::write(&path, contents.replace("SECRET", &secret)).map_err(told)?;
        }
        let hook = dir.join("ground/work/.git/hooks/pre-commit");
        fs::set_permissions(hook, fs::Permissions::from_mode(0o755)).map_err(told)?;
        fs::create_dir(dir.join("state")).map_err(told)?;
        let (server, other) = (Server::start().map_err(told)?, Server::start().map_err(told)?);
        let policy = Policy::parse("hostile.toml", &whole_policy(&policy_for(program, &server, &other))).map_err(
            |problems| {
                let first = problems.first().map(|problem| problem.message.clone());
                format!("the policy of the attacks does not hold: {}", first.unwrap_or_default())
            },
        )?;
        let store = Store::open(&dir.join("state")).map_err(|error| error.to_string())?;
        Ok(Self {
            dir,
            secret,
            sandbox: sandbox.clone(),
            guests: guests.clone(),
            program: program.to_owned(),
            server,
            other,
            policy,
            store: Arc::new(store),
            seed,
            heard: Mutex::new(Vec::new()),
        })
    }

    /// A path beside the workspace or, below `work/`, in it.
    #[must_use]
    pub fn path(&self, path: &str) -> PathBuf {
        self.dir.join("ground").join(path)
    }

    /// A folder for an attack's own files, which nobody watches.
    pub(super) fn aside(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// What decides this attack's chances.
    pub(super) fn seed(&self) -> u64 {
        self.seed
    }

    pub(super) fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    pub(super) fn policy(&self) -> &Policy {
        &self.policy
    }

    pub(super) fn guests(&self) -> &Guests {
        &self.guests
    }

    /// A picture of everything that no agent of the attacks may change: all but `work/src`.
    pub(super) fn picture(&self) -> Result<Picture, String> {
        Picture::of(&self.path(""), &[self.path("work/src")])
            .map_err(|error| format!("the ground cannot be seen: {error}"))
    }

    /// Makes a link in the workspace.
    pub(super) fn link(&self, path: &str, target: &str) -> Result<(), String> {
        symlink(target, self.path("work").join(path)).map_err(|error| format!("no link can be made: {error}"))
    }

    /// Lets the hostile agent take these steps.
    pub(super) fn steps(&self, steps: Vec<Value>) -> Result<Tried, String> {
        self.steps_as("intruder", steps)
    }

    /// Lets the hostile agent take these steps in another role.
    pub(super) fn steps_as(&self, role: &str, steps: Vec<Value>) -> Result<Tried, String> {
        self.try_agent(&self.guests.hostile, role, "intruder", &Value::from(steps).to_string())
    }

    /// Lets the hostile agent take these steps in the role that may run commands and send requests.
    pub(super) fn raid(&self, steps: Vec<Value>) -> Result<Tried, String> {
        self.steps_as("raider", steps)
    }

    /// A step that runs this binary for a misdeed, in the folder that it may write.
    pub(super) fn misdeed(&self, name: &str, words: &[&str]) -> Value {
        self.command_of(name, words, Value::Null)
    }

    /// The same, with so many seconds to do it.
    pub(super) fn misdeed_within(&self, name: &str, words: &[&str], seconds: u32) -> Value {
        self.command_of(name, words, Value::from(seconds))
    }

    fn command_of(&self, name: &str, words: &[&str], seconds: Value) -> Value {
        let program = self.program.display().to_string();
        let words: Vec<&str> = [program.as_str(), "misdeed", name]
            .into_iter()
            .chain(words.iter().copied())
            .collect();
        serde_json::json!(["run", words, "src", seconds])
    }

    /// A word that nothing else on the machine carries, to find processes by.
    pub(super) fn mark(&self, what: &str) -> String {
        format!("assize-{what}-{:016x}", self.seed)
    }

    /// Lets the liar do what stands under this letter.
    pub(super) fn lie(&self, letter: char) -> Result<Tried, String> {
        self.try_agent(
            &self.guests.liar,
            "intruder",
            "liar",
            &Value::from(letter.to_string()).to_string(),
        )
    }

    /// Tries a door of WASI.
    pub(super) fn knock(&self, door: &str) -> Result<Tried, String> {
        self.try_agent(&self.guests.wasi, "intruder", "runtime", &Value::from(door).to_string())
    }

    /// Lets an agent do a task in the workspace.
    pub(super) fn try_agent(&self, agent: &Agent, role: &str, name: &str, input: &str) -> Result<Tried, String> {
        let grants = self.grants(agent, role)?;
        self.try_with(agent, grants, name, input)
    }

    /// Lets an agent do a task in the workspace, with these grants.
    pub(super) fn try_with(&self, agent: &Agent, grants: Grants, name: &str, input: &str) -> Result<Tried, String> {
        let workspace = Workspace::open(&self.path("work")).map_err(|error| error.to_string())?;
        let run = RunId::from_bytes([7; 16]);
        let desk = StoreDesk::new(Arc::clone(&self.store), Clock::System, run, name, grants.role());
        let task = Task::new(name, input).map_err(|error| error.to_string())?;
        let account = self
            .sandbox
            .run(
                agent,
                &task,
                grants,
                Surroundings {
                    workspace: Some(&workspace),
                    desk: Some(Box::new(desk)),
                    outside: self.outside(),
                    ..Surroundings::default()
                },
            )
            .map_err(|fault| format!("the host failed: {fault}"))?;
        self.hear(format!("{:?}", account.outcome));
        for access in &account.accesses {
            self.hear(format!("{} {}", access.resource, access.reason));
        }
        for line in &account.log {
            self.hear(line.message.clone());
        }
        if let Outcome::Ended(_, detail) = &account.outcome
            && detail.contains("a bug in Assize")
        {
            return Err(detail.clone());
        }
        Ok(Tried::new(account))
    }

    /// The ways out, with a temporary folder that nobody watches.
    fn outside(&self) -> Outside {
        Outside {
            commands: Some(Commands::new(self.program.clone(), self.aside("tmp"))),
            egress: Some(Egress::new(
                Arc::new(Names::default()),
                Trust::Only(Vec::new()),
                Patience::default(),
            )),
            secrets: Secrets::new(BTreeMap::from([(
                "token".to_owned(),
                secret::Value::new(self.secret.clone()),
            )])),
        }
    }

    /// The origin of the kit's server.
    pub(super) fn origin(&self) -> String {
        self.server.origin()
    }

    /// Its port.
    pub(super) fn port(&self) -> u16 {
        self.server.port()
    }

    /// The origin of the other server, to which no secret may go and requests below `/open/` only.
    pub(super) fn other_origin(&self) -> String {
        self.other.origin()
    }

    /// What both servers saw.
    pub(super) fn requests(&self) -> Vec<String> {
        [self.server.requests(), self.other.requests()].concat()
    }

    /// Held when no server saw anything.
    pub(super) fn unseen(&self) -> Result<(), String> {
        match self.requests().first() {
            Some(request) => Err(format!(
                "a request got through: {}",
                request.lines().next().unwrap_or_default()
            )),
            None => Ok(()),
        }
    }

    /// What nobody may learn.
    pub(super) fn secret(&self) -> &str {
        &self.secret
    }

    /// The secret as it often looks on its way.
    pub(super) fn disguises(&self) -> Vec<String> {
        server::disguises(&self.secret)
    }

    /// What an agent gets under a role.
    pub(super) fn grants(&self, agent: &Agent, role: &str) -> Result<Grants, String> {
        let description = agent.description();
        let request = Request {
            plugin: &description.name,
            requires: &description.requires,
            wants: &description.wants,
            imports: agent.imports(),
        };
        Grants::resolve(&self.policy, role, request).map_err(|error| error.to_string())
    }

    /// Loads bytes as an agent.
    pub(super) fn load(&self, bytes: &[u8]) -> Result<Result<Agent, Unusable>, String> {
        let loaded = self
            .sandbox
            .load_agent(bytes)
            .map_err(|fault| format!("the host failed: {fault}"))?;
        if let Err(unusable) = &loaded {
            self.hear(unusable.to_string());
        }
        Ok(loaded)
    }

    /// Loads a lie, or says why it cannot be loaded.
    pub(super) fn load_lie(&self, lie: &bytes::Lie<'_>) -> Result<Result<Agent, Unusable>, String> {
        self.load(&lie.told())
    }

    fn hear(&self, text: String) {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).push(text);
    }

    /// Says where the secret came out: in what a guest said or was told, or in the store.
    pub(super) fn leak(&self) -> Result<Option<String>, String> {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        if heard.iter().any(|text| text.contains(&self.secret)) {
            return Ok(Some("the secret came out in what the guest or its record says".into()));
        }
        let kept = self.kept_in_store(&self.secret)?;
        Ok(kept.map(|file| format!("the secret came into the store's {file}")))
    }

    /// Names a file of the store that holds this text.
    pub(super) fn kept_in_store(&self, text: &str) -> Result<Option<String>, String> {
        let told = |error: io::Error| format!("the store's files cannot be read: {error}");
        for entry in fs::read_dir(self.dir.join("state")).map_err(told)? {
            let path = entry.map_err(told)?.path();
            if !path.is_file() {
                continue;
            }
            let bytes = fs::read(&path).map_err(told)?;
            if memchr::memmem::find(&bytes, text.as_bytes()).is_some() {
                let name = path.file_name().unwrap_or_default().as_bytes();
                return Ok(Some(String::from_utf8_lossy(name).into_owned()));
            }
        }
        Ok(None)
    }

    /// How many bytes the store has on disk.
    pub(super) fn kept_bytes(&self) -> Result<u64, String> {
        let told = |error: io::Error| format!("the store's files cannot be seen: {error}");
        let mut bytes = 0_u64;
        for entry in fs::read_dir(self.dir.join("state")).map_err(told)? {
            bytes = bytes.saturating_add(entry.map_err(told)?.metadata().map_err(told)?.len());
        }
        Ok(bytes)
    }

    /// Lets a friendly agent write, read, remember and forget, as if nothing had happened.
    pub(super) fn friendly_call(&self) -> Result<(), String> {
        let steps = serde_json::json!([
            ["write", "src/friend/note.txt", "all is well\n", "replace"],
            ["read", "src/friend/note.txt", 0, 100],
            ["set", "note", "all is well", null],
            ["get", "note"],
            ["store", "note", "text/plain", "all is well"],
        ]);
        let tried = self.try_agent(&self.guests.hostile, "friend", "friend", &steps.to_string())?;
        match &tried.outcome {
            Outcome::Finished(_)
                if tried.answers.len() == 5 && tried.answers.iter().all(|answer| answer.get("ok").is_some()) =>
            {
                Ok(())
            }
            _ => Err(tried.end()),
        }
    }
}
