//! Times as people write them.

use std::time::Duration;

/// The longest time to wait for something: far beyond any use, and safely addable to any clock.
const WAIT_MAX: Duration = Duration::from_secs(366 * 86_400);

/// The longest period that a server is asked to keep in mind: as long as servers accept.
const PERIOD_MAX: Duration = Duration::from_secs(10 * 365 * 86_400);

/// Reads `90s`, `15m`, `12h`, `2d`, `500ms`, or a number of seconds; at most a year.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let duration = parse(text)?;
    if duration > WAIT_MAX { Err(format!("`{text}` is more than a year")) } else { Ok(duration) }
}

/// As [`parse_duration`], but up to ten years.
pub(crate) fn parse_period(text: &str) -> Result<Duration, String> {
    let duration = parse(text)?;
    if duration > PERIOD_MAX { Err(format!("`{text}` is more than ten years")) } else { Ok(duration) }
}

fn parse(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is not a time; write 90s, 15m, 12h or a number of seconds");
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let millis = match unit {
        "ms" => 1,
        "" | "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(wrong()),
    };
    number.checked_mul(millis).map(Duration::from_millis).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units_or_are_seconds() {
        for (text, seconds) in [("90s", 90), ("15m", 900), ("12h", 43_200), ("3600", 3_600), ("1d", 86_400)] {
            assert_eq!(parse_duration(text), Ok(Duration::from_secs(seconds)));
        }
        assert_eq!(parse_duration("250ms"), Ok(Duration::from_millis(250)));
    }

    #[test]
    fn a_period_may_be_longer_than_a_wait() {
        assert!(parse_duration("400d").unwrap_err().contains("a year"));
        assert_eq!(parse_period("400d"), Ok(Duration::from_secs(400 * 86_400)));
        assert!(parse_period("4000d").unwrap_err().contains("ten years"));
    }

    #[test]
    fn what_is_not_a_time_is_refused_with_examples() {
        for text in ["", "h", "1w", "-1s", "1.5h", "99999999999999999999", "9999999999999999h"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
        assert!(parse_duration("x").unwrap_err().contains("90s, 15m, 12h"));
    }
}
