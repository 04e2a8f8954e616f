//! What an app is told of its connection is true, complete, and in order (S1).

use std::collections::{BTreeMap, BTreeSet};

use bim_core::{Answer, Ask, CallId, Command, Event, LiveEvent};
use bim_fake_server::step::LinkId;
use bim_proto::{ClientFrame, Goodbye, Request, RequestBody, RequestId, Response, ResponseBody, ServerFrame};
use bim_types::{
    ConnectStatus, Continuity, ConversationShortId, DisconnectReason, ErrorCode, ErrorKind, ResumeVerdict,
};
use bytes::Bytes;

use super::super::{Check, Context};
use crate::sight::{ClientId, ClientSight, Sight};

type Group = ConversationShortId;

/// `Connected` is told once for a connection, after the welcome and after the verdict on every group, with the
/// continuity that the verdicts make; states follow each other as they can; before the welcome a client says nothing
/// but who it is; and what arrives on a connection it has let go of changes nothing.
#[derive(Debug, Default)]
pub(in crate::check) struct Status {
    clients: BTreeMap<ClientId, Seen>,
}

/// One client in one of its lives.
#[derive(Debug, Default)]
struct Seen {
    status: Option<ConnectStatus>,
    /// The connection that counts, from the dial on.
    link: Option<Link>,
    let_go: BTreeSet<LinkId>,
    /// A connection of this login was told of.
    was_connected: bool,
    /// Groups the app was let into.
    joined: BTreeSet<Group>,
    logins: BTreeSet<CallId>,
    leaves: BTreeMap<CallId, Group>,
    joins: BTreeMap<CallId, Group>,
    /// The server has said that the session is over for good, and why.
    over: Option<ErrorCode>,
    /// It takes a frame of a connection it has let go of.
    is_deaf: bool,
}

#[derive(Debug)]
struct Link {
    id: LinkId,
    said_hello: bool,
    is_welcomed: bool,
    was_told: bool,
    rejoins: BTreeMap<RequestId, Group>,
    verdicts: BTreeSet<Group>,
    is_discontinuous: bool,
    /// Events that have to come with the verdict that was just taken.
    owed: BTreeSet<Owed>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Owed {
    Discontinuity(Group),
    Left(Group),
}

impl Check for Status {
    fn name(&self) -> &'static str {
        "session-status"
    }

    fn see(&mut self, _: &Context<'_>, sight: &Sight<'_>) -> Result<(), String> {
        let Sight::Client(client, sight) = sight else { return Ok(()) };
        if let ClientSight::Started = sight {
            self.clients.insert(*client, Seen::default());
        }
        if let ClientSight::Died = sight {
            self.clients.remove(client);
        }
        let Some(seen) = self.clients.get_mut(client) else { return Ok(()) };
        seen.see(sight).map_err(|what| format!("{client:?} {what}"))
    }
}

impl Seen {
    fn see(&mut self, sight: &ClientSight<'_>) -> Result<(), String> {
        match sight {
            ClientSight::Asked(call, command) => self.on_asked(*call, command),
            ClientSight::Answered(call, answer) => return self.on_answered(*call, answer.as_ref().ok()),
            ClientSight::Event(event) => return self.on_event(event),
            ClientSight::Dialing(link) => return self.on_dialing(*link),
            ClientSight::Sent(link, frame) => return self.on_sent(*link, frame),
            ClientSight::Received(link, _) => self.is_deaf = self.let_go.contains(link),
            ClientSight::Late(_) => self.is_deaf = true,
            ClientSight::Frame(link, frame) => self.on_frame(*link, frame),
            ClientSight::LetGo(link) => {
                self.let_go.insert(*link);
                self.link.take_if(|present| present.id == *link);
            }
            ClientSight::Closed(link) => {
                self.let_go.remove(link);
                self.link.take_if(|present| present.id == *link);
            }
            ClientSight::Settled => return self.on_settled(),
            ClientSight::Started | ClientSight::Died | ClientSight::Dialed(_) | ClientSight::Stored(_) => {}
        }
        Ok(())
    }

    fn on_asked(&mut self, call: CallId, command: &Command) {
        match command {
            Command::Login { .. } => drop(self.logins.insert(call)),
            Command::Ask(Ask::Join(group, _)) => drop(self.joins.insert(call, *group)),
            Command::Ask(Ask::Leave(group)) => drop(self.leaves.insert(call, *group)),
            _ => {}
        }
    }

