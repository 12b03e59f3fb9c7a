//! Holds the promise that `ASSIZE_PROMISE` names.

#![no_main]

use std::sync::OnceLock;

use assize_provenance::testing::promises::PROMISES;

static HOLD: OnceLock<fn(&[u8])> = OnceLock::new();

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let hold = HOLD.get_or_init(|| {
        let name = std::env::var("ASSIZE_PROMISE").expect("ASSIZE_PROMISE names a promise");
        let found = PROMISES.iter().find(|promise| promise.name == name);
        found.unwrap_or_else(|| panic!("there is no promise `{name}`")).hold
    });
    hold(bytes);
});
