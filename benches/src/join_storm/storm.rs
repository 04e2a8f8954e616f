//! One storm.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bim_types::Uid;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::JoinStormOptions;
use super::user::{Heard, Step, User, Way};
use super::watcher::Watcher;
use crate::load::{ClientError, Faults, Histogram, RssWatch, ServerProcess};

/// How long one step of all users may take.
const STEP_TIMEOUT: Duration = Duration::from_secs(120);

/// How long after a step the pulses may take to tell of all of it.
const PULSES_TIMEOUT: Duration = Duration::from_secs(30);

/// How long the server has to give its memory back.
const MEMORY_TIMEOUT: Duration = Duration::from_secs(15);

/// What may stay allocated when a storm is over, as a part of what its users took: tables that grew do not shrink at
/// once.
const HEAP_RETAINED_PART: f64 = 0.10;

/// What may stay in any case, in bytes: pages of the database that were read, and what is under way.
const HEAP_RETAINED_BYTES: u64 = 2 * 1024 * 1024;

/// Words of users that wait to be heard. When full, users wait.
const HEARD_MAX: usize = 1_024;

/// One storm on a server.
pub(super) struct Storm<'a> {
    server: &'a ServerProcess,
    rss: RssWatch,
    users: u64,
    watcher: Watcher,
    step: watch::Sender<Step>,
    heard: mpsc::Receiver<Heard>,
    crowd: JoinSet<()>,
    outcome: Outcome,
    logged_in_from: Instant,
}

/// What came of a storm.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) users: u64,
    pub(super) logged_in: Duration,
    pub(super) joined: Duration,
    pub(super) left: Duration,
    pub(super) join_latency: Histogram,
    pub(super) pulses: [u64; 2],
    pub(super) before: Memory,
    pub(super) connected: Memory,
    pub(super) inside: Memory,
    pub(super) after: Memory,
    pub(super) rss_max: u64,
    pub(super) cpu: Duration,
    pub(super) faults: Faults,
}

/// What the server had in memory, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Memory {
    /// Resident.
    pub(super) rss: u64,
    /// Allocated.
    pub(super) heap: u64,
}

impl Memory {
    fn of(server: &ServerProcess) -> Self {
        Self { rss: server.usage().rss, heap: server.heap() }
    }
}

impl<'a> Storm<'a> {
    /// The watcher enters; the users begin to log in.
    pub(super) async fn begin(options: &JoinStormOptions, server: &'a ServerProcess) -> Result<Self, String> {
        let ((first, others), dialer) = (server.tickets().split_first().ok_or("no users")?, server.dialer());
        let watcher = Watcher::enter(&dialer, first).await.map_err(|error| error.to_string())?;
        let outcome =
            Outcome { users: options.users.into(), before: Memory::of(server), ..Outcome::default() };
        let (step, steps) = watch::channel(Step::Waiting);
        let (told, heard) = mpsc::channel(HEARD_MAX);
        let logins = Arc::new(Semaphore::new(options.logins_at_once.max(1)));
        let mut crowd = JoinSet::new();
        for (number, ticket) in others.iter().enumerate() {
            let user = User {
                dialer: dialer.clone(),
                ticket: Arc::clone(ticket),
                group: watcher.group,
                way: Way::of(number),
                step: steps.clone(),
                told: told.clone(),
                logins: Arc::clone(&logins),
            };
            crowd.spawn(user.attend());
        }
        let (rss, logged_in_from) = (RssWatch::start(server.pid()), Instant::now());
        let users = outcome.users;
        Ok(Self { server, rss, users, watcher, step, heard, crowd, outcome, logged_in_from })
    }

    /// Everything, from the logins to the last look at the memory.
    pub(super) async fn carry_out(mut self) -> Result<Outcome, String> {
        let words = |error: ClientError| error.to_string();
        self.everyone("log in").await?;
        self.outcome.logged_in = self.logged_in_from.elapsed();
        self.outcome.connected = Memory::of(self.server);

        let cpu = self.server.usage().cpu;
        self.outcome.joined = self.take_step(Step::Joining, "join").await?;
        self.until_told(self.users + 1).await.map_err(words)?;
        self.outcome.pulses[0] = self.watcher.book.pulses;
        self.check_members(self.users + 1).await.map_err(words)?;
        self.outcome.inside = Memory::of(self.server);

        self.outcome.left = self.take_step(Step::Leaving, "leave").await?;
        self.until_told(1).await.map_err(words)?;
        self.outcome.pulses[1] = self.watcher.book.pulses - self.outcome.pulses[0];
        self.check_members(1).await.map_err(words)?;
        self.outcome.cpu = self.server.usage().cpu.saturating_sub(cpu);
        self.end().await
    }

