//! `assize secret`: what is kept survives whatever happens, and no value ever comes out.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use assize::settings::Home;
use assize::vault::Vault;
use assize_tests::bed::{Bed, Edit, Run};
use assize_tests::snapshot::Snapshot;
use assize_tests::{tools, trace};

use super::{ASSIZE, Sought, assize, command, fed, set};

/// Why strace is wanted.
const STRACE: &str = "what happens when a process is killed or its disk is full while it keeps a secret";

const OLD: &str = "an older value /+= of it";
const NEW: &str = "a newer value \"<&> of it";

/// What the encrypted file of a bed holds under a name.
fn kept(bed: &Bed, name: &str) -> Option<String> {
    let home = Home::open(&bed.home()).expect("a home");
    let secrets = Vault::new(&home).load(&BTreeSet::from([name])).expect("it opens");
    secrets.get(name).map(|value| value.expose().to_owned())
}

/// No run says a value, however it ended.
fn says_nothing(run: &Run) {
    for value in [OLD, NEW] {
        let sought = Sought::new(value);
        assert!(!sought.is_in(run.stdout.as_bytes()), "{run:?}");
        assert!(!sought.is_in(run.stderr.as_bytes()), "{run:?}");
    }
}

fn view(bed: &Bed) -> serde_json::Value {
    assize(bed, &["secret", "list", "--format", "json"]).expect(0).json()
}

#[test]
fn a_secret_is_set_listed_and_removed_and_never_shown() {
    let bed = Bed::new(ASSIZE);
    let run = set(&bed, "api-token", OLD).expect(0);
    assert!(run.stdout.contains("api-token set in the encrypted file"), "{run:?}");
    says_nothing(&run);
    assert_eq!(kept(&bed, "api-token").as_deref(), Some(OLD));
    // Without a keyring the file is where it goes; one line break at the end is nobody's.
    let run = fed(
        command(&bed, &["secret", "set", "api-token", "--format", "json"]),
        format!("{NEW}\r\n").as_bytes(),
    );
    let run = run.expect(0);
    assert_eq!(
        (run.json()["done"].as_str(), run.json()["places"][0].as_str()),
        (Some("replaced"), Some("file"))
    );
    says_nothing(&run);
    assert_eq!(kept(&bed, "api-token").as_deref(), Some(NEW));
    let list = view(&bed);
    assert_eq!(list["schema"], "assize.secrets/1");
    assert_eq!(list["secrets"][0]["name"], "api-token");
    assert_eq!(list["secrets"][0]["kept_in"], serde_json::json!(["file"]));
    assert!(list["without_keyring"].is_string(), "{list}");
    let run = assize(&bed, &["secret", "list"]).expect(0);
    assert!(run.stdout.contains("api-token  in the encrypted file"), "{run:?}");
    says_nothing(&run);
    let run = assize(&bed, &["secret", "remove", "api-token"]).expect(0);
    assert!(run.stdout.contains("removed from the encrypted file"), "{run:?}");
    let run = assize(&bed, &["secret", "remove", "api-token"]).expect(2);
    assert!(run.stderr.contains("there is no secret `api-token`"), "{run:?}");
    assert_eq!(view(&bed)["secrets"].as_array().map(Vec::len), Some(0));
    let _ = assize(&bed, &["secret", "get", "api-token"]).expect(2);
}

#[test]
fn what_cannot_be_a_secret_is_refused_and_nothing_is_made() {
    let bed = Bed::new(ASSIZE);
    let before = Snapshot::of(&bed.home());
    for (value, why) in [
        (b"".as_slice(), "less than 8 bytes"),
        (b"short\n", "less than 8 bytes"),
        (b"\xff\xfe not text", "not UTF-8"),
        (b"a bell \x07 in it", "control characters"),
        (b"{{secret:other}}", "stands in place of a secret"),
        (&[b'x'; 20_000], "more than 16384 bytes"),
    ] {
        let run = fed(command(&bed, &["secret", "set", "token"]), value).expect(2);
        assert!(run.stderr.contains(why), "{why}: {run:?}");
        assert!(!run.stderr.contains("in it") && !run.stderr.contains("xxxx"), "{run:?}");
    }
    for name in ["Token", "a_b", "", "../x", &"x".repeat(65)] {
        let run = fed(command(&bed, &["secret", "set", name]), OLD.as_bytes()).expect(2);
        assert!(run.stderr.contains("is no name of a secret"), "{run:?}");
    }
    // A value is never an argument.
    let run = fed(command(&bed, &["secret", "set", "token", OLD]), b"").expect(2);
    assert!(run.stderr.contains("unexpected argument"), "{run:?}");
    let run = fed(
        command(&bed, &["secret", "set", "token", "--in", "keyring"]),
        OLD.as_bytes(),
    )
    .expect(2);
    assert!(run.stderr.contains("--in file"), "{run:?}");
    assert!(before == Snapshot::of(&bed.home()), "something was made");
}

