//! What happens to a server.

use crate::steps::steps;

steps! {
    /// What happens to a server. Numbers are taken modulo what there is; what can not happen does nothing.
    enum Step {
        /// A user logs in on a connection of this slot, on a new one unless a stranger's is open.
        Login { slot: u8, user: u8, device: u8 },
        /// A user asks something.
        Ask { slot: u8, kind: u8, group: u8, number: u8 },
        /// A user comes into a group; every second time from where it was.
        Join { slot: u8, group: u8, resume: u8 },
        /// A user says something.
        Say { slot: u8, group: u8, number: u8 },
        /// A user adds to counters.
        Tap { slot: u8, group: u8, number: u8 },
        /// A user presents another token, which may have a flaw.
        Refresh { slot: u8, flaw: u8 },
        /// A peer connects; who was in the slot is gone.
        Open { slot: u8 },
        /// A peer says hello with a flaw.
        Hello { slot: u8, user: u8, flaw: u8 },
        /// A peer sends the next bytes of the script as a frame.
        Raw { slot: u8, length: u8 },
        /// A peer sends a good request of which one byte is another.
        Mangled { slot: u8, kind: u8, number: u8, at: u8, byte: u8 },
        /// A peer sends a ping, a pong or a goodbye.
        Control { slot: u8, kind: u8 },
        /// The connection is gone.
        Close { slot: u8 },
        /// The connection takes no bytes.
        TooSlow { slot: u8 },
        /// The store holds back writes, reads, both or nothing.
        Hold { what: u8 },
        /// So many writes become durable.
        Commit { writes: u8 },
        /// The next write is refused as by a full store.
        BusyWrite,
        /// So many reads are answered.
        Load { reads: u8 },
        /// The next read is refused as by a full store.
        BusyRead,
        /// Time goes by: a number of one of four units.
        Pass { unit: u8, number: u8 },
        /// The wall clock is put forward or back, by at most two minutes.
        Clock { seconds: u8 },
        /// A moderator decides about one of the messages it was asked about.
        Judge { which: u8, verdict: u8 },
        /// A moderator wants a message removed.
        Remove { group: u8, seq: u8 },
        /// An operator asks something.
        Operate { kind: u8, number: u8 },
        /// The server is killed when so many more writes are durable, and starts again.
        Restart { committed: u8 },
        /// The store breaks: nothing is written any more.
        BreakStore { sure: u8 },
        /// The server is asked to stop.
        Drain { sure: u8 },
    }
}
