//! Stand-ins for what may not get into a recording.

use bim_types::{Entropy, MessageBody};

use crate::recording::Digest;

/// Letters of stand-ins: none of them means anything in a token, in JSON or in base64 of a secret.
const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// What is replaced, and by what.
///
/// A stand-in has the length of what it stands for and is drawn from a hash of it with a key that is kept in
/// memory only: equal texts have equal stand-ins within one recording, and from a stand-in nothing can be told.
/// Texts of one or two bytes may share one; so the same id with another body of one byte may look like a resend.
#[derive(Clone)]
pub struct Redaction {
    /// `None` while a recording is played: there is nothing left to hide.
    keys: Option<[u64; 2]>,
    keeps_bodies: bool,
}

impl std::fmt::Debug for Redaction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redaction").field("keeps_bodies", &self.keeps_bodies).finish_non_exhaustive()
    }
}

impl Redaction {
    /// For a recording, with a key of 16 random bytes that is used for this one only.
    #[must_use]
    pub fn recording(key: u128, keeps_bodies: bool) -> Self {
        Self { keys: Some([key as u64, (key >> 64) as u64]), keeps_bodies }
    }

    /// For a play: everything stays as it is.
    #[must_use]
    pub fn playing(keeps_bodies: bool) -> Self {
        Self { keys: None, keeps_bodies }
    }

    /// Whether bodies stay as they are.
    #[must_use]
    pub fn keeps_bodies(&self) -> bool {
        self.keeps_bodies
    }

    /// A stand-in of as many bytes, all of them letters. `purpose` keeps equal texts of different fields apart.
    #[must_use]
    pub fn stand_in(&self, purpose: &str, text: &[u8]) -> String {
        let Some(keys) = self.keys else { return String::from_utf8_lossy(text).into_owned() };
        let mut digest = Digest::keyed(keys);
        let mut entropy = Entropy::new(digest.bytes(purpose.as_bytes()).bytes(text).finish());
        let mut letters = String::with_capacity(text.len());
        while letters.len() < text.len() {
            let bits = entropy.bits();
            let more = (0..12).map(|at| char::from(LETTERS[(bits >> (5 * at)) as usize % LETTERS.len()]));
            letters.extend(more.take(text.len() - letters.len()));
        }
        letters
    }

    /// A stand-in for a token that nobody accepts.
    #[must_use]
    pub fn token(&self, token: &str) -> String {
        self.stand_in("token", token.as_bytes())
    }

    /// A stand-in for a key of an app.
    #[must_use]
    pub fn secret(&self, secret: &[u8]) -> Vec<u8> {
        match self.keys {
            Some(_) => self.stand_in("secret", secret).into_bytes(),
            None => secret.to_vec(),
        }
    }

    /// A body of the same kind and length, unless bodies are kept.
    #[must_use]
    pub fn body(&self, body: &MessageBody) -> MessageBody {
        match body {
            _ if self.keeps_bodies || self.keys.is_none() => body.clone(),
            MessageBody::Text(text) => MessageBody::Text(self.stand_in("text", text.as_bytes()).into()),
            MessageBody::Custom(data) => MessageBody::Custom(self.stand_in("custom", data.as_bytes()).into()),
            other => other.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stand_in_is_as_long_and_tells_equal_from_different() {
        let redaction = Redaction::recording(5, false);
        let body = |text: &str| redaction.body(&MessageBody::Text(text.into()));
        for text in ["", "a", "grüße", &"x".repeat(70_000)] {
            assert_eq!(body(text).len(), text.len());
            assert_eq!(body(text), body(text));
        }
        assert_ne!(body("hello"), body("hellp"));
        let custom = redaction.body(&MessageBody::Custom("hello".into()));
        assert_ne!(custom.as_str(), body("hello").as_str());
    }

    #[test]
    fn another_key_gives_other_stand_ins_and_bodies_can_be_kept() {
        let text = MessageBody::Text("hello".into());
        assert_ne!(Redaction::recording(5, false).body(&text), Redaction::recording(6, false).body(&text));
        assert_eq!(Redaction::recording(5, true).body(&text), text);
        assert_ne!(Redaction::recording(5, true).token("hello"), "hello");
    }

    #[test]
    fn while_a_recording_is_played_nothing_is_replaced() {
        let redaction = Redaction::playing(false);
        assert_eq!(redaction.token("t"), "t");
        assert_eq!(redaction.secret(&[255, 0]), [255, 0]);
        assert_eq!(redaction.body(&MessageBody::Text("b".into())), MessageBody::Text("b".into()));
    }
}
