//! The arguments of `workspace`: a sequence of calls with any paths, numbers and contents, in a folder full of traps.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use assize::policy::files::{FileGrant, FileGrants};
use assize::policy::place::Place;
use assize::workspace::{Existing, Visit, Workspace};
use assize_provenance::pattern::PathPattern;
use tempfile::TempDir;

/// What stands outside, and must neither change nor be read.
const CANARY: &[u8] = b"canary-5f1d8a77";

/// The most calls of one input.
const CALLS_MAX: usize = 32;

/// Names that lead somewhere in the folder; half of all parts of paths are taken from here.
const NAMES: [&str; 16] = [
    "src", "a.txt", "out", "up", "deep", ".git", "config", "..", ".", "", "pipe", "GIT~1", "docs", "\\xff", "a*b",
    "loop",
];

struct Room {
    dir: TempDir,
    workspace: Workspace,
}

impl Room {
    fn open() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let inside = dir.path().join("work");
        fs::create_dir_all(inside.join("src/deep")).expect("folders");
        fs::create_dir_all(inside.join(".git")).expect("folders");
        fs::create_dir(dir.path().join("outside")).expect("a folder");
        fs::write(dir.path().join("outside/secret"), CANARY).expect("a file");
        fs::write(inside.join(".git/config"), CANARY).expect("a file");
        fs::write(inside.join("a.txt"), "plain").expect("a file");
        symlink("../outside", inside.join("out")).expect("a link");
        symlink("../outside/secret", inside.join("src/up")).expect("a link");
        symlink("loop", inside.join("loop")).expect("a link");
        let workspace = Workspace::open(&inside).expect("a folder");
        Self { dir, workspace }
    }

    fn is_whole(&self) -> bool {
        let reads = |path: PathBuf| fs::read(path).is_ok_and(|bytes| bytes == CANARY);
        let count = |path: PathBuf| fs::read_dir(path).map_or(0, Iterator::count);
        reads(self.dir.path().join("outside/secret"))
            && reads(self.dir.path().join("work/.git/config"))
            && count(self.dir.path().join("outside")) == 1
            && count(self.dir.path().join("work/.git")) == 1
            && count(self.dir.path().to_owned()) == 2
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }
}

/// Reads an input from its front.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn number(&mut self) -> u64 {
        let kind = self.byte().unwrap_or(0);
        match kind % 4 {
            0 => u64::from(self.byte().unwrap_or(0)),
            1 => u64::MAX.wrapping_sub(u64::from(self.byte().unwrap_or(0))),
            2 => u64::from(u32::MAX).wrapping_add(u64::from(self.byte().unwrap_or(0))),
            _ => 1_u64.wrapping_shl(u32::from(self.byte().unwrap_or(0))),
        }
    }

    fn bytes(&mut self) -> Vec<u8> {
        let length = usize::from(self.byte().unwrap_or(0)).min(self.0.len());
        let (taken, rest) = self.0.split_at(length);
        self.0 = rest;
        taken.to_vec()
    }

    fn path(&mut self) -> String {
        let parts = usize::from(self.byte().unwrap_or(0) % 6);
        let part = |_| {
            let sign = self.byte().unwrap_or(0);
            match NAMES.get(usize::from(sign)) {
                Some(name) => (*name).to_owned(),
                None if sign == 255 => "x".repeat(5_000),
                None => String::from_utf8_lossy(&self.bytes()).into_owned(),
            }
        };
        (0..parts).map(part).collect::<Vec<_>>().join("/")
    }
}

/// Makes calls as the bytes say. Nothing outside changes, and no answer carries what stands there.
///
/// # Panics
///
/// When a promise is broken.
pub fn arguments(bytes: &[u8]) {
    static EVERYTHING: LazyLock<FileGrants> = LazyLock::new(|| {
        let all = || {
            vec![FileGrant {
                pattern: PathPattern::parse("**").expect("a pattern"),
                place: Place {
                    role: "fuzz".to_owned(),
                    item: "**".to_owned(),
                    line: 1,
                },
            }]
        };
        FileGrants::new(all(), all())
    });
    let room = Room::open();
    let mut visit = room.workspace.visit(EVERYTHING.clone(), 1 << 20);
    let mut input = Input(bytes);
    for _ in 0..CALLS_MAX {
        let Some(kind) = input.byte() else { break };
        let answer = call(kind, &mut input, &mut visit);
        let leaked = answer.windows(CANARY.len()).any(|window| window == CANARY);
        assert!(!leaked, "call {kind} read what is outside");
    }
    assert!(
        room.is_whole(),
        "something outside changed; see {}",
        room.path().display()
    );
    // What a person is told at the end of the call must hold as well.
    let _ = visit.changed();
}

/// Makes one call, and gives everything that the answer carries.
fn call(kind: u8, input: &mut Input<'_>, visit: &mut Visit) -> Vec<u8> {
    let path = input.path();
    let shown = |answer: &dyn std::fmt::Debug| format!("{answer:?}").into_bytes();
    match kind % 7 {
        0 => {
            let after = String::from_utf8_lossy(&input.bytes()).into_owned();
            shown(&visit.list(&path, Some(after.as_str()).filter(|after| !after.is_empty())))
        }
        1 => {
            let (offset, length) = (input.number(), input.number());
            let read = visit.read(&path, offset, u32::try_from(length).unwrap_or(u32::MAX));
            read.unwrap_or_else(|refusal| shown(&refusal))
        }
        2 => {
            let existing = [Existing::Keep, Existing::Replace, Existing::Append];
            let existing = existing[usize::from(input.byte().unwrap_or(0) % 3)];
            shown(&visit.write(&path, &input.bytes(), existing))
        }
        3 => shown(&visit.remove(&path)),
        4 => {
            let to = input.path();
            shown(&visit.rename(&path, &to))
        }
        5 => {
            let literals: Vec<String> = (0..input.byte().unwrap_or(0) % 4)
                .map(|_| String::from_utf8_lossy(&input.bytes()).into_owned())
                .collect();
            let max = u32::try_from(input.number()).unwrap_or(u32::MAX);
            shown(&visit.search(&path, &literals, max))
        }
        _ => shown(&visit.diff(Some(path.as_str()).filter(|path| !path.is_empty()))),
    }
}
