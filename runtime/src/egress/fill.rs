//! Putting secrets into a request, after it left the guest. Pure.
//!
//! A guest writes `{{secret:NAME}}`. In a header, a parameter of the address or a field of the body, where a grant of the role puts
//! this very secret in requests to this very origin, the value stands there when the request is sent. Anywhere else the request is
//! refused: a placeholder is never sent on.

use std::collections::BTreeSet;

use http::header::{self, HeaderName, HeaderValue};
use serde_json::Value as Json;
use zeroize::Zeroizing;

use super::refused::Refused;
use super::rules::Rules;
use super::target::Target;
use crate::policy::is_name;
use crate::policy::secrets::SecretPlace;
use crate::secret::Secrets;

/// How a placeholder begins.
const BEGIN: &str = "{{secret:";
/// How it ends.
const END: &str = "}}";

/// Puts values in the place of all placeholders of an address and its headers, and adds whose they are to `names`.
pub(super) fn fill_head(
    rules: &Rules,
    secrets: &Secrets,
    target: &mut Target,
    headers: &mut [(HeaderName, Vec<u8>)],
    names: &mut BTreeSet<String>,
) -> Result<(), Refused> {
    let place = target.clone();
    let mut filling = Filling {
        rules,
        secrets,
        target: &place,
        names,
    };
    if holds_placeholder(&decoded(place.path(), false)) {
        return Err(Refused::Invalid("no secret enters the path of an address".into()));
    }
    if let Some(query) = place.query()
        && let Some(filled) = filling.form(query, &|name| SecretPlace::Query(name.to_owned()))?
    {
        target.set_query(filled);
    }
    for (name, value) in headers {
        filling.header(name, value)?;
    }
    Ok(())
}

/// Puts values in the place of all placeholders of a body that has fields, and adds whose they are to `names`.
pub(super) fn fill_body(
    rules: &Rules,
    secrets: &Secrets,
    target: &Target,
    media_type: Option<&str>,
    body: &mut Vec<u8>,
    names: &mut BTreeSet<String>,
) -> Result<(), Refused> {
    let mut filling = Filling {
        rules,
        secrets,
        target,
        names,
    };
    if let Some(filled) = filling.body(media_type, body)? {
        *body = filled;
    }
    Ok(())
}

struct Filling<'a> {
    rules: &'a Rules,
    secrets: &'a Secrets,
    target: &'a Target,
    names: &'a mut BTreeSet<String>,
}

