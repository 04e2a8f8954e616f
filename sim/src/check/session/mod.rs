//! Sessions: what an app is told of its connection, takeovers, dead paths, and coming back (S1 to S5).

mod backoff;
mod drain;
mod fencing;
#[cfg(test)]
mod session_test;
mod silence;
mod status;
mod watched;

use std::time::Duration;

use crate::plan::Plan;
use crate::sight::ClientId;

pub(super) use backoff::Backoff;
pub(super) use drain::Drains;
pub(super) use fencing::Fencing;
pub(super) use silence::Silence;
pub(super) use status::Status;
pub(super) use watched::Watched;

/// How far one step of virtual time may be off what a clock that drifts shows.
const ROUNDING: Duration = Duration::from_micros(5);

/// How fast the clocks of clients run.
#[derive(Clone, Debug)]
struct Clocks(Vec<i32>);

impl Clocks {
    fn new(plan: &Plan) -> Self {
        Self(plan.cast.iter().map(|role| role.drift_ppm).collect())
    }

    /// How much time a client's clock shows for so much true time.
    fn shown(&self, client: ClientId, passed: Duration) -> Duration {
        let drift = i64::from(self.0.get(client.0).copied().unwrap_or(0));
        let rate = u64::try_from(1_000_000 + drift).unwrap_or(0);
        let shown = u128::from(rate) * passed.as_micros() / 1_000_000;
        Duration::from_micros(u64::try_from(shown).unwrap_or(u64::MAX))
    }
}
