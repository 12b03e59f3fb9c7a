//! Signed notes, tiles and proofs before Go's `golang.org/x/mod/sumdb`, the implementation that those of others are ports of: what
//! we sign it reads, its proofs are ours, and it refuses what we refuse.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use assize_provenance::checkpoint::AnyCheckpoint;
use assize_provenance::digest::Digest;
use assize_provenance::key::vkey::{NoteKey, NoteKind};
use assize_provenance::log_reader::LogReader;
use assize_provenance::merkle;
use assize_provenance::proof::Proof;
use assize_provenance::testing::{SigningPair, TestLog};
use assize_tests::bed::Bed;
use assize_tests::{records, seats, tools};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

const ASSIZE: &str = env!("CARGO_BIN_EXE_assize-under-test");
const SOURCE: &str = include_str!("sumdb/main.go");

/// Where Debian puts the sources of Go packages.
const PACKAGES: &str = "/usr/share/gocode";

/// A program that answers questions with Go's packages.
struct Stranger {
    dir: TempDir,
    program: PathBuf,
}

impl Stranger {
    /// Builds it, where there is a Go with those packages.
    fn build() -> Option<Self> {
        let what = "notes, tiles and proofs before golang.org/x/mod/sumdb";
        let go = tools::program("go", what)?;
        if !Path::new(PACKAGES).join("src/golang.org/x/mod/sumdb/tlog").is_dir() {
            tools::skip(what, "the package golang-golang-x-mod-dev is not installed");
            return None;
        }
        let dir = tempfile::tempdir().expect("a folder");
        let (source, program) = (dir.path().join("main.go"), dir.path().join("sumdb"));
        fs::write(&source, SOURCE).expect("a file");
        let mut build = Command::new(go);
        build.arg("build").arg("-o").arg(&program).arg(&source).env_clear();
        build.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        for (name, value) in [
            ("GO111MODULE", "off"),
            ("GOPATH", PACKAGES),
            ("GOFLAGS", ""),
            ("CGO_ENABLED", "0"),
        ] {
            build.env(name, value);
        }
        build.env("HOME", dir.path()).env("GOCACHE", dir.path().join("cache"));
        let built = build.output().expect("go starts");
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        Some(Self { dir, program })
    }

    /// Asks everything at once; each answer is `ok` or says what is wrong.
    fn ask(&self, questions: &[Value]) -> Vec<String> {
        let asked = self.dir.path().join("questions");
        let mut file = fs::File::create(&asked).expect("a file");
        for question in questions {
            writeln!(file, "{question}").expect("written");
        }
        let mut run = Command::new(&self.program);
        run.env_clear()
            .stdin(fs::File::open(&asked).expect("a file"))
            .stderr(Stdio::inherit());
        let output = run.output().expect("it starts");
        assert!(output.status.success(), "it understands every question");
        let answers = String::from_utf8(output.stdout).expect("text");
        let answers: Vec<String> = answers.lines().map(str::to_owned).collect();
        assert_eq!(answers.len(), questions.len(), "one answer to each question");
        answers
    }

    /// Insists that it says what we say to each question: yes or no.
    fn insist_on(&self, questions: &[(Value, bool)]) {
        let asked: Vec<Value> = questions.iter().map(|(question, _)| question.clone()).collect();
        for (answer, (question, ours)) in self.ask(&asked).iter().zip(questions) {
            assert_eq!(answer == "ok", *ours, "it says `{answer}` to {question}");
        }
    }
}

fn base64(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(bytes)
}

fn hash(hash: &Digest) -> String {
    base64(hash.as_bytes())
}

fn hashes(hashes: &[Digest]) -> Vec<String> {
    hashes.iter().map(hash).collect()
}

fn note(key: &NoteKey, note: &[u8]) -> Value {
    json!({"Ask": "note", "Vkey": key.to_string(), "Note": base64(note)})
}

fn folder(key: &NoteKey, note: &[u8], folder: &Path) -> Value {
    json!({"Ask": "folder", "Vkey": key.to_string(), "Note": base64(note), "Folder": folder})
}

/// Whether we take a note for a checkpoint that this key signed.
fn opens(key: &NoteKey, note: &[u8]) -> bool {
    AnyCheckpoint::parse(note).is_ok_and(|read| read.origin() == key.name() && read.is_signed_by(key) == Ok(true))
}

/// The log of a bed that reviewed three changes: its key, its newest checkpoint, its files.
fn reviewed() -> (Bed, NoteKey, Vec<u8>, PathBuf) {
    let bed = seats::approving(ASSIZE, 3);
    for revision in ["HEAD~2", "HEAD~1", "HEAD"] {
        let _ = bed.assize(&["review", revision]).expect(0);
    }
    let listed = bed.assize(&["audit", "witness"]).expect(0).stdout;
    let vkey = listed.lines().find(|line| line.contains('+')).expect("the log's key");
    let files = bed.beside("log");
    let log = records::logs(&bed.repository()).into_keys().next().expect("a log");
    records::write_folder(&bed.repository(), &log, &files);
    let checkpoint = fs::read(files.join("checkpoint")).expect("a checkpoint");
    (bed, vkey.parse().expect("a key of notes"), checkpoint, files)
}

