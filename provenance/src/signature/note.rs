//! Signed notes (C2SP `signed-note`), the form of checkpoints.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use std::fmt;

use super::ToSign;
use super::cosignature::Cosignature;
use crate::key::vkey::{NoteKey, NoteKind, is_name};
use crate::key::{PublicKey, SignatureMismatch};

/// Marks bytes to be signed as a note.
#[derive(Debug)]
pub enum NoteText {}

/// How many bytes a note may have.
pub const NOTE_BYTES_MAX: usize = 64 << 10;

/// How many signatures a note may have; readers must take at least 16.
pub const SIGNATURES_MAX: usize = 16;

/// Why bytes are no signed note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It is too long.
    #[error("the note has {0} bytes, more than the {NOTE_BYTES_MAX} that are read")]
    TooLarge(usize),
    /// It is not text, an empty line, and lines of signatures.
    #[error("a signed note is text in UTF-8 without control characters, an empty line and lines of signatures")]
    Shape,
    /// A line after the text is no signature.
    #[error("a signature line of the note is not `\u{2014} name base64`")]
    SignatureLine,
    /// There are too many signatures.
    #[error("the note has more than {SIGNATURES_MAX} signatures")]
    Signatures,
}

/// A note as it was read; nothing is checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What is signed, with the line feed at its end.
    pub text: String,
    /// Who claims to have signed it.
    pub signatures: Vec<NoteSignature>,
}

/// One signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    /// The key's name.
    pub name: String,
    /// The first four bytes of the key's hash, a hint.
    pub key_hash: [u8; 4],
    /// What follows; 64 bytes for Ed25519.
    pub bytes: Vec<u8>,
}

impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let signed = [self.key_hash.as_slice(), &self.bytes].concat();
        write!(f, "\u{2014} {} {}", self.name, BASE64_STANDARD.encode(signed))
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

impl Note {
    /// Returns the lines that claim to be signed with this key.
    fn lines_of(&self, key: &NoteKey) -> impl Iterator<Item = &NoteSignature> {
        let hash = key.hash();
        self.signatures
            .iter()
            .filter(move |line| line.key_hash == hash && line.name == key.name())
    }

    /// Tells whether a key signed the note as it is.
    ///
    /// # Errors
    ///
    /// A line claims to be of this key and is not, which spoils the whole note.
    pub fn is_signed_by(&self, key: &NoteKey) -> Result<bool, SignatureMismatch> {
        if key.kind() != NoteKind::Note {
            return Ok(false);
        }
        let mut is_signed = false;
        for line in self.lines_of(key) {
            let signature = line.bytes.as_slice().try_into().map_err(|_| SignatureMismatch)?;
            key.key().verify(to_sign(&self.text).as_bytes(), signature)?;
            is_signed = true;
        }
        Ok(is_signed)
    }

    /// Returns the newest cosignature of a witness, if there is any.
    ///
    /// # Errors
    ///
    /// A line claims to be of this witness and is not, which spoils the whole note.
    pub fn cosigned_by(&self, key: &NoteKey) -> Result<Option<Cosignature>, SignatureMismatch> {
        if key.kind() != NoteKind::Cosignature {
            return Ok(None);
        }
        let mut newest: Option<Cosignature> = None;
        for line in self.lines_of(key) {
            let cosignature = Cosignature::read(&line.bytes).ok_or(SignatureMismatch)?;
            cosignature.verify(&self.text, key.key())?;
            newest = newest
                .filter(|known| known.seconds >= cosignature.seconds)
                .or(Some(cosignature));
        }
        Ok(newest)
    }
}

/// Returns what a note's signature covers.
pub(crate) fn to_sign(text: &str) -> ToSign<NoteText> {
    ToSign::new(text.as_bytes().to_vec())
}

/// Writes a signed note with one signature.
pub(crate) fn print(text: &str, name: &str, key: &PublicKey, signature: &[u8; 64]) -> String {
    let line = NoteKey::new(name, NoteKind::Note, *key).map(|key| NoteSignature {
        name: name.to_owned(),
        key_hash: key.hash(),
        bytes: signature.to_vec(),
    });
    let note = Note {
        text: text.to_owned(),
        signatures: line.into_iter().collect(),
    };
    note.to_string()
}

/// Reads a signed note.
///
/// # Errors
///
/// Every [`NoteError`].
pub fn parse(bytes: &[u8]) -> Result<Note, NoteError> {
    if bytes.len() > NOTE_BYTES_MAX {
        return Err(NoteError::TooLarge(bytes.len()));
    }
    let note = std::str::from_utf8(bytes).map_err(|_| NoteError::Shape)?;
    if note.chars().any(|sign| sign.is_control() && sign != '\n') {
        return Err(NoteError::Shape);
    }
    let (text, lines) = note.rsplit_once("\n\n").ok_or(NoteError::Shape)?;
    let lines = lines.strip_suffix('\n').ok_or(NoteError::Shape)?;
    let signatures = lines.split('\n').take(SIGNATURES_MAX.saturating_add(1)).map(parse_line);
    let signatures = signatures.collect::<Option<Vec<_>>>().ok_or(NoteError::SignatureLine)?;
    if signatures.len() > SIGNATURES_MAX {
        return Err(NoteError::Signatures);
    }
    Ok(Note {
        text: format!("{text}\n"),
        signatures,
    })
}

