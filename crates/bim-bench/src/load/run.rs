//! The course of a load run.

use std::rc::Rc;
use std::time::Duration;

use tokio::task::LocalSet;
use tokio::time::{Instant, sleep, sleep_until};

use super::crowd::{Balance, Crowd};
use super::duty::Duty;
use super::meter::Meter;
use crate::figures::{Latency, per_million, per_second};
use crate::{
    BenchError, Clock, CpuTime, CrowdFigures, Load, LoadFigures, LoadPlan, Memory, Place, Tell, Usage, group,
};

/// How long a crowd that has just joined is left alone: what came and went is told, and memory comes to rest.
const IDLE: Duration = Duration::from_secs(2);

/// How long everyone may take to get what was sent when nothing more is.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(30);

/// How often it is looked whether they have.
const SETTLE_LOOK: Duration = Duration::from_millis(10);

/// How long everyone goes on reading then, so that what comes twice is seen.
const AFTERMATH: Duration = Duration::from_millis(100);

/// How often it is told how far it is.
const TELL_INTERVAL: Duration = Duration::from_millis(500);

/// Lets a crowd join a group of its own, sends what the plan says, and compares what everyone got with what was accepted.
///
/// Everything is done by the thread that calls, whatever the runtime. Faults of the server are in the figures.
///
/// # Errors
///
/// Why there is nothing to compare: nobody could join, a message was refused, somebody who reads was cut off.
///
/// # Cancel safety
///
/// When dropped, everyone leaves; the group stays.
pub async fn run_load(plan: &LoadPlan, place: &Place, tell: Tell<'_>) -> Result<CrowdFigures, BenchError> {
    LocalSet::new().run_until(Run { plan, place, tell }.carry_out()).await
}

struct Run<'a> {
    plan: &'a LoadPlan,
    place: &'a Place,
    tell: Tell<'a>,
}

/// What was counted until a moment.
struct Count {
    at: Instant,
    deliveries: u64,
    accepted: u64,
    server: Option<CpuTime>,
    own: Option<CpuTime>,
}

