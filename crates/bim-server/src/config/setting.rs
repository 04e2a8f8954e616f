//! How values are read and shown.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::moderation::WordAction;

/// A value as it was written.
pub(super) enum Raw {
    /// In the environment.
    Text(String),
    /// In a file.
    Toml(toml::Value),
}

/// A type that settings have.
pub(super) trait Setting: Sized {
    /// Reads a value; the error is what would be right.
    fn read(raw: &Raw) -> Result<Self, &'static str>;
    /// Shows a value as TOML; `None` when there is none.
    fn show(&self) -> Option<String>;
}

/// How a host writes its log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// From which level on a host writes its log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogLevel {
    /// What must be looked at.
    Error,
    /// And what is strange.
    Warn,
    /// And what happens.
    #[default]
    Info,
    /// And each connection.
    Debug,
    /// And everything.
    Trace,
}

impl LogFormat {
    const NAMES: [(&'static str, Self); 2] = [("text", Self::Text), ("json", Self::Json)];
}

impl LogLevel {
    const NAMES: [(&'static str, Self); 5] = [
        ("error", Self::Error),
        ("warn", Self::Warn),
        ("info", Self::Info),
        ("debug", Self::Debug),
        ("trace", Self::Trace),
    ];

    /// Its name, as log filters understand it.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, level)| *level == self).map_or("info", |(name, _)| name)
    }
}

impl Raw {
    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text.trim()),
            Self::Toml(value) => value.as_str().map(str::trim),
        }
    }

    fn number(&self) -> Option<u64> {
        match self {
            Self::Text(text) => text.trim().replace('_', "").parse().ok(),
            Self::Toml(value) => u64::try_from(value.as_integer()?).ok(),
        }
    }

    pub(super) fn named<T: Copy>(&self, names: &[(&str, T)]) -> Option<T> {
        let text = self.text()?;
        names.iter().find(|(name, _)| *name == text).map(|(_, value)| *value)
    }
}

macro_rules! whole_number {
    ($($number:ty: $right:literal;)*) => {$(
        impl Setting for $number {
            fn read(raw: &Raw) -> Result<Self, &'static str> {
                raw.number().and_then(|number| number.try_into().ok()).ok_or($right)
            }

            fn show(&self) -> Option<String> {
                Some(self.to_string())
            }
        }
    )*};
}

whole_number! {
    u32: "a whole number from 0 to 4294967295";
    usize: "a whole number, not negative";
}

impl Setting for bool {
    fn read(raw: &Raw) -> Result<Self, &'static str> {
        let value = match raw {
            Raw::Toml(toml::Value::Boolean(value)) => Some(*value),
            Raw::Toml(_) => None,
            Raw::Text(_) => raw.named(&[("true", true), ("1", true), ("false", false), ("0", false)]),
        };
        value.ok_or("true or false")
    }

    fn show(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl Setting for Duration {
    fn read(raw: &Raw) -> Result<Self, &'static str> {
        raw.text()
            .and_then(read_time)
            .ok_or("a time with its unit, for instance \"500ms\", \"10s\", \"2m\" or \"24h\"")
    }

    fn show(&self) -> Option<String> {
        let millis = self.as_millis();
        Some(match millis {
            0 => quote("0s"),
            _ if millis.is_multiple_of(3_600_000) => quote(&format!("{}h", millis / 3_600_000)),
            _ if millis.is_multiple_of(60_000) => quote(&format!("{}m", millis / 60_000)),
            _ if millis.is_multiple_of(1_000) => quote(&format!("{}s", millis / 1_000)),
            _ => quote(&format!("{millis}ms")),
        })
    }
}

impl Setting for PathBuf {
    fn read(raw: &Raw) -> Result<Self, &'static str> {
        raw.text().filter(|text| !text.is_empty()).map(Self::from).ok_or("a path")
    }

    fn show(&self) -> Option<String> {
        self.to_str().map(quote)
    }
}

impl Setting for Option<PathBuf> {
    fn read(raw: &Raw) -> Result<Self, &'static str> {
        PathBuf::read(raw).map(Some)
    }

    fn show(&self) -> Option<String> {
        self.as_ref().and_then(Setting::show)
    }
}

impl Setting for Option<SocketAddr> {
    fn read(raw: &Raw) -> Result<Self, &'static str> {
        const RIGHT: &str =
            "an address with a port, for instance \"127.0.0.1:7900\" or \"[::]:7900\", or \"off\"";
        match raw.text().ok_or(RIGHT)? {
            "off" => Ok(None),
            text => text.parse().map(Some).map_err(|_| RIGHT),
        }
    }

    fn show(&self) -> Option<String> {
        Some(self.map_or_else(|| quote("off"), |address| quote(&address.to_string())))
    }
}

impl Setting for Vec<IpAddr> {
    fn read(raw: &Raw) -> Result<Self, &'static str> {
        const RIGHT: &str =
            "a list of addresses, for instance [\"127.0.0.1\", \"::1\"]; in the environment with commas";
        let texts: Option<Vec<&str>> = match raw {
            Raw::Text(text) => Some(text.split(',').map(str::trim).filter(|text| !text.is_empty()).collect()),
            Raw::Toml(value) => {
                value.as_array().and_then(|list| list.iter().map(toml::Value::as_str).collect())
            }
        };
        let parsed = texts.ok_or(RIGHT)?.into_iter().map(|text| text.parse().map_err(|_| RIGHT));
        parsed.map(|address| address.map(|address: IpAddr| address.to_canonical())).collect()
    }

    fn show(&self) -> Option<String> {
        let list: Vec<String> = self.iter().map(|address| quote(&address.to_string())).collect();
        Some(format!("[{}]", list.join(", ")))
    }
}

impl Setting for LogFormat {
    fn read(raw: &Raw) -> Result<Self, &'static str> {
        raw.named(&Self::NAMES).ok_or("\"text\" or \"json\"")
    }

    fn show(&self) -> Option<String> {
        Self::NAMES.iter().find(|(_, format)| format == self).map(|(name, _)| quote(name))
    }
}

impl Setting for LogLevel {
    fn read(raw: &Raw) -> Result<Self, &'static str> {
        raw.named(&Self::NAMES).ok_or("\"error\", \"warn\", \"info\", \"debug\" or \"trace\"")
    }

    fn show(&self) -> Option<String> {
        Some(quote(self.name()))
    }
}

impl Setting for WordAction {
    fn read(raw: &Raw) -> Result<Self, &'static str> {
        raw.named(&WORD_ACTIONS).ok_or("\"refuse\" or \"mask\"")
    }

    fn show(&self) -> Option<String> {
        WORD_ACTIONS.iter().find(|(_, action)| action == self).map(|(name, _)| quote(name))
    }
}

const WORD_ACTIONS: [(&str, WordAction); 2] = [("refuse", WordAction::Refuse), ("mask", WordAction::Mask)];

/// A literal string where a path may hold backslashes, a basic one otherwise.
pub(super) fn quote(text: &str) -> String {
    if text.contains('\\') { format!("'{text}'") } else { format!("{text:?}") }
}

fn read_time(text: &str) -> Option<Duration> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    let millis = match unit.trim() {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.checked_mul(millis).map(Duration::from_millis)
}