/// Reads one signature line, without its line feed.
pub(crate) fn parse_line(line: &str) -> Option<NoteSignature> {
    let (name, signed) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
    if !is_name(name) {
        return None;
    }
    let signed = BASE64_STANDARD.decode(signed).ok()?;
    let (key_hash, bytes) = signed.split_first_chunk::<4>().filter(|(_, bytes)| !bytes.is_empty())?;
    Some(NoteSignature {
        name: name.to_owned(),
        key_hash: *key_hash,
        bytes: bytes.to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::SigningPair;

    /// The key and note that the documentation of Go's `golang.org/x/mod/sumdb/note` shows.
    #[test]
    fn a_note_of_another_implementation_verifies() {
        let vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        let written = "If you think cryptography is the answer to your problem,\n\
            then you don't know what your problem is.\n\n\u{2014} PeterNeumann \
            x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
        let typed = BASE64_STANDARD.decode(vkey.rsplit('+').next().unwrap()).unwrap();
        let key = PublicKey::from_bytes(typed.last_chunk::<32>().unwrap()).unwrap();
        let named = NoteKey::new("PeterNeumann", NoteKind::Note, key).unwrap();
        assert_eq!(named.to_string(), vkey);
        let note = parse(written.as_bytes()).unwrap();
        let signature: [u8; 64] = note.signatures[0].bytes.as_slice().try_into().unwrap();
        assert_eq!(key.verify(to_sign(&note.text).as_bytes(), &signature), Ok(()));
        assert_eq!(print(&note.text, "PeterNeumann", &key, &signature), written);
        assert_eq!(note.is_signed_by(&named), Ok(true));
        assert_eq!(note.to_string(), written);
        crate::testing::ran("signed notes of Go's documentation", 1, 1);
    }

    #[test]
    fn what_is_written_reads_back() {
        let pair = SigningPair::from_seed(5);
        let text = "assize/x\n1\nroot\n";
        let written = print(text, "assize/x", &pair.public(), &pair.sign(to_sign(text).as_bytes()));
        let note = parse(written.as_bytes()).unwrap();
        assert_eq!((note.text.as_str(), note.signatures.len()), (text, 1));
        let signature = &note.signatures[0];
        let named = NoteKey::new("assize/x", NoteKind::Note, pair.public()).unwrap();
        assert_eq!(signature.key_hash, named.hash());
        let raw = signature.bytes.as_slice().try_into().unwrap();
        assert_eq!(pair.public().verify(note.text.as_bytes(), raw), Ok(()));
    }

    #[test]
    fn what_is_no_note_is_refused() {
        let line = "\u{2014} name AAAAAAA=";
        assert!(parse(format!("text\n\n{line}\n").as_bytes()).is_ok());
        assert!(parse(format!("text\n\nmore\n\n{line}\n").as_bytes()).is_ok_and(|note| note.text == "text\n\nmore\n"));
        assert!(parse(format!("text\n\n{}", format!("{line}\n").repeat(16)).as_bytes()).is_ok());
        let many = format!("text\n\n{}", format!("{line}\n").repeat(17));
        for (note, error) in [
            (many.as_str(), NoteError::Signatures),
            ("", NoteError::Shape),
            ("text\n", NoteError::Shape),
            ("text\n\n", NoteError::Shape),
            (&format!("text\n\n{line}"), NoteError::Shape),
            (&format!("te\txt\n\n{line}\n"), NoteError::Shape),
            (&format!("text\n\n{line}\n\n"), NoteError::Shape),
            (&format!("text\n\n{line}\njunk\n"), NoteError::SignatureLine),
            ("text\n\n\u{2014} na+me AAAAAAA=\n", NoteError::SignatureLine),
            ("text\n\n\u{2014} name AAAA\n", NoteError::SignatureLine),
            ("text\n\n\u{2014} name AAAAAAA\n", NoteError::SignatureLine),
            ("text\n\n- name AAAAAAA=\n", NoteError::SignatureLine),
        ] {
            assert_eq!(parse(note.as_bytes()), Err(error), "{note:?}");
        }
        assert_eq!(parse(b"\xff\n\n\n"), Err(NoteError::Shape));
        assert_eq!(
            parse(&[b'a'; NOTE_BYTES_MAX + 1]),
            Err(NoteError::TooLarge(NOTE_BYTES_MAX + 1))
        );
    }
}
