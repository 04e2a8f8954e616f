//! What is known of each connection: who is behind it, what it waits for, what is held back of it.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bim_proto::RequestId;
use bim_types::{AppId, ConnectionId, DeviceId, Uid, Window};
use bytes::Bytes;

use super::journal::SeenRequest;
use super::rule::Effect;

/// All connections of clients.
#[derive(Debug, Default)]
pub(super) struct Links(BTreeMap<ConnectionId, Link>);

/// One connection of a client.
#[derive(Debug, Default)]
pub(super) struct Link {
    /// Who it says it is.
    pub(super) who: Option<(AppId, Uid, DeviceId)>,
    /// Its end was asked for: nothing goes to it any more.
    pub(super) is_over: bool,
    /// It was cut: the engine knows already, the shell does not yet.
    pub(super) is_cut: bool,
    /// The answer to its login is to be lost.
    pub(super) loses_welcome: bool,
    /// Requests that the engine has heard and not answered, and what becomes of the answer.
    pub(super) asked: Window<RequestId, (SeenRequest, Fate)>,
    /// What is heard later, the first by a rule. `None`: everything is heard at once.
    pub(super) uplink: Option<VecDeque<Bytes>>,
}

/// What becomes of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It leaves.
    Leaves,
    /// It is lost, and the connection with it.
    Lost,
    /// It leaves so much later.
    Late(Duration),
}

impl Links {
    pub(super) fn open(&mut self, connection: ConnectionId) {
        self.0.insert(connection, Link::default());
    }

    pub(super) fn close(&mut self, connection: ConnectionId) -> Option<Link> {
        self.0.remove(&connection)
    }

    pub(super) fn find(&self, connection: ConnectionId) -> Option<&Link> {
        self.0.get(&connection)
    }

    pub(super) fn find_mut(&mut self, connection: ConnectionId) -> Option<&mut Link> {
        self.0.get_mut(&connection)
    }

    /// Whether frames still go to a connection.
    pub(super) fn is_open(&self, connection: ConnectionId) -> bool {
        self.0.get(&connection).is_some_and(|link| !link.is_over)
    }

    /// Who a connection says it is.
    pub(super) fn uid(&self, connection: ConnectionId) -> Option<Uid> {
        self.0.get(&connection)?.who.as_ref().map(|(_, uid, _)| uid.clone())
    }
}

impl Fate {
    /// What becomes of the answer to a request that the engine hears.
    pub(super) fn of(effect: Option<&Effect>) -> Self {
        match effect {
            Some(Effect::LoseAnswer) => Self::Lost,
            Some(Effect::AnswerLate(by)) => Self::Late(*by),
            Some(Effect::Refuse(_) | Effect::Swallow | Effect::HearLate(_) | Effect::Cut) | None => {
                Self::Leaves
            }
        }
    }
}
