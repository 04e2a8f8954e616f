//! Tokens that have run out before their time.

use std::collections::{BTreeSet, VecDeque};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bim_types::{AppId, Token, Uid};
use sha2::{Digest, Sha256};

/// Tokens remembered that were presented. When full, the oldest is forgotten, and can not be expired any more.
const PRESENTED_MAX: usize = 4_096;

/// Tokens remembered that have run out. When full, any one of them is forgotten.
const EXPIRED_MAX: usize = 65_536;

/// Which tokens were presented, and which have run out before their time. Holds no token, only what tells one from
/// another.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    presented: VecDeque<(AppId, Uid, Print)>,
    expired: BTreeSet<Print>,
    /// Tokens of these users with a number of their own, all below this one, have run out.
    numbered: Vec<(AppId, Uid, u128)>,
}

/// What tells one token from another.
type Print = [u8; 32];

impl Tokens {
    /// Remembers a token that a user presented.
    pub(super) fn present(&mut self, app: AppId, uid: &Uid, token: &Token) {
        let entry = (app, uid.clone(), print(token));
        if !self.presented.contains(&entry) {
            if self.presented.len() >= PRESENTED_MAX {
                self.presented.pop_front();
            }
            self.presented.push_back(entry);
        }
    }

    /// Has run out whatever a user presented, and whatever has a number below this one.
    pub(super) fn expire(&mut self, app: AppId, uid: &Uid, below: u128) {
        let expired = &mut self.expired;
        self.presented.retain(|(of, user, print)| {
            let is_meant = *of == app && user == uid;
            if is_meant {
                expired.insert(*print);
            }
            !is_meant
        });
        while self.expired.len() > EXPIRED_MAX {
            self.expired.pop_first();
        }
        self.numbered.retain(|(of, user, _)| *of != app || user != uid);
        if self.numbered.len() < EXPIRED_MAX {
            self.numbered.push((app, uid.clone(), below));
        }
    }

    /// Whether a token has run out.
    pub(super) fn is_expired(&self, app: AppId, uid: &Uid, token: &Token) -> bool {
        let below = self.numbered.iter().find(|(of, user, _)| *of == app && user == uid);
        let is_old = below.is_some_and(|(_, _, below)| number(token).is_some_and(|number| number < *below));
        is_old || (!self.expired.is_empty() && self.expired.contains(&print(token)))
    }
}

fn print(token: &Token) -> Print {
    Sha256::digest(token.reveal().as_bytes()).into()
}

/// The number of a token whose id is one, as those of a fake app are. Nothing of it is verified.
fn number(token: &Token) -> Option<u128> {
    let claims = URL_SAFE_NO_PAD.decode(token.reveal().split('.').nth(1)?).ok()?;
    let claims: serde_json::Value = serde_json::from_slice(&claims).ok()?;
    u128::from_str_radix(claims.get("jti")?.as_str()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bim_types::{AppSecret, Wall};

    use super::*;
    use crate::token;

    fn app() -> AppId {
        AppId::new(1).unwrap()
    }

    fn alice() -> Uid {
        Uid::string("alice").unwrap()
    }

    fn made(nonce: u128) -> Token {
        let claims = token::claims(app(), alice(), Wall::from_secs(1), Duration::from_secs(60), nonce);
        token::mint("1.1", &AppSecret::new(vec![7; 32]), &claims)
    }

    #[test]
    fn what_was_presented_has_run_out_and_what_comes_later_has_not() {
        let mut tokens = Tokens::default();
        tokens.present(app(), &alice(), &Token::from("old"));
        tokens.expire(app(), &alice(), 0);
        tokens.present(app(), &alice(), &Token::from("new"));
        assert!(tokens.is_expired(app(), &alice(), &Token::from("old")));
        assert!(!tokens.is_expired(app(), &alice(), &Token::from("new")));
    }

    #[test]
    fn what_was_made_and_never_presented_has_run_out_by_its_number() {
        let mut tokens = Tokens::default();
        tokens.expire(app(), &alice(), 5);
        assert!(tokens.is_expired(app(), &alice(), &made(4)));
        assert!(!tokens.is_expired(app(), &alice(), &made(5)));
        assert!(!tokens.is_expired(app(), &Uid::string("bob").unwrap(), &made(4)));
    }
}
