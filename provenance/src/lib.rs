//! What Assize records, how anyone checks it, and the verdict rule itself.

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::arithmetic_side_effects
    )
)]

pub mod batch;
pub mod canonical;
pub mod checkpoint;
pub mod commit;
pub mod digest;
pub mod entry;
#[cfg(feature = "git")]
pub mod git;
pub mod key;
pub mod log_id;
pub mod log_reader;
pub mod merkle;
pub mod opinion;
pub mod pattern;
pub mod reader;
pub mod report;
pub mod signature;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod tile;
pub mod time;
pub mod tree;
pub mod verdict;
pub mod verify;

mod folder_reader;
mod hex;
