//! Which requests a rule is about.

use std::fmt;
use std::sync::Arc;

use bim_types::{ConversationShortId, Uid};

use super::kind::{RequestKind, Summary};

/// Which requests a rule is about: a kind, and if wanted a user, a group and words.
///
/// ```
/// use bim_server_core::script::Request;
///
/// let of_alice = Request::send().by("alice").saying("hello");
/// assert_eq!(of_alice.to_string(), "send by alice saying \"hello\"");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Request {
    kind: Option<RequestKind>,
    uid: Option<Uid>,
    group: Option<ConversationShortId>,
    text: Option<Arc<str>>,
}

impl Request {
    /// Every request, logins not counted.
    pub fn any() -> Self {
        Self::default()
    }

    /// Requests of one kind.
    pub fn of_kind(kind: RequestKind) -> Self {
        Self { kind: Some(kind), ..Self::default() }
    }

    /// Logins: the first frame of a connection. They are in no group.
    pub fn login() -> Self {
        Self::of_kind(RequestKind::Login)
    }

    /// Newer tokens of running sessions.
    pub fn refresh_token() -> Self {
        Self::of_kind(RequestKind::RefreshToken)
    }

    /// Messages to live groups.
    pub fn send() -> Self {
        Self::of_kind(RequestKind::Send)
    }

    /// Joins of live groups, those after a reconnect included.
    pub fn join() -> Self {
        Self::of_kind(RequestKind::Join)
    }

    /// Leaves of live groups.
    pub fn leave() -> Self {
        Self::of_kind(RequestKind::Leave)
    }

    /// New live groups.
    pub fn create() -> Self {
        Self::of_kind(RequestKind::CreateGroup)
    }

    /// Reads of history.
    pub fn read_history() -> Self {
        Self::of_kind(RequestKind::ReadHistory)
    }

    /// Only of this user, such as `"alice"` or `7_i64`.
    ///
    /// # Panics
    ///
    /// When it is not a uid.
    pub fn by<U: TryInto<Uid, Error: fmt::Debug>>(mut self, uid: U) -> Self {
        self.uid = Some(uid.try_into().expect("a test names its users rightly"));
        self
    }

    /// Only about this group.
    pub fn to(mut self, group: ConversationShortId) -> Self {
        self.group = Some(group);
        self
    }

    /// Only messages whose text holds these words.
    pub fn saying(mut self, words: &str) -> Self {
        self.text = Some(words.into());
        self
    }

    pub(super) fn matches(&self, uid: Option<&Uid>, request: &Summary) -> bool {
        let kind_fits = match self.kind {
            Some(kind) => kind == request.kind,
            None => request.kind != RequestKind::Login,
        };
        let text_fits = |words: &Arc<str>| request.text.as_ref().is_some_and(|text| text.contains(&**words));
        kind_fits
            && self.uid.as_ref().is_none_or(|wanted| uid == Some(wanted))
            && self.group.is_none_or(|wanted| request.group == Some(wanted))
            && self.text.as_ref().is_none_or(text_fits)
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Some(kind) => write!(f, "{kind}")?,
            None => f.write_str("anything")?,
        }
        if let Some(uid) = &self.uid {
            write!(f, " by {uid}")?;
        }
        if let Some(group) = self.group {
            write!(f, " to {group}")?;
        }
        match &self.text {
            Some(words) => write!(f, " saying {words:?}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uid(name: &str) -> Uid {
        Uid::string(name).unwrap()
    }

    fn hello() -> Summary {
        Summary { text: Some("hello world".into()), ..Summary::of_kind(RequestKind::Send) }
    }

    #[test]
    fn a_pattern_matches_by_kind_user_and_words() {
        let alice = uid("alice");
        assert!(Request::any().matches(None, &hello()));
        assert!(Request::send().by("alice").saying("world").matches(Some(&alice), &hello()));
        assert!(!Request::send().by("bob").matches(Some(&alice), &hello()));
        assert!(!Request::send().saying("bye").matches(Some(&alice), &hello()));
        assert!(!Request::join().matches(Some(&alice), &hello()));
    }

    #[test]
    fn any_request_is_no_login() {
        let login = Summary::of_kind(RequestKind::Login);
        assert!(!Request::any().matches(None, &login));
        assert!(Request::login().matches(None, &login));
    }
}
