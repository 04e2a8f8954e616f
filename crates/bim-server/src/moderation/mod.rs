//! The moderation hooks: an app's own code looks at messages of live groups before and after they are accepted.
//!
//! *What it is.* A [`Moderator`] is given to the server when it is built. Every message of a user waits for its
//! [`before`](Moderator::before), and is shown to its [`after`](Moderator::after) once it is accepted. What the
//! app's own server sends does not wait. [`WordList`] is a moderator that the settings can name.
//!
//! *What it never does.* No hook runs on the task of the engine, and none holds up messages of other connections:
//! the messages of one connection stay in order, all others go on.
//!
//! ```text
//!   engine ── Moderate ─► Desk ─► one task per message ─► Moderator::before ─► verdict ─► engine
//!      │                                                                     (none in time: the fallback)
//!      └───── Review ───► Desk ─► one task per message ─► Moderator::after ──► Keep, or Remove ─► engine
//! ```
//!
//! *When a hook fails.* A verdict that does not come within `limits.moderation_timeout`, because the hook is slow or
//! panicked, is given by the setting `limits.moderation_fallback`; and at once when [`BEFORE_HOOKS_MAX`] others run.

mod desk;
mod phrases;
mod words;

use std::future::ready;
use std::pin::Pin;

use bim_types::Seq;

pub use bim_server_core::{Moderated, ModerationVerdict};
pub(crate) use desk::Desk;
pub use desk::{AFTER_HOOKS_MAX, AFTER_TIMEOUT, BEFORE_HOOKS_MAX};
pub use words::{CHECK_CODE, WORD_LIST_BYTES_MAX, WordAction, WordList, WordListError};

/// What a hook gives back: a boxed future, as `Box::pin(async move { … })` makes it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Decides which messages of live groups are accepted, and what they say.
///
/// A function of a message that needs no time is a moderator too:
///
/// ```
/// use std::sync::Arc;
/// use bim_server::moderation::{Moderated, ModerationVerdict, Moderator};
///
/// let quiet = |message: &Moderated| match message.body.as_str() {
///     Some(text) if text.ends_with('!') => ModerationVerdict::OnlyForSender,
///     _ => ModerationVerdict::Allow,
/// };
/// let moderator: Arc<dyn Moderator> = Arc::new(quiet);
/// # let _ = moderator;
/// ```
///
/// Hooks of many messages run at the same time, each in a task of its own. A hook must not block its thread: it
/// awaits, or leaves the work to `spawn_blocking`. A panic ends only the hook.
pub trait Moderator: Send + Sync + 'static {
    /// Decides on a message that is not accepted yet. Its sender waits meanwhile.
    ///
    /// A message that is sent again, because its answer was lost, may be asked about again.
    ///
    /// # Cancel safety
    ///
    /// After `limits.moderation_timeout` the future is dropped and the fallback decides.
    fn before<'a>(&'a self, message: &'a Moderated) -> BoxFuture<'a, ModerationVerdict>;

    /// Looks at a message that was accepted, as it was accepted: rewritten, if it was. Viewers have it already.
    /// By default everything is kept.
    ///
    /// This is a courtesy, not a log: what finds [`AFTER_HOOKS_MAX`] others running is not shown, nor is what was
    /// accepted right before the server stopped.
    ///
    /// # Cancel safety
    ///
    /// After [`AFTER_TIMEOUT`], and when the server stops, the future is dropped and the message is kept.
    fn after<'a>(&'a self, seq: Seq, message: &'a Moderated) -> BoxFuture<'a, AfterSend> {
        let _ = (seq, message);
        Box::pin(ready(AfterSend::Keep))
    }
}

/// What becomes of a message that was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AfterSend {
    /// It stays.
    Keep,
    /// It is removed, as its group's owner would: from history, and from the screens of viewers.
    Remove,
}

impl<F> Moderator for F
where
    F: Fn(&Moderated) -> ModerationVerdict + Send + Sync + 'static,
{
    fn before<'a>(&'a self, message: &'a Moderated) -> BoxFuture<'a, ModerationVerdict> {
        Box::pin(ready(self(message)))
    }
}
