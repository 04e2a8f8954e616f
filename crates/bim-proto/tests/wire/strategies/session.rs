//! A session's own frames.

use bim_proto::{Goodbye, Hello, Ping, Pong, Welcome};
use bim_types::{AppId, DeviceId};
use proptest::option;
use proptest::prelude::*;

use super::values::{refusal, token, uid, wall};

pub(crate) fn hello() -> impl Strategy<Value = Hello> {
    let sdk = prop_oneof!["[ -~]{0,64}", "é{0,32}"];
    (1..=u32::MAX, uid(), any::<u128>(), token(), sdk).prop_map(|(app, uid, device, token, sdk)| Hello {
        app: AppId::new(app).unwrap(),
        uid,
        device: DeviceId::new(device),
        token,
        sdk,
    })
}

pub(crate) fn welcome() -> impl Strategy<Value = Welcome> {
    let numbers = any::<[u32; 5]>();
    (any::<u64>(), wall(), wall(), numbers).prop_map(
        |(generation, server_time, token_expires_at, numbers)| {
            let [ping_interval_ms, liveness_timeout_ms, in_flight_max, frame_bytes_max, body_bytes_max] =
                numbers;
            Welcome {
                generation,
                server_time,
                token_expires_at,
                ping_interval_ms,
                liveness_timeout_ms,
                in_flight_max,
                frame_bytes_max,
                body_bytes_max,
            }
        },
    )
}

pub(crate) fn ping() -> impl Strategy<Value = Ping> {
    any::<u64>().prop_map(|nonce| Ping { nonce })
}

pub(crate) fn pong() -> impl Strategy<Value = Pong> {
    (any::<u64>(), wall()).prop_map(|(nonce, server_time)| Pong { nonce, server_time })
}

pub(crate) fn goodbye() -> impl Strategy<Value = Goodbye> {
    option::of(refusal()).prop_map(|reason| Goodbye { reason })
}
