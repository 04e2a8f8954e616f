//! The limits of what users type, checked with the same words on both sides of the wire.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::error_code::ErrorCode;
use crate::limits::{
    ALIAS_CHARS_MAX, ATTRIBUTE_KEY_BYTES_MAX, ATTRIBUTE_VALUE_BYTES_MAX, BATCH_UIDS_MAX, EXT_BYTES_MAX,
    EXT_KEYS_MAX, GROUP_NAME_CHARS_MAX, GROUP_TEXT_BYTES_MAX, MARK_BYTES_MAX, MARK_TYPES_MAX,
    MESSAGE_BODY_BYTES_MAX, PERIOD_MAX, SLOW_MODE_MAX,
};
use crate::live::{AttributeWrite, GroupInfo, Measure, MemberInfo, MessageBody};
use crate::refusal::Refusal;

impl GroupInfo {
    /// Checks every field against its limit.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::InvalidRequest`] with the limit and its unit for the first field that is too long, or
    /// when the name is empty.
    pub fn check(&self) -> Result<(), Refusal> {
        if self.name.is_empty() {
            return Err(invalid("group name is empty; expected 1 to 100 characters", GROUP_NAME_CHARS_MAX));
        }
        if self.name.chars().count() > GROUP_NAME_CHARS_MAX {
            return Err(invalid("group name is too long, in characters", GROUP_NAME_CHARS_MAX));
        }
        let texts = [
            (&self.description, "group description is too long, in bytes"),
            (&self.notice, "group notice is too long, in bytes"),
            (&self.avatar_url, "group avatar url is too long, in bytes"),
        ];
        for (text, hint) in texts {
            if text.len() > GROUP_TEXT_BYTES_MAX {
                return Err(invalid(hint, GROUP_TEXT_BYTES_MAX));
            }
        }
        check_ext(&self.ext)
    }
}

impl MemberInfo {
    /// Checks every field against its limit.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::InvalidRequest`] with the limit and its unit for the first field that is too long.
    pub fn check(&self) -> Result<(), Refusal> {
        if self.alias.chars().count() > ALIAS_CHARS_MAX {
            return Err(invalid("alias is too long, in characters", ALIAS_CHARS_MAX));
        }
        if self.avatar_url.len() > GROUP_TEXT_BYTES_MAX {
            return Err(invalid("avatar url is too long, in bytes", GROUP_TEXT_BYTES_MAX));
        }
        check_ext(&self.ext)
    }
}

impl Measure {
    /// Checks lists, names and periods against their limits.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::InvalidRequest`] with the limit and its unit for what is empty, too many or too long.
    pub fn check(&self) -> Result<(), Refusal> {
        match self {
            Self::MuteAll(_) | Self::TransferOwner(_) => Ok(()),
            Self::SlowMode(wait) => check_period(*wait, SLOW_MODE_MAX),
            Self::DissolveAfterIdle(idle) => check_period(*idle, PERIOD_MAX),
            Self::Mute(uids, period) | Self::Block(uids, period) => {
                check_period(*period, PERIOD_MAX)?;
                check_count(uids.len(), BATCH_UIDS_MAX, "users in one call: expected 1 to 100")
            }
            Self::AddAdmins(uids)
            | Self::RemoveAdmins(uids)
            | Self::Unmute(uids)
            | Self::Exempt(uids)
            | Self::Unexempt(uids)
            | Self::Unblock(uids)
            | Self::Kick(uids) => {
                check_count(uids.len(), BATCH_UIDS_MAX, "users in one call: expected 1 to 100")
            }
            Self::Mark(mark, uids) | Self::Unmark(mark, uids) => {
                check_mark(mark)?;
                check_count(uids.len(), BATCH_UIDS_MAX, "users in one call: expected 1 to 100")
            }
            Self::AddMarkTypes(marks) | Self::RemoveMarkTypes(marks) => {
                marks.iter().try_for_each(|mark| check_mark(mark))?;
                check_count(marks.len(), MARK_TYPES_MAX, "mark types in one call: expected 1 to 20")
            }
        }
    }
}

impl AttributeWrite {
    /// Checks key and value against their limits.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::InvalidRequest`] with the limit and its unit.
    pub fn check(&self) -> Result<(), Refusal> {
        let hint = "bytes of an attribute's key: expected 1 to 128";
        check_count(self.key.len(), ATTRIBUTE_KEY_BYTES_MAX, hint)?;
        if self.value.as_ref().is_some_and(|value| value.len() > ATTRIBUTE_VALUE_BYTES_MAX) {
            return Err(invalid("attribute value is too large, in bytes", ATTRIBUTE_VALUE_BYTES_MAX));
        }
        match self.expires_in {
            Some(after) if after < Duration::from_millis(1) => {
                Err(invalid("an attribute lasts at least so many milliseconds", 1))
            }
            Some(after) => check_period(after, PERIOD_MAX),
            None => Ok(()),
        }
    }
}

