//! A run that uses secrets in every allowed way, and then a search for them everywhere.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use assize_tests::bed::{Bed, Edit, ran};
use assize_tests::guests;

use super::echo::Echo;
use super::keyring::{bus, with_keyring};
use super::{ASSIZE, Sought, command, fed, set};

/// The secrets, by name: where each is kept, where it goes, and its value.
const SECRETS: [(&str, &str, &str, &str); 5] = [
    (
        "head-token",
        "environment",
        "header = \"authorization\"",
        "tok_H/9+q=Xw&7\"zzT",
    ),
    ("query-token", "file", "query = \"key\"", "q&y=z +%41é2w/Kp?#"),
    ("json-token", "file", "field = \"password\"", "j\"s\\o/n<é>&'x9\tQ"),
    ("form-token", "environment", "field = \"token\"", "f orm&=+%41é;9<\">"),
    ("ring-token", "keyring", "header = \"x-ring\"", "ring:0123/+=abcDEF"),
];

/// A file that was looked into, and what it held.
type Named = (String, Vec<u8>);

/// One request of the agent.
struct Sent {
    method: &'static str,
    path: &'static str,
    headers: Vec<(&'static str, &'static str)>,
    body: &'static str,
}

/// A request for each way, and one for all of them.
fn requests() -> Vec<Sent> {
    let json = ("content-type", "application/json");
    let form = ("content-type", "application/x-www-form-urlencoded");
    let bearer = ("authorization", "Bearer {{secret:head-token}}");
    vec![
        Sent {
            method: "GET",
            path: "/header",
            headers: vec![bearer],
            body: "",
        },
        Sent {
            method: "GET",
            path: "/query?page=1&key={{secret:query-token}}",
            headers: vec![],
            body: "",
        },
        Sent {
            method: "POST",
            path: "/json",
            headers: vec![json],
            body: "{\"user\":\"me\",\"password\":\"{{secret:json-token}}\"}",
        },
        Sent {
            method: "POST",
            path: "/form?key={{secret:query-token}}",
            headers: vec![form, bearer],
            body: "user=me&token={{secret:form-token}}",
        },
    ]
}

/// Texts in the memory of the guest, and where they stand.
struct Memory {
    fields: String,
    next: usize,
}

impl Memory {
    fn put(&mut self, bytes: &[u8]) -> (usize, usize) {
        let at = self.next.next_multiple_of(8);
        self.next = at + bytes.len();
        let escaped: String = bytes.iter().map(|byte| format!("\\{byte:02x}")).collect();
        self.fields
            .push_str(&format!("(data (i32.const {at}) \"{escaped}\")\n"));
        (at, bytes.len())
    }
}

