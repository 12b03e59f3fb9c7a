#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| assize_tests::fuzz::root(bytes));
