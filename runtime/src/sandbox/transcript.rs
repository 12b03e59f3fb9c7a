//! The digest of everything the host told a guest, so that a replay can show it was told the same.

use assize_provenance::digest::{Digest, Hasher};

/// Hashes answers in the order they were given. Each part is preceded by its length, so no two transcripts share bytes.
#[derive(Debug)]
pub(super) struct Transcript {
    hasher: Hasher,
    calls: u64,
}

impl Transcript {
    pub(super) fn new() -> Self {
        let mut hasher = Hasher::new();
        hasher.update(b"assize-transcript-v1\n");
        Self { hasher, calls: 0 }
    }

    /// Starts the record of one call of the host function `permission`.
    pub(super) fn begin(&mut self, permission: &str) {
        self.calls = self.calls.saturating_add(1);
        self.bytes(permission.as_bytes());
    }

    /// Records a text or a blob.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.hasher.update(bytes);
    }

    /// Records a number, a count or a discriminant.
    pub(super) fn number(&mut self, number: u64) {
        self.hasher.update(&number.to_be_bytes());
    }

    /// The digest of everything recorded so far.
    pub(super) fn so_far(&self) -> Digest {
        self.hasher.clone().finish()
    }

    /// How many calls were recorded.
    pub(super) fn calls(&self) -> u64 {
        self.calls
    }

    /// The digest of everything recorded.
    pub(super) fn finish(self) -> Digest {
        self.hasher.finish()
    }
}
