//! The handle that a test keeps.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use bim_types::{AppId, ClientMessageId, DeviceId, ErrorCode, Refusal, Uid};

use super::back_end::{BackEndCall, BackEndReply, CallId};
use super::journal::Journal;
use super::request::Request;
use super::rule::{NewRule, RuleId, Rules};
use super::tokens::Tokens;

/// Calls of the back end that wait to be heard or for somebody to take their answer. One more is refused as busy.
pub const CALLS_MAX: usize = 1_024;

/// Devices remembered as known. When full, a new one stays new.
const DEVICES_MAX: usize = 65_536;

/// The first id of messages of the back end; the ids of a test's own are usually small or random.
const FIRST_MESSAGE: u128 = 1 << 96;

/// Says what goes wrong, and knows what the server saw. Cheap to clone: all clones are the same script.
#[derive(Clone, Default)]
pub struct Script {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    listener: OnceLock<Box<dyn Fn() + Send + Sync>>,
}

/// What a script and its machine share.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) rules: Rules,
    pub(super) journal: Arc<Journal>,
    pub(super) tokens: Tokens,
    pub(super) wishes: VecDeque<Wish>,
    pub(super) lives: u64,
    devices: BTreeSet<(AppId, Uid, DeviceId)>,
    calls: BTreeMap<CallId, Option<Result<BackEndReply, Refusal>>>,
    last_call: u64,
    last_message: u128,
}

/// Something to be done with the next input.
#[derive(Debug)]
pub(super) enum Wish {
    Call(CallId, AppId, BackEndCall),
    ExpireTokens(AppId, Uid),
}

impl Script {
    /// A script without rules.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins a rule about requests; see [`NewRule`].
    ///
    /// ```
    /// use bim_server_core::script::{Request, Script};
    /// use bim_types::ErrorCode;
    ///
    /// let script = Script::new();
    /// script.on(Request::send().by("alice")).refuse(ErrorCode::MessageFrequency);
    /// script.on(Request::send()).nth(3).lose_answer();
    /// ```
    pub fn on(&self, request: Request) -> NewRule<'_> {
        NewRule::new(self, request)
    }

    /// Ends a rule. Does nothing when it is used up. What it holds back is still held.
    pub fn remove(&self, rule: RuleId) {
        self.change(|state| state.rules.remove(rule));
    }

    /// Ends all rules.
    pub fn remove_all(&self) {
        self.change(|state| state.rules.clear());
    }

    /// What the server saw until now. Costs nothing, as long as it is let go before the server sees more.
    #[must_use]
    pub fn journal(&self) -> Arc<Journal> {
        self.change(|state| Arc::clone(&state.journal))
    }

    /// Forgets what the server saw until now.
    pub fn forget_journal(&self) {
        self.change(|state| state.journal = Arc::default());
    }

    /// Has every token of a user run out, with the next input: those the server has seen, and those whose id is a
    /// hexadecimal number below `below`, as a fake app makes them. Running sessions end as if their time had come.
    pub fn expire_tokens(&self, app: AppId, uid: Uid, below: u128) {
        self.change(|state| {
            state.tokens.expire(app, &uid, below);
            // Waiting twice would do nothing twice.
            let is_waiting =
                |wish: &Wish| matches!(wish, Wish::ExpireTokens(of, user) if *of == app && *user == uid);
            if !state.wishes.iter().any(is_waiting) {
                state.wishes.push_back(Wish::ExpireTokens(app, uid));
            }
        });
    }

    /// Has the app's own server ask for something, with the next input. The answer comes to [`Script::take_answer`].
    pub fn call(&self, app: AppId, call: BackEndCall) -> CallId {
        self.change(|state| {
            state.last_call += 1;
            let id = CallId(state.last_call);
            if state.calls.len() < CALLS_MAX {
                state.calls.insert(id, None);
                state.wishes.push_back(Wish::Call(id, app, call));
            }
            id
        })
    }

    /// The answer to a call, once; `None` while there is none.
    pub fn take_answer(&self, id: CallId) -> Option<Result<BackEndReply, Refusal>> {
        self.change(|state| {
            let Some(answer) = state.calls.get_mut(&id) else {
                return Some(Err(Refusal::new(ErrorCode::ServerBusy).hint("too many calls wait")));
            };
            let answer = answer.take()?;
            state.calls.remove(&id);
            Some(answer)
        })
    }

    /// Forgets a call whose answer nobody will take.
    pub fn forget_call(&self, id: CallId) {
        self.change(|state| state.calls.remove(&id));
    }

    /// Answers every call that waits: the server is gone, and nobody knows whether it did it.
    pub fn server_is_gone(&self) {
        self.change(|state| {
            state.wishes.clear();
            for answer in state.calls.values_mut().filter(|answer| answer.is_none()) {
                *answer = Some(Err(ErrorCode::OutcomeUnknown.into()));
            }
        });
        self.tell();
    }

    /// An id for a message of the back end, never given before.
    #[must_use]
    pub fn message_id(&self) -> ClientMessageId {
        self.change(|state| {
            state.last_message += 1;
            ClientMessageId::new(FIRST_MESSAGE + state.last_message)
        })
    }

    /// Has a function called after every input that changed the journal or answered a call, from the task of the
    /// server: it must not block. Only the first such function is taken.
    pub fn listen(&self, listener: impl Fn() + Send + Sync + 'static) {
        // A second one is not taken, as documented.
        let _ = self.shared.listener.set(Box::new(listener));
    }

    pub(super) fn tell(&self) {
        if let Some(listener) = self.shared.listener.get() {
            listener();
        }
    }

    pub(super) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change is whole before anything can panic.
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Answers a call, if somebody still waits for it.
    pub(super) fn answer(&mut self, id: CallId, answer: Result<BackEndReply, Refusal>) {
        if let Some(waiting) = self.calls.get_mut(&id) {
            *waiting = Some(answer);
        }
    }

    /// Remembers a device. Returns whether it was known.
    pub(super) fn meet(&mut self, app: AppId, uid: Uid, device: DeviceId) -> bool {
        let device = (app, uid, device);
        if self.devices.contains(&device) {
            return true;
        }
        if self.devices.len() < DEVICES_MAX {
            self.devices.insert(device);
        }
        false
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Script").finish_non_exhaustive()
    }
}
