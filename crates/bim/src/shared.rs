//! What handles see without asking the driver.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use bim_core::{Answer, Command, LiveEvent};
use bim_types::{AppId, ClientMessageId, ConnectStatus, DisconnectReason, ErrorCode, Uid, Wall};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::call::{Answered, Call, call};
use crate::error::Error;
use crate::event::ConnectEvent;
use crate::feed::{Hub, Reader};
use crate::listen::Listeners;
use crate::token::Source;

/// Calls on their way to the driver. A call that waits for an answer anyway waits for room; a send does not,
/// and is refused with [`ErrorCode::OutboxFull`].
pub(crate) const CALLS_MAX: usize = 1024;

/// What the handles of one client share.
pub(crate) struct Shared {
    pub(crate) app: AppId,
    pub(crate) uid: Uid,
    pub(crate) event_buffer: usize,
    pub(crate) log: bool,
    view: Mutex<View>,
    first_id: u128,
    next_id: AtomicU64,
}

/// What the driver shows.
pub(crate) struct View {
    pub(crate) status: ConnectStatus,
    pub(crate) logged_in: bool,
    pub(crate) clock: Option<(Wall, Instant)>,
    pub(crate) connect: Hub<ConnectEvent>,
    pub(crate) live: Hub<LiveEvent>,
    pub(crate) listeners: Listeners,
    pub(crate) ended: bool,
}

/// What handles ask the driver.
pub(crate) enum HandleCommand {
    Login { uid: Uid, source: Source },
    Machine(Command),
}

/// A cheap way to reach the driver.
#[derive(Clone)]
pub(crate) struct Handle {
    pub(crate) calls: mpsc::Sender<Call>,
    pub(crate) shared: Arc<Shared>,
}

impl View {
    /// A reader of what happens to the connection, `first` before everything else.
    pub(crate) fn subscribe_connect(
        &mut self,
        capacity: usize,
        first: Option<ConnectEvent>,
    ) -> Reader<ConnectEvent> {
        let reader = self.connect.subscribe(capacity, first);
        if self.ended {
            self.connect.end();
        }
        reader
    }

    /// A reader of what happens in live groups, as far as it wants to know.
    pub(crate) fn subscribe_live(
        &mut self,
        capacity: usize,
        wanted: fn(&LiveEvent) -> bool,
    ) -> Reader<LiveEvent> {
        let reader = self.live.subscribe_to(capacity, None, wanted);
        if self.ended {
            self.live.end();
        }
        reader
    }
}

impl Shared {
    /// `random` draws the first message id; those after it are counted up from there.
    pub(crate) fn new(app: AppId, uid: Uid, event_buffer: usize, log: bool, random: u128) -> Self {
        let view = View {
            status: ConnectStatus::Disconnected(DisconnectReason::NotLoggedIn),
            logged_in: false,
            clock: None,
            connect: Hub::new(),
            live: Hub::new(),
            listeners: Listeners::default(),
            ended: false,
        };
        let next_id = AtomicU64::new(0);
        Self { app, uid, event_buffer, log, view: Mutex::new(view), first_id: random, next_id }
    }

    pub(crate) fn view(&self) -> MutexGuard<'_, View> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The driver is gone, however it ended: nothing will change any more.
    pub(crate) fn end(&self) {
        let mut view = self.view();
        if view.ended {
            return;
        }
        view.ended = true;
        view.logged_in = false;
        if !matches!(view.status, ConnectStatus::Disconnected(_)) {
            view.status = ConnectStatus::Disconnected(DisconnectReason::ShutDown);
            let last = ConnectEvent::Status(view.status.clone());
            view.connect.publish(&last);
        }
        view.connect.end();
        view.live.end();
    }

    pub(crate) fn message_id(&self) -> ClientMessageId {
        let count = self.next_id.fetch_add(1, Ordering::Relaxed);
        ClientMessageId::new(self.first_id.wrapping_add(u128::from(count)))
    }

    pub(crate) fn server_time(&self) -> Option<SystemTime> {
        let (shown, at) = self.view().clock?;
        let shown = Duration::from_millis(shown.as_millis());
        Some(SystemTime::UNIX_EPOCH + shown + at.elapsed())
    }
}

impl Handle {
    /// Makes a call and waits for its answer. Dropped before the call was taken it has done nothing; dropped
    /// later the call goes on and its answer is lost.
    pub(crate) async fn call(&self, command: HandleCommand) -> Result<Answer, Error> {
        let (call, answered) = call(command);
        self.calls.send(call).await.map_err(|_| ErrorCode::ShutDown)?;
        Ok(answered.await.ok_or(ErrorCode::ShutDown)??)
    }

    /// Makes a call now, in the order of calls, or says why it can not be made.
    pub(crate) fn call_now(&self, command: HandleCommand) -> Result<Answered, Error> {
        let (call, answered) = call(command);
        self.calls.try_send(call).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => ErrorCode::OutboxFull,
            mpsc::error::TrySendError::Closed(_) => ErrorCode::ShutDown,
        })?;
        Ok(answered)
    }
}
