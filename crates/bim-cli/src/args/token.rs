//! What may be typed about tokens.

use std::time::Duration;

use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::{DataDirArgs, parse_duration};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct TokenArgs {
    #[command(subcommand)]
    pub(crate) command: Option<TokenCommand>,
    /// For which app
    #[arg(long, value_name = "ID", required = true)]
    pub(crate) app: Option<u32>,
    /// For which user
    #[arg(long, required = true)]
    pub(crate) uid: Option<String>,
    /// The uid is a number, not a string: 7 and "7" are different users
    #[arg(long)]
    pub(crate) int_uid: bool,
    /// For how long: 90s, 15m, 12h or a number of seconds
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = parse_duration)]
    pub(crate) ttl: Duration,
    /// The token is for the app's own server, which may do in every live group what its owner may. Never give
    /// one to a client.
    #[arg(long)]
    pub(crate) app_server: bool,
    #[command(flatten)]
    pub(crate) place: DataDirArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Take tokens back. Sessions that run on them end at once, and they are never taken again.
    ///
    /// Works whether the server runs or not, and holds across restarts. A client with a token provider asks it for
    /// another token and comes back with that; a client with a fixed token ends.
    #[command(after_help = "Examples:
  bim token revoke --app 1 --uid alice                      all that alice has now
  bim token revoke --app 1 --uid alice --before 2026-11-23T12:00:00Z
  bim token revoke --app 1 --jti 9f2c60d1                   one token
  bim token revoke --app 1 --key 1.1                        all of a key, for ever")]
    Revoke(RevokeArgs),
}

#[derive(Debug, Args)]
#[group(id = "tokens", required = true, multiple = false, args = ["uid", "jti", "key"])]
pub(crate) struct RevokeArgs {
    /// Of which app
    #[arg(long, value_name = "ID")]
    pub(crate) app: u32,
    /// Those of a user that were made until now, or before --before; those made later are taken
    #[arg(long)]
    pub(crate) uid: Option<String>,
    /// The uid is a number, not a string: 7 and "7" are different users
    #[arg(long, conflicts_with_all = ["jti", "key"])]
    pub(crate) int_uid: bool,
    /// Only those made before this: 2026-11-23T12:00:00Z, or seconds since 1970, as in the claim `iat`
    #[arg(long, value_name = "WHEN", value_parser = parse_moment, conflicts_with_all = ["jti", "key"])]
    pub(crate) before: Option<Timestamp>,
    /// The one with this claim `jti`
    #[arg(long)]
    pub(crate) jti: Option<String>,
    /// All that were signed with this key, as `bim app list` calls it, and all that will be. There is no way back.
    #[arg(long, value_name = "KEY_ID")]
    pub(crate) key: Option<String>,
    /// One JSON object instead of text
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) place: DataDirArgs,
}

/// Reads a time as people and as tokens write it; not before 1970.
fn parse_moment(text: &str) -> Result<Timestamp, String> {
    let read = match text.parse::<i64>() {
        Ok(seconds) => Timestamp::from_second(seconds).ok(),
        Err(_) => text.parse::<Timestamp>().ok(),
    };
    read.filter(|at| *at >= Timestamp::UNIX_EPOCH).ok_or_else(|| {
        format!("`{text}` is not a time; write 2026-11-23T12:00:00Z or a number of seconds since 1970")
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::{Cli, Command};

    fn token(words: &[&str]) -> Option<TokenArgs> {
        let words = ["bim", "token"].iter().chain(words);
        match Cli::try_parse_from(words).ok()?.command {
            Some(Command::Token(args)) => Some(args),
            _ => None,
        }
    }

    #[test]
    fn a_token_is_made_for_an_app_and_a_user() {
        let made = token(&["--app", "1", "--uid", "ann"]).unwrap();
        let hour = Duration::from_secs(3_600);
        assert_eq!((made.app, made.uid.as_deref(), made.ttl), (Some(1), Some("ann"), hour));
        assert!(made.command.is_none());
        assert!(token(&[]).is_none());
        assert!(token(&["--app", "1"]).is_none());
        assert!(token(&["--uid", "ann"]).is_none());
    }

    #[test]
    fn tokens_are_revoked_by_exactly_one_of_user_jti_and_key() {
        let revoke = |words: &[&str]| token(&[&["revoke", "--app", "1"], words].concat()).is_some();
        assert!(revoke(&["--uid", "ann"]));
        assert!(revoke(&["--uid", "7", "--int-uid", "--before", "1764000000", "--json"]));
        assert!(revoke(&["--jti", "9f2c"]));
        assert!(revoke(&["--key", "1.1"]));
        assert!(!revoke(&[]));
        assert!(!revoke(&["--uid", "ann", "--jti", "9f2c"]));
        assert!(!revoke(&["--jti", "9f2c", "--before", "1764000000"]));
        assert!(!revoke(&["--key", "1.1", "--int-uid"]));
    }

    #[test]
    fn a_moment_is_a_date_with_a_zone_or_seconds_since_1970() {
        let moment = Ok(Timestamp::from_second(1_764_000_000).unwrap());
        assert_eq!(parse_moment("1764000000"), moment);
        assert_eq!(parse_moment("2025-11-24T16:00:00Z"), moment);
        assert_eq!(parse_moment("2025-11-24T17:00:00+01:00"), moment);
        for text in ["", "yesterday", "-1", "2025-11-24", "99999999999999999999"] {
            assert!(parse_moment(text).unwrap_err().contains("since 1970"), "{text}");
        }
    }
}
