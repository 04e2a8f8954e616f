//! Conservation, on the wire: of every class, everything that was accepted since a client joined is delivered, reported
//! as left out, or within a discontinuity that was stated, exactly, position by position, also over resumes (L3, L4, L5).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bim_core::{Ask, CallId, Command, Event};
use bim_fake_server::step::LinkId;
use bim_proto::{ClientFrame, Joined, Request, RequestBody, RequestId, Response, ResponseBody, ServerFrame};
use bim_server_core::Output;
use bim_types::store::{AppendOutcome, LogOp, LogOutcome, StreamId};
use bim_types::{
    ConnectStatus, ConnectionId, ConversationShortId, Cursor, DisconnectReason, Epoch, GroupChange, GroupKey,
    LiveGap, Mono, PerPriority, Priority, ResumeVerdict, Seq, Uid,
};

use super::{Check, Context};
use crate::books::{Account, Ledger};
use crate::plan::Mode;
use crate::sight::{ClientId, ClientSight, Sight};

type Group = ConversationShortId;

/// How long nothing may come at the end before something is missing: a slow path may have more.
const STILL_COMING: Duration = Duration::from_secs(10);

/// Keeps an account of every client in every group.
#[derive(Debug)]
pub(super) struct Books {
    mode: Mode,
    ledgers: BTreeMap<Group, Ledger>,
    clients: BTreeMap<ClientId, Viewer>,
    /// Whose connection it is.
    owners: BTreeMap<ConnectionId, ClientId>,
    /// Joins and leaves that the server has and that were not answered.
    asked: BTreeMap<(ConnectionId, RequestId), Asked>,
    /// Joins that were answered, until the answer arrives.
    entries: BTreeMap<(ConnectionId, RequestId), Entry>,
    inside: BTreeSet<(ConnectionId, GroupKey)>,
    /// Whether the last join of a connection let it in, or it was in already.
    is_new: bool,
}

/// One client on its present connection.
#[derive(Debug, Default)]
struct Viewer {
    uid: Option<Uid>,
    link: Option<LinkId>,
    stays: BTreeMap<Group, Stay>,
    /// What its app wants to enter and to leave and was not answered.
    joins: BTreeMap<CallId, Group>,
    leaves: BTreeMap<CallId, Group>,
    /// When a message came last.
    heard: Mono,
}

/// A client in a group, from the first join on.
#[derive(Debug)]
struct Stay {
    account: Account,
    epoch: Epoch,
    /// How far the ledger says each class is accounted for.
    accounted: PerPriority<Seq>,
    /// On which connection it was let in last.
    link: LinkId,
    presence: Presence,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Presence {
    /// Its app was told that it is in: it comes back until it is told otherwise.
    In,
    /// It has asked to leave, or may not have come in, or was let in after its app was told that it was not: it need
    /// not come back.
    Leaving,
    Out,
}

#[derive(Clone, Debug)]
enum Asked {
    Join(Group, Option<Cursor>),
    Leave(Group),
}

#[derive(Clone, Debug)]
enum Entry {
    /// With which cursor, and whether it was not in before.
    Joined(Option<Cursor>, bool),
    NotJoined(Group),
    Left(Group),
}

impl Books {
    pub(super) fn new(mode: Mode) -> Self {
        Self {
            mode,
            ledgers: BTreeMap::new(),
            clients: BTreeMap::new(),
            owners: BTreeMap::new(),
            asked: BTreeMap::new(),
            entries: BTreeMap::new(),
            inside: BTreeSet::new(),
            is_new: false,
        }
    }
}

impl Check for Books {
    fn name(&self) -> &'static str {
        "books"
    }

