//! What a test has the server do wrong, and what it has seen.

use std::fmt;
use std::time::Duration;

use bim_server_core::script::{Request, RuleId, Script};
use bim_server_core::{AdminCommand, AdminReply, RevokedTokens};
use bim_types::{Refusal, Uid};
use tokio::time::{Instant, timeout_at};

use crate::network::{Link, Whose};
use crate::seen::{Seen, named};
use crate::server::FakeServer;

/// How long [`FakeServer::until`] waits, on tokio's clock. After it the test fails.
pub const UNTIL_TIMEOUT: Duration = Duration::from_secs(10 * 60);

impl FakeServer {
    /// The script of this server, for rules about requests. It stays the same over crashes and restarts: rules hold
    /// and count on.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() {
    /// use std::time::Duration;
    ///
    /// use bim_fake_server::Request;
    ///
    /// let server = bim_fake_server::serve().await;
    /// server.script().on(Request::send()).nth(3).lose_answer();
    /// server.script().on(Request::join().by("bob")).always().answer_late(Duration::from_secs(5));
    /// # }
    /// ```
    #[must_use]
    pub fn script(&self) -> &Script {
        &self.parts().script
    }

    /// Refuses the next message of anyone, with a code or a whole [`Refusal`].
    pub fn refuse_next_send(&self, refusal: impl Into<Refusal>) -> RuleId {
        self.script().on(Request::send()).refuse(refusal)
    }

    /// Has the server accept the n-th message from now on, counted from 1, and lose the answer and the connection.
    pub fn lose_answer_to_send(&self, nth: u64) -> RuleId {
        self.script().on(Request::send()).nth(nth).lose_answer()
    }

    /// Has every token of a user run out now: running sessions end as if their token's time had come, and what was
    /// made or presented before is refused with 100 from now on. A token made after this is taken. Holds over
    /// restarts.
    ///
    /// # Panics
    ///
    /// While it is stopped, or when it is not a uid.
    ///
    /// # Cancel safety
    ///
    /// When dropped, it is done with the next thing that reaches the server.
    pub async fn expire_token<U: TryInto<Uid, Error: fmt::Debug>>(&self, uid: U) {
        self.script().expire_tokens(self.app_id(), named(uid), self.app().made());
        self.nudge().await;
    }

    /// Has an operator revoke every token of a user that was made until now, as [`AdminCommand::RevokeTokens`] does.
    /// A token that this server makes after it is taken. Returns how many sessions ended.
    ///
    /// # Panics
    ///
    /// While it is stopped, when it is not a uid, or when the server refuses.
    pub async fn revoke_tokens<U: TryInto<Uid, Error: fmt::Debug>>(&self, uid: U) -> u64 {
        let tokens = RevokedTokens::OfUser { uid: named(uid), issued_before: None };
        let command = AdminCommand::RevokeTokens { app: self.app_id(), tokens };
        match self.admin().call(command).await {
            Ok(AdminReply::TokensRevoked { sessions }) => {
                self.app().make_later_tokens();
                sessions
            }
            other => panic!("the tokens were not revoked: {other:?}"),
        }
    }

    /// The network of everyone, to be made bad. In memory only; see [`Link`].
    #[must_use]
    pub fn network(&self) -> Link {
        Link::new(self.lives.dialer.network(), Whose::Everyones)
    }

    /// The network of one user.
    ///
    /// # Panics
    ///
    /// When it is not a uid.
    #[must_use]
    pub fn network_of<U: TryInto<Uid, Error: fmt::Debug>>(&self, uid: U) -> Link {
        Link::new(self.lives.dialer.network(), Whose::Of(named(uid)))
    }

    /// Takes everyone's network away; see [`Link::go_offline`].
    pub fn go_offline(&self) {
        self.network().go_offline();
    }

    /// Gives it back; see [`Link::come_back`].
    pub fn come_back(&self) {
        self.network().come_back();
    }

    /// Takes everyone's network away for so long on tokio's clock; see [`Link::offline_for`].
    ///
    /// # Cancel safety
    ///
    /// When dropped, the network stays away.
    pub async fn offline_for(&self, time: Duration) {
        self.network().offline_for(time).await;
    }

    /// Cuts every connection; clients may come back at once.
    pub fn cut_connections(&self) {
        self.network().cut();
    }

    /// Cuts the connections of one user.
    ///
    /// # Panics
    ///
    /// When it is not a uid.
    pub fn cut<U: TryInto<Uid, Error: fmt::Debug>>(&self, uid: U) {
        self.network_of(uid).cut();
    }

    /// What the server saw until now, in all its lives: at most
    /// [`JOURNAL_ENTRIES_MAX`](bim_server_core::script::JOURNAL_ENTRIES_MAX) entries, the oldest go first.
    #[must_use]
    pub fn seen(&self) -> Seen {
        Seen::new(self.script().journal())
    }

    /// Forgets what the server saw until now.
    pub fn forget_seen(&self) {
        self.script().forget_journal();
    }

    /// Waits until the server has seen something, and returns what it saw then. It looks after everything that
    /// happens, so no time is lost; with paused time, time goes on while it waits.
    ///
    /// # Panics
    ///
    /// When it has not within [`UNTIL_TIMEOUT`] of tokio's clock; prints what it saw instead.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn until(&self, mut is_it: impl FnMut(&Seen) -> bool) -> Seen {
        let deadline = Instant::now() + UNTIL_TIMEOUT;
        let mut news = self.parts().news.subscribe();
        loop {
            news.mark_unchanged();
            let seen = self.seen();
            if is_it(&seen) {
                return seen;
            }
            // Whoever holds on to what was seen makes the next entry dear.
            drop(seen);
            if timeout_at(deadline, news.changed()).await.is_err() {
                panic!("not seen within {UNTIL_TIMEOUT:?}; but the server saw:\n{}", self.seen());
            }
        }
    }

    /// Has the script look at what is wanted of it. While faults keep the server down, it waits.
    ///
    /// # Panics
    ///
    /// While it is stopped otherwise.
    pub(crate) async fn nudge(&self) {
        if self.fault_seed().is_some() {
            let mut news = self.parts().news.subscribe();
            // The sender lives as long as the server that is borrowed here.
            while !self.lives.is_up() && news.changed().await.is_ok() {}
        }
        let admin = self.admin();
        // The answer is of no interest, and a server that stops has its own way to say so.
        let _ = admin.call(AdminCommand::Status).await;
    }
}
