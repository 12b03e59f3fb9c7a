//! A witness that is asked by many, killed, copied and lied to.

use std::os::unix::fs::PermissionsExt;

use assize_provenance::key::vkey::NoteKind;

use super::*;

/// A log of another kind, of which only checkpoints are needed.
struct Log {
    key: ed25519_dalek::SigningKey,
    leaves: Vec<Digest>,
}

const ORIGIN: &str = "example.com/log";

impl Log {
    fn new() -> Self {
        Self {
            key: ed25519_dalek::SigningKey::from_bytes(&[1; 32]),
            leaves: Vec::new(),
        }
    }

    fn known(&self) -> NoteKey {
        let public = assize_provenance::key::PublicKey::from_bytes(self.key.verifying_key().as_bytes());
        NoteKey::new(ORIGIN, NoteKind::Note, public.expect("a key")).expect("a name")
    }

    fn grow(&mut self, leaf: &str) {
        self.leaves.push(assize_provenance::merkle::leaf_hash(leaf.as_bytes()));
    }

    fn request(&self, old_size: u64) -> Vec<u8> {
        use base64::Engine as _;
        use ed25519_dalek::Signer as _;
        let encode = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
        let root = assize_provenance::merkle::root(&self.leaves);
        let text = format!("{ORIGIN}\n{}\n{}\n", self.leaves.len(), encode(root.as_bytes()));
        let signature = self.key.sign(text.as_bytes()).to_bytes();
        let line = encode(&[self.known().hash().as_slice(), &signature].concat());
        let hashes = assize_provenance::merkle::consistency_proof(&self.leaves, old_size).unwrap_or_default();
        let hashes: String = hashes
            .iter()
            .map(|hash| format!("{}\n", encode(hash.as_bytes())))
            .collect();
        format!("old {old_size}\n{hashes}\n{text}\n\u{2014} {ORIGIN} {line}\n").into_bytes()
    }
}

fn open(dir: &Path, log: &Log) -> Result<Book, WitnessFault> {
    Book::open(
        dir,
        Some("witness.example/w"),
        vec![log.known()],
        Clock::Fixed(1_800_000_000),
    )
}

#[test]
fn what_was_cosigned_survives_the_process() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut log = Log::new();
    let mut key = None;
    for size in 0..6 {
        let book = open(dir.path(), &log).expect("opens");
        assert_eq!(*key.get_or_insert_with(|| book.key().clone()), *book.key());
        log.grow(&size.to_string());
        let answer = book.add(&log.request(size)).expect("answers");
        assert_eq!(answer.status, 200, "{answer:?}");
        // Asked again with what it knew before, it says what it knows now.
        let again = book.add(&log.request(size)).expect("answers");
        assert_eq!((again.status, again.media_type), (409, SIZE_TYPE));
        assert_eq!(again.body, format!("{}\n", size + 1));
        // The same state is cosigned as often as somebody asks.
        assert_eq!(book.add(&log.request(size + 1)).expect("answers").status, 200);
    }
}

#[test]
fn a_fork_is_refused_and_its_proof_kept() {
    let dir = tempfile::tempdir().expect("a folder");
    let (mut one, mut other) = (Log::new(), Log::new());
    for (log, leaf) in [(&mut one, "a"), (&mut other, "b")] {
        log.grow("same");
        log.grow(leaf);
    }
    let book = open(dir.path(), &one).expect("opens");
    assert_eq!(book.add(&one.request(0)).expect("answers").status, 200);
    assert_eq!(book.add(&other.request(2)).expect("answers").status, 409);
    other.grow("c");
    assert_eq!(book.add(&other.request(2)).expect("answers").status, 422);
    let forks: Vec<PathBuf> = std::fs::read_dir(dir.path().join("logs"))
        .expect("a folder")
        .map(|file| file.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "fork"))
        .collect();
    let fork = Fork::parse(&std::fs::read(&forks[0]).expect("reads")).expect("a fork");
    for checkpoint in fork.checkpoints() {
        assert_eq!(checkpoint.is_signed_by(&one.known()), Ok(true));
    }
    // The honest log goes on.
    one.grow("d");
    assert_eq!(book.add(&one.request(2)).expect("answers").status, 200);
}

#[test]
fn strangers_learn_why_and_leave_nothing() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut log = Log::new();
    log.grow("a");
    let book = Book::open(dir.path(), Some("w"), Vec::new(), Clock::Fixed(1)).expect("opens");
    assert_eq!(book.add(&log.request(0)).expect("answers").status, 404);
    assert_eq!(book.add(b"junk").expect("answers").status, 400);
    assert_eq!(book.add(&vec![b'a'; 1 << 20]).expect("answers").status, 400);
    assert_eq!(std::fs::read_dir(dir.path().join("logs")).expect("a folder").count(), 0);
}

#[test]
fn one_process_is_the_witness() {
    let dir = tempfile::tempdir().expect("a folder");
    let log = Log::new();
    let book = open(dir.path(), &log).expect("opens");
    assert!(matches!(open(dir.path(), &log), Err(WitnessFault::Taken(_))));
    drop(book);
    assert!(open(dir.path(), &log).is_ok());
    let renamed = Book::open(dir.path(), Some("other"), Vec::new(), Clock::Fixed(1));
    assert!(matches!(renamed, Err(WitnessFault::OtherName { .. })));
    let empty = tempfile::tempdir().expect("a folder");
    let nameless = Book::open(empty.path(), None, Vec::new(), Clock::Fixed(1));
    assert!(matches!(nameless, Err(WitnessFault::Nameless(_))));
}

#[test]
fn a_damaged_memory_is_no_blank_page() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut log = Log::new();
    log.grow("a");
    let book = open(dir.path(), &log).expect("opens");
    assert_eq!(book.add(&log.request(0)).expect("answers").status, 200);
    let file = book.path(ORIGIN);
    let good = std::fs::read(&file).expect("reads");
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        std::fs::write(&file, &bad).expect("writes");
        let answered = book.add(&log.request(0));
        // Where only the log's own line is bent, the witness still knows what it cosigned.
        let is_known = matches!(&answered, Ok(answer) if answer.status == 409);
        assert!(
            is_known || matches!(answered, Err(WitnessFault::Damaged { .. })),
            "{at}: {answered:?}"
        );
    }
}

#[test]
fn the_key_is_private_and_a_damaged_one_is_named() {
    let dir = tempfile::tempdir().expect("a folder");
    let log = Log::new();
    drop(open(dir.path(), &log).expect("opens"));
    let path = dir.path().join("key");
    let mode = path.metadata().expect("is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = std::fs::read_to_string(&path).expect("reads");
    std::fs::write(&path, text.replace("witness.example/w", "witness.example/v")).expect("writes");
    let fault = open(dir.path(), &log).expect_err("is refused");
    // Name, number and key; signs of addition may stand in a key's base64 too.
    let secret = text.trim_end().splitn(5, '+').last().expect("a key");
    assert!(matches!(fault, WitnessFault::Damaged { .. }), "{fault}");
    assert!(!fault.to_string().contains(secret));
}
