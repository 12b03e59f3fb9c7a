//! One suite for every keeper, and the signer's process against hosts that mean harm.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use assize_provenance::batch::LogState;
use assize_provenance::digest::Digest;
use assize_provenance::entry::{Actor, ActorKind, Content, EntryId, OverrideRecord, Reason, Revision, Subject};
use assize_provenance::key::openssh;
use assize_provenance::log_id::{LogId, LogSeed};
use assize_provenance::time::Time;
use ed25519_dalek::SigningKey;

use super::serve::{Post, ServeFault, serve};
use super::wire::{self, Answer, Asked};
use super::*;
use crate::chain::keys::{KeyStore, Protection, public_of};
use crate::clock::Clock;
use crate::stop::Stop;

const SEED: [u8; 16] = [3; 16];

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn pair() -> Signer {
    Signer::new(Box::new(HeldKey::new(key(1))), Box::new(HeldKey::new(key(2))))
}

/// An entry of the log that this signer writes. It decides, so it carries both signatures.
fn entry(signer: &Signer) -> Entry {
    let id = "0".repeat(40).parse().expect("an object's id");
    Entry {
        log: LogId::derive(&signer.log_key(), &LogSeed::from_bytes(SEED)),
        time: Time::from_unix_seconds(1_800_000_000).expect("a time"),
        actor: Actor {
            kind: ActorKind::Person,
            name: "somebody".to_owned(),
        },
        subject: Subject {
            case: Digest::of(b"case"),
            head: Revision { commit: id, tree: id },
        },
        content: Content::Override(Box::new(OverrideRecord {
            previous: EntryId::of_line(b"verdict"),
            council: "default".to_owned(),
            reason: Reason::new("There is no other way.").expect("a reason"),
            shown: Digest::of(b"what was shown"),
        })),
    }
}

/// What every keeper does: it signs entries, checkpoints and commits so that a log comes of them, and the same ones again.
fn conforms(signer: &Signer) {
    let signed = signer.sign_entry(entry(signer)).expect("signs an entry");
    assert_eq!(signed.verify(&signer.council_key()), Ok(()));
    assert!(signed.dsse_envelope(&signer.council_key()).is_some());
    assert_eq!(signer.sign_entry(entry(signer)).expect("signs it again"), signed);
    let mut wrong = entry(signer);
    wrong.actor.name = String::new();
    assert!(matches!(signer.sign_entry(wrong), Err(SigningFault::Entry(_))));
    let state = LogState::start(signer.log_key(), LogSeed::from_bytes(SEED), &[]);
    let time = Time::from_unix_seconds(1_800_000_001).expect("a time");
    let (next, batch) = state
        .append(std::slice::from_ref(&signed), signer, time)
        .expect("signs a batch");
    let (_, again) = state
        .append(std::slice::from_ref(&signed), signer, time)
        .expect("signs it again");
    assert_eq!(batch, again);
    let (_, larger) = next.append(&[signed], signer, time).expect("signs a larger one");
    assert_eq!(larger.checkpoint.size, 2);
    // Threads ask at once.
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..5 {
                    signer.sign_entry(entry(signer)).expect("signs beside others");
                }
            });
        }
    });
}

/// A signer's process, as a thread of this one.
struct Room {
    dir: tempfile::TempDir,
    post: Post,
}

impl Room {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let memory = dir.path().join("signer");
        let post = Post {
            socket: memory.join("socket"),
            memory,
            others: BTreeSet::new(),
        };
        Self { dir, post }
    }

    /// Does something while the signer serves, and insists that it ends cleanly.
    fn while_served<T>(&self, signer: &Signer, act: impl FnOnce(&Path) -> T) -> T {
        let stop = Stop::default();
        let (sender, receiver) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            let served = scope.spawn(|| {
                let mut ready = |path: &Path| sender.send(path.to_owned()).expect("somebody waits");
                serve(signer, &self.post, &stop, &mut ready)
            });
            let socket = receiver.recv_timeout(Duration::from_secs(20)).expect("it listens");
            let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| act(&socket)));
            stop.stop();
            let ended = served.join().expect("the signer does not panic");
            assert!(ended.is_ok(), "{ended:?}");
            assert!(!socket.exists(), "the socket is taken away");
            done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }
}

