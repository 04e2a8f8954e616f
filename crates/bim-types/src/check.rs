//! The limits of what users type, checked with the same words on both sides of the wire.

use crate::error_code::ErrorCode;
use crate::limits::{
    EXT_BYTES_MAX, EXT_KEYS_MAX, GROUP_NAME_CHARS_MAX, GROUP_TEXT_BYTES_MAX, MESSAGE_BODY_BYTES_MAX,
};
use crate::live::{GroupInfo, MessageBody};
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
        if self.ext.len() > EXT_KEYS_MAX {
            return Err(invalid("ext map has too many keys", EXT_KEYS_MAX));
        }
        let bytes: usize = self.ext.iter().map(|(key, value)| key.len() + value.len()).sum();
        if bytes > EXT_BYTES_MAX {
            return Err(invalid("ext map is too large, in bytes", EXT_BYTES_MAX));
        }
        Ok(())
    }
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
