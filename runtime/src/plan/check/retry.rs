//! The rules for `retry`.

use super::{check_distinct, unknown_word};
use crate::plan::authored::RetryText;
use crate::plan::code::Code;
use crate::plan::{Cause, Retry};
use crate::written::language::problems::Problems;

/// Checks a task's `retry`, and completes it.
pub(super) fn check(text: Option<&RetryText>, problems: &mut Problems<'_>) -> Retry {
    let standard = Retry::default();
    let Some(text) = text else { return standard };
    let number =
        |value: Option<u64>, otherwise: u32| value.and_then(|value| u32::try_from(value).ok()).unwrap_or(otherwise);
    let delay_ms = text.delay_ms.unwrap_or(standard.delay_ms);
    let delay_max = text.delay_max_ms.as_ref();
    // W113.
    if let Some(most) = delay_max.filter(|most| *most.get_ref() < delay_ms) {
        problems
            .report(
                Code::ImpossibleWait,
                format!(
                    "the longest wait of {} ms is shorter than the first of {delay_ms} ms",
                    most.get_ref()
                ),
            )
            .at(most.span(), "")
            .hint("make `delay_max_ms` at least `delay_ms`");
    }
    Retry {
        attempts: number(text.attempts, standard.attempts),
        delay_ms,
        factor_percent: number(text.factor_percent, standard.factor_percent),
        delay_ms_max: delay_max.map_or(standard.delay_ms_max.max(delay_ms), |most| *most.get_ref()),
        jitter_percent: number(text.jitter_percent, standard.jitter_percent),
        on: check_causes(text, problems).unwrap_or(standard.on),
    }
}

/// Reads after what a task is tried again (W012, W013).
fn check_causes(text: &RetryText, problems: &mut Problems<'_>) -> Option<Vec<Cause>> {
    let words = text.on.as_ref()?;
    check_distinct("on", words, problems);
    let mut causes = Vec::new();
    for word in words {
        match Cause::named(word.get_ref()) {
            Some(cause) => causes.push(cause),
            None => unknown_word("cause of a new attempt", word, &Cause::NAMES, problems),
        }
    }
    Some(causes)
}
