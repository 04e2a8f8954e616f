//! What senders do at present.

/// What each sender does at present.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Duty {
    /// Nothing.
    #[default]
    Rest,
    /// Sends so many messages a second, counted from a time of the clock in nanoseconds.
    Rate { per_second: f64, since: u64 },
    /// Keeps so many messages in flight, together with the other senders.
    InFlight(u32),
}

impl Duty {
    /// Whether it is counted how many viewers have each message.
    pub(crate) fn is_counting(self) -> bool {
        matches!(self, Self::InFlight(_))
    }
}
