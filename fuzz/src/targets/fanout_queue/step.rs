//! What is done to a queue.

use crate::steps::steps;

steps! {
    /// What is done to a queue. Numbers are taken modulo what there is.
    enum Step {
        /// A message arrives, of this group and class, with so many times 8 bytes beside its header.
        Live { group: u8, class: u8, size: u8 },
        /// An answer, a state or a ping arrives, with so many times 8 bytes.
        Control { size: u8 },
        /// The next message of this group and class is one that a resume reads again.
        Replay { group: u8, class: u8 },
        /// So many frames are written to the connection.
        Write { frames: u8 },
        /// The viewer leaves a group.
        Leave { group: u8 },
    }
}
