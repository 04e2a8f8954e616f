//! The machine that stands around the engine.

mod effects;
mod errands;
mod frames;
mod outputs;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bim_types::{ConnectionId, Mono, Now, Refusal, Token};
use bytes::Bytes;

use super::back_end::Seats;
use super::journal::{Entry, Seen};
use super::pending::Links;
use super::state::Script;
use crate::engine::Engine;
use crate::io::{Input, Output};

/// Frames held back at once, of all connections. When full, the connection of the next one is cut.
pub const HELD_MAX: usize = 65_536;

/// The number of the script's own errand to the operator's door; shells count from 1.
const MINT: u64 = u64::MAX;

/// How long a token of the back end lives: it is used at once.
const TOKEN_LIFE: Duration = Duration::from_secs(60);

/// An [`Engine`] that follows a [`Script`]. Same doors, same contract.
#[derive(Debug)]
pub struct Scripted {
    engine: Engine,
    script: Script,
    links: Links,
    seats: Seats,
    out: VecDeque<Output>,
    /// What the engine is told once its outputs were seen.
    after: VecDeque<Input>,
    held: BTreeMap<(Mono, u64), Held>,
    last_held: u64,
    /// Frames in uplinks that are held.
    waiting_frames: usize,
    minted: Option<Result<Token, Refusal>>,
    /// Whether the engine has read what it needs. Before that it knows no app.
    is_ready: bool,
    /// Whether the listener has something to hear.
    has_news: bool,
}

/// What waits for its time.
#[derive(Debug)]
enum Held {
    Answer(ConnectionId, Bytes),
    Uplink(ConnectionId),
}

impl Scripted {
    /// Begins one life of a server: the engine is new, the script may have seen others.
    #[must_use]
    pub fn new(engine: Engine, script: Script) -> Self {
        let scripted = Self {
            engine,
            script,
            links: Links::default(),
            seats: Seats::default(),
            out: VecDeque::new(),
            after: VecDeque::new(),
            held: BTreeMap::new(),
            last_held: 0,
            waiting_frames: 0,
            minted: None,
            is_ready: false,
            has_news: false,
        };
        scripted.script.change(|state| state.lives += 1);
        scripted
    }

    /// Takes one input.
    pub fn handle(&mut self, now: Now, input: Input) {
        self.release(now);
        self.take(now, input);
        self.grant_wishes(now);
        if std::mem::take(&mut self.has_news) {
            self.script.tell();
        }
    }

    fn take(&mut self, now: Now, input: Input) {
        match input {
            Input::Opened { connection, .. } => {
                self.links.open(connection);
                self.note(now, Some(connection), Seen::Connected);
                self.feed(now, input);
            }
            Input::Frame { connection, frame } => self.on_frame(now, connection, frame),
            Input::Closed { connection } => self.on_closed(now, connection, input),
            Input::TooSlow { connection } => {
                if self.links.is_open(connection) {
                    self.feed(now, input);
                }
            }
            Input::Written { .. }
            | Input::Loaded { .. }
            | Input::Moderated { .. }
            | Input::Remove { .. }
            | Input::Admin { .. }
            | Input::Drain
            | Input::Tick => self.feed(now, input),
        }
    }

    /// The next thing to do, in order; `None` when there is nothing until the next input.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// When [`Input::Tick`] is due, for the engine or for what is held back.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Mono> {
        let held = self.held.first_key_value().map(|((at, _), _)| *at);
        [self.engine.next_deadline(), held].into_iter().flatten().min()
    }

    /// The engine, for shells that look inside.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    fn note(&mut self, now: Now, connection: Option<ConnectionId>, seen: Seen) {
        let uid = connection.and_then(|connection| self.links.uid(connection));
        self.push(Entry { at: now.mono, connection, uid, seen });
    }

    fn push(&mut self, entry: Entry) {
        self.has_news = true;
        self.script.change(|state| Arc::make_mut(&mut state.journal).push(entry));
    }
}
