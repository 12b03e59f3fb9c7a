//! The three kinds of strings in the stored form: texts of bounded length, values with one spelling, and fixed words.

use std::fmt::Display;
use std::marker::PhantomData;
use std::str::FromStr;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde::de::Visitor;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A value that is written by `Display` and read by `FromStr`, both strict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Text<T>(pub(super) T);

impl<T: Display> Serialize for Text<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de, T: FromStr<Err: Display>> Deserialize<'de> for Text<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer
            .deserialize_str(Reads(PhantomData, |text: &str| {
                text.parse().map_err(|error: T::Err| error.to_string())
            }))
            .map(Self)
    }
}

/// A text of 1 to `MAX` bytes, without control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bounded<const MAX: usize>(pub(super) String);

impl<const MAX: usize> Bounded<MAX> {
    fn check(text: &str) -> Result<(), String> {
        if text.is_empty() || text.len() > MAX || text.chars().any(char::is_control) {
            return Err(format!(
                "a text here has 1 to {MAX} bytes and no control characters, not {}",
                text.len()
            ));
        }
        Ok(())
    }
}

impl<const MAX: usize> Serialize for Bounded<MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::check(&self.0).map_err(S::Error::custom)?;
        serializer.serialize_str(&self.0)
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Bounded<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = |text: &str| Self::check(text).map(|()| text.to_owned());
        deserializer.deserialize_str(Reads(PhantomData, read)).map(Self)
    }
}

/// A signature in base64: padded, or for URLs and without padding.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signature64<const FOR_URLS: bool>(pub(super) [u8; 64]);

/// How many characters a signature has, with padding.
const SIGNATURE_TEXT_BYTES: usize = 88;

impl<const FOR_URLS: bool> Signature64<FOR_URLS> {
    fn read(text: &str) -> Result<[u8; 64], String> {
        // Two bytes more than it may have: room for what a text without padding would be.
        let mut bytes = [0; 66];
        let read = match FOR_URLS {
            true => BASE64_URL_SAFE_NO_PAD.decode_slice(text, &mut bytes),
            false => BASE64_STANDARD.decode_slice(text, &mut bytes),
        };
        match (read, bytes.first_chunk()) {
            (Ok(64), Some(bytes)) => Ok(*bytes),
            _ => Err("a signature has 64 bytes in base64".to_owned()),
        }
    }
}

impl<const FOR_URLS: bool> Serialize for Signature64<FOR_URLS> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = [0; SIGNATURE_TEXT_BYTES];
        let written = match FOR_URLS {
            true => BASE64_URL_SAFE_NO_PAD.encode_slice(self.0, &mut text),
            false => BASE64_STANDARD.encode_slice(self.0, &mut text),
        };
        let text = written.ok().and_then(|length| text.get(..length));
        let text = text.and_then(|text| std::str::from_utf8(text).ok());
        serializer.serialize_str(text.ok_or_else(|| S::Error::custom("a signature is too long"))?)
    }
}

impl<'de, const FOR_URLS: bool> Deserialize<'de> for Signature64<FOR_URLS> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Reads(PhantomData, Self::read)).map(Self)
    }
}

/// A value out of a closed set, each with its word.
pub trait Worded: Sized {
    /// Returns the value's word.
    fn word(&self) -> &'static str;
    /// Returns the value with this word.
    fn from_word(word: &str) -> Option<Self>;
}

/// Writes a closed set by its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Word<T>(pub(super) T);

impl<T: Worded> Serialize for Word<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.word())
    }
}

impl<'de, T: Worded> Deserialize<'de> for Word<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = |word: &str| T::from_word(word).ok_or_else(|| "an unknown word".to_owned());
        deserializer.deserialize_str(Reads(PhantomData, read)).map(Self)
    }
}

/// Gives the words of a closed set, once, in both directions.
macro_rules! words {
    ($type:ty { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $crate::entry::v1::text::Worded for $type {
            fn word(&self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}
pub(super) use words;

/// Reads a string by a function.
struct Reads<T, F>(PhantomData<fn() -> T>, F);

impl<T, F: FnOnce(&str) -> Result<T, String>> Visitor<'_> for Reads<T, F> {
    type Value = T;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a string")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        (self.1)(text).map_err(E::custom)
    }
}
