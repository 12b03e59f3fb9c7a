//! Ways out of the workspace by what lies in it: links, hard links, devices, pipes, and changes during a call.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use rustix::fs::{CWD, FileType, Mode, RenameFlags, makedev, mknodat, renameat_with};
use serde_json::{Value, json};

use crate::hostile::steps::{append, every_way, list, read, remove, rename, repeat, search, write};
use crate::hostile::tried::kind;
use crate::hostile::{Attack, Family, Ground};
use crate::workspace::Workspace;

/// The attacks of this family.
pub(super) const ATTACKS: &[Attack] = &[
    Attack {
        id: "link-to-a-file",
        family: Family::Surroundings,
        tries: "Reads and writes a symbolic link that leads to the secret.",
        stopped_by: "No link is followed at the end of a path (O_NOFOLLOW).",
        act: |ground| {
            ground.link("src/link", "../../secret.txt")?;
            ground.link("src/near", "../private/secret.txt")?;
            let steps = ["src/link", "src/near"]
                .into_iter()
                .flat_map(|path| [read(path), write(path), append(path)]);
            ground.steps(steps.collect())?.all_refused()
        },
    },
    Attack {
        id: "link-on-the-way",
        family: Family::Surroundings,
        tries: "Goes through a link to a folder outside, absolute and relative.",
        stopped_by: "A path is walked part by part, each opened in the one before and none through a link.",
        act: |ground| {
            ground.link("src/out", "../../outside")?;
            ground.link("src/far", &ground.path("outside").display().to_string())?;
            let mut steps = every_way("src/out/notes.txt");
            steps.extend(every_way("src/far/notes.txt"));
            steps.extend([
                list("src/out"),
                search("src/out", "the-secret-"),
                write("src/out/new.txt"),
                rename("src/main.rs", "src/out/main.rs"),
            ]);
            ground.steps(steps)?.all_refused()
        },
    },
    Attack {
        id: "link-that-dangles",
        family: Family::Surroundings,
        tries: "Writes through a link to a file outside that is not there yet.",
        stopped_by: "A link on a write path is refused; a new file takes a name only where nothing stands.",
        act: |ground| {
            ground.link("src/dangling", "../../planted.txt")?;
            ground
                .steps(vec![
                    write("src/dangling"),
                    append("src/dangling"),
                    read("src/dangling"),
                ])?
                .all_refused()
        },
    },
    Attack {
        id: "link-in-a-search",
        family: Family::Surroundings,
        tries: "Searches and lists a folder in which links lead to secrets.",
        stopped_by: "A search goes into no link, and a list tells of a link only that it is one.",
        act: |ground| {
            ground.link("src/out", "../../outside")?;
            ground.link("src/link.txt", "../../secret.txt")?;
            let tried = ground.steps(vec![search("src", "the-secret-"), list("src")])?;
            let found = tried
                .answers
                .first()
                .and_then(|answer| answer.pointer("/ok/count"))
                .and_then(Value::as_u64);
            if found == Some(0) {
                tried.answered()
            } else {
                Err(tried.end())
            }
        },
    },
    Attack {
        id: "link-to-proc-self",
        family: Family::Surroundings,
        tries: "Goes through links to `/proc/self`, `/proc/self/root` and `/proc/self/fd`.",
        stopped_by: "No link is followed, wherever it leads.",
        act: |ground| {
            ground.link("src/self", "/proc/self")?;
            ground.link("src/root", "/proc/self/root")?;
            ground.link("src/fd", "/proc/self/fd")?;
            let paths = [
                "src/self/environ",
                "src/root/etc/passwd",
                "src/fd/0",
                "src/self",
                "src/self/cwd",
            ];
            let mut steps: Vec<Value> = paths.into_iter().flat_map(|path| [read(path), list(path)]).collect();
            // Only what is the attack's own is written to: one that got through must not harm who runs it.
            steps.push(write(&format!("src/root{}", ground.path("secret.txt").display())));
            ground.steps(steps)?.all_refused()
        },
    },
    Attack {
        id: "link-to-itself",
        family: Family::Surroundings,
        tries: "Goes round in links that lead to themselves and to each other.",
        stopped_by: "No link is followed, so none can go round.",
        act: |ground| {
            ground.link("src/loop", "loop")?;
            ground.link("src/one", "two")?;
            ground.link("src/two", "one")?;
            let mut steps: Vec<Value> = ["src/loop", "src/one", "src/loop/loop/loop"]
                .into_iter()
                .flat_map(|path| [read(path), write(path), list(path)])
                .collect();
            steps.push(append("src/two"));
            ground.steps(steps)?.all_refused()
        },
    },
    Attack {
        id: "link-removed-and-moved",
        family: Family::Surroundings,
        tries: "Removes and moves links to secrets, which is allowed, to touch what they lead to.",
        stopped_by: "Removing and moving concern the link itself, never what it leads to.",
        act: |ground| {
            ground.link("src/one", "../../secret.txt")?;
            ground.link("src/two", "../../outside")?;
            let tried = ground.steps(vec![
                remove("src/one"),
                rename("src/two", "src/moved"),
                remove("src/moved"),
            ])?;
            tried.answered()
        },
    },
    Attack {
        id: "link-swapped-during-the-call",
        family: Family::Surroundings,
        tries: "Reads, lists and writes in a folder that another process exchanges with a link to the outside, thousands of times.",
        stopped_by: "Each folder is opened in the one before it without following links, and everything is done through that \
                     handle; what the name means later does not matter.",
        act: swapped_folder,
    },
    Attack {
        id: "file-swapped-during-the-call",
        family: Family::Surroundings,
        tries: "Reads, replaces and appends to a file that another process exchanges with a link to the secret.",
        stopped_by: "The last part is opened without following links and looked at again through its handle; contents are \
                     replaced by a new file that takes the name.",
        act: swapped_file,
    },
    Attack {
        id: "hard-link-replaced",
        family: Family::Surroundings,
        tries: "Replaces the contents of a file that has a second name outside.",
        stopped_by: "Contents are replaced by a new file that takes the name; the other name keeps what it had.",
        act: |ground| {
            fs::hard_link(ground.path("outside/notes.txt"), ground.path("work/src/hard.txt"))
                .map_err(|error| error.to_string())?;
            ground.steps(vec![write("src/hard.txt")])?.answered()
        },
    },
    Attack {
        id: "hard-link-appended",
        family: Family::Surroundings,
        tries: "Appends to a file that has a second name outside.",
        stopped_by: "A file with several names is copied before anything is written behind its end.",
        act: |ground| {
            let (outside, inside) = (ground.path("outside/deeper/keep.txt"), ground.path("work/src/hard.txt"));
            fs::hard_link(outside, inside).map_err(|error| error.to_string())?;
            ground
                .steps(vec![
                    append("src/hard.txt"),
                    append("src/hard.txt"),
                    remove("src/hard.txt"),
                ])?
                .answered()
        },
    },
    Attack {
        id: "device-file",
        family: Family::Surroundings,
        tries: "Reads and writes a device that never ends, or a link to it where nobody may make one.",
        stopped_by: "Only regular files are opened; what is no regular file is refused without opening it.",
        act: |ground| {
            let device = ground.path("work/src/zero");
            let made = mknodat(
                CWD,
                &device,
                FileType::CharacterDevice,
                Mode::from_raw_mode(0o666),
                makedev(1, 5),
            );
            if made.is_err() {
                ground.link("src/zero", "/dev/zero")?;
            }
            let steps = vec![
                read("src/zero"),
                write("src/zero"),
                append("src/zero"),
                rename("src/zero", "src/one"),
            ];
            let tried = ground.steps(steps)?;
            // A link may be moved.
            if made.is_err() {
                tried.answered()
            } else {
                tried.all_refused()
            }
        },
    },
    Attack {
        id: "pipe",
        family: Family::Surroundings,
        tries: "Reads and writes a named pipe at whose other end nobody is, which would wait for ever.",
        stopped_by: "A pipe is no regular file and is never opened; where one comes meanwhile, opening does not wait.",
        act: |ground| {
            let pipe = ground.path("work/src/pipe");
            mknodat(CWD, &pipe, FileType::Fifo, Mode::from_raw_mode(0o666), 0).map_err(|error| error.to_string())?;
            let tried = ground.steps(vec![
                read("src/pipe"),
                write("src/pipe"),
                append("src/pipe"),
                search("src", "the-secret-"),
                list("src"),
            ])?;
            match tried.answers.get(..3) {
                Some(uses) if uses.iter().all(|answer| kind(answer).is_some()) => tried.answered(),
                _ => Err(tried.end()),
            }
        },
    },
    Attack {
        id: "pipe-swapped-during-the-call",
        family: Family::Surroundings,
        tries: "Reads and appends to a file that another process exchanges with a named pipe.",
        stopped_by: "Files are opened without waiting (O_NONBLOCK) and looked at again through their handle.",
        act: swapped_pipe,
    },
    Attack {
        id: "socket",
        family: Family::Surroundings,
        tries: "Reads and writes a socket of the file system.",
        stopped_by: "A socket is no regular file and is never opened.",
        act: |ground| {
            let socket = ground.path("work/src/socket");
            mknodat(CWD, &socket, FileType::Socket, Mode::from_raw_mode(0o666), 0)
                .map_err(|error| error.to_string())?;
            ground
                .steps(vec![read("src/socket"), write("src/socket"), append("src/socket")])?
                .all_refused()
        },
    },
    Attack {
        id: "names-that-are-not-utf-8",
        family: Family::Surroundings,
        tries: "Lists and opens files whose names are not UTF-8 or hold control characters.",
        stopped_by: "Such bytes stand as `\\xNN` in the contract, one spelling for each name, and patterns match that spelling.",
        act: |ground| {
            for name in [&b"src/\xff\xfe.txt"[..], b"src/\x1b[2J.txt", b"src/back\\slash"] {
                let name = Path::new(std::ffi::OsStr::from_bytes(name));
                fs::write(ground.path("work").join(name), "odd\n").map_err(|error| error.to_string())?;
            }
            let tried = ground.steps(vec![
                list("src"),
                read("src/\\xff\\xfe.txt"),
                read("src/\u{fffd}\u{fffd}.txt"),
                write("src/\\xff\\xfe.txt"),
            ])?;
            let kinds: Vec<Option<&str>> = tried.answers.iter().map(kind).collect();
            match kinds.as_slice() {
                [None, None, Some("not-found"), None] => tried.answered(),
                _ => Err(tried.end()),
            }
        },
    },
    Attack {
        id: "linked-workspace",
        family: Family::Surroundings,
        tries: "Gives the agent a workspace whose path is a link, so that somebody can exchange it.",
        stopped_by: "A workspace is opened once, as a folder and not through a link, and kept open.",
        act: |ground| {
            let link = ground.aside("work-link");
            std::os::unix::fs::symlink(ground.path("work"), &link).map_err(|error| error.to_string())?;
            match Workspace::open(&link) {
                Ok(_) => Err("a workspace was opened through a link".into()),
                Err(error) => Ok(error.to_string()),
            }
        },
    },
];

