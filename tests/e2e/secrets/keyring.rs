//! The system's keyring: a real one on a bus of its own, and one that never answers.

use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use assize_tests::bed::{Bed, Run, ran};
use assize_tests::{tools, trace};

use super::{ASSIZE, Sought, assize, fed};

const VALUE: &str = "kept in the ring /+= \"<&>";

/// A bus that starts nothing by itself: what it started would outlive it.
const BUS: &str = "<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><auth>EXTERNAL</auth>\
                   <policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/><allow eavesdrop=\"true\"/>\
                   <allow own=\"*\"/></policy></busconfig>";

/// Opens a keyring on the bus, waits until it is there, runs the command, and ends the keyring.
const WITH_KEYRING: &str =
    "exec 3<&0; printf 'a password' | gnome-keyring-daemon --foreground --unlock --components=secrets >/dev/null 2>&1 &
    ring=$! tries=0
    until dbus-send --session --dest=org.freedesktop.DBus --print-reply / org.freedesktop.DBus.NameHasOwner \
        string:org.freedesktop.secrets 2>/dev/null | grep -q true; do
        tries=$((tries + 1)); [ $tries -lt 400 ] || exit 9; sleep 0.05; done
    code=0
    \"$0\" \"$@\" <&3 || code=$?
    kill $ring
    exit $code";

/// The program that starts a bus, where there is a keyring for it too.
pub(crate) fn bus() -> Option<PathBuf> {
    let what = "secrets in the system's keyring";
    tools::program("gnome-keyring-daemon", what)?;
    tools::program("dbus-run-session", what)
}

/// The same command with a bus and an open keyring around it. Each has a bus of its own; what the keyring holds lies in the
/// bed's home and outlives it.
pub(crate) fn with_keyring(bus: &std::path::Path, bed: &Bed, command: &Command) -> Command {
    let settings = bed.beside("bus.conf");
    std::fs::write(&settings, BUS).expect("writes");
    let settings = format!("--config-file={}", settings.display());
    let mut inside = trace::under(bus, &[&settings, "--", "/bin/sh", "-c", WITH_KEYRING], command);
    inside.env_remove("DBUS_SESSION_BUS_ADDRESS");
    inside.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let runtime = bed.beside("runtime");
    std::fs::create_dir_all(&runtime).expect("a folder");
    inside.env("XDG_RUNTIME_DIR", runtime);
    inside
}

#[test]
fn a_secret_lives_in_the_systems_keyring() {
    let Some(bus) = bus() else { return };
    let bed = Bed::new(ASSIZE);
    let run = |arguments: &[&str], input: &str| -> Run {
        fed(with_keyring(&bus, &bed, &bed.command(arguments)), input.as_bytes())
    };
    let set = run(&["secret", "set", "ring-token"], VALUE).expect(0);
    assert!(set.stdout.contains("set in the system's keyring"), "{set:?}");
    assert!(!bed.home().join("secrets.age").exists());
    let again = run(
        &["secret", "set", "ring-token", "--in", "keyring", "--format", "json"],
        VALUE,
    )
    .expect(0);
    assert_eq!(again.json()["done"], "replaced");
    let both = run(&["secret", "set", "ring-token", "--in", "file"], VALUE).expect(0);
    assert!(both.stderr.contains("the keyring holds another secret"), "{both:?}");
    let list = run(&["secret", "list", "--format", "json"], "").expect(0);
    assert_eq!(
        list.json()["secrets"][0]["kept_in"],
        serde_json::json!(["keyring", "file"])
    );
    assert!(list.json()["without_keyring"].is_null(), "{list:?}");
    let sought = Sought::new(VALUE);
    for run in [&set, &again, &both, &list] {
        assert!(
            !sought.is_in(run.stdout.as_bytes()) && !sought.is_in(run.stderr.as_bytes()),
            "{run:?}"
        );
    }
    let removed = run(&["secret", "remove", "ring-token"], "").expect(0);
    assert!(removed.stdout.contains("keyring and the encrypted file"), "{removed:?}");
    let _ = run(&["secret", "remove", "ring-token"], "").expect(2);
    let doctor = run(&["doctor", "--format", "json"], "");
    assert!(
        doctor.stdout.contains("can be kept in the system's keyring"),
        "{doctor:?}"
    );
}

/// Somebody holds the bus and says nothing. Nobody waits for longer than the bound, and the file still works.
#[test]
fn a_bus_that_never_answers_holds_nobody_up() {
    let bed = Bed::new(ASSIZE);
    let path = bed.beside("bus");
    let _listener = UnixListener::bind(&path).expect("a socket");
    let mut command = bed.command(&["secret", "list", "--format", "json"]);
    command.env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", path.display()));
    let started = Instant::now();
    let run = ran(&command.output().expect("it starts")).expect(0);
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
    let why = run.json()["without_keyring"].clone();
    assert!(why.as_str().is_some_and(|why| why.contains("did not answer")), "{why}");
    let _ = assize(&bed, &["secret", "list"]).expect(0);
}
