//! Points in time, as entries and commits write them.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

/// The last second whose year has four digits in every time zone: 9999-12-30T22:00:00Z.
const SECONDS_MAX: i64 = 253_402_207_200;

/// A whole second since 1970, in UTC. Its only spelling is that of RFC 3339 with `Z`: `2026-01-31T23:59:59Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(Timestamp);

/// The text or number is no point in time as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a time is stored as `YYYY-MM-DDTHH:MM:SSZ`, from 1970 to 9999")]
pub struct TimeError;

impl Time {
    /// Takes seconds since 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    ///
    /// [`TimeError`] before that and after the year 9999.
    pub fn from_unix_seconds(seconds: i64) -> Result<Self, TimeError> {
        if !(0..=SECONDS_MAX).contains(&seconds) {
            return Err(TimeError);
        }
        Timestamp::from_second(seconds).map(Self).map_err(|_| TimeError)
    }

    /// Returns the seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn unix_seconds(&self) -> i64 {
        self.0.as_second()
    }
}

impl FromStr for Time {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parsed: Timestamp = text.parse().map_err(|_| TimeError)?;
        let time = Self::from_unix_seconds(parsed.as_second())?;
        if time.to_string() == text {
            Ok(time)
        } else {
            Err(TimeError)
        }
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_one_spelling() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2024-02-29T12:34:56Z", 1_709_210_096),
            ("2038-01-19T03:14:08Z", 2_147_483_648),
            ("9999-12-30T22:00:00Z", SECONDS_MAX),
        ] {
            assert_eq!(text.parse::<Time>().map(|time| time.unix_seconds()), Ok(seconds));
            assert_eq!(
                Time::from_unix_seconds(seconds).map(|time| time.to_string()),
                Ok(text.to_owned())
            );
        }
        for wrong in [
            "",
            "2024-02-29",
            "2024-02-29T12:34:56",
            "2024-02-29T12:34:56.5Z",
            "2024-02-29T12:34:56.0Z",
            "2024-02-29T12:34:56+00:00",
            "2024-02-29t12:34:56z",
            "2024-02-29 12:34:56Z",
            "2024-02-30T12:34:56Z",
            "2024-02-29T12:34:60Z",
            "1969-12-31T23:59:59Z",
            "2024-02-29T12:34:56Z[UTC]",
            " 2024-02-29T12:34:56Z",
        ] {
            assert_eq!(wrong.parse::<Time>(), Err(TimeError), "{wrong:?}");
        }
        assert_eq!(Time::from_unix_seconds(-1), Err(TimeError));
        assert_eq!(Time::from_unix_seconds(SECONDS_MAX + 1), Err(TimeError));
    }
}
