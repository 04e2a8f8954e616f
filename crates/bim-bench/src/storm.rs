//! A join storm: everyone is logged in, and all join at once.

use std::sync::Arc;
use std::time::Duration;

use bim_proto::{RequestBody, ResponseBody};
use bim_types::ConversationShortId;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use crate::figures::{Latency, per_second};
use crate::group::{self, ENTER_AT_ONCE};
use crate::{BenchError, Client, ClientError, CpuTime, Histogram, Place, StormFigures, Tell, Ticket, gather};

/// How long all joins together may take.
const STORM_TIMEOUT: Duration = Duration::from_secs(120);

/// How long the server's own count may take to be right.
const COUNT_TIMEOUT: Duration = Duration::from_secs(10);

/// How often it is asked for.
const COUNT_LOOK: Duration = Duration::from_millis(100);

/// What a storm is to do.
#[derive(Clone, Copy, Debug)]
pub struct StormPlan {
    /// Users who join.
    pub users: u32,
    /// The server's process, when it runs on this machine.
    pub server_pid: Option<u32>,
}

/// Lets everyone log in, then join one group at once, and compares the server's count with how many joined.
///
/// # Errors
///
/// Somebody could not log in or join, it took too long, or the count was wrong at the end.
///
/// # Cancel safety
///
/// When dropped, everyone leaves; the group stays.
pub async fn run_storm(plan: &StormPlan, place: &Place, tell: Tell<'_>) -> Result<StormFigures, BenchError> {
    let tickets = place.tickets(plan.users as usize)?;
    let [owner, ..] = tickets else { return Err(BenchError::Tokens { needed: 1, found: 0 }) };
    let group = group::create(place, owner).await?;
    tell(&format!("{} users log in", plan.users));
    let logins = tickets.iter().cloned().enumerate();
    let logins = logins.map(|(number, ticket)| log_in(Arc::clone(place.dialer(number)), ticket));
    let clients = gather(logins, ENTER_AT_ONCE).await.map_err(BenchError::Enter)?;
    tell(&format!("{} users join at once", plan.users));
    let cpu = || plan.server_pid.and_then(CpuTime::of);
    let (before, began) = (cpu(), Instant::now());
    let (stay, staying) = watch::channel(());
    let mut joining = start(clients, group, &staying);
    let latencies = timeout(STORM_TIMEOUT, answers(&mut joining.1, plan.users)).await;
    let elapsed = began.elapsed();
    let latencies = latencies.map_err(|_| late("joining", STORM_TIMEOUT))?.map_err(BenchError::Enter)?;
    let spent = cpu().zip(before).map(|(after, before)| after.since(&before));
    tell("comparing the server's count with how many joined");
    let counted = timeout(COUNT_TIMEOUT, count(place, owner, group, plan.users)).await;
    let online_count = match counted {
        Ok(counted) => counted.map_err(BenchError::Enter)?,
        Err(_) => {
            let wrong = format!("{} users joined, and the server does not count so many", plan.users);
            return Err(BenchError::Books(wrong));
        }
    };
    drop(stay);
    joining.0.shutdown().await;
    group::dissolve(place, owner, group).await;
    Ok(StormFigures {
        joined: plan.users,
        joins_per_second: per_second(plan.users.into(), elapsed),
        latency: Latency::of(&latencies),
        server_cpu_seconds_per_thousand_joins: spent
            .map(|cpu| cpu.as_secs_f64() / f64::from(plan.users.max(1)) * 1e3),
        online_count,
    })
}

type Answers = tokio::sync::mpsc::Receiver<Result<Duration, ClientError>>;

async fn log_in(dialer: Arc<dyn bim_transport::Dialer>, ticket: Ticket) -> Result<Client, ClientError> {
    Client::log_in(&*dialer, &ticket).await
}

/// Everyone asks, and then goes on reading until the end.
fn start(
    clients: Vec<Client>,
    group: ConversationShortId,
    staying: &watch::Receiver<()>,
) -> (JoinSet<()>, Answers) {
    let (told, answers) = tokio::sync::mpsc::channel(clients.len().max(1));
    let mut tasks = JoinSet::new();
    for mut client in clients {
        let (told, mut staying) = (told.clone(), staying.clone());
        tasks.spawn(async move {
            let asked = Instant::now();
            let joined = client.join(group, None, |_| {}).await.map(|_| asked.elapsed());
            // Nobody listens any more when the run was given up.
            let _ = told.send(joined).await;
            let reading = async { while client.next().await.is_ok() {} };
            tokio::select! {
                () = reading => {}
                _ = staying.changed() => {}
            }
        });
    }
    (tasks, answers)
}

async fn answers(answers: &mut Answers, users: u32) -> Result<Histogram, ClientError> {
    let latencies = Histogram::default();
    for _ in 0..users {
        latencies.add(answers.recv().await.ok_or(ClientError::Ended)??);
    }
    Ok(latencies)
}

/// Asks until the server counts so many.
async fn count(
    place: &Place,
    owner: &Ticket,
    group: ConversationShortId,
    users: u32,
) -> Result<u64, ClientError> {
    let mut client = Client::log_in(&**place.dialer(0), &group::at_desk(owner)).await?;
    loop {
        match client.ask(RequestBody::GetLiveGroup(group), |_| {}).await? {
            ResponseBody::LiveGroup(found) if found.online_count == u64::from(users) => {
                client.close().await;
                return Ok(found.online_count);
            }
            ResponseBody::LiveGroup(_) => sleep(COUNT_LOOK).await,
            other => return Err(ClientError::Misfit(format!("{other:?}"))),
        }
    }
}

fn late(what: &str, within: Duration) -> BenchError {
    BenchError::Late { what: what.to_owned(), within }
}
