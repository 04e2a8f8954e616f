//! Peers that are no clients: they send what nobody should.

use std::collections::BTreeMap;

use bim_fake_server::step::{LinkId, PeerId, Watcher, World};
use bim_proto::{ClientFrame, Hello, Request, RequestBody, RequestId};
use bim_types::{ConversationShortId, DeviceId, Entropy, Token, Uid};
use bytes::Bytes;

use crate::stage::{Stage, below, pick};

/// Who strangers are to the network.
const STRANGER: PeerId = PeerId(200);

/// Stolen tokens that are kept. More are forgotten.
const STOLEN_MAX: usize = 8;

/// Peers that are no clients.
#[derive(Debug, Default)]
pub(crate) struct Strangers {
    /// Good tokens of users that somebody has a copy of, and presents again when they may be good no more.
    stolen: Vec<(Uid, Token)>,
    /// What each sends as soon as it is connected.
    speeches: BTreeMap<LinkId, Vec<Bytes>>,
}

impl Strangers {
    /// One comes and sends garbage, perhaps after a login of its own.
    pub(crate) fn visit<W: Watcher>(&mut self, world: &mut World<W>, stage: &mut Stage, seed: u64) {
        let mut dice = Entropy::new(seed);
        if below(&mut dice, 3) == 0 {
            return self.steal(world, stage, &mut dice);
        }
        let mut speech = Vec::new();
        let manner = below(&mut dice, 4);
        if manner < 3 {
            let mallory = Uid::string("mallory").expect("a name is a uid");
            let victim = pick(&mut dice, &stage.uids).unwrap_or_else(|| mallory.clone());
            let (uid, token) = match manner {
                0 => (mallory.clone(), stage.mint(&mallory, false, world.now())),
                // With a good token of somebody else's.
                1 => (victim, stage.mint(&mallory, false, world.now())),
                _ => (victim.clone(), stage.counterfeit(&victim, world.now(), &mut dice)),
            };
            let device = DeviceId::new(u128::from(dice.bits()));
            let hello = Hello { app: stage.app, uid, device, token, sdk: "hostile".into() };
            speech.push(ClientFrame::Hello(hello).encode());
        }
        for _ in 0..1 + below(&mut dice, 12) {
            speech.push(garbage(stage, &mut dice));
        }
        self.say(world, speech);
    }

    /// One logs in with a token of somebody else, fresh or kept since long, and says no more.
    fn steal<W: Watcher>(&mut self, world: &mut World<W>, stage: &mut Stage, dice: &mut Entropy) {
        let kept = pick(dice, &self.stolen).filter(|_| dice.bits() & 1 == 0);
        let Some((uid, token)) = kept.or_else(|| {
            let uid = pick(dice, &stage.uids)?;
            Some((uid.clone(), stage.mint(&uid, false, world.now())))
        }) else {
            return;
        };
        if self.stolen.len() < STOLEN_MAX {
            self.stolen.push((uid.clone(), token.clone()));
        }
        let device = DeviceId::new(u128::from(dice.bits()));
        self.log_in(world, Hello { app: stage.app, uid, device, token, sdk: "thief".into() });
    }

    /// One logs in and says no more.
    pub(crate) fn log_in<W: Watcher>(&mut self, world: &mut World<W>, hello: Hello) {
        self.say(world, vec![ClientFrame::Hello(hello).encode()]);
    }

    /// A link that no client knows is established, or over.
    pub(crate) fn on_link<W: Watcher>(&mut self, world: &mut World<W>, link: LinkId) {
        for frame in self.speeches.remove(&link).unwrap_or_default() {
            world.send(link, frame);
        }
    }

    fn say<W: Watcher>(&mut self, world: &mut World<W>, speech: Vec<Bytes>) {
        let link = world.dial(STRANGER);
        self.speeches.insert(link, speech);
    }
}

/// Bytes that are nearly a frame.
fn garbage(stage: &Stage, dice: &mut Entropy) -> Bytes {
    let group = stage.groups.first().copied();
    let group = group.or_else(|| ConversationShortId::new(1).ok()).expect("1 is a group id");
    let body = match below(dice, 4) {
        0 => RequestBody::LeaveLiveGroup(group),
        1 => RequestBody::DissolveLiveGroup(group),
        2 => RequestBody::ReadLiveAttributes(group, Vec::new()),
        _ => RequestBody::GetLiveGroup(group),
    };
    let frame = ClientFrame::Request(Request { id: RequestId(dice.bits() % 3), body: Ok(body) }).encode();
    let mut bytes = frame.to_vec();
    for _ in 0..below(dice, 4) {
        let at = below(dice, bytes.len());
        if let Some(byte) = bytes.get_mut(at) {
            *byte = dice.bits().to_le_bytes()[0];
        }
    }
    if below(dice, 10) == 0 {
        bytes.resize(1 + below(dice, 300_000), 7);
    }
    bytes.into()
}