    fn on_answered(&mut self, call: CallId, answer: Option<&Answer>) -> Result<(), String> {
        if self.is_deaf && answer.is_some_and(|answer| !matches!(answer, Answer::Done | Answer::Counters(_)))
        {
            return Err("answers a call with what a connection says that it has let go of".into());
        }
        let (login, join, leave) =
            (self.logins.remove(&call), self.joins.remove(&call), self.leaves.remove(&call));
        if let (Some(group), Some(Answer::Joined(_))) = (join, answer) {
            self.joined.insert(group);
        }
        if let (Some(group), Some(_)) = (leave, answer) {
            self.joined.remove(&group);
        }
        if login && answer.is_some() && !self.is_connected() {
            return Err(format!("is logged in and told {:?}", self.status));
        }
        Ok(())
    }

    fn on_event(&mut self, event: &Event) -> Result<(), String> {
        match event {
            Event::StatusChanged(status) => self.on_status(status),
            Event::TokenInvalid(_) => Ok(()),
            Event::Live(event) => self.on_live(event),
        }
    }

    fn on_status(&mut self, status: &ConnectStatus) -> Result<(), String> {
        if self.status.as_ref() == Some(status) {
            return Err(format!("is told {status:?} twice"));
        }
        let before = self.status.replace(status.clone());
        let was_up = matches!(before, Some(ConnectStatus::Connecting | ConnectStatus::Connected(_)));
        match status {
            ConnectStatus::Connecting => {
                if matches!(before, Some(ConnectStatus::Connected(_))) {
                    return Err("is told that it connects while it is connected".into());
                }
                if !matches!(before, Some(ConnectStatus::Disconnected(DisconnectReason::Lost { .. }))) {
                    self.was_connected = false;
                    self.joined.clear();
                }
                Ok(())
            }
            ConnectStatus::Connected(_) if before != Some(ConnectStatus::Connecting) => {
                Err(format!("is told that it is connected after {before:?}"))
            }
            ConnectStatus::Connected(continuity) => self.on_connected(*continuity),
            ConnectStatus::Disconnected(reason) => {
                let ends_by_app = matches!(reason, DisconnectReason::LoggedOut | DisconnectReason::ShutDown);
                if !matches!(reason, DisconnectReason::Lost { .. }) {
                    self.joined.clear();
                }
                match was_up || ends_by_app {
                    true => Ok(()),
                    false => Err(format!("is told {status:?} after {before:?}")),
                }
            }
            _ => Err(format!("is told {status:?}, which means nothing here")),
        }
    }

    fn on_connected(&mut self, continuity: Continuity) -> Result<(), String> {
        if self.is_deaf {
            return Err("is connected by what a connection says that it has let go of".into());
        }
        let Some(link) = &mut self.link else {
            return Err("is told that it is connected without a link".into());
        };
        if !link.is_welcomed {
            return Err("is told that it is connected before the welcome".into());
        }
        if std::mem::replace(&mut link.was_told, true) {
            return Err("is told twice of one connection".into());
        }
        let leaving: BTreeSet<_> = self.leaves.values().collect();
        let open =
            self.joined.iter().find(|group| !link.verdicts.contains(group) && !leaving.contains(group));
        if let Some(group) = open {
            return Err(format!("is told that it is connected before the verdict on {group}"));
        }
        if let Some(owed) = link.owed.first() {
            return Err(format!("is told that it is connected before {owed:?}"));
        }
        let expected = match (self.was_connected, link.is_discontinuous) {
            (false, _) => Continuity::Fresh,
            (true, true) => Continuity::Discontinuous,
            (true, false) => Continuity::Resumed,
        };
        self.was_connected = true;
        if continuity != expected {
            return Err(format!("is told {continuity:?} where it is {expected:?}"));
        }
        Ok(())
    }

    fn on_live(&mut self, event: &LiveEvent) -> Result<(), String> {
        if self.is_deaf && !matches!(event, LiveEvent::TapsRefused { .. }) {
            return Err("is told what a connection says that it has let go of".into());
        }
        let group = match event {
            LiveEvent::Discontinuity { group, .. } => {
                if let Some(link) = &mut self.link {
                    link.owed.remove(&Owed::Discontinuity(*group));
                    link.is_discontinuous |= !link.was_told;
                }
                return Ok(());
            }
            LiveEvent::Left { group, .. } => {
                self.joined.remove(group);
                if let Some(link) = &mut self.link {
                    link.owed.remove(&Owed::Left(*group));
                }
                return Ok(());
            }
            LiveEvent::Received(message) | LiveEvent::Updated { message, .. } => {
                message.conversation_short_id
            }
            LiveEvent::Deleted { group, .. } | LiveEvent::CountersChanged { group, .. } => *group,
            LiveEvent::LeftOut(gap) => gap.conversation_short_id,
            LiveEvent::StateChanged(state) => state.conversation_short_id,
            LiveEvent::Pulse(pulse) => pulse.conversation_short_id,
            LiveEvent::AttributesChanged(changed) => changed.conversation_short_id,
            LiveEvent::AttributesSnapshot { group, .. } => *group,
            LiveEvent::Sent(_) | LiveEvent::Members(_) | LiveEvent::TapsRefused { .. } => return Ok(()),
        };
        let Some(link) = &self.link else { return Ok(()) };
        if self.joined.contains(&group) && link.is_early(group) {
            return Err(format!("is told of {group} before the verdict on it"));
        }
        if link.owed.contains(&Owed::Discontinuity(group)) && matches!(event, LiveEvent::Received(_)) {
            return Err(format!("is told a message of {group} before its discontinuity"));
        }
        Ok(())
    }

