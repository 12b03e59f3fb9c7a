//! What the host answered, as JSON that is short whatever it was.

use serde_json::{Value, json};

use hostile_bindings::generated::assize::plugin::types::Refusal;

/// How much of a long answer is shown, in characters or entries.
const SHOWN_MAX: usize = 512;

/// An answer of a host function.
pub(crate) fn of<T>(answer: Result<T, Refusal>, show: impl FnOnce(T) -> Value) -> Value {
    match answer {
        Ok(value) => json!({ "ok": show(value) }),
        Err(refusal) => refused(refusal),
    }
}

/// How much of what came from outside is shown, in characters.
const OUTPUT_SHOWN_MAX: usize = 16 << 10;

/// Bytes: the first of them as text, and how many there are.
pub(crate) fn bytes(bytes: &[u8]) -> Value {
    begin(bytes, SHOWN_MAX)
}

/// What a command printed or a server answered, likewise, and more of it.
pub(crate) fn output(bytes: &[u8]) -> Value {
    begin(bytes, OUTPUT_SHOWN_MAX)
}

fn begin(bytes: &[u8], shown_max: usize) -> Value {
    let shown: String = String::from_utf8_lossy(bytes).chars().take(shown_max).collect();
    json!({ "bytes": bytes.len(), "text": shown })
}

/// A list: the first of it, and how long it is.
pub(crate) fn list<T>(all: &[T], show: impl Fn(&T) -> Value) -> Value {
    let shown: Vec<Value> = all.iter().take(SHOWN_MAX).map(show).collect();
    json!({ "count": all.len(), "list": shown })
}

/// Which of the kinds of answer this is.
pub(crate) fn kind(answer: &Value) -> String {
    match answer.get("refused").and_then(Value::as_str) {
        Some(kind) => kind.to_owned(),
        None => "ok".to_owned(),
    }
}

fn refused(refusal: Refusal) -> Value {
    let (kind, says) = match refusal {
        Refusal::Denied(denial) => ("denied", format!("{}: {}", denial.permission, denial.needs)),
        Refusal::Limit(text) => ("limit", text),
        Refusal::Invalid(text) => ("invalid", text),
        Refusal::NotFound(text) => ("not-found", text),
        Refusal::Conflict(text) => ("conflict", text),
        Refusal::Unavailable(text) => ("unavailable", text),
    };
    json!({ "refused": kind, "says": says })
}
