//! A process that is killed at the calls by which it changes the disk, and started again: each effect is there once.

use std::path::{Path, PathBuf};
use std::process::Command;

use assize::store::Store;
use assize_tests::bed::ran;
use assize_tests::workshop::{AGENT, RUN};
use assize_tests::{tools, trace};

use super::{ROLE, counting};

/// Why strace is wanted.
const STRACE: &str = "that an agent that was killed repeats nothing";
/// The calls that change a disk, and of how many points one is tried.
const CALLS: &[(&str, usize)] = &[("fsync", 1), ("fdatasync", 1), ("pwrite64", 3)];

struct Place(tempfile::TempDir);

impl Place {
    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Nothing in it but the component, and an empty folder.
    fn clear(&self) {
        let _ = std::fs::remove_dir_all(self.path("state"));
        self.clear_folder();
        std::fs::write(self.path("agent.wasm"), counting()).expect("a component");
    }

    fn clear_folder(&self) {
        let _ = std::fs::remove_dir_all(self.path("folder"));
        std::fs::create_dir(self.path("folder")).expect("a folder");
    }

    fn runner(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_agent-runner"));
        command
            .args(["state", "folder", "agent.wasm"].map(|name| self.path(name)))
            .arg(ROLE)
            .env_clear();
        command
    }
}

fn killed_at(strace: &Path, runner: &Command, call: &str, point: usize) -> i32 {
    let (filter, injection) = (
        format!("trace={call}"),
        format!("inject={call}:signal=KILL:when={point}"),
    );
    let options = ["-f", "-qq", "-o", "/dev/null", "-e", &filter, "-e", &injection, "--"];
    ran(&trace::under(strace, &options, runner).output().expect("strace starts")).code
}

#[test]
fn a_killed_agent_goes_on_and_repeats_nothing() {
    let Some(strace) = tools::program("strace", STRACE) else {
        return;
    };
    let place = Place(tempfile::tempdir().expect("a folder"));
    let mut kills = 0;
    for (call, step) in CALLS {
        for point in (1..500).step_by(*step) {
            place.clear();
            let code = killed_at(&strace, &place.runner(), call, point);
            let when = format!("killed at {call} {point}");
            if code != 0 {
                kills += 1;
                place.clear_folder();
                let again = ran(&place.runner().output().expect("starts")).expect(0);
                assert_eq!(again.stdout, "done xxx\n", "{when}");
            }
            let store = Store::open(&place.path("state")).expect("a store");
            let item = store.state_get(AGENT, "key").expect("reads").expect("it is set");
            assert_eq!((item.version, item.value.len()), (3, 3), "{when}");
            assert_eq!(store.artifacts(Some(RUN), 0, 10).expect("reads").len(), 1, "{when}");
            let checked = store.check().expect("it is looked at");
            assert!(checked.is_sound(), "{when}: {checked:?}");
            if code == 0 {
                // No thread makes that many.
                break;
            }
        }
    }
    assert!(kills >= 10, "only {kills} kills: were the calls seen at all?");
}
