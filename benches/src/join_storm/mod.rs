//! A storm: thousands of users enter one live group as fast as they can, and leave as fast as they can.
//!
//! A watcher, who was there before and stays, counts what the pulses tell, and reads count and list when the storm is
//! over. What is off is told and the program fails.
//!
//! ```text
//!   Waiting ────────► Joining ──────────► Leaving ────────────────────────────► Over
//!   all log in        all at once         half ask, a quarter closes,           who asked closes too
//!                                         a quarter is cut off
//! ```

mod options;
mod pulse_book;
mod storm;
mod table;
mod user;
mod watcher;

pub use options::JoinStormOptions;

use crate::load::{Faults, ServerProcess};

use storm::Storm;

/// How much more memory may be resident after a storm than after the one before: what goes beyond is a leak. After
/// the first storm an allocator keeps what it took, so only what is allocated is judged then.
const RSS_GROWTH_MAX: f64 = 0.10;

/// The same in any case, in bytes.
const RSS_GROWTH_BYTES: u64 = 8 * 1024 * 1024;

/// Runs as many storms as was asked on one server, and prints what came of them.
///
/// # Errors
///
/// What kept it from running; broken promises are returned as faults.
pub fn join_storm(options: &JoinStormOptions) -> Result<Faults, String> {
    let server = ServerProcess::start(options.users + 1, &[])?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let faults = runtime.block_on(async {
        let mut faults = Faults::default();
        let mut after_the_last: Option<u64> = None;
        for round in 1..=options.rounds.max(1) {
            let mut outcome = Storm::begin(options, &server).await?.carry_out().await?;
            let rss = outcome.after.rss;
            if let Some(last) = after_the_last.replace(rss) {
                let most = (last as f64 * (1.0 + RSS_GROWTH_MAX)) as u64 + RSS_GROWTH_BYTES;
                if rss > most {
                    outcome.faults.add("memory not given back", || {
                        format!("{rss} bytes are resident, {last} after the storm before")
                    });
                }
            }
            table::print(round, &outcome);
            faults.extend(&format!("storm {round}"), &outcome.faults);
        }
        Ok(faults)
    });
    runtime.shutdown_background();
    faults
}
