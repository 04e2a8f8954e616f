//! What the server saw, to be asserted on.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use bim_server_core::script::{Entry, Journal, RequestKind, Seen as What, SeenRequest};
use bim_types::{ErrorCode, Uid};

/// What the server saw until now: [`FakeServer::seen`](crate::FakeServer::seen). An assertion that fails prints all of
/// it.
///
/// Users are named as elsewhere: `"alice"` or `7_i64`. What the fake server's own back end did is not in it.
#[derive(Clone, Debug)]
pub struct Seen {
    journal: Arc<Journal>,
}

impl Seen {
    pub(crate) fn new(journal: Arc<Journal>) -> Self {
        Self { journal }
    }

    /// Everything, oldest first.
    #[must_use]
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// How often a user asked for something of a kind, answered or not, resends included.
    ///
    /// # Panics
    ///
    /// When it is not a uid.
    #[must_use]
    pub fn asked<U: TryInto<Uid, Error: fmt::Debug>>(&self, uid: U, kind: RequestKind) -> usize {
        self.requests(&named(uid)).filter(|request| request.kind == kind).count()
    }

    /// How often a user sent a message, resends included.
    ///
    /// # Panics
    ///
    /// When it is not a uid.
    #[must_use]
    pub fn sends<U: TryInto<Uid, Error: fmt::Debug>>(&self, uid: U) -> usize {
        self.asked(uid, RequestKind::Send)
    }

    /// What a user's messages say, each once however often it was sent, in the order they first came in.
    ///
    /// # Panics
    ///
    /// When it is not a uid.
    #[must_use]
    pub fn messages<U: TryInto<Uid, Error: fmt::Debug>>(&self, uid: U) -> Vec<&str> {
        let mut known = BTreeSet::new();
        let mut texts = Vec::new();
        let uid = named(uid);
        for entry in self.journal.entries().filter(|entry| entry.uid.as_ref() == Some(&uid)) {
            let What::Asked(request) = &entry.seen else { continue };
            if request.kind == RequestKind::Send && known.insert(request.client_message_id) {
                texts.push(request.text.as_deref().unwrap_or_default());
            }
        }
        texts
    }

    /// How often a user was let in.
    ///
    /// # Panics
    ///
    /// When it is not a uid.
    #[must_use]
    pub fn logins<U: TryInto<Uid, Error: fmt::Debug>>(&self, uid: U) -> usize {
        self.of(&named(uid)).filter(|entry| matches!(entry.seen, What::LoggedIn { .. })).count()
    }

    /// The codes that a user's requests were refused with, in order.
    ///
    /// # Panics
    ///
    /// When it is not a uid.
    #[must_use]
    pub fn refusals<U: TryInto<Uid, Error: fmt::Debug>>(&self, uid: U) -> Vec<ErrorCode> {
        let refused = |entry: &Entry| match entry.seen {
            What::Answered(_, Err(code)) => Some(code),
            _ => None,
        };
        self.of(&named(uid)).filter_map(refused).collect()
    }

    /// The codes that a user's sessions and failed logins ended with, in order. A lost path has none.
    ///
    /// # Panics
    ///
    /// When it is not a uid.
    #[must_use]
    pub fn endings<U: TryInto<Uid, Error: fmt::Debug>>(&self, uid: U) -> Vec<ErrorCode> {
        let ended = |entry: &Entry| match entry.seen {
            What::Ended(code) => Some(code),
            _ => None,
        };
        self.of(&named(uid)).filter_map(ended).collect()
    }

    /// A user sent so often, resends included.
    ///
    /// # Panics
    ///
    /// When not.
    #[track_caller]
    pub fn assert_sends<U: TryInto<Uid, Error: fmt::Debug>>(&self, uid: U, times: usize) -> &Self {
        let uid = named(uid);
        self.check(self.sends(uid.clone()) == times, format_args!("{uid} sent {times} times"))
    }

    /// A user's messages say this, each counted once however often it was sent.
    ///
    /// # Panics
    ///
    /// When not.
    #[track_caller]
    pub fn assert_messages<U: TryInto<Uid, Error: fmt::Debug>>(&self, uid: U, texts: &[&str]) -> &Self {
        let uid = named(uid);
        self.check(self.messages(uid.clone()) == texts, format_args!("the messages of {uid} say {texts:?}"))
    }

    /// A user was let in so often.
    ///
    /// # Panics
    ///
    /// When not.
    #[track_caller]
    pub fn assert_logins<U: TryInto<Uid, Error: fmt::Debug>>(&self, uid: U, times: usize) -> &Self {
        let uid = named(uid);
        self.check(self.logins(uid.clone()) == times, format_args!("{uid} was let in {times} times"))
    }

    /// A user asked for something of a kind so often.
    ///
    /// # Panics
    ///
    /// When not.
    #[track_caller]
    pub fn assert_asked<U: TryInto<Uid, Error: fmt::Debug>>(
        &self,
        uid: U,
        kind: RequestKind,
        times: usize,
    ) -> &Self {
        let uid = named(uid);
        let asked = self.asked(uid.clone(), kind);
        self.check(asked == times, format_args!("{uid} wanted {times} times to {kind}"))
    }

    /// A request of a user was refused with this code.
    ///
    /// # Panics
    ///
    /// When none was.
    #[track_caller]
    pub fn assert_refused<U: TryInto<Uid, Error: fmt::Debug>>(&self, uid: U, code: ErrorCode) -> &Self {
        let uid = named(uid);
        let refused = self.refusals(uid.clone()).contains(&code);
        self.check(refused, format_args!("{uid} was refused with {}", code.number()))
    }

    /// No request of anyone was refused.
    ///
    /// # Panics
    ///
    /// When one was.
    #[track_caller]
    pub fn assert_nothing_refused(&self) -> &Self {
        let refused = |entry: &Entry| matches!(entry.seen, What::Answered(_, Err(_)));
        self.check(!self.journal.entries().any(refused), format_args!("nothing was refused"))
    }

    /// A session or login of a user was ended with this code.
    ///
    /// # Panics
    ///
    /// When none was.
    #[track_caller]
    pub fn assert_ended<U: TryInto<Uid, Error: fmt::Debug>>(&self, uid: U, code: ErrorCode) -> &Self {
        let uid = named(uid);
        let ended = self.endings(uid.clone()).contains(&code);
        self.check(ended, format_args!("a session of {uid} ended with {}", code.number()))
    }

    #[track_caller]
    fn check(&self, holds: bool, claim: fmt::Arguments<'_>) -> &Self {
        assert!(holds, "{claim}; but the server saw:\n{}", self.journal);
        self
    }

    fn of<'a>(&'a self, uid: &'a Uid) -> impl Iterator<Item = &'a Entry> {
        self.journal.entries().filter(move |entry| entry.uid.as_ref() == Some(uid))
    }

    fn requests<'a>(&'a self, uid: &'a Uid) -> impl Iterator<Item = &'a SeenRequest> {
        self.of(uid).filter_map(|entry| match &entry.seen {
            What::Asked(request) => Some(request),
            _ => None,
        })
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.journal.fmt(f)
    }
}

/// A user as tests name them.
pub(crate) fn named<U: TryInto<Uid, Error: fmt::Debug>>(uid: U) -> Uid {
    uid.try_into().expect("a test names its users rightly")
}
