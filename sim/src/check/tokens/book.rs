//! Every token that was ever made, and every one that was taken back.

use std::collections::BTreeMap;
use std::time::Duration;

use bim_server_core::token::Claims;
use bim_types::limits::TOKEN_LEEWAY;
use bim_types::{AppId, Token, Uid, Wall};

use crate::stage::Minted;

/// Every token that was ever made, and every one that was taken back.
#[derive(Debug, Default)]
pub(super) struct Book {
    minted: BTreeMap<String, Minted>,
    revoked: Vec<Revoked>,
}

/// Whether a server may take a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It has to take it.
    Good,
    /// It must not, and why.
    Bad(&'static str),
    /// It may or may not: somebody is taking it back right now.
    Either,
}

/// Tokens of a user that were taken back: those made before some time.
#[derive(Debug)]
struct Revoked {
    app: AppId,
    uid: Uid,
    before: Wall,
    /// The operator was told that it is done.
    is_done: bool,
    /// In which life of the server the operator asked, and with which number.
    asked: (u64, u64),
}

impl Book {
    pub(super) fn enter(&mut self, minted: &Minted) {
        self.minted.insert(minted.token.reveal().to_owned(), minted.clone());
    }

    /// Somebody asks for all tokens of a user that were made until now to be taken back.
    pub(super) fn take_back(&mut self, asked: (u64, u64), app: AppId, uid: &Uid, now: Wall) {
        // A token knows the second it was made in, and no more.
        let before = Wall::from_secs(now.as_secs()) + Duration::from_secs(1);
        self.revoked.push(Revoked { app, uid: uid.clone(), before, is_done: false, asked });
    }

    pub(super) fn taken_back(&mut self, asked: (u64, u64)) {
        for revoked in self.revoked.iter_mut().filter(|revoked| revoked.asked == asked) {
            revoked.is_done = true;
        }
    }

    /// What a token says, if anybody made it.
    pub(super) fn claims(&self, token: &Token) -> Option<&Claims> {
        self.minted.get(token.reveal()).map(|minted| &minted.claims)
    }

    /// Whether a token opens a session of a user at this time of the server's clock.
    pub(super) fn judge(&self, token: &Token, app: AppId, uid: &Uid, now: Wall) -> Verdict {
        let Some(Minted { claims, genuine, .. }) = self.minted.get(token.reveal()) else {
            return Verdict::Bad("nobody made it");
        };
        match claims {
            _ if !genuine => Verdict::Bad("it is forged"),
            _ if claims.app != app => Verdict::Bad("it is for another app"),
            _ if claims.uid != *uid => Verdict::Bad("it is somebody else's"),
            _ if claims.expires_at <= now => Verdict::Bad("it has expired"),
            _ if claims.issued_at > now + TOKEN_LEEWAY => Verdict::Bad("it is from the future"),
            _ => self.revocation(claims),
        }
    }

    /// Whether a token was taken back.
    pub(super) fn revocation(&self, claims: &Claims) -> Verdict {
        let of_token = |revoked: &&Revoked| {
            revoked.app == claims.app && revoked.uid == claims.uid && claims.issued_at < revoked.before
        };
        match self.revoked.iter().filter(of_token).map(|revoked| revoked.is_done).max() {
            None => Verdict::Good,
            Some(true) => Verdict::Bad("it was taken back"),
            Some(false) => Verdict::Either,
        }
    }
}
