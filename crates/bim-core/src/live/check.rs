//! What can be said of a call without asking the server.

use bim_types::limits::{ATTRIBUTES_BYTES_MAX, ATTRIBUTES_MAX, MEMBER_QUERY_UIDS_MAX};
use bim_types::{AttributeWrite, ErrorCode, MemberInfo, Refusal};

use super::LiveGroups;
use crate::command::Ask;

impl LiveGroups {
    /// What can be said without asking the server: limits passed, groups known to be gone.
    pub(crate) fn check(&self, ask: &Ask) -> Result<(), Refusal> {
        match ask {
            Ask::Create(info) => info.check(),
            Ask::SetInfo(_, change) => change.check(),
            Ask::Send(send) => {
                send.body.check()?;
                if self.dissolved.contains(&send.group) {
                    return Err(
                        Refusal::new(ErrorCode::ConversationNotFound).hint("the live group was dissolved")
                    );
                }
                Ok(())
            }
            Ask::Join(_, info) => info.as_ref().map_or(Ok(()), MemberInfo::check),
            Ask::Measure(_, measure) => measure.check(),
            Ask::SetMemberInfo(set) => set.change.clone().apply(MemberInfo::default()).check(),
            Ask::GetMembers(_, uids) => {
                check_count(uids.len(), MEMBER_QUERY_UIDS_MAX, "users in one call: expected 1 to 200")
            }
            Ask::Update(_, _, body) => body.check(),
            Ask::Broadcast(broadcast) => broadcast.body.check(),
            Ask::WriteAttributes(_, writes) => check_writes(writes),
            Ask::ReadAttributes(_, keys) if keys.is_empty() => Ok(()),
            Ask::ReadAttributes(_, keys) => {
                check_count(keys.len(), ATTRIBUTES_MAX, "attributes in one call: expected at most 100")
            }
            Ask::Get(_)
            | Ask::List(_)
            | Ask::Leave(_)
            | Ask::Dissolve(_)
            | Ask::History(_)
            | Ask::ListMembers(_)
            | Ask::Delete(..) => Ok(()),
        }
    }
}

/// Each write, and that together they can be kept: what is larger would not even fit a frame.
fn check_writes(writes: &[AttributeWrite]) -> Result<(), Refusal> {
    check_count(writes.len(), ATTRIBUTES_MAX, "attributes in one call: expected 1 to 100")?;
    writes.iter().try_for_each(AttributeWrite::check)?;
    let bytes = |write: &AttributeWrite| write.key.len() + write.value.as_ref().map_or(0, String::len);
    if writes.iter().map(bytes).sum::<usize>() > ATTRIBUTES_BYTES_MAX {
        let limit = ATTRIBUTES_BYTES_MAX as u64;
        return Err(Refusal::new(ErrorCode::TouchLimit)
            .hint("attributes of one group, in bytes")
            .limit(limit));
    }
    Ok(())
}

fn check_count(count: usize, most: usize, hint: &'static str) -> Result<(), Refusal> {
    if (1..=most).contains(&count) {
        return Ok(());
    }
    Err(Refusal::new(ErrorCode::InvalidRequest).hint(hint).limit(most as u64))
}
