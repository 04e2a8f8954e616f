use std::time::Duration;

use bim_fake_server::faults::{FaultKind, PlannedFault};
use bim_proto::{ClientFrame, Ping, ServerFrame};
use bim_server_core::{AdminCommand, AdminReply, Input, Output, RevokedTokens, token};
use bim_types::store::OpId;
use bim_types::{AppId, ErrorCode, Token};

use super::super::stand::{CONNECTION, Stand, goodbye, hello, uid, wall, welcome};
use super::Tokens;
use crate::sight::Sight;
use crate::stage::Minted;

fn app() -> AppId {
    AppId::new(1).unwrap()
}

/// A stand that knows of a token for a minute.
fn with_token(genuine: bool) -> (Stand<Tokens>, Token, bim_types::Wall) {
    let claims = token::claims(app(), uid(), wall(), Duration::from_secs(60), 1);
    let (token, expires) = (Token::from("a token"), claims.expires_at);
    let mut stand = Stand::new(Tokens::default());
    stand.see(&Sight::Minted(&Minted { token: token.clone(), claims, genuine })).unwrap();
    stand.opened(CONNECTION).unwrap();
    (stand, token, expires)
}

fn revoke(stand: &mut Stand<Tokens>) {
    let tokens = RevokedTokens::OfUser { uid: uid(), issued_before: None };
    let command = AdminCommand::RevokeTokens { app: app(), tokens };
    stand.input(&Input::Admin { id: 1, command }).unwrap();
}

fn revoked() -> Output {
    Output::AdminDone { id: 1, result: Ok(AdminReply::TokensRevoked { sessions: 0 }) }
}

#[test]
fn a_good_token_is_welcome_and_is_not_refused() {
    let (mut stand, token, expires) = with_token(true);
    stand.takes(CONNECTION, &hello(token)).unwrap();
    stand.says(CONNECTION, &welcome(1, expires)).unwrap();

    let (mut stand, token, _) = with_token(true);
    stand.takes(CONNECTION, &hello(token)).unwrap();
    stand.says(CONNECTION, &goodbye(ErrorCode::InvalidToken.into())).unwrap_err();
}

#[test]
fn a_token_that_is_not_good_is_not_welcome() {
    let (mut stand, token, expires) = with_token(false);
    stand.takes(CONNECTION, &hello(token)).unwrap();
    stand.says(CONNECTION, &welcome(1, expires)).unwrap_err();

    let (mut stand, _, expires) = with_token(true);
    stand.takes(CONNECTION, &hello(Token::from("another"))).unwrap();
    stand.says(CONNECTION, &welcome(1, expires)).unwrap_err();

    let (mut stand, token, expires) = with_token(true);
    stand.pass(Duration::from_secs(60));
    stand.takes(CONNECTION, &hello(token)).unwrap();
    stand.says(CONNECTION, &welcome(1, expires)).unwrap_err();
}

#[test]
fn a_session_ends_with_its_token() {
    let (mut stand, token, expires) = with_token(true);
    stand.takes(CONNECTION, &hello(token)).unwrap();
    stand.says(CONNECTION, &welcome(1, expires)).unwrap();
    stand.pass(Duration::from_secs(60));
    stand.input(&Input::Tick).unwrap();
    stand.pass(Duration::from_secs(2));
    stand.input(&Input::Tick).unwrap_err();
}

#[test]
fn a_server_that_wakes_up_ends_in_its_first_turn_who_stayed_too_long() {
    let (mut stand, token, expires) = with_token(true);
    stand.takes(CONNECTION, &hello(token)).unwrap();
    stand.says(CONNECTION, &welcome(1, expires)).unwrap();
    stand.pass(Duration::from_secs(60));
    stand.input(&Input::Tick).unwrap();
    let (at, lasts) = (Duration::from_secs(60), Duration::from_secs(20));
    let kind = FaultKind::ServerPause;
    stand.see(&Sight::Fault(&PlannedFault { number: 0, at, kind, lasts, target: 0, dice: 0 })).unwrap();
    stand.pass(lasts);
    stand.input(&Input::Tick).unwrap();
    stand.pass(Duration::from_micros(1));
    stand.input(&Input::Tick).unwrap_err();
}

#[test]
fn a_token_that_was_taken_back_ends_sessions_and_opens_none() {
    let (mut stand, token, expires) = with_token(true);
    stand.takes(CONNECTION, &hello(token)).unwrap();
    stand.says(CONNECTION, &welcome(1, expires)).unwrap();
    revoke(&mut stand);
    stand.output(&revoked()).unwrap_err();

    let (mut stand, token, expires) = with_token(true);
    revoke(&mut stand);
    stand.output(&revoked()).unwrap();
    stand.takes(CONNECTION, &hello(token)).unwrap();
    stand.says(CONNECTION, &welcome(1, expires)).unwrap_err();
}

#[test]
fn who_has_not_said_who_it_is_gets_nothing_and_has_no_effect() {
    let (mut stand, _, _) = with_token(true);
    stand.takes(CONNECTION, &ClientFrame::Ping(Ping { nonce: 1 })).unwrap();
    stand.output(&Output::Write { op: OpId(1), ops: Vec::new() }).unwrap_err();

    let (mut stand, _, _) = with_token(true);
    stand.says(CONNECTION, &ServerFrame::Ping(Ping { nonce: 1 })).unwrap_err();
}
