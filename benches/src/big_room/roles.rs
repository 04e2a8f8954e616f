//! Who does what in the room.

use bim_types::Priority;

/// What a viewer does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Role {
    /// Reads.
    Reading,
    /// Reads nothing while the senders send; keeps its connection alive.
    Stalled,
    /// Reads, and sends.
    Sending(Duty),
}

/// What a sender sends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Duty {
    /// Of which class.
    pub(super) class: Priority,
    /// How many a second, in all that are sent evenly.
    pub(super) per_second: f64,
}

impl Role {
    /// What it is called when something is off.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Reading => "reading viewer",
            Self::Stalled => "stalled viewer",
            Self::Sending(_) => "sender",
        }
    }
}
