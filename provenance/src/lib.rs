//! What Assize records, how anyone checks it, and the verdict rule itself: the auditor's crate.
//!
//! # The path
//!
//! ```text
//! Terms + opinions ─▶ decide ─▶ Verdict ─▶ Entry ─▶ SignedEntry ─▶ Batch ─▶ (a repository) ─▶ verify ─▶ Report
//! ```
//!
//! | step | module |
//! |---|---|
//! | what judges say, what a council makes of it | [`opinion`], [`pattern`], [`verdict`] |
//! | what is recorded, and its frozen form | [`entry`], [`entry::v1`], [`canonical`], [`time`] |
//! | who signs, and in which forms | [`key`], [`signature`] |
//! | who may sign what, and where | [`root`] |
//! | the log: tree, files, commits, and how it grows | [`log_id`], [`merkle`], [`tile`], [`checkpoint`], [`commit`], [`batch`] |
//! | where bytes come from | [`reader`], [`tree`], [`log_reader`], [`evidence`] |
//! | what a verdict rests on, and in forms for others | [`cases`], [`export`] |
//! | what may be believed of it | [`verify`], [`report`] |
//! | what is carried out of it, and who vouches for it | [`proof`], [`fork`], [`witness`] |
//!
//! # What `verify` proves, and what it does not
//!
//! Each claim is **proved, refuted or not checkable**; nothing is folded into one green word.
//!
//! | claim | proved means | it does not mean |
//! |---|---|---|
//! | integrity | every byte of every commit of the log is what its signed root says, in the one form it can have | that the log is whole at its end: a prefix of a log is a log |
//! | authenticity | commits, checkpoints and entries are signed by keys the caller believes; under a pinned root of trust, by keys that it lets sign there | that the holder of those keys told the truth |
//! | order | batches and entries stand in the order they were made in; nothing within is dropped, doubled or moved | anything about the times that entries state |
//! | quorum | each verdict counts exactly the seats, components and engine that were declared before any judge ran | that the components are good judges |
//! | verdict | each verdict is what [`decide`](verdict::decide) makes of the recorded opinions and terms; each override is said to be a person's, once, of a verdict that did not approve; approvals, appeals and waivers that people signed follow on what they speak of, and no waiver that one person proposed counts before another gave it, or when it is over | that the judges said so: that is replay; that the person is who the host says, and no author of the change: that is the host's word |
//! | completeness | the documents that entries speak of are here, and every case has its verdict | that every change was brought before the council |
//! | freshness | the log continues what the caller has seen before, what trusted witnesses have cosigned (as many of them as the caller asks for), and what other trusted logs cite; no log is missing of which the pinned root of trust speaks | that nobody was shown another continuation, where no witness and no other log saw it |
//! | replay | the judges of every verdict were run again and said the same (by the caller: this crate cannot run them) | that a judge which was recorded to have run out of wall time would have been as slow elsewhere |
//!
//! The digest of a case is taken from its entry; that it is the digest of these two revisions is for whoever has the
//! repository at hand to compute.
//!
//! # Invariants
//!
//! - No input and output, no clock, no randomness, no `async`, no `unsafe`; files are read only with the feature `git`, in the
//!   module of that name.
//! - No private key enters. What is to be signed is handed out as a [`ToSign`](signature::ToSign) made from a checked value,
//!   and what comes back is verified before it is used.
//! - No bytes make it panic: indexing, unwrapping and unchecked arithmetic are denied outside of tests.
//! - Whatever is accepted is written again and compared: one value, one spelling.
//! - Every signature is checked in the strict sense, in [`PublicKey::verify`](key::PublicKey::verify).
//! - Git ids say where bytes are. What they are follows from SHA-256 and signatures only.
//! - Types do not derive `Serialize`; stored forms live in modules named by their version and never change.

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
pub mod cases;
pub mod checkpoint;
pub mod commit;
pub mod digest;
pub mod entry;
pub mod evidence;
pub mod export;
pub mod fork;
#[cfg(feature = "git")]
pub mod git;
pub mod key;
pub mod log_id;
pub mod log_reader;
pub mod merkle;
pub mod opinion;
pub mod pattern;
pub mod proof;
pub mod reader;
pub mod report;
pub mod root;
pub mod signature;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod tile;
pub mod time;
pub mod tree;
pub mod verdict;
pub mod verify;
pub mod witness;

mod folder_reader;
mod hex;
