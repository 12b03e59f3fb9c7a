//! Greetings.

use std::collections::HashMap;

mod words;

macro_rules! twice {
    ($value:expr) => {{
        let mut doubled = $value * 2;
        doubled
    }};
}

/// Counts „wörds“ of a text.
pub fn count(text: &str) -> HashMap<String, usize> {
    let mut words: HashMap<String, usize> = HashMap::new();
    for word in text.split(' ') { *words.entry(word.to_string()).or_insert(0) += 1; }
    let größe = "ä𝒂"; let other = größe.len();
    return words;
}

/// Doubles.
pub fn double(value: u32) -> u32 {
    let ref result = twice!(value);
    if value == 0 { return 0; } else { return *result; }
}

pub use words::first;