/// A link that says hello like a host and then what it likes.
fn stranger(socket: &Path) -> UnixStream {
    let mut stream = UnixStream::connect(socket).expect("connects");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a bound");
    stream.write_all(wire::HELLO).expect("says hello");
    let mut hello = [0; 16 + 64];
    stream.read_exact(&mut hello).expect("is greeted");
    stream
}

fn ask(stream: &mut UnixStream, code: u8, value: &[u8]) -> Answer {
    let within = Duration::from_secs(20);
    wire::write_frame(stream, code, value, within).expect("sends");
    let (code, rest) = wire::read_frame(stream, wire::ANSWER_BYTES_MAX, Instant::now() + within)
        .expect("is answered")
        .expect("in bounds");
    Answer::of_frame(code, &rest).expect("an answer")
}

#[test]
fn a_key_in_memory_signs() {
    conforms(&pair());
}

#[test]
fn keys_that_a_passphrase_protects_sign() {
    let home = tempfile::tempdir().expect("a folder");
    let store = KeyStore::new(home.path().join("keys")).with_passphrase("a passphrase of some length".to_owned());
    store.own_signer(Clock::Fixed(0)).expect("made");
    store.protect(&[], Protection::Passphrase).expect("protects");
    let (signer, made) = store.own_signer(Clock::Fixed(1)).expect("opens");
    assert!(!made);
    conforms(&signer);
}

/// The real program, where there is one.
#[test]
fn keys_of_an_ssh_agent_sign() {
    let dir = tempfile::tempdir().expect("a folder");
    let socket = dir.path().join("agent");
    let started = Command::new("ssh-agent")
        .arg("-D")
        .arg("-a")
        .arg(&socket)
        .stdout(Stdio::null())
        .spawn();
    let Ok(mut agent) = started else {
        let required = std::env::var_os("ASSIZE_REQUIRE_TOOLS").is_some_and(|value| value == "1");
        assert!(
            !required,
            "`ssh-agent` is not installed, and ASSIZE_REQUIRE_TOOLS=1 allows no skip"
        );
        return;
    };
    let since = Instant::now();
    while UnixStream::connect(&socket).is_err() && since.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(20));
    }
    let keys = ["council", "log"].map(|name| {
        let path = dir.path().join(name);
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-f"])
            .arg(&path)
            .status();
        assert!(made.expect("ssh-keygen starts").success());
        let added = Command::new("ssh-add")
            .arg("-q")
            .arg(&path)
            .env("SSH_AUTH_SOCK", &socket)
            .status();
        assert!(added.expect("ssh-add starts").success());
        let line = std::fs::read_to_string(path.with_extension("pub")).expect("reads");
        openssh::parse(&line).expect("an Ed25519 key")
    });
    let [council, log] = keys.map(|key| Box::new(AgentKey::at(socket.clone(), key)));
    conforms(&Signer::new(council, log));
    let unknown = Pen::new(Box::new(AgentKey::at(socket, public_of(&key(1)))));
    let fault = unknown.sign_entry(entry(&pair())).expect_err("it has no such key");
    assert!(
        matches!(fault, SigningFault::Agent(agent::AgentFault::Refused(_))),
        "{fault}"
    );
    agent.kill().expect("is ours");
    agent.wait().expect("ends");
    let gone = unknown.sign_entry(entry(&pair())).expect_err("nobody is there");
    assert!(gone.is_machine(), "{gone}");
}

#[test]
fn a_key_of_a_signers_process_signs() {
    Room::new().while_served(&pair(), |socket| {
        let remote = Signer::connect(socket).expect("connects");
        assert_eq!(remote.council_key(), pair().council_key());
        assert_eq!(remote.log_key(), pair().log_key());
        conforms(&remote);
        let local = pair().sign_entry(entry(&remote)).expect("signs");
        assert_eq!(remote.sign_entry(entry(&remote)).expect("signs"), local);
    });
}

