//! Carries out what a plan says goes wrong.

use std::time::Duration;

use bim_core::{Ask, Command};
use bim_fake_server::faults::{FaultKind, PlannedFault};
use bim_fake_server::step::{Direction, LinkFault, LinkId, LogWeather, PeerId};
use bim_server_core::{AdminCommand, RevokedTokens};
use bim_types::{Measure, Uid};

use crate::run::{Run, Wake};
use crate::sight::Sight;
use crate::stage::{below, pick};

/// A server that is stopped in order and takes longer is killed.
const STOPPED_WITHIN: Duration = Duration::from_secs(15);

/// Milliseconds in a day.
const DAY_MS: i64 = 86_400_000;

/// The end of something that lasted.
#[derive(Clone, Debug)]
pub(crate) enum Mending {
    Link(LinkId),
    Latency,
    Log,
    /// A log that failed works again, and the server is started anew.
    FailedLog,
    Clock,
    Timers,
    /// One more reconnect of a flapping viewer, and so many after it.
    Flap(u64, u32),
}

impl Run {
    pub(crate) fn on_fault(&mut self, number: usize) {
        if self.is_calm {
            return;
        }
        let fault = self.plan.faults[number].clone();
        let now = self.world.now();
        self.world.watcher.fault(now, &fault);
        self.strike(&fault);
    }

    fn strike(&mut self, fault: &PlannedFault) {
        let lasts = fault.lasts;
        match fault.kind {
            FaultKind::Cut => self.disturb(fault, LinkFault::Cut),
            FaultKind::HalfOpen => self.disturb(
                fault,
                [LinkFault::HalfOpen(Direction::Up), LinkFault::HalfOpen(Direction::Down), LinkFault::Dead]
                    [(fault.dice % 3) as usize],
            ),
            FaultKind::Stall => self.disturb(fault, LinkFault::Stall(lasts)),
            FaultKind::Delay => {
                self.world.set_latency(Duration::from_millis(fault.dice % 3_000));
                self.wake_in(lasts, Wake::Mend(Mending::Latency));
            }
            FaultKind::SlowRead => self.slow_down(fault, 200 + fault.dice % 5_000),
            FaultKind::StalledViewer => self.slow_down(fault, 1),
            FaultKind::DuplicateConnection => self.duplicate(fault),
            FaultKind::Partition => {
                for at in 0..self.clients.len() {
                    if fault.dice >> (at % 64) & 1 == 1 {
                        self.world.isolate(PeerId(at as u64), lasts);
                    }
                }
            }
            FaultKind::ServerCrash => self.world.crash(lasts),
            FaultKind::PowerCut => self.cut_power(fault),
            FaultKind::PlannedRestart => self.restart_in_order(),
            FaultKind::ServerPause => self.world.pause(lasts),
            FaultKind::ClientCrash => {
                if let Some(at) = self.someone(fault.target) {
                    self.kill(at, lasts);
                }
            }
            FaultKind::SlowCommit => {
                let commit = Duration::from_millis(fault.dice % 10_000);
                self.weather(LogWeather { commit, ..self.plan.world.log }, lasts, Mending::Log);
            }
            FaultKind::BusyLog => {
                let busy_per_mille = 100 + (fault.dice % 500) as u32;
                self.weather(LogWeather { busy_per_mille, ..self.plan.world.log }, lasts, Mending::Log);
            }
            FaultKind::FailedCommit => {
                let failing = LogWeather { failing: true, ..self.plan.world.log };
                self.weather(failing, lasts, Mending::FailedLog);
            }
            FaultKind::ClockStep => {
                let ms = i64::try_from(fault.dice % (2 * DAY_MS as u64)).unwrap_or(0) - DAY_MS;
                self.world.set_wall_offset(ms);
                self.wake_in(lasts, Wake::Mend(Mending::Clock));
            }
            FaultKind::LateTimers => {
                self.world.set_timer_lateness(Duration::from_millis(fault.dice % 1_000));
                self.wake_in(lasts, Wake::Mend(Mending::Timers));
            }
            FaultKind::TokenExpiry => self.stage.token_life = Duration::from_secs(2 + fault.dice % 15),
            FaultKind::TokenRevocation => self.revoke(fault),
            FaultKind::Kick => self.measure(fault, |uid| Measure::Kick(vec![uid])),
            FaultKind::Mute => self.measure(fault, |uid| Measure::Mute(vec![uid], lasts)),
            FaultKind::HostileFrames => self.strangers.visit(&mut self.world, &mut self.stage, fault.dice),
            FaultKind::FlappingViewer => {
                let times = u32::try_from(lasts.as_secs()).unwrap_or(0);
                self.mend(Mending::Flap(fault.target, times));
            }
            _ => {}
        }
    }

