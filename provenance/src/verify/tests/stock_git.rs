//! What is written here, read by git and ssh-keygen as they are installed.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::*;
use crate::key::allowed_signers;
use crate::testing::skip;

fn git(folder: &Path, arguments: &[&str], input: &[u8]) -> Output {
    let mut git = Command::new("git");
    let path = std::env::var_os("PATH").unwrap_or_default();
    git.env_clear()
        .env("PATH", path)
        .env("HOME", folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .current_dir(folder);
    git.args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut running = git.spawn().unwrap();
    running.stdin.take().unwrap().write_all(input).unwrap();
    running.wait_with_output().unwrap()
}

fn must(output: Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn stock_git_accepts_the_objects_and_the_signature() {
    let found = |program: &str| {
        Command::new(program)
            .arg("-?")
            .stderr(Stdio::null())
            .stdout(Stdio::null())
            .status()
            .is_ok()
    };
    if !found("git") || !found("ssh-keygen") {
        return skip("git and ssh-keygen (not installed)");
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    must(git(folder, &["init", "-q", "--object-format=sha1"], b""));
    let log = sound();
    for (id, object) in &log.repository.objects {
        let written = git(
            folder,
            &["hash-object", "-t", object.kind.name(), "-w", "--stdin"],
            &object.bytes,
        );
        assert_eq!(must(written), id.to_string());
    }
    for (name, id) in &log.repository.refs {
        must(git(folder, &["update-ref", name, &id.to_string()], b""));
    }
    must(git(folder, &["fsck", "--strict", "--no-dangling"], b""));
    let signers = format!("{}\n", allowed_signers::print(Role::Log, &log.signer.public()));
    std::fs::write(folder.join("allowed"), signers).unwrap();
    let verify = |signers: &str| {
        let setting = format!("gpg.ssh.allowedSignersFile={signers}");
        let tip = log.state.log().log_ref();
        git(folder, &["-c", &setting, "verify-commit", &tip], b"")
    };
    let verified = verify("allowed");
    let told = String::from_utf8_lossy(&verified.stderr).into_owned();
    assert!(
        verified.status.success() && told.contains("Good \"git\" signature for log@assize"),
        "{told}"
    );
    let stranger = format!("{}\n", allowed_signers::print(Role::Log, &log.council.public()));
    std::fs::write(folder.join("strangers"), stranger).unwrap();
    assert!(!verify("strangers").status.success());
}
