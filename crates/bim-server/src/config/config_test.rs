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
fn what_an_error_repeats_can_be_shown_on_any_terminal() {
    assert_eq!(
        refusal("", &[("BIM_LISTEN_WEB\u{1b}[31m", "off")]),
        "BIM_LISTEN_WEB[31m: there is no setting `listen.web[31m`; did you mean `listen.websocket`?"
    );
    let long = format!("BIM_LIMITS_{}", "A".repeat(1_000));
    assert!(refusal("", &[(&long, "1")]).len() < 300);
}

#[test]
fn text_at_hand_is_read_as_a_file_is() {
    let none = ServerOverrides::default();
    let parse = |text| ServerConfig::parse(Path::new("bim.toml"), text, [], &none);
    assert_eq!(parse("workers = 3\n").unwrap(), load("workers = 3\n", &[], &none).unwrap());
    assert_eq!(parse("worker = 3\n").unwrap_err().to_string(), refusal("worker = 3\n", &[]));
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

#[test]
fn a_preset_decides_about_budgets_that_are_not_set_by_themselves_in_any_layer() {
    let budgets = |file: &str, environment: &[(&str, &str)], flags: &[(&str, &str)]| {
        let settings = flags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let overrides = ServerOverrides { settings, ..ServerOverrides::default() };
        let engine = load(file, environment, &overrides).unwrap().limits.engine;
        let EngineConfig { room_high_per_second, room_shared_per_second, .. } = engine;
        (room_high_per_second, room_shared_per_second, engine.sender_per_second, engine.sender_burst)
    };
    let cloud = "[limits]\npreset = \"cloud\"\n";
    assert_eq!(budgets("", &[], &[]), (100, 400, 10, 20));
    assert_eq!(budgets(cloud, &[], &[]), (10, 30, 5, 10));
    assert_eq!(
        budgets("[limits]\nsender_burst = 7\n", &[], &[("limits.preset", "cloud")]),
        (10, 30, 5, 7),
        "what is set by itself wins, also from a layer below"
    );
    assert_eq!(
        budgets(cloud, &[("BIM_LIMITS_ROOM_SHARED_PER_SECOND", "90")], &[("limits.sender_burst", "3")]),
        (10, 90, 5, 3)
    );
    assert_eq!(budgets(cloud, &[("BIM_LIMITS_PRESET", "default")], &[]), (100, 400, 10, 20));
    assert_eq!(
        refusal("[limits]\npreset = \"clouds\"\n", &[]),
        "bim.toml: `limits.preset` must be \"default\" or \"cloud\""
    );
}

#[test]
fn a_preset_chosen_in_the_sample_counts() {
    let sample = ServerConfig::sample();
    let chosen = sample.replace("preset = \"default\"", "preset = \"cloud\"");
    assert_ne!(sample, chosen);
    let config = load(&chosen, &[], &ServerOverrides::default()).unwrap();
    assert_eq!(config.limits.preset, BudgetPreset::Cloud);
    assert_eq!(config.limits.engine.room_high_per_second, 10);
    assert!(sample.contains("\n# sender_burst = 20\n"));
}

#[test]
fn what_live_groups_decide_by_is_read() {
    let file = "[limits]\nhistory_page_messages = 100\nsanction_page_entries = 30\npage_entries = 40\n\
                admins_per_group = 7\nrecall_window = \"5m\"\npulse_interval = \"1s\"\n\
                members_may_set_attributes = false\ncounters_per_group = 8\nmoderation_timeout = \"2s\"\n\
                moderation_fallback = \"allow\"\nattribute_leave_grace = \"0s\"\ndissolve_after_idle = \"1d\"\n\
                joined_groups_per_connection = 50\n";
    let expected = EngineConfig {
        history_page_messages: 100,
        sanction_page_entries: 30,
        page_entries: 40,
        admins_per_group: 7,
        recall_window: Duration::from_secs(300),
        pulse_interval: Duration::from_secs(1),
        members_may_set_attributes: false,
        counters_per_group: 8,
        moderation_timeout: Duration::from_secs(2),
        moderation_fallback_allows: true,
        attribute_leave_grace: Duration::ZERO,
        dissolve_after_idle: Duration::from_secs(86_400),
        joined_groups_per_connection: 50,
        ..EngineConfig::default()
    };
    assert_eq!(load(file, &[], &ServerOverrides::default()).unwrap().limits.engine, expected);
}

#[test]
fn a_value_out_of_its_range_is_told_with_the_range() {
    for (setting, right) in [
        ("history_page_messages = 0", "1 to 200"),
        ("sanction_page_entries = 201", "1 to 200"),
        ("page_entries = 0", "1 to 200"),
        ("admins_per_group = 200", "0 to 199"),
        ("counters_per_group = 129", "0 to 128"),
        ("joined_groups_per_connection = 0", "at least 1"),
        ("queue_frames = 63\nqueue_reserved_frames = 10", "at least limits.in_flight_requests"),
        ("pulse_interval = \"99ms\"", "100ms to 10s"),
        ("pulse_interval = \"11s\"", "100ms to 10s"),
        ("moderation_timeout = \"9ms\"", "10ms to 10s"),
        ("moderation_timeout = \"11s\"", "10ms to 10s"),
        ("attribute_leave_grace = \"61m\"", "0s to 1h"),
        ("dissolve_after_idle = \"10ms\"", "0s for never, or 1s to 3650d"),
        ("dissolve_after_idle = \"3651d\"", "0s for never, or 1s to 3650d"),
    ] {
        let (key, _) = setting.split_once(' ').unwrap();
        assert_eq!(
            refusal(&format!("[limits]\n{setting}\n"), &[]),
            format!("configuration: `limits.{key}` must be {right}")
        );
    }
    assert_eq!(
        refusal("", &[("BIM_LIMITS_MODERATION_FALLBACK", "maybe")]),
        "BIM_LIMITS_MODERATION_FALLBACK: `limits.moderation_fallback` must be \"allow\" or \"refuse\""
    );
}

#[test]
fn a_word_list_and_what_it_does_are_read() {
    use crate::moderation::WordAction;

    let file = "[moderation]\nwords = \"words.txt\"\naction = \"mask\"\n";
    let config = load(file, &[], &ServerOverrides::default()).unwrap();
    let expected = ModerationConfig { words: Some("words.txt".into()), action: WordAction::Mask };
    assert_eq!(config.moderation, expected);
    let environment = [("BIM_MODERATION_WORDS", "others.txt"), ("BIM_MODERATION_ACTION", "refuse")];
    let config = load(file, &environment, &ServerOverrides::default()).unwrap();
    let expected = ModerationConfig { words: Some("others.txt".into()), action: WordAction::Refuse };
    assert_eq!(config.moderation, expected);
    assert_eq!(
        refusal("[moderation]\naction = \"burn\"\n", &[]),
        "bim.toml: `moderation.action` must be \"refuse\" or \"mask\""
    );
    assert_eq!(
        refusal("", &[("BIM_MODERATION_WORD", "x")]),
        "BIM_MODERATION_WORD: there is no setting `moderation.word`; did you mean `moderation.words`?"
    );
}
