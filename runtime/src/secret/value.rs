//! Secrets in memory: values that are never printed and are wiped when they are dropped.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::Masker;

/// The shortest value, in bytes. A shorter one would be found in ordinary texts, and guessed by whoever sees what is masked.
pub const VALUE_BYTES_MIN: usize = 8;
/// The longest value, in bytes.
pub const VALUE_BYTES_MAX: usize = 16 << 10;

/// Why a text cannot be the value of a secret. It never says the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnfitValue {
    /// It is too short.
    #[error("the value has less than {VALUE_BYTES_MIN} bytes: so short a secret would be found in ordinary texts")]
    TooShort,
    /// It is too long.
    #[error("the value has more than {VALUE_BYTES_MAX} bytes")]
    TooLong,
    /// It is not text.
    #[error("the value is not UTF-8 text; encode it, for example in base64")]
    NotText,
    /// It holds what no request carries.
    #[error("the value holds control characters other than tabs and line breaks")]
    Control,
    /// It looks like what stands in place of a secret.
    #[error("the value holds `{{{{secret:`, which stands in place of a secret")]
    Placeholder,
}

/// The value of a secret. It is wiped from memory when it is dropped, and nothing prints it.
#[derive(Clone)]
pub struct Value(Zeroizing<String>);

impl Value {
    /// Takes a value over.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Takes over what somebody keeps as a secret.
    ///
    /// # Errors
    ///
    /// [`UnfitValue`] when it could not be found again, or could not be sent.
    pub fn parse(text: String) -> Result<Self, UnfitValue> {
        let value = Self::new(text);
        let text = value.expose();
        let is_line_break = |character| matches!(character, '\n' | '\r' | '\t');
        if text.len() > VALUE_BYTES_MAX {
            return Err(UnfitValue::TooLong);
        }
        if text.trim().len() < VALUE_BYTES_MIN {
            return Err(UnfitValue::TooShort);
        }
        if text
            .chars()
            .any(|character| character.is_control() && !is_line_break(character))
        {
            return Err(UnfitValue::Control);
        }
        if text.contains("{{secret:") {
            return Err(UnfitValue::Placeholder);
        }
        Ok(value)
    }

    /// The value itself, for the one who puts it where it belongs.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(a secret)")
    }
}

/// The secrets of one call, by name, with what finds them again.
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    values: Arc<BTreeMap<String, Value>>,
    masker: Masker,
}

impl Secrets {
    /// The secrets of these names.
    #[must_use]
    pub fn new(values: BTreeMap<String, Value>) -> Self {
        let masker = Masker::of(values.iter().map(|(name, value)| (name.as_str(), value)));
        Self {
            values: Arc::new(values),
            masker,
        }
    }

    /// The value of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    /// What finds every one of them again.
    #[must_use]
    pub fn masker(&self) -> &Masker {
        &self.masker
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_never_printed() {
        let secrets = Secrets::new([("token".to_owned(), Value::new("a value of eight".into()))].into());
        assert!(!format!("{secrets:?}").contains("a value"), "{secrets:?}");
    }

    #[test]
    fn what_could_not_be_found_again_is_no_value() {
        for (text, fault) in [
            ("1234567", UnfitValue::TooShort),
            ("        1234567        ", UnfitValue::TooShort),
            ("12345678\u{0}", UnfitValue::Control),
            ("{{secret:token}}", UnfitValue::Placeholder),
            (&"x".repeat(VALUE_BYTES_MAX + 1), UnfitValue::TooLong),
        ] {
            assert_eq!(Value::parse(text.to_owned()).err(), Some(fault), "{text}");
        }
        assert!(Value::parse("12345678\n".to_owned()).is_ok());
    }
}
