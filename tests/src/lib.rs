//! Harnesses for the scenario tests: the same scenario over every transport and every store.

mod arena;
mod path;
mod scene;
mod watch;

pub use arena::{ATTRIBUTE_LEAVE_GRACE, Arena, ClientKeeps, Link, PULSE_INTERVAL, ServerKeeps, generous};
pub use path::Path;
pub use scene::{all_done, create_room, eventually, join, room, say, send, uid, uids};
pub use watch::Watch;

use std::future::Future;
use std::time::Duration;

/// A scenario that takes longer than this hangs.
const SCENARIO_TIMEOUT: Duration = Duration::from_secs(60);

/// Runs a scenario to its end, or fails when it hangs.
///
/// # Panics
///
/// When the scenario takes longer than a minute.
pub fn run(scenario: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime starts");
    runtime.block_on(async {
        tokio::time::timeout(SCENARIO_TIMEOUT, scenario).await.expect("the scenario ends in time");
    });
    runtime.shutdown_background();
}

/// One test per transport and store for a scenario: `async fn(Arena)`.
#[macro_export]
macro_rules! everywhere {
    ($($scenario:ident),+ $(,)?) => {$(
        mod $scenario {
            use $crate::{Arena, ClientKeeps, Link, ServerKeeps, run};

            #[test]
            fn over_memory() {
                run(async { super::$scenario(Arena::start(Link::Memory, ServerKeeps::Memory, ClientKeeps::Memory).await).await });
            }

            #[test]
            fn over_websocket() {
                run(async { super::$scenario(Arena::start(Link::WebSocket, ServerKeeps::Memory, ClientKeeps::Redb).await).await });
            }

            #[test]
            fn over_websocket_with_tls_on_redb() {
                run(async { super::$scenario(Arena::start(Link::SecureWebSocket, ServerKeeps::Redb, ClientKeeps::Memory).await).await });
            }

            #[test]
            fn over_quic() {
                run(async { super::$scenario(Arena::start(Link::Quic, ServerKeeps::Memory, ClientKeeps::Memory).await).await });
            }

            #[test]
            fn over_quic_on_redb() {
                run(async { super::$scenario(Arena::start(Link::Quic, ServerKeeps::Redb, ClientKeeps::Redb).await).await });
            }

            #[test]
            fn over_memory_on_redb() {
                run(async { super::$scenario(Arena::start(Link::Memory, ServerKeeps::Redb, ClientKeeps::Redb).await).await });
            }
        }
    )+};
}
