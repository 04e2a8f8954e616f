//! Delivery as an app sees it: of everything that was accepted between its join and its leave, each message once, in
//! order, as it stands, or said to be missing (P7, L3, L4); nothing from outside, nothing hidden, and every own message
//! exactly once.

mod stay;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bim_core::{Answer, Ask, CallId, Command, Event, LiveEvent};
use bim_proto::SendLive;
use bim_server_core::Output;
use bim_types::store::StreamId;
use bim_types::{
    AppId, ClientMessageId, ConnectStatus, ConversationShortId, DisconnectReason, Message, Mono, Refusal,
    Seq, Uid,
};

use super::{Check, Context};
use crate::ledger::Ledger;
use crate::plan::Mode;
use crate::sight::{ClientId, ClientSight, Sight};
use stay::{Me, Stay};

type Group = ConversationShortId;

/// How long an app may hear of nothing at the end before something is missing: a slow path may have more.
const STILL_COMING: Duration = Duration::from_secs(10);

/// Holds what apps are told against what is in the log.
#[derive(Debug)]
pub(super) struct Events {
    mode: Mode,
    app: Option<AppId>,
    viewers: BTreeMap<ClientId, Viewer>,
}

/// One app, in one life.
#[derive(Debug, Default)]
struct Viewer {
    uid: Option<Uid>,
    /// What it sent in this session.
    own: BTreeSet<ClientMessageId>,
    calls: BTreeMap<CallId, Asked>,
    /// Own messages that it was told of.
    sent: BTreeSet<(Group, Seq)>,
    stays: BTreeMap<Group, Stay>,
    /// When it heard of a message last.
    heard: Mono,
}

#[derive(Debug)]
enum Asked {
    Join(Group),
    Leave(Group),
    Send(SendLive),
}

impl Events {
    pub(super) fn new(mode: Mode) -> Self {
        Self { mode, app: None, viewers: BTreeMap::new() }
    }
}

impl Check for Events {
    fn name(&self) -> &'static str {
        "events"
    }

    fn see(&mut self, context: &Context<'_>, sight: &Sight<'_>) -> Result<(), String> {
        match sight {
            Sight::ToGroup(key, _) => self.app = Some(key.app),
            // What is read again may be heard of before anything new is sent.
            Sight::Output(Output::JoinGroup { group, .. }) => self.app = Some(group.app),
            Sight::Client(client, sight) => {
                let truth = Truth { ledger: context.ledger, app: self.app };
                let viewer = self.viewers.entry(*client).or_default();
                return viewer.see(context.at, &truth, sight).map_err(|what| format!("{client:?}: {what}"));
            }
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, context: &Context<'_>) -> Result<(), String> {
        let truth = Truth { ledger: context.ledger, app: self.app };
        if self.mode == Mode::Safety {
            return Ok(());
        }
        for (client, viewer) in &self.viewers {
            let me = Me { own: &viewer.own };
            if context.at.since(viewer.heard) <= STILL_COMING {
                continue;
            }
            for (group, stay) in &viewer.stays {
                let Some(stream) = truth.stream(*group) else { continue };
                let missed = stay.is_up_to_date(truth.ledger, stream, &me);
                missed.map_err(|what| format!("{client:?} at the end in {group:?}: {what}"))?;
            }
        }
        Ok(())
    }
}

/// What really was.
#[derive(Debug)]
struct Truth<'a> {
    ledger: &'a Ledger,
    app: Option<AppId>,
}

impl Truth<'_> {
    fn stream(&self, group: Group) -> Option<StreamId> {
        Some(StreamId::LiveGroup(self.app?, group))
    }
}

impl Viewer {
    fn see(&mut self, at: Mono, truth: &Truth<'_>, sight: &ClientSight<'_>) -> Result<(), String> {
        match sight {
            ClientSight::Started | ClientSight::Died => *self = Self::default(),
            ClientSight::Asked(call, command) => self.on_asked(*call, command),
            ClientSight::Answered(call, answer) => return self.on_answered(truth, *call, answer),
            ClientSight::Event(Event::Live(event)) => return self.on_event(at, truth, event),
            ClientSight::Event(Event::StatusChanged(ConnectStatus::Disconnected(
                DisconnectReason::Replaced
                | DisconnectReason::Refused(_)
                | DisconnectReason::LoggedOut
                | DisconnectReason::ShutDown,
            ))) => {
                self.stays.clear();
                self.own.clear();
            }
            _ => {}
        }
        Ok(())
    }

    fn on_asked(&mut self, call: CallId, command: &Command) {
        let asked = match command {
            Command::Login { uid, .. } => {
                self.uid = Some(uid.clone());
                return;
            }
            Command::Ask(Ask::Join(group, _)) => Asked::Join(*group),
            Command::Ask(Ask::Leave(group)) => {
                if let Some(stay) = self.stays.get_mut(group) {
                    stay.leaving += 1;
                }
                Asked::Leave(*group)
            }
            Command::Ask(Ask::Send(send)) => {
                self.own.insert(send.client_message_id);
                Asked::Send(send.clone())
            }
            _ => return,
        };
        self.calls.insert(call, asked);
    }

