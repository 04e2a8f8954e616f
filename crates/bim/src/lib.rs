//! Instant messaging and live-room chat: the client SDK.
//!
//! Log in, make a live group, join it, send, listen, log out:
//!
//! ```
//! use std::sync::Arc;
//!
//! use bim::{
//!     Client, ConnectListener, ConnectStatus, Error, GroupInfo, LiveGroupMessageListener, Message, Priority,
//! };
//!
//! struct Connection;
//!
//! impl ConnectListener for Connection {
//!     fn on_connect_status_changed(&self, status: ConnectStatus) {
//!         println!("connection: {status:?}");
//!     }
//! }
//!
//! struct Room;
//!
//! impl LiveGroupMessageListener for Room {
//!     fn on_receive_message(&self, message: Message) {
//!         println!("{}: {}", message.sender, message.body.as_str().unwrap_or_default());
//!     }
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Error> {
//!     // A whole server in this process. With a real one: `.endpoint("wss://chat.example.org:443")?`.
//!     let server = bim_fake_server::serve().await;
//!
//!     // Initialise, and listen.
//!     let client = Client::builder(server.app_id(), "alice").dialer(server.dialer()).build().await?;
//!     client.add_connect_listener(Arc::new(Connection));
//!     let live = client.live_groups();
//!     live.add_live_group_message_listener(Arc::new(Room));
//!
//!     // Log in with a token that the app's back end has made.
//!     client.login("alice", server.token("alice")).await?;
//!
//!     // Create a live group, and join it.
//!     let info = GroupInfo { name: "my live group".into(), notice: "be kind".into(), ..GroupInfo::default() };
//!     let group = live.create_live_group(info).await?.conversation_short_id;
//!     live.join_live_group(group).await?;
//!
//!     // Send. The answer is the message with its position, or the reason why not.
//!     let message = client.create_text_message("hello");
//!     let sent = live.send_live_group_message(&message, group, Priority::Normal).await?;
//!     println!("accepted at {}", sent.position);
//!
//!     client.logout().await
//! }
//! ```
//!
//! *What it is.* The facade over the client's machine (`bim-core`), a transport and a store, and the tokio task
//! that drives them. Handles are cheap to clone and may be used from any task.
//!
//! *What it owns.* One task for each client, which holds the connection, the timers and the machine. It begins
//! in [`ClientBuilder::build`] and ends with [`Client::shutdown`], or when the last handle is dropped.
//!
//! *What it never does.* It makes no runtime, blocks no async thread, writes to no terminal, and runs no code
//! of the app on the task that serves the network.
//!
//! *How it flows.*
//!
//! ```text
//!   Client, LiveGroups ── command ──►  driver task  ◄── frames ──► connection
//!          ▲                            │      │
//!          └────────── answer ──────────┘      └──► bounded queue of each stream and listener
//! ```
//!
//! # Features
//!
//! | feature | gives |
//! |---|---|
//! | `websocket` | `ws://` endpoints; `wss://` together with `tls` |
//! | `quic` | `quic://` endpoints; implies `tls` |
//! | `tls` | verified certificates, [`ServerTrust`] |
//! | `redb` | a data directory that survives restarts |
//!
//! All are on by default. Without any, bring a [`transport::Dialer`] of your own and state stays in memory.

mod call;
mod client;
mod driver;
mod error;
mod event;
mod feed;
mod listen;
mod live;
mod message;
mod setup;
mod shared;
mod token;

pub mod recording;
pub mod store;
pub mod transport;

/// The version of this library, as in its manifest.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

pub use bim_types::{
    AppId, Attribute, AttributeCondition, AttributeFailure, AttributeWrite, Attributes, AttributesChanged,
    AttributesWritten, ClientMessageId, ConnectStatus, Continuity, Conversation, ConversationShortId, Cursor,
    DisconnectReason, DiscontinuityReason, Epoch, ErrorCode, ErrorKind, GroupChange, GroupEvent, GroupInfo,
    GroupInfoChange, IdError, LiveGap, LivePulse, MeasureDone, Member, MemberFailure, MemberInfo,
    MemberInfoChange, Message, MessageBody, MuteAll, Named, PerPriority, Position, Presence, Priority,
    Refusal, Role, Seq, Token, Uid, Until, Wall,
};

pub use bim_core::{BroadcastDone, LeftReason};
pub use client::Client;
pub use error::Error;
pub use event::{ConnectEvent, Discontinuity, LiveEvent};
pub use feed::{ConnectEvents, LiveEvents};
pub use listen::{
    ConnectListener, ListenerId, LiveConversationListener, LiveGroupAttributeListener,
    LiveGroupMarkTypeListener, LiveGroupMemberListener, LiveGroupMessageListener,
};
pub use live::{
    HistoryPage, LiveGroups, LiveJoinGroupResult, LiveMemberOnlineInfo, LiveMessageListResult, MarkAction,
    MemberCursor, MemberListResult, OnlineCount, Page, Sending,
};
pub use message::OutgoingMessage;
pub use setup::{ClientBuilder, Environment, IntoAppId, SdkConfig, ServerTrust};
pub use token::{TokenError, TokenProvider, TokenSource};
