//! Hellos and tokens, good ones and such with a flaw.

use std::time::Duration;

use bim_proto::Hello;
use bim_server_core::token;
use bim_types::limits::TOKEN_BYTES_MAX;
use bim_types::{AppId, AppSecret, DeviceId, Now, Token, Uid};

use super::peer::Identity;
use crate::vocabulary;

/// How long good tokens live.
pub(super) const TOKEN_LIFE: Duration = Duration::from_secs(3_600);

/// What can be wrong with a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    None,
    Expired,
    MadeLater,
    LivesTooLong,
    WrongKey,
    UnknownKey,
    OtherUser,
    OtherApp,
    Cut,
    Garbage,
    TooLong,
}

impl Flaw {
    const ALL: [Self; 11] = [
        Self::None,
        Self::Expired,
        Self::MadeLater,
        Self::LivesTooLong,
        Self::WrongKey,
        Self::UnknownKey,
        Self::OtherUser,
        Self::OtherApp,
        Self::Cut,
        Self::Garbage,
        Self::TooLong,
    ];

    pub(super) fn of(number: u8) -> Self {
        Self::ALL[usize::from(number) % Self::ALL.len()]
    }
}

/// The secret of an app.
pub(super) fn secret(app: AppId) -> AppSecret {
    AppSecret::new(vec![u8::try_from(app.value() % 251).expect("less than a byte"); 32])
}

/// The user of this number: of the first app, but for every fifth; the last is the first app's own server.
pub(super) fn identity(user: u8, device: u8) -> Identity {
    let user = user % 8;
    let (app, uid) = match user {
        6 => (vocabulary::app(1), vocabulary::uid(0)),
        7 => (vocabulary::app(0), Uid::string("backend").expect("short")),
        user => (vocabulary::app(0), vocabulary::uid(user)),
    };
    Identity { app, uid, device: DeviceId::new(u128::from(device % 10)), is_app_server: user == 7 }
}

/// The `jti` of the tokens of a device.
pub(super) fn token_id(device: DeviceId) -> String {
    format!("{:032x}", device.value())
}

/// A hello of a user, whose token has a flaw.
pub(super) fn hello(who: &Identity, flaw: Flaw, now: Now) -> Hello {
    let token = token(who, flaw, now);
    Hello { app: who.app, uid: who.uid.clone(), device: who.device, token, sdk: "bim/fuzz".into() }
}

/// A token for a user, with a flaw.
pub(super) fn token(who: &Identity, flaw: Flaw, now: Now) -> Token {
    let claims = |made_at, life| {
        let nonce = who.device.value();
        let claims = token::claims(who.app, who.uid.clone(), made_at, life, nonce);
        token::Claims { app_server: who.is_app_server, ..claims }
    };
    let good = claims(now.wall, TOKEN_LIFE);
    let key = format!("{}.1", who.app);
    let mint = |claims: &token::Claims| token::mint(&key, &secret(who.app), claims);
    let other_app = AppId::new(3 - who.app.value()).expect("one of two apps");
    match flaw {
        Flaw::None => mint(&good),
        Flaw::Expired => mint(&claims(now.wall.before(2 * TOKEN_LIFE), TOKEN_LIFE)),
        Flaw::MadeLater => mint(&claims(now.wall + Duration::from_secs(61), TOKEN_LIFE)),
        Flaw::LivesTooLong => mint(&claims(now.wall, Duration::from_secs(86_401))),
        Flaw::WrongKey => token::mint(&key, &secret(other_app), &good),
        Flaw::UnknownKey => token::mint("9.1", &secret(who.app), &good),
        Flaw::OtherUser => mint(&token::Claims { uid: Uid::string("mallory").expect("short"), ..good }),
        Flaw::OtherApp => {
            let claims = token::Claims { app: other_app, ..good };
            token::mint(&format!("{other_app}.1"), &secret(other_app), &claims)
        }
        Flaw::Cut => {
            let text = mint(&good);
            Token::from(text.reveal().rsplit_once('.').map_or("", |(rest, _)| rest))
        }
        Flaw::Garbage => Token::from("not.a.token"),
        Flaw::TooLong => Token::new("x".repeat(TOKEN_BYTES_MAX + 1)),
    }
}