#[test]
fn the_signer_signs_no_fork_also_after_it_was_started_anew() {
    let room = Room::new();
    let (signer, other) = (pair(), pair());
    let state = LogState::start(signer.log_key(), LogSeed::from_bytes(SEED), &[]);
    let time = Time::from_unix_seconds(1_800_000_001).expect("a time");
    let signed = other.sign_entry(entry(&other)).expect("signs");
    let mut different = entry(&other);
    different.actor.name = "somebody else".to_owned();
    let different = other.sign_entry(different).expect("signs");
    room.while_served(&signer, |socket| {
        let remote = Signer::connect(socket).expect("connects");
        let (next, _) = state
            .append(std::slice::from_ref(&signed), &remote, time)
            .expect("the first");
        next.append(std::slice::from_ref(&signed), &remote, time)
            .expect("a larger one");
    });
    room.while_served(&signer, |socket| {
        let remote = Signer::connect(socket).expect("connects");
        let two = [signed.clone(), different.clone()];
        let fork = state.append(&two, &remote, time).expect_err("is a fork").to_string();
        assert!(fork.contains("refuses") && fork.contains("fork the log"), "{fork}");
        let back = state
            .append(std::slice::from_ref(&signed), &remote, time)
            .expect_err("went back")
            .to_string();
        assert!(back.contains("the log went back"), "{back}");
        let three = [signed.clone(), signed.clone(), different.clone()];
        assert!(state.append(&three, &remote, time).is_ok());
    });
}

#[test]
fn a_commit_is_signed_for_the_newest_checkpoint_only() {
    Room::new().while_served(&pair(), |socket| {
        let remote = Signer::connect(socket).expect("connects");
        let key = remote.log_key();
        let seed = LogSeed::from_bytes(SEED);
        let mut commit = UnsignedCommit {
            tree: "1".repeat(40).parse().expect("an id"),
            parent: None,
            time: Time::from_unix_seconds(1_800_000_001).expect("a time"),
            message: assize_provenance::commit::LogMessage {
                log: LogId::derive(&key, &seed),
                seed,
                size: 2,
                root: Digest::of(b"root"),
                previous_size: 0,
                cites: Vec::new(),
            },
        };
        let stray = remote.sign_commit(&commit).expect_err("has no checkpoint").to_string();
        assert!(stray.contains("newest signed checkpoint"), "{stray}");
        let checkpoint = Checkpoint {
            log: commit.message.log,
            size: 2,
            root: commit.message.root,
        };
        remote.sign_checkpoint(&checkpoint).expect("signs");
        let signature = remote.sign_commit(&commit).expect("signs");
        assert!(commit.seal(&key, &signature).is_ok());
        commit.message.seed = LogSeed::from_bytes([9; 16]);
        let foreign = remote
            .sign_commit(&commit)
            .expect_err("is no log of its key")
            .to_string();
        assert!(foreign.contains("not one of this log key"), "{foreign}");
    });
}

#[test]
fn whatever_is_no_typed_value_is_refused_and_the_next_one_is_signed() {
    Room::new().while_served(&pair(), |socket| {
        let signer = pair();
        let unsigned = entry(&signer).prepare(&signer.council_key()).expect("is well formed");
        let (asked, payload) = Asked::of_work(Work::Jws(&unsigned)).expect("is asked for");
        let mut stream = stranger(socket);
        let commit = b"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor A <a@b> 0 +0000\n\nHello\n";
        let unsigned_input = unsigned.jws_input();
        let values: [&[u8]; 9] = [
            b"",
            b"{}",
            b"SSHSIG",
            b"assize/x\n1\nAAAA\n",
            b"\xff\xfe",
            commit,
            unsigned_input.as_bytes(),
            &payload[1..],
            &[b'['; 70_000],
        ];
        for code in 1..=4 {
            for value in values {
                let answer = ask(&mut stream, code, value);
                assert!(
                    matches!(answer, Answer::Refused(_)),
                    "{code} {}: {answer:?}",
                    value.escape_ascii()
                );
            }
        }
        // The value of one request is none of another.
        for code in [3, 4] {
            assert!(matches!(ask(&mut stream, code, &payload), Answer::Refused(_)));
        }
        assert!(matches!(ask(&mut stream, asked.code(), &payload), Answer::Signed(_)));
    });
}