    fn on_answered(
        &mut self,
        truth: &Truth<'_>,
        call: CallId,
        answer: &Result<Answer, Refusal>,
    ) -> Result<(), String> {
        match (self.calls.remove(&call), answer) {
            (Some(Asked::Join(group)), Ok(Answer::Joined(joined))) => {
                let leaves =
                    self.calls.values().filter(|call| matches!(call, Asked::Leave(of) if *of == group));
                let leaving = leaves.count();
                let stay = self.stays.entry(group).or_insert_with(|| Stay::new(joined.cursor, leaving));
                // Was it in until now, or had it left with the last connection?
                stay.in_doubt |= leaving > 0;
            }
            (Some(Asked::Join(group)), Ok(Answer::Conversation(_))) if !self.stays.contains_key(&group) => {
                return Err(format!("is in {group:?} without having joined"));
            }
            (Some(Asked::Leave(group)), Ok(_)) => drop(self.stays.remove(&group)),
            (Some(Asked::Leave(group)), Err(_)) => {
                if let Some(stay) = self.stays.get_mut(&group) {
                    stay.in_doubt = true;
                }
            }
            (Some(Asked::Send(send)), Ok(Answer::Message(message))) => {
                return self.on_sent_answer(truth, &send, message);
            }
            _ => {}
        }
        Ok(())
    }

    /// The answer to a send: the message as it was sent, at its place, and told as sent before.
    fn on_sent_answer(&self, truth: &Truth<'_>, send: &SendLive, message: &Message) -> Result<(), String> {
        let (group, at) = (message.conversation_short_id, message.position);
        if (group, message.client_message_id, message.priority)
            != (send.group, send.client_message_id, send.priority)
        {
            return Err(format!("{send:?} is answered with another message: {message:?}"));
        }
        if !self.sent.contains(&(group, at.seq)) {
            return Err(format!("{at} of {group:?} is answered, and never told as sent"));
        }
        self.is_own(truth, message)
    }

    fn is_own(&self, truth: &Truth<'_>, message: &Message) -> Result<(), String> {
        let (group, at) = (message.conversation_short_id, message.position);
        let entry = truth.stream(group).and_then(|stream| truth.ledger.entry(stream, at.seq));
        let entry = entry.ok_or_else(|| format!("{at} of {group:?} is told as sent, and not in the log"))?;
        let is_mine = entry.message.as_ref().is_some_and(|stored| {
            stored.client_message_id == message.client_message_id && Some(&stored.sender) == self.uid.as_ref()
        });
        if !is_mine || !self.own.contains(&message.client_message_id) {
            return Err(format!("{at} of {group:?} is told as sent, and somebody else's"));
        }
        if !entry.bodies.contains(&message.body) {
            return Err(format!("{at} of {group:?} never said {:?}", message.body));
        }
        Ok(())
    }

    fn on_event(&mut self, at: Mono, truth: &Truth<'_>, event: &LiveEvent) -> Result<(), String> {
        let group = match event {
            LiveEvent::Sent(message) => {
                let place = (message.conversation_short_id, message.position.seq);
                if !self.sent.insert(place) {
                    return Err(format!("{} of {:?} is told as sent twice", message.position, place.0));
                }
                return self.is_own(truth, message);
            }
            LiveEvent::TapsRefused { .. } => return Ok(()),
            LiveEvent::Left { group, .. } => {
                let was_in = self.stays.remove(group).is_some();
                return if was_in { Ok(()) } else { Err(format!("leaves {group:?}, where it is not")) };
            }
            event => group_of(event),
        };
        let Some(stay) = self.stays.get_mut(&group) else {
            return Err(format!("hears of {group:?}, where it is not: {event:?}"));
        };
        let Some(stream) = truth.stream(group) else { return Ok(()) };
        let me = Me { own: &self.own };
        if stay.in_doubt {
            return Ok(());
        }
        if matches!(event, LiveEvent::Received(_) | LiveEvent::Updated { .. } | LiveEvent::Deleted { .. }) {
            self.heard = at;
        }
        match event {
            LiveEvent::Received(message) => stay.on_received(truth.ledger, stream, &me, message),
            LiveEvent::Updated { message, operator } => {
                stay.on_updated(truth.ledger, stream, &me, message, operator)
            }
            LiveEvent::Deleted { position, operator, .. } => {
                stay.on_deleted(truth.ledger, stream, &me, *position, operator)
            }
            LiveEvent::LeftOut(gap) => stay.on_left_out(truth.ledger, stream, &me, gap),
            LiveEvent::Discontinuity { from, to, .. } => {
                stay.on_discontinuity(truth.ledger, stream, &me, from, to)
            }
            _ => Ok(()),
        }
        .map_err(|what| format!("{group:?}: {what}"))
    }
}

fn group_of(event: &LiveEvent) -> Group {
    match event {
        LiveEvent::Received(message) | LiveEvent::Sent(message) | LiveEvent::Updated { message, .. } => {
            message.conversation_short_id
        }
        LiveEvent::LeftOut(gap) => gap.conversation_short_id,
        LiveEvent::StateChanged(state) => state.conversation_short_id,
        LiveEvent::Members(event) => event.conversation_short_id,
        LiveEvent::Pulse(pulse) => pulse.conversation_short_id,
        LiveEvent::AttributesChanged(changed) => changed.conversation_short_id,
        LiveEvent::Deleted { group, .. }
        | LiveEvent::AttributesSnapshot { group, .. }
        | LiveEvent::CountersChanged { group, .. }
        | LiveEvent::TapsRefused { group, .. }
        | LiveEvent::Discontinuity { group, .. }
        | LiveEvent::Left { group, .. } => *group,
    }
}
