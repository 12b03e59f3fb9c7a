//! The tables of `policies/HOSTILE.md` say what the hostile kit does, because they are written from it.
//!
//! `ASSIZE_BLESS=1` writes them anew.

use std::fs;
use std::path::Path;

const MARK: &str = "<!-- attacks: written from runtime/src/hostile -->\n";
const END: &str = "<!-- end -->";

#[test]
fn the_tables_of_the_attacks_are_those_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies/HOSTILE.md");
    let written = fs::read_to_string(&path).expect("the reference is there");
    let (before, rest) = written.split_once(MARK).expect("the tables have a mark");
    let (_, behind) = rest.split_once(END).expect("the tables end");
    let expected = format!("{before}{MARK}{}{END}{behind}", assize::hostile::reference());
    if std::env::var_os("ASSIZE_BLESS").is_some_and(|value| value == "1") {
        fs::write(&path, &expected).expect("the reference can be written");
    } else {
        assert!(
            written == expected,
            "policies/HOSTILE.md is stale; write it anew with ASSIZE_BLESS=1"
        );
    }
}
