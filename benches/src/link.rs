//! The ways a message can travel, and the room it travels to.

use std::future::Future;

use bim::{Client, ConversationShortId, GroupInfo};
use bim_tests::Link;

/// Every way.
pub const LINKS: [Link; 3] = [Link::Memory, Link::WebSocket, Link::Quic];

/// What a way is called in results.
#[must_use]
pub fn link_name(link: Link) -> &'static str {
    match link {
        Link::Memory => "memory",
        Link::WebSocket => "websocket",
        Link::SecureWebSocket => "websocket+tls",
        Link::Quic => "quic",
    }
}

/// Makes a live group and joins it.
///
/// # Panics
///
/// When the server refuses.
pub async fn room(owner: &Client) -> ConversationShortId {
    let info = GroupInfo { name: "bench".into(), ..GroupInfo::default() };
    let live = owner.live_groups();
    let group = live.create_live_group(info).await.expect("a live group is made").conversation_short_id;
    live.join_live_group(group).await.expect("its owner joins it");
    group
}

/// Runs a benchmark on a runtime with a thread for each core.
///
/// # Panics
///
/// When there is no runtime to be had.
pub fn run(benchmark: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime starts");
    runtime.block_on(benchmark);
    runtime.shutdown_background();
}
