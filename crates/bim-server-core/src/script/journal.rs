//! What the server saw, in order.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bim_types::{AppId, ClientMessageId, ConnectionId, ConversationShortId, DeviceId, ErrorCode, Mono, Uid};

use super::kind::{RequestKind, Summary};
use super::rule::Effect;

/// Entries that a journal keeps. When full, the oldest go and are counted as gone.
pub const JOURNAL_ENTRIES_MAX: usize = 65_536;

/// Bytes of text that a journal keeps. When full, the oldest entries go and are counted as gone.
pub const JOURNAL_TEXT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What the server saw, oldest first: everything that clients did, and nothing of the script's own back end.
#[derive(Clone, Debug, Default)]
pub struct Journal {
    entries: VecDeque<Entry>,
    text_bytes: usize,
    gone: u64,
}

/// One thing the server saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When, on the server's monotonic clock.
    pub at: Mono,
    /// On which connection; `None`: on none. Numbers begin anew with each life of a server.
    pub connection: Option<ConnectionId>,
    /// Whose connection it is, once that is known.
    pub uid: Option<Uid>,
    /// What.
    pub seen: Seen,
}

/// What the server saw.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Seen {
    /// The server was started; the number of its life, from 1.
    Started(u64),
    /// A connection was opened.
    Connected,
    /// Its user was let in.
    LoggedIn {
        /// To which app.
        app: AppId,
        /// From which device.
        device: DeviceId,
        /// Whether that device had been let in before.
        returning: bool,
    },
    /// A request came, whatever became of it. Logins count as requests.
    Asked(SeenRequest),
    /// An answer to a request was made. `Ok`: it was done.
    Answered(SeenRequest, Result<(), ErrorCode>),
    /// A rule of the script applied to a request.
    Ruled(SeenRequest, Effect),
    /// The server ended the session, and said why.
    Ended(ErrorCode),
    /// The connection is gone.
    Closed,
}

/// A request as a journal notes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenRequest {
    /// What was asked.
    pub kind: RequestKind,
    /// About which group.
    pub group: Option<ConversationShortId>,
    /// The message's id: the same for each resend.
    pub client_message_id: Option<ClientMessageId>,
    /// What the message says.
    pub text: Option<Arc<str>>,
}

impl Journal {
    /// Everything that is kept, oldest first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter()
    }

    /// How many older entries are not kept any more.
    #[must_use]
    pub fn gone(&self) -> u64 {
        self.gone
    }

    pub(super) fn push(&mut self, entry: Entry) {
        self.text_bytes += text_len(&entry);
        self.entries.push_back(entry);
        while self.entries.len() > JOURNAL_ENTRIES_MAX || self.text_bytes > JOURNAL_TEXT_BYTES_MAX {
            let Some(oldest) = self.entries.pop_front() else { break };
            self.text_bytes = self.text_bytes.saturating_sub(text_len(&oldest));
            self.gone += 1;
        }
    }
}

/// What an entry costs. A text that several entries share is counted for each.
fn text_len(entry: &Entry) -> usize {
    match &entry.seen {
        Seen::Asked(request) | Seen::Answered(request, _) | Seen::Ruled(request, _) => {
            request.text.as_ref().map_or(0, |text| text.len())
        }
        Seen::Started(_) | Seen::Connected | Seen::LoggedIn { .. } | Seen::Ended(_) | Seen::Closed => 0,
    }
}

impl From<Summary> for SeenRequest {
    fn from(summary: Summary) -> Self {
        let Summary { kind, group, client_message_id, text } = summary;
        Self { kind, group, client_message_id, text }
    }
}

impl fmt::Display for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.gone > 0 {
            writeln!(f, "({} older entries are gone)", self.gone)?;
        }
        self.entries.iter().try_for_each(|entry| writeln!(f, "{entry}"))
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at: Duration = self.at.since(Mono::ZERO);
        write!(f, "{:>11.3} s  ", at.as_secs_f64())?;
        if let Some(ConnectionId(number)) = self.connection {
            write!(f, "#{number:<3} ")?;
        }
        if let Some(uid) = &self.uid {
            write!(f, "{uid}: ")?;
        }
        match &self.seen {
            Seen::Started(life) => write!(f, "the server starts (life {life})"),
            Seen::Connected => f.write_str("connected"),
            Seen::LoggedIn { returning: false, .. } => f.write_str("let in, a new device"),
            Seen::LoggedIn { returning: true, .. } => f.write_str("let in, a known device"),
            Seen::Asked(request) => write!(f, "wants to {request}"),
            Seen::Answered(request, Ok(())) => write!(f, "is answered, done: {request}"),
            Seen::Answered(request, Err(code)) => write!(f, "is refused, {code}: {request}"),
            Seen::Ruled(request, effect) => write!(f, "by a rule {effect}: {request}"),
            Seen::Ended(code) => write!(f, "the session ends, {code}"),
            Seen::Closed => f.write_str("gone"),
        }
    }
}

impl fmt::Display for SeenRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)?;
        if let Some(text) = &self.text {
            write!(f, " {text:?}")?;
        }
        if let Some(id) = self.client_message_id {
            write!(f, " ({id})")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(text: &str) -> Entry {
        let request = Summary { text: Some(text.into()), ..Summary::of_kind(RequestKind::Send) };
        Entry { at: Mono::ZERO, connection: None, uid: None, seen: Seen::Asked(request.into()) }
    }

    #[test]
    fn the_oldest_entries_go_and_are_counted() {
        let mut journal = Journal::default();
        for number in 0..JOURNAL_ENTRIES_MAX + 3 {
            journal.push(sent(&number.to_string()));
        }
        assert_eq!((journal.entries().count(), journal.gone()), (JOURNAL_ENTRIES_MAX, 3));
        assert_eq!(journal.entries().next(), Some(&sent("3")));
    }

    #[test]
    fn text_is_bounded_in_bytes_whatever_the_number_of_entries() {
        let mut journal = Journal::default();
        let long = "x".repeat(JOURNAL_TEXT_BYTES_MAX / 2);
        for _ in 0..3 {
            journal.push(sent(&long));
        }
        assert_eq!((journal.entries().count(), journal.gone()), (2, 1));
    }

    #[test]
    fn an_entry_reads_like_a_line_of_a_log() {
        let entry = Entry {
            at: Mono::from_micros(1_500_000),
            connection: Some(ConnectionId(2)),
            uid: Some(Uid::string("alice").unwrap()),
            ..sent("hi")
        };
        assert_eq!(entry.to_string(), "      1.500 s  #2   alice: wants to send \"hi\"");
    }
}
