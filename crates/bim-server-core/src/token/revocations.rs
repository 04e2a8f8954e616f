//! Tokens of one app that were taken back.
//!
//! Owns the list and its limit. An entry stays for as long as a token that it refuses could still be valid; then it
//! makes room. Never looks at a token itself: a session's [`Credential`] is enough.

use std::time::Duration;

use bim_proto::stored::StoredRevocations;
use bim_types::limits::REVOCATIONS_PER_APP_MAX;
use bim_types::{ErrorCode, Refusal, Uid, Wall};
use bytes::Bytes;

use super::{Credential, TokenId};

/// Tokens of one app that were taken back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Revocations(StoredRevocations);

/// One more to take back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Revocation {
    /// Those of a user that were made before.
    OfUser(Uid, Wall),
    /// One token.
    One(TokenId),
    /// All of a key.
    OfKey(String),
}

impl Revocations {
    /// As they were stored.
    pub(crate) fn new(stored: StoredRevocations) -> Self {
        Self(stored)
    }

    /// What holds when the list can not be read: any token made before could be on it.
    pub(crate) fn everything_before(at: Wall) -> Self {
        Self(StoredRevocations { all_issued_before: whole_second(at), ..StoredRevocations::default() })
    }

    /// Refuses a token that was taken back, and says when one made then is taken if that is still ahead.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::InvalidToken`].
    pub(crate) fn check(&self, uid: &Uid, credential: &Credential, now: Wall) -> Result<(), Refusal> {
        let refusal = || Refusal::new(ErrorCode::InvalidToken).hint("the token was revoked");
        if self.has_key(&credential.key_id) || self.0.tokens.contains_key(&credential.token.0) {
            return Err(refusal());
        }
        let before = self.issued_before(uid);
        if credential.issued_at >= before {
            return Ok(());
        }
        let wait = before.since(now);
        Err(if wait.is_zero() { refusal() } else { refusal().retry_after(wait) })
    }

    /// From when on a user's tokens are taken: a whole second.
    pub(crate) fn issued_before(&self, uid: &Uid) -> Wall {
        self.0.users.get(uid).copied().unwrap_or_default().max(self.0.all_issued_before)
    }

    /// Whether all tokens of a key were taken back.
    pub(crate) fn has_key(&self, key_id: &str) -> bool {
        self.0.key_ids.contains(key_id)
    }

    /// Adds one. `life` is the longest time from the making of a token to its end, as seen by this clock.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::TouchLimit`] when there are [`REVOCATIONS_PER_APP_MAX`] that are still needed.
    pub(crate) fn add(&mut self, revocation: Revocation, now: Wall, life: Duration) -> Result<(), Refusal> {
        self.prune(now, life);
        match revocation {
            Revocation::OfUser(uid, before) => {
                self.check_room(self.0.users.contains_key(&uid))?;
                let known = self.0.users.entry(uid).or_default();
                *known = whole_second(before).max(*known);
            }
            Revocation::One(TokenId(hash)) => {
                self.check_room(self.0.tokens.contains_key(&hash))?;
                self.0.tokens.insert(hash, now);
            }
            Revocation::OfKey(key_id) => {
                self.0.key_ids.insert(key_id);
            }
        }
        Ok(())
    }

    /// The bytes to store.
    pub(crate) fn encode(&self) -> Bytes {
        self.0.encode()
    }

    /// Leaves out what has nothing to refuse any more: every token it was about has expired.
    fn prune(&mut self, now: Wall, life: Duration) {
        self.0.users.retain(|_, before| *before + life > now);
        self.0.tokens.retain(|_, at| *at + life > now);
    }

    fn check_room(&self, is_known: bool) -> Result<(), Refusal> {
        if is_known || self.0.users.len() + self.0.tokens.len() < REVOCATIONS_PER_APP_MAX {
            return Ok(());
        }
        let refusal = Refusal::new(ErrorCode::TouchLimit).limit(REVOCATIONS_PER_APP_MAX as u64);
        Err(refusal.hint("so many users and tokens of the app are revoked; they make room when they expire"))
    }
}

/// The whole second at or after a time: `iat` counts in seconds, and a token made in the running second could have
/// been made before.
fn whole_second(at: Wall) -> Wall {
    Wall::from_secs(at.as_millis().div_ceil(1000))
}
