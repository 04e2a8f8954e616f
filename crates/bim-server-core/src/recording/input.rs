//! Inputs of an engine, in entries.

use std::sync::Arc;

use bim_proto::recording::Unplayable;
use bim_proto::wire::{self, recorded_entry::Input as Entry};
use bim_types::store::OpId;
use bim_types::{AppId, ConnectionId, ConversationShortId, GroupKey, Seq};

use super::{admin, records, verdict};
use crate::io::Input;

/// An input as an entry holds it.
pub(super) fn entry(input: Input) -> Entry {
    match input {
        Input::Opened { connection, peer } => Entry::Opened(wire::RecordedOpened {
            connection: connection.0,
            peer: peer.map(|peer| peer.as_ref().to_owned()),
        }),
        Input::Frame { connection, frame } => {
            Entry::Frame(wire::RecordedFrame { connection: connection.0, frame })
        }
        Input::Closed { connection } => Entry::Closed(connection.0),
        Input::TooSlow { connection } => Entry::TooSlow(connection.0),
        Input::Written { op, result } => Entry::Written(records::written(op, result)),
        Input::Loaded { op, result } => Entry::Loaded(records::loaded(op, result)),
        Input::Moderated { id, verdict } => Entry::Moderated(verdict::verdict(id, verdict)),
        Input::Remove { group, seq } => Entry::Remove(wire::RecordedRemove {
            app_id: group.app.value(),
            short_id: group.group.value(),
            seq: seq.0,
        }),
        Input::Admin { id, command } => Entry::Admin(admin::command(id, command)),
        Input::Drain => Entry::Drain(wire::RecordedDrain {}),
        Input::Tick => Entry::Tick(wire::RecordedTick {}),
    }
}

/// The input that an entry holds, and its name.
pub(super) fn read(entry: Entry) -> Result<(Input, &'static str), Unplayable> {
    Ok(match entry {
        Entry::Opened(opened) => {
            let peer = opened.peer.map(Arc::from);
            (Input::Opened { connection: ConnectionId(opened.connection), peer }, "opened")
        }
        Entry::Frame(wire::RecordedFrame { connection, frame }) => {
            (Input::Frame { connection: ConnectionId(connection), frame }, "frame")
        }
        Entry::Closed(connection) => (Input::Closed { connection: ConnectionId(connection) }, "closed"),
        Entry::TooSlow(connection) => (Input::TooSlow { connection: ConnectionId(connection) }, "too_slow"),
        Entry::Written(written) => {
            let op = OpId(written.op);
            (Input::Written { op, result: records::read_written(written) }, "written")
        }
        Entry::Loaded(loaded) => {
            let op = OpId(loaded.op);
            (Input::Loaded { op, result: records::read_loaded(loaded)? }, "loaded")
        }
        Entry::Moderated(moderated) => {
            let id = moderated.id;
            (Input::Moderated { id, verdict: verdict::read_verdict(moderated)? }, "moderated")
        }
        Entry::Remove(remove) => {
            let group = GroupKey {
                app: AppId::new(remove.app_id)?,
                group: ConversationShortId::new(remove.short_id)?,
            };
            (Input::Remove { group, seq: Seq(remove.seq) }, "remove")
        }
        Entry::Admin(asked) => {
            let id = asked.id;
            (Input::Admin { id, command: admin::read_command(asked)? }, "admin")
        }
        Entry::Drain(_) => (Input::Drain, "drain"),
        Entry::Tick(_) => (Input::Tick, "tick"),
        Entry::Start(_)
        | Entry::End(_)
        | Entry::Command(_)
        | Entry::Device(_)
        | Entry::Committed(_)
        | Entry::Token(_)
        | Entry::Dialed(_)
        | Entry::DialFailed(_)
        | Entry::LinkFrame(_)
        | Entry::LinkClosed(_) => return Err(Unplayable),
    })
}