#[test]
fn go_opens_our_checkpoints_and_no_bent_one() {
    let Some(stranger) = Stranger::build() else { return };
    let (_bed, key, good, _) = reviewed();
    let other = SigningPair::from_seed(1).public();
    let strangers = [
        NoteKey::new(key.name(), NoteKind::Note, other).expect("a name"),
        NoteKey::new("example.com/log", NoteKind::Note, *key.key()).expect("a name"),
    ];
    let mut questions = vec![(note(&key, &good), true)];
    for other in &strangers {
        assert!(!opens(other, &good));
        questions.push((note(other, &good), false));
    }
    let text = String::from_utf8(good.clone()).expect("text");
    let size = text.lines().nth(1).expect("a size");
    let longer = text.replacen(&format!("\n{size}\n"), &format!("\n{size}0\n"), 1);
    let twice = format!("{text}{}\n", text.lines().last().expect("a signature"));
    for bent in [
        longer.as_str(),
        &text.replacen("\n\n", "\n", 1),
        &text[..text.len() - 1],
        "",
    ] {
        assert!(!opens(&key, bent.as_bytes()));
        questions.push((note(&key, bent.as_bytes()), false));
    }
    stranger.insist_on(&questions);
    // Every byte: what it opens has the same text, and what it refuses we refuse.
    let bent = |place: usize| {
        let mut bent = good.clone();
        bent[place] ^= 1;
        bent
    };
    let mut all: Vec<Vec<u8>> = (0..good.len()).map(bent).collect();
    all.push(twice.into_bytes());
    let questions: Vec<Value> = all.iter().map(|bent| note(&key, bent)).collect();
    let end = text.find("\n\n").expect("an end of the text");
    for (answer, bent) in stranger.ask(&questions).iter().zip(&all) {
        let shown = String::from_utf8_lossy(bent);
        assert!(answer == "ok" || !opens(&key, bent), "it says `{answer}`: {shown}");
        assert!(answer != "ok" || bent[..=end] == good[..=end], "it opens {shown}");
    }
}

#[test]
fn go_reads_every_file_of_a_log_and_no_bent_one() {
    let Some(stranger) = Stranger::build() else { return };
    let (bed, key, checkpoint, files) = reviewed();
    stranger.insist_on(&[(folder(&key, &checkpoint, &files), true)]);
    for proof in entries(&bed) {
        let (size, root) = (proof.checkpoint.size(), proof.checkpoint.root());
        stranger.insist_on(&[
            (inclusion(proof.index, size, &root, &proof.line, &proof.hashes), true),
            (inclusion(proof.index, size, &root, b"{}", &proof.hashes), false),
        ]);
    }
    // A long log has tiles of every kind: whole and partial, of leaves and above.
    let (log, key) = long();
    let mut reader = LogReader::open(&log.repository, log.state.tip().expect("a commit")).expect("a log");
    let checkpoint = reader.checkpoint().expect("a checkpoint");
    let (_, commit) = reader.tip();
    let files = bed.beside("long");
    let written = log.repository.files(commit.signed.tree);
    for (path, bytes) in &written {
        let file = files.join(path);
        fs::create_dir_all(file.parent().expect("a folder")).expect("folders");
        fs::write(file, bytes).expect("a file");
    }
    stranger.insist_on(&[(folder(&key, &checkpoint, &files), true)]);
    let mut bent = 0;
    for (path, bytes) in written.iter().filter(|(path, _)| path.starts_with("tile/")) {
        for place in [0, bytes.len() / 2, bytes.len() - 1] {
            let mut other = bytes.clone();
            other[place] ^= 1;
            fs::write(files.join(path), other).expect("a file");
            stranger.insist_on(&[(folder(&key, &checkpoint, &files), false)]);
            bent += 1;
        }
        fs::write(files.join(path), bytes).expect("a file");
    }
    assert!(bent >= 18, "only {bent} files were bent");
    stranger.insist_on(&[(folder(&key, &checkpoint, &files), true)]);
}

/// The proofs of every entry, as `audit proof` writes them.
fn entries(bed: &Bed) -> Vec<Proof> {
    let log = bed.assize(&["audit", "log", "--format", "json"]).expect(0).json();
    let entries = log["entries"].as_array().expect("entries").iter();
    let proof = |entry: &Value| {
        let id = entry["id"].as_str().expect("an id");
        let text = bed.assize(&["audit", "proof", id]).expect(0).stdout;
        Proof::parse(text.as_bytes()).expect("a proof")
    };
    entries.map(proof).collect()
}

fn line(index: u64) -> Vec<u8> {
    format!("entry {index}").into_bytes()
}

