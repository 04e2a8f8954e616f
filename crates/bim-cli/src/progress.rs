//! A sign of life for what takes long: on standard error, and only when that is a terminal.

use std::io::{self, IsTerminal};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// What is done within this time shows nothing.
const SHOWN_AFTER: Duration = Duration::from_millis(500);

/// How often the sign moves.
const TICK: Duration = Duration::from_millis(120);

/// Does something that may take long.
pub(crate) async fn while_waiting<T>(what: &'static str, work: impl Future<Output = T>) -> T {
    if !io::stderr().is_terminal() {
        return work.await;
    }
    tokio::pin!(work);
    tokio::select! {
        done = &mut work => return done,
        () = tokio::time::sleep(SHOWN_AFTER) => {}
    }
    let bar = ProgressBar::new_spinner().with_message(what);
    bar.enable_steady_tick(TICK);
    let done = work.await;
    bar.finish_and_clear();
    done
}

/// Lines that were sent, counted on a terminal; hidden otherwise.
pub(crate) fn line_counter(shown: bool) -> ProgressBar {
    let target = if shown { ProgressDrawTarget::stderr_with_hz(5) } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(None, target);
    // The template is a constant; without it the bar looks a little different.
    if let Ok(style) =
        ProgressStyle::with_template("{spinner} {pos} lines have their verdict, {per_sec} {msg}")
    {
        bar.set_style(style);
    }
    bar
}