    pub(crate) fn mend(&mut self, mending: Mending) {
        match mending {
            Mending::Link(link) => self.world.disturb(link, LinkFault::Mend),
            Mending::Latency => self.world.set_latency(self.plan.world.link.latency),
            Mending::Log => self.world.set_log_weather(self.plan.world.log),
            Mending::FailedLog => {
                self.world.set_log_weather(self.plan.world.log);
                self.world.crash(Duration::from_secs(1));
            }
            Mending::Clock => self.world.set_wall_offset(0),
            Mending::Timers => self.world.set_timer_lateness(self.plan.world.timer_lateness),
            Mending::Flap(target, times) => {
                if let Some(link) = self.some_link(target) {
                    self.world.disturb(link, LinkFault::Cut);
                }
                if times > 0 && !self.is_calm {
                    let flap = Wake::Mend(Mending::Flap(target, times - 1));
                    self.wake_in(Duration::from_secs(1), flap);
                }
            }
        }
    }

    /// Nothing goes wrong from now on, and what lasts is over.
    pub(crate) fn calm(&mut self) {
        self.is_calm = true;
        self.note(&Sight::Calm);
        self.stage.token_life = Duration::from_secs(3_600);
        for mending in [Mending::Latency, Mending::Clock, Mending::Timers] {
            self.mend(mending);
        }
        self.world.calm();
        self.mend(Mending::FailedLog);
    }

    fn weather(&mut self, weather: LogWeather, lasts: Duration, end: Mending) {
        self.world.set_log_weather(weather);
        self.wake_in(lasts, Wake::Mend(end));
    }

    fn disturb(&mut self, fault: &PlannedFault, how: LinkFault) {
        if let Some(link) = self.some_link(fault.target) {
            self.world.disturb(link, how);
        }
    }

    fn slow_down(&mut self, fault: &PlannedFault, rate: u64) {
        if let Some(link) = self.some_link(fault.target) {
            self.world.disturb(link, LinkFault::SlowRead(rate));
            self.wake_in(fault.lasts, Wake::Mend(Mending::Link(link)));
        }
    }

    fn duplicate(&mut self, fault: &PlannedFault) {
        if let Some(at) = self.someone(fault.target) {
            self.take_over(at);
        }
    }

    /// Somebody else has a copy of the device, and logs in with it.
    pub(crate) fn take_over(&mut self, at: usize) {
        use bim_store::ClientStore;

        let client = &self.clients[at];
        let Ok(Some(device)) = client.store.device() else { return };
        let (uid, app_server) = (client.uid.clone(), client.role.app_server);
        let token = self.stage.mint(&uid, app_server, self.world.now());
        let hello =
            bim_proto::Hello { app: self.stage.app, uid, device: device.device, token, sdk: "copy".into() };
        self.strangers.log_in(&mut self.world, hello);
    }

    /// Power goes at the next writes; the machine is down at once, or when it notices.
    fn cut_power(&mut self, fault: &PlannedFault) {
        if !self.world.is_up() {
            return;
        }
        if let Some(power) = &self.world.watcher.power {
            power.cut(fault.dice);
        }
        if fault.dice & 4 == 0 {
            self.world.crash(fault.lasts);
        } else {
            self.wake_in(Duration::from_millis(fault.dice % 300), Wake::PowerLost(fault.lasts));
        }
    }

    /// The server is stopped in order, and killed if that takes too long.
    fn restart_in_order(&mut self) {
        if self.world.is_ready() {
            self.world.drain();
            self.wake_in(STOPPED_WITHIN, Wake::Stop);
        }
    }

    fn revoke(&mut self, fault: &PlannedFault) {
        let who = (fault.target % self.stage.uids.len().max(1) as u64) as usize;
        let Some(uid) = self.stage.uids.get(who).cloned() else { return };
        // Whoever takes tokens back by a clock that is a day ahead takes back those of tomorrow.
        if self.world.is_ready() && self.world.wall_offset() == 0 {
            let tokens = RevokedTokens::OfUser { uid, issued_before: None };
            self.world.ask(AdminCommand::RevokeTokens { app: self.stage.app, tokens });
        }
    }

    /// Somebody, whoever may, does something to somebody.
    fn measure(&mut self, fault: &PlannedFault, measure: impl Fn(Uid) -> Measure) {
        let Some(group) = pick(&mut self.dice, &self.stage.groups) else { return };
        let victim = below(&mut self.dice, self.stage.uids.len());
        let Some(uid) = self.stage.uids.get(victim).cloned() else { return };
        let _ = fault;
        for at in 0..self.clients.len() {
            self.command(at, Command::Ask(Ask::Measure(group, measure(uid.clone()))));
        }
    }
}
