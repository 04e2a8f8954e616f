//! Tokens and settings.

use bim_server::ServerConfig;

use super::Seed;
use crate::targets::token::good_token;

/// Good tokens, changed ones, and claims to be signed.
pub fn tokens() -> Vec<Seed> {
    let header = r#"{"alg":"HS256","typ":"JWT","kid":"1.1"}"#;
    let signed = |claims: &str| [&[2], header.as_bytes(), &[0], claims.as_bytes()].concat();
    let good = r#"{"app_id":1,"uid":"alice","iat":1764000000,"exp":1764003600,"jti":"5"}"#;
    let server = r#"{"app_id":1,"uid":42,"iat":1764000000,"exp":1764003600,"jti":"5","srv":true}"#;
    let expired = r#"{"app_id":1,"uid":"alice","iat":1763990000,"exp":1763993600,"jti":"5"}"#;
    let untyped = r#"{"app_id":"1","uid":null,"iat":-1,"exp":1e400,"jti":[],"srv":0}"#;
    let twice = r#"{"app_id":1,"app_id":2,"uid":"alice","iat":1764000000,"exp":1764003600,"jti":"5"}"#;
    vec![
        Seed::new("text", [&[0], good_token().reveal().replace('e', "f").as_bytes()].concat()),
        Seed::new("text-of-no-algorithm", *b"\x00eyJhbGciOiJub25lIiwia2lkIjoiMS4xIn0.e30."),
        Seed::new("untouched", [1]),
        Seed::new("changed-in-two-places", [1, 40, 0, b'A', 90, 0, b'B']),
        Seed::new("with-a-tail", [1, 0xff, 0xff, b'=']),
        Seed::new("signed", signed(good)),
        Seed::new("signed-for-a-server", signed(server)),
        Seed::new("signed-and-expired", signed(expired)),
        Seed::new("signed-and-untyped", signed(untyped)),
        Seed::new("signed-with-a-claim-twice", signed(twice)),
        Seed::new("signed-and-empty", signed("{}")),
    ]
}

/// The sample, parts of it, and settings with something wrong.
pub fn configs() -> Vec<Seed> {
    let sample = ServerConfig::sample();
    // Where a server listens by default depends on what is compiled in; a corpus does not.
    let sections = sample.split("\n[").enumerate().filter(|(_, text)| !text.starts_with("listen]"));
    let section = |(at, text): (usize, &str)| {
        let text = if at == 0 { text.to_owned() } else { format!("[{text}") };
        // A file of the corpus is small: comments say nothing to a parser.
        let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        Seed::new(format!("section-{at}"), lines.fold(String::new(), |text, line| text + line + "\n"))
    };
    let wrong = [
        ("unknown-setting", "[limits]\nping_intervall = \"1s\"\n"),
        ("wrong-value", "workers = -1\n"),
        ("conflict", "[limits]\nliveness_timeout = \"1s\"\nping_interval = \"2s\"\n"),
        ("not-toml", "workers = = 2\n"),
        ("nested", "limits.preset = \"cloud\"\ntls = { certificate = \"c\", key = 'k' }\n"),
        ("environment", "workers = 1\n---\nBIM_WORKERS=2\nBIM_LIMITS_PING_INTERVAL=500ms\nHOME=x"),
        ("environment-unknown", "\n---\nBIM_LISTEN_WEBSOKET=off"),
        ("addresses", "trusted_proxies = [\"10.0.0.1\", \"::1\"]\n[listen]\nquic = \"[::]:0\"\n"),
    ];
    sections.map(section).chain(wrong.map(|(name, text)| Seed::new(name, text))).collect()
}
