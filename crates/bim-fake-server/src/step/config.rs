//! What a world is made of.

use std::time::Duration;

use bim_server_core::EngineConfig;
use bim_server_core::queue::QueueLimits;
use bim_types::Wall;

/// What a world is made of.
#[derive(Clone, Debug)]
pub struct WorldConfig {
    /// What the engine decides by.
    pub engine: EngineConfig,
    /// How much waits for one viewer.
    pub queue: QueueLimits,
    /// How links are, unless a fault is on.
    pub link: LinkConfig,
    /// How the log is, unless a fault is on.
    pub log: LogWeather,
    /// The true time of day at the start.
    pub wall: Wall,
    /// Parts per million by which the server's clocks run fast; below zero slow.
    pub drift_ppm: i32,
    /// How late the server's timers may be.
    pub timer_lateness: Duration,
}

/// How a link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkConfig {
    /// The shortest time a frame takes.
    pub latency: Duration,
    /// What chance may add to it, drawn for each frame; frames never overtake each other.
    pub jitter: Duration,
    /// Bytes under way in one direction; a server writes no more before some have arrived. One frame always fits.
    pub window: usize,
}

/// How the log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogWeather {
    /// The longest time one commit takes; drawn for each.
    pub commit: Duration,
    /// The longest time from a commit to the engine's hearing of it, or that a read takes; drawn for each.
    pub answer: Duration,
    /// Commits and reads refused as busy, in a thousand.
    pub busy_per_mille: u32,
    /// Whether commits fail. After the first failure the log refuses everything until it is opened anew.
    pub failing: bool,
}

impl Default for WorldConfig {
    fn default() -> Self {
        Self {
            engine: EngineConfig::default(),
            queue: QueueLimits::default(),
            link: LinkConfig::default(),
            log: LogWeather::default(),
            wall: Wall::from_secs(1_764_000_000),
            drift_ppm: 0,
            timer_lateness: Duration::ZERO,
        }
    }
}

impl Default for LinkConfig {
    fn default() -> Self {
        Self { latency: Duration::from_millis(5), jitter: Duration::from_millis(20), window: 64 * 1024 }
    }
}

impl Default for LogWeather {
    fn default() -> Self {
        Self {
            commit: Duration::from_millis(4),
            answer: Duration::from_millis(2),
            busy_per_mille: 0,
            failing: false,
        }
    }
}
