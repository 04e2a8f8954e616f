//! When groups are sent what was gathered for them.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// What has to be sent waits at most this long for company, counted from the end of the sending before; with the
/// granularity of the timers, 2 ms.
const COMPANY_WAIT_MAX: Duration = Duration::from_millis(1);

/// Lets messages travel together when sending is what takes the time. What comes while a batch is under way waits for its
/// end, and a room of thousands that has just been sent to waits a moment more for what is on its way, since each batch costs
/// one write to every viewer, however many messages are in it. A server that is not busy sends at once.
#[derive(Debug, Default)]
pub(super) struct Pace {
    state: Mutex<State>,
    over: Notify,
}

#[derive(Debug, Default)]
struct State {
    under_way: usize,
    /// When something may be sent again, if that is later than the end of what is under way.
    free_at: Option<Instant>,
}

impl Pace {
    /// Resolves when nothing is under way. For one task at a time.
    pub(super) async fn idle(&self) {
        while self.lock().under_way > 0 {
            self.over.notified().await;
        }
    }

    /// Resolves when something may be sent. For one task at a time.
    pub(super) async fn due(&self) {
        self.idle().await;
        let free_at = self.lock().free_at;
        if let Some(free_at) = free_at {
            sleep_until(free_at).await;
        }
    }

    /// Whether something may be sent now.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        let state = self.lock();
        state.under_way == 0 && state.free_at.is_none_or(|free_at| free_at <= now)
    }

    /// A sending begins.
    pub(super) fn begin(&self) {
        self.lock().under_way += 1;
    }

    /// A sending ended.
    pub(super) fn end(&self, from: Instant, to: Instant) {
        let mut state = self.lock();
        state.under_way = state.under_way.saturating_sub(1);
        // Who needs less than the wait to send is better off without it.
        let was_long = to.saturating_duration_since(from) >= COMPANY_WAIT_MAX;
        state.free_at = was_long.then(|| to + COMPANY_WAIT_MAX);
        drop(state);
        self.over.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn only_after_a_sending_that_took_long_the_next_one_waits() {
        let pace = Pace::default();
        pace.due().await;
        for (took, waits) in [(900, 0..=0), (5_000, 1_000..=2_000), (900, 0..=0)] {
            let from = Instant::now();
            pace.begin();
            advance(Duration::from_micros(took)).await;
            pace.end(from, Instant::now());
            let end = Instant::now();
            pace.due().await;
            let waited = end.elapsed().as_micros();
            assert!(waits.contains(&waited), "after {took} µs it waited {waited} µs");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_sent_while_something_is_under_way() {
        let (pace, start) = (Pace::default(), Instant::now());
        pace.begin();
        tokio::select! {
            () = pace.due() => panic!("a sending is under way"),
            () = advance(Duration::from_micros(500)) => {}
        }
        pace.end(start, Instant::now());
        pace.due().await;
        assert_eq!(start.elapsed(), Duration::from_micros(500));
    }
}
