//! `bim bench`: a crowd, a server, and a table of what it costs.
//!
//! *How it flows.* Start a server of its own, or find out who may come to another; let the load generator run against it,
//! on this thread alone; show the medians. The server of its own is this program again, and ends when this one does.

mod own_server;
mod progress;
mod report;
mod table;
mod tickets;

use std::time::Duration;

use bim::ServerTrust;
use bim_bench::{
    BenchError, CrowdFigures, DurablePlan, Load, LoadPlan, Place, StormPlan, Ticket, Trust, open_more_files,
    run_durable, run_load, run_storm,
};

use super::{say, serve as serve_command};
use crate::args::{BenchArgs, BenchServerArgs, TransportArg};
use crate::error::{CliError, chain};
use crate::signals::StopSignal;
use crate::target::trust_of;

use own_server::{OwnServer, Placement};
use progress::Progress;
use report::{Figures, Report, Row};

/// What is sent when nothing else is asked for.
const DEFAULT_LOADS: [Load; 2] = [Load::Rate(50.0), Load::InFlight(64)];

/// Files that a process needs beside its connections.
const OTHER_FILES: u64 = 64;

/// Measures, on this thread.
pub(super) fn run(args: &BenchArgs) -> Result<(), CliError> {
    let placement = Placement::choose(args)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| CliError::failed(format!("nothing to run on: {error}")))?;
    let report = runtime.block_on(async {
        let mut stop = StopSignal::install()?;
        tokio::select! {
            report = Bench { args, placement }.carry_out() => report,
            () = stop.wait() => Err(CliError::failed("stopped before it was measured")),
        }
    });
    runtime.shutdown_timeout(Duration::ZERO);
    let report = report?;
    say(if args.json { report.json() } else { table::of(&report) })?;
    report.fault().map_or(Ok(()), |fault| Err(CliError::failed(fault)))
}

/// The server of its own: as `bim serve`, until standard input ends.
pub(super) fn serve(args: BenchServerArgs) -> Result<(), CliError> {
    own_server::serve(args.cores.as_ref(), serve_command::run(args.serve))
}

struct Bench<'a> {
    args: &'a BenchArgs,
    placement: Placement,
}

/// A server, and who may come.
struct Ground {
    place: Place,
    pid: Option<u32>,
    _own: Option<OwnServer>,
}

impl Bench<'_> {
    async fn carry_out(self) -> Result<Report, CliError> {
        self.check_files()?;
        let mut report = Report::new(self.args, &self.placement);
        let transports = match self.args.transport.as_slice() {
            [] => &[TransportArg::Ws][..],
            some => some,
        };
        for run in 1..=self.args.runs {
            for transport in transports {
                let row = self.row(*transport, run).await?;
                let is_faulty = row.figures.fault().is_some();
                report.add(row);
                if is_faulty {
                    return Ok(report);
                }
            }
        }
        Ok(report)
    }

    async fn row(&self, transport: TransportArg, run: u32) -> Result<Row, CliError> {
        let name = match &self.args.endpoint {
            Some(endpoint) => endpoint.split("://").next().unwrap_or_default().to_owned(),
            None => transport.scheme().to_owned(),
        };
        let heading = if self.args.runs > 1 { format!("{name}, run {run}") } else { name.clone() };
        let progress = Progress::new(heading);
        let ground = self.ground(transport, &progress).await?;
        let figures = self.figures(&ground, &progress).await.map_err(|error| failed(&error))?;
        Ok(Row { transport: name, figures })
    }

    async fn figures(&self, ground: &Ground, progress: &Progress) -> Result<Figures, BenchError> {
        let (args, tell) = (self.args, |line: &str| progress.tell(line));
        if args.join_storm {
            let plan = StormPlan { users: self.users(), server_pid: ground.pid };
            return Ok(Figures::Storm(run_storm(&plan, &ground.place, &tell).await?));
        }
        let (warm_up, measured, body_bytes) = (args.warm_up, args.seconds, args.body as usize);
        if let Some(senders) = args.durable {
            let plan = DurablePlan { senders, body_bytes, warm_up, measured };
            return Ok(Figures::Durable(run_durable(&plan, &ground.place, &tell).await?));
        }
        let plan = LoadPlan {
            viewers: args.viewers,
            senders: args.senders,
            stalled_percent: args.stalled,
            body_bytes,
            classes: args.classes.unwrap_or_default(),
            loads: self.loads(),
            warm_up,
            measured,
            server_pid: ground.pid,
        };
        let figures: CrowdFigures = run_load(&plan, &ground.place, &tell).await?;
        Ok(Figures::Crowd(figures))
    }

    fn loads(&self) -> Vec<Load> {
        let rates = self.args.rate.iter().copied().map(Load::Rate);
        let loads: Vec<Load> = rates.chain(self.args.in_flight.iter().copied().map(Load::InFlight)).collect();
        if loads.is_empty() { DEFAULT_LOADS.to_vec() } else { loads }
    }

    /// Everyone who comes.
    fn users(&self) -> u32 {
        match (self.args.durable, self.args.join_storm) {
            (Some(senders), _) => senders,
            (None, true) => self.args.viewers,
            (None, false) => self.args.viewers + self.args.senders,
        }
    }

    async fn ground(&self, transport: TransportArg, progress: &Progress) -> Result<Ground, CliError> {
        let users = self.users();
        let Some(endpoint) = &self.args.endpoint else {
            progress.tell("starting a server");
            let own = OwnServer::start(self.args, &self.placement, users, transport).await?;
            progress.tell("making tokens");
            let tickets = tickets::minted(own.data_dir(), users).await?;
            let place = place(own.endpoint(), &own.trust(), tickets)?;
            return Ok(Ground { place, pid: Some(own.pid()), _own: Some(own) });
        };
        let tickets = match (&self.args.tokens, &self.args.data_dir) {
            (Some(file), _) => tickets::read(file, users)?,
            (None, Some(data_dir)) => {
                progress.tell("making tokens");
                tickets::minted(data_dir, users).await?
            }
            (None, None) => {
                return Err(CliError::arguments("there are no tokens for the users of the bench").help(
                    "give --data-dir of the server when it runs here, or --tokens with a file of tokens, one a line",
                ));
            }
        };
        let trust = match self.args.trust.as_deref().map(trust_of).transpose()? {
            Some(ServerTrust::Fingerprint(digits)) => Trust::Fingerprint(digits),
            Some(ServerTrust::Certificate(path)) => Trust::File(path),
            Some(ServerTrust::Platform) | None => Trust::Platform,
        };
        Ok(Ground { place: place(endpoint, &trust, tickets)?, pid: self.args.server_pid, _own: None })
    }

    /// Each connection takes a file.
    fn check_files(&self) -> Result<(), CliError> {
        let needed = u64::from(self.users()) + OTHER_FILES;
        match open_more_files() {
            Some(files) if files < needed => Err(CliError::failed(format!(
                "{} connections need {needed} open files, and this process may have {files}",
                self.users()
            ))
            .help("raise it with `ulimit -n`, or take fewer --viewers")),
            _ => Ok(()),
        }
    }
}

fn place(endpoint: &str, trust: &Trust, tickets: Vec<Ticket>) -> Result<Place, CliError> {
    Place::new(endpoint, trust, tickets).map_err(|error| CliError::arguments(chain(&error)))
}

fn failed(error: &BenchError) -> CliError {
    CliError::failed(chain(error))
}
