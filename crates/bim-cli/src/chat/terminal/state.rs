//! What the terminal shows, apart from how it looks.

use std::collections::VecDeque;

use super::input_line::InputLine;
use crate::shown::attendance_line;

/// Entries that can be scrolled back to. The oldest leave.
const ENTRIES_MAX: usize = 2_000;

/// Everything on the screen.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) entries: VecDeque<Entry>,
    pub(super) input: InputLine,
    /// Rows scrolled up from the newest.
    pub(super) scrolled: usize,
    pub(super) room: String,
    pub(super) connection: Connection,
    pub(super) online: u64,
    /// What happened to the last own message that is worth a word.
    pub(super) verdict: Verdict,
}

/// One thing in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// Somebody's message.
    Message { time: String, sender: String, text: String, high: bool },
    /// An own message, from the moment it was typed.
    Own { line: u64, time: String, text: String, verdict: Verdict },
    /// Something to know.
    Notice(String),
    /// How many came and went since what stands before it, and how many are in.
    Attendance { joined: u64, left: u64, online: u64 },
}

/// What became of an own message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Verdict {
    /// None was sent yet.
    #[default]
    None,
    /// On its way.
    Sending,
    /// At this position.
    Accepted(String),
    /// Refused for now; it is sent again by itself.
    Waiting(String),
    /// Refused for good.
    Refused(String),
}

/// How the long connection is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Connection {
    #[default]
    Connecting,
    Connected,
    Lost(String),
}

impl State {
    /// Adds something at the end. Who has scrolled up keeps what is in view only roughly.
    pub(super) fn add(&mut self, entry: Entry) {
        if self.entries.len() >= ENTRIES_MAX {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
        if self.scrolled > 0 {
            self.scrolled += 1;
        }
    }

    pub(super) fn notice(&mut self, text: impl Into<String>) {
        self.add(Entry::Notice(text.into()));
    }

    /// Notes who came and went. In a row it is one entry, so that a busy door does not hide what is said.
    pub(super) fn attendance(&mut self, joined: u64, left: u64, online: u64) {
        if attendance_line(joined, left, online).is_none() {
            return;
        }
        if let Some(Entry::Attendance { joined: came, left: went, online: last }) = self.entries.back_mut() {
            (*came, *went, *last) = (came.saturating_add(joined), went.saturating_add(left), online);
        } else {
            self.add(Entry::Attendance { joined, left, online });
        }
    }

    /// Notes what became of an own message. One that has left the list is only told in the status line.
    pub(super) fn settle(&mut self, line: u64, verdict: Verdict) {
        let own = self.entries.iter_mut().rev().find_map(|entry| match entry {
            Entry::Own { line: number, verdict, .. } if *number == line => Some(verdict),
            _ => None,
        });
        if let Some(own) = own {
            own.clone_from(&verdict);
        }
        self.verdict = verdict;
    }

    pub(super) fn scroll_up(&mut self, rows: usize) {
        self.scrolled = self.scrolled.saturating_add(rows);
    }

    pub(super) fn scroll_down(&mut self, rows: usize) {
        self.scrolled = self.scrolled.saturating_sub(rows);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_own_message_is_one_entry_from_typing_to_verdict() {
        let mut state = State::default();
        let own = |verdict| Entry::Own { line: 1, time: "12:00".into(), text: "hi".into(), verdict };
        state.add(own(Verdict::Sending));
        state.notice("n");
        state.settle(1, Verdict::Accepted("7:1".into()));
        assert_eq!(state.entries, [own(Verdict::Accepted("7:1".into())), Entry::Notice("n".into())]);
    }

    #[test]
    fn who_comes_and_goes_in_a_row_is_one_entry() {
        let mut state = State::default();
        state.attendance(0, 0, 5);
        state.attendance(2, 0, 7);
        state.attendance(1, 1, 7);
        state.notice("n");
        state.attendance(0, 1, 6);
        let line = |joined, left, online| Entry::Attendance { joined, left, online };
        assert_eq!(state.entries, [line(3, 1, 7), Entry::Notice("n".into()), line(0, 1, 6)]);
    }

    #[test]
    fn the_oldest_entries_leave() {
        let mut state = State::default();
        for number in 0..=ENTRIES_MAX {
            state.notice(number.to_string());
        }
        assert_eq!(state.entries.len(), ENTRIES_MAX);
        assert_eq!(state.entries.front(), Some(&Entry::Notice("1".into())));
    }
}