#[test]
fn the_list_says_which_roles_send_a_secret_where_and_which_are_missing() {
    let bed = Bed::new(ASSIZE);
    let policy = "version = 1\n[roles.judge]\nallow = [\"evidence.*\"]\n[roles.caller]\nallow = [\"http.send\"]\n\
                  [[roles.caller.http]]\norigin = \"https://api.example.com\"\nmethods = [\"GET\"]\n\
                  [[roles.caller.secrets]]\nname = \"api-token\"\norigin = \"https://api.example.com\"\nheader = \"authorization\"\n\
                  [judges.technical]\nplugin = \"technical\"\nrole = \"judge\"\n[councils.default]\njudges = [\"technical\"]\n";
    bed.commit("Begin", &[Edit::Write(".assize/policy.toml", policy.as_bytes())]);
    let list = view(&bed);
    let secret = &list["secrets"][0];
    assert_eq!(
        (secret["name"].as_str(), secret["kept_in"].as_array().map(Vec::len)),
        (Some("api-token"), Some(0))
    );
    assert_eq!(secret["used_by"][0]["role"], "caller");
    assert_eq!(secret["used_by"][0]["origin"], "https://api.example.com");
    assert_eq!(secret["used_by"][0]["target"], "the header authorization");
    let run = assize(&bed, &["secret", "list"]).expect(0);
    assert!(run.stdout.contains("kept nowhere"), "{run:?}");
}

#[test]
fn the_environment_comes_first_and_says_so() {
    let bed = Bed::new(ASSIZE);
    let with = |arguments: &[&str]| {
        let mut command = command(&bed, arguments);
        command.env("ASSIZE_SECRET_API_TOKEN", OLD);
        command
    };
    let run = fed(with(&["secret", "set", "api-token", "--in", "file"]), NEW.as_bytes()).expect(0);
    assert!(run.stderr.contains("the environment holds another secret"), "{run:?}");
    says_nothing(&run);
    let run = fed(with(&["secret", "list", "--format", "json"]), b"").expect(0);
    assert_eq!(
        run.json()["secrets"][0]["kept_in"],
        serde_json::json!(["environment", "file"])
    );
    says_nothing(&run);
    let _ = fed(with(&["secret", "remove", "api-token"]), b"").expect(0);
    let run = fed(with(&["secret", "remove", "api-token"]), b"").expect(2);
    assert!(run.stderr.contains("unset ASSIZE_SECRET_API_TOKEN"), "{run:?}");
    let run = fed(with(&["doctor", "--format", "json"]), b"");
    let checks = run.json()["checks"].clone();
    let environment = checks
        .as_array()
        .expect("checks")
        .iter()
        .find(|check| check["name"] == "environment")
        .expect("it is looked at")
        .clone();
    assert!(
        environment["detail"]
            .as_str()
            .is_some_and(|detail| detail.contains("api-token")),
        "{environment}"
    );
    says_nothing(&run);
}

#[test]
fn an_identity_with_a_passphrase_opens_with_it_alone() {
    use age::secrecy::{ExposeSecret, SecretString};
    let bed = Bed::new(ASSIZE);
    let identity = bed.beside("identity.age");
    let mut lock = age::scrypt::Recipient::new(SecretString::from("open sesame".to_owned()));
    lock.set_work_factor(10);
    let key = age::x25519::Identity::generate().to_string();
    let sealed = age::encrypt_and_armor(&lock, key.expose_secret().as_bytes()).expect("encrypts");
    fs::write(&identity, sealed).expect("writes");
    fs::set_permissions(&identity, fs::Permissions::from_mode(0o600)).expect("is ours");
    let with = |passphrase: Option<&str>, arguments: &[&str]| {
        let mut command = command(&bed, arguments);
        command.env("ASSIZE_SECRETS_IDENTITY", &identity);
        if let Some(passphrase) = passphrase {
            command.env("ASSIZE_SECRETS_PASSPHRASE", passphrase);
        }
        command
    };
    let set = ["secret", "set", "api-token", "--in", "file"];
    let _ = fed(with(Some("open sesame"), &set), OLD.as_bytes()).expect(0);
    let run = fed(with(Some("open sesame"), &["secret", "list"]), b"").expect(0);
    assert!(run.stdout.contains("api-token"), "{run:?}");
    for (passphrase, why) in [(Some("another"), "this is not it"), (None, "ASSIZE_SECRETS_PASSPHRASE")] {
        let run = fed(with(passphrase, &["secret", "list"]), b"").expect(2);
        assert!(run.stderr.contains(why), "{run:?}");
        let _ = fed(with(passphrase, &set), NEW.as_bytes()).expect(2);
    }
    let run = fed(with(None, &["doctor", "--format", "json"]), b"");
    assert!(run.stdout.contains("behind a passphrase"), "{run:?}");
    // The home's own identity was never made, and does not open what another one closed.
    let run = assize(&bed, &["secret", "list"]).expect(2);
    assert!(run.stderr.contains("is missing"), "{run:?}");
}

