//! Attributes of live groups: values under keys, for everyone in the group.

use bim_core::{Answer, Ask};
use bim_types::{
    Attribute, AttributeCondition, AttributeWrite, Attributes, AttributesWritten, ConversationShortId,
};

use super::LiveGroups;
use crate::client::unfit;
use crate::error::Error;

impl LiveGroups {
    /// Reads attributes of a live group: those with these keys, or all when there are none. At most 100 keys.
    ///
    /// # Errors
    ///
    /// 4 with the limit for too many keys; 13 not in the group.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn get_live_group_attributes(
        &self,
        id: ConversationShortId,
        keys: &[&str],
    ) -> Result<Attributes, Error> {
        let keys = keys.iter().map(|key| (*key).to_owned()).collect();
        match self.ask(Ask::ReadAttributes(id, keys)).await? {
            Answer::Attributes(attributes) => Ok(attributes),
            _ => Err(unfit()),
        }
    }

    /// Writes and removes 1 to 100 attributes of a live group. Each is written or fails by itself; a failure says how
    /// the attribute stands. Everyone in the group gets
    /// [`LiveEvent::AttributesChanged`](crate::LiveEvent::AttributesChanged).
    ///
    /// A group keeps up to 100 attributes of up to 4 KiB, and 64 KiB in all.
    ///
    /// # Errors
    ///
    /// Of the call: 4 with the limit for a key or value that is too long, for no writes or too many; 11 not allowed; 13
    /// not in the group; 18 more than a group can keep; 2014 when writes on a condition got no answer: read what there
    /// is. Of single writes: 18 no room in the group; 1016 the condition does not hold; 4 the same key twice.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back.
    pub async fn write_live_group_attributes(
        &self,
        id: ConversationShortId,
        writes: impl Into<Vec<AttributeWrite>>,
    ) -> Result<AttributesWritten, Error> {
        match self.ask(Ask::WriteAttributes(id, writes.into())).await? {
            Answer::AttributesWritten(written) => Ok(written),
            _ => Err(unfit()),
        }
    }

    /// Sets one attribute of a live group, whatever was there before. For one that expires, or goes when this user
    /// leaves, use [`write_live_group_attributes`](Self::write_live_group_attributes).
    ///
    /// # Errors
    ///
    /// 4 with the limit for a key or value that is too long; 11 not allowed; 13 not in the group; 18 no room in the
    /// group.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back.
    pub async fn set_live_group_attribute(
        &self,
        id: ConversationShortId,
        key: impl Into<String>,
        value: impl Into<String>,
    ) -> Result<Attribute, Error> {
        self.write_one(id, AttributeWrite::set(key, value)).await
    }

    /// Sets one attribute of a live group if the condition holds: of several who try the same at once, one succeeds.
    ///
    /// # Errors
    ///
    /// 1016 the condition does not hold: read how it stands, or use
    /// [`write_live_group_attributes`](Self::write_live_group_attributes), whose failures say it; 2014 when no answer
    /// came; otherwise as [`set_live_group_attribute`](Self::set_live_group_attribute).
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back.
    pub async fn compare_and_set_live_group_attribute(
        &self,
        id: ConversationShortId,
        key: impl Into<String>,
        expected: AttributeCondition,
        value: impl Into<String>,
    ) -> Result<Attribute, Error> {
        self.write_one(id, AttributeWrite::set(key, value).only_if(expected)).await
    }

    /// Removes attributes of a live group. Harmless for those that do not exist.
    ///
    /// # Errors
    ///
    /// 4 with the limit for no keys or too many; 11 not allowed; 13 not in the group.
    ///
    /// # Cancel safety
    ///
    /// Dropping the call does not take it back.
    pub async fn remove_live_group_attributes(
        &self,
        id: ConversationShortId,
        keys: &[&str],
    ) -> Result<AttributesWritten, Error> {
        let removals: Vec<_> = keys.iter().map(|key| AttributeWrite::remove(*key)).collect();
        self.write_live_group_attributes(id, removals).await
    }

    async fn write_one(&self, id: ConversationShortId, write: AttributeWrite) -> Result<Attribute, Error> {
        let AttributesWritten { mut written, mut failed, .. } =
            self.write_live_group_attributes(id, vec![write]).await?;
        match (written.pop(), failed.pop()) {
            (_, Some(failure)) => Err(failure.reason.into()),
            (Some(attribute), None) => Ok(attribute),
            (None, None) => Err(unfit()),
        }
    }
}
