//! What the driver has others do: dialing, storing, asking for tokens, closing.
//!
//! Each chore is a task that ends in one input for the machine. A chore that panics, because a dialer, store or
//! provider of the app did, ends in the input that says it failed.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bim_core::{Input, LinkId, StoreFailed, TokenAskId, TokenUnavailable};
use bim_store::{ClientStore, ClientStoreError};
use bim_transport::{BoxConnection, DialError, Dialer};
use bim_types::ErrorCode;
use bim_types::store::{ClientBatch, OpId};
use tokio::task::{AbortHandle, Id, JoinSet};
use tokio::time::timeout;

use crate::driver::link::Link;
use crate::setup::OpenedStore;
use crate::token::Source;

/// The tasks of one client beside its driver.
pub(crate) struct Chores {
    tasks: JoinSet<Done>,
    /// What it means when a task ends without a result.
    failures: BTreeMap<Id, Box<Input>>,
    dialers: Vec<Arc<dyn Dialer>>,
    dialing: Option<(LinkId, AbortHandle)>,
    tokens: Option<Source>,
    asking: Option<AbortHandle>,
    store: OpenedStore,
    /// Store operations are carried out one after the other, as the machine asked for them.
    store_waiting: VecDeque<StoreOp>,
    store_busy: Option<Id>,
    log: bool,
}

/// What came of a chore.
pub(crate) enum Done {
    Input(Input),
    Dialed(LinkId, BoxConnection),
}

enum StoreOp {
    LoadDevice(OpId),
    Commit(OpId, ClientBatch),
}

impl Chores {
    pub(crate) fn new(dialers: Vec<Arc<dyn Dialer>>, store: OpenedStore, log: bool) -> Self {
        Self {
            tasks: JoinSet::new(),
            failures: BTreeMap::new(),
            dialers,
            dialing: None,
            tokens: None,
            asking: None,
            store,
            store_waiting: VecDeque::new(),
            store_busy: None,
            log,
        }
    }

    /// The next chore that is done.
    pub(crate) fn poll_done(&mut self, cx: &mut Context<'_>) -> Poll<Done> {
        loop {
            let Some(ended) = ready!(self.tasks.poll_join_next_with_id(cx)) else { return Poll::Pending };
            let (id, done) = match ended {
                Ok((id, done)) => (id, Some(done)),
                Err(error) => (error.id(), None),
            };
            let failure = self.failures.remove(&id);
            if self.store_busy == Some(id) {
                self.store_busy = None;
                self.next_store_op();
            }
            // A chore that was aborted has neither.
            if let Some(done) = done.or(failure.map(|input| Done::Input(*input))) {
                return Poll::Ready(done);
            }
        }
    }

    /// Ready when goodbyes are said and the store is at rest; what else is under way is not waited for.
    pub(crate) fn poll_farewell(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some((_, dial)) = self.dialing.take() {
            dial.abort();
        }
        if let Some(asking) = self.asking.take() {
            asking.abort();
        }
        while !self.tasks.is_empty() {
            ready!(self.poll_done(cx));
        }
        Poll::Ready(())
    }

    /// Lets go of the store, on a thread where blocking is allowed.
    pub(crate) async fn close_store(self) {
        let Self { tasks, store, .. } = self;
        drop(tasks);
        // It fails only when the runtime goes away, and the store with it.
        let _ = tokio::task::spawn_blocking(move || drop(store)).await;
    }

    /// Where tokens come from, from now on.
    pub(crate) fn token_source(&mut self, source: Source) {
        self.tokens = Some(source);
    }

    pub(crate) fn ask_token(&mut self, ask: TokenAskId) {
        let failure = Input::Token(ask, Err(TokenUnavailable));
        // One question is open at a time; an older one was given up by the machine.
        if let Some(older) = self.asking.take() {
            older.abort();
        }
        let Some(Source::Provider(provider)) = self.tokens.clone() else {
            self.spawn(failure.clone(), async move { Done::Input(failure) });
            return;
        };
        let log = self.log;
        let asking = self.spawn(failure, async move {
            let token = provider.token().await.map_err(|error| {
                if log {
                    tracing::warn!(error = &error as &dyn std::error::Error, "the token provider failed");
                }
                TokenUnavailable
            });
            Done::Input(Input::Token(ask, token))
        });
        self.asking = Some(asking);
    }

