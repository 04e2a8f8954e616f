//! `bim token`: a token for trying things out, and the end of tokens.

use bim::Wall;
use bim_server::admin::{AdminCommand, AdminReply, RevokedTokens, command};
use serde_json::json;

use super::place::{app_id, ask, refusal, unexpected, user};
use super::say;
use crate::args::{RevokeArgs, TokenArgs, TokenCommand};
use crate::error::CliError;

pub(super) async fn run(args: TokenArgs) -> Result<(), CliError> {
    let (app, uid) = match (args.command, args.app, args.uid) {
        (Some(TokenCommand::Revoke(args)), ..) => return revoke(args).await,
        (None, Some(app), Some(uid)) => (app_id(app)?, user(&uid, args.int_uid)?),
        (None, ..) => return Err(CliError::arguments("--app and --uid are needed")),
    };
    let mint = if args.app_server { command::mint_app_server_token } else { command::mint_token };
    let mint = mint(app, uid, args.ttl).map_err(|error| refusal(&error))?;
    match ask(&args.place.data_dir, mint).await? {
        AdminReply::Token { token, .. } => say(token.reveal()),
        _ => Err(unexpected()),
    }
}

async fn revoke(args: RevokeArgs) -> Result<(), CliError> {
    let app = app_id(args.app)?;
    let (tokens, what) = match (args.uid, args.jti, args.key) {
        (Some(uid), ..) => {
            let uid = user(&uid, args.int_uid)?;
            let before = args.before.map(|before| u64::try_from(before.as_millisecond()).unwrap_or_default());
            let made = if before.is_some() { "before that time" } else { "until now" };
            let what = format!("tokens of {} made {made} are", uid.to_string().escape_debug());
            (RevokedTokens::OfUser { uid, issued_before: before.map(Wall::from_millis) }, what)
        }
        (_, Some(jti), _) => (RevokedTokens::WithId(jti), "that token is".to_owned()),
        (.., Some(key)) => {
            let what = format!("tokens of key {} are", key.escape_debug());
            (RevokedTokens::OfKey(key), what)
        }
        (None, None, None) => return Err(CliError::arguments("one of --uid, --jti and --key is needed")),
    };
    let AdminReply::TokensRevoked { sessions } =
        ask(&args.place.data_dir, AdminCommand::RevokeTokens { app, tokens }).await?
    else {
        return Err(unexpected());
    };
    if args.json {
        return say(json!({ "app": app.value(), "sessions_ended": sessions }).to_string());
    }
    say(format!("{what} not taken any more; sessions ended: {sessions}"))
}
