//! What was accepted and told, and what must not come any more.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bim_proto::{Accepted, LiveChange, LivePush, RequestBody, SendLive, ServerFrame};
use bim_server_core::queue::LiveFrame;
use bim_types::{
    AppId, ClientMessageId, DeviceId, GroupKey, Measure, MeasureDone, MessageBody, Mono, PerPriority,
    Priority, Seq, Uid,
};

use super::peer::Identity;
use super::store::Store;

/// How long an id is surely known: less than messages are kept, because the wall clock may be put forward.
const ID_KNOWN_FOR: Duration = Duration::from_secs(20 * 60 * 60);

/// Names a message as its sender does.
type SentId = (GroupKey, Uid, DeviceId, ClientMessageId);

/// What was accepted and told.
#[derive(Debug, Default)]
pub(super) struct Books {
    accepted: BTreeMap<SentId, Verdict>,
    /// Whose message stands where.
    positions: BTreeMap<(GroupKey, Seq), SentId>,
    /// The last number of each class that a group was told since the engine started.
    told: BTreeMap<GroupKey, PerPriority<Seq>>,
    /// Who was muted for ever, as far as nothing was asked since that may have ended it.
    muted: BTreeSet<(GroupKey, Uid)>,
}

#[derive(Debug)]
struct Verdict {
    seq: Seq,
    body: MessageBody,
    at: Mono,
}

impl Books {
    /// The engine starts anew.
    pub(super) fn restart(&mut self) {
        self.told.clear();
    }

    /// A message was accepted: it is in the log, and its id has this position and this content only.
    pub(super) fn accept(
        &mut self,
        now: Mono,
        sender: &Identity,
        send: &SendLive,
        accepted: &Accepted,
        store: &Store,
    ) {
        let group = GroupKey { app: sender.app, group: send.group };
        let seq = accepted.position.seq;
        match store.message(group, seq) {
            Some(stored) => {
                let found = (&stored.sender, stored.device, stored.client_message_id);
                assert_eq!(
                    found,
                    (&sender.uid, sender.device, send.client_message_id),
                    "at {seq:?} of {group:?}"
                );
            }
            None => {
                assert!(seq < store.first(group), "{seq:?} of {group:?} was accepted and is not in the log")
            }
        }
        let id = (group, sender.uid.clone(), sender.device, send.client_message_id);
        let other = self.positions.insert((group, seq), id.clone());
        assert!(other.is_none_or(|other| other == id), "{seq:?} of {group:?} was given away twice");
        let verdict = Verdict { seq, body: send.body.clone(), at: now };
        if let Some(known) = self.accepted.get(&id).filter(|known| now.since(known.at) < ID_KNOWN_FOR) {
            assert_eq!(known.seq, seq, "one id, one position: {id:?}");
            assert_eq!(known.body, send.body, "one id, one content: {id:?}");
        } else {
            self.accepted.insert(id, verdict);
        }
    }

    /// A group was told something that has a number.
    pub(super) fn tell(&mut self, live: &LiveFrame, store: &Store) {
        let (seq, previous) = self.check_frame(live);
        let told = self.told.entry(live.group).or_default();
        for class in Priority::ALL {
            let (before, known) = (previous[class], told[class]);
            assert!(before < seq, "{seq:?} names {before:?} as one before it");
            assert!(before >= known, "{seq:?} names {before:?} and not {known:?} as the last {class:?} one");
            assert!(known < seq, "{seq:?} was told after {known:?} of {:?}", live.group);
        }
        told[live.priority] = seq;
        let kept = store.message(live.group, seq).is_some() || seq < store.first(live.group);
        assert!(kept, "{seq:?} of {:?} was told and is not in the log", live.group);
    }

    /// Something that may let muted users of a group speak again was asked.
    pub(super) fn on_asked(&mut self, app: AppId, body: &RequestBody) {
        if let RequestBody::ChangeLiveGroup(group, _) = body {
            let group = GroupKey { app, group: *group };
            self.muted.retain(|(of, _)| *of != group);
        }
    }

    /// A mute for ever was acknowledged.
    pub(super) fn on_measure(
        &mut self,
        group: GroupKey,
        measure: &Measure,
        done: &MeasureDone,
        others_wait: bool,
    ) {
        if let Measure::Mute(uids, Duration::ZERO) = measure
            && !others_wait
        {
            let failed: BTreeSet<&Uid> = done.failed.iter().map(|failure| &failure.uid).collect();
            let muted = uids.iter().filter(|uid| !failed.contains(uid));
            self.muted.extend(muted.map(|uid| (group, uid.clone())));
        }
    }

    /// What a frame for a group says of itself is what it is. Gives its number and those before it.
    fn check_frame(&self, live: &LiveFrame) -> (Seq, PerPriority<Seq>) {
        let frame = ServerFrame::decode(live.frame.clone()).expect("the engine sends what can be read");
        let (group, class, position, previous) = match frame {
            ServerFrame::LiveMessage(LivePush { message, previous, hidden }) => {
                let is_shown = !matches!(message.body, MessageBody::Unknown { .. });
                assert!(!(hidden && is_shown), "what is hidden is told in {:?}", live.group);
                let is_muted = self.muted.contains(&(live.group, message.sender.clone()));
                assert!(!is_muted, "{:?} is muted and speaks in {:?}", message.sender, live.group);
                (message.conversation_short_id, message.priority, message.position, previous)
            }
            ServerFrame::LiveChange(change) => {
                let LiveChange { position, previous, .. } = change;
                (change.group(), Priority::High, position, previous)
            }
            other => panic!("{other:?} has no number"),
        };
        assert_eq!((group, class, position.seq), (live.group.group, live.priority, live.seq));
        (position.seq, previous)
    }
}