fn check_ext(ext: &BTreeMap<String, String>) -> Result<(), Refusal> {
    if ext.len() > EXT_KEYS_MAX {
        return Err(invalid("ext map has too many keys", EXT_KEYS_MAX));
    }
    let bytes: usize = ext.iter().map(|(key, value)| key.len() + value.len()).sum();
    if bytes > EXT_BYTES_MAX {
        return Err(invalid("ext map is too large, in bytes", EXT_BYTES_MAX));
    }
    Ok(())
}

fn check_mark(mark: &str) -> Result<(), Refusal> {
    check_count(mark.len(), MARK_BYTES_MAX, "bytes of a mark: expected 1 to 64")
}

fn check_count(count: usize, most: usize, hint: &'static str) -> Result<(), Refusal> {
    if (1..=most).contains(&count) { Ok(()) } else { Err(invalid(hint, most)) }
}

fn check_period(period: Duration, most: Duration) -> Result<(), Refusal> {
    let seconds = usize::try_from(most.as_secs()).unwrap_or(usize::MAX);
    if period > most { Err(invalid("period is too long, in seconds", seconds)) } else { Ok(()) }
}

impl MessageBody {
    /// Checks the body against its limit.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::MessageTooLarge`] with [`MESSAGE_BODY_BYTES_MAX`]; [`ErrorCode::InvalidRequest`] for an
    /// empty body or an unknown kind.
    pub fn check(&self) -> Result<(), Refusal> {
        if matches!(self, Self::Unknown { .. }) {
            return Err(
                Refusal::new(ErrorCode::InvalidRequest).hint("a message of unknown kind can not be sent")
            );
        }
        if self.is_empty() {
            return Err(Refusal::new(ErrorCode::InvalidRequest).hint("message body is empty"));
        }
        if self.len() > MESSAGE_BODY_BYTES_MAX {
            let refusal = Refusal::new(ErrorCode::MessageTooLarge).limit(MESSAGE_BODY_BYTES_MAX as u64);
            return Err(refusal.hint(format!("body has {} bytes", self.len())));
        }
        Ok(())
    }
}

fn invalid(hint: &'static str, limit: usize) -> Refusal {
    Refusal::new(ErrorCode::InvalidRequest).hint(hint).limit(limit as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> GroupInfo {
        GroupInfo { name: name.into(), ..GroupInfo::default() }
    }

    #[test]
    fn a_name_is_measured_in_characters() {
        assert!(named(&"群".repeat(100)).check().is_ok());
        assert_eq!(named(&"群".repeat(101)).check().unwrap_err().limit, Some(100));
        assert!(named("").check().is_err());
    }

    #[test]
    fn a_body_one_byte_over_the_limit_is_refused_with_the_limit() {
        let at = MessageBody::Text("x".repeat(MESSAGE_BODY_BYTES_MAX).into());
        let over = MessageBody::Text("x".repeat(MESSAGE_BODY_BYTES_MAX + 1).into());
        assert!(at.check().is_ok());
        let refusal = over.check().unwrap_err();
        assert_eq!((refusal.code, refusal.limit), (ErrorCode::MessageTooLarge, Some(65_536)));
    }

    #[test]
    fn a_change_is_checked_in_what_it_changes() {
        use crate::live::GroupInfoChange;
        assert!(GroupInfoChange::default().check().is_err());
        let change = GroupInfoChange { notice: Some("new".into()), ..GroupInfoChange::default() };
        assert!(change.check().is_ok());
        assert_eq!(change.apply(named("g")), GroupInfo { notice: "new".into(), ..named("g") });
        let nameless = GroupInfoChange { name: Some(String::new()), ..GroupInfoChange::default() };
        assert_eq!(nameless.check().unwrap_err().limit, Some(100));
    }

    #[test]
    fn an_ext_map_is_bounded_in_keys_and_in_bytes() {
        let mut info = named("g");
        info.ext = (0..17).map(|n| (n.to_string(), String::new())).collect();
        assert_eq!(info.check().unwrap_err().limit, Some(16));
        info.ext = [("k".into(), "x".repeat(4096))].into();
        assert_eq!(info.check().unwrap_err().limit, Some(4096));
    }
}