#[test]
fn what_is_damaged_or_open_to_others_is_refused_by_name() {
    let bed = Bed::new(ASSIZE);
    let _ = set(&bed, "api-token", OLD).expect(0);
    let identity = bed.home().join("keys/secrets.identity");
    fs::set_permissions(&identity, fs::Permissions::from_mode(0o644)).expect("is ours");
    let run = assize(&bed, &["secret", "list"]).expect(2);
    assert!(
        run.stderr.contains("can be read by others") && run.stderr.contains("chmod 600"),
        "{run:?}"
    );
    fs::set_permissions(&identity, fs::Permissions::from_mode(0o600)).expect("is ours");
    let file = bed.home().join("secrets.age");
    let sealed = fs::read(&file).expect("reads");
    fs::write(&file, &sealed[..sealed.len() - 1]).expect("writes");
    for run in [
        assize(&bed, &["secret", "list"]),
        set(&bed, "api-token", NEW),
        assize(&bed, &["secret", "remove", "api-token"]),
    ] {
        let run = run.expect(2);
        assert!(run.stderr.contains("secrets.age is damaged"), "{run:?}");
        says_nothing(&run);
    }
    let run = assize(&bed, &["doctor", "--format", "json"]).expect(1);
    assert!(run.stdout.contains("secrets.age is damaged"), "{run:?}");
    fs::write(&file, &sealed).expect("writes");
    assert_eq!(kept(&bed, "api-token").as_deref(), Some(OLD));
}

#[test]
fn secrets_that_are_set_at_once_are_all_kept() {
    let bed = Bed::new(ASSIZE);
    std::thread::scope(|scope| {
        for number in 0..8 {
            let bed = &bed;
            scope.spawn(move || set(bed, &format!("token-{number}"), OLD).expect(0));
        }
    });
    for number in 0..8 {
        assert_eq!(kept(&bed, &format!("token-{number}")).as_deref(), Some(OLD), "{number}");
    }
}

/// Sets a secret while something happens at the `point`-th `call`; tells whether it did.
fn under_strace(strace: &Path, bed: &Bed, call: &str, what: &str, point: u64) -> (Run, bool) {
    let log = bed.beside("strace.log");
    let (filter, injection) = (format!("trace={call}"), format!("inject={call}:{what}:when={point}"));
    let log_name = log.to_string_lossy();
    let options = ["-f", "-qq", "-o", &log_name, "-e", &filter, "-e", &injection, "--"];
    let set = command(bed, &["secret", "set", "api-token", "--in", "file"]);
    let run = fed(trace::under(strace, &options, &set), NEW.as_bytes());
    let log = fs::read_to_string(log).expect("strace wrote its log");
    (run, log.contains("(INJECTED)") || log.contains("killed by SIGKILL"))
}

/// Whatever fails, the old value or the new one is there, and the new one where the command said so.
#[test]
fn a_secret_is_kept_or_not_whenever_the_process_dies_or_the_disk_is_full() {
    let Some(strace) = tools::program("strace", STRACE) else {
        return;
    };
    let bed = Bed::new(ASSIZE);
    let _ = set(&bed, "api-token", OLD).expect(0);
    let _ = set(&bed, "other-token", OLD).expect(0);
    let moment = Snapshot::of(&bed.home());
    let (mut deaths, mut failures) = (0, 0);
    for (call, what) in [
        ("fsync", "signal=KILL"),
        ("rename", "signal=KILL"),
        ("write", "signal=KILL"),
        ("fsync", "error=EIO"),
        ("rename", "error=ENOSPC"),
        ("write", "error=ENOSPC"),
    ] {
        for point in 1..50 {
            moment.restore();
            let (run, happened) = under_strace(&strace, &bed, call, what, point);
            if !happened {
                break;
            }
            let when = format!("{what} at {call} {point}: {run:?}");
            says_nothing(&run);
            let value = kept(&bed, "api-token");
            assert!(value.as_deref() == Some(NEW) || value.as_deref() == Some(OLD), "{when}");
            assert!(run.code != 0 || value.as_deref() == Some(NEW), "{when}");
            assert_eq!(kept(&bed, "other-token").as_deref(), Some(OLD), "{when}");
            match run.code {
                0 => {}
                74 => failures += 1,
                _ => {
                    assert!(what.contains("KILL"), "{when}");
                    deaths += 1;
                }
            }
            // The next one succeeds, whatever was left behind.
            let _ = set(&bed, "api-token", NEW).expect(0);
            assert_eq!(kept(&bed, "api-token").as_deref(), Some(NEW), "{when}");
        }
    }
    assert!(deaths >= 3 && failures >= 3, "{deaths} deaths and {failures} failures");
}
