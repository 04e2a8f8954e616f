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
    /// The true time of day at the start.
    pub(crate) wall: Wall,
    pub(crate) uids: Vec<Uid>,
    pub(crate) groups: Vec<ConversationShortId>,
    /// How long tokens live.
    pub(crate) token_life: Duration,
    pub(crate) minted: u128,
}

impl Stage {
    /// A token as the app's back end makes them, by the true time of day.
    pub(crate) fn mint(&mut self, uid: &Uid, app_server: bool, now: Mono) -> Token {
        self.minted += 1;
        let wall = self.wall + now.since(Mono::ZERO);
        let claims = token::claims(self.app, uid.clone(), wall, self.token_life, self.minted);
        token::mint(&self.key_id, &self.secret, &token::Claims { app_server, ..claims })
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
