//! What a seed means: who takes part, what they do, what goes wrong.

use std::time::Duration;

use bim_fake_server::faults::{FaultKind, Faults, PlannedFault};
use bim_fake_server::step::{LinkConfig, LogWeather, WorldConfig};
use bim_server_core::EngineConfig;
use bim_server_core::queue::QueueLimits;
use bim_types::Entropy;

use crate::stage::{below, percent};

/// How long everything may take to come to rest once nothing goes wrong any more.
pub const SETTLING: Duration = Duration::from_secs(60);

/// How long an address stays closed from which too many logins failed: whoever is turned away when everything becomes
/// calm, and draws the longest delay on top, must be back while it settles.
const FAILED_LOGIN_PENALTY: Duration = Duration::from_secs(20);

/// What is asked of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// Faults go on to the end; nothing may ever be wrong.
    Safety,
    /// Faults stop; then everything must come to rest in time.
    Liveness,
}

/// What a seed means.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The seed.
    pub seed: u64,
    /// What is asked.
    pub mode: Mode,
    /// How long apps act and faults happen.
    pub span: Duration,
    /// How the server, its log and the network are.
    pub world: WorldConfig,
    /// What goes wrong, in order.
    pub faults: Vec<PlannedFault>,
    /// Clients: devices of users.
    pub cast: Vec<Role>,
    /// How the apps behave.
    pub habits: Habits,
    /// Whether the log is a database on a disk that can lose its power.
    pub on_disk: bool,
}

/// One client.
#[derive(Clone, Debug)]
pub struct Role {
    /// Whose it is: a number among the users.
    pub user: usize,
    /// Whether it is the app's own server.
    pub app_server: bool,
    /// Whether it can ask for a new token.
    pub has_provider: bool,
    /// Parts per million by which its clocks run fast; below zero slow.
    pub drift_ppm: i32,
    /// Whether its user mostly looks on once it is in a group.
    pub is_quiet: bool,
}

/// How apps behave.
#[derive(Clone, Debug)]
pub struct Habits {
    /// The longest pause between two things an app does.
    pub pause: Duration,
    /// Of a hundred things, how many are messages.
    pub messages: usize,
    /// Of a hundred other things, how many are what owner and admins do.
    pub measures: usize,
    /// The longest body, in bytes.
    pub body: usize,
    /// How long tokens live.
    pub token_life: Duration,
    /// Messages sent at once at most.
    pub burst: usize,
}

impl Plan {
    /// What a seed means.
    #[must_use]
    pub fn draw(seed: u64, mode: Mode) -> Self {
        let mut dice = Entropy::new(seed.wrapping_mul(2) + u64::from(mode == Mode::Liveness));
        let span = Duration::from_secs(8 + below(&mut dice, 34) as u64);
        let faults = draw_faults(&mut dice).plan(dice.bits(), span);
        let (world, cast) = (draw_world(&mut dice), draw_cast(&mut dice));
        // Drawn and not used, so that seeds go on meaning what they meant.
        dice.bits();
        Self {
            seed,
            mode,
            span,
            world,
            faults,
            cast,
            habits: draw_habits(&mut dice),
            on_disk: below(&mut dice, 40) == 0,
        }
    }

    /// The same with these faults only.
    #[must_use]
    pub fn keeping(&self, numbers: &[usize]) -> Self {
        let kept = self.faults.iter().filter(|fault| numbers.contains(&fault.number)).cloned().collect();
        Self { faults: kept, ..self.clone() }
    }
}

/// A few kinds of faults at a time, some of them often: a run in which everything goes wrong shows little.
fn draw_faults(dice: &mut Entropy) -> Faults {
    let mut faults = Faults::none();
    if percent(dice, 5) {
        return faults;
    }
    for kind in FaultKind::ALL {
        if percent(dice, 30) {
            let times = [0.5, 1.0, 2.0, 6.0][below(dice, 4)];
            faults = faults.per_minute(*kind, times);
        }
    }
    faults
}