#[test]
fn hostile_bytes_end_their_own_link_and_no_other() {
    Room::new().while_served(&pair(), |socket| {
        let remote = Signer::connect(socket).expect("connects");
        // Another version is told ours, and learns no key.
        let mut other = UnixStream::connect(socket).expect("connects");
        other.set_read_timeout(Some(Duration::from_secs(20))).expect("a bound");
        other.write_all(b"assize-signer/2\n").expect("sends");
        let mut said = Vec::new();
        other.read_to_end(&mut said).expect("it is let go");
        assert_eq!(said, wire::HELLO);
        // A frame that is too long, a request that there is none of.
        for frame in [&[1, 0xff, 0xff, 0xff, 0xff][..], &[0, 0, 0, 0, 0], &[9, 0, 0, 0, 1, 0]] {
            let mut stream = stranger(socket);
            stream.write_all(frame).expect("sends");
            let mut said = Vec::new();
            stream.read_to_end(&mut said).expect("it is let go");
            assert_eq!(said.first(), Some(&1), "{said:?}");
        }
        // Half a frame, then nothing; a link that only listens; bytes from dice.
        let mut half = stranger(socket);
        half.write_all(&[1, 0, 0]).expect("sends");
        let _silent = UnixStream::connect(socket).expect("connects");
        let mut dice = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..200 {
            let mut stream = stranger(socket);
            let mut bytes = Vec::new();
            for _ in 0..40 {
                dice ^= dice << 13;
                dice ^= dice >> 7;
                dice ^= dice << 17;
                bytes.extend_from_slice(&dice.to_be_bytes());
            }
            bytes[0] %= 6;
            // Short frames, so that many of them are whole.
            bytes[1..4].fill(0);
            drop(stream.write_all(&bytes));
        }
        conforms(&remote);
    });
}

#[test]
fn two_signers_never_hold_one_memory_or_one_socket() {
    let room = Room::new();
    room.while_served(&pair(), |socket| {
        let twice = serve(&pair(), &room.post, &Stop::default(), &mut |_| ());
        assert!(matches!(twice, Err(ServeFault::Twice(_))), "{twice:?}");
        let post = Post {
            memory: room.dir.path().join("other"),
            ..room.post.clone()
        };
        let taken = serve(&pair(), &post, &Stop::default(), &mut |_| ());
        assert!(matches!(taken, Err(ServeFault::Taken { .. })), "{taken:?}");
        assert!(Signer::connect(socket).is_ok());
    });
}

#[test]
fn a_socket_that_nobody_listens_at_is_taken_over_and_nothing_else_is() {
    let room = Room::new();
    std::fs::DirBuilder::new()
        .mode(0o700)
        .create(&room.post.memory)
        .expect("a folder");
    drop(UnixListener::bind(&room.post.socket).expect("binds"));
    assert!(room.post.socket.exists());
    assert!(matches!(
        Signer::connect(&room.post.socket),
        Err(RemoteFault::Io { .. })
    ));
    room.while_served(&pair(), |socket| {
        let mode = std::fs::metadata(socket).expect("there").permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
        Signer::connect(socket).expect("connects");
    });
    std::fs::write(&room.post.socket, "a file").expect("writes");
    let taken = serve(&pair(), &room.post, &Stop::default(), &mut |_| ());
    assert!(matches!(taken, Err(ServeFault::Taken { .. })), "{taken:?}");
    assert_eq!(std::fs::read(&room.post.socket).expect("reads"), b"a file");
}

#[test]
fn a_folder_that_others_can_use_holds_no_socket() {
    let room = Room::new();
    let open = room.dir.path().join("open");
    std::fs::create_dir(&open).expect("a folder");
    let post = |others: BTreeSet<u32>| Post {
        socket: open.join("socket"),
        others,
        ..room.post.clone()
    };
    for mode in [0o755, 0o750, 0o777, 0o701] {
        std::fs::set_permissions(&open, std::fs::Permissions::from_mode(mode)).expect("is ours");
        let fault = serve(&pair(), &post(BTreeSet::new()), &Stop::default(), &mut |_| ());
        assert!(matches!(fault, Err(ServeFault::Folder { .. })), "{mode:o} {fault:?}");
    }
    std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o777)).expect("is ours");
    let fault = serve(&pair(), &post(BTreeSet::from([12_345])), &Stop::default(), &mut |_| ());
    assert!(matches!(fault, Err(ServeFault::Folder { .. })), "{fault:?}");
    // And no host believes a socket there.
    let listener = UnixListener::bind(open.join("socket")).expect("binds");
    let fault = Signer::connect(&open.join("socket")).expect_err("is not believed");
    assert!(matches!(fault, RemoteFault::Exposed { .. }), "{fault}");
    drop(listener);
}

