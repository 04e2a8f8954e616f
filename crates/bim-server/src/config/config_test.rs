//! How the layers of settings fall over one another.

use std::time::Duration;

use super::*;

fn load(
    file: &str,
    environment: &[(&str, &str)],
    overrides: &ServerOverrides,
) -> Result<ServerConfig, ConfigError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("bim.toml");
    std::fs::write(&path, file).unwrap();
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    ServerConfig::load(Some(&path), environment, overrides)
}

fn refusal(file: &str, environment: &[(&str, &str)]) -> String {
    let error = load(file, environment, &ServerOverrides::default()).unwrap_err().to_string();
    match error.find("bim.toml") {
        Some(at) => error[at..].to_owned(),
        None => error,
    }
}

#[test]
fn the_sample_is_the_defaults() {
    let none = ServerOverrides::default();
    assert_eq!(load(&ServerConfig::sample(), &[], &none).unwrap(), ServerConfig::default());
    assert_eq!(ServerConfig::load(None, [], &none).unwrap(), ServerConfig::default());
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_file() {
    let file =
        "workers = 1\ndata_dir = 'file'\n[listen]\nquic = \"off\"\n[limits]\nping_interval = \"500ms\"\n";
    let environment =
        [("BIM_DATA_DIR", "environment"), ("BIM_WORKERS", "2"), ("BIM_LIMITS_MEMBERS_MAY_SEND_HIGH", "true")];
    let settings =
        vec![("workers".to_owned(), "9".to_owned()), ("limits.sender_burst".to_owned(), "7".to_owned())];
    let overrides = ServerOverrides { workers: Some(3), settings, ..ServerOverrides::default() };
    let config = load(file, &environment, &overrides).unwrap();
    assert_eq!((config.workers, config.data_dir), (3, PathBuf::from("environment")));
    assert_eq!(config.limits.engine.sender_burst, 7);
    assert_eq!(config.listen.quic, None);
    assert_eq!(config.limits.engine.ping_interval, Duration::from_millis(500));
    assert!(config.limits.engine.members_may_send_high);
}

#[test]
fn a_key_that_does_not_exist_is_told_with_the_nearest_one() {
    assert_eq!(
        refusal("[limits]\nping_intervall = \"1s\"\n", &[]),
        "bim.toml: there is no setting `limits.ping_intervall`; did you mean `limits.ping_interval`?"
    );
    assert_eq!(
        refusal("", &[("BIM_LISTEN_WEBSOKET", "off")]),
        "BIM_LISTEN_WEBSOKET: there is no setting `listen.websoket`; did you mean `listen.websocket`?"
    );
    assert_eq!(refusal("[zzz]\na = 1\n", &[]), "bim.toml: there is no setting `zzz`");
}

#[test]
fn variables_of_others_are_left_alone() {
    let overrides = ServerOverrides::default();
    let config = load("", &[("BIM_TOKEN", "x"), ("HOME", "y"), ("BIM_LOGIN", "z")], &overrides).unwrap();
    assert_eq!(config, ServerConfig::default());
}

#[test]
fn a_wrong_value_is_told_with_what_would_be_right() {
    assert_eq!(refusal("workers = -1\n", &[]), "bim.toml: `workers` must be a whole number, not negative");
    assert_eq!(
        refusal("", &[("BIM_LOG_FORMAT", "xml")]),
        "BIM_LOG_FORMAT: `log.format` must be \"text\" or \"json\""
    );
    assert!(refusal("[limits]\nping_interval = 5\n", &[]).contains("a time with its unit"));
    assert!(refusal("[listen]\nquic = \"localhost\"\n", &[]).contains("an address with a port"));
    assert!(
        refusal("data_dir = \"x\"\nworkers = = 2\n", &[]).starts_with("bim.toml, line 2: not valid TOML")
    );
    assert_eq!(
        refusal("[tls]\nkey = \"k\"\n", &[]),
        "configuration: `tls.key` must be certificate and key together"
    );
}
