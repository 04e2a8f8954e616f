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

    /// What holds when the list can not be read: any token made until now could be on it.
    pub(crate) fn everything_until(at: Wall) -> Self {
        Self(StoredRevocations { all_issued_before: next_second(at), ..StoredRevocations::default() })
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

    /// From when on a user's tokens are taken.
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
                *known = before.max(*known);
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

/// The first whole second after a time: what was made until then counts as made before it, because `iat` counts in
/// seconds and can not say whether a token of the running second was.
pub(crate) fn next_second(at: Wall) -> Wall {
    Wall::from_secs(at.as_secs() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFE: Duration = Duration::from_secs(100);

    fn at(seconds: u64) -> Wall {
        Wall::from_secs(1_000 + seconds)
    }

    fn user(name: &str) -> Uid {
        Uid::string(name).unwrap()
    }

    fn of_user(name: &str, seconds: u64) -> Revocation {
        Revocation::OfUser(user(name), at(seconds))
    }

    fn credential(issued: u64) -> Credential {
        Credential {
            key_id: "1.1".into(),
            token: TokenId::of("jti"),
            issued_at: at(issued),
            expires_at: at(issued + 50),
        }
    }

    /// Half users and half tokens, all revoked at the start.
    fn full() -> Revocations {
        let half = REVOCATIONS_PER_APP_MAX as u64 / 2;
        let mut stored = StoredRevocations::default();
        stored.users.extend((0..half).map(|user| (Uid::int(user as i64 + 1).unwrap(), at(0))));
        stored.tokens.extend((0..half).map(|token| (TokenId::of(&token.to_string()).0, at(0))));
        Revocations::new(stored)
    }

    #[test]
    fn a_full_list_refuses_more_and_takes_again_what_it_has() {
        let mut revocations = full();
        for more in [of_user("more", 1), Revocation::One(TokenId::of("more"))] {
            let refused = revocations.add(more, at(1), LIFE).unwrap_err();
            assert_eq!((refused.code, refused.limit), (ErrorCode::TouchLimit, Some(10_000)));
        }
        let known = Revocation::OfUser(Uid::int(1).unwrap(), at(1));
        assert_eq!(revocations.add(known, at(1), LIFE), Ok(()));
        assert_eq!(revocations.add(Revocation::One(TokenId::of("0")), at(1), LIFE), Ok(()));
        assert_eq!(revocations.add(Revocation::OfKey("1.1".into()), at(1), LIFE), Ok(()));
    }

    #[test]
    fn what_has_nothing_to_refuse_any_more_makes_room_and_no_sooner() {
        let mut revocations = full();
        assert!(revocations.add(of_user("more", 99), at(99), LIFE).is_err());
        assert_eq!(revocations.add(of_user("more", 100), at(100), LIFE), Ok(()));
        let StoredRevocations { users, tokens, .. } = revocations.0;
        assert_eq!((users.len(), tokens.len()), (1, 0));
    }

    #[test]
    fn keys_and_what_is_refused_to_all_never_make_room() {
        let mut revocations = Revocations::everything_until(at(9));
        revocations.add(Revocation::OfKey("1.2".into()), at(10), LIFE).unwrap();
        revocations.add(of_user("a", 1_000_000), at(1_000_000), LIFE).unwrap();
        assert!(revocations.has_key("1.2"));
        assert_eq!(revocations.issued_before(&user("b")), at(10));
    }

    #[test]
    fn an_earlier_revocation_of_a_user_takes_nothing_of_a_later_one_back() {
        let mut revocations = Revocations::default();
        revocations.add(of_user("a", 20), at(20), LIFE).unwrap();
        revocations.add(of_user("a", 10), at(20), LIFE).unwrap();
        assert!(revocations.check(&user("a"), &credential(19), at(21)).is_err());
        assert_eq!(revocations.check(&user("a"), &credential(20), at(21)), Ok(()));
        assert_eq!(revocations.check(&user("b"), &credential(1), at(21)), Ok(()));
    }
}
