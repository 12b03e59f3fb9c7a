//! Git commits as bytes: those of the log, written and read in exactly one form, and those of users, read leniently.

pub use any::{AnyCommit, AnyCommitError, COMMIT_BYTES_MAX, PARENTS_MAX, read_any};

mod any;