    fn see(&mut self, context: &Context<'_>, sight: &Sight<'_>) -> Result<(), String> {
        match sight {
            Sight::Committed(ops, outcomes) => self.accept(context, ops, outcomes),
            Sight::In(connection, ClientFrame::Request(request)) => {
                return self.on_request(*connection, request);
            }
            Sight::Output(Output::JoinGroup { group, connection }) => {
                self.is_new = self.inside.insert((*connection, *group));
            }
            Sight::Output(Output::LeaveGroup { group, connection }) => {
                self.inside.remove(&(*connection, *group));
            }
            Sight::Out(connection, ServerFrame::Response(response)) => self.on_answer(*connection, response),
            Sight::Crashed => {
                self.inside.clear();
                self.asked.clear();
            }
            Sight::Client(client, sight) => return self.on_client(context.at, *client, sight),
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, context: &Context<'_>) -> Result<(), String> {
        if self.mode == Mode::Safety {
            return Ok(());
        }
        for (client, viewer) in &self.clients {
            if context.at.since(viewer.heard) <= STILL_COMING {
                continue;
            }
            for (group, stay) in viewer.stays.iter().filter(|(_, stay)| stay.presence == Presence::In) {
                let none = Ledger::default();
                let (_, faults) = stay.account.check(self.ledgers.get(group).unwrap_or(&none));
                if !faults.is_empty() {
                    return Err(format!("{client:?} in {group:?} at the end:\n{faults}"));
                }
            }
        }
        Ok(())
    }
}

impl Books {
    fn accept(&mut self, context: &Context<'_>, ops: &[LogOp], outcomes: &[LogOutcome]) {
        for (op, outcome) in ops.iter().zip(outcomes) {
            let (LogOp::Append(append), LogOutcome::Appended(appended)) = (op, outcome) else { continue };
            let StreamId::LiveGroup(_, group) = append.stream else { continue };
            for outcome in appended {
                let AppendOutcome::New(seq) = outcome else { continue };
                let entry = context.ledger.entry(append.stream, *seq);
                let class = entry.and_then(crate::ledger::Entry::class).unwrap_or_default();
                self.ledgers.entry(group).or_default().accept(class, *seq);
            }
        }
    }

    fn on_request(&mut self, connection: ConnectionId, request: &Request) -> Result<(), String> {
        let asked = match &request.body {
            Ok(RequestBody::JoinLiveGroup(join)) => Asked::Join(join.group, join.resume),
            Ok(RequestBody::LeaveLiveGroup(group)) => Asked::Leave(*group),
            _ => return Ok(()),
        };
        self.asked.insert((connection, request.id), asked.clone());
        let Some(client) = self.owners.get(&connection) else { return Ok(()) };
        let Some(viewer) = self.clients.get_mut(client) else { return Ok(()) };
        if viewer.link != Some(LinkId(connection.0)) {
            return Ok(());
        }
        match asked {
            Asked::Leave(group) => viewer.leaving(group),
            Asked::Join(group, cursor) => {
                let Some(stay) = viewer.stays.get(&group) else {
                    return match cursor {
                        Some(_) => {
                            Err(format!("{client:?} presents a cursor of {group:?}, where it never was"))
                        }
                        None => Ok(()),
                    };
                };
                let none = Ledger::default();
                let ledger = self.ledgers.get(&group).unwrap_or(&none);
                return stay
                    .presents(cursor, LinkId(connection.0), ledger)
                    .map_err(|what| format!("{client:?} {what}"));
            }
        }
        Ok(())
    }

    fn on_answer(&mut self, connection: ConnectionId, response: &Response) {
        let Some(asked) = self.asked.remove(&(connection, response.id)) else { return };
        let entry = match (asked, &response.body) {
            (Asked::Join(_, resume), Ok(_)) => Entry::Joined(resume, self.is_new),
            (Asked::Join(group, _), Err(_)) => Entry::NotJoined(group),
            (Asked::Leave(group), _) => Entry::Left(group),
        };
        self.entries.insert((connection, response.id), entry);
    }

    fn on_client(&mut self, at: Mono, client: ClientId, sight: &ClientSight<'_>) -> Result<(), String> {
        let viewer = self.clients.entry(client).or_default();
        match sight {
            ClientSight::Started | ClientSight::Died => *viewer = Viewer::default(),
            ClientSight::Dialing(link) => {
                viewer.link = Some(*link);
                self.owners.insert(ConnectionId(link.0), client);
            }
            ClientSight::LetGo(link) | ClientSight::Closed(link) => {
                viewer.link.take_if(|present| present == link);
            }
            ClientSight::Asked(_, Command::Login { uid, .. }) => viewer.uid = Some(uid.clone()),
            ClientSight::Asked(call, Command::Ask(Ask::Leave(group))) => {
                viewer.leaves.insert(*call, *group);
                viewer.leaving(*group);
            }
            ClientSight::Asked(call, Command::Ask(Ask::Join(group, _))) => {
                viewer.joins.insert(*call, *group);
            }
            ClientSight::Answered(call, answer) => {
                viewer.leaves.remove(call);
                if let Some(group) = viewer.joins.remove(call).filter(|_| answer.is_ok()) {
                    return viewer.told_in(group).map_err(|what| format!("{client:?} {what}"));
                }
            }
            ClientSight::Event(Event::StatusChanged(status)) => return viewer.on_status(client, status),
            ClientSight::Frame(link, frame) if viewer.link == Some(*link) => {
                return self.on_frame(at, client, *link, frame).map_err(|what| format!("{client:?}: {what}"));
            }
            _ => {}
        }
        Ok(())
    }

