//! Canonical JSON (RFC 8785), narrowed to what Assize stores: integers only, shallow, and read back only byte for byte.

use std::io;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::error::Category;
use serde_json::ser::{Formatter, Serializer};

/// How deep arrays and objects may lie in each other.
pub const DEPTH_MAX: usize = 16;

/// The largest integer, either way: 2^53 - 1, beyond which JSON readers lose digits (RFC 7493, section 2.2).
pub const INTEGER_MAX: u64 = (1 << 53) - 1;

/// Why bytes or a value are not canonical JSON as Assize stores it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CanonicalError {
    /// The text is longer than the caller allows.
    #[error("the JSON text has {bytes} bytes, more than the {bytes_max} allowed here")]
    TooLarge {
        /// Its length in bytes.
        bytes: usize,
        /// The limit the caller gave.
        bytes_max: usize,
    },
    /// Arrays and objects lie too deep in each other.
    #[error("the JSON text is nested deeper than {DEPTH_MAX} levels")]
    TooDeep,
    /// The bytes are not JSON in UTF-8.
    #[error("the text is not JSON: {0}")]
    NotJson(String),
    /// A number is no integer or is too large to be exact everywhere.
    #[error("the number {0} is not an integer between -(2^53 - 1) and 2^53 - 1")]
    Number(String),
    /// The text says the same as its canonical form with other bytes.
    #[error("the JSON text is not in the canonical form of RFC 8785")]
    NotCanonical,
}

/// Writes a value in canonical form.
///
/// # Errors
///
/// [`CanonicalError::Number`] and [`CanonicalError::TooDeep`] for values that are never stored.
pub fn to_bytes(value: &Value) -> Result<Vec<u8>, CanonicalError> {
    check(value, 0)?;
    encode(value)
}

/// Reads JSON of at most `bytes_max` bytes, and only if writing it canonically gives the same bytes. So there is exactly
/// one text for each value: no duplicate keys, no other order, no other spelling.
///
/// # Errors
///
/// Every [`CanonicalError`].
pub fn parse(bytes: &[u8], bytes_max: usize) -> Result<Value, CanonicalError> {
    let value = parse_loosely(bytes, bytes_max)?;
    if to_bytes(&value)? == bytes {
        Ok(value)
    } else {
        Err(CanonicalError::NotCanonical)
    }
}

/// Refuses a text that is longer than the caller allows.
pub(crate) fn check_length(bytes: &[u8], bytes_max: usize) -> Result<(), CanonicalError> {
    match bytes.len() {
        bytes if bytes > bytes_max => Err(CanonicalError::TooLarge { bytes, bytes_max }),
        _ => Ok(()),
    }
}

/// Why a stored form cannot be written or read as a type.
#[derive(Debug)]
pub(crate) enum TypedError {
    /// The text is none that Assize stores.
    Canonical(CanonicalError),
    /// A field is missing, unknown or of another type.
    Field(String),
}

/// Writes a value as it stands, without a [`Value`] in between: canonical where its types name their fields in the order of the
/// names and hold no floats. Numbers are bounded here; that the order is right is for the tests of each type.
pub(crate) fn write_typed(value: &impl Serialize, to: &mut Vec<u8>) -> Result<(), TypedError> {
    let written = value.serialize(&mut Serializer::with_formatter(to, Exact));
    written.map_err(|error| match error.classify() {
        Category::Io => TypedError::Canonical(CanonicalError::Number(error.to_string())),
        Category::Syntax | Category::Data | Category::Eof => TypedError::Field(error.to_string()),
    })
}

/// Reads a value in whatever spelling, without a [`Value`] in between, for a caller who writes it once more and compares. Types
/// that refuse unknown fields bound the depth.
pub(crate) fn read_typed<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, TypedError> {
    serde_json::from_slice(bytes).map_err(|error| match error.classify() {
        Category::Data => TypedError::Field(error.to_string()),
        Category::Io | Category::Syntax | Category::Eof => {
            TypedError::Canonical(CanonicalError::NotJson(error.to_string()))
        }
    })
}

