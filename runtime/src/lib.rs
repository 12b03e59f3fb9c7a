//! Assize: councils of sandboxed judges over changes, and signed verdicts in git.
//!
//! # The way of the data
//!
//! ```text
//! policy file ─▶ Policy ─▶ Grants ─▶ sandboxed call ─▶ Opinion ─┐
//!                                                               ├─▶ decide() ─▶ Verdict ─▶ entry ─▶ signed commit
//! git trees ───▶ Case ──▶ Evidence (immutable, bounded) ────────┘
//! ```
//!
//! # The layers
//!
//! The modules below stand in groups, low to high. A module names only modules of earlier groups; modules of one group do
//! not name each other. A test holds this (`tests/e2e/tidy.rs`), and the table in the README leads from each feature to its
//! file.
//!
//! # What is absent
//!
//! - `policy`, `event`, `council`, `host_call` and `outcome` hold no I/O, no clock, no randomness and no `async`.
//! - Nothing opens a repository through libgit2: its configuration, attributes and hooks are never read (`repository`).
//! - Guests hold no keys and no bytes of a secret; the signer signs typed values only (`chain::signer`).
//! - No unsafe code, anywhere.

pub mod authority;
pub mod clock;
pub mod diagnostic;
mod durable;
pub mod secret;
pub mod settings;
pub mod stop;

pub mod written;

pub mod policy;

pub mod spec;
pub mod waiver;

pub mod case;
pub mod host_call;
pub mod outcome;
pub mod plan;

pub mod event;

pub mod council;

pub mod schedule;

pub mod egress;
pub mod process;
pub mod repository;
pub mod store;
pub mod vault;
pub mod workspace;

pub mod chain;
pub mod witness;

pub mod catalog;

pub mod sandbox;

pub mod driver;

pub mod calibration;
pub mod hostile;

pub mod app;

pub mod cli;
