//! What Assize signs, checked by programs that know nothing of it: git, ssh-keygen, a JOSE and a DSSE library.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use assize_provenance::opinion::Vote;
use assize_tests::bed::{Bed, Edit, Run, ran};
use assize_tests::{guests, person, records, seats, tools};
use git2::Repository;

const ASSIZE: &str = env!("CARGO_BIN_EXE_assize-under-test");

/// A bed with a log of three verdicts in three commits, and its owner's keys in an ALLOWED SIGNERS file.
struct Signed {
    bed: Bed,
    signers: PathBuf,
    log: String,
    /// The entry of the newest verdict.
    verdict: String,
}

fn signed() -> Signed {
    let bed = Bed::new(ASSIZE);
    seats::appoint(&bed, &[("guest", &guests::voting(Vote::Approve))]);
    let mut verdict = String::new();
    for change in 1..=3 {
        bed.commit("Go on", &[Edit::Write("number", format!("{change}").as_bytes())]);
        let review = bed.assize(&["review", "--format", "json"]).expect(0).json();
        verdict = review["entry"]["id"].as_str().expect("an entry").to_owned();
    }
    let signers = bed.beside("allowed_signers");
    let printed = bed
        .assize(&["key", "list", "--format", "allowed-signers"])
        .expect(0)
        .stdout;
    fs::write(&signers, printed).expect("a file");
    let log = records::logs(&bed.repository()).into_keys().next().expect("a log");
    Signed {
        bed,
        signers,
        log,
        verdict,
    }
}

impl Signed {
    fn verify_commit(&self, git: &Path, repository: &str, revision: &str) -> Run {
        let signers = format!("gpg.ssh.allowedSignersFile={}", self.signers.display());
        self.bed.tool(
            git,
            &[
                "-C",
                repository,
                "-c",
                "gpg.format=ssh",
                "-c",
                &signers,
                "verify-commit",
                revision,
            ],
        )
    }