/// An agent that sends the requests, and puts every answer into the log, its memory, an artifact, a file and its summary.
fn agent(origin: &str, requests: &[Sent]) -> Vec<u8> {
    let mut memory = Memory {
        fields: String::new(),
        next: 8192,
    };
    let mut body = "(local $at i32) (local $end i32)".to_owned();
    let (plain, plain_length) = memory.put(b"text/plain");
    for (index, sent) in requests.iter().enumerate() {
        let method = memory.put(sent.method.as_bytes());
        let url = memory.put(format!("{origin}{}", sent.path).as_bytes());
        let mut list = Vec::new();
        for (name, value) in &sent.headers {
            for (at, length) in [memory.put(name.as_bytes()), memory.put(value.as_bytes())] {
                list.extend_from_slice(&u32::try_from(at).expect("fits").to_le_bytes());
                list.extend_from_slice(&u32::try_from(length).expect("fits").to_le_bytes());
            }
        }
        let headers = memory.put(&list);
        let content = memory.put(sent.body.as_bytes());
        let name = memory.put(format!("answer-{index}").as_bytes());
        body.push_str(&format!(
            "(call $send (i32.const {}) (i32.const {}) (i32.const {}) (i32.const {}) (i32.const {}) (i32.const {})
               (i32.const {}) (i32.const {}) (i32.const 0) (i32.const 0) (i32.const 4096))
             (if (i32.load8_u (i32.const 4096)) (then
               (call $log (i32.const 3) (i32.load (i32.const 4104)) (i32.load (i32.const 4108))) unreachable))
             (local.set $at (i32.load (i32.const 4104)))
             (local.set $end (i32.add (local.get $at) (i32.mul (i32.const 16) (i32.load (i32.const 4108)))))
             (block $done (loop $on
               (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
               (call $log (i32.const 0) (i32.load offset=8 (local.get $at)) (i32.load offset=12 (local.get $at)))
               (i32.store (i32.const 2052) (i32.load offset=8 (local.get $at)))
               (i32.store (i32.const 2056) (i32.load offset=12 (local.get $at)))
               (local.set $at (i32.add (local.get $at) (i32.const 16)))
               (br $on)))
             (local.set $at (i32.load (i32.const 4112))) (local.set $end (i32.load (i32.const 4116)))
             (call $log (i32.const 1) (local.get $at) (local.get $end))
             (call $set (i32.const {name}) (i32.const {length}) (i32.const 1) (local.get $at) (local.get $end)
               (i32.const 0) (i64.const 0) (i32.const 5120))
             (if (i32.load8_u (i32.const 5120)) (then unreachable))
             (call $store (i32.const {name}) (i32.const {length}) (i32.const {plain}) (i32.const {plain_length})
               (local.get $at) (local.get $end) (i32.const 5120))
             (if (i32.load8_u (i32.const 5120)) (then unreachable))
             (call $write (i32.const {name}) (i32.const {length}) (local.get $at) (local.get $end) (i32.const 1) (i32.const 5120))
             (if (i32.load8_u (i32.const 5120)) (then unreachable))",
            method.0,
            method.1,
            url.0,
            url.1,
            headers.0,
            sent.headers.len(),
            content.0,
            content.1,
            name = name.0,
            length = name.1,
        ));
    }
    body.push_str("(i32.const 2048)");
    guests::agent_with(&memory.fields, &body)
}

fn policy(origin: &str, secrets: &[(&str, &str, &str, &str)]) -> String {
    let mut text = format!(
        "version = 1\n[roles.judge]\nallow = [\"evidence.*\"]\n[judges.technical]\nplugin = \"technical\"\nrole = \"judge\"\n\
         [councils.default]\njudges = [\"technical\"]\n[roles.sender]\nallow = [\"*\"]\n[roles.sender.files]\nread = [\"**\"]\n\
         write = [\"**\"]\n[[roles.sender.http]]\norigin = \"{origin}\"\nmethods = [\"GET\", \"POST\"]\n"
    );
    for (name, _, target, _) in secrets {
        text.push_str(&format!(
            "[[roles.sender.secrets]]\nname = \"{name}\"\norigin = \"{origin}\"\n{target}\n"
        ));
    }
    text
}

/// Everything of a world: the bed, and the commands in it that know the secrets of the environment.
struct Scene {
    bed: Bed,
    agent: PathBuf,
    policy: PathBuf,
}

impl Scene {
    fn new(origin: &str, requests: &[Sent], secrets: &[(&str, &str, &str, &str)]) -> Self {
        let bed = Bed::new(ASSIZE);
        bed.commit("Begin", &[Edit::Write("README", b"nothing\n")]);
        let (agent_file, policy_file) = (bed.beside("sender.wasm"), bed.beside("policy.toml"));
        fs::write(&agent_file, agent(origin, requests)).expect("writes");
        fs::write(&policy_file, policy(origin, secrets)).expect("writes");
        Self {
            bed,
            agent: agent_file,
            policy: policy_file,
        }
    }

    fn call(&self, arguments: &[&str]) -> Command {
        let (agent, policy) = (self.agent.to_string_lossy(), self.policy.to_string_lossy());
        let mut all = vec!["call", &agent, "--role", "sender", "--policy", &policy];
        all.extend(arguments);
        let mut command = command(&self.bed, &all);
        command.env("ASSIZE_LOG", "trace").env("NO_PROXY", "*");
        command
    }

