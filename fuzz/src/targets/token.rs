//! The token parser and its verification.
//!
//! The first byte says what the rest is:
//!
//! | first byte mod 3 | the rest | what must hold |
//! |---|---|---|
//! | 0 | the text of a token | it does not verify |
//! | 1 | changes to a good token, three bytes each: where (two), and what to put there | it verifies only when it is as before |
//! | 2 | header, a zero byte, claims, signed with the real key | when it verifies, it is within the rules |

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bim_server_core::token::{self, TokenRules};
use bim_types::{AppId, AppSecret, ErrorCode, Token, Uid, Wall};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::reached::Reached;

/// What the targets' server goes by.
const RULES: TokenRules =
    TokenRules { lifetime: Duration::from_secs(86_400), leeway: Duration::from_secs(60) };

/// Takes any bytes; panics when the promise is broken.
pub fn target(data: &[u8]) {
    run(data);
}

/// As [`target`], and says what came of it.
pub fn run(data: &[u8]) -> Reached {
    let mut reached = Reached::default();
    let Some((first, rest)) = data.split_first() else { return reached };
    match first % 3 {
        0 => check_text(rest, &mut reached),
        1 => check_changed(rest, &mut reached),
        _ => check_signed(rest, &mut reached),
    }
    reached
}

fn check_text(text: &[u8], reached: &mut Reached) {
    let Ok(text) = std::str::from_utf8(text) else { return };
    let token = Token::from(text);
    if token::key_id(&token).is_ok() {
        reached.count("a key id in any text");
    }
    let verdict = token::verify(&token, &secret(), RULES, now());
    assert!(verdict == Err(ErrorCode::InvalidToken), "a text that nobody signed gave {verdict:?}");
}

fn check_changed(changes: &[u8], reached: &mut Reached) {
    let good = good_token();
    let mut text = good.reveal().as_bytes().to_vec();
    for change in changes.chunks_exact(3) {
        let &[low, high, byte] = change else { continue };
        let at = usize::from(u16::from_le_bytes([low, high])) % (text.len() + 1);
        match text.get_mut(at) {
            Some(present) => *present = byte,
            None => text.push(byte),
        }
    }
    let Ok(text) = String::from_utf8(text) else { return };
    let token = Token::new(text);
    let verdict = token::verify(&token, &secret(), RULES, now());
    if token == good {
        reached.count("a token as it was made");
        assert_eq!(verdict, Ok(good_claims()));
    } else {
        reached.count("a changed token");
        assert!(verdict.is_err(), "a changed token verified: {verdict:?}");
    }
}

fn check_signed(parts: &[u8], reached: &mut Reached) {
    let mut parts = parts.splitn(2, |byte| *byte == 0);
    let (header, claims) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let token = signed(header, claims);
    if token::key_id(&token).is_ok() {
        reached.count("a key id");
    }
    match token::verify(&token, &secret(), RULES, now()) {
        Ok(claims) => {
            reached.count("a verified token");
            assert!(claims.issued_at <= now() + RULES.leeway, "made in the future: {claims:?}");
            assert!(claims.expires_at > now(), "expired: {claims:?}");
            assert!(claims.expires_at > claims.issued_at, "ends before it begins: {claims:?}");
            assert!(
                claims.expires_at.since(claims.issued_at) <= RULES.lifetime,
                "lives too long: {claims:?}"
            );
            let again = token::verify(&token::mint("1.1", &secret(), &claims), &secret(), RULES, now());
            assert_eq!(again, Ok(claims), "the same claims, minted here");
        }
        Err(ErrorCode::ExpiredToken) => reached.count("an expired token"),
        Err(ErrorCode::InvalidToken) => reached.count("a token that says nothing"),
        Err(other) => panic!("{other:?} is no verdict on a token"),
    }
}

/// A token that is good at [`now`].
pub(crate) fn good_token() -> Token {
    token::mint("1.1", &secret(), &good_claims())
}

fn good_claims() -> token::Claims {
    let (app, uid) = (AppId::new(1).expect("not zero"), Uid::string("alice").expect("short enough"));
    token::claims(app, uid, now(), Duration::from_secs(3_600), 5)
}

fn signed(header: &[u8], claims: &[u8]) -> Token {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret().reveal()).expect("HMAC takes keys of any length");
    mac.update(signed.as_bytes());
    let signature = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
    Token::new(format!("{signed}.{signature}"))
}

fn secret() -> AppSecret {
    AppSecret::new(vec![7; 32])
}

fn now() -> Wall {
    Wall::from_secs(1_764_000_000)
}
