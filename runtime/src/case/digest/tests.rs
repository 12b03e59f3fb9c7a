//! What the digest of the messages covers.

use assize_provenance::tree::Mode as TreeMode;

use crate::case::testing::Objects;

#[test]
fn messages_that_are_split_elsewhere_differ() {
    let mut case = Objects::default().case(&[], &[(b"a", TreeMode::File, b"x\n")]).unwrap();
    case.messages = vec!["ab".into(), "c".into()];
    let one = super::messages(&case);
    case.messages = vec!["a".into(), "bc".into()];
    assert_ne!(super::messages(&case), one);
}