#[test]
fn a_signer_that_was_started_anew_is_found_again_unless_its_keys_changed() {
    let room = Room::new();
    let remote = room.while_served(&pair(), |socket| Signer::connect(socket).expect("connects"));
    let gone = remote.sign_entry(entry(&remote)).expect_err("nobody is there");
    assert!(gone.is_machine(), "{gone}");
    room.while_served(&pair(), |_| conforms(&remote));
    let other = Signer::new(Box::new(HeldKey::new(key(7))), Box::new(HeldKey::new(key(2))));
    room.while_served(&other, |_| {
        let fault = remote.sign_entry(entry(&remote)).expect_err("has other keys");
        assert!(
            matches!(fault, SigningFault::Remote(RemoteFault::OtherKeys { .. })),
            "{fault}"
        );
    });
}

/// What stands in the place of a signer and does not keep to the protocol.
fn liar(says: &'static [u8]) -> (tempfile::TempDir, PathBuf, std::thread::JoinHandle<()>) {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("socket");
    let listener = UnixListener::bind(&path).expect("binds");
    let thread = std::thread::spawn(move || {
        for stream in listener.incoming().take(1) {
            let mut stream = stream.expect("a client");
            let mut hello = [0; 16];
            stream.read_exact(&mut hello).expect("says hello");
            stream.write_all(says).expect("answers");
        }
    });
    (dir, path, thread)
}

#[test]
fn what_is_no_signer_is_told_apart() {
    let answer = [wire::HELLO.as_slice(), &[0; 64]].concat();
    let answer: &'static [u8] = Box::leak(answer.into_boxed_slice());
    for (says, is_version) in [
        (&b"assize-signer/9\n"[..], true),
        (b"SSH-2.0-OpenSSH_9\r\n", true),
        (answer, false),
    ] {
        let (_dir, path, thread) = liar(says);
        let fault = Signer::connect(&path).expect_err("is none");
        assert_eq!(matches!(fault, RemoteFault::Version { .. }), is_version, "{fault}");
        thread.join().expect("ends");
    }
    let (_dir, path, thread) = liar(b"assize");
    assert!(matches!(Signer::connect(&path), Err(RemoteFault::Io { .. })));
    thread.join().expect("ends");
}

/// An ssh-agent that answers with what it likes.
fn agent_that_says(answer: Vec<u8>) -> (tempfile::TempDir, AgentKey, std::thread::JoinHandle<()>) {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("agent");
    let listener = UnixListener::bind(&path).expect("binds");
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let mut head = [0; 4];
        stream.read_exact(&mut head).expect("asks");
        let mut request = vec![0; u32::from_be_bytes(head) as usize];
        stream.read_exact(&mut request).expect("asks");
        stream.write_all(&answer).expect("answers");
    });
    (dir, AgentKey::at(path, public_of(&key(1))), thread)
}

#[test]
fn an_agent_that_answers_something_else_signs_nothing() {
    let whole = |body: &[u8]| [&u32::try_from(body.len()).expect("short").to_be_bytes(), body].concat();
    let string = |text: &[u8]| whole(text);
    let signature = |kind: &[u8], raw: &[u8]| [string(kind), string(raw)].concat();
    let response = |inner: &[u8]| whole(&[&[14], string(inner).as_slice()].concat());
    for answer in [
        whole(&[5]),
        whole(&[14]),
        whole(&[14, 0, 0, 0, 9]),
        vec![0; 4],
        vec![0xff; 64],
        Vec::new(),
        response(&signature(b"ssh-rsa", &[7; 64])),
        response(&signature(b"ssh-ed25519", &[7; 63])),
        response(&[signature(b"ssh-ed25519", &[7; 64]), vec![0]].concat()),
        // Well formed, and no signature of what was asked: found out where it is put in place.
        response(&signature(b"ssh-ed25519", &[7; 64])),
    ] {
        let (_dir, agent, thread) = agent_that_says(answer.clone());
        let pen = Pen::new(Box::new(agent));
        let fault = pen.sign_entry(entry(&pair()));
        assert!(fault.is_err(), "{answer:?}");
        thread.join().expect("ends");
    }
}
