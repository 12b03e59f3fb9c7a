//! Finding secrets again, in whatever comes back or goes on record.

use std::sync::Arc;

use super::Value;

/// Finds the values of secrets in bytes and puts their names in their place. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Masker {
    /// What is looked for, and what is put in its place.
    patterns: Arc<Vec<(Vec<u8>, String)>>,
}

impl Masker {
    /// Finds these secrets.
    #[must_use]
    pub fn of<'a>(secrets: impl Iterator<Item = (&'a str, &'a Value)>) -> Self {
        let patterns = secrets
            .map(|(name, value)| (value.expose().as_bytes().to_vec(), format!("{{{{secret:{name}}}}}")))
            .collect();
        Self {
            patterns: Arc::new(patterns),
        }
    }

    /// Whether there is nothing to find.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// The text, masked.
    #[must_use]
    pub fn mask_text(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.mask(text.as_bytes())).into_owned()
    }

    /// The bytes, masked.
    #[must_use]
    pub fn mask(&self, bytes: &[u8]) -> Vec<u8> {
        let mut stream = self.stream();
        let mut masked = stream.push(bytes);
        masked.extend(stream.finish());
        masked
    }

    /// Masks bytes that come piece by piece.
    #[must_use]
    pub fn stream(&self) -> MaskStream {
        MaskStream {
            masker: self.clone(),
            held: Vec::new(),
        }
    }
}

/// Masks bytes that come piece by piece: a secret is found also where it lies across pieces.
#[derive(Debug)]
pub struct MaskStream {
    masker: Masker,
    /// What could be the beginning of a secret.
    held: Vec<u8>,
}

impl MaskStream {
    /// Takes a piece, and returns what is safe to pass on.
    #[must_use]
    pub fn push(&mut self, piece: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(piece);
        Vec::new()
    }

    /// Returns the rest.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        let mut bytes = std::mem::take(&mut self.held);
        for (pattern, name) in self.masker.patterns.iter() {
            while let Some(at) = memchr::memmem::find(&bytes, pattern) {
                bytes.splice(at..at.saturating_add(pattern.len()), name.bytes());
            }
        }
        bytes
    }
}