/// Exchanges two names again and again while `work` is done.
fn while_exchanging<T>(one: &Path, other: &Path, work: impl FnOnce() -> T) -> T {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                // Where the file system cannot exchange, nothing moves and the attack is a weaker one.
                let _ = renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE);
            }
        });
        let done = work();
        over.store(true, Ordering::Relaxed);
        done
    })
}

fn made<T>(result: io::Result<T>) -> Result<T, String> {
    result.map_err(|error| error.to_string())
}

fn swapped_folder(ground: &Ground) -> Result<String, String> {
    let (folder, link) = (ground.path("work/src/swap"), ground.path("work/src/swapped"));
    made(fs::create_dir(&folder))?;
    made(fs::write(folder.join("notes.txt"), "harmless\n"))?;
    ground.link("src/swapped", "../../outside")?;
    let steps = vec![
        repeat(Some(600), read("src/swap/notes.txt")),
        repeat(Some(300), write("src/swap/notes.txt")),
        repeat(Some(300), append("src/swap/notes.txt")),
        repeat(Some(300), list("src/swap")),
        repeat(Some(300), json!(["write", "src/swap/new-{n}.txt", "x", "keep"])),
        repeat(Some(300), remove("src/swap/deeper/keep.txt")),
    ];
    while_exchanging(&folder, &link, || ground.steps(steps))?.answered()
}

fn swapped_file(ground: &Ground) -> Result<String, String> {
    let (file, link) = (ground.path("work/src/swap.txt"), ground.path("work/src/swapped.txt"));
    made(fs::write(&file, "harmless\n"))?;
    ground.link("src/swapped.txt", "../../secret.txt")?;
    let steps = vec![
        repeat(Some(800), read("src/swap.txt")),
        repeat(Some(400), append("src/swap.txt")),
        repeat(Some(400), write("src/swap.txt")),
    ];
    while_exchanging(&file, &link, || ground.steps(steps))?.answered()
}

fn swapped_pipe(ground: &Ground) -> Result<String, String> {
    let (file, pipe) = (ground.path("work/src/swap.txt"), ground.path("work/src/swapped"));
    made(fs::write(&file, "harmless\n"))?;
    mknodat(CWD, &pipe, FileType::Fifo, Mode::from_raw_mode(0o666), 0).map_err(|error| error.to_string())?;
    let steps = vec![
        repeat(Some(800), read("src/swap.txt")),
        repeat(Some(400), append("src/swap.txt")),
        repeat(Some(3), search("src", "harmless")),
    ];
    while_exchanging(&file, &pipe, || ground.steps(steps))?.answered()
}
