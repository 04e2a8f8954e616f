//! The server's clock, as far as the client knows it.

use bim_types::{Mono, Wall};

/// What the server's clock showed, and when that was heard. Steps of the device's own clock do not matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ServerClock {
    shown: Wall,
    at: Mono,
}

impl ServerClock {
    pub(crate) fn heard(shown: Wall, at: Mono) -> Self {
        Self { shown, at }
    }

    pub(crate) fn heard_at(&self) -> (Wall, Mono) {
        (self.shown, self.at)
    }

    pub(crate) fn wall(&self, now: Mono) -> Wall {
        self.shown + now.since(self.at)
    }
}