    /// Runs a Python program over files written from `inputs`, whose paths are its arguments.
    fn python(&self, python: &Path, program: &str, inputs: &[&str]) -> Run {
        let script = self.bed.beside("check.py");
        fs::write(&script, program).expect("a script");
        let mut arguments = vec![script.to_string_lossy().into_owned()];
        for (number, input) in inputs.iter().enumerate() {
            let path = self.bed.beside(&format!("input-{number}"));
            fs::write(&path, input).expect("a file");
            arguments.push(path.to_string_lossy().into_owned());
        }
        self.bed
            .tool(python, &arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

#[test]
fn git_accepts_every_commit_of_the_log() {
    let Some(git) = tools::program("git", "git verify-commit") else {
        return;
    };
    if tools::program("ssh-keygen", "git verify-commit").is_none() {
        return;
    }
    let signed = signed();
    for revision in [
        signed.log.clone(),
        format!("{}~1", signed.log),
        format!("{}~2", signed.log),
    ] {
        let run = signed.verify_commit(&git, ".", &revision).expect(0);
        assert!(run.stderr.contains("Good \"git\" signature"), "{}", run.stderr);
    }
    // The same file without the log key, and the commit of somebody else.
    let _ = signed.verify_commit(&git, ".", "HEAD").expect(1);
    let council: String = fs::read_to_string(&signed.signers)
        .expect("a file")
        .lines()
        .filter(|line| !line.contains("\"git\""))
        .collect();
    fs::write(&signed.signers, council).expect("a file");
    let refused = signed.verify_commit(&git, ".", &signed.log);
    assert_ne!(refused.code, 0, "the council key passes for the log key: {refused:?}");
}

/// The signature of the newest commit over the rest of the commit, as git itself would check it.
#[test]
fn ssh_keygen_accepts_the_signature_of_a_commit() {
    let Some(keygen) = tools::program("ssh-keygen", "ssh-keygen -Y verify") else {
        return;
    };
    let signed = signed();
    let repository = Repository::open(signed.bed.repository()).expect("the repository opens");
    let commit = repository
        .find_reference(&signed.log)
        .and_then(|log| log.peel_to_commit())
        .expect("a commit");
    let (signature, text) = repository.extract_signature(&commit.id(), None).expect("a signature");
    let file = signed.bed.beside("signature");
    fs::write(&file, &*signature).expect("a file");
    let names = fs::read_to_string(&signed.signers).expect("a file");
    let line = names
        .lines()
        .find(|line| line.contains("\"git\""))
        .expect("the log key");
    let principal = line.split(' ').next().expect("a name");
    let (signers, file) = (signed.signers.to_string_lossy(), file.to_string_lossy());
    let verify = |text: &[u8]| {
        let mut command = Command::new(&keygen);
        command.args([
            "-Y", "verify", "-f", &signers, "-I", principal, "-n", "git", "-s", &file,
        ]);
        let pipe = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = pipe.spawn().expect("starts");
        std::io::Write::write_all(&mut child.stdin.take().expect("a pipe"), text).expect("written");
        ran(&child.wait_with_output().expect("ends"))
    };
    let _ = verify(&text).expect(0);
    let mut other = text.to_vec();
    other[10] ^= 1;
    assert_ne!(verify(&other).code, 0, "ssh-keygen accepts another text");
}

/// A stranger fetches the refs with plain git, and verifies with nothing but the printed keys.
#[test]
fn refs_travel_by_plain_git_and_verify_in_a_second_clone() {
    let Some(git) = tools::program("git", "git push and git fetch of the chain") else {
        return;
    };
    let signed = signed();
    let bed = &signed.bed;
    let git_in = |arguments: &[&str]| bed.tool(&git, arguments).expect(0);
    let _ = git_in(&["init", "-q", "--bare", "../server"]);
    let _ = git_in(&["push", "-q", "../server", "main", "refs/assize/*:refs/assize/*"]);
    let _ = git_in(&["clone", "-q", "-b", "main", "../server", "../stranger"]);
    let _ = git_in(&[
        "-C",
        "../stranger",
        "fetch",
        "-q",
        "origin",
        "refs/assize/*:refs/assize/*",
    ]);
    let stranger = bed.with_repository("stranger");
    let signers = signed.signers.to_string_lossy().into_owned();
    let home = bed.beside("stranger-home");
    let verify = |arguments: &[&str]| {
        let arguments = [["audit", "verify"].as_slice(), arguments].concat();
        ran(&stranger
            .command(&arguments)
            .env("ASSIZE_HOME", &home)
            .output()
            .expect("starts"))
    };
    let unknown = verify(&[]).expect(3);
    assert!(unknown.stdout.contains("not checkable"), "{}", unknown.stdout);
    let _ = verify(&["--allowed-signers", &signers]).expect(0);
    for format in ["jwk", "allowed-signers"] {
        let keys = bed.assize(&["key", "list", "--format", format]).expect(0).stdout;
        let file = bed.beside("keys-of-the-owner");
        fs::write(&file, keys).expect("a file");
        let _ = verify(&["--key", &file.to_string_lossy()]).expect(0);
    }
    if tools::program("ssh-keygen", "git verify-commit in a second clone").is_some() {
        let _ = signed.verify_commit(&git, "../stranger", &signed.log).expect(0);
    }
}

#[test]
fn an_empty_chain_is_not_checkable() {
    let bed = Bed::new(ASSIZE);
    bed.commit("Begin", &[Edit::Write("a", b"a\n")]);
    let run = bed.assize(&["audit", "verify"]).expect(3);
    assert!(run.stdout.contains("not checkable"), "{run:?}");
}

/// Every entry is a compact JWS, signed with the key that `key list --format jwk` names by its `kid`.
#[test]
fn a_jose_library_accepts_every_entry() {
    let Some(python) = tools::python("joserfc", "the JWS of entries") else {
        return;
    };
    let signed = signed();
    let keys = signed.bed.assize(&["key", "list", "--format", "jwk"]).expect(0).stdout;
    let listed = signed
        .bed
        .assize(&["audit", "log", "--format", "json"])
        .expect(0)
        .json();
    let entries = listed["entries"].as_array().expect("entries");
    assert_eq!(entries.len(), 9);
    let tokens: String = entries
        .iter()
        .map(|entry| {
            let id = entry["id"].as_str().expect("an id");
            signed
                .bed
                .assize(&["audit", "show", id, "--format", "jws"])
                .expect(0)
                .stdout
        })
        .collect();
    let program = r#"
import json, sys
from joserfc import jws
from joserfc.jwk import KeySet
keys = KeySet.import_key_set(json.load(open(sys.argv[1])))
tokens = open(sys.argv[2]).read().split()
assert len(tokens) == 9, tokens
kinds = []
for token in tokens:
    checked = jws.deserialize_compact(token, keys, algorithms=["EdDSA"])
    statement = json.loads(checked.payload)
    assert statement["_type"] == "https://in-toto.io/Statement/v1", statement
    kinds.append(statement["predicateType"])
    head, body, signature = token.split(".")
    for other in (head + "." + body[:-4] + ("AAAA" if body[-4:] != "AAAA" else "BBBB") + "." + signature,):
        try:
            jws.deserialize_compact(other, keys, algorithms=["EdDSA"])
        except Exception:
            continue
        raise SystemExit("another payload is accepted")
assert len(set(kinds)) == 3, kinds
"#;
    let run = signed.python(&python, program, &[&keys, &tokens]);
    assert_eq!(run.code, 0, "{run:?}");
}

#[test]
fn a_dsse_library_accepts_the_verdict() {
    let Some(python) = tools::python("securesystemslib.dsse, cryptography", "the DSSE envelope of verdicts") else {
        return;
    };
    let signed = signed();
    insist_on_envelope(&signed, &python, &signed.verdict);
}

/// A person's override decides as a verdict does, and is as readable for others: as a JWS and as a DSSE envelope.
#[test]
fn stock_libraries_accept_an_override() {
    let Some(python) = tools::python("joserfc", "the JWS of an override") else {
        return;
    };
    let signed = signed();
    let bed = &signed.bed;
    seats::appoint(bed, &[("guest", &guests::voting(Vote::Reject))]);
    bed.commit("Go on", &[Edit::Write("number", b"4")]);
    let _ = bed.assize(&["review"]).expect(1);
    let rejected = person::rejected(bed);
    let entry = person::ask(bed, &person::overruling(&rejected, "Dana", "Because.\nIt is right.")).expect("signed");
    let entry = entry.to_string();
    let keys = bed.assize(&["key", "list", "--format", "jwk"]).expect(0).stdout;
    let token = bed
        .assize(&["audit", "show", &entry, "--format", "jws"])
        .expect(0)
        .stdout;
    let program = r#"
import json, sys
from joserfc import jws
from joserfc.jwk import KeySet
keys = KeySet.import_key_set(json.load(open(sys.argv[1])))
checked = jws.deserialize_compact(open(sys.argv[2]).read().strip(), keys, algorithms=["EdDSA"])
statement = json.loads(checked.payload)
assert statement["predicateType"] == "urn:x-assize:v1:override", statement
said = statement["predicate"]
assert said["actor"] == {"kind": "person", "name": "Dana"}, said
assert said["reason"] == "Because.\nIt is right." and said["outcome"] == "approved", said
"#;
    let run = signed.python(&python, program, &[&keys, &token]);
    assert_eq!(run.code, 0, "{run:?}");
    if let Some(python) = tools::python("securesystemslib.dsse, cryptography", "the DSSE envelope of overrides") {
        insist_on_envelope(&signed, &python, &entry);
    }
}

/// Insists that the envelope of an entry verifies, and that no other payload does.
fn insist_on_envelope(signed: &Signed, python: &Path, entry: &str) {
    let envelope = signed
        .bed
        .assize(&["audit", "show", entry, "--format", "dsse"])
        .expect(0)
        .stdout;
    let keys = signed.bed.assize(&["key", "list", "--format", "json"]).expect(0).stdout;
    let program = r#"
import base64, json, sys
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey
envelope = Envelope.from_dict(json.load(open(sys.argv[1])))
keys = [key for key in json.load(open(sys.argv[2]))["keys"] if key["role"] == "council" and key["current"]]
public = base64.urlsafe_b64decode(keys[0]["jwk"]["x"] + "==")
keyid = envelope.signatures[next(iter(envelope.signatures))].keyid
key = SSlibKey(keyid, "ed25519", "ed25519", {"public": public.hex()})
assert envelope.verify([key], 1)
assert json.loads(envelope.payload)["_type"] == "https://in-toto.io/Statement/v1"
envelope.payload = envelope.payload + b" "
try:
    envelope.verify([key], 1)
except Exception:
    sys.exit(0)
sys.exit("another payload is accepted")
"#;
    let run = signed.python(python, program, &[&envelope, &keys]);
    assert_eq!(run.code, 0, "{run:?}");
}

/// The tree of a log commit is a tlog-tiles folder: an independent reader recomputes its root from the leaf hashes, finds it
/// in the checkpoint, and checks the note's signature with the log key.
#[test]
fn a_transparency_log_reader_accepts_the_folder() {
    let Some(python) = tools::python("cryptography", "the checkpoint of a log") else {
        return;
    };
    let signed = signed();
    let folder = signed.bed.beside("folder");
    records::write_folder(&signed.bed.repository(), &signed.log, &folder);
    let keys = signed.bed.assize(&["key", "list", "--format", "json"]).expect(0).stdout;
    let program = r#"
import base64, hashlib, json, pathlib, sys
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
keys = [key for key in json.load(open(sys.argv[1]))["keys"] if key["role"] == "log" and key["current"]]
public = base64.urlsafe_b64decode(keys[0]["jwk"]["x"] + "==")
folder = pathlib.Path(open(sys.argv[2]).read())
note = (folder / "checkpoint").read_text()
text, signatures = note.split("\n\n")
text += "\n"
origin, size, root = text.split("\n")[:3]
size = int(size)
bundle = (folder / f"tile/entries/000.p/{size}").read_bytes()
leaves, at = [], 0
while at < len(bundle):
    length = int.from_bytes(bundle[at:at + 2], "big")
    leaves.append(hashlib.sha256(b"\0" + bundle[at + 2:at + 2 + length]).digest())
    at += 2 + length
assert len(leaves) == size == 9, (len(leaves), size)
assert (folder / f"tile/0/000.p/{size}").read_bytes() == b"".join(leaves)
def merkle(hashes):
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return hashlib.sha256(b"\1" + merkle(hashes[:split]) + merkle(hashes[split:])).digest()
assert base64.b64decode(root) == merkle(leaves)
lines = [line for line in signatures.split("\n") if line]
dash, name, blob = lines[0].split(" ")
blob = base64.b64decode(blob)
assert dash == "\u2014" and name == origin, lines
assert blob[:4] == hashlib.sha256(name.encode() + b"\n\1" + public).digest()[:4]
Ed25519PublicKey.from_public_bytes(public).verify(blob[4:], text.encode())
"#;
    let run = signed.python(&python, program, &[&keys, &folder.to_string_lossy()]);
    assert_eq!(run.code, 0, "{run:?}");
}