    /// No file of the world, no name of one, and no object of git holds a secret.
    fn is_clean(&self, sought: &[Sought]) {
        let mut waiting = vec![self.bed.beside("")];
        let mut files = 0;
        while let Some(path) = waiting.pop() {
            must_be_clean(sought, path.as_os_str().as_encoded_bytes(), "the name of a file");
            if path.is_symlink() {
                continue;
            }
            if path.is_dir() {
                let entries = fs::read_dir(&path).expect("reads");
                waiting.extend(entries.map(|entry| entry.expect("an entry").path()));
            } else if path.is_file() {
                files += 1;
                must_be_clean(sought, &fs::read(&path).expect("reads"), &path.display().to_string());
            }
        }
        assert!(files > 20, "only {files} files were searched");
        let repository = git2::Repository::open(self.bed.repository()).expect("opens");
        let odb = repository.odb().expect("an object database");
        let mut objects = 0;
        odb.foreach(|id| {
            objects += 1;
            must_be_clean(sought, odb.read(*id).expect("reads").data(), "an object of git");
            true
        })
        .expect("lists");
        assert!(objects > 5, "only {objects} objects were searched");
    }
}

fn must_be_clean(sought: &[Sought], bytes: &[u8], place: &str) {
    for secret in sought {
        if let Some(around) = secret.place_in(bytes) {
            panic!("{} is in {place}:\n{around:?}", secret.value);
        }
    }
}

/// What another process of the machine sees of a process and those that it started.
fn seen_from_outside(process: u32, found: &mut Vec<(String, Vec<u8>)>) {
    let folder = PathBuf::from(format!("/proc/{process}"));
    for file in ["cmdline", "environ", "comm", "status", "limits"] {
        // What may not even be read is well hidden.
        let bytes = fs::read(folder.join(file)).unwrap_or_default();
        found.push((file.to_owned(), bytes));
    }
    for task in fs::read_dir(folder.join("task")).into_iter().flatten().flatten() {
        let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
        for child in children.split_whitespace().filter_map(|child| child.parse().ok()) {
            seen_from_outside(child, found);
        }
    }
}

/// Whether others of the same user may look into a process: then what tells most of it is theirs.
fn is_open_to_its_user(process: u32) -> bool {
    let owner = |path: &Path| fs::metadata(path).map(|metadata| metadata.uid()).ok();
    let mine = owner(Path::new("/proc/self/environ"));
    mine != Some(0) && owner(Path::new(&format!("/proc/{process}/environ"))) == mine
}

