//! The chain in forms for others: what each form holds, and libraries that know nothing of Assize read it, and refuse what was
//! changed.

use std::fs;
use std::path::Path;

use assize_provenance::canonical;
use assize_provenance::opinion::Vote;
use assize_tests::bed::{Bed, Edit, Run};
use assize_tests::{guests, person, records, seats, tools};
use serde_json::Value;

const ASSIZE: &str = env!("CARGO_BIN_EXE_assize-under-test");

/// A log of an approval, a rejection that a person overrides, and a rejection: 3 cases, 3 opinions, 3 verdicts, 1 override.
fn decided() -> Bed {
    let bed = Bed::new(ASSIZE);
    seats::appoint(&bed, &[("guest", &guests::voting(Vote::Approve))]);
    bed.commit("Go on", &[Edit::Write("number", b"1\n")]);
    let _ = bed.assize(&["review"]).expect(0);
    seats::appoint(&bed, &[("guest", &guests::voting(Vote::Reject))]);
    bed.commit("Go on", &[Edit::Write("number", b"2\n")]);
    let _ = bed.assize(&["review"]).expect(1);
    let rejected = person::rejected(&bed);
    person::ask(&bed, &person::overruling(&rejected, "Dana", "It is right.")).expect("signed");
    bed.commit("Go on", &[Edit::Write("number", b"3\n")]);
    let _ = bed.assize(&["review"]).expect(1);
    bed
}

fn export(bed: &Bed, form: &str) -> String {
    bed.assize(&["audit", "export", "--format", form]).expect(0).stdout
}

