//! The messages of a session.

use bim_types::limits::TOKEN_BYTES_MAX;
use bim_types::{AppId, DeviceId, Token, Wall};

use crate::convert::uid;
use crate::error::DecodeError;
use crate::message::{Goodbye, Hello, Ping, Pong, Welcome};
use crate::wire;

const SDK_BYTES_MAX: usize = 64;

impl From<Hello> for wire::Hello {
    fn from(hello: Hello) -> Self {
        Self {
            app_id: hello.app.value(),
            uid: Some(hello.uid.into()),
            device_id: hello.device.to_bytes().to_vec().into(),
            token: hello.token.reveal().into(),
            sdk: hello.sdk,
        }
    }
}

impl TryFrom<wire::Hello> for Hello {
    type Error = DecodeError;

    fn try_from(wire: wire::Hello) -> Result<Self, DecodeError> {
        if wire.token.len() > TOKEN_BYTES_MAX {
            return Err(DecodeError::field("Hello.token"));
        }
        if wire.sdk.len() > SDK_BYTES_MAX || wire.sdk.chars().any(char::is_control) {
            return Err(DecodeError::field("Hello.sdk"));
        }
        Ok(Self {
            app: AppId::new(wire.app_id).map_err(|_| DecodeError::field("Hello.app_id"))?,
            uid: uid(wire.uid, "Hello.uid")?,
            device: DeviceId::from_slice(&wire.device_id)
                .map_err(|_| DecodeError::field("Hello.device_id"))?,
            token: Token::new(wire.token),
            sdk: wire.sdk,
        })
    }
}

impl From<Welcome> for wire::Welcome {
    fn from(welcome: Welcome) -> Self {
        Self {
            generation: welcome.generation,
            server_time_ms: welcome.server_time.as_millis(),
            token_expires_at_ms: welcome.token_expires_at.as_millis(),
            ping_interval_ms: welcome.ping_interval_ms,
            liveness_timeout_ms: welcome.liveness_timeout_ms,
            in_flight_max: welcome.in_flight_max,
            frame_bytes_max: welcome.frame_bytes_max,
            body_bytes_max: welcome.body_bytes_max,
        }
    }
}

impl From<wire::Welcome> for Welcome {
    fn from(wire: wire::Welcome) -> Self {
        Self {
            generation: wire.generation,
            server_time: Wall::from_millis(wire.server_time_ms),
            token_expires_at: Wall::from_millis(wire.token_expires_at_ms),
            ping_interval_ms: wire.ping_interval_ms,
            liveness_timeout_ms: wire.liveness_timeout_ms,
            in_flight_max: wire.in_flight_max,
            frame_bytes_max: wire.frame_bytes_max,
            body_bytes_max: wire.body_bytes_max,
        }
    }
}

impl From<Ping> for wire::Ping {
    fn from(ping: Ping) -> Self {
        Self { nonce: ping.nonce }
    }
}

impl From<wire::Ping> for Ping {
    fn from(wire: wire::Ping) -> Self {
        Self { nonce: wire.nonce }
    }
}

impl From<Pong> for wire::Pong {
    fn from(pong: Pong) -> Self {
        Self { nonce: pong.nonce, server_time_ms: pong.server_time.as_millis() }
    }
}

impl From<wire::Pong> for Pong {
    fn from(wire: wire::Pong) -> Self {
        Self { nonce: wire.nonce, server_time: Wall::from_millis(wire.server_time_ms) }
    }
}

impl From<Goodbye> for wire::Goodbye {
    fn from(goodbye: Goodbye) -> Self {
        Self { reason: goodbye.reason.map(Into::into) }
    }
}

impl From<wire::Goodbye> for Goodbye {
    fn from(wire: wire::Goodbye) -> Self {
        Self { reason: wire.reason.filter(|reason| reason.code != 0).map(Into::into) }
    }
}
