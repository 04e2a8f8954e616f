//! Live groups as records: what a group is, who is in it, what a message is, what a gap is.

mod attribute;
mod conversation;
mod info;
mod measure;
mod member;
mod message;

pub use attribute::{
    Attribute, AttributeCondition, AttributeFailure, AttributeWrite, Attributes, AttributesChanged,
    AttributesWritten,
};
pub use conversation::{Conversation, MuteAll};
pub use info::{GroupInfo, GroupInfoChange};
pub use measure::{GroupChange, GroupEvent, LivePulse, Measure, MeasureDone, MemberFailure, Named};
pub use member::{Member, MemberInfo, MemberInfoChange, MemberList, Presence, Role, Until};
pub use message::{LiveGap, Message, MessageBody};
