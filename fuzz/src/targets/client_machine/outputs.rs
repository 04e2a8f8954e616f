//! Every output of the machine, carried out and held against what is promised.

use bim_core::{Answer, CallId, Event, Input, LinkId, LiveEvent, Output};
use bim_types::store::OpId;
use bim_types::{ConnectStatus, Refusal};

use super::link::{Link, Stage};
use super::world::{ENDPOINTS, StoreAsk, World};

/// The most that one input may set off: every call that can wait gets an answer and an event.
const OUTPUTS_MAX: usize = 4_096;

impl World {
    /// Gives the machine an input, and takes what it wants.
    pub(super) fn feed(&mut self, input: Input) {
        let was_shut_down = self.machine.is_shut_down();
        self.late_dial = match &input {
            Input::Dialed(link) if self.is_gone(*link) => Some(*link),
            _ => None,
        };
        let is_late = matches!(&input, Input::Frame(link, _) if self.is_gone(*link));
        self.machine.handle(self.now, input);
        for count in 0.. {
            let Some(output) = self.machine.poll_output() else { break };
            assert!(count < OUTPUTS_MAX, "one input set off {count} outputs");
            assert!(!is_late, "a frame of a connection that is gone sets off {output:?}");
            let may_come_late = matches!(
                output,
                Output::Reply(..)
                    | Output::Abort(_)
                    | Output::Event(Event::Live(LiveEvent::TapsRefused { .. }))
            );
            assert!(!was_shut_down || may_come_late, "after the shutdown comes {output:?}");
            self.on_output(output);
        }
        let next = self.machine.next_deadline();
        assert!(
            next.is_none_or(|next| next > self.now.mono),
            "a wake in the past: {next:?} at {:?}",
            self.now
        );
    }

    fn on_output(&mut self, output: Output) {
        match output {
            Output::LoadDevice(op) => self.on_store_asked(op, StoreAsk::Load(op)),
            Output::Commit(op, batch) => {
                assert!(!batch.ops.is_empty(), "a commit of nothing");
                self.on_store_asked(op, StoreAsk::Commit(op));
            }
            Output::AskToken(ask) => {
                let newer = self.last_ask.is_none_or(|last| last < ask);
                assert!(newer, "{ask:?} after {:?}", self.last_ask);
                self.last_ask = Some(ask);
                self.asks.push(ask);
            }
            Output::Dial { link, endpoint } => self.on_dial(link, endpoint),
            Output::Send(link, frame) => self.link(link).on_sent(frame),
            Output::Close(link) => {
                let state = self.link(link);
                assert_eq!(state.stage, Stage::Open, "only what is open is closed in order");
                state.stage = Stage::Closing;
            }
            Output::Abort(link) if self.late_dial == Some(link) => {
                self.reached.count("let go of a late dial")
            }
            Output::Abort(link) => {
                let state = self.link(link);
                assert_ne!(state.stage, Stage::Gone, "{link:?} is gone already");
                state.stage = Stage::Gone;
            }
            Output::Reply(call, answer) => self.on_reply(call, answer),
            Output::Event(Event::StatusChanged(status)) => self.on_status(status),
            Output::Event(Event::TokenInvalid(_)) => self.reached.count("token not taken"),
            Output::Event(Event::Live(event)) => self.on_live(&event),
        }
    }

    fn on_store_asked(&mut self, op: OpId, ask: StoreAsk) {
        assert!(op > self.last_op, "{op:?} after {:?}", self.last_op);
        self.last_op = op;
        self.store.push(ask);
    }

    fn on_dial(&mut self, link: LinkId, endpoint: usize) {
        assert!(endpoint < ENDPOINTS, "endpoint {endpoint} of {ENDPOINTS}");
        let last = self.links.last_key_value().map(|(last, _)| *last);
        assert!(last.is_none_or(|last| last < link), "{link:?} after {last:?}");
        let other = self.links.iter().find(|(_, link)| matches!(link.stage, Stage::Dialing | Stage::Open));
        assert!(other.is_none(), "{link:?} is dialed beside {other:?}");
        self.links.insert(link, Link::dialing());
    }

    fn on_reply(&mut self, call: CallId, answer: Result<Answer, Refusal>) {
        assert!(self.calls.remove(&call), "{call:?} is answered again, with {answer:?}");
        self.reached.count(match answer {
            Err(_) => "refused",
            Ok(Answer::Done) => "done",
            Ok(Answer::Joined(joined)) => {
                self.viewed.forget(joined.conversation.conversation_short_id);
                "joined"
            }
            Ok(Answer::Message(_)) => "sent",
            Ok(Answer::Counters(_)) => "counters",
            Ok(_) => "answered",
        });
    }

    fn on_status(&mut self, status: ConnectStatus) {
        assert_ne!(self.last_status.as_ref(), Some(&status), "a status that is no news");
        self.reached.count(match &status {
            ConnectStatus::Connected(continuity) => match continuity {
                bim_types::Continuity::Fresh => "connected",
                bim_types::Continuity::Resumed => "resumed",
                _ => "connected with a break",
            },
            ConnectStatus::Disconnected(_) => "disconnected",
            _ => "connecting",
        });
        self.last_status = Some(status);
    }

    fn on_live(&mut self, event: &LiveEvent) {
        self.reached.count(match event {
            LiveEvent::Received(_) => "received",
            LiveEvent::Sent(_) => "own message",
            LiveEvent::LeftOut(_) => "left out",
            LiveEvent::Updated { .. } | LiveEvent::Deleted { .. } => "changed",
            LiveEvent::Discontinuity { .. } => "break",
            LiveEvent::Left { .. } => "put out",
            LiveEvent::Pulse(_) => "pulse",
            LiveEvent::TapsRefused { .. } => "taps refused",
            _ => "other event",
        });
        self.viewed.on_event(event);
    }

    fn is_gone(&self, link: LinkId) -> bool {
        self.links.get(&link).is_none_or(|link| link.stage == Stage::Gone)
    }

    fn link(&mut self, link: LinkId) -> &mut Link {
        self.links.get_mut(&link).expect("a connection that was dialed")
    }
}
