//! The engine as the pump sees it.

use bim_server_core::{Engine, Input, Output};
use bim_types::{Mono, Now};

/// A machine with two doors and a deadline. There is one, [`Engine`]; tests bring scripted ones.
pub(crate) trait Machine: Send + 'static {
    /// The only way in.
    fn handle(&mut self, now: Now, input: Input);
    /// The only way out, drained after each input.
    fn poll_output(&mut self) -> Option<Output>;
    /// When it wants the next tick.
    fn next_deadline(&self) -> Option<Mono>;
}

impl Machine for Engine {
    fn handle(&mut self, now: Now, input: Input) {
        Engine::handle(self, now, input);
    }

    fn poll_output(&mut self) -> Option<Output> {
        Engine::poll_output(self)
    }

    fn next_deadline(&self) -> Option<Mono> {
        Engine::next_deadline(self)
    }
}