    fn on_frame(
        &mut self,
        at: Mono,
        client: ClientId,
        link: LinkId,
        frame: &ServerFrame,
    ) -> Result<(), String> {
        let Some(viewer) = self.clients.get_mut(&client) else { return Ok(()) };
        let none = Ledger::default();
        match frame {
            ServerFrame::Response(response) => {
                let Some(entry) = self.entries.remove(&(ConnectionId(link.0), response.id)) else {
                    return Ok(());
                };
                match (entry, &response.body) {
                    (Entry::Joined(resume, is_new), Ok(ResponseBody::JoinedLiveGroup(joined))) => {
                        return viewer.on_joined(link, resume, is_new, joined);
                    }
                    (Entry::Left(group), Ok(_)) => viewer.out(group),
                    (Entry::NotJoined(group), _) => viewer.leaving(group),
                    _ => {}
                }
            }
            ServerFrame::LiveMessage(push) => {
                let group = push.message.conversation_short_id;
                let ledger = self.ledgers.get(&group).unwrap_or(&none);
                let (class, position) = (push.message.priority, push.message.position);
                viewer.heard = at;
                let stay = viewer.stay(group)?;
                return stay.on_message(class, position.epoch, position.seq, &push.previous, ledger);
            }
            ServerFrame::LiveChange(change) => {
                let ledger = self.ledgers.get(&change.group()).unwrap_or(&none);
                viewer.heard = at;
                let stay = viewer.stay(change.group())?;
                let position = change.position;
                return stay.on_message(
                    Priority::High,
                    position.epoch,
                    position.seq,
                    &change.previous,
                    ledger,
                );
            }
            ServerFrame::LiveGap(gap) => {
                let ledger = self.ledgers.get(&gap.conversation_short_id).unwrap_or(&none);
                return viewer.stay(gap.conversation_short_id)?.on_gap(gap, ledger);
            }
            ServerFrame::LiveEvent(event) => match &event.change {
                GroupChange::Kicked { uids, .. }
                    if viewer.uid.as_ref().is_some_and(|me| uids.contains(me)) =>
                {
                    viewer.out(event.conversation_short_id);
                }
                _ => {}
            },
            ServerFrame::LiveState(state) if state.dissolved => viewer.out(state.conversation_short_id),
            _ => {}
        }
        Ok(())
    }
}

impl Viewer {
    fn out(&mut self, group: Group) {
        if let Some(stay) = self.stays.get_mut(&group) {
            stay.presence = Presence::Out;
        }
    }

    fn leaving(&mut self, group: Group) {
        if let Some(stay) = self.stays.get_mut(&group).filter(|stay| stay.presence == Presence::In) {
            stay.presence = Presence::Leaving;
        }
    }

    /// Its app is told that it is in a group.
    fn told_in(&mut self, group: Group) -> Result<(), String> {
        let is_leaving = self.leaves.values().any(|leaves| *leaves == group);
        match self.stays.get_mut(&group).filter(|stay| stay.presence != Presence::Out) {
            Some(stay) if !is_leaving => stay.presence = Presence::In,
            Some(_) => {}
            None => return Err(format!("is told that it is in {group:?}, which did not let it in")),
        }
        Ok(())
    }

    /// The stay that a message belongs to.
    fn stay(&mut self, group: Group) -> Result<&mut Stay, String> {
        match self.stays.get_mut(&group) {
            Some(stay) if stay.presence != Presence::Out => Ok(stay),
            _ => Err(format!("a message of {group:?} comes to who is not in it")),
        }
    }

