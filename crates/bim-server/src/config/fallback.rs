//! What happens to a message that the moderation hook does not judge in time.

use super::setting::{Raw, Setting, quote};

/// How the engine's "whether it is let through" is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fallback {
    Allow,
    Refuse,
}

impl Fallback {
    const NAMES: [(&'static str, Self); 2] = [("allow", Self::Allow), ("refuse", Self::Refuse)];
}

impl From<bool> for Fallback {
    fn from(allows: bool) -> Self {
        if allows { Self::Allow } else { Self::Refuse }
    }
}

impl From<Fallback> for bool {
    fn from(fallback: Fallback) -> Self {
        fallback == Fallback::Allow
    }
}

impl Setting for Fallback {
    fn read(raw: &Raw) -> Result<Self, &'static str> {
        raw.named(&Self::NAMES).ok_or("\"allow\" or \"refuse\"")
    }

    fn show(&self) -> Option<String> {
        Self::NAMES.iter().find(|(_, fallback)| fallback == self).map(|(name, _)| quote(name))
    }
}