fn python(bed: &Bed, python: &Path, program: &str, inputs: &[&str]) -> Run {
    let script = bed.beside("check.py");
    fs::write(&script, program).expect("a script");
    let mut arguments = vec![script.to_string_lossy().into_owned()];
    for (number, input) in inputs.iter().enumerate() {
        let path = bed.beside(&format!("input-{number}"));
        fs::write(&path, input).expect("a file");
        arguments.push(path.to_string_lossy().into_owned());
    }
    bed.tool(python, &arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn every_form_holds_what_stands_in_the_log_and_is_the_same_each_time() {
    let bed = decided();
    for (form, lines) in [
        ("jws", 10),
        ("dsse", 4),
        ("vsa", 3),
        ("json", 10),
        ("csv", 11),
        ("allowed-signers", 2),
    ] {
        let text = export(&bed, form);
        assert_eq!(text.lines().count(), lines, "{form}: {text}");
        assert_eq!(text, export(&bed, form), "{form}");
    }
    let entries = records::entries(&bed.repository());
    for (line, entry) in export(&bed, "json").lines().zip(&entries) {
        let value = canonical::parse(line.as_bytes(), 1 << 20).expect("canonical JSON");
        assert_eq!(canonical::to_bytes(&value["entry"]).expect("canonical"), *entry);
    }
    let note = export(&bed, "note");
    let folder = bed.beside("folder");
    let log = records::logs(&bed.repository()).into_keys().next().expect("a log");
    records::write_folder(&bed.repository(), &log, &folder);
    assert_eq!(
        note.as_bytes(),
        fs::read(folder.join("checkpoint")).expect("a checkpoint")
    );
    let start = &log.rsplit('/').next().expect("an id")[..8];
    let one = bed
        .assize(&["audit", "export", "--format", "json", "--log", start])
        .expect(0)
        .stdout;
    assert_eq!(one, export(&bed, "json"));
    let _ = bed
        .assize(&["audit", "export", "--format", "json", "--log", "zz"])
        .expect(2);
}

#[test]
fn nothing_to_export_is_said_so() {
    let bed = Bed::new(ASSIZE);
    bed.commit("Begin", &[Edit::Write("a", b"a\n")]);
    let run = bed.assize(&["audit", "export", "--format", "json"]).expect(3);
    assert_eq!(run.stdout, "");
    // Summaries need a key, and none is made for reading.
    let _ = bed.assize(&["audit", "export", "--format", "vsa"]).expect(2);
    assert!(!bed.home().join("keys").exists());
}

/// Nobody vouches for a log that is not proved.
#[test]
fn a_log_that_is_not_proved_is_not_summed_up() {
    let bed = decided();
    let other = bed.beside("another-home");
    let run = |arguments: &[&str]| {
        let output = bed.command(arguments).env("ASSIZE_HOME", &other).output();
        assize_tests::bed::ran(&output.expect("starts"))
    };
    let _ = run(&["key", "new"]).expect(0);
    let refused = run(&["audit", "export", "--format", "vsa"]).expect(2);
    assert!(
        refused.stdout.is_empty() && refused.stderr.contains("not proved"),
        "{refused:?}"
    );
    // Entries are exported as they stand, but an envelope names its key.
    let _ = run(&["audit", "export", "--format", "jws"]).expect(0);
    let _ = run(&["audit", "export", "--format", "dsse"]).expect(2);
    let _ = run(&["audit", "export", "--format", "allowed-signers"]).expect(3);
    let signers = bed.beside("signers");
    fs::write(&signers, export(&bed, "allowed-signers")).expect("a file");
    let signers = signers.to_string_lossy().into_owned();
    for form in ["vsa", "dsse", "allowed-signers"] {
        let _ = run(&["audit", "export", "--format", form, "--allowed-signers", &signers]).expect(0);
    }
}

#[test]
fn summaries_say_what_holds_today() {
    let bed = decided();
    let statements: Vec<Value> = bed
        .assize(&[
            "audit",
            "export",
            "--format",
            "vsa",
            "--resource",
            "https://example.org/x",
        ])
        .expect(0)
        .stdout
        .lines()
        .map(|line| {
            use base64::Engine as _;
            let envelope: Value = serde_json::from_str(line).expect("JSON");
            let payload = envelope["payload"].as_str().expect("a payload");
            let payload = base64::prelude::BASE64_STANDARD.decode(payload).expect("base64");
            serde_json::from_slice(&payload).expect("JSON")
        })
        .collect();
    let said: Vec<_> = statements
        .iter()
        .map(|statement| {
            let said = &statement["predicate"];
            assert_eq!(said["resourceUri"], "https://example.org/x");
            assert_eq!(statement["predicateType"], "https://slsa.dev/verification_summary/v1");
            (
                said["verificationResult"].as_str().expect("a result"),
                said["verifiedLevels"][0].as_str().expect("a level"),
                said["inputAttestations"].as_array().map(Vec::len),
            )
        })
        .collect();
    let expected = [
        ("PASSED", "ASSIZE_COUNCIL_APPROVED", Some(3)),
        ("PASSED", "ASSIZE_PERSON_APPROVED", Some(4)),
        ("FAILED", "FAILED", Some(3)),
    ];
    assert_eq!(said, expected);
}

#[test]
fn a_jose_library_reads_every_line_of_jws() {
    let Some(interpreter) = tools::python("joserfc", "the export as JWS") else {
        return;
    };
    let bed = decided();
    let keys = bed.assize(&["key", "list", "--format", "jwk"]).expect(0).stdout;
    let program = r#"
import json, sys
from joserfc import jws
from joserfc.jwk import KeySet
keys = KeySet.import_key_set(json.load(open(sys.argv[1])))
tokens = open(sys.argv[2]).read().splitlines()
entries = [json.loads(line)["entry"]["payload"] for line in open(sys.argv[3]).read().splitlines()]
assert len(tokens) == len(entries) == 10
for token, entry in zip(tokens, entries):
    assert json.loads(jws.deserialize_compact(token, keys, algorithms=["EdDSA"]).payload) == entry
head, body, signature = tokens[0].split(".")
for other in (".".join(tokens[1].split(".")[:2]) + "." + signature, head + "." + body + "." + "A" * 86):
    try:
        jws.deserialize_compact(other, keys, algorithms=["EdDSA"])
    except Exception:
        continue
    sys.exit("another payload or signature is accepted")
"#;
    let run = python(
        &bed,
        &interpreter,
        program,
        &[&keys, &export(&bed, "jws"), &export(&bed, "json")],
    );
    assert_eq!(run.code, 0, "{run:?}");
}

#[test]
fn a_second_jose_library_reads_every_line_of_jws() {
    let Some(interpreter) = tools::python("jwcrypto.jws", "the export as JWS before a second library") else {
        return;
    };
    let bed = decided();
    let keys = bed.assize(&["key", "list", "--format", "jwk"]).expect(0).stdout;
    let program = r#"
import json, sys
from jwcrypto import jwk, jws
keys = {key["kid"]: jwk.JWK(**key) for key in json.load(open(sys.argv[1]))["keys"]}
tokens = open(sys.argv[2]).read().splitlines()
entries = [json.loads(line)["entry"]["payload"] for line in open(sys.argv[3]).read().splitlines()]
assert len(tokens) == len(entries) == 10
def read(token):
    found = jws.JWS()
    found.deserialize(token)
    found.allowed_algs = ["EdDSA"]
    found.verify(keys[found.jose_header["kid"]])
    return json.loads(found.payload)
for token, entry in zip(tokens, entries):
    assert read(token) == entry
head, body, signature = tokens[0].split(".")
for other in (".".join(tokens[1].split(".")[:2]) + "." + signature, head + "." + body + "." + "A" * 86):
    try:
        read(other)
    except Exception:
        continue
    sys.exit("another payload or signature is accepted")
"#;
    let run = python(
        &bed,
        &interpreter,
        program,
        &[&keys, &export(&bed, "jws"), &export(&bed, "json")],
    );
    assert_eq!(run.code, 0, "{run:?}");
}

#[test]
fn a_dsse_library_reads_every_envelope_and_every_summary() {
    let Some(interpreter) = tools::python("securesystemslib.dsse, cryptography", "the export as DSSE") else {
        return;
    };
    let bed = decided();
    let keys = bed.assize(&["key", "list", "--format", "json"]).expect(0).stdout;
    let program = r#"
import base64, json, sys
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey
keys = [key for key in json.load(open(sys.argv[1]))["keys"] if key["role"] == "council" and key["current"]]
public = base64.urlsafe_b64decode(keys[0]["jwk"]["x"] + "==")
types = set()
for name in sys.argv[2:]:
    for line in open(name).read().splitlines():
        envelope = Envelope.from_dict(json.loads(line))
        keyid = next(iter(envelope.signatures))
        key = SSlibKey(keyid, "ed25519", "ed25519", {"public": public.hex()})
        assert envelope.verify([key], 1)
        types.add(json.loads(envelope.payload)["predicateType"])
        changed = envelope.payload.replace(b"PASSED", b"FAILED").replace(b"approved", b"rejected") + b" "
        envelope.payload = changed
        try:
            envelope.verify([key], 1)
        except Exception:
            continue
        sys.exit("another payload is accepted")
expected = {"urn:x-assize:v1:verdict", "urn:x-assize:v1:override", "https://slsa.dev/verification_summary/v1"}
assert types == expected, types
"#;
    let run = python(
        &bed,
        &interpreter,
        program,
        &[&keys, &export(&bed, "dsse"), &export(&bed, "vsa")],
    );
    assert_eq!(run.code, 0, "{run:?}");
}

#[test]
fn a_table_reader_reads_every_row() {
    let Some(interpreter) = tools::python("csv", "the export as CSV") else {
        return;
    };
    let bed = decided();
    let program = r#"
import csv, json, sys
rows = list(csv.DictReader(open(sys.argv[1], newline="")))
entries = [json.loads(line) for line in open(sys.argv[2]).read().splitlines()]
assert len(rows) == len(entries) == 10
for row, entry in zip(rows, entries):
    assert None not in row and None not in row.values(), row
    assert row["id"] == entry["id"] and row["log"] == entry["log"] and int(row["index"]) == entry["index"]
    assert row["kind"] == entry["entry"]["kind"], row
assert [row["answer"] for row in rows if row["kind"] in ("verdict", "override")] == [
    "approved", "rejected", "approved", "rejected"], rows
"#;
    let run = python(
        &bed,
        &interpreter,
        program,
        &[&export(&bed, "csv"), &export(&bed, "json")],
    );
    assert_eq!(run.code, 0, "{run:?}");
}

/// The exported keys are what git and ssh-keygen need.
#[test]
fn git_verifies_the_log_with_the_exported_keys() {
    let Some(git) = tools::program("git", "git verify-commit with exported keys") else {
        return;
    };
    if tools::program("ssh-keygen", "git verify-commit with exported keys").is_none() {
        return;
    }
    let bed = decided();
    let signers = bed.beside("signers");
    fs::write(&signers, export(&bed, "allowed-signers")).expect("a file");
    let log = records::logs(&bed.repository()).into_keys().next().expect("a log");
    let setting = format!("gpg.ssh.allowedSignersFile={}", signers.display());
    let _ = bed
        .tool(&git, &["-c", "gpg.format=ssh", "-c", &setting, "verify-commit", &log])
        .expect(0);
    let shown = |code| {
        let arguments = ["-c", "gpg.format=ssh", "-c", &setting, "log", "--show-signature", &log];
        let run = bed.tool(&git, &arguments).expect(code);
        let commits = run.stdout.lines().filter(|line| line.starts_with("commit ")).count();
        let good = run.stdout.matches("Good \"git\" signature for ").count();
        (commits, good)
    };
    let (commits, good) = shown(0);
    assert!(commits >= 3 && good == commits, "{good} of {commits}");
    fs::write(&signers, "").expect("a file");
    let refused = bed.tool(&git, &["-c", "gpg.format=ssh", "-c", &setting, "verify-commit", &log]);
    assert_ne!(refused.code, 0);
    assert_eq!(shown(0), (commits, 0), "it knows a key that is not in the file");
}
