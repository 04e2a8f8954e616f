//! A script around the engine: a test says what goes wrong, and reads afterwards what the server saw.
//!
//! *What it is.* [`Scripted`] has the doors of an [`Engine`](crate::Engine) and stands around one; [`Script`] is the
//! handle that a test keeps. Every shell can run it: one over tokio and one without a runtime alike.
//!
//! *What it owns.* [`Rules`](Script::on), which say what becomes of requests that match; the [`Journal`] of what the
//! server saw; a seat for the app's own server, which speaks the ordinary protocol from inside ([`BackEndCall`]);
//! and which tokens have run out before their time.
//!
//! *What it never does.* It decides nothing that the engine decides: whatever is not named by a rule goes through
//! untouched, refusals of a rule are given by the engine's own hand, and the back end has no door of its own.
//!
//! *How it flows.*
//!
//! ```text
//!   frame ──► Scripted ── rule? ──► refuse │ swallow │ cut │ hear later        engine ──► Output ──► Scripted ──► shell
//!                │                                             │                             │ rule? lose or hold the answer
//!                └── no ───────────────────────────────────────┴──► engine                   └──► Journal
//! ```
//!
//! *Time.* What is held back is due at [`Scripted::next_deadline`]. What a test wants through the handle is done with
//! the next input of any kind, so a shell gives one after each wish ([`Script::expire_tokens`], [`Script::call`]).
//!
//! *Lives.* A crash ends the [`Scripted`] with its engine; the [`Script`] stays, with its rules, its journal and its
//! tokens, and is given to the next one.

mod back_end;
mod engine;
mod hello;
mod journal;
mod kind;
mod pending;
mod request;
mod rule;
mod scripted;
mod state;
mod tokens;

pub use back_end::{BACK_END_UID, BackEndCall, BackEndReply, CallId};
pub use hello::uid_of_hello;
pub use journal::{Entry, JOURNAL_ENTRIES_MAX, JOURNAL_TEXT_BYTES_MAX, Journal, Seen, SeenRequest};
pub use kind::RequestKind;
pub use request::Request;
pub use rule::{Effect, NewRule, RULES_MAX, RuleId};
pub use scripted::{HELD_MAX, Scripted};
pub use state::{CALLS_MAX, Script};
