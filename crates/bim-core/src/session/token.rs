//! The token of a session: which one to present, and when to ask for the next.

use std::time::Duration;

use bim_proto::RequestId;
use bim_types::limits::{REQUEST_TIMEOUT, TOKEN_REFRESH_LEAD};
use bim_types::{Entropy, Mono, Token};

use crate::backoff::Backoff;
use crate::command::Credential;
use crate::io::TokenAskId;

/// How long a token provider may take. After that the attempt counts as failed and it is asked again later.
pub(crate) const TOKEN_PROVIDER_TIMEOUT: Duration = Duration::from_secs(30);

/// Shortest time between two refreshes, whatever life the server gives a token.
const REFRESH_WAIT_MIN: Duration = Duration::from_secs(1);

/// Keeps the token of a session fresh.
///
/// ```text
///   usable ──► presented ──► refresh due ──► asked ──► presented in the running session
///                                ▲                          │ refused, no answer, no token
///                                └──────── backoff ◄────────┘
/// ```
#[derive(Clone, Debug, Default)]
pub(crate) struct TokenKeeper {
    provided: bool,
    token: Option<Token>,
    expires: Option<Mono>,
    refresh_at: Option<Mono>,
    asked: Option<(TokenAskId, Mono)>,
    last_ask: TokenAskId,
    presented: Option<Presented>,
    retry: Backoff,
}

#[derive(Clone, Debug)]
struct Presented {
    request: RequestId,
    token: Token,
    until: Mono,
}

impl TokenKeeper {
    /// Starts over with a new credential.
    pub(crate) fn start(&mut self, credential: Credential) {
        let last_ask = self.last_ask;
        *self = Self { last_ask, ..Self::default() };
        match credential {
            Credential::Fixed(token) => self.token = Some(token),
            Credential::Provider => self.provided = true,
        }
    }

    pub(crate) fn is_provided(&self) -> bool {
        self.provided
    }

    /// The token to log in with; `None` when the provider has to be asked first.
    pub(crate) fn usable(&self, now: Mono) -> Option<Token> {
        let stale = self.provided && self.expires.is_some_and(|expires| now >= expires);
        self.token.clone().filter(|_| !stale)
    }

    /// A question to put to the provider; `None` when one is open.
    pub(crate) fn ask(&mut self, now: Mono) -> Option<TokenAskId> {
        if self.asked.is_some() {
            return None;
        }
        self.last_ask.0 += 1;
        self.asked = Some((self.last_ask, now + TOKEN_PROVIDER_TIMEOUT));
        Some(self.last_ask)
    }

    /// Whether this is the answer to the open question, which it closes.
    pub(crate) fn is_answer(&mut self, ask: TokenAskId) -> bool {
        let open = matches!(self.asked, Some((asked, _)) if asked == ask);
        if open {
            self.asked = None;
        }
        open
    }

    /// The open question will not be answered in time.
    pub(crate) fn give_up_asking(&mut self) {
        self.asked = None;
    }

    /// Keeps a new token for the next login.
    pub(crate) fn keep(&mut self, token: Token) {
        self.token = Some(token);
        self.expires = None;
    }

    /// The server does not take the present token.
    pub(crate) fn on_rejected(&mut self) {
        self.token = None;
        self.expires = None;
    }

    /// The present token lives so much longer.
    pub(crate) fn on_accepted(&mut self, now: Mono, remaining: Duration) {
        self.retry.reset();
        self.expires = Some(now + remaining);
        let wait = remaining.saturating_sub(TOKEN_REFRESH_LEAD.min(remaining / 5));
        self.refresh_at = self.provided.then(|| now + wait.max(REFRESH_WAIT_MIN));
    }

    /// A newer token goes out in the running session.
    pub(crate) fn on_presented(&mut self, now: Mono, request: RequestId, token: Token) {
        self.presented = Some(Presented { request, token, until: now + REQUEST_TIMEOUT });
    }

    /// The newer token, if this is the request that presents it.
    pub(crate) fn take_presented(&mut self, request: RequestId) -> Option<Token> {
        self.presented.take_if(|presented| presented.request == request).map(|presented| presented.token)
    }

    /// The refresh failed; it is tried again later.
    pub(crate) fn retry_later(&mut self, now: Mono, entropy: &mut Entropy, asked: Option<Duration>) {
        self.refresh_at = Some(now + self.retry.next(entropy, asked));
    }

    /// The connection ended, and with it a refresh under way.
    pub(crate) fn on_lost(&mut self) {
        self.presented = None;
        self.refresh_at = None;
    }

    /// Notes that time went by. True when a refresh is due now.
    pub(crate) fn is_refresh_due(&mut self, now: Mono, entropy: &mut Entropy) -> bool {
        if self.asked.is_some_and(|(_, until)| now >= until) {
            self.asked = None;
            self.retry_later(now, entropy, None);
        }
        if self.presented.as_ref().is_some_and(|presented| now >= presented.until) {
            self.presented = None;
            self.retry_later(now, entropy, None);
        }
        self.is_idle() && self.refresh_at.is_some_and(|at| now >= at)
    }

    /// When [`Self::is_refresh_due`] has something to say.
    pub(crate) fn due(&self) -> Option<Mono> {
        let refresh = self.refresh_at.filter(|_| self.is_idle());
        let asked = self.asked.map(|(_, until)| until);
        let presented = self.presented.as_ref().map(|presented| presented.until);
        [refresh, asked, presented].into_iter().flatten().min()
    }

    fn is_idle(&self) -> bool {
        self.asked.is_none() && self.presented.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Mono {
        Mono::from_micros(seconds * 1_000_000)
    }

    fn provided() -> TokenKeeper {
        let mut keeper = TokenKeeper::default();
        keeper.start(Credential::Provider);
        keeper.keep(Token::from("t"));
        keeper
    }

    #[test]
    fn a_long_lived_token_is_refreshed_a_minute_before_its_end_and_a_short_one_after_four_fifths() {
        for (life, due) in [(3600, 3540), (100, 80)] {
            let mut keeper = provided();
            keeper.on_accepted(at(0), Duration::from_secs(life));
            assert_eq!(keeper.due(), Some(at(due)));
        }
    }

    #[test]
    fn a_fixed_token_is_never_refreshed() {
        let mut keeper = TokenKeeper::default();
        keeper.start(Credential::Fixed(Token::from("t")));
        keeper.on_accepted(at(0), Duration::from_secs(100));
        assert_eq!(keeper.due(), None);
        assert!(keeper.usable(at(1000)).is_some());
    }

    #[test]
    fn an_expired_token_is_not_presented_again() {
        let mut keeper = provided();
        keeper.on_accepted(at(0), Duration::from_secs(100));
        assert!(keeper.usable(at(99)).is_some());
        assert!(keeper.usable(at(100)).is_none());
    }

    #[test]
    fn one_question_is_open_at_a_time_and_a_late_answer_closes_nothing() {
        let mut keeper = provided();
        let first = keeper.ask(at(0)).unwrap();
        assert_eq!(keeper.ask(at(1)), None);
        assert!(!keeper.is_refresh_due(at(29), &mut Entropy::new(1)));
        keeper.is_refresh_due(at(30), &mut Entropy::new(1));
        let second = keeper.ask(at(31)).unwrap();
        assert!(!keeper.is_answer(first));
        assert!(keeper.is_answer(second));
    }
}
