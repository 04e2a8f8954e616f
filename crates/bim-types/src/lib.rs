//! The shared words of `bim`: what every other crate speaks, and nothing that acts.
//!
//! Ids are newtypes, times are values, limits are named constants with units, error codes stand in one
//! table, and the operations on a store are plain data. This crate owns no state, performs no input or
//! output, reads no clock and knows neither the wire nor a runtime.
//!
//! | module | words |
//! |---|---|
//! | [`ids`] | [`AppId`], [`Uid`], [`DeviceId`], [`ConversationShortId`], [`ClientMessageId`] |
//! | [`time`] | [`Mono`], [`Wall`], [`Now`] |
//! | [`entropy`] | [`Entropy`] |
//! | [`position`] | [`Epoch`], [`Seq`], [`Position`], [`Cursor`] |
//! | [`priority`] | [`Priority`], [`PerPriority`] |
//! | [`live`] | [`GroupInfo`], [`Conversation`], [`Message`], [`LiveGap`], [`Member`], [`Measure`], [`Attribute`] |
//! | [`session`] | [`ConnectStatus`], [`Continuity`], [`DisconnectReason`] |
//! | [`error_code`], [`refusal`] | [`ErrorCode`], [`ErrorKind`], [`Refusal`] |
//! | [`frame_batch`] | [`FrameBatch`] |
//! | [`limits`] | every number that bounds something |
//! | [`secret`] | [`Token`], [`AppSecret`] |
//! | [`defect`] | the bug bank of the simulation |
//! | [`store`] | the vocabulary of the client store and the server log |

mod check;
pub mod defect;
pub mod entropy;
pub mod error_code;
pub mod frame_batch;
pub mod ids;
pub mod limits;
pub mod live;
pub mod position;
pub mod priority;
pub mod refusal;
pub mod secret;
pub mod session;
pub mod store;
pub mod time;
pub mod window;

pub use defect::Defect;
pub use entropy::Entropy;
pub use error_code::{ErrorCode, ErrorKind};
pub use frame_batch::{FrameBatch, Framing};
pub use ids::{AppId, ClientMessageId, ConnectionId, ConversationShortId, DeviceId, GroupKey, IdError, Uid};
pub use live::{
    Attribute, AttributeCondition, AttributeFailure, AttributeWrite, Attributes, AttributesChanged,
    AttributesWritten, Conversation, GroupChange, GroupEvent, GroupInfo, GroupInfoChange, LiveGap, LivePulse,
    Measure, MeasureDone, Member, MemberFailure, MemberInfo, MemberInfoChange, MemberList, Message,
    MessageBody, MuteAll, Named, Presence, Role, Until,
};
pub use position::{Cursor, Epoch, Position, Seq};
pub use priority::{PerPriority, Priority};
pub use refusal::Refusal;
pub use secret::{AppSecret, Token};
pub use session::{ConnectStatus, Continuity, DisconnectReason, DiscontinuityReason, ResumeVerdict};
pub use time::{Mono, Now, Wall};
pub use window::Window;
