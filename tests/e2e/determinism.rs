//! The same case gives the same bytes: in 100 hearings, and in processes that differ in everything but the case.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::thread;

use assize::catalog::EMBEDDED;
use assize::driver::hearing::{Loaded, Testimony};
use assize::policy::Policy;
use assize::sandbox::{Allocation, EngineOptions, Sandbox};
use assize_provenance::digest::Digest;
use assize_provenance::entry::Salt;
use assize_provenance::entry::v1::document::OpinionDocument;
use assize_tests::bed::{Bed, Edit, Run, ran};
use assize_tests::{guests, records, room, trace};
use serde_json::Value;

const ASSIZE: &str = env!("CARGO_BIN_EXE_assize-under-test");

/// The judges that come with Assize, and one written here that reads what it can.
const JUDGES: [&str; 5] = ["constitutional", "technical", "quality", "integration", "reader"];

/// A judge whose rationale is the README of the head, after it listed and searched everything. Its fuel depends on all of it.
fn reader() -> Vec<u8> {
    let names = r#"(data (i32.const 6144) "README.md") (data (i32.const 6160) "fn f") (data (i32.const 6176) "\10\18\00\00\04\00\00\00")"#;
    let body = "(call $changes (i32.const 0) (i32.const 4096))
        (call $list (i32.const 0) (i32.const 6144) (i32.const 0) (i32.const 0) (i32.const 4096))
        (call $search (i32.const 1) (i32.const 6176) (i32.const 1) (i32.const 1000) (i32.const 4096))
        (call $hunks (i32.const 6144) (i32.const 9) (i32.const 0) (i32.const 4096))
        (call $read (i32.const 1) (i32.const 6144) (i32.const 9) (i64.const 0) (i32.const 100) (i32.const 4096))
        (i32.store (i32.const 2064) (i32.load (i32.const 4100)))
        (i32.store (i32.const 2068) (i32.load (i32.const 4104)))
        (i32.const 2048)";
    guests::judge_with(names, body)
}

fn component(name: &str) -> Vec<u8> {
    let embedded = EMBEDDED.iter().find(|embedded| embedded.name == name);
    embedded.map_or_else(reader, |embedded| embedded.component.to_vec())
}

/// A council of these judges with the limits of the default policy.
fn policy_text(judges: &[&str]) -> String {
    let mut text = "version = 1\n[roles.judge]\nallow = [\"evidence.*\"]\n".to_owned();
    for judge in judges {
        let plugin = if *judge == "reader" {
            "judges/reader.wasm"
        } else {
            judge
        };
        text.push_str(&format!("[judges.{judge}]\nplugin = \"{plugin}\"\nrole = \"judge\"\n"));
    }
    text.push_str(&format!("[councils.default]\njudges = {judges:?}\n"));
    text
}

fn policy(judges: &[&str]) -> Policy {
    Policy::parse("test.toml", &policy_text(judges)).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// Everything of a testimony that is recorded: the whole opinion's document, the transcript, and what it cost.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    judge: String,
    document: Vec<u8>,
    transcript: Digest,
    host_calls: u64,
    fuel: u64,
}

impl Said {
    fn of(judge: &str, testimony: Testimony) -> Self {
        let opinion = testimony
            .heard
            .unwrap_or_else(|absence| panic!("{judge}: {absence:?}, {}", testimony.detail));
        let component = Digest::of(&component(judge));
        let document = OpinionDocument {
            case: Digest::of(b"the case"),
            judge: judge.to_owned(),
            component,
            opinion,
        };
        Self {
            judge: judge.to_owned(),
            document: document.to_bytes().expect("an opinion can be written down"),
            transcript: testimony.transcript,
            host_calls: testimony.host_calls,
            fuel: testimony.fuel_spent,
        }
    }
}

/// How judges are heard in one round.
#[derive(Debug, Clone, Copy)]
enum Manner {
    /// As one council, side by side.
    Together,
    /// Each on a council of its own, one after the other.
    Alone,
}

impl Manner {
    /// They take turns.
    fn of(round: usize) -> Self {
        if round.is_multiple_of(2) {
            Self::Together
        } else {
            Self::Alone
        }
    }
}

