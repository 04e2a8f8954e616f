//! Counters of live groups: likes, gifts.

use std::collections::BTreeMap;

use bim_core::{Answer, Command};
use bim_types::ConversationShortId;

use super::LiveGroups;
use crate::client::unfit;
use crate::error::Error;
use crate::shared::HandleCommand;

impl LiveGroups {
    /// Adds to a counter of a live group the client is in: exactly once, however often the connection is lost.
    ///
    /// Does not wait: taps are gathered and sent together, twice a second. Sums come back with
    /// [`LiveEvent::CountersChanged`](crate::LiveEvent::CountersChanged), and what comes to nothing with
    /// [`LiveEvent::TapsRefused`](crate::LiveEvent::TapsRefused): a name of other than 1 to 64 bytes or an amount of
    /// zero (4), not in the group (13), more counters than the group may have (18), no session (2001).
    ///
    /// # Errors
    ///
    /// 2003 shut down; 2012 too many calls wait: nothing was added, tap again later.
    pub fn tap_live_group_counter(
        &self,
        id: ConversationShortId,
        name: impl Into<String>,
        amount: u64,
    ) -> Result<(), Error> {
        let tap = Command::Tap { group: id, counter: name.into(), amount };
        self.handle.call_now(HandleCommand::Machine(tap)).map(drop)
    }

    /// The counters of a live group the client is in, as it knows them: since it came in, and a few times a second.
    /// Asks nobody.
    ///
    /// # Errors
    ///
    /// 13 not in the group.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn get_live_group_counters(
        &self,
        id: ConversationShortId,
    ) -> Result<BTreeMap<String, u64>, Error> {
        match self.machine(Command::Counters(id)).await? {
            Answer::Counters(counters) => Ok(counters),
            _ => Err(unfit()),
        }
    }
}
