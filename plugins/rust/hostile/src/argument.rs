//! Arguments of a step. A giant text is written down small.

use serde_json::Value;

/// The arguments of one step, and how often it was done before.
#[derive(Clone, Copy)]
pub(crate) struct Arguments<'a> {
    all: &'a [Value],
    turn: u64,
}

impl<'a> Arguments<'a> {
    pub(crate) fn new(all: &'a [Value], turn: u64) -> Self {
        Self { all, turn }
    }

    pub(crate) fn value(&self, position: usize) -> Option<&'a Value> {
        self.all.get(position)
    }

    /// A text: a string in which `{n}` is the turn, or `{"repeat": TEXT, "times": N, "then": TEXT}` whose end is such a
    /// string.
    pub(crate) fn text(&self, position: usize) -> String {
        self.value(position)
            .map(|value| self.as_text(value))
            .unwrap_or_default()
    }

    /// A text, or nothing where there is none or null.
    pub(crate) fn text_or_none(&self, position: usize) -> Option<String> {
        self.value(position)
            .filter(|value| !value.is_null())
            .map(|value| self.as_text(value))
    }

    /// A number; what is none is 0.
    pub(crate) fn number(&self, position: usize) -> u64 {
        self.number_or_none(position).unwrap_or_default()
    }

    /// A number, or nothing where there is none or null.
    pub(crate) fn number_or_none(&self, position: usize) -> Option<u64> {
        self.value(position).and_then(Value::as_u64)
    }

    /// A number that is cut to 32 bits.
    pub(crate) fn small_number(&self, position: usize) -> u32 {
        u32::try_from(self.number(position)).unwrap_or(u32::MAX)
    }

    /// A list of texts: an array, or `{"list": TEXT, "times": N}`.
    pub(crate) fn texts(&self, position: usize) -> Vec<String> {
        match self.value(position) {
            Some(Value::Array(all)) => all.iter().map(|value| self.as_text(value)).collect(),
            Some(value) => {
                let one = value.get("list").map(|value| self.as_text(value)).unwrap_or_default();
                let times = value.get("times").and_then(Value::as_u64).unwrap_or_default();
                (0..times).map(|_| one.clone()).collect()
            }
            None => Vec::new(),
        }
    }

    fn as_text(&self, value: &Value) -> String {
        if let Some(text) = value.as_str() {
            return text.replace("{n}", &self.turn.to_string());
        }
        let part = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default();
        let times = value.get("times").and_then(Value::as_u64).unwrap_or_default();
        let mut text = part("repeat").repeat(usize::try_from(times).unwrap_or_default());
        text.push_str(&part("then").replace("{n}", &self.turn.to_string()));
        text
    }
}
