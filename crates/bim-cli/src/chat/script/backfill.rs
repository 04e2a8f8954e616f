//! Reads from the history what the stream of events left out.

use std::time::{Duration, Instant};

use bim::{Error, HistoryPage, Seq};
use futures_util::future::BoxFuture;

use super::sequence::{Range, Sequence};
use crate::chat::room::Room;

/// How long to wait for what came late to come by itself: a HIGH message may overtake others.
const COMES_BY_ITSELF: Duration = Duration::from_millis(200);

/// How long to wait after a page that could not be read.
const RETRY_DELAY: Duration = Duration::from_millis(500);

/// Messages asked for at once.
const PAGE_MESSAGES: u32 = 50;

/// At most one page under way.
pub(super) struct Backfill {
    page: Option<BoxFuture<'static, (Range, Result<HistoryPage, Error>)>>,
    /// Since when something is missing, and from which number on.
    missing_since: Option<(u64, Instant)>,
    not_before: Option<Instant>,
}

impl Backfill {
    pub(super) fn new() -> Self {
        Self { page: None, missing_since: None, not_before: None }
    }

    /// Asks for the next page, if something is missing and will not come by itself. In a hurry, at once.
    pub(super) fn go_on<T>(&mut self, room: &Room, sequence: &Sequence<T>, hurry: bool) {
        let Some(range) = sequence.missing() else {
            self.missing_since = None;
            return;
        };
        let now = Instant::now();
        if self.missing_since.is_none_or(|(from, _)| from != range.from) {
            self.missing_since = Some((range.from, now));
        }
        if self.page.is_some() || self.due(sequence, hurry).is_none_or(|due| now < due) {
            return;
        }
        let (live, group) = (room.live.clone(), room.group);
        self.page = Some(Box::pin(async move {
            let to = Seq(range.to.unwrap_or(0));
            (range, live.get_live_group_history(group, Seq(range.from), to, PAGE_MESSAGES).await)
        }));
    }

    /// The page that was asked for; never, when none was.
    ///
    /// Cancel safe.
    pub(super) async fn next_page(&mut self) -> (Range, Result<HistoryPage, Error>) {
        let Some(page) = &mut self.page else { return std::future::pending().await };
        let answer = page.await;
        self.page = None;
        self.not_before = answer.1.is_err().then(|| Instant::now() + RETRY_DELAY);
        answer
    }

    /// When to call [`Self::go_on`] again.
    pub(super) fn wakes_at<T>(&self, sequence: &Sequence<T>, hurry: bool) -> Option<Instant> {
        if self.page.is_some() { None } else { self.due(sequence, hurry) }
    }

    fn due<T>(&self, sequence: &Sequence<T>, hurry: bool) -> Option<Instant> {
        let (_, since) = self.missing_since?;
        let patience = if sequence.may_come_by_itself() && !hurry { COMES_BY_ITSELF } else { Duration::ZERO };
        Some((since + patience).max(self.not_before.unwrap_or(since)))
    }
}
