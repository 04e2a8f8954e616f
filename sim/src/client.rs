//! One device: a real client machine, a store that outlives it, and an app.

use std::collections::BTreeMap;
use std::time::Duration;

use bim_core::{ClientConfig, ClientMachine, TokenAskId};
use bim_fake_server::step::{LinkId, StepClock};
use bim_types::store::{ClientBatch, OpId};
use bim_types::{AppId, Entropy, Mono, Uid, Wall};
use bytes::Bytes;

use crate::app::App;
use crate::plan::Role;
use crate::power::DeviceStore;

/// The longest time a store operation takes.
pub(crate) const STORE_TIME: Duration = Duration::from_millis(20);

/// The same when the device is busy.
pub(crate) const STORE_TIME_SLOW: Duration = Duration::from_secs(2);

/// The longest time after which a frame comes out of a transport that was let go of.
pub(crate) const LATE_TIME: Duration = Duration::from_secs(2);

/// The longest time a token provider takes.
pub(crate) const TOKEN_TIME: Duration = Duration::from_millis(300);

/// One device.
pub(crate) struct Client {
    pub(crate) uid: Uid,
    pub(crate) role: Role,
    pub(crate) store: DeviceStore,
    pub(crate) app: App,
    pub(crate) dice: Entropy,
    pub(crate) lives: u64,
    pub(crate) life: Option<Life>,
}

/// A client while it is alive.
pub(crate) struct Life {
    pub(crate) number: u64,
    pub(crate) machine: ClientMachine,
    pub(crate) clock: StepClock,
    /// The links that the machine has not let go of.
    pub(crate) links: BTreeMap<bim_core::LinkId, LinkId>,
    /// The machine's deadline for which a tick is planned, and the number of that plan.
    pub(crate) tick: (Option<Mono>, u64),
    /// The last frame that was received, and on which link.
    pub(crate) last_frame: Option<(LinkId, Bytes)>,
    pub(crate) calls: u64,
    /// Store operations that are not done, oldest first.
    pub(crate) storing: Vec<StoreOp>,
}

/// What a client does later.
#[derive(Clone, Debug)]
pub(crate) enum Todo {
    Tick(u64),
    /// The oldest store operation is done.
    Stored,
    Token(TokenAskId),
    /// A frame that was received on a link comes again, although the link was let go of.
    Late(LinkId, bim_core::LinkId, Bytes),
    Act,
}

#[derive(Clone, Debug)]
pub(crate) enum StoreOp {
    Load(OpId),
    Commit(OpId, ClientBatch),
}

impl Client {
    pub(crate) fn new(uid: Uid, role: Role, seed: u64, app: App, on_disk: bool) -> Self {
        let store = DeviceStore::new(on_disk);
        Self { uid, role, store, app, dice: Entropy::new(seed), lives: 0, life: None }
    }

    /// Begins a life.
    pub(crate) fn start(&mut self, app: AppId, now: Mono, wall: Wall) {
        let config = ClientConfig {
            app,
            uid: self.uid.clone(),
            endpoints: 1,
            sdk: "bim-sim".into(),
            seed: self.dice.bits(),
        };
        self.lives += 1;
        let wall = wall + now.since(Mono::ZERO);
        self.life = Some(Life {
            number: self.lives,
            machine: ClientMachine::new(config),
            clock: StepClock::new(now, wall, self.role.drift_ppm),
            links: BTreeMap::new(),
            tick: (None, 0),
            last_frame: None,
            calls: 0,
            storing: Vec::new(),
        });
        self.app.on_started(self.lives);
    }

    /// Dies. A store operation that was under way is done or not.
    pub(crate) fn die(&mut self) -> Option<Life> {
        let life = self.life.take()?;
        let batch = life.storing.first().and_then(|op| match op {
            StoreOp::Commit(_, batch) => Some(batch),
            StoreOp::Load(_) => None,
        });
        self.store.crash(batch, &mut self.dice);
        Some(life)
    }
}

impl Life {
    /// What the machine calls a link.
    pub(crate) fn name_of(&self, link: LinkId) -> Option<bim_core::LinkId> {
        self.links.iter().find(|(_, known)| **known == link).map(|(name, _)| *name)
    }
}
