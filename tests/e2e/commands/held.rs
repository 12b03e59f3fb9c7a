//! What a command cannot reach, shown by programs that were written to reach it.

use std::fs::{self, File};
use std::os::unix::net::{UnixDatagram, UnixListener};

use assize::policy::process::Confinement;
use assize::process::{End, Ended, RunError};
use assize_tests::yard::{Terms, Yard};

use super::{keeper, open_yard};

fn text(ended: &Ended) -> String {
    format!(
        "{:?}\n{}{}",
        ended.end,
        String::from_utf8_lossy(&ended.stdout),
        String::from_utf8_lossy(&ended.stderr)
    )
}

#[test]
fn no_way_leads_to_a_file_outside_of_the_workspace() {
    let yard = open_yard();
    let outside = yard.around().join("outside");
    fs::create_dir(&outside).expect("a folder");
    let secret = outside.join("secret.txt");
    fs::write(&secret, "secret\n").expect("a file");
    yard.put("own.txt", "own\n");
    let program = yard.program("reach-files");
    let terms = Terms {
        environment: vec![("BACK".into(), yard.folder().display().to_string())],
        ..Terms::default()
    };
    // What this process has open for whoever it starts is none of a command's business.
    let held = File::open(&secret).expect("a file");
    rustix::io::fcntl_setfd(&held, rustix::io::FdFlags::empty()).expect("inherited");
    let ended = yard.ran(
        &terms,
        &[
            &program,
            secret.to_str().expect("a path"),
            outside.to_str().expect("a path"),
        ],
    );
    assert_eq!(ended.end, End::Exited(0), "{}", text(&ended));
    assert_eq!(fs::read_to_string(&secret).expect("it is there"), "secret\n");
    assert_eq!(fs::read_dir(&outside).expect("a folder").count(), 1);
    yard.must_be_swept();
}

#[test]
fn no_way_leads_to_what_the_role_closes_in_the_workspace() {
    let yard = Yard::open(&keeper(), &["**"], &["src/**", "own.txt"]);
    yard.put(".git/secret.txt", "secret\n");
    yard.put("own.txt", "own\n");
    yard.put("src/a.txt", "a\n");
    let program = yard.program("reach-files");
    let (secret, folder) = (yard.folder().join(".git/secret.txt"), yard.folder().join(".git"));
    let terms = Terms {
        environment: vec![("BACK".into(), yard.folder().display().to_string())],
        ..Terms::default()
    };
    let ended = yard.ran(
        &terms,
        &[
            &program,
            secret.to_str().expect("a path"),
            folder.to_str().expect("a path"),
        ],
    );
    // Names below a folder that patterns open as a whole can be listed: that is all.
    let reached = text(&ended);
    let ways: Vec<&str> = reached.lines().filter(|line| line.starts_with("REACHED")).collect();
    assert_eq!(ways, ["REACHED list"], "{reached}");
    assert_eq!(fs::read_to_string(&secret).expect("it is there"), "secret\n");
}

#[test]
fn files_are_open_one_by_one_where_a_folder_is_not_open_as_a_whole() {
    let yard = Yard::open(&keeper(), &["src/*.rs", "docs/**"], &["src/a.rs", "docs/**"]);
    for path in [
        "src/a.rs",
        "src/b.rs",
        "src/c.txt",
        "docs/d.md",
        "docs/deep/e.md",
        "top.txt",
    ] {
        yard.put(path, "text\n");
    }
    let script = "
        for f in src/a.rs src/b.rs src/c.txt docs/d.md docs/deep/e.md top.txt; do
            cat $f >/dev/null 2>&1 && echo read $f
            (echo more >> $f) 2>/dev/null && echo write $f
        done
        (echo x > src/new.rs) 2>/dev/null && echo make src
        (echo x > docs/deep/new.md) 2>/dev/null && echo make docs
        mv docs/d.md docs/deep/f.md 2>/dev/null && echo move docs
        mv docs/deep/f.md src/f.md 2>/dev/null && echo move out
        ln src/c.txt docs/linked 2>/dev/null && echo link in
        rm -f src/a.rs 2>/dev/null && echo remove
        ls . >/dev/null 2>&1 && echo list top
        ls src >/dev/null 2>&1 && echo list src
        ls docs >/dev/null 2>&1 && echo list docs";
    let ended = yard.ran(&Terms::default(), &["sh", "-c", script]);
    let expected = [
        "read src/a.rs",
        "write src/a.rs",
        "read src/b.rs",
        "read docs/d.md",
        "write docs/d.md",
        "read docs/deep/e.md",
        "write docs/deep/e.md",
        "make docs",
        "move docs",
        "list docs",
    ];
    let out = String::from_utf8_lossy(&ended.stdout);
    assert_eq!(out.lines().collect::<Vec<_>>(), expected, "{}", text(&ended));
}