    fn on_status(&mut self, client: ClientId, status: &ConnectStatus) -> Result<(), String> {
        use DisconnectReason as Why;
        match status {
            ConnectStatus::Disconnected(Why::Replaced | Why::Refused(_) | Why::LoggedOut | Why::ShutDown) => {
                self.stays.clear();
            }
            ConnectStatus::Connected(_) => {
                let missing = |stay: &Stay| stay.presence == Presence::In && Some(stay.link) != self.link;
                if let Some((group, _)) = self.stays.iter().find(|(_, stay)| missing(stay)) {
                    return Err(format!("{client:?} is connected and has not entered {group:?} again"));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn on_joined(
        &mut self,
        link: LinkId,
        resume: Option<Cursor>,
        is_new: bool,
        joined: &Joined,
    ) -> Result<(), String> {
        let (group, cursor) = (joined.conversation.conversation_short_id, joined.cursor);
        let known = self.stays.get_mut(&group).filter(|stay| stay.presence != Presence::Out);
        match (known, resume) {
            (Some(stay), None) if !is_new => stay.link = link,
            (Some(stay), None) if stay.presence == Presence::In => {
                return Err(format!("is let into {group:?} anew, where it was in; {:?}", stay.accounted));
            }
            (Some(stay), Some(_)) => {
                stay.account.present();
                stay.account.on_joined(cursor, joined.verdict);
                stay.on_rejoined(&cursor, joined.verdict);
                stay.link = link;
                return stay.judge();
            }
            (_, Some(_)) => return Err(format!("a resume of {group:?}, where the client is not")),
            (_, None) => {
                let mut account = Account::default();
                account.on_joined(cursor, joined.verdict);
                let (epoch, accounted, presence) = (cursor.epoch, cursor.seqs, Presence::Leaving);
                let stay = Stay { account, epoch, accounted, link, presence };
                stay.judge()?;
                self.stays.insert(group, stay);
            }
        }
        Ok(())
    }
}

impl Stay {
    fn judge(&self) -> Result<(), String> {
        if self.account.faults().is_empty() { Ok(()) } else { Err(self.account.faults().to_string()) }
    }

    /// What a client asks to continue from is what it was accounted to: nothing that it has not had is passed over, and
    /// nothing that it had is asked for again.
    fn presents(&self, cursor: Option<Cursor>, link: LinkId, ledger: &Ledger) -> Result<(), String> {
        match cursor {
            None if self.presence == Presence::In && self.link != link => {
                Err(format!("comes back without its cursor, {:?}", self.accounted))
            }
            Some(cursor) if cursor.epoch != self.epoch => Err(format!("presents another epoch: {cursor:?}")),
            Some(cursor) => Priority::ALL.into_iter().try_for_each(|class| {
                let (had, said) = (self.accounted[class], cursor.seqs[class]);
                let name = class.name();
                match ledger.between(class, had.min(said), had.max(said)) {
                    [] => Ok(()),
                    differ if said > had => {
                        Err(format!("skips {name} {differ:?}: it had {had}, it says {said}"))
                    }
                    differ => Err(format!("asks for {name} {differ:?} again: it had {had}, it says {said}")),
                }
            }),
            None => Ok(()),
        }
    }

    fn on_rejoined(&mut self, cursor: &Cursor, verdict: ResumeVerdict) {
        for class in Priority::ALL {
            let moves = match verdict {
                ResumeVerdict::Resumed { left_out } => left_out[class] > 0,
                ResumeVerdict::Fresh | ResumeVerdict::Discontinuity(_) => true,
            };
            if moves {
                self.accounted[class] = self.accounted[class].max(cursor.seqs[class]);
            }
        }
        self.epoch = cursor.epoch;
    }

    fn on_message(
        &mut self,
        class: Priority,
        epoch: Epoch,
        seq: Seq,
        previous: &PerPriority<Seq>,
        ledger: &Ledger,
    ) -> Result<(), String> {
        let name = class.name();
        if epoch != self.epoch || !ledger.has(class, seq) {
            return Err(format!("{name} {seq} of {epoch:?} was never accepted"));
        }
        for before in Priority::ALL {
            let really = ledger.between(before, Seq::ZERO, Seq(seq.0 - 1)).last();
            let (really, said) = (really.copied().unwrap_or_default(), previous[before]);
            if said < really || said >= seq {
                let before = before.name();
                return Err(format!("{name} {seq} says the {before} before it is {said}; it is {really}"));
            }
        }
        if let missing @ [_, ..] = ledger.between(class, self.accounted[class], Seq(seq.0 - 1)) {
            return Err(format!("{name} {seq} comes, and nothing was said of {missing:?}"));
        }
        self.account.on_message(class, seq, previous);
        self.accounted[class] = self.accounted[class].max(seq);
        self.judge()
    }

    fn on_gap(&mut self, gap: &LiveGap, ledger: &Ledger) -> Result<(), String> {
        let LiveGap { priority: class, count, from, to, .. } = *gap;
        if let missing @ [_, ..] = ledger.between(class, self.accounted[class], Seq(from.0.saturating_sub(1)))
        {
            return Err(format!("{gap:?} comes, and nothing was said of {missing:?}"));
        }
        let left_out = ledger.between(class, Seq(from.0.saturating_sub(1)), to);
        if left_out.len() as u64 != count || left_out.first() != Some(&from) || left_out.last() != Some(&to) {
            return Err(format!("{gap:?}, and left out were {left_out:?}"));
        }
        self.account.on_gap(gap);
        self.accounted[class] = self.accounted[class].max(to);
        self.judge()
    }
}
