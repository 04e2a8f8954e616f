//! The table of error codes, shared by server, client and every binding.
//!
//! Numbers 0–57, 78, 100 and 500 are those of the product family whose quick start `bim` implements, so
//! that apps coming from there keep their handling. Numbers from 1000 on are ours: 1000–1999 come from a
//! server, 2000–2999 are made by the client itself. A number is never reused.

use std::fmt;

/// What kind of trouble a code stands for: what an app switches on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The token is missing, wrong, expired, or for someone else.
    Token,
    /// The app or user is disabled or unknown.
    Account,
    /// No such conversation, or not for this user.
    NotFound,
    /// This user may not do that.
    Permission,
    /// The argument is wrong: too large, empty, malformed.
    Argument,
    /// Too much, too fast, or a limit reached.
    Limit,
    /// The call does not fit the state: not logged in, logged in already, shut down.
    State,
    /// The network or the server is not available now.
    Unavailable,
    /// The data directory or its database failed.
    Storage,
    /// The peer broke the protocol, or its version is not ours.
    Protocol,
    /// A fault inside bim.
    Internal,
}

macro_rules! error_codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $kind:ident, $retry:literal, $text:literal;)*) => {
        /// A stable number for what went wrong. See the module for the ranges.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $($(#[$doc])* #[doc = concat!($text, ". Number ", stringify!($number), ".")] $name,)*
            /// A code this version does not know, from a newer server.
            Unknown(i32),
        }

        impl ErrorCode {
            /// Every code of the table, by number.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable number.
            #[must_use]
            pub fn number(self) -> i32 {
                match self { $(Self::$name => $number,)* Self::Unknown(number) => number }
            }

            /// The code of a number; [`Self::Unknown`] when it is not in the table.
            #[must_use]
            pub fn from_number(number: i32) -> Self {
                match number { $($number => Self::$name,)* other => Self::Unknown(other) }
            }

            /// What kind of trouble it is.
            #[must_use]
            pub fn kind(self) -> ErrorKind {
                match self { $(Self::$name => ErrorKind::$kind,)* Self::Unknown(_) => ErrorKind::Internal }
            }

            /// Whether the same request may succeed later without a change.
            #[must_use]
            pub fn is_retryable(self) -> bool {
                match self { $(Self::$name => $retry,)* Self::Unknown(_) => false }
            }

            /// A short phrase, lower-case, without a full stop.
            #[must_use]
            pub fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* Self::Unknown(_) => "a code this version does not know" }
            }

            /// The name in the table.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* Self::Unknown(_) => "Unknown" }
            }
        }
    };
}

error_codes! {
    InvalidToken = 1, Token, false, "token not valid";
    ConversationNotFound = 3, NotFound, false, "no such conversation";
    InvalidRequest = 4, Argument, false, "malformed request";
    InvalidCommand = 5, Protocol, false, "unknown command";
    ServerError = 6, Unavailable, true, "server error";
    MessageIllegal = 8, Argument, false, "message refused by moderation";
    UserIllegal = 9, Account, false, "user banned";
    UserForbidden = 11, Permission, false, "insufficient permission";
    UserNotInGroup = 13, Permission, false, "not a member of the group";
    UserBannedToPost = 14, Permission, false, "muted in this group";
    RecallTimeout = 17, Limit, false, "too late to change or remove the message";
    TouchLimit = 18, Limit, false, "upper limit reached";
    CallbackDeny = 19, Permission, false, "refused by the app";
    MessageTooLarge = 21, Argument, false, "message too large";
    AppNotNormal = 51, Account, false, "app unknown or disabled";
    MassManagerMoreThanLimit = 52, Limit, false, "too many admins";
    MemberBlock = 53, Permission, false, "user is blocked";
    UserIdMismatchToken = 55, Token, false, "token belongs to another user";
    MessageFrequency = 78, Limit, true, "sending too fast";
    ExpiredToken = 100, Token, false, "token expired";
    InternalError = 500, Internal, true, "internal failure";
    CreateLiveMoreThanLimit = 1001, Limit, false, "too many live groups";
    IdempotencyConflict = 1002, Argument, false, "message id used before with other content";
    ServerBusy = 1003, Unavailable, true, "server busy";
    ServerDraining = 1004, Unavailable, true, "server is shutting down";
    SlowConsumer = 1005, Unavailable, true, "connection read too slowly";
    Replaced = 1006, State, false, "replaced by a newer login of this device";
    ProtocolVersion = 1007, Protocol, false, "protocol version not supported";
    ProtocolViolation = 1008, Protocol, false, "protocol violation";
    LoginFrequency = 1009, Limit, true, "too many failed logins";
    TooManyDevices = 1010, Limit, false, "too many devices of this user";
    StorageUnavailable = 1011, Unavailable, true, "server storage unavailable";
    TooManyGroups = 1012, Limit, false, "in too many live groups at once";
    SendConversationSilent = 1013, Permission, false, "all are muted in this group";
    SetOwnerParticipantIsBlock = 1014, Permission, false, "a blocked user can not own the group";
    ConversationMarkTypeMoreThanLimit = 1015, Limit, false, "too many mark types";
    ConditionFailed = 1016, Argument, false, "the condition does not hold";
    MessageNotFound = 1017, NotFound, false, "no such message";
    NotLoggedIn = 2001, State, false, "not logged in";
    AlreadyLoggedIn = 2002, State, false, "logged in already";
    ShutDown = 2003, State, false, "client is shut down";
    ParameterError = 2004, Argument, false, "argument not valid";
    DataDirUnwritable = 2005, Storage, false, "data directory can not be written";
    DataDirInUse = 2006, Storage, false, "data directory is in use by another client";
    StorageFailed = 2007, Storage, false, "local storage failed";
    StorageCorrupted = 2008, Storage, false, "local storage is damaged";
    ConnectFailed = 2009, Unavailable, true, "server can not be reached";
    Timeout = 2010, Unavailable, true, "no answer in time";
    Cancelled = 2011, State, false, "cancelled";
    OutboxFull = 2012, Limit, true, "too many messages wait to be sent";
    LoginFailed = 2013, State, false, "login did not complete";
    OutcomeUnknown = 2014, Unavailable, false, "no answer came; it may have been done or not";
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (code {})", self.text(), self.number())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_used_once_and_leads_back_to_its_code() {
        for pair in ErrorCode::ALL.windows(2) {
            assert!(pair[0].number() < pair[1].number(), "{:?} and {:?}", pair[0], pair[1]);
        }
        for code in ErrorCode::ALL {
            assert_eq!(ErrorCode::from_number(code.number()), *code);
        }
    }

    #[test]
    fn an_unknown_number_is_kept() {
        let code = ErrorCode::from_number(31_337);
        assert_eq!((code.number(), code.is_retryable()), (31_337, false));
    }

    #[test]
    fn the_table_is_what_it_was() {
        let table: String = ErrorCode::ALL
            .iter()
            .map(|code| {
                format!("{} {} {:?} {}\n", code.number(), code.name(), code.kind(), code.is_retryable())
            })
            .collect();
        assert_eq!(table, include_str!("error_code_table.txt"));
    }
}