    fn on_dialing(&mut self, link: LinkId) -> Result<(), String> {
        let next = Link {
            id: link,
            said_hello: false,
            is_welcomed: false,
            was_told: false,
            rejoins: BTreeMap::new(),
            verdicts: BTreeSet::new(),
            is_discontinuous: false,
            owed: BTreeSet::new(),
        };
        match self.link.replace(next) {
            Some(other) => Err(format!("dials while it holds {:?}", other.id)),
            None => Ok(()),
        }
    }

    fn on_sent(&mut self, id: LinkId, frame: &Bytes) -> Result<(), String> {
        let link = self.link.as_mut().filter(|link| link.id == id);
        let Some(link) = link else { return Err(format!("sends on {id:?}, which it has let go of")) };
        if link.was_told {
            return Ok(());
        }
        let decoded = ClientFrame::decode(frame.clone());
        let decoded = decoded.map_err(|error| format!("sends what nobody can read: {error}"))?;
        match decoded {
            ClientFrame::Hello(_) if std::mem::replace(&mut link.said_hello, true) => {
                Err("says hello twice on one connection".into())
            }
            ClientFrame::Hello(_) | ClientFrame::Goodbye(_) => Ok(()),
            _ if !link.is_welcomed => Err("says something before it is welcome".into()),
            ClientFrame::Request(Request { id, body: Ok(RequestBody::JoinLiveGroup(join)) })
                if join.resume.is_some() =>
            {
                link.rejoins.insert(id, join.group);
                Ok(())
            }
            ClientFrame::Request(_) => Err("asks something before it is told that it is connected".into()),
            ClientFrame::Ping(_) | ClientFrame::Pong(_) => Ok(()),
        }
    }

    fn on_frame(&mut self, id: LinkId, frame: &ServerFrame) {
        let Some(link) = self.link.as_mut().filter(|link| link.id == id) else { return };
        match frame {
            ServerFrame::Welcome(_) => link.is_welcomed = true,
            ServerFrame::Goodbye(Goodbye { reason: Some(refusal) }) if self.was_connected => {
                let for_good = !refusal.code.is_retryable() && refusal.code.kind() != ErrorKind::Token;
                self.over = Some(refusal.code).filter(|_| for_good);
            }
            ServerFrame::Response(Response { id, body }) => {
                let Some(group) = link.rejoins.remove(id) else { return };
                match body {
                    Ok(ResponseBody::JoinedLiveGroup(joined)) => {
                        link.verdicts.insert(group);
                        if matches!(joined.verdict, ResumeVerdict::Discontinuity(_)) {
                            link.owed.insert(Owed::Discontinuity(group));
                        }
                    }
                    Err(refusal) if !refusal.code.is_retryable() => {
                        link.verdicts.insert(group);
                        if !self.leaves.values().any(|leaving| *leaving == group) {
                            link.owed.insert(Owed::Left(group));
                        }
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    fn on_settled(&mut self) -> Result<(), String> {
        self.is_deaf = false;
        if let Some(code) = self.over.take()
            && !self.is_told_the_end(code)
        {
            return Err(format!("is told {:?} where its session has ended with {code:?}", self.status));
        }
        match &self.link {
            None if self.is_connected() => {
                Err("is told that it is connected, and the connection is gone".into())
            }
            Some(link) if !link.owed.is_empty() => Err(format!("is not told {:?}", link.owed)),
            Some(link) if self.is_connected() && !link.was_told => {
                Err("is told that it is connected, of a connection that is over".into())
            }
            _ => Ok(()),
        }
    }

    fn is_told_the_end(&self, code: ErrorCode) -> bool {
        let Some(ConnectStatus::Disconnected(reason)) = &self.status else { return false };
        match reason {
            DisconnectReason::Replaced => code == ErrorCode::Replaced,
            DisconnectReason::Refused(told) => code == *told && code != ErrorCode::Replaced,
            _ => false,
        }
    }

    fn is_connected(&self) -> bool {
        matches!(self.status, Some(ConnectStatus::Connected(_)))
    }
}

impl Link {
    /// Whether nothing can be told of a group yet: its cursor was, or will be, presented, and there is no verdict.
    fn is_early(&self, group: Group) -> bool {
        self.is_welcomed && !self.was_told && !self.verdicts.contains(&group)
    }
}