#[test]
fn a_link_opens_nothing_but_what_is_open_anyway() {
    let yard = Yard::open(&keeper(), &["src/**"], &["src/**"]);
    yard.put("src/a.txt", "a\n");
    yard.put("closed/secret.txt", "secret\n");
    let link = |to: &str, at: &str| std::os::unix::fs::symlink(to, yard.folder().join(at)).expect("a link");
    link("../closed/secret.txt", "src/out");
    link("../closed", "src/folder");
    link("/etc/shadow", "src/shadow");
    link("a.txt", "src/in");
    let ended = yard.ran(
        &Terms::default(),
        &[
            "sh",
            "-c",
            "cat src/out src/folder/secret.txt src/shadow 2>/dev/null; cat src/in",
        ],
    );
    assert_eq!(ended.stdout, b"a\n", "{}", text(&ended));
}

#[test]
fn no_socket_can_be_made_and_none_of_the_machine_reached() {
    let yard = open_yard();
    let program = yard.program("reach-network");
    let path = yard.folder().join("service");
    let _listener = UnixListener::bind(&path).expect("a socket");
    let datagrams = yard.folder().join("datagrams");
    let heard = UnixDatagram::bind(&datagrams).expect("a socket");
    heard.set_nonblocking(true).expect("it does not wait");
    for path in [&path, &datagrams] {
        let ended = yard.ran(&Terms::default(), &[&program, path.to_str().expect("a path")]);
        let reached = text(&ended);
        let ways: Vec<&str> = reached.lines().filter(|line| line.starts_with("REACHED")).collect();
        assert!(ways.is_empty() && ended.end == End::Exited(0), "{reached}");
    }
    assert!(heard.recv(&mut [0; 8]).is_err(), "something was sent");
}

#[test]
fn with_the_network_a_command_has_the_internet_families_alone() {
    let yard = open_yard();
    let program = yard.program("reach-network");
    let terms = Terms {
        confinement: Confinement::Network,
        ..Terms::default()
    };
    let path = yard.folder().join("service");
    let _listener = UnixListener::bind(&path).expect("a socket");
    let ended = yard.ran(&terms, &[&program, path.to_str().expect("a path")]);
    let reached = text(&ended);
    for line in reached.lines().filter(|line| line.starts_with("REACHED")) {
        let is_known = [
            "REACHED socket 2 1 ",
            "REACHED socket 2 2 ",
            "REACHED socket 10 1 ",
            "REACHED socket 10 2 ",
        ]
        .iter()
        .any(|known| line.starts_with(known));
        assert!(
            is_known || line == "REACHED udp" || line.starts_with("REACHED socket 16 "),
            "{reached}"
        );
    }
    assert!(reached.contains("REACHED socket 2 1 "), "{reached}");
    assert!(
        !reached.contains("socket 16 2 1") && !reached.contains("socket 2 3"),
        "{reached}"
    );
}

#[test]
fn no_other_process_can_be_reached_and_no_privilege_gained() {
    let yard = open_yard();
    let program = yard.program("reach-processes");
    for confinement in [Confinement::Full, Confinement::Network] {
        let terms = Terms {
            confinement,
            ..Terms::default()
        };
        let ended = yard.ran(&terms, &[&program, &std::process::id().to_string()]);
        assert_eq!(ended.end, End::Exited(0), "{}", text(&ended));
    }
}

#[test]
fn home_and_the_process_file_system_are_not_there_to_be_read() {
    let yard = open_yard();
    let home = std::env::var("HOME").unwrap_or_else(|_| "/root".into());
    let script = format!(
        "ls {home} /root /home /proc /tmp /run /var /sys /dev /etc; cat /proc/version /etc/shadow /etc/fstab /proc/1/cmdline"
    );
    let ended = yard.ran(&Terms::default(), &["sh", "-c", &script]);
    assert_eq!(ended.stdout, b"", "{}", text(&ended));
}

