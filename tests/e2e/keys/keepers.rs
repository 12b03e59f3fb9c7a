//! A passphrase, an ssh-agent and the system's keyring, each under the whole program.

use std::path::Path;
use std::process::Command;

use assize_tests::bed::{Bed, ran};
use assize_tests::tools;

use super::{PASSPHRASE, Running, bed, change, current, holds_a_private_half, listed, listens, logs, wait_until, with};
use crate::secrets::keyring;

#[test]
fn a_passphrase_guards_what_signs_and_nothing_that_only_reads() {
    let bed = bed();
    let known = [("ASSIZE_KEYS_PASSPHRASE", PASSPHRASE)];
    let _ = bed.assize(&["review"]).expect(0);
    let council = current(&bed, "council");
    assert!(holds_a_private_half(&bed));
    let asked = bed.assize(&["key", "protect"]).expect(2);
    assert!(asked.stderr.contains("ASSIZE_KEYS_PASSPHRASE"), "{asked:?}");
    let short = with(&bed, &[("ASSIZE_KEYS_PASSPHRASE", "short")], &["key", "protect"]).expect(2);
    assert!(short.stderr.contains("less than 8 bytes"), "{short:?}");
    assert!(holds_a_private_half(&bed));
    let protected = with(&bed, &known, &["key", "protect"]).expect(0);
    assert!(
        protected.stdout.contains("in a file with a passphrase"),
        "{protected:?}"
    );
    assert!(!holds_a_private_half(&bed));
    assert_eq!(current(&bed, "council"), council);

    change(&bed, "2");
    let unasked = bed.assize(&["review"]).expect(2);
    assert!(
        unasked.stderr.contains("the passphrase of your keys is not known"),
        "{unasked:?}"
    );
    let wrong = with(&bed, &[("ASSIZE_KEYS_PASSPHRASE", "some other words")], &["review"]).expect(2);
    assert!(wrong.stderr.contains("not the passphrase"), "{wrong:?}");
    for run in [&unasked, &wrong, &protected] {
        assert!(!run.stderr.contains(PASSPHRASE) && !run.stdout.contains(PASSPHRASE));
    }
    // What only reads asks nobody.
    let _ = bed.assize(&["audit", "verify"]).expect(0);
    let _ = bed.assize(&["audit", "check", "HEAD"]).expect(3);
    let _ = with(&bed, &known, &["review"]).expect(0);
    let _ = bed.assize(&["audit", "check", "HEAD"]).expect(0);
    let _ = bed.assize(&["audit", "verify"]).expect(0);
    assert_eq!(logs(&bed).len(), 1);

    let _ = with(&bed, &known, &["key", "unprotect"]).expect(0);
    change(&bed, "3");
    let _ = bed.assize(&["review"]).expect(0);
    assert_eq!(logs(&bed).len(), 1);
}

#[test]
fn a_passphrase_comes_through_a_descriptor_too() {
    let bed = bed();
    let _ = bed.assize(&["key", "new"]).expect(0);
    let file = bed.beside("passphrase");
    std::fs::write(&file, format!("{PASSPHRASE}\n")).expect("writes");
    let through = |arguments: &[&str]| {
        let inner = bed.command(arguments);
        let script = format!("exec \"$0\" \"$@\" 7< '{}'", file.display());
        let mut outer = assize_tests::trace::under(Path::new("/bin/sh"), &["-c", &script], &inner);
        outer.env("ASSIZE_KEYS_PASSPHRASE_FD", "7");
        ran(&outer.output().expect("a shell"))
    };
    // Both keys of the pair are opened, and a pipe or file is read once.
    let _ = through(&["key", "protect"]).expect(0);
    assert!(!holds_a_private_half(&bed));
    let _ = through(&["review"]).expect(0);
    let _ = with(&bed, &[("ASSIZE_KEYS_PASSPHRASE", PASSPHRASE)], &["key", "unprotect"]).expect(0);
    for number in ["9", "x", "-1", ""] {
        let wrong = with(&bed, &[("ASSIZE_KEYS_PASSPHRASE_FD", number)], &["key", "protect"]).expect(2);
        assert!(wrong.stderr.contains("ASSIZE_KEYS_PASSPHRASE_FD"), "{wrong:?}");
    }
}

#[test]
fn a_persons_key_is_made_shown_and_exported() {
    let bed = bed();
    let made = with(
        &bed,
        &[("ASSIZE_KEYS_PASSPHRASE", PASSPHRASE)],
        &["key", "new", "--role", "person", "--protect", "passphrase"],
    )
    .expect(0);
    assert!(made.stdout.contains("person"), "{made:?}");
    assert!(!holds_a_private_half(&bed));
    let fingerprint = current(&bed, "person");
    let export = |format: &str| {
        bed.assize(&["key", "export", &fingerprint, "--format", format])
            .expect(0)
            .stdout
    };
    assert!(export("openssh").starts_with("ssh-ed25519 "));
    assert!(export("allowed-signers").starts_with("person@assize namespaces=\"assize-entry@v1\" ssh-ed25519 "));
    assert!(export("jwk").contains("\"crv\""));
    let _ = bed.assize(&["key", "export", "nobody"]).expect(2);
    // A review makes the pair that it needs, beside the person's key.
    let _ = bed.assize(&["review"]).expect(0);
    let roles: Vec<String> = listed(&bed).into_iter().map(|key| key.0).collect();
    assert_eq!(roles.len(), 3, "{roles:?}");
    assert_eq!(current(&bed, "person"), fingerprint);
}

