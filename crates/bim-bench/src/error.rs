//! Why a run came to nothing, one sentence each.

use std::time::Duration;

use bim_types::{ErrorCode, Refusal};

use crate::ClientError;

/// Why a run came to nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BenchError {
    /// There are fewer tokens than the plan has users.
    #[error("{needed} tokens are needed, one for each user, and there are {found}")]
    Tokens {
        /// Users of the plan.
        needed: usize,
        /// Tokens there are.
        found: usize,
    },
    /// The group was not made.
    #[error("no live group was made: {0}")]
    Group(#[source] ClientError),
    /// Somebody could not log in, or not join.
    #[error("not everyone could join: {}{}", .0, advice(.0))]
    Enter(#[source] ClientError),
    /// A message was refused.
    #[error("the server refused a message: {refusal}; {}", budget(.refusal))]
    Refused {
        /// Its words.
        refusal: Refusal,
    },
    /// Somebody who read lost the connection.
    #[error("a viewer that reads lost its connection: {0}")]
    Cut(#[source] ClientError),
    /// The books are full.
    #[error("the run is too long: its books hold 268 million messages")]
    LedgerFull,
    /// Something took too long.
    #[error("{what} took longer than {within:?}")]
    Late {
        /// What.
        what: String,
        /// How long it may take.
        within: Duration,
    },
    /// Not all came.
    #[error("{0}")]
    Books(String),
}

/// Which setting of the server is in the way of a message.
fn budget(refusal: &Refusal) -> &'static str {
    match refusal.code {
        ErrorCode::MessageFrequency => {
            "a server takes so much with --set limits.sender_per_second=1000000 --set limits.sender_burst=1000000 \
             --set limits.room_shared_per_second=1000000 --set limits.room_high_per_second=1000000"
        }
        ErrorCode::ServerBusy => {
            "limits.in_flight_requests or limits.writes_in_flight of the server is reached"
        }
        ErrorCode::UserForbidden => {
            "members may send HIGH with --set limits.members_may_send_high=true, and the owner, who is the first \
             sender, without it"
        }
        _ => "see the table of error codes",
    }
}

/// Which setting of the server is in the way of a connection.
fn advice(error: &ClientError) -> &'static str {
    match error {
        ClientError::Goodbye(_) | ClientError::Ended | ClientError::Dial(_) => {
            "; if it has no room for so many: limits.connections, limits.connections_per_address, limits.strangers \
             and limits.strangers_per_address of the server, and `ulimit -n` of both"
        }
        _ => "",
    }
}
