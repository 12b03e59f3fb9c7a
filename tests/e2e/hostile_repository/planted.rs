//! Programs and settings planted in a repository: git would obey them, Assize does not look at them.

use std::fs;

use super::Trap;

/// Every name under which git looks for a hook.
const HOOKS: &[&str] = &[
    "applypatch-msg",
    "commit-msg",
    "fsmonitor-watchman",
    "p4-changelist",
    "p4-post-changelist",
    "p4-pre-submit",
    "p4-prepare-changelist",
    "post-applypatch",
    "post-checkout",
    "post-commit",
    "post-index-change",
    "post-merge",
    "post-receive",
    "post-rewrite",
    "post-update",
    "pre-applypatch",
    "pre-auto-gc",
    "pre-commit",
    "pre-merge-commit",
    "pre-push",
    "pre-rebase",
    "pre-receive",
    "prepare-commit-msg",
    "proc-receive",
    "push-to-checkout",
    "reference-transaction",
    "sendemail-validate",
    "update",
];

/// Settings that make git start a program, with `PROGRAM` for its path and `OUTSIDE` for the folder nobody may read.
const SETTINGS: &[(&str, &str)] = &[
    ("fsmonitor", "[core]\n\tfsmonitor = PROGRAM"),
    ("hooks elsewhere", "[core]\n\thooksPath = OUTSIDE"),
    (
        "filters",
        "[filter \"f\"]\n\tclean = PROGRAM\n\tsmudge = PROGRAM\n\tprocess = PROGRAM\n\trequired = true",
    ),
    (
        "diff drivers",
        "[diff \"f\"]\n\ttextconv = PROGRAM\n\tcommand = PROGRAM\n\tcachetextconv = true\n[diff]\n\texternal = PROGRAM",
    ),
    ("merge drivers", "[merge \"f\"]\n\tdriver = PROGRAM %O %A %B"),
    (
        "pagers and editors",
        "[core]\n\tpager = PROGRAM\n\teditor = PROGRAM\n\taskpass = PROGRAM\n\tsshCommand = PROGRAM\n\tgitProxy = PROGRAM",
    ),
    (
        "signing programs",
        "[gpg]\n\tprogram = PROGRAM\n[gpg \"ssh\"]\n\tprogram = PROGRAM\n\tdefaultKeyCommand = PROGRAM\n[commit]\n\tgpgSign = true",
    ),
    (
        "credentials and aliases",
        "[credential]\n\thelper = !PROGRAM\n[alias]\n\treview = !PROGRAM\n[maintenance]\n\tauto = true",
    ),
    (
        "submodule commands",
        "[submodule \"s\"]\n\turl = ext::PROGRAM\n\tupdate = !PROGRAM\n[protocol]\n\tallow = always",
    ),
    (
        "an included file",
        "[include]\n\tpath = OUTSIDE/secret\n[includeIf \"gitdir:/\"]\n\tpath = OUTSIDE/secret",
    ),
    (
        "attributes and ignores elsewhere",
        "[core]\n\tattributesFile = OUTSIDE/secret\n\texcludesFile = OUTSIDE/secret",
    ),
    ("a work tree elsewhere", "[core]\n\tworktree = OUTSIDE\n\tbare = false"),
    (
        "another diff",
        "[diff]\n\talgorithm = nonsense\n\trenames = nonsense\n\torderFile = OUTSIDE/secret",
    ),
    ("nonsense", "[core\n\tfilemode = \u{1b}[2J\n]]]]"),
];

#[test]
fn settings_start_nothing_and_lead_nowhere() {
    for (name, setting) in SETTINGS {
        let trap = Trap::new();
        let (program, outside) = (trap.program.to_string_lossy(), trap.outside.to_string_lossy());
        trap.configure(&setting.replace("PROGRAM", &program).replace("OUTSIDE", &outside));
        // Attributes in the work tree, in the repository and in `info` all name the drivers.
        let attributes = "* filter=f diff=f merge=f\n";
        fs::write(trap.bed.repository().join(".gitattributes"), attributes).expect("a file");
        fs::create_dir_all(trap.git("info")).expect("a folder");
        fs::write(trap.git("info/attributes"), attributes).expect("a file");
        for (verb, run) in super::VERBS.iter().zip(trap.springs_on_nobody(name)) {
            assert!(run.code == 0 || verb[0] == "audit", "{name}, {verb:?}: {run:?}");
        }
    }
}

#[test]
fn no_hook_is_started() {
    let trap = Trap::new();
    fs::create_dir_all(trap.git("hooks")).expect("a folder");
    for hook in HOOKS {
        fs::copy(&trap.program, trap.git(&format!("hooks/{hook}"))).expect("a hook");
    }
    for run in trap.springs_on_nobody("hooks") {
        assert_eq!(run.code, 0, "{run:?}");
    }
}

/// Programs in the work tree, where a careless search path would find them.
#[test]
fn nothing_of_the_work_tree_is_started() {
    let trap = Trap::new();
    for name in ["git", "sh", "gpg", "ssh-keygen", "assize", ".assize/judge", "less"] {
        let place = trap.bed.repository().join(name);
        fs::create_dir_all(place.parent().expect("a folder")).expect("folders");
        fs::copy(&trap.program, place).expect("a program");
    }
    for run in trap.springs_on_nobody("programs in the work tree") {
        assert_eq!(run.code, 0, "{run:?}");
    }
}