impl Run<'_> {
    async fn carry_out(&self) -> Result<CrowdFigures, BenchError> {
        let users = (self.plan.viewers + self.plan.senders) as usize;
        let tickets = self.place.tickets(users)?;
        let [owner, ..] = tickets else { return Err(BenchError::Tokens { needed: 1, found: 0 }) };
        let group = group::create(self.place, owner).await?;
        let before = self.server_usage();
        (self.tell)(&format!("{users} users join"));
        let began = Instant::now();
        let entered = group::enter(self.place, group, tickets).await?;
        let joins_per_second = per_second(users as u64, began.elapsed());
        let meter = Rc::new(Meter::new(Clock::start(self.plan.body_bytes), self.plan.senders as usize));
        let crowd = Crowd::seat(self.plan, group, entered, &meter);
        (self.tell)(&format!("{users} users are in and idle"));
        self.wait(&crowd, IDLE).await?;
        let idle = self.server_usage();
        let mut figures = CrowdFigures { joined: users as u32, joins_per_second, ..CrowdFigures::default() };
        let mut known = Balance::default();
        for load in &self.plan.loads {
            let (of_load, balance) = self.load(&crowd, *load, &known).await?;
            figures.loads.push(of_load);
            figures.faults = balance.faults.clone();
            if !figures.faults.is_empty() {
                break;
            }
            known = balance;
        }
        drop(crowd);
        group::dissolve(self.place, owner, group).await;
        figures.memory = before.zip(idle).map(|(before, idle)| self.memory(before, idle, users));
        Ok(figures)
    }

    async fn load(
        &self,
        crowd: &Crowd,
        load: Load,
        known: &Balance,
    ) -> Result<(LoadFigures, Balance), BenchError> {
        let (plan, meter) = (self.plan, &crowd.meter);
        crowd.stall(true);
        meter.set_duty(self.duty(load, meter), crowd.readers());
        (self.tell)(&format!("{load}: warming up"));
        self.wait(crowd, plan.warm_up).await?;
        meter.open_window();
        let from = self.count(meter);
        self.watch(crowd, load, &from).await?;
        let to = self.count(meter);
        meter.close_window();
        meter.set_duty(Duty::Rest, 0);
        crowd.stall(false);
        (self.tell)(&format!("{load}: comparing what came with what was accepted"));
        self.settle(crowd).await?;
        let balance = crowd.balance();
        let elapsed = to.at - from.at;
        let (deliveries, accepted) = (to.deliveries - from.deliveries, to.accepted - from.accepted);
        let server = to.server.zip(from.server).map(|(to, from)| to.since(&from));
        let own = to.own.zip(from.own).map(|(to, from)| to.since(&from)).unwrap_or_default();
        let cores = |cpu: Duration| cpu.as_secs_f64() / elapsed.as_secs_f64();
        let deliveries_per_second = per_second(deliveries, elapsed);
        let figures = LoadFigures {
            load: load.to_string(),
            seconds: elapsed.as_secs_f64(),
            messages_per_second: per_second(accepted, elapsed),
            deliveries_per_second,
            body_megabytes_per_second: deliveries_per_second * plan.body_bytes as f64 / 1e6,
            server_cpu_seconds_per_million_deliveries: server.map(|cpu| per_million(cpu, deliveries)),
            server_cores: server.map(cores),
            generator_cpu_seconds_per_million_deliveries: per_million(own, deliveries),
            generator_cores: cores(own),
            latency: Latency::of(&meter.take_latencies()),
            gap_markers: balance.markers - known.markers,
            left_out: balance.left_out - known.left_out,
            cut_off: balance.cut_off,
            lost: balance.lost,
        };
        Ok((figures, balance))
    }

    fn duty(&self, load: Load, meter: &Meter) -> Duty {
        match load {
            Load::Rate(all) => {
                Duty::Rate { per_second: all / f64::from(self.plan.senders), since: meter.clock.nanos() }
            }
            Load::InFlight(messages) => Duty::InFlight(messages),
        }
    }

    fn count(&self, meter: &Meter) -> Count {
        Count {
            at: Instant::now(),
            deliveries: meter.deliveries.get(),
            accepted: meter.accepted.get(),
            server: self.plan.server_pid.and_then(CpuTime::of),
            own: CpuTime::of(std::process::id()),
        }
    }

    /// Waits while it is measured, and tells how it goes.
    async fn watch(&self, crowd: &Crowd, load: Load, from: &Count) -> Result<(), BenchError> {
        let (measured, mut last) = (self.plan.measured, (from.at, from.deliveries));
        loop {
            let now = Instant::now().min(from.at + measured);
            if now >= from.at + measured {
                return Ok(());
            }
            sleep_until((now + TELL_INTERVAL).min(from.at + measured)).await;
            check(crowd)?;
            let (at, deliveries) = (Instant::now(), crowd.meter.deliveries.get());
            let rate = per_second(deliveries - last.1, at - last.0);
            last = (at, deliveries);
            let (done, of) = ((at - from.at).as_secs_f64(), measured.as_secs_f64());
            (self.tell)(&format!("{load}: {done:.1} of {of} s, {rate:.0} deliveries/s"));
        }
    }

    async fn wait(&self, crowd: &Crowd, time: Duration) -> Result<(), BenchError> {
        sleep(time).await;
        check(crowd)
    }

    /// Waits until everyone has everything; whoever has not in time is found by the comparison.
    async fn settle(&self, crowd: &Crowd) -> Result<(), BenchError> {
        let until = Instant::now() + SETTLE_TIMEOUT;
        while !crowd.is_settled() && Instant::now() < until {
            self.wait(crowd, SETTLE_LOOK).await?;
        }
        self.wait(crowd, AFTERMATH).await
    }

    fn server_usage(&self) -> Option<Usage> {
        self.plan.server_pid.map(Usage::of).filter(|usage| *usage != Usage::default())
    }

    fn memory(&self, before: Usage, idle: Usage, users: usize) -> Memory {
        Memory {
            before_bytes: before.rss,
            idle_bytes: idle.rss,
            idle_bytes_per_viewer: (idle.rss as f64 - before.rss as f64) / users.max(1) as f64,
            high_water_bytes: self.server_usage().map_or(0, |usage| usage.rss_max),
        }
    }
}

fn check(crowd: &Crowd) -> Result<(), BenchError> {
    crowd.meter.take_trouble().map_or(Ok(()), Err)
}
