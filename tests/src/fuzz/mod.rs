//! What hostile bytes are fed to, one function a target: it takes any bytes, and it panics if a promise is broken.
//!
//! `tests/fuzz` drives the same functions with coverage in sight, for as long as somebody lets it; `tests/e2e/fuzz.rs` drives
//! them briefly on every run of the tests, over the kept inputs in `tests/corpus/fuzz` and changes of them.

mod address;
mod arguments;
mod command;
mod component;
mod fill;
mod mask;
mod pattern;
mod policy;
mod root;
mod workflow;

pub use address::address;
pub use arguments::arguments;
pub use command::command;
pub use component::component;
pub use fill::fill;
pub use mask::mask;
pub use pattern::pattern;
pub use policy::policy;
pub use root::root;
pub use workflow::workflow;

/// What takes any bytes, and panics if a promise is broken.
pub type Target = fn(&[u8]);

/// The targets by name; the name is also the folder of the kept inputs.
pub const TARGETS: &[(&str, Target)] = &[
    ("address", address),
    ("arguments", arguments),
    ("command", command),
    ("component", component),
    ("fill", fill),
    ("mask", mask),
    ("pattern", pattern),
    ("policy", policy),
    ("root", root),
    ("workflow", workflow),
];

/// The longest input that a target looks at, in bytes.
pub const INPUT_BYTES_MAX: usize = 64 << 10;