    async fn take_step(&mut self, step: Step, what: &str) -> Result<Duration, String> {
        let began = Instant::now();
        self.step.send_replace(step);
        self.everyone(what).await?;
        Ok(began.elapsed())
    }

    /// Hears each user once, and watches meanwhile.
    async fn everyone(&mut self, what: &str) -> Result<(), String> {
        let Self { heard, watcher, outcome, users, .. } = self;
        let mut done = 0;
        let hearing = async {
            while done < *users {
                tokio::select! {
                    word = heard.recv() => match word {
                        Some(Heard::Joined(latency)) => outcome.join_latency.add(latency),
                        Some(Heard::LoggedIn | Heard::Left) => {}
                        Some(Heard::Failed(why)) => return Err(format!("somebody could not {what}: {why}")),
                        None => return Err("the users are gone".to_owned()),
                    },
                    watched = watcher.watch() => {
                        watched.map_err(|error| format!("the watcher: {error}"))?;
                        continue;
                    }
                }
                done += 1;
            }
            Ok(())
        };
        let in_time = timeout(STEP_TIMEOUT, hearing).await;
        in_time
            .unwrap_or_else(|_| Err(format!("only {done} of {users} could {what} within {STEP_TIMEOUT:?}")))
    }

    /// Watches until the pulses add up to this many; that they never do is a fault.
    async fn until_told(&mut self, expected: u64) -> Result<(), ClientError> {
        let watcher = &mut self.watcher;
        let watching = async {
            while watcher.book.online() != Some(expected) {
                watcher.watch().await?;
            }
            Ok(())
        };
        match timeout(PULSES_TIMEOUT, watching).await {
            Ok(watched) => watched,
            Err(_) => {
                let told = self.watcher.book.online();
                self.outcome.faults.add("pulses do not add up", || {
                    format!("pulses add up to {told:?} users; {expected} are in")
                });
                Ok(())
            }
        }
    }

    /// Compares count and list with who must be in: the first so many users.
    async fn check_members(&mut self, expected: u64) -> Result<(), ClientError> {
        let count = self.watcher.count().await?;
        if count != expected {
            self.outcome
                .faults
                .add("count not exact", || format!("the group counts {count} users; {expected} are in"));
        }
        let listed = self.watcher.list(&mut self.outcome.faults).await?;
        let inside = self.server.tickets().iter().take(usize::try_from(expected).unwrap_or(usize::MAX));
        let inside: BTreeSet<Uid> = inside.map(|ticket| ticket.uid.clone()).collect();
        for uid in inside.difference(&listed) {
            self.outcome.faults.add("list not exact", || format!("{uid:?} is in, and not listed"));
        }
        for uid in listed.difference(&inside) {
            self.outcome.faults.add("list not exact", || format!("{uid:?} is listed, and not in"));
        }
        Ok(())
    }

    /// Everyone goes; looks at the memory until no more of it comes back.
    async fn end(mut self) -> Result<Outcome, String> {
        self.step.send_replace(Step::Over);
        let leaving = async { while self.crowd.join_next().await.is_some() {} };
        if timeout(STEP_TIMEOUT, leaving).await.is_err() {
            self.outcome
                .faults
                .add("could not leave", || "somebody could not close its connection".to_owned());
        }
        if self.watcher.book.online() != Some(1) {
            let told = self.watcher.book.online();
            self.outcome.faults.add("pulses do not add up", || {
                format!("pulses add up to {told:?} users in the end; 1 is in")
            });
        }
        self.outcome.faults.extend("pulses", &self.watcher.book.faults);
        self.watcher.close().await;
        self.outcome.rss_max = self.rss.take_most();
        let (began, mut least) = (Instant::now(), Memory::of(self.server));
        while least.heap > most_afterwards(&self.outcome) && began.elapsed() < MEMORY_TIMEOUT {
            sleep(Duration::from_millis(100)).await;
            least = Memory::of(self.server);
        }
        self.outcome.after = least;
        let (heap, most) = (least.heap, most_afterwards(&self.outcome));
        if heap > most {
            self.outcome.faults.add("memory not given back", || {
                format!("{heap} bytes are allocated afterwards; at most {most} may be")
            });
        }
        Ok(self.outcome)
    }
}

/// Bytes that may be allocated when a storm is over: those before, and a small part of what its users took.
fn most_afterwards(outcome: &Outcome) -> u64 {
    let Outcome { before, inside, .. } = outcome;
    let taken = inside.heap.saturating_sub(before.heap);
    before.heap + HEAP_RETAINED_BYTES + (taken as f64 * HEAP_RETAINED_PART) as u64
}
