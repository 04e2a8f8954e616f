//! A client and a server whose path is cut at random, with frames of dead connections that arrive late.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bim_types::{ClientMessageId, PerPriority, Priority, Seq};
use bytes::Bytes;
use proptest::prelude::*;

use crate::testing::server::Server;
use crate::testing::{Bench, me, text};
use crate::{Answer, Ask, CallId, Credential, Event, Input, LinkId, LiveEvent, Output, SendLive};

#[derive(Clone, Copy, Debug)]
enum Step {
    Send(Priority),
    Post(Priority),
    ToServer(u8),
    ToClient(u8),
    Cut,
    LateFrame(u8),
    Time(u16),
}

fn step() -> impl Strategy<Value = Step> {
    let class = prop_oneof![Just(Priority::Low), Just(Priority::Normal), Just(Priority::High)];
    prop_oneof![
        4 => class.clone().prop_map(Step::Send),
        3 => class.prop_map(Step::Post),
        5 => (1..6_u8).prop_map(Step::ToServer),
        5 => (1..6_u8).prop_map(Step::ToClient),
        2 => Just(Step::Cut),
        1 => any::<u8>().prop_map(Step::LateFrame),
        3 => (1..2000_u16).prop_map(Step::Time),
    ]
}

/// Both ends and what is on the wire between them.
struct World {
    bench: Bench,
    server: Server,
    to_server: VecDeque<Bytes>,
    old_frames: Vec<(LinkId, Bytes)>,
    calls: BTreeMap<CallId, ClientMessageId>,
    verdicts: BTreeMap<CallId, u32>,
    received: Vec<(Priority, Seq)>,
    sent: Vec<ClientMessageId>,
}

