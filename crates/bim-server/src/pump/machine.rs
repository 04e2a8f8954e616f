//! The engine as the pump sees it.

use bim_server_core::script::Scripted;
use bim_server_core::{Engine, Input, Output};
use bim_types::{Mono, Now};

/// A machine with two doors and a deadline: what a server runs.
///
/// [`Engine`] is one. Others stand around it and see, change or hold back what goes in and comes out, as [`Scripted`]
/// does. See [`Server::run_with`](crate::Server::run_with).
///
/// *Contract.* After each input the server drains [`poll_output`](Self::poll_output) to `None` and carries out the
/// outputs in order. It says [`Input::Tick`] no later than [`next_deadline`](Self::next_deadline), which it asks for
/// after each turn. All calls come from one task, never from two at once. What an [`Input`] and an [`Output`] mean
/// is written at them; whoever stands between has to keep that, above all: [`Output::Ready`] once and before
/// anything else is due, one [`Input::Written`] or [`Input::Loaded`] for each write and read, and nothing to a
/// connection after its [`Output::Close`].
///
/// *Panics.* One ends the server.
pub trait Machine: Send + 'static {
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

impl Machine for Scripted {
    fn handle(&mut self, now: Now, input: Input) {
        Scripted::handle(self, now, input);
    }

    fn poll_output(&mut self) -> Option<Output> {
        Scripted::poll_output(self)
    }

    fn next_deadline(&self) -> Option<Mono> {
        Scripted::next_deadline(self)
    }
}
