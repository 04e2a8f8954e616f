//! One connection, as its peer and the shell see it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bim_proto::{RequestBody, RequestId};
use bim_types::{AppId, DeviceId, GroupKey, Seq, Uid, Wall};

/// Who a session belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) app: AppId,
    pub(super) uid: Uid,
    pub(super) device: DeviceId,
    pub(super) is_app_server: bool,
}

/// One connection.
#[derive(Debug, Default)]
pub(super) struct Peer {
    /// Whom a hello without a flaw spoke of. Only then may the peer be welcomed.
    pub(super) claims: Option<Identity>,
    /// When the token was made that its session runs on, or would.
    pub(super) issued_at: Wall,
    /// The engine lifted the limits for strangers.
    pub(super) is_admitted: bool,
    /// Who it is, once it was welcomed.
    pub(super) identity: Option<Identity>,
    /// Requests that were not answered.
    pub(super) waiting: BTreeMap<RequestId, Asked>,
    /// The groups whose broadcasts it gets.
    pub(super) groups: BTreeSet<GroupKey>,
    /// What it is to be sent again, because a resume said so.
    pub(super) replay: VecDeque<(GroupKey, Seq)>,
    /// It was said goodbye to.
    pub(super) was_dismissed: bool,
    /// The engine wants it closed.
    pub(super) is_closing: bool,
}

/// What was asked.
#[derive(Clone, Debug)]
pub(super) enum Asked {
    /// A request.
    Request(Box<RequestBody>),
    /// Something that is no request, under the number of one: it is to be refused.
    Nonsense,
}

impl Peer {
    /// Whether it has a session.
    pub(super) fn is_user(&self) -> bool {
        self.identity.is_some() && !self.is_closing && !self.was_dismissed
    }

    /// Whether it may still become a user.
    pub(super) fn is_stranger(&self) -> bool {
        self.identity.is_none() && !self.is_closing && !self.was_dismissed
    }
}
