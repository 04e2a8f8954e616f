//! Tokens that operators took back.

use bim_server_core::RevokedTokens;
use bim_types::{AppId, DeviceId, Wall};

use super::hello::token_id;
use super::peer::Peer;
use crate::vocabulary;

/// What was taken back, and when; by the time that the operator was told.
#[derive(Debug, Default)]
pub(super) struct Revoked(Vec<(AppId, RevokedTokens, Wall)>);

impl Revoked {
    pub(super) fn add(&mut self, app: AppId, tokens: &RevokedTokens, asked_at: Wall) {
        self.0.push((app, tokens.clone(), asked_at));
    }

    /// Whether the token of a peer was taken back.
    pub(super) fn holds(&self, peer: &Peer) -> bool {
        let Some(who) = &peer.identity else { return false };
        let is_of = |tokens: &RevokedTokens, asked_at: Wall| match tokens {
            RevokedTokens::OfUser { uid, issued_before } => {
                // Until now includes the running second: tokens count in whole seconds.
                let before = issued_before.unwrap_or(Wall::from_secs(asked_at.as_secs() + 1));
                *uid == who.uid && peer.issued_at < before
            }
            RevokedTokens::WithId(id) => *id == token_id(who.device),
            RevokedTokens::OfKey(key) => *key == format!("{}.1", who.app),
        };
        self.0.iter().any(|(app, tokens, asked_at)| *app == who.app && is_of(tokens, *asked_at))
    }
}

/// What an operator may take back, by a number: mostly the tokens of one user.
pub(super) fn any(number: u8) -> RevokedTokens {
    match number {
        255 => RevokedTokens::OfKey("1.1".into()),
        240..=254 => RevokedTokens::WithId(token_id(DeviceId::new(u128::from(number % 8)))),
        _ => RevokedTokens::OfUser { uid: vocabulary::uid(number), issued_before: None },
    }
}
