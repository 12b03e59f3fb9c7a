//! What hostile bytes are fed to, one function a target: it takes any bytes, and it panics if a promise is broken.
//!
//! `tests/fuzz` drives the same functions with coverage in sight, for as long as somebody lets it; `tests/e2e/fuzz.rs` drives
//! them briefly on every run of the tests, over the kept inputs in `tests/corpus/fuzz` and changes of them.

mod address;
mod arguments;
mod component;
mod pattern;
mod policy;
mod request;

pub use address::address;
pub use arguments::arguments;
pub use component::component;
pub use pattern::pattern;
pub use policy::policy;
pub use request::request;

/// What takes any bytes, and panics if a promise is broken.
pub type Target = fn(&[u8]);

/// The targets by name; the name is also the folder of the kept inputs.
pub const TARGETS: &[(&str, Target)] = &[
    ("address", address),
    ("arguments", arguments),
    ("component", component),
    ("pattern", pattern),
    ("policy", policy),
    ("request", request),
];

/// The longest input that a target looks at, in bytes.
pub const INPUT_BYTES_MAX: usize = 64 << 10;
