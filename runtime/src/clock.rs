//! The only reader of time.

use jiff::Timestamp;

/// Where the time comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// Always the same moment, in seconds since 1970-01-01T00:00:00Z.
    Fixed(i64),
}

impl Clock {
    /// Seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn unix_seconds(self) -> i64 {
        match self {
            Self::System => Timestamp::now().as_second(),
            Self::Fixed(seconds) => seconds,
        }
    }

    /// Milliseconds since 1970-01-01T00:00:00Z; 0 before that.
    #[must_use]
    pub fn unix_millis(self) -> u64 {
        let millis = match self {
            Self::System => Timestamp::now().as_millisecond(),
            Self::Fixed(seconds) => seconds.saturating_mul(1_000),
        };
        u64::try_from(millis).unwrap_or(0)
    }

    /// The moment as RFC 3339 writes it, in UTC and whole seconds.
    #[must_use]
    pub fn rfc3339(self) -> String {
        rfc3339(self.unix_seconds())
    }
}

/// Writes a moment as RFC 3339, in UTC and whole seconds. What lies outside the calendar's range is clamped to it.
#[must_use]
pub fn rfc3339(unix_seconds: i64) -> String {
    let clamped = unix_seconds.clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    Timestamp::from_second(clamped)
        .unwrap_or(Timestamp::UNIX_EPOCH)
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_utc_and_whole_seconds() {
        assert_eq!(Clock::Fixed(0).rfc3339(), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(1_800_000_000), "2027-01-15T08:00:00Z");
    }
}