/// Writes numbers only where they are exact everywhere, and nothing between members. What serde_json escapes in strings, and
/// how, is what RFC 8785 asks for.
struct Exact;

impl Exact {
    fn refused(number: impl ToString) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, number.to_string())
    }
}

impl Formatter for Exact {
    fn write_u64<W: io::Write + ?Sized>(&mut self, writer: &mut W, value: u64) -> io::Result<()> {
        if value > INTEGER_MAX {
            return Err(Self::refused(value));
        }
        write!(writer, "{value}")
    }

    fn write_i64<W: io::Write + ?Sized>(&mut self, writer: &mut W, value: i64) -> io::Result<()> {
        if value.unsigned_abs() > INTEGER_MAX {
            return Err(Self::refused(value));
        }
        write!(writer, "{value}")
    }

    fn write_u128<W: io::Write + ?Sized>(&mut self, _: &mut W, value: u128) -> io::Result<()> {
        Err(Self::refused(value))
    }

    fn write_i128<W: io::Write + ?Sized>(&mut self, _: &mut W, value: i128) -> io::Result<()> {
        Err(Self::refused(value))
    }

    fn write_f32<W: io::Write + ?Sized>(&mut self, _: &mut W, value: f32) -> io::Result<()> {
        Err(Self::refused(value))
    }

    fn write_f64<W: io::Write + ?Sized>(&mut self, _: &mut W, value: f64) -> io::Result<()> {
        Err(Self::refused(value))
    }
}

/// Reads JSON within the same limits in whatever spelling.
fn parse_loosely(bytes: &[u8], bytes_max: usize) -> Result<Value, CanonicalError> {
    check_length(bytes, bytes_max)?;
    if depth(bytes) > DEPTH_MAX {
        return Err(CanonicalError::TooDeep);
    }
    serde_json::from_slice(bytes).map_err(|error| CanonicalError::NotJson(error.to_string()))
}

fn encode(value: &Value) -> Result<Vec<u8>, CanonicalError> {
    serde_json_canonicalizer::to_vec(value).map_err(|error| CanonicalError::NotJson(error.to_string()))
}