/// One engine with the judges loaded into it, and the case.
struct Courtroom<'a> {
    sandbox: Sandbox,
    loaded: Vec<Loaded>,
    bed: &'a Bed,
    case: &'a Arc<assize::case::Case>,
}

impl Courtroom<'_> {
    fn hear(&self, manner: Manner) -> Vec<Said> {
        // Read anew each time, so that nothing of an earlier hearing is at hand.
        let evidence = room::evidence(self.bed, self.case);
        let heard = match manner {
            Manner::Together => {
                room::hear_loaded(&self.sandbox, &policy(&JUDGES), &self.loaded, self.case, &evidence).1
            }
            Manner::Alone => {
                let alone = |(judge, loaded)| {
                    let policy = policy(&[judge]);
                    let (_, heard) = room::hear_loaded(
                        &self.sandbox,
                        &policy,
                        std::slice::from_ref(loaded),
                        self.case,
                        &evidence,
                    );
                    heard
                };
                JUDGES.into_iter().zip(&self.loaded).flat_map(alone).collect()
            }
        };
        JUDGES
            .iter()
            .zip(heard)
            .map(|(judge, testimony)| Said::of(judge, testimony))
            .collect()
    }
}

/// 100 hearings, 25 in each of four engines: a cold cache, the same cache warm, the same without the pool, and neither. In
/// each, councils and judges alone take turns, and the last ten hearings are held at once.
#[test]
fn a_hundred_hearings_give_the_same_bytes() {
    let bed = Bed::new("/nowhere");
    let (case, _) = room::case(&bed);
    let components: Vec<Vec<u8>> = JUDGES.iter().map(|judge| component(judge)).collect();
    let components: Vec<&[u8]> = components.iter().map(Vec::as_slice).collect();
    let cache = bed.beside("cache");
    let engines = [
        (Allocation::Pooling, Some(&cache)),
        (Allocation::Pooling, Some(&cache)),
        (Allocation::OnDemand, Some(&cache)),
        (Allocation::OnDemand, None),
    ];
    let mut hearings: Vec<Vec<Said>> = Vec::new();
    for (allocation, cache_dir) in engines {
        let sandbox = Sandbox::start(&EngineOptions {
            cache_dir: cache_dir.cloned(),
            allocation,
        })
        .expect("it starts");
        assert_eq!(sandbox.allocation(), allocation, "the machine gives no pool");
        let loaded = room::load(&sandbox, &components);
        let courtroom = Courtroom {
            sandbox,
            loaded,
            bed: &bed,
            case: &case,
        };
        hearings.extend((0..15).map(|round| courtroom.hear(Manner::of(round))));
        hearings.extend(thread::scope(|scope| {
            let hear = |round| courtroom.hear(Manner::of(round));
            let at_once: Vec<_> = (0..10).map(|round| scope.spawn(move || hear(round))).collect();
            at_once
                .into_iter()
                .map(|thread| thread.join().expect("the hearing ends"))
                .collect::<Vec<_>>()
        }));
    }
    assert_eq!(hearings.len(), 100);
    for (number, hearing) in hearings.iter().enumerate() {
        assert_eq!(*hearing, hearings[0], "hearing {number}");
    }
}

/// A repository whose newest commit gives the judges something to say.
fn telling_bed() -> Bed {
    let bed = Bed::new(ASSIZE);
    let reader = reader();
    bed.commit(
        "Begin",
        &[
            Edit::Write("README.md", b"Hello\n"),
            Edit::Write("judges/reader.wasm", &reader),
            Edit::Write(".assize/policy.toml", policy_text(&JUDGES).as_bytes()),
            Edit::Write("src/gone.rs", b"fn gone() {}\n"),
        ],
    );
    bed.commit(
        "Go on\n\nWith \u{130}stanbul, and more.\n",
        &[
            Edit::Write("README.md", "Hello again, \u{130}\u{131}\n".as_bytes()),
            Edit::Write("src/lib.rs", b"fn f() { todo!() }\n<<<<<<< ours\n"),
            Edit::Write("src/na\u{ef}ve \u{130}.rs", b"fn f() {}\r\n"),
            Edit::Write("Cargo.toml", b"[dependencies]\nserde = \"1\"\n"),
            Edit::Write("blob.bin", &[0, 159, 146, 150]),
            Edit::Remove("src/gone.rs"),
        ],
    );
    bed
}