/// A real ssh-agent beside the bed, and the fingerprints of two keys that it was given.
fn agent(bed: &Bed) -> Option<(Running, String, [String; 2])> {
    let what = "keys that an ssh-agent keeps";
    let [agent, keygen, add] = ["ssh-agent", "ssh-keygen", "ssh-add"].map(|name| tools::program(name, what));
    let (agent, keygen, add) = (agent?, keygen?, add?);
    let socket = bed.beside("agent");
    let running = Running::start(Command::new(agent).arg("-D").arg("-a").arg(&socket));
    wait_until("the ssh-agent", || listens(&socket));
    let fingerprints = ["one", "two"].map(|name| {
        let file = bed.beside(name);
        let path = file.to_string_lossy().into_owned();
        let _ = bed
            .tool(&keygen, &["-q", "-t", "ed25519", "-N", "", "-f", &path])
            .expect(0);
        let mut adding = Command::new(&add);
        adding.args(["-q", &path]).env("SSH_AUTH_SOCK", &socket);
        let _ = ran(&adding.output().expect("ssh-add starts")).expect(0);
        let shown = bed.tool(&keygen, &["-l", "-f", &path]).expect(0).stdout;
        shown.split(' ').nth(1).expect("a fingerprint").to_owned()
    });
    Some((running, socket.to_string_lossy().into_owned(), fingerprints))
}

#[test]
fn an_ssh_agent_signs_a_chain_and_its_keys_never_come_here() {
    let bed = bed();
    let Some((mut agent, socket, [one, two])) = agent(&bed) else {
        return;
    };
    let known = [("SSH_AUTH_SOCK", socket.as_str())];
    let using =
        |fingerprint: &str, role: &str| with(&bed, &known, &["key", "use", "ssh-agent", fingerprint, "--role", role]);
    let nobody = using("SHA256:nobody", "council").expect(2);
    assert!(nobody.stderr.contains("ssh-add"), "{nobody:?}");
    let without = bed
        .assize(&["key", "use", "ssh-agent", &one, "--role", "council"])
        .expect(2);
    assert!(without.stderr.contains("SSH_AUTH_SOCK"), "{without:?}");
    let _ = using(&one, "council").expect(0);
    let twice = using(&one, "log").expect(2);
    assert!(twice.stderr.contains("a key has one role"), "{twice:?}");
    let _ = using(&two, "log").expect(0);
    let _ = with(&bed, &known, &["review"]).expect(0);
    assert!(!holds_a_private_half(&bed));
    assert_eq!((current(&bed, "council"), current(&bed, "log")), (one, two));
    assert!(listed(&bed).iter().all(|key| key.2 == "ssh-agent"));
    let _ = bed.assize(&["audit", "verify"]).expect(0);
    let elsewhere = bed.assize(&["key", "protect", &current(&bed, "log")]).expect(2);
    assert!(elsewhere.stderr.contains("an ssh-agent"), "{elsewhere:?}");

    // Stock git accepts what the agent signed.
    if let Some(git) = tools::program("git", "commits that an ssh-agent signed") {
        let signers = bed.beside("signers");
        let lines = bed
            .assize(&["key", "list", "--format", "allowed-signers"])
            .expect(0)
            .stdout;
        std::fs::write(&signers, lines).expect("writes");
        let file = format!("gpg.ssh.allowedSignersFile={}", signers.display());
        let name = format!("refs/assize/v1/log/{}", logs(&bed).first().expect("a log"));
        let _ = bed
            .tool(&git, &["-c", "gpg.format=ssh", "-c", &file, "verify-commit", &name])
            .expect(0);
    }

    agent.kill();
    change(&bed, "2");
    let gone = with(&bed, &known, &["review"]).expect(74);
    assert!(gone.stderr.contains("ssh-agent"), "{gone:?}");
    let _ = bed.assize(&["audit", "verify"]).expect(0);
}

#[test]
fn keys_live_in_the_systems_keyring() {
    let Some(bus) = keyring::bus() else { return };
    let bed = bed();
    let inside = |arguments: &[&str]| {
        let command = keyring::with_keyring(&bus, &bed, &bed.command(arguments));
        ran(&{ command }.output().expect("a bus"))
    };
    let _ = inside(&["key", "new", "--protect", "keyring"]).expect(0);
    assert!(!holds_a_private_half(&bed));
    assert!(listed(&bed).iter().all(|key| key.2 == "keyring"));
    // No policy can name one: secrets are kept under another service.
    let secrets = inside(&["secret", "list", "--format", "json"]).expect(0);
    assert_eq!(secrets.json()["secrets"], serde_json::json!([]), "{secrets:?}");
    let _ = inside(&["review"]).expect(0);
    let _ = bed.assize(&["audit", "verify"]).expect(0);
    change(&bed, "2");
    let without = with(
        &bed,
        &[("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus")],
        &["review"],
    )
    .expect(2);
    assert!(without.stderr.contains("keyring"), "{without:?}");
    let _ = inside(&["key", "unprotect"]).expect(0);
    let _ = bed.assize(&["review"]).expect(0);
    assert_eq!(logs(&bed).len(), 1);
}
