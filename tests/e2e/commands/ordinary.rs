//! Commands as they are meant.

use assize::process::End;
use assize_tests::yard::{Terms, Yard};

use super::KEEPER;

#[test]
fn a_command_runs_and_its_output_comes_back() {
    let yard = Yard::open(KEEPER, &["**"], &["**"]);
    yard.put("src/a.txt", "hello\n");
    let ended = yard.ran(&Terms::default(), &["cat", "src/a.txt"]);
    assert_eq!(ended.end, End::Exited(0), "{ended:?}");
    assert_eq!(ended.stdout, b"hello\n");
    let ended = yard.ran(&Terms::default(), &["sh", "-c", "echo out; echo err >&2; exit 7"]);
    assert_eq!(ended.end, End::Exited(7));
    assert_eq!(
        (ended.stdout.as_slice(), ended.stderr.as_slice()),
        (&b"out\n"[..], &b"err\n"[..])
    );
    yard.must_be_swept();
}
