//! One run, from an empty server to the last account.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bim_types::ConversationShortId;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::BigRoomOptions;
use super::books::{Books, Ending};
use super::bystander::Bystander;
use super::link::Link;
use super::outcome::{Measured, Memory, Outcome};
use super::plan::Plan;
use super::roles::Role;
use super::sender::{Sender, Verdicts};
use super::stage::{Shared, Stage};
use super::viewer;
use crate::load::{
    ClientError, Clock, Faults, Ledger, Machine, RawClient, RssWatch, ServerProcess, Usage, gather,
};

/// Users who log in and enter at the same time.
const ENTER_AT_ONCE: usize = 64;

/// How long the last verdicts may take.
const VERDICTS_TIMEOUT: Duration = Duration::from_secs(60);

/// How long it may take until every account is full: those who stopped reading have much to read.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(120);

/// How often it is looked whether every account is full.
const SETTLE_LOOK: Duration = Duration::from_millis(50);

/// How long everyone goes on reading when every account is full, so that what comes twice is seen.
const AFTERMATH: Duration = Duration::from_millis(500);

/// How long users may take to leave.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(60);

/// A run with so many viewers that do not read.
pub(super) fn run(options: &BigRoomOptions, stalled: u32) -> Result<Outcome, String> {
    let plan = Plan::new(options, stalled)?;
    let server = ServerProcess::start(plan.users() + 1, &options.settings())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let outcome = runtime.block_on(Run { options, plan: &plan, server: &server }.carry_out());
    runtime.shutdown_background();
    outcome
}

struct Run<'a> {
    options: &'a BigRoomOptions,
    plan: &'a Plan,
    server: &'a ServerProcess,
}

