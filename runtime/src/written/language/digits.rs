//! Numbers as people read them.

/// Writes a number with `separator` before each group of three digits.
#[must_use]
pub fn grouped(number: u64, separator: char) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && digits.len().saturating_sub(position).is_multiple_of(3) {
            text.push(separator);
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn groups_have_three_digits() {
        let numbers = [0, 999, 1_000, 10_000, 123_456, 1_000_000];
        let texts = numbers.map(|number| grouped(number, ','));
        assert_eq!(texts, ["0", "999", "1,000", "10,000", "123,456", "1,000,000"]);
    }
}