/// What a process said and kept: the opinions, the case's digest, and the documents on the evidence ref.
fn told(run: &Run, repository: &Path) -> (Value, Value, Vec<(String, Vec<u8>)>) {
    assert!((0..=3).contains(&run.code) && run.code != 2, "{run:?}");
    let review = run.json();
    // Opinions are stored behind a salt that is drawn anew each time, and their names follow from it.
    let documents = records::evidence(repository)
        .into_iter()
        .map(|(path, bytes)| match Salt::split(&bytes) {
            Some((_, opinion)) if path.starts_with("opinion/") => ("opinion".to_owned(), opinion.to_vec()),
            _ => (path, bytes),
        });
    let mut documents: Vec<(String, Vec<u8>)> = documents.collect();
    documents.sort();
    documents.dedup();
    (review["opinions"].clone(), review["case"]["digest"].clone(), documents)
}

/// A world that the review may not notice: a name, and what it changes.
struct World {
    name: &'static str,
    change: fn(&mut Command, &Bed),
}

const WORLDS: &[World] = &[
    World {
        name: "the same again, with a warm cache",
        change: |_, _| {},
    },
    World {
        name: "another time zone",
        change: |command, _| {
            command.env("TZ", "Pacific/Kiritimati");
        },
    },
    World {
        name: "another locale",
        change: |command, _| {
            command.envs([("LANG", "tr_TR.UTF-8"), ("LC_ALL", "tr_TR.UTF-8"), ("LANGUAGE", "tr")]);
        },
    },
    World {
        name: "another HOME",
        change: |command, bed| {
            command.env("HOME", bed.beside("elsewhere"));
        },
    },
    World {
        name: "new keys and a cold cache",
        change: |command, bed| {
            command.env("ASSIZE_HOME", bed.beside("new-home"));
        },
    },
    World {
        name: "another folder",
        change: |command, bed| {
            command.current_dir(bed.repository().join("src"));
        },
    },
    World {
        name: "another user's name",
        change: |command, _| {
            command.env("USER", "somebody");
        },
    },
    World {
        name: "a loud log",
        change: |command, _| {
            command.env("ASSIZE_LOG", "trace");
        },
    },
    World {
        name: "another git",
        change: |command, bed| {
            command
                .env("GIT_DIR", "/nowhere")
                .env("GIT_CONFIG_GLOBAL", bed.beside("config"));
            fs::write(
                bed.beside("config"),
                "[diff]\n\talgorithm = patience\n\trenames = false\n",
            )
            .expect("a file");
        },
    },
    World {
        name: "too little address space for the pool",
        change: |command, _| {
            let limited = ["-c", "ulimit -v 8000000 && exec \"$0\" \"$@\""];
            *command = trace::under(Path::new("/bin/sh"), &limited, command);
        },
    },
];

#[test]
fn the_world_around_a_process_changes_nothing() {
    let bed = telling_bed();
    let first = told(&bed.assize(&["review", "--format", "json"]), &bed.repository());
    assert!(first.2.len() > JUDGES.len(), "too few documents: {:?}", first.2);
    for world in WORLDS {
        let mut command = bed.command(&["review", "--format", "json"]);
        (world.change)(&mut command, &bed);
        let run = ran(&command.output().expect("starts"));
        assert!(
            told(&run, &bed.repository()) == first,
            "{}: {run:?}\n{:#?}",
            world.name,
            first.0
        );
    }
}

#[test]
fn the_place_of_the_clone_changes_nothing() {
    let bed = telling_bed();
    let first = told(&bed.assize(&["review", "--format", "json"]), &bed.repository());
    let mut builder = git2::build::RepoBuilder::new();
    for (name, bare) in [("a clone with spaces and \u{130}", false), ("bare", true)] {
        let place: PathBuf = bed.beside(name);
        builder
            .bare(bare)
            .clone(&bed.repository().to_string_lossy(), &place)
            .expect("a clone");
        let place_name = place.to_string_lossy().into_owned();
        let run = bed.assize(&["-C", &place_name, "review", "--format", "json"]);
        assert!(told(&run, &place) == first, "{name}: {run:?}\n{:#?}", first.0);
    }
}