#[test]
fn after_a_run_that_uses_secrets_in_every_way_none_is_found_anywhere() {
    let secrets = &SECRETS[..4];
    let sought: Vec<Sought> = secrets.iter().map(|secret| Sought::new(secret.3)).collect();
    let process: Arc<Mutex<Option<u32>>> = Arc::default();
    let found: Arc<Mutex<Vec<Named>>> = Arc::default();
    let (watched, seen) = (Arc::clone(&process), Arc::clone(&found));
    let echo = Echo::start(move || {
        for _ in 0..500 {
            if let Some(process) = *watched.lock().expect("whole") {
                let mut seen = seen.lock().expect("whole");
                seen_from_outside(process, &mut seen);
                assert!(!is_open_to_its_user(process));
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
    });
    let origin = format!("http://127.0.0.1:{}", echo.port);
    let scene = Scene::new(&origin, &requests(), secrets);
    for (name, _, _, value) in secrets.iter().filter(|secret| secret.1 == "file") {
        let _ = set(&scene.bed, name, value).expect(0);
    }
    for arguments in [["-vv"].as_slice(), &["--format", "json"]] {
        let mut call = scene.call(arguments);
        for (name, _, _, value) in secrets.iter().filter(|secret| secret.1 == "environment") {
            call.env(
                format!("ASSIZE_SECRET_{}", name.to_uppercase().replace('-', "_")),
                value,
            );
        }
        let running = call
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        *process.lock().expect("whole") = Some(running.id());
        let run = ran(&running.wait_with_output().expect("it ends")).expect(0);
        *process.lock().expect("whole") = None;
        assert!(run.stderr.contains("comes from the environment"), "{}", run.stderr);
        assert!(run.stdout.contains("{{secret:"), "{}", run.stdout);
        must_be_clean(&sought, run.stdout.as_bytes(), "what was printed");
        must_be_clean(&sought, run.stderr.as_bytes(), "what was said");
    }
    // The server was sent every value: it is not that nothing happened.
    let requests = echo.requests.lock().expect("whole").concat();
    for secret in &sought {
        assert!(secret.is_in(&requests), "{} was never sent", secret.value);
    }
    let found = found.lock().expect("whole");
    assert!(found.len() >= 5 * 8, "{}", found.len());
    for (file, bytes) in found.iter() {
        match file.as_str() {
            // What somebody puts into the environment stands there; that is what the warning says.
            "environ" => must_be_clean(&sought[1..3], bytes, "an environment"),
            "limits" if !bytes.is_empty() => {
                let text = String::from_utf8_lossy(bytes);
                let core = text
                    .lines()
                    .find(|line| line.starts_with("Max core file size"))
                    .expect("a limit");
                let numbers: Vec<&str> = core.split_whitespace().skip(4).take(2).collect();
                assert_eq!(numbers, ["0", "0"], "{core}");
            }
            file => must_be_clean(&sought, bytes, file),
        }
    }
    for verb in [
        ["audit", "access", "--format", "json"].as_slice(),
        &["audit", "access"],
        &["secret", "list"],
        &["doctor"],
    ] {
        let run = ran(&command(&scene.bed, verb).output().expect("it starts"));
        must_be_clean(&sought, run.stdout.as_bytes(), "what was printed");
        must_be_clean(&sought, run.stderr.as_bytes(), "what was said");
    }
    // What the agent left in the work tree goes into git, and a council judges it.
    let left: Vec<(String, Vec<u8>)> = (0..4)
        .map(|index| format!("answer-{index}"))
        .map(|name| {
            (
                name.clone(),
                fs::read(scene.bed.repository().join(&name)).expect("was written"),
            )
        })
        .collect();
    let edits: Vec<Edit<'_>> = left.iter().map(|(name, bytes)| Edit::Write(name, bytes)).collect();
    scene.bed.commit("Keep the answers", &edits);
    let review = ran(&command(&scene.bed, &["review", "--format", "json"])
        .output()
        .expect("it starts"));
    assert!(review.code == 0 || review.code == 1, "{review:?}");
    must_be_clean(&sought, review.stdout.as_bytes(), "a review");
    scene.is_clean(&sought);
}

#[test]
fn a_secret_of_the_keyring_is_sent_and_found_nowhere_either() {
    let Some(bus) = bus() else { return };
    let secrets = &SECRETS[4..];
    let sought = [Sought::new(secrets[0].3)];
    let echo = Echo::start(|| {});
    let origin = format!("http://127.0.0.1:{}", echo.port);
    let ring = Sent {
        method: "GET",
        path: "/ring",
        headers: vec![("x-ring", "{{secret:ring-token}}")],
        body: "",
    };
    let scene = Scene::new(&origin, &[ring], secrets);
    let set = scene.bed.command(&["secret", "set", "ring-token", "--in", "keyring"]);
    let _ = fed(with_keyring(&bus, &scene.bed, &set), secrets[0].3.as_bytes()).expect(0);
    let run = fed(with_keyring(&bus, &scene.bed, &scene.call(&["-vv"])), b"").expect(0);
    must_be_clean(&sought, run.stdout.as_bytes(), "what was printed");
    must_be_clean(&sought, run.stderr.as_bytes(), "what was said");
    assert!(
        sought[0].is_in(&echo.requests.lock().expect("whole").concat()),
        "it was never sent"
    );
    scene.bed.commit("Go on", &[Edit::Write("README", b"more\n")]);
    let _ = ran(&command(&scene.bed, &["review"]).output().expect("it starts"));
    scene.is_clean(&sought);
}

/// A secret that is kept nowhere is no error before it is needed; then the agent is told which one it is.
#[test]
fn a_secret_that_is_kept_nowhere_is_named_when_it_is_used() {
    let echo = Echo::start(|| {});
    let origin = format!("http://127.0.0.1:{}", echo.port);
    let scene = Scene::new(&origin, &requests(), &SECRETS[..4]);
    let run = ran(&scene.call(&["--format", "json"]).output().expect("it starts")).expect(1);
    let view = run.json();
    let log = view["log"].to_string();
    assert!(log.contains("the secret `head-token` is not there"), "{view}");
    assert!(echo.requests.lock().expect("whole").is_empty());
}
