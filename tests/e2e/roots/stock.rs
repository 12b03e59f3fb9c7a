//! Tools that we did not write read a root of trust: a DSSE library counts its signatures, and plain SHA-256 gives the pin.

use assize_tests::tools;

use super::*;

/// Verifies the envelope with two of the three signers, and refuses one signer, another payload and another type.
const PROGRAM: &str = r#"
import copy, hashlib, json, sys
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey
envelope = json.load(open(sys.argv[1]))
keys = []
for line in open(sys.argv[2]).read().split():
    public = bytes.fromhex(line)
    keys.append(SSlibKey(hashlib.sha256(public).hexdigest(), "ed25519", "ed25519", {"public": public.hex()}))
def accepted(envelope, keys, threshold):
    try:
        return Envelope.from_dict(copy.deepcopy(envelope)).verify(keys, threshold)
    except Exception:
        return None
assert len(accepted(envelope, keys, 2)) == 2, "two signers"
assert accepted(envelope, keys, 3) is None, "a third signer"
assert accepted(envelope, keys[2:], 1) is None, "who has not signed"
parsed = Envelope.from_dict(copy.deepcopy(envelope))
assert hashlib.sha256(parsed.payload).hexdigest() == sys.argv[3], "the pin"
for member, value in [("payload", "e30="), ("payloadType", "application/vnd.in-toto+json")]:
    bent = dict(copy.deepcopy(envelope), **{member: value})
    assert accepted(bent, keys, 1) is None, member
one = copy.deepcopy(envelope)
one["signatures"] = one["signatures"][:1]
assert accepted(one, keys, 2) is None, "one signer short"
"#;

#[test]
fn a_dsse_library_counts_the_signers_of_a_version() {
    let Some(python) = tools::python("securesystemslib.dsse, cryptography", "the DSSE envelope of a root") else {
        return;
    };
    let bed = bed_of(1);
    review(&bed, "HEAD");
    let people = ["alice", "bob", "carol"].map(|name| Person::new(&bed, name));
    let names: Vec<String> = people.iter().map(Person::signer).collect();
    let mut init = vec!["root", "init", "--threshold", "2"];
    init.extend(names.iter().flat_map(|name| ["--signer", name.as_str()]));
    let _ = bed.assize(&init).expect(0);
    let _ = people[0].assize(&["root", "sign"]).expect(0);
    let _ = people[1].assize(&["root", "sign"]).expect(0);
    let repository = Repository::open(bed.repository()).expect("the repository opens");
    let commit = repository.find_commit(root_tip(&bed.repository())).expect("a commit");
    let entry = commit
        .tree()
        .expect("a tree")
        .get_name("root.json")
        .expect("the file")
        .id();
    let envelope = bed.beside("root.json");
    fs::write(&envelope, repository.find_blob(entry).expect("a blob").content()).expect("a file");
    let keys: Vec<String> = people.iter().map(|person| hex_of(&person.home)).collect();
    let (script, file) = (bed.beside("check.py"), bed.beside("keys"));
    fs::write(&script, PROGRAM).expect("a script");
    fs::write(&file, keys.join("\n")).expect("a file");
    let arguments = [&script, &envelope, &file].map(|path| path.to_string_lossy().into_owned());
    let pin = pin_of(&bed);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).chain([pin.as_str()]).collect();
    let _ = bed.tool(&python, &arguments).expect(0);
}

/// The public half of a person's key, in hexadecimal.
fn hex_of(home: &Path) -> String {
    let (key, _) = KeyStore::new(home.join("keys")).person(Clock::System).expect("a key");
    key.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}