/// A log of 700 entries in seven commits.
fn long() -> (TestLog, NoteKey) {
    let mut log = TestLog::start(1, 2, 3, &[]);
    let lines: Vec<Vec<u8>> = (0..700).map(line).collect();
    for batch in lines.chunks(100) {
        log.record_lines(&batch.iter().map(Vec::as_slice).collect::<Vec<_>>());
    }
    let key = NoteKey::new(&log.state.log().origin(), NoteKind::Note, log.signer.public()).expect("a name");
    (log, key)
}

fn inclusion(index: u64, size: u64, root: &Digest, line: &[u8], proof: &[Digest]) -> Value {
    let (root, proof) = (hash(root), hashes(proof));
    json!({"Ask": "inclusion", "Index": index, "Size": size, "Root": root, "Line": base64(line), "Hashes": proof})
}

fn consistency(old: u64, before: &Digest, size: u64, root: &Digest, proof: &[Digest]) -> Value {
    let (before, root, proof) = (hash(before), hash(root), hashes(proof));
    json!({"Ask": "consistency", "Old": old, "Before": before, "Size": size, "Root": root, "Hashes": proof})
}

/// A proof and every small way to bend it.
fn bent(proof: &[Digest]) -> Vec<Vec<Digest>> {
    let mut all = vec![proof.to_vec(), [proof, &[Digest::of(b"more")]].concat()];
    for place in 0..proof.len() {
        let mut other = proof.to_vec();
        other[place] = Digest::of(b"another");
        all.push(other);
        let mut fewer = proof.to_vec();
        fewer.remove(place);
        all.push(fewer);
    }
    all
}

#[test]
fn go_and_we_agree_about_every_proof() {
    let Some(stranger) = Stranger::build() else { return };
    let (log, _) = long();
    let tip = log.state.tip().expect("a commit");
    let mut reader = LogReader::open(&log.repository, tip).expect("a log");
    let mut questions = Vec::new();
    for size in [1, 2, 3, 255, 256, 257, 512, 700] {
        let root = reader.root_at(size).expect("a root");
        for index in [0, 1, size / 2, size - 1].into_iter().filter(|index| *index < size) {
            for proof in bent(&reader.inclusion_proof(index, size).expect("a proof")) {
                // Another place, another size, another entry.
                for (index, size, line) in [
                    (index, size, line(index)),
                    (index + 1, size, line(index)),
                    (index, size + 1, line(index)),
                    (index, size, line(index + 1)),
                ] {
                    let leaf = merkle::leaf_hash(&line);
                    let ours = merkle::verify_inclusion(&leaf, index, size, &proof, &root).is_ok();
                    questions.push((inclusion(index, size, &root, &line, &proof), ours));
                }
            }
        }
        for old in [1, 2, 128, 255, 256, size - 1, size]
            .into_iter()
            .filter(|old| (1..=size).contains(old))
        {
            let before = reader.root_at(old).expect("a root");
            for proof in bent(&reader.consistency_proof(old, size).expect("a proof")) {
                for (old, before, size) in [
                    (old, before, size),
                    (old, Digest::of(b"another past"), size),
                    (old, before, size + 1),
                ] {
                    let ours = merkle::verify_consistency(old, &before, size, &root, &proof).is_ok();
                    questions.push((consistency(old, &before, size, &root, &proof), ours));
                }
            }
        }
    }
    let agreed = questions.iter().filter(|(_, ours)| *ours).count();
    assert!(
        agreed > 50 && questions.len() - agreed > 500,
        "{agreed} of {}",
        questions.len()
    );
    stranger.insist_on(&questions);
}

/// It makes the same proofs out of our tiles.
#[test]
fn go_makes_our_proofs_from_our_tiles() {
    let Some(stranger) = Stranger::build() else { return };
    let (log, _) = long();
    let tip = log.state.tip().expect("a commit");
    let mut reader = LogReader::open(&log.repository, tip).expect("a log");
    let (_, commit) = reader.tip();
    let files = stranger.dir.path().join("log");
    for (path, bytes) in log.repository.files(commit.signed.tree) {
        let file = files.join(path);
        fs::create_dir_all(file.parent().expect("a folder")).expect("folders");
        fs::write(file, bytes).expect("a file");
    }
    let (size, root) = (log.state.size(), hash(&log.state.root()));
    let mut questions = Vec::new();
    for index in (0..size).step_by(31) {
        let proof = hashes(&reader.inclusion_proof(index, size).expect("a proof"));
        questions.push((json!({"Ask": "prove-inclusion", "Folder": files, "Index": index, "Size": size, "Root": root, "Hashes": proof}), true));
        let proof = hashes(&reader.consistency_proof(index + 1, size).expect("a proof"));
        questions.push((json!({"Ask": "prove-consistency", "Folder": files, "Old": index + 1, "Size": size, "Root": root, "Hashes": proof}), true));
        let other = hash(&Digest::of(b"another root"));
        questions.push((json!({"Ask": "prove-inclusion", "Folder": files, "Index": index, "Size": size, "Root": other, "Hashes": []}), false));
    }
    stranger.insist_on(&questions);
}