#[test]
fn what_a_command_plants_for_git_is_removed_again() {
    let yard = Yard::open(&keeper(), &["**"], &["**"]);
    yard.put("src/a.txt", "a\n");
    let visit = yard.visit();
    let openings = visit.openings().expect("it can be looked through");
    let script = "mkdir -p src/.git/hooks src/x/.GIT && echo evil > src/.git/config && ln -s / src/x/y.git &&
        ln -s /tmp .assize && mkdir 'src/git~1' && chmod 0 src/.git/hooks";
    let ended = yard.ran(&Terms::default(), &["sh", "-c", script]);
    assert_eq!(ended.end, End::Exited(0), "{}", text(&ended));
    let removed = visit.remove_planted(&openings).expect("it can be removed");
    let mut removed: Vec<String> = removed.iter().map(ToString::to_string).collect();
    removed.sort();
    assert_eq!(removed, [".assize", "src/.git", "src/git~1", "src/x/.GIT"]);
    assert!(!yard.folder().join("src/.git").exists() && yard.folder().join("src/x").exists());
    assert!(
        yard.folder().join("src/x/y.git").is_symlink(),
        "only names that are taken for git's are"
    );
    // In a workspace that is a repository nothing can be made beside its inside.
    yard.put(".git/config", "[core]\n");
    let ended = yard.ran(
        &Terms::default(),
        &[
            "sh",
            "-c",
            "echo x > .git/config; echo x > .git/hooks; mkdir .assize; mv .git moved; rm -r .git; ln .git/config src/c",
        ],
    );
    assert_ne!(ended.end, End::Exited(0));
    assert_eq!(
        fs::read_to_string(yard.folder().join(".git/config")).expect("it is there"),
        "[core]\n"
    );
    assert!(!yard.folder().join(".assize").exists() && !yard.folder().join("src/c").exists());
}

/// A folder that nobody can list, and through which git still finds a repository, hides nothing.
#[test]
fn what_a_command_plants_in_a_folder_that_it_closes_is_removed_too() {
    let yard = Yard::open(&keeper(), &["**"], &["**"]);
    yard.put("src/a.txt", "a\n");
    yard.put("lib/a.txt", "a\n");
    let visit = yard.visit();
    let openings = visit.openings().expect("it can be looked through");
    let script = "for mode in 0 0100 0200 0311 0400 0500 0600; do
            mkdir -p src/m$mode/in/.git/hooks && echo evil > src/m$mode/in/.git/config &&
            chmod 0 src/m$mode/in/.git/hooks && chmod $mode src/m$mode/in && chmod $mode src/m$mode || exit 1
        done; mkdir lib/.git && chmod 0311 lib";
    let ended = yard.ran(&Terms::default(), &["sh", "-c", script]);
    assert_eq!(ended.end, End::Exited(0), "{}", text(&ended));
    let removed = visit.remove_planted(&openings).expect("it can be removed");
    assert_eq!(removed.len(), 8, "{removed:?}");
    let left = visit.remove_planted(&openings).expect("it can be looked through");
    assert!(left.is_empty(), "{left:?}");
    assert!(!yard.folder().join("lib/.git").exists() && !yard.folder().join("src/m0311/in/.git").exists());
}

#[test]
fn a_folder_of_the_system_holds_neither_the_workspace_nor_what_assize_keeps() {
    let yard = open_yard();
    let scratch = yard.around().join("scratch");
    fs::create_dir_all(&scratch).expect("a folder");
    for (folder, what) in [(yard.around(), "the workspace"), (scratch.as_path(), "Assize")] {
        let terms = Terms {
            system: vec![folder.display().to_string()],
            ..Terms::default()
        };
        let error = yard.run(&terms, &["true"]).expect_err("all of it would be open");
        assert!(
            matches!(&error, RunError::Machine(text) if text.starts_with(what)),
            "{error}"
        );
    }
}

#[test]
fn escape_sequences_come_back_as_bytes_and_reach_no_terminal() {
    let yard = open_yard();
    let ended = yard.ran(&Terms::default(), &["printf", "\\033]0;title\\007\\033[2J\\r"]);
    assert_eq!(ended.stdout, b"\x1b]0;title\x07\x1b[2J\r");
}
