//! What tests of this and other crates need: published vectors, repositories in memory, whole logs from given keys.

use std::path::{Path, PathBuf};

use ed25519_dalek::Signer as _;

use crate::batch::{LogSigner, SignerError};
use crate::checkpoint::Checkpoint;
use crate::commit::UnsignedCommit;
use crate::key::PublicKey;

pub use log::{TestLog, sample_case, sample_subject};
pub use repository::MemoryRepository;

mod log;
pub mod promises;
mod repository;
pub mod root;

/// Finds a folder of public test vectors: below `$ASSIZE_VECTORS`, else below `shared/vectors` beside the checkout. Where it
/// is absent, says so and returns `None`.
///
/// # Panics
///
/// When the folder is absent and nothing may be skipped.
#[must_use]
pub fn vectors(folder: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors");
    let found = std::env::var_os("ASSIZE_VECTORS")
        .map_or(beside, PathBuf::from)
        .join(folder);
    if found.is_dir() {
        return Some(found);
    }
    skip(&format!("{folder} (vectors absent)"));
    None
}

/// Says how many vectors of a published source a test ran, and insists that they are not fewer than there were.
///
/// # Panics
///
/// When there are fewer: something of the source was not read.
#[expect(clippy::print_stdout, reason = "whoever asks how many vectors were run looks here")]
pub fn ran(source: &str, vectors: usize, at_least: usize) {
    println!("vectors of {source}: {vectors}");
    assert!(
        vectors >= at_least,
        "{vectors} vectors of {source} were run, and there are {at_least}"
    );
}

/// Says that a test is skipped.
///
/// # Panics
///
/// When `ASSIZE_REQUIRE_TOOLS` is `1`: then nothing may be skipped.
#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
pub fn skip(what: &str) {
    println!("skipped: {what}");
    let required = std::env::var_os("ASSIZE_REQUIRE_TOOLS").is_some_and(|value| value == "1");
    assert!(!required, "{what}, and ASSIZE_REQUIRE_TOOLS=1 allows no skip");
}

/// A key pair for tests. It comes from a number, so the same number always signs the same bytes.
#[derive(Clone)]
pub struct SigningPair(ed25519_dalek::SigningKey);

impl SigningPair {
    /// Makes the pair of a number.
    #[must_use]
    pub fn from_seed(seed: u8) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(&[seed; 32]))
    }

    /// Returns the public half.
    ///
    /// # Panics
    ///
    /// Never: a key that was made from a seed is no weak one.
    #[must_use]
    #[expect(clippy::expect_used, reason = "keys made from seeds are sound")]
    pub fn public(&self) -> PublicKey {
        PublicKey::from_bytes(self.0.verifying_key().as_bytes()).expect("a key made from a seed is sound")
    }

    /// Signs any bytes, as no signer outside of tests may.
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        self.0.sign(bytes).to_bytes()
    }
}

impl LogSigner for SigningPair {
    fn public_key(&self) -> PublicKey {
        self.public()
    }

    fn sign_checkpoint(&self, checkpoint: &Checkpoint) -> Result<[u8; 64], SignerError> {
        Ok(self.sign(checkpoint.signed_text().as_bytes()))
    }

    fn sign_commit(&self, commit: &UnsignedCommit) -> Result<[u8; 64], SignerError> {
        Ok(self.sign(commit.sshsig_input().as_bytes()))
    }
}
