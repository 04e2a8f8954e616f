//! Live groups: everything an app does with them.
//!
//! | file | what |
//! |---|---|
//! | groups | made, read, listed, entered, left, dissolved; what is said about them |
//! | messages | sent, read back, changed, removed |
//! | members | lists and records of members, what a user says about itself |
//! | moderation | mutes, blocks, kicks, roles, marks |
//! | attributes, counters | what a group keeps beside its messages |
//! | listeners | streams and listeners |

mod attributes;
mod counters;
mod groups;
mod listeners;
mod members;
mod messages;
mod moderation;
mod page;
mod sending;

use std::fmt;

use bim_core::{Answer, Ask, Command};
use bim_types::ConversationShortId;
use bim_types::{Conversation, Measure, MeasureDone};

use crate::client::unfit;
use crate::error::Error;
use crate::shared::{Handle, HandleCommand};

pub use moderation::MarkAction;
pub use page::{
    HistoryPage, LiveJoinGroupResult, LiveMemberOnlineInfo, LiveMessageListResult, MemberCursor,
    MemberListResult, OnlineCount, Page,
};
pub use sending::Sending;

/// The live groups of one client. Cheap to clone.
///
/// Every call needs a session (2001 without one, 2003 after a shutdown). While the connection is away, calls
/// wait and go out when it is back, in the order they were made; the time limit of 15 seconds (2010) counts
/// only while connected. At most 1,024 calls wait; more are refused (2012, retryable). A call that must not be
/// repeated blindly ends with 2014 when the connection was lost before its answer: it may have been done or not.
///
/// Of a group that this user may not act in, and of one that does not exist, the server says the same: 13.
#[derive(Clone)]
pub struct LiveGroups {
    handle: Handle,
}

impl LiveGroups {
    pub(crate) fn new(handle: Handle) -> Self {
        Self { handle }
    }

    async fn conversation(&self, ask: Ask) -> Result<Conversation, Error> {
        match self.ask(ask).await? {
            Answer::Conversation(conversation) => Ok(*conversation),
            _ => Err(unfit()),
        }
    }

    async fn measure(&self, id: ConversationShortId, measure: Measure) -> Result<MeasureDone, Error> {
        match self.ask(Ask::Measure(id, measure)).await? {
            Answer::Measure(done) => Ok(done),
            _ => Err(unfit()),
        }
    }

    async fn ask(&self, ask: Ask) -> Result<Answer, Error> {
        self.machine(Command::Ask(ask)).await
    }

    async fn machine(&self, command: Command) -> Result<Answer, Error> {
        self.handle.call(HandleCommand::Machine(command)).await
    }
}

impl fmt::Debug for LiveGroups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveGroups").finish_non_exhaustive()
    }
}