/// Counts the deepest nesting of a JSON text before anything is built from it.
fn depth(bytes: &[u8]) -> usize {
    let (mut open, mut deepest) = (0_usize, 0_usize);
    let (mut in_string, mut escaped) = (false, false);
    for byte in bytes {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'[' | b'{' => {
                open = open.saturating_add(1);
                deepest = deepest.max(open);
            }
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

fn check(value: &Value, above: usize) -> Result<(), CanonicalError> {
    let below = above.saturating_add(1);
    match value {
        Value::Array(_) | Value::Object(_) if below > DEPTH_MAX => Err(CanonicalError::TooDeep),
        Value::Array(values) => values.iter().try_for_each(|value| check(value, below)),
        Value::Object(members) => members.values().try_for_each(|value| check(value, below)),
        Value::Number(number) => {
            let magnitude = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs));
            match magnitude {
                Some(magnitude) if magnitude <= INTEGER_MAX => Ok(()),
                _ => Err(CanonicalError::Number(number.to_string())),
            }
        }
        Value::Null | Value::Bool(_) | Value::String(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ran, vectors};
    use serde_json::json;

    #[test]
    fn the_published_vectors_encode_as_published() {
        let Some(folder) = vectors("jcs") else { return };
        let mut seen = 0;
        for input in std::fs::read_dir(folder.join("input")).unwrap() {
            let input = input.unwrap().path();
            let expected = std::fs::read(folder.join("output").join(input.file_name().unwrap())).unwrap();
            let value: Value = serde_json::from_slice(&std::fs::read(&input).unwrap()).unwrap();
            assert_eq!(encode(&value).unwrap(), expected, "{}", input.display());
            assert_ne!(
                parse(&expected, 1 << 20),
                Err(CanonicalError::NotCanonical),
                "{}",
                input.display()
            );
            seen += 1;
        }
        ran("RFC 8785", seen, 6);
    }

    #[test]
    fn what_is_written_reads_back() {
        let value = json!({"b": [1, -1, INTEGER_MAX, null, true], "a": {"é": "\u{1}\"\\\u{1F600}"}});
        let bytes = to_bytes(&value).unwrap();
        assert_eq!(parse(&bytes, bytes.len()), Ok(value));
        assert!(matches!(
            parse(&bytes, bytes.len() - 1),
            Err(CanonicalError::TooLarge { .. })
        ));
    }

    #[test]
    fn other_spellings_of_the_same_value_are_refused() {
        let spellings: [&[u8]; 7] = [
            b"{ }",
            b"{\"b\":1,\"a\":2}",
            b"{\"a\":1,\"a\":1}",
            b"{\"a\":\"\\u0041\"}",
            b"{\"a\":\"\\/\"}",
            b"[1]\n",
            b"\"\\u000A\"",
        ];
        // Keys sort by UTF-16 code units, not by code points.
        assert!(parse("{\"\u{1F600}\":1,\"\u{FB33}\":1}".as_bytes(), 100).is_ok());
        for spelling in spellings {
            assert_eq!(
                parse(spelling, 100),
                Err(CanonicalError::NotCanonical),
                "{}",
                spelling.escape_ascii()
            );
        }
    }

    #[test]
    fn numbers_are_exact_integers() {
        for number in [
            "1.0",
            "1.5",
            "1e2",
            "-0",
            "9007199254740992",
            "-9007199254740992",
            "18446744073709551616",
        ] {
            assert!(
                matches!(parse(number.as_bytes(), 100), Err(CanonicalError::Number(_))),
                "{number}"
            );
        }
        assert!(parse(b"-9007199254740991", 100).is_ok());
    }

    #[test]
    fn what_is_written_without_a_value_in_between_is_the_same() {
        #[derive(Serialize)]
        struct Text {
            numbers: (u64, i64, u8),
            text: String,
        }
        let every: String = (0..0x300).filter_map(char::from_u32).collect();
        for text in [every, "\u{2028}\u{FB33}\u{1F600}\\/\"".to_owned(), String::new()] {
            let value = Text {
                numbers: (INTEGER_MAX, -(INTEGER_MAX as i64), 0),
                text,
            };
            let mut typed = Vec::new();
            write_typed(&value, &mut typed).unwrap();
            assert_eq!(to_bytes(&serde_json::to_value(&value).unwrap()), Ok(typed));
        }
        let number = |value: &dyn erased::Written| value.written();
        for refused in [
            number(&(INTEGER_MAX + 1)),
            number(&u64::MAX),
            number(&i64::MIN),
            number(&1.5_f64),
            number(&1_f32),
            number(&1_u128),
            number(&1_i128),
        ] {
            assert!(
                matches!(refused, Err(TypedError::Canonical(CanonicalError::Number(_)))),
                "{refused:?}"
            );
        }
    }

    mod erased {
        pub(super) trait Written {
            fn written(&self) -> Result<(), super::TypedError>;
        }

        impl<T: serde::Serialize> Written for T {
            fn written(&self) -> Result<(), super::TypedError> {
                super::write_typed(self, &mut Vec::new())
            }
        }
    }

    #[test]
    fn depth_is_bounded_before_parsing() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(parse(nested(DEPTH_MAX).as_bytes(), 1 << 20).is_ok());
        assert_eq!(
            parse(nested(DEPTH_MAX + 1).as_bytes(), 1 << 20),
            Err(CanonicalError::TooDeep)
        );
        assert_eq!(
            parse("[".repeat(1 << 20).as_bytes(), 1 << 20),
            Err(CanonicalError::TooDeep)
        );
        assert!(parse(br#""[[[[[[[[[[[[[[[[[[[[\"[[[[""#, 100).is_ok());
    }

    #[test]
    fn bytes_that_are_not_json_are_refused() {
        for bytes in [&b""[..], b"{", b"\xff", b"\"\\ud800\"", b"nul", b"[1]]", b"NaN"] {
            assert!(
                matches!(parse(bytes, 100), Err(CanonicalError::NotJson(_))),
                "{}",
                bytes.escape_ascii()
            );
        }
    }
}
