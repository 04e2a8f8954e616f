//! Rounds, in which everyone has a turn.

use bim_bench::{CrowdFigures, LoadPlan, Tell, run_load};
use serde::Serialize;
use serde_json::{Value, json};

use crate::contestant::Apart;
use crate::crowd::run;
use crate::medians::medians;
use crate::options::{Name, Style, Transport};
use crate::{Afternoon, Contestant, Ground, Mosquitto, Nats, Ours, Plan, Raw, Redis, RivalError, Stage};

/// Rounds, in which everyone has a turn: what changes on the machine meanwhile meets all of them.
pub struct Course<'a> {
    /// Where servers run.
    pub stage: &'a Stage,
    /// What everyone is put through.
    pub plan: &'a Plan,
    /// How often.
    pub rounds: u32,
    /// Is told how far it is.
    pub tell: Tell<'a>,
}

/// What it came to.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// What was asked for.
    pub conditions: Value,
    /// Every run.
    pub runs: Vec<Row>,
    /// The medians of everyone who ran.
    pub medians: Vec<Row>,
    /// Who was left out and why, a sentence each.
    pub left_out: Vec<String>,
    /// Who failed and why, a sentence each.
    pub faults: Vec<String>,
}

/// What one contestant came to.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Who.
    pub contestant: &'static str,
    /// What was measured.
    pub figures: CrowdFigures,
}

impl Name {
    /// Who it is.
    #[must_use]
    pub fn contestant(self) -> Box<dyn Contestant> {
        match self {
            Self::RawEach => Box::new(Raw(Style::Each)),
            Self::RawWaiting => Box::new(Raw(Style::Waiting)),
            Self::Afternoon => Box::new(Afternoon),
            Self::BimWs => Box::new(Ours(Transport::Ws)),
            Self::BimWss => Box::new(Ours(Transport::Wss)),
            Self::BimQuic => Box::new(Ours(Transport::Quic)),
            Self::Redis => Box::new(Redis),
            Self::Nats => Box::new(Nats),
            Self::Mosquitto => Box::new(Mosquitto),
        }
    }
}

impl Course<'_> {
    /// Runs everyone. Whoever fails once is not run again.
    #[must_use]
    pub fn run(&self, contestants: &[Box<dyn Contestant>]) -> Report {
        let left_out: Vec<String> =
            contestants.iter().filter_map(|contestant| contestant.missing()).collect();
        let mut running: Vec<&dyn Contestant> = contestants
            .iter()
            .map(|contestant| &**contestant)
            .filter(|contestant| contestant.missing().is_none())
            .collect();
        let (mut runs, mut faults) = (Vec::new(), Vec::new());
        for round in 1..=self.rounds {
            running.retain(|contestant| {
                let name = contestant.name();
                (self.tell)(&format!("round {round} of {}: {name}", self.rounds));
                match self.turn(*contestant) {
                    Ok(figures) => runs.push(Row { contestant: name, figures }),
                    Err(error) => faults.push(format!("{name}: {error}")),
                }
                faults.last().is_none_or(|fault| !fault.starts_with(&format!("{name}: ")))
            });
        }
        Report { conditions: self.conditions(), medians: medians(&runs), runs, left_out, faults }
    }

    fn turn(&self, contestant: &dyn Contestant) -> Result<CrowdFigures, RivalError> {
        match contestant.start(self.stage)? {
            Ground::Open(mut entrance) => run(&mut *entrance, self.plan),
            Ground::Apart(apart) => self.turn_apart(&apart),
        }
    }

    fn turn_apart(&self, apart: &Apart) -> Result<CrowdFigures, RivalError> {
        let plan = LoadPlan {
            viewers: u32::try_from(self.plan.viewers).unwrap_or(u32::MAX),
            senders: 1,
            stalled_percent: 0,
            body_bytes: self.plan.body_bytes.max(bim_bench::BODY_BYTES_MIN),
            classes: bim_bench::ClassMix::default(),
            loads: self.plan.loads.clone(),
            warm_up: self.plan.warm_up,
            measured: self.plan.measured,
            server_pid: Some(apart.process.pid()),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(RivalError::io("there is nothing to run on"))?;
        let figures = runtime.block_on(run_load(&plan, &apart.place, &|_| {}))?;
        if figures.faults.is_empty() {
            Ok(figures)
        } else {
            Err(RivalError::Books(figures.faults.to_string()))
        }
    }

    fn conditions(&self) -> Value {
        let cores = |cores: &Option<bim_bench::Cores>| cores.as_ref().map(ToString::to_string);
        let loads: Vec<String> = self.plan.loads.iter().map(ToString::to_string).collect();
        json!({
            "viewers": self.plan.viewers,
            "body_bytes": self.plan.body_bytes,
            "loads": loads,
            "rounds": self.rounds,
            "measured_seconds": self.plan.measured.as_secs_f64(),
            "warm_up_seconds": self.plan.warm_up.as_secs_f64(),
            "server_cores": cores(&self.stage.server_cores),
            "generator_cores": cores(&self.stage.own_cores),
        })
    }
}