impl World {
    fn new() -> Self {
        let mut world = Self {
            bench: Bench::new(1),
            server: Server::default(),
            to_server: VecDeque::new(),
            old_frames: Vec::new(),
            calls: BTreeMap::new(),
            verdicts: BTreeMap::new(),
            received: Vec::new(),
            sent: Vec::new(),
        };
        let out = world.bench.login(Credential::Fixed("t".into()));
        world.take(out);
        world.run_until_idle();
        let (_, out) = world.bench.ask(crate::testing::join());
        world.take(out);
        world.run_until_idle();
        world
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Send(priority) => {
                let send = SendLive { priority, ..text(self.calls.len() as u128) };
                let id = send.client_message_id;
                let (call, out) = self.bench.ask(Ask::Send(send));
                self.calls.insert(call, id);
                self.take(out);
            }
            Step::Post(priority) => self.server.post(priority),
            Step::ToServer(count) => (0..count).for_each(|_| {
                self.frame_to_server();
            }),
            Step::ToClient(count) => (0..count).for_each(|_| {
                self.frame_to_client();
            }),
            Step::Cut => {
                if let Some(link) = self.bench.machine.session.link {
                    self.cut();
                    let out = self.bench.input(Input::Closed(link));
                    self.take(out);
                }
            }
            Step::LateFrame(which) => {
                if let Some((link, frame)) = self.old_frames.get(usize::from(which)).cloned()
                    && self.bench.machine.session.link != Some(link)
                {
                    let out = self.bench.input(Input::Frame(link, frame));
                    assert_eq!(out, [], "a frame of a dead connection had an effect");
                }
            }
            Step::Time(millis) => {
                let out = self.bench.advance(Duration::from_millis(millis.into()));
                self.take(out);
            }
        }
    }

    fn frame_to_server(&mut self) -> bool {
        let Some(frame) = self.to_server.pop_front() else { return false };
        self.server.on_frame(frame);
        true
    }

    fn frame_to_client(&mut self) -> bool {
        let Some(frame) = self.server.out.pop_front() else { return false };
        let Some(link) = self.bench.machine.session.link else { return false };
        if self.old_frames.len() < 256 {
            self.old_frames.push((link, frame.clone()));
        }
        let out = self.bench.input(Input::Frame(link, frame));
        self.take(out);
        true
    }

    /// What is on the wire is lost, in both directions.
    fn cut(&mut self) {
        self.to_server.clear();
        self.server.reset();
    }

    fn take(&mut self, out: Vec<Output>) {
        for output in out {
            match output {
                Output::Dial { link, .. } => {
                    self.cut();
                    let out = self.bench.input(Input::Dialed(link));
                    self.take(out);
                }
                Output::Send(link, frame) if self.bench.machine.session.link == Some(link) => {
                    self.to_server.push_back(frame);
                }
                Output::Reply(call, answer) => {
                    if self.calls.contains_key(&call) {
                        *self.verdicts.entry(call).or_default() += 1;
                        assert!(matches!(answer, Ok(Answer::Message(_))), "{answer:?}");
                    }
                }
                Output::Event(Event::Live(event)) => self.take_event(event),
                Output::Send(..) | Output::Abort(_) | Output::Close(_) | Output::Commit(..) => {}
                Output::Event(_) | Output::LoadDevice(_) | Output::AskToken(_) => {}
            }
        }
    }

    fn take_event(&mut self, event: LiveEvent) {
        match event {
            LiveEvent::Received(message) => {
                assert_ne!(message.sender, me(), "an own message was received");
                self.received.push((message.priority, message.position.seq));
            }
            LiveEvent::Sent(message) => self.sent.push(message.client_message_id),
            other => panic!("the server leaves nothing out: {other:?}"),
        }
    }

    /// The faults are over: goes from deadline to deadline until nobody has anything to say.
    fn run_until_idle(&mut self) {
        for _ in 0..10_000 {
            while self.frame_to_server() || self.frame_to_client() {}
            let connected = self.bench.machine.session.phase == crate::session::Phase::Connected;
            if connected && self.verdicts.len() == self.calls.len() {
                return;
            }
            let out = self.bench.wait();
            self.take(out);
        }
        panic!("it never ends");
    }

    fn check(&self) -> Result<(), TestCaseError> {
        prop_assert!(self.calls.keys().all(|call| self.verdicts.get(call) == Some(&1)), "one verdict each");
        let mut sent = self.sent.clone();
        sent.sort_unstable();
        let asked: Vec<_> = self.calls.values().copied().collect();
        prop_assert_eq!(sent, asked, "each own message is seen once");
        for id in self.calls.values() {
            let copies = self.server.log.iter().filter(|message| message.client_message_id == *id).count();
            prop_assert_eq!(copies, 1, "one id, one position");
        }
        for class in Priority::ALL {
            let received: Vec<_> =
                self.received.iter().filter(|(of, _)| *of == class).map(|(_, seq)| *seq).collect();
            let others = self.server.log.iter().filter(|message| message.sender != me());
            let logged: Vec<_> = others
                .filter(|message| message.priority == class)
                .map(|message| message.position.seq)
                .collect();
            prop_assert_eq!(received, logged, "each message once, in order");
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_cut_each_send_has_one_verdict_and_each_message_comes_once(
        steps in prop::collection::vec(step(), 1..200)
    ) {
        let mut world = World::new();
        for step in steps {
            world.step(step);
        }
        world.run_until_idle();
        world.check()?;
    }

    #[test]
    fn the_same_inputs_give_the_same_outputs(steps in prop::collection::vec(step(), 1..100)) {
        let run = || {
            let mut world = World::new();
            for step in &steps {
                world.step(*step);
            }
            world.run_until_idle();
            (world.received, world.sent, world.bench.now, PerPriority::splat(world.server.log.len()))
        };
        prop_assert_eq!(run(), run());
    }
}

#[test]
fn a_thousand_messages_over_two_hundred_cuts_arrive_once_in_the_order_of_the_calls() {
    let mut world = World::new();
    for turn in 0..200_u8 {
        (0..5).for_each(|_| world.step(Step::Send(Priority::Normal)));
        world.step(Step::Time(700));
        world.step(Step::ToServer(turn % 7));
        world.step(Step::ToClient(turn % 5));
        world.step(Step::Cut);
        world.step(Step::LateFrame(turn));
    }
    world.run_until_idle();
    world.check().expect("nothing lost, nothing twice");
    let own: Vec<_> = world.server.log.iter().map(|message| message.client_message_id).collect();
    assert_eq!(own, world.calls.values().copied().collect::<Vec<_>>());
}
