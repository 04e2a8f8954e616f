//! What everyone who takes part knows.

use std::time::Duration;

use bim_server_core::token;
use bim_types::{AppId, AppSecret, ConversationShortId, Entropy, Mono, Token, Uid, Wall};

/// The app, its key, its users and its groups.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) app: AppId,
    pub(crate) key_id: String,
    pub(crate) secret: AppSecret,
    /// Another app of the same server, with its key.
    pub(crate) foreign: Option<(AppId, String, AppSecret)>,
    /// The true time of day at the start.
    pub(crate) wall: Wall,
    pub(crate) uids: Vec<Uid>,
    pub(crate) groups: Vec<ConversationShortId>,
    /// How long tokens live.
    pub(crate) token_life: Duration,
    pub(crate) mints: u128,
    /// Tokens that were made and not shown yet.
    pub(crate) minted: Vec<Minted>,
}

/// A token that somebody made, and what is true of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Minted {
    /// The token.
    pub token: Token,
    /// What its maker says it is.
    pub claims: token::Claims,
    /// Whether the app's back end made it, with the app's key.
    pub genuine: bool,
}

impl Stage {
    /// A token as the app's back end makes them, by the true time of day.
    pub(crate) fn mint(&mut self, uid: &Uid, app_server: bool, now: Mono) -> Token {
        let claims = token::Claims { app_server, ..self.claims(uid, now) };
        let token = token::mint(&self.key_id, &self.secret, &claims);
        self.minted.push(Minted { token: token.clone(), claims, genuine: true });
        token
    }

    /// A token for a user of this app that no server should take.
    pub(crate) fn counterfeit(&mut self, uid: &Uid, now: Mono, dice: &mut Entropy) -> Token {
        let mut claims = self.claims(uid, now);
        let wrong = AppSecret::new(vec![7; 32]);
        let foreign = self.foreign.clone().unwrap_or_else(|| (self.app, self.key_id.clone(), wrong.clone()));
        let token = match below(dice, 4) {
            0 => token::mint(&self.key_id, &wrong, &claims),
            1 => token::mint(&foreign.1, &foreign.2, &claims),
            2 => {
                claims.app = foreign.0;
                token::mint(&foreign.1, &foreign.2, &claims)
            }
            _ => tampered(&token::mint(&self.key_id, &self.secret, &claims), dice),
        };
        self.minted.push(Minted { token: token.clone(), claims, genuine: false });
        token
    }

    fn claims(&mut self, uid: &Uid, now: Mono) -> token::Claims {
        self.mints += 1;
        let wall = self.wall + now.since(Mono::ZERO);
        token::claims(self.app, uid.clone(), wall, self.token_life, self.mints)
    }
}

/// The same with one character in its middle changed.
fn tampered(token: &Token, dice: &mut Entropy) -> Token {
    let mut text: Vec<char> = token.reveal().chars().collect();
    // The last characters hold bits that decoding may ignore, the first are the header's.
    let at = 60 + below(dice, text.len().saturating_sub(70));
    if let Some(letter) = text.get_mut(at) {
        *letter = if *letter == 'A' { 'B' } else { 'A' };
    }
    Token::new(text.into_iter().collect::<String>())
}

/// The name of one of the users: a string or a number.
pub(crate) fn uid_of(user: usize) -> Uid {
    match user % 3 {
        2 => Uid::int(user as i64 + 1).expect("a small positive number is a uid"),
        _ => Uid::string(&format!("user{user}")).expect("a short word is a uid"),
    }
}

/// A number below `end`; 0 when there is none.
pub(crate) fn below(dice: &mut Entropy, end: usize) -> usize {
    usize::try_from((u128::from(dice.bits()) * end as u128) >> 64).unwrap_or(0)
}

/// Whether something with this chance in a hundred happens.
pub(crate) fn percent(dice: &mut Entropy, chance: usize) -> bool {
    below(dice, 100) < chance
}

/// One of these, if there are any.
pub(crate) fn pick<T: Clone>(dice: &mut Entropy, of: &[T]) -> Option<T> {
    of.get(below(dice, of.len())).cloned()
}