    pub(crate) fn dial(&mut self, link: LinkId, endpoint: usize) {
        let failure = Input::DialFailed(link, "the dialer failed".into());
        let Some(dialer) = self.dialers.get(endpoint).map(Arc::clone) else { return };
        let log = self.log;
        let dial = async move {
            match dialer.dial().await {
                Ok(connection) => Done::Dialed(link, connection),
                Err(error) => {
                    let reason = describe(&error);
                    if log {
                        tracing::debug!(endpoint = dialer.describe(), reason, "dial failed");
                    }
                    Done::Input(Input::DialFailed(link, reason))
                }
            }
        };
        let task = self.tasks.spawn(dial);
        self.failures.insert(task.id(), Box::new(failure));
        self.dialing = Some((link, task));
    }

    pub(crate) fn abort_dial(&mut self, link: LinkId) {
        if let Some((_, task)) = self.dialing.take_if(|(dialing, _)| *dialing == link) {
            self.failures.remove(&task.id());
            task.abort();
        }
    }

    pub(crate) fn close(&mut self, link: Link) {
        let id = link.id;
        self.spawn(Input::Closed(id), async move {
            // A peer that takes nothing is not waited for longer than the transport does.
            let _ = timeout(bim_transport::CLOSE_TIMEOUT, link.close()).await;
            Done::Input(Input::Closed(id))
        });
    }

    pub(crate) fn load_device(&mut self, op: OpId) {
        self.store_waiting.push_back(StoreOp::LoadDevice(op));
        self.next_store_op();
    }

    pub(crate) fn commit(&mut self, op: OpId, batch: ClientBatch) {
        self.store_waiting.push_back(StoreOp::Commit(op, batch));
        self.next_store_op();
    }

    fn next_store_op(&mut self) {
        if self.store_busy.is_some() {
            return;
        }
        let Some(op) = self.store_waiting.pop_front() else { return };
        let failure = op.outcome(Err(StoreFailed { code: ErrorCode::StorageFailed }));
        let store = Arc::clone(&self.store.store);
        let log = self.log;
        let task = self.tasks.spawn_blocking(move || {
            let input = op.run(store.as_ref());
            if log && let Input::DeviceLoaded(_, Err(failed)) | Input::Committed(_, Err(failed)) = &input {
                tracing::error!(code = failed.code.number(), "the client store failed");
            }
            Done::Input(input)
        });
        self.failures.insert(task.id(), Box::new(failure));
        self.store_busy = Some(task.id());
    }

    fn spawn(&mut self, failure: Input, chore: impl Future<Output = Done> + Send + 'static) -> AbortHandle {
        let task = self.tasks.spawn(chore);
        self.failures.insert(task.id(), Box::new(failure));
        task
    }
}

impl StoreOp {
    fn run(self, store: &dyn ClientStore) -> Input {
        match self {
            Self::LoadDevice(op) => Input::DeviceLoaded(op, store.device().map_err(failed)),
            Self::Commit(op, batch) => Input::Committed(op, store.commit(&batch).map_err(failed)),
        }
    }

    /// The input for an outcome without data.
    fn outcome(&self, outcome: Result<(), StoreFailed>) -> Input {
        match self {
            Self::LoadDevice(op) => Input::DeviceLoaded(*op, outcome.map(|()| None)),
            Self::Commit(op, _) => Input::Committed(*op, outcome),
        }
    }
}

fn failed(error: ClientStoreError) -> StoreFailed {
    let code = match error {
        ClientStoreError::Damaged => ErrorCode::StorageCorrupted,
        _ => ErrorCode::StorageFailed,
    };
    StoreFailed { code }
}

/// An error and its causes in one line.
fn describe(error: &DialError) -> String {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