impl Run<'_> {
    async fn carry_out(self) -> Result<Outcome, String> {
        let words = |error: ClientError| error.to_string();
        let rss = RssWatch::start(self.server.pid());
        let base = self.server.usage();
        let shared = Arc::new(Shared::new(Clock::start(self.options.body_bytes())));
        let began = Instant::now();
        let group = self.create().await.map_err(words)?;
        let bystander = self.bystander(&shared).await.map_err(words)?;
        let links = self.enter(group, &shared).await.map_err(words)?;
        let (entered, entered_in) = (self.server.usage(), began.elapsed());

        let (stage, staged) = watch::channel(Stage::Gathering);
        let (to_ledger, verdicts) = mpsc::channel(links.len());
        let users = self.start(links, group, &staged, &to_ledger);
        let bystander = tokio::spawn(bystander.run(staged));
        drop(to_ledger);

        let measured = self.measure(&stage, &shared).await;
        let mut faults = Faults::default();
        let accepted = self.verdicts(verdicts, &mut faults).await;
        let ledger = Arc::new(Ledger::of(accepted, &mut faults));
        stage.send_replace(Stage::Settling(Arc::clone(&ledger)));
        self.settle(&shared, users.len()).await;
        stage.send_replace(Stage::Over);
        let endings = end(users, &mut faults).await;
        if let Err(error) = bystander.await.map_err(|error| error.to_string())? {
            faults.add("another group suffered", || error.to_string());
        }

        let books = Books::close(&endings, &ledger, self.options.beyond_capacity, &mut faults);
        let memory = self.memory(base, entered, rss.take_most(), &mut faults);
        let (latencies, body_bytes) = (shared.quantiles(), self.options.body);
        Ok(Outcome { books, measured, latencies, memory, body_bytes, entered_in, faults })
    }

    /// The last who may come.
    async fn bystander(&self, shared: &Arc<Shared>) -> Result<Bystander, ClientError> {
        let ticket = self.server.tickets().last().ok_or(ClientError::Ended)?;
        Bystander::enter(&self.server.dialer(), ticket, Arc::clone(shared)).await
    }

    async fn create(&self) -> Result<ConversationShortId, ClientError> {
        let owner = self.server.tickets().first().ok_or(ClientError::Ended)?;
        let mut client = RawClient::log_in(&self.server.dialer(), owner).await?;
        let group = client.create("big room").await;
        client.close().await;
        group
    }

    async fn enter(
        &self,
        group: ConversationShortId,
        shared: &Arc<Shared>,
    ) -> Result<Vec<(Role, u128, Link)>, ClientError> {
        let who = self.plan.roles.iter().zip(self.server.tickets()).enumerate();
        let entering = who.map(|(number, (role, ticket))| {
            let (role, dialer, ticket) = (*role, self.server.dialer(), Arc::clone(ticket));
            let shared = Arc::clone(shared);
            async move {
                let is_measured = role == Role::Reading;
                let link = Link::enter(dialer, ticket, group, shared, is_measured).await?;
                Ok((role, number as u128, link))
            }
        });
        gather(entering, ENTER_AT_ONCE).await
    }

    fn start(
        &self,
        links: Vec<(Role, u128, Link)>,
        group: ConversationShortId,
        stage: &watch::Receiver<Stage>,
        verdicts: &mpsc::Sender<Verdicts>,
    ) -> JoinSet<Ending> {
        let mut users = JoinSet::new();
        for (role, number, link) in links {
            let stage = stage.clone();
            match role {
                Role::Sending(duty) => {
                    users.spawn(Sender::new(link, group, duty, number).run(stage, verdicts.clone()));
                }
                Role::Reading | Role::Stalled => {
                    users.spawn(viewer::watch(link, role, stage));
                }
            }
        }
        users
    }

    /// Lets the senders send. The first second, in which full budgets are spent, is not measured.
    async fn measure(&self, stage: &watch::Sender<Stage>, shared: &Shared) -> Measured {
        let cpu = || [self.server.usage().cpu, Usage::of(std::process::id()).cpu];
        let (began, before, delivered) = (Instant::now(), cpu(), shared.deliveries());
        let machine = Machine::now();
        shared.measure_from(shared.clock.now() + Duration::from_secs(1));
        stage.send_replace(Stage::Running);
        sleep(self.options.duration()).await;
        stage.send_replace(Stage::Ending);
        let after = cpu();
        Measured {
            sent_for: began.elapsed(),
            deliveries: shared.deliveries() - delivered,
            server_cpu: after[0].saturating_sub(before[0]),
            load_cpu: after[1].saturating_sub(before[1]),
            machine: Machine::now().since(machine),
        }
    }

    /// What was accepted, of all senders.
    async fn verdicts(&self, mut all: mpsc::Receiver<Verdicts>, faults: &mut Faults) -> Verdicts {
        let senders = self.plan.roles.iter().filter(|role| matches!(role, Role::Sending(_))).count();
        let (mut accepted, mut heard) = (Vec::new(), 0);
        let hear = async {
            while let Some(of_one) = all.recv().await {
                accepted.extend(of_one);
                heard += 1;
            }
        };
        let in_time = timeout(VERDICTS_TIMEOUT, hear).await.is_ok();
        if !in_time || heard < senders {
            faults.add("accepted or refused without a verdict", || {
                format!("{} senders have messages without a verdict", senders - heard)
            });
        }
        accepted
    }

    async fn settle(&self, shared: &Shared, users: usize) {
        let settled = async {
            while shared.settled.load(Ordering::Relaxed) < users {
                sleep(SETTLE_LOOK).await;
            }
        };
        if timeout(SETTLE_TIMEOUT, settled).await.is_ok() {
            sleep(AFTERMATH).await;
        }
    }

    fn memory(&self, base: Usage, entered: Usage, most: u64, faults: &mut Faults) -> Memory {
        let mut end = self.server.usage();
        end.rss_max = end.rss_max.max(most);
        let (cap, cap_in_words) = self.plan.memory_cap(base.rss);
        if end.rss_max > cap {
            faults.add("memory over its cap", || {
                format!("the server took {} bytes; its cap is {cap}", end.rss_max)
            });
        }
        Memory { base, entered, end, cap, cap_in_words }
    }
}

/// Waits until all have left.
async fn end(mut users: JoinSet<Ending>, faults: &mut Faults) -> Vec<Ending> {
    let expected = users.len();
    let mut endings = Vec::with_capacity(expected);
    let _ = timeout(LEAVE_TIMEOUT, async {
        while let Some(ended) = users.join_next().await {
            endings.push(ended.expect("a user does not panic"));
        }
    })
    .await;
    if endings.len() < expected {
        faults.add("could not leave", || format!("{} users could not leave", expected - endings.len()));
    }
    endings
}
