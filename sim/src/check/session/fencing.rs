//! One session for a device: a newer login ends the older one, and what comes late of it changes nothing (S2).

use std::collections::{BTreeMap, BTreeSet};

use bim_proto::{ClientFrame, ServerFrame, Welcome};
use bim_server_core::{Input, Output};
use bim_types::{AppId, ConnectionId, DeviceId, ErrorCode, GroupKey, Uid, Wall};

use super::super::{Check, Context};
use crate::sight::Sight;

type Who = (AppId, Uid, DeviceId);

/// A device has one session; the older one is told [`ErrorCode::Replaced`] before the newer is welcome, and is out of
/// every group; a connection that was ended gets nothing more and has no effect; generations rise.
#[derive(Debug, Default)]
pub(in crate::check) struct Fencing {
    desks: BTreeMap<ConnectionId, Desk>,
    /// The newest login of each device.
    newest: BTreeMap<Who, (ConnectionId, u64)>,
    /// The newest generation of this life of the server.
    generation: u64,
    /// An ended connection whose frame the engine takes.
    late: Option<ConnectionId>,
    /// Connections that were ended by what the engine took last.
    ending: Vec<ConnectionId>,
    /// The connection that was closed last.
    gone: Option<ConnectionId>,
    /// Devices that were welcomed by what the engine took last.
    welcomed: Vec<Who>,
    wall: Wall,
}

/// One connection, as the engine should see it.
#[derive(Debug, Default)]
struct Desk {
    who: Option<Who>,
    is_welcome: bool,
    goodbye: Option<Option<ErrorCode>>,
    is_ended: bool,
    groups: BTreeSet<GroupKey>,
}

impl Check for Fencing {
    fn name(&self) -> &'static str {
        "fencing"
    }

    fn see(&mut self, _: &Context<'_>, sight: &Sight<'_>) -> Result<(), String> {
        match sight {
            Sight::Crashed => {
                self.desks.clear();
                self.ending.clear();
                self.welcomed.clear();
                (self.late, self.gone, self.generation) = (None, None, 0);
                Ok(())
            }
            Sight::Input(now, input) => {
                self.settle()?;
                self.wall = now.wall;
                self.on_input(input)
            }
            Sight::In(connection, ClientFrame::Hello(hello)) => {
                let desk = self.desks.get_mut(connection).filter(|desk| !desk.is_welcome);
                if let Some(desk) = desk {
                    desk.who = Some((hello.app, hello.uid.clone(), hello.device));
                }
                Ok(())
            }
            Sight::Output(output) => self.on_output(output),
            Sight::Out(connection, frame) => self.on_out(*connection, frame),
            _ => Ok(()),
        }
    }
}

impl Fencing {
    /// What the engine took last has had all its effects.
    fn settle(&mut self) -> Result<(), String> {
        for connection in self.ending.drain(..) {
            let Some(desk) = self.desks.get(&connection) else { continue };
            if let Some(group) = desk.groups.first() {
                return Err(format!("{connection:?} was ended and still gets what {group:?} gets"));
            }
            let replaced = desk.goodbye == Some(Some(ErrorCode::Replaced));
            if replaced && !desk.who.as_ref().is_some_and(|who| self.welcomed.contains(who)) {
                return Err(format!("{connection:?} is told that it was replaced, and nobody came"));
            }
        }
        if let Some(gone) = self.gone.take() {
            self.desks.remove(&gone);
        }
        self.welcomed.clear();
        self.late = None;
        Ok(())
    }

    fn on_input(&mut self, input: &Input) -> Result<(), String> {
        match input {
            Input::Opened { connection, .. } => {
                self.desks.insert(*connection, Desk::default());
            }
            Input::Frame { connection, .. } => {
                let ended = self.desks.get(connection).is_none_or(|desk| desk.is_ended);
                self.late = ended.then_some(*connection);
            }
            Input::Closed { connection } => {
                if let Some(desk) = self.desks.get_mut(connection) {
                    // That it was replaced was looked at when it was told so.
                    (desk.is_ended, desk.goodbye) = (true, None);
                    self.ending.push(*connection);
                    self.gone = Some(*connection);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn on_output(&mut self, output: &Output) -> Result<(), String> {
        if let Some(late) = self.late {
            return Err(format!("a frame of {late:?}, which was ended, has an effect: {output:?}"));
        }
        match output {
            Output::Send { connection, .. } => self.live(*connection, "is sent a frame").map(drop),
            Output::Replay { connection, live } => {
                let desk = self.live(*connection, "is sent an old message")?;
                if !desk.groups.contains(&live.group) {
                    return Err(format!("{connection:?} is sent an old message of a group it is not in"));
                }
                Ok(())
            }
            Output::Admit { connection } => self.live(*connection, "is let in").map(drop),
            Output::JoinGroup { connection, group } => {
                let desk = self.live(*connection, "enters a group")?;
                desk.groups.insert(*group);
                match desk.is_welcome {
                    true => Ok(()),
                    false => Err(format!("{connection:?} enters a group before it is welcome")),
                }
            }
            Output::LeaveGroup { connection, group } => {
                if let Some(desk) = self.desks.get_mut(connection) {
                    desk.groups.remove(group);
                }
                Ok(())
            }
            Output::Close { connection } => {
                self.live(*connection, "is closed")?.is_ended = true;
                self.ending.push(*connection);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn on_out(&mut self, connection: ConnectionId, frame: &ServerFrame) -> Result<(), String> {
        let Some(desk) = self.desks.get_mut(&connection) else { return Ok(()) };
        if desk.goodbye.is_some() {
            return Err(format!("{connection:?} is sent something after the goodbye"));
        }
        match frame {
            ServerFrame::Goodbye(goodbye) => {
                desk.goodbye = Some(goodbye.reason.as_ref().map(|refusal| refusal.code));
                Ok(())
            }
            ServerFrame::Welcome(welcome) => self.on_welcome(connection, welcome),
            _ => Ok(()),
        }
    }

    fn on_welcome(&mut self, connection: ConnectionId, welcome: &Welcome) -> Result<(), String> {
        let desk = self.live(connection, "is welcome")?;
        let who = desk.who.clone().ok_or("somebody is welcome who never said who it is")?;
        if std::mem::replace(&mut desk.is_welcome, true) {
            return Err(format!("{connection:?} is welcome twice"));
        }
        let generation = welcome.generation;
        if generation <= self.generation {
            return Err(format!("generation {generation} does not follow {}", self.generation));
        }
        self.generation = generation;
        self.welcomed.push(who.clone());
        let Some((older, last)) = self.newest.insert(who, (connection, generation)) else { return Ok(()) };
        if generation <= last && self.wall.as_millis() > last {
            return Err(format!("generation {generation} of a device does not follow {last}"));
        }
        let Some(desk) = self.desks.get(&older) else { return Ok(()) };
        if !desk.is_ended {
            return Err(format!("{connection:?} is welcome while {older:?} of the same device lives"));
        }
        let ended_now = self.ending.contains(&older);
        if ended_now && desk.goodbye != Some(Some(ErrorCode::Replaced)) {
            return Err(format!("{older:?} made room and was told {:?}", desk.goodbye));
        }
        Ok(())
    }

    /// The connection, if anything may still be done for it.
    fn live(&mut self, connection: ConnectionId, what: &str) -> Result<&mut Desk, String> {
        let desk = self.desks.get_mut(&connection).filter(|desk| !desk.is_ended);
        desk.ok_or_else(|| format!("{connection:?} {what} after its end"))
    }
}
