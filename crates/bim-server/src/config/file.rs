//! The TOML file: its entries by dotted name, and the sample.

use std::fmt::Write as _;

use super::error::{ConfigError, ConfigSource};
use super::keys::KEYS;
use super::{ServerConfig, preset, variable_of};

/// Settings of a file by dotted name, in the order of the file's sections.
pub(super) fn entries(text: &str, source: &ConfigSource) -> Result<Vec<(String, toml::Value)>, ConfigError> {
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        ConfigError::Syntax { source_name: source.to_string(), line, problem: error.message().to_owned() }
    })?;
    let mut found = Vec::new();
    flatten("", table, &mut found);
    Ok(found)
}

/// Every setting at its value, with its meaning above it.
pub(super) fn sample(config: &ServerConfig) -> String {
    let mut text = String::from(
        "# Settings of a bim server. Each line stands at its default. What limits.preset decides about is\n\
         # behind a #, because what is set by itself wins over the preset.\n\
         # The environment wins over this file, and flags win over both: limits.ping_interval is\n",
    );
    let _ = writeln!(text, "# {} there.\n", variable_of("limits.ping_interval"));
    let mut present = "";
    for key in KEYS {
        let (section, name) = key.name.split_once('.').unwrap_or(("", key.name));
        if section != present {
            let _ = writeln!(text, "[{section}]");
            present = section;
        }
        let _ = writeln!(text, "# {}", key.doc);
        let _ = match (key.show)(config) {
            Some(value) if preset::decides(key.name) => writeln!(text, "# {name} = {value}\n"),
            Some(value) => writeln!(text, "{name} = {value}\n"),
            None => writeln!(text, "# {name} = \"…\"\n"),
        };
    }
    text
}

fn flatten(prefix: &str, table: toml::Table, found: &mut Vec<(String, toml::Value)>) {
    for (name, value) in table {
        let name = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
        match value {
            toml::Value::Table(inner) if is_section(&name) => flatten(&name, inner, found),
            value => found.push((name, value)),
        }
    }
}

fn is_section(name: &str) -> bool {
    KEYS.iter().any(|key| key.name.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')))
}
