//! Identifiers. Each is a newtype, so that no id can be passed where another is meant.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::limits::UID_BYTES_MAX;

/// An application: one tenant of a server. Nothing crosses from one app to another. Never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AppId(u32);

impl AppId {
    /// An app id.
    ///
    /// # Errors
    ///
    /// [`IdError::ZeroAppId`] for 0.
    pub fn new(id: u32) -> Result<Self, IdError> {
        if id == 0 { Err(IdError::ZeroAppId) } else { Ok(Self(id)) }
    }

    /// The number.
    #[must_use]
    pub fn value(self) -> u32 {
        self.0
    }
}

impl fmt::Display for AppId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for AppId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::new(text.trim().parse().map_err(|_| IdError::NotAnAppId)?)
    }
}

/// A user of one app: a string, or a positive 64-bit integer. One app's users are all of one flavour,
/// chosen when the client is set up; `Uid::from(7)` and the string `"7"` are different users.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Uid {
    /// A number from 1 to `i64::MAX`.
    Int(i64),
    /// 1 to [`UID_BYTES_MAX`] bytes of UTF-8 without control characters.
    Str(Arc<str>),
}

impl Uid {
    /// A user named by a string.
    ///
    /// # Errors
    ///
    /// [`IdError::UidLength`] when empty or longer than [`UID_BYTES_MAX`]; [`IdError::UidControl`] when it
    /// holds a control character.
    pub fn string(text: &str) -> Result<Self, IdError> {
        if text.is_empty() || text.len() > UID_BYTES_MAX {
            return Err(IdError::UidLength { bytes: text.len() });
        }
        if text.chars().any(char::is_control) {
            return Err(IdError::UidControl);
        }
        Ok(Self::Str(text.into()))
    }

    /// A user named by a number.
    ///
    /// # Errors
    ///
    /// [`IdError::UidNotPositive`] for zero and below.
    pub fn int(number: i64) -> Result<Self, IdError> {
        if number < 1 { Err(IdError::UidNotPositive) } else { Ok(Self::Int(number)) }
    }

    /// Whether this is the integer flavour.
    #[must_use]
    pub fn is_int(&self) -> bool {
        matches!(self, Self::Int(_))
    }
}

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(number) => number.fmt(f),
            Self::Str(text) => text.fmt(f),
        }
    }
}

impl fmt::Debug for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(number) => write!(f, "{number}"),
            Self::Str(text) => write!(f, "{text:?}"),
        }
    }
}

impl TryFrom<&str> for Uid {
    type Error = IdError;

    fn try_from(text: &str) -> Result<Self, IdError> {
        Self::string(text)
    }
}

impl TryFrom<String> for Uid {
    type Error = IdError;

    fn try_from(text: String) -> Result<Self, IdError> {
        Self::string(&text)
    }
}

impl TryFrom<i64> for Uid {
    type Error = IdError;

    fn try_from(number: i64) -> Result<Self, IdError> {
        Self::int(number)
    }
}

/// The short id of a conversation: the number that calls take. Positive, random, unique within its app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConversationShortId(i64);

impl ConversationShortId {
    /// A short id.
    ///
    /// # Errors
    ///
    /// [`IdError::ShortIdNotPositive`] for zero and below.
    pub fn new(id: i64) -> Result<Self, IdError> {
        if id < 1 { Err(IdError::ShortIdNotPositive) } else { Ok(Self(id)) }
    }

    /// Makes a short id of random bits: 53 of them, so that it is exact in a JSON number too.
    #[must_use]
    pub fn from_random(bits: u64) -> Self {
        Self(((bits >> 11) as i64).max(1))
    }

    /// The number.
    #[must_use]
    pub fn value(self) -> i64 {
        self.0
    }
}

impl fmt::Display for ConversationShortId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for ConversationShortId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::new(text.trim().parse().map_err(|_| IdError::ShortIdNotPositive)?)
    }
}

/// A live group of one app: what routing and queues go by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupKey {
    /// Which app.
    pub app: AppId,
    /// Which group of it.
    pub group: ConversationShortId,
}

macro_rules! id_128 {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u128);

        impl $name {
            /// An id of 128 given bits.
            #[must_use]
            pub fn new(bits: u128) -> Self {
                Self(bits)
            }

            /// The bits.
            #[must_use]
            pub fn value(self) -> u128 {
                self.0
            }

            /// Sixteen bytes, most significant first.
            #[must_use]
            pub fn to_bytes(self) -> [u8; 16] {
                self.0.to_be_bytes()
            }

            /// Reads what [`Self::to_bytes`] wrote.
            ///
            /// # Errors
            ///
            /// [`IdError::NotSixteenBytes`] for any other length.
            pub fn from_slice(bytes: &[u8]) -> Result<Self, IdError> {
                let bytes: [u8; 16] = bytes.try_into().map_err(|_| IdError::NotSixteenBytes)?;
                Ok(Self(u128::from_be_bytes(bytes)))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:032x}", self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:032x}", self.0)
            }
        }
    };
}

id_128! {
    /// One installation of an app: made once per data directory. One live session exists per device.
    DeviceId
}

id_128! {
    /// What a client calls its message before the server knows it: the idempotency key. A resend carries
    /// the same id and is answered with the original position. Scoped by app, sender and device.
    ClientMessageId
}

/// A connection of one server process, numbered from 1 and never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

/// Why a value is not an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdError {
    /// App ids start at 1.
    #[error("app id is zero; app ids start at 1")]
    ZeroAppId,
    /// Not a number from 1 to 4,294,967,295.
    #[error("not an app id; expected a number from 1 to 4294967295")]
    NotAnAppId,
    /// Empty or too long.
    #[error("uid has {bytes} bytes; expected 1 to {UID_BYTES_MAX}")]
    UidLength {
        /// How long it was.
        bytes: usize,
    },
    /// A control character would break logs and terminals.
    #[error("uid holds a control character")]
    UidControl,
    /// Integer uids start at 1.
    #[error("integer uid is not positive; expected 1 to 9223372036854775807")]
    UidNotPositive,
    /// Short ids start at 1.
    #[error("not a conversation short id; expected a positive 64-bit integer")]
    ShortIdNotPositive,
    /// Device and message ids are 16 bytes.
    #[error("id is not sixteen bytes long")]
    NotSixteenBytes,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_uid_and_an_integer_uid_of_the_same_digits_differ() {
        assert_ne!(Uid::string("7"), Uid::int(7));
    }

    #[test]
    fn bad_uids_say_what_is_wrong() {
        assert_eq!(Uid::string(""), Err(IdError::UidLength { bytes: 0 }));
        assert_eq!(Uid::string(&"x".repeat(129)), Err(IdError::UidLength { bytes: 129 }));
        assert_eq!(Uid::string("a\nb"), Err(IdError::UidControl));
        assert_eq!(Uid::int(0), Err(IdError::UidNotPositive));
    }

    #[test]
    fn a_random_short_id_is_positive_and_exact_in_a_double() {
        for bits in [0, 1, u64::MAX, 1 << 63] {
            let id = ConversationShortId::from_random(bits).value();
            assert!(id > 0);
            assert!(id < 1 << 53);
        }
    }

    #[test]
    fn ids_of_128_bits_survive_bytes() {
        let id = ClientMessageId::new(0x0102_0304);
        assert_eq!(ClientMessageId::from_slice(&id.to_bytes()), Ok(id));
        assert_eq!(ClientMessageId::from_slice(&[1, 2]), Err(IdError::NotSixteenBytes));
    }
}
