//! The configuration file and the variables of the environment.
//!
//! The bytes are the text of a `bim.toml`; what comes after a line `---` are variables, `NAME=value` a line.

use std::path::Path;

use bim_server::{ConfigError, ServerConfig, ServerOverrides};

use crate::reached::Reached;

/// What the file is called in errors.
const NAME: &str = "bim.toml";

/// The longest error, in bytes: it is read on a terminal.
const ERROR_BYTES_MAX: usize = 1_024;

/// Takes any bytes; panics when the promise is broken.
pub fn target(data: &[u8]) {
    run(data);
}

/// As [`target`], and says what came of it.
pub fn run(data: &[u8]) -> Reached {
    let mut reached = Reached::default();
    let Ok(text) = std::str::from_utf8(data) else { return reached };
    let (file, environment) = text.split_once("\n---\n").unwrap_or((text, ""));
    let variables = environment.lines().filter_map(|line| line.split_once('='));
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    match ServerConfig::parse(Path::new(NAME), file, variables, &ServerOverrides::default()) {
        Ok(config) => {
            reached.count("settings");
            check_ranges(&config);
        }
        Err(error) => check_error(&error, file, environment, &mut reached),
    }
    reached
}

/// Settings that were taken are such that a server can run with them.
fn check_ranges(config: &ServerConfig) {
    let (engine, queue) = (&config.limits.engine, &config.limits.queue);
    assert!(!config.data_dir.as_os_str().is_empty(), "a data directory");
    assert!(config.tls.certificate.is_some() == config.tls.key.is_some(), "certificate and key together");
    assert!(queue.frames > queue.reserved_frames, "frames that NORMAL and LOW may use");
    assert!(queue.bytes > queue.reserved_bytes, "bytes that NORMAL and LOW may use");
    assert!(engine.liveness_timeout > engine.ping_interval, "a ping before the path counts as dead");
    assert!(!engine.ping_interval.is_zero(), "pings do not come without pause");
    assert!(!engine.pulse_interval.is_zero(), "pulses do not come without pause");
    assert!(engine.in_flight_requests > 0 && engine.writes_in_flight > 0, "something may be asked");
    for page in [engine.history_page_messages, engine.sanction_page_entries, engine.page_entries] {
        assert!((1..=200).contains(&page), "a page that fits a frame: {page}");
    }
}

/// An error says where it is and which setting it is about, and can be shown on a terminal.
fn check_error(error: &ConfigError, file: &str, environment: &str, reached: &mut Reached) {
    let said = error.to_string();
    assert!(said.len() <= ERROR_BYTES_MAX, "an error of {} bytes", said.len());
    let unseen = said.chars().find(|c| c.is_control() && *c != '\n');
    assert!(unseen.is_none(), "{unseen:?} reaches the terminal in {said:?}");
    let (source, key) = match error {
        ConfigError::Syntax { source_name, line, .. } => {
            reached.count("not TOML");
            assert!((1..=file.lines().count().max(1) + 1).contains(line), "line {line} of the file");
            assert_eq!(source_name, NAME);
            return;
        }
        ConfigError::Unknown { source_name, key, .. } => {
            reached.count("unknown setting");
            (source_name.as_str(), key.as_str())
        }
        ConfigError::Value { source_name, key, .. } => {
            reached.count("wrong value");
            (source_name.as_str(), key.as_str())
        }
        ConfigError::Conflict { key, .. } => {
            reached.count("conflict");
            return assert!(said.contains(key), "{said:?} names {key}");
        }
        other => panic!("no file was read: {other:?}"),
    };
    assert!(said.starts_with(source) && said.contains(key), "{said:?} names {source} and {key}");
    let is_plain = environment.chars().all(|c| !c.is_control() || c == '\n');
    let was_given = source == NAME || !is_plain || environment.contains(source);
    assert!(was_given, "{source} is a place that was given");
}
