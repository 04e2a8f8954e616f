//! Pages of lists.

use bim_types::{Message, Seq};

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The entries, in the order of their ids.
    pub list: Vec<T>,
    /// What to give as cursor for the next page.
    pub next_cursor: i64,
    /// Whether there is a next page.
    pub has_more: bool,
}

/// One page of messages, oldest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryPage {
    /// The messages.
    pub list: Vec<Message>,
    /// What to give as first number for the next page.
    pub next_seq: Seq,
    /// Whether the wanted range goes on.
    pub has_more: bool,
}

impl<T> From<bim_core::Page<T>> for Page<T> {
    fn from(page: bim_core::Page<T>) -> Self {
        Self { list: page.entries, next_cursor: page.next_cursor, has_more: page.has_more }
    }
}

impl From<bim_core::HistoryPage> for HistoryPage {
    fn from(page: bim_core::HistoryPage) -> Self {
        Self { list: page.messages, next_seq: page.next, has_more: page.has_more }
    }
}
