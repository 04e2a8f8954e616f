//! Faults that come by themselves while a test runs, all from one seed.
//!
//! ```text
//!   seed ─► Faults::plan ─► at its time, each fault ─► Network, Script, crash and restart
//! ```
//!
//! *What it owns.* The task that carries the plan out. It holds no server: dropping the server ends it.
//!
//! *What it never does.* It does nothing that a test could not do by its own hand: a fault here is a call there.

mod act;

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, sleep_until};

use crate::faults::{FaultKind, Faults, PlannedFault};
use crate::lives::Lives;

/// How long faults go on by themselves, on tokio's clock.
pub const STORM_LASTS: Duration = Duration::from_secs(60 * 60);

/// The faults that can come by themselves in a [`FakeServer`](crate::FakeServer).
pub const STORM_FAULTS: &[FaultKind] = &[
    FaultKind::Cut,
    FaultKind::HalfOpen,
    FaultKind::Stall,
    FaultKind::Delay,
    FaultKind::SlowRead,
    FaultKind::Partition,
    FaultKind::ServerCrash,
    FaultKind::TokenExpiry,
    FaultKind::TokenRevocation,
    FaultKind::Kick,
    FaultKind::Mute,
    FaultKind::HostileFrames,
    FaultKind::StalledViewer,
    FaultKind::FlappingViewer,
];

/// Faults that are under way at once. When full, the next one waits for one of them to end.
const UNDER_WAY_MAX: usize = 256;

/// The variable that says which faults come again.
const SEED_VARIABLE: &str = "BIM_FAULT_SEED";

/// Faults that come by themselves. Dropping it ends them; after a panic it says how to have them again.
#[derive(Debug)]
pub(crate) struct Storm {
    seed: u64,
    task: AbortHandle,
}

impl Storm {
    /// Begins to carry out the plan of a seed.
    pub(crate) fn begin(lives: &Arc<Lives>, faults: &Faults, seed: u64) -> Self {
        let mut plan = faults.plan(seed, STORM_LASTS);
        plan.retain(|fault| STORM_FAULTS.contains(&fault.kind));
        let task = tokio::spawn(rage(Arc::downgrade(lives), plan)).abort_handle();
        Self { seed, task }
    }

    /// What it is drawn from.
    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// Ends it. What is under way stays as it is.
    pub(crate) fn end(&self) {
        self.task.abort();
    }
}

impl Drop for Storm {
    fn drop(&mut self) {
        self.end();
        if std::thread::panicking() {
            report(self.seed);
        }
    }
}

/// The seed that the environment names, or any.
pub(crate) fn any_seed() -> u64 {
    let named = std::env::var(SEED_VARIABLE).ok().and_then(|seed| seed.trim().parse().ok());
    // The hasher's keys are drawn at random for each of them.
    named.unwrap_or_else(|| RandomState::new().build_hasher().finish())
}

#[expect(clippy::print_stderr, reason = "the output of a test that fails is where its reader looks")]
fn report(seed: u64) {
    eprintln!("the faults of this run come again with {SEED_VARIABLE}={seed}");
}

/// Has each fault begin at its time.
async fn rage(lives: Weak<Lives>, plan: Vec<PlannedFault>) {
    let start = Instant::now();
    let mut under_way = JoinSet::new();
    for fault in plan {
        sleep_until(start + fault.at).await;
        while under_way.try_join_next().is_some() {}
        if under_way.len() >= UNDER_WAY_MAX {
            under_way.join_next().await;
        }
        under_way.spawn(act::carry_out(Weak::clone(&lives), fault));
    }
    while under_way.join_next().await.is_some() {}
}
