//! The bug bank: deliberate defects, to prove that the simulation would find them.
//!
//! A checker that has never failed is untested. With the feature `bug-bank`, which nothing but the simulation turns
//! on, one defect can be planted in the present thread; without it [`Defect::is_planted`] is `false` when the program
//! is compiled, and nothing of a defect is in it.

/// A defect that somebody's chat server or client really had.
macro_rules! defects {
    ($($(#[doc = $doc:literal])+ $defect:ident = $name:literal;)+) => {
        /// A defect that can be planted.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Defect {
            $($(#[doc = $doc])+ $defect,)+
        }

        impl Defect {
            /// Every defect.
            pub const ALL: &'static [Self] = &[$(Self::$defect),+];

            /// Its name on a command line.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$defect => $name),+ }
            }

            /// What is wrong with it, in a sentence.
            #[must_use]
            pub fn about(self) -> &'static str {
                match self { $(Self::$defect => concat!($($doc),+)),+ }
            }
        }
    };
}

defects! {
    /// The server acknowledges a message before it is durable.
    AckBeforeCommit = "ack-before-commit";
    /// The server acknowledges a message whose commit failed.
    AckFailedCommit = "ack-failed-commit";
    /// What recognises a resend is kept in memory alone.
    DedupInMemory = "dedup-in-memory";
    /// A newer login of a device does not end the older one.
    StaleGeneration = "stale-generation";
    /// Who is kicked still gets the group's messages.
    KickWithoutUnsubscribe = "kick-without-unsubscribe";
    /// A mute holds only for those who come in after it.
    MuteAtJoinOnly = "mute-at-join-only";
    /// A full queue gives up HIGH.
    ShedHigh = "shed-high";
    /// A full queue gives up NORMAL while LOW waits.
    ShedNormalFirst = "shed-normal-first";
    /// What a full queue gave up is not told.
    ForgottenGap = "forgotten-gap";
    /// A gap marker counts one message too few.
    ShortGap = "short-gap";
    /// A resume leaves out the first HIGH message that was missed.
    ResumeSkipsHigh = "resume-skips-high";
    /// A resume sends again what the cursor had covered.
    ResumeRepeats = "resume-repeats";
    /// A resume from before the room buffer says that nothing was missed.
    ResumeHidesLoss = "resume-hides-loss";
    /// Nothing is too much for the queue of a viewer.
    UnboundedQueue = "unbounded-queue";
    /// A session outlives its token.
    ExpiredSession = "expired-session";
    /// A token that was taken back still opens sessions.
    RevokedToken = "revoked-token";
    /// Taps that are sent again are counted again.
    TapsTwice = "taps-twice";
    /// The expected version of an attribute is not compared.
    BlindCompareAndSet = "blind-compare-and-set";
    /// Who loses the connection stays online for ever.
    OnlineForever = "online-forever";
    /// A message is accepted, and then dropped for the budget.
    DroppedAfterVerdict = "dropped-after-verdict";
    /// A dissolved group is told to nobody.
    SilentDissolve = "silent-dissolve";
    /// The client does not tell its app what was left out.
    SilentGap = "silent-gap";
    /// The client takes a message for known that it has not had.
    CursorBeforeMessage = "cursor-before-message";
    /// The client forgets its cursor when the connection is lost.
    ForgottenCursor = "forgotten-cursor";
    /// The client sends a message again under another id.
    ResendAsNew = "resend-as-new";
    /// The client never answers a call whose connection was lost.
    ForgottenCall = "forgotten-call";
    /// The client does not notice a path on which nothing arrives any more.
    DeafToSilence = "deaf-to-silence";
    /// The client comes back at once, whatever the server asked for.
    HintIgnored = "hint-ignored";
    /// A message overtakes the one before it, which was refused for a moment.
    Overtaking = "overtaking";
}

impl Defect {
    /// The defect of a name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|defect| defect.name() == name)
    }

    /// Whether it is planted in this thread.
    #[must_use]
    #[inline]
    pub fn is_planted(self) -> bool {
        #[cfg(feature = "bug-bank")]
        return planted::get() == Some(self);
        #[cfg(not(feature = "bug-bank"))]
        return false;
    }

    /// Plants a defect in this thread, in place of the one before.
    #[cfg(feature = "bug-bank")]
    pub fn plant(defect: Option<Self>) {
        planted::set(defect);
    }
}

#[cfg(feature = "bug-bank")]
mod planted {
    use std::cell::Cell;

    use super::Defect;

    thread_local! {
        static PLANTED: Cell<Option<Defect>> = const { Cell::new(None) };
    }

    pub(super) fn get() -> Option<Defect> {
        PLANTED.get()
    }

    pub(super) fn set(defect: Option<Defect>) {
        PLANTED.set(defect);
    }
}
