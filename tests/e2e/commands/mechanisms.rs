//! What the kernel lacks is refused, and said. The mechanisms are switched off for real: the kernel's answer to the keeper is
//! exchanged on its way.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use assize::policy::process::Confinement;
use assize::process::{End, Kernel, RunError};
use assize_tests::yard::{Terms, Yard};

use super::{keeper, open_yard};

/// A keeper whose kernel answers `call` with `error`.
fn without(yard: &Yard, call: &str, error: &str) -> PathBuf {
    let script = format!(
        "#!/bin/sh\ncase $1 in\nconfine) exec strace -f -qqq -o /dev/null -e trace={call} -e inject={call}:error={error} {0} \"$@\";;\n*) exec {0} \"$@\";;\nesac\n",
        keeper().display()
    );
    let path = yard.around().join(format!("without-{call}"));
    fs::write(&path, script).expect("a script");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a program");
    path
}

#[test]
fn a_kernel_without_a_mechanism_refuses_the_command_and_names_it() {
    for (call, error, name) in [
        ("landlock_create_ruleset", "ENOSYS", "Landlock"),
        ("landlock_create_ruleset", "EOPNOTSUPP", "Landlock"),
        ("landlock_restrict_self", "EPERM", "Landlock"),
        ("seccomp", "EINVAL", "seccomp"),
        ("capset", "EPERM", "privileges"),
    ] {
        let mut yard = open_yard();
        let keeper = without(&yard, call, error);
        yard.keep_with(&keeper);
        yard.put("a.txt", "a\n");
        let refused = yard.run(&Terms::default(), &["sh", "-c", "echo ran > ran"]);
        let error = refused.expect_err(call).to_string();
        assert!(
            error.contains(name) && error.contains("unconfined = true"),
            "{call}: {error}"
        );
        assert!(!yard.folder().join("ran").exists(), "{call}: it ran");
        // Where the policy says so, it runs without.
        let terms = Terms {
            confinement: Confinement::None,
            ..Terms::default()
        };
        assert_eq!(yard.ran(&terms, &["cat", "a.txt"]).end, End::Exited(0), "{call}");
        yard.must_be_swept();
    }
}

#[test]
fn the_kernel_says_what_it_can_do() {
    let kernel = Kernel::probe();
    assert!(kernel.confines(), "{kernel:?}");
    let sentences = kernel.sentences();
    assert_eq!(sentences.len(), 6);
    assert!(sentences[0].1.starts_with("Landlock"), "{sentences:?}");
    let none = Kernel {
        landlock: Some(2),
        seccomp: Err("it is not built in".into()),
        ..kernel
    };
    assert!(!none.confines());
    let missing: Vec<_> = none.sentences().into_iter().filter(|(is_there, _)| !is_there).collect();
    assert!(missing.len() >= 2 && missing[0].1.contains("too old"), "{missing:?}");
    assert!(matches!(
        RunError::Unconfinable("x".into()).to_string().as_str(),
        text if text.contains("unconfined = true")
    ));
}

/// A shell of this system that was cut off from its keeper could stay: so the keeper is not to be reached by its command.
#[test]
fn a_command_cannot_end_its_keeper() {
    let yard = open_yard();
    let ended = yard.ran(
        &Terms::default(),
        &[
            "sh",
            "-c",
            "kill -9 $PPID; kill -9 -1; for n in 1 2 3; do kill -9 $(($$ - n)); done; echo alive",
        ],
    );
    // Killing everybody reaches the command itself and nobody else.
    assert!(
        matches!(ended.end, End::Exited(0) | End::Signalled(9)),
        "the keeper reports: {ended:?}"
    );
}