impl<'a> Filling<'a> {
    /// The value for a placeholder at this place.
    fn value(&mut self, name: &str, place: &SecretPlace) -> Result<&'a str, Refused> {
        self.rules.check_secret(name, self.target, place)?;
        match self.secrets.get(name) {
            Some(value) => {
                self.names.insert(name.to_owned());
                Ok(value.expose())
            }
            None => Err(Refused::Unavailable(format!(
                "the secret `{name}` is not there; `assize secret set {name}` keeps one"
            ))),
        }
    }

    /// Puts values into a text; `written` says how a value is written there. Nothing where there is no placeholder.
    fn text(
        &mut self,
        text: &str,
        place: &SecretPlace,
        written: fn(&str) -> Result<String, Refused>,
    ) -> Result<Option<Zeroizing<String>>, Refused> {
        if !text.contains(BEGIN) {
            return Ok(None);
        }
        let mut filled = Zeroizing::new(String::new());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(BEGIN) {
            let name = after.split_once(END).filter(|(name, _)| is_name(name));
            let Some((name, behind)) = name else {
                return Err(Refused::Invalid(
                    "a placeholder is written `{{secret:NAME}}`, with the name of a secret".into(),
                ));
            };
            filled.push_str(before);
            let value = self.value(name, place)?;
            filled.push_str(&Zeroizing::new(written(value)?));
            rest = behind;
        }
        filled.push_str(rest);
        Ok(Some(filled))
    }

    fn header(&mut self, name: &HeaderName, value: &mut Vec<u8>) -> Result<(), Refused> {
        if !holds_placeholder(value) {
            return Ok(());
        }
        let Ok(text) = std::str::from_utf8(value) else {
            return Err(Refused::Invalid(format!(
                "the value of the header `{name}` is not UTF-8"
            )));
        };
        let place = SecretPlace::Header(name.as_str().to_owned());
        if let Some(filled) = self.text(text, &place, header_value)? {
            *value = filled.as_bytes().to_vec();
        }
        Ok(())
    }

    /// Puts values into `name=value&…`, as it stands in addresses and in the bodies of forms.
    fn form(&mut self, form: &str, place: &dyn Fn(&str) -> SecretPlace) -> Result<Option<String>, Refused> {
        let mut parts = Vec::new();
        let mut is_filled = false;
        for part in form.split('&') {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            if holds_placeholder(&decoded(name, true)) {
                return Err(Refused::Invalid("no secret enters the name of a parameter".into()));
            }
            let plain = decoded(value, true);
            if !holds_placeholder(&plain) {
                parts.push(Zeroizing::new(part.to_owned()));
                continue;
            }
            let plain = String::from_utf8(plain)
                .map_err(|_| Refused::Invalid("a parameter with a placeholder is not UTF-8".into()))?;
            let place = place(&String::from_utf8_lossy(&decoded(name, true)));
            let filled = self.text(&plain, &place, |value| Ok(value.to_owned()))?;
            let filled = filled.unwrap_or_default();
            parts.push(Zeroizing::new(format!("{name}={}", encoded(&filled))));
            is_filled = true;
        }
        let joined = || {
            let parts: Vec<&str> = parts.iter().map(|part| part.as_str()).collect();
            parts.join("&")
        };
        Ok(is_filled.then(joined))
    }

    fn body(&mut self, media_type: Option<&str>, body: &[u8]) -> Result<Option<Vec<u8>>, Refused> {
        let is_json = media_type.is_some_and(|name| name == "application/json" || name.ends_with("+json"));
        let is_form = media_type == Some("application/x-www-form-urlencoded");
        // What has neither form has no fields, and nothing is looked for in it.
        if !(is_form || is_json && holds_placeholder(body)) {
            return Ok(None);
        }
        let Ok(text) = std::str::from_utf8(body) else {
            return match holds_placeholder(body) {
                true => Err(Refused::Invalid("a body with a placeholder is not UTF-8".into())),
                false => Ok(None),
            };
        };
        if is_form {
            let filled = self.form(text, &|name| SecretPlace::Field(name.to_owned()))?;
            return Ok(filled.map(String::into_bytes));
        }
        let json: Json = serde_json::from_str(text)
            .map_err(|_| Refused::Invalid("a body with a placeholder says it is JSON and is not".into()))?;
        let mut found = 0;
        self.check_fields(&json, "", &mut found)?;
        // The text is filled, not what was read of it, so that nothing else changes. Each placeholder in it must be one that was
        // seen: a field that stands twice is seen once.
        if found != text.matches(BEGIN).count() {
            return Err(Refused::Invalid(
                "a body with a placeholder has the same field twice, or escapes in a placeholder".into(),
            ));
        }
        let mut filled = Zeroizing::new(String::new());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(BEGIN) {
            let (name, behind) = after.split_once(END).unwrap_or((after, ""));
            filled.push_str(before);
            // Every one of them was granted where it stands.
            let value = self.secrets.get(name).map_or("", |value| value.expose());
            filled.push_str(&json_value(value)?);
            rest = behind;
        }
        filled.push_str(rest);
        Ok(Some(filled.as_bytes().to_vec()))
    }

    /// Checks every placeholder in a value, whose dotted name is `path`, and counts them.
    fn check_fields(&mut self, json: &Json, path: &str, found: &mut usize) -> Result<(), Refused> {
        let below = |key: &str| match path {
            "" => key.to_owned(),
            path => format!("{path}.{key}"),
        };
        match json {
            Json::String(text) => {
                *found = found.saturating_add(text.matches(BEGIN).count());
                let place = SecretPlace::Field(path.to_owned());
                self.text(text, &place, |_| Ok(String::new()))?;
            }
            Json::Array(items) => {
                for (number, item) in items.iter().enumerate() {
                    self.check_fields(item, &below(&number.to_string()), found)?;
                }
            }
            Json::Object(fields) => {
                for (key, value) in fields {
                    if key.contains(BEGIN) {
                        return Err(Refused::Invalid("no secret enters the name of a field".into()));
                    }
                    self.check_fields(value, &below(key), found)?;
                }
            }
            Json::Null | Json::Bool(_) | Json::Number(_) => {}
        }
        Ok(())
    }
}

fn holds_placeholder(bytes: &[u8]) -> bool {
    memchr::memmem::find(bytes, BEGIN.as_bytes()).is_some()
}

/// What the body says it is, in small letters and without its parameters.
pub(super) fn media_type(headers: &[(HeaderName, Vec<u8>)]) -> Option<String> {
    let (_, value) = headers.iter().find(|(name, _)| name == header::CONTENT_TYPE)?;
    let text = std::str::from_utf8(value).ok()?;
    Some(text.split(';').next()?.trim().to_ascii_lowercase())
}

/// Undoes `%` and two digits; and `+` for a space, where forms write it.
fn decoded(text: &str, is_form: bool) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        let escaped = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (*first, escaped) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            (b'+', _) if is_form => {
                bytes.push(b' ');
                rest = after;
            }
            (byte, _) => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    bytes
}

/// Writes everything but letters, digits and `-._~` as `%` and two digits.
fn encoded(text: &str) -> String {
    const DIGITS: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F',
    ];
    let digit = |value: u8| DIGITS.get(usize::from(value & 15)).copied().unwrap_or('0');
    let mut plain = String::with_capacity(text.len().saturating_mul(3));
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            plain.push(char::from(byte));
        } else {
            plain.extend(['%', digit(byte >> 4), digit(byte)]);
        }
    }
    plain
}

/// A value that would end a header is no value for one.
fn header_value(value: &str) -> Result<String, Refused> {
    match HeaderValue::from_str(value) {
        Ok(_) => Ok(value.to_owned()),
        Err(_) => Err(Refused::Unavailable(
            "a secret has characters that cannot stand in a header, such as a line break at its end; set it again"
                .into(),
        )),
    }
}

/// A value as it stands between the quotes of a JSON text.
fn json_value(value: &str) -> Result<Zeroizing<String>, Refused> {
    let quoted = serde_json::to_string(value)
        .map(Zeroizing::new)
        .map_err(|_| Refused::Unavailable("a secret cannot stand in JSON".into()))?;
    let inside = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
    Ok(Zeroizing::new(inside.to_owned()))
}

#[cfg(test)]
mod tests;