fn draw_world(dice: &mut Entropy) -> WorldConfig {
    let mut engine = EngineConfig {
        joined_groups_per_connection: 2,
        pulse_interval: Duration::from_millis(100 + below(dice, 900) as u64),
        members_may_send_high: percent(dice, 50),
        attribute_leave_grace: Duration::from_secs(below(dice, 10) as u64),
        recall_window: Duration::from_secs([2, 30, 120][below(dice, 3)]),
        room_idle: Duration::from_secs([5, 600][below(dice, 2)]),
        failed_login_penalty: FAILED_LOGIN_PENALTY,
        ..EngineConfig::default()
    };
    if percent(dice, 70) {
        // Budgets that do not hinder, so that much happens.
        (engine.sender_per_second, engine.sender_burst) = (1_000, 1_000);
        (engine.room_high_per_second, engine.room_shared_per_second) = (1_000, 5_000);
    } else if percent(dice, 50) {
        (engine.sender_per_second, engine.sender_burst) = (2, 3);
        (engine.room_high_per_second, engine.room_shared_per_second) = (3, 5);
    }
    if percent(dice, 30) {
        // A resume reaches back a little only.
        engine.room_buffer_messages = 5 + below(dice, 40);
        engine.resume_window = Duration::from_secs(3 + below(dice, 30) as u64);
    }
    let queue = if percent(dice, 40) {
        let frames = 8 + below(dice, 40);
        // All answers that may be under way fit, or who asks much could never be answered.
        engine.in_flight_requests = frames / 2;
        QueueLimits { frames, reserved_frames: frames / 4, ..QueueLimits::default() }
    } else {
        QueueLimits::default()
    };
    let window = if percent(dice, 40) { 512 + below(dice, 4_096) } else { 64 * 1024 };
    let link = LinkConfig {
        latency: Duration::from_millis(below(dice, 80) as u64),
        jitter: Duration::from_millis(below(dice, 60) as u64),
        window,
    };
    let log = LogWeather {
        commit: Duration::from_millis(1 + below(dice, 30) as u64),
        answer: Duration::from_millis(1 + below(dice, 10) as u64),
        ..LogWeather::default()
    };
    let drift_ppm = if percent(dice, 20) { drift(dice) } else { 0 };
    WorldConfig { engine, queue, link, log, drift_ppm, ..WorldConfig::default() }
}

fn draw_cast(dice: &mut Entropy) -> Vec<Role> {
    let users = 2 + below(dice, 4);
    let mut cast: Vec<_> = (0..users).map(|user| draw_role(user, dice)).collect();
    if percent(dice, 30) {
        cast.push(draw_role(0, dice));
    }
    if percent(dice, 40) {
        cast.push(Role { app_server: true, ..draw_role(users, dice) });
    }
    cast
}

fn draw_role(user: usize, dice: &mut Entropy) -> Role {
    let drift_ppm = if percent(dice, 20) { drift(dice) } else { 0 };
    Role { user, app_server: false, has_provider: percent(dice, 90), drift_ppm, is_quiet: percent(dice, 15) }
}

fn draw_habits(dice: &mut Entropy) -> Habits {
    Habits {
        pause: Duration::from_millis([150, 500, 1_200, 3_000][below(dice, 4)]),
        messages: [30, 60, 90][below(dice, 3)],
        measures: [10, 40][below(dice, 2)],
        body: [20, 100, 1_500][below(dice, 3)],
        token_life: Duration::from_secs([3_600, 3_600, 90, 20][below(dice, 4)]),
        burst: [1, 1, 2, 8][below(dice, 4)],
    }
}

/// Up to five per cent either way.
fn drift(dice: &mut Entropy) -> i32 {
    i32::try_from(below(dice, 100_001)).unwrap_or(0) - 50_000
}

#[cfg(test)]
mod tests {
    use bim_types::limits::{CONNECT_TIMEOUT, RECONNECT_DELAY_MAX};

    use super::*;

    #[test]
    fn whoever_is_turned_away_longest_is_back_while_everything_settles() {
        assert!(FAILED_LOGIN_PENALTY + RECONNECT_DELAY_MAX + CONNECT_TIMEOUT <= SETTLING);
    }
}
