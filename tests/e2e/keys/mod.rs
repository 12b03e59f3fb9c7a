//! Private keys: kept in every way there is, moved between them, and used by every command in the same way.

mod keepers;
mod kills;
mod process;

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use assize_provenance::opinion::Vote;
use assize_tests::bed::{Bed, Edit, Run, ran};
use assize_tests::{guests, records, seats};

const ASSIZE: &str = env!("CARGO_BIN_EXE_assize-under-test");
const PASSPHRASE: &str = "a passphrase of some length";

/// A bed whose newest commit a judge approves.
fn bed() -> Bed {
    let bed = Bed::new(ASSIZE);
    seats::appoint(&bed, &[("guest", &guests::voting(Vote::Approve))]);
    change(&bed, "1");
    bed
}

/// Commits one more change to be judged.
fn change(bed: &Bed, number: &str) {
    bed.commit(&format!("Change {number}"), &[Edit::Write("number", number.as_bytes())]);
}

/// Runs a command with more in its environment.
fn with(bed: &Bed, variables: &[(&str, &str)], arguments: &[&str]) -> Run {
    let mut command = bed.command(arguments);
    command.envs(variables.iter().copied());
    ran(&command.output().expect("the binary under test starts"))
}

/// What `key list` says of each key: its role, its fingerprint, who keeps it, whether it signs.
fn listed(bed: &Bed) -> Vec<(String, String, String, bool)> {
    let list = bed.assize(&["key", "list", "--format", "json"]).expect(0).json();
    let text = |key: &serde_json::Value, member: &str| key[member].as_str().unwrap_or_default().to_owned();
    list["keys"]
        .as_array()
        .expect("keys")
        .iter()
        .map(|key| {
            let is_current = key["current"].as_bool().unwrap_or_default();
            (
                text(key, "role"),
                text(key, "fingerprint"),
                text(key, "kept"),
                is_current,
            )
        })
        .collect()
}

/// The fingerprint of the current key of a role.
fn current(bed: &Bed, role: &str) -> String {
    let keys = listed(bed).into_iter();
    let mut found = keys.filter(|(its, _, _, is_current)| its == role && *is_current);
    found.next().expect("a key of that role").1
}

/// Whether any file of the home holds the private half of a key, as a JWK does.
fn holds_a_private_half(bed: &Bed) -> bool {
    let listing = std::fs::read_dir(bed.home().join("keys")).expect("a folder");
    listing
        .map(|file| std::fs::read_to_string(file.expect("a file").path()).unwrap_or_default())
        .any(|text| text.contains("\"d\""))
}

/// The names of the clone's logs.
fn logs(bed: &Bed) -> Vec<String> {
    let refs = records::logs(&bed.repository()).into_keys();
    refs.map(|name| name.trim_start_matches("refs/assize/v1/log/").to_owned())
        .collect()
}

/// A process that is ended with its owner.
struct Running(Child);

impl Running {
    fn start(command: &mut Command) -> Self {
        Self(command.stdout(Stdio::null()).spawn().expect("it starts"))
    }

    /// Ends it at once, as a kill does.
    fn kill(&mut self) {
        self.0.kill().expect("is ours");
        self.0.wait().expect("ends");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended before.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Waits until something is so, for a bounded time.
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let since = Instant::now();
    while !is_so() {
        assert!(since.elapsed() < Duration::from_secs(60), "{what} did not come");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Whether somebody listens at a socket.
fn listens(socket: &Path) -> bool {
    std::os::unix::net::UnixStream::connect(socket).is_ok()
}
