//! Binds the sockets that the settings name, and shares the limits for strangers among them.

#[cfg(any(feature = "websocket", feature = "quic"))]
use std::net::{IpAddr, SocketAddr};

use bim_transport::Listener;
#[cfg(any(feature = "websocket", feature = "quic"))]
use bim_transport::{BindError, HandshakeLimits};

use crate::config::ServerConfig;
use crate::start_error::StartError;

/// Listeners that are bound.
#[derive(Default)]
pub(crate) struct Bound {
    pub(crate) listeners: Vec<Box<dyn Listener>>,
    pub(crate) fingerprint: Option<String>,
}

/// Binds all of them, or none.
///
/// A stranger is counted by its listener while it is in its handshake, and by the server from then until it
/// is authenticated. So that both counts together keep the limits, half of each limit is shared among the
/// listeners, and the settings are left with the other half.
pub(crate) async fn bind(config: &mut ServerConfig) -> Result<Bound, StartError> {
    refuse_what_is_not_built(config)?;
    #[cfg(any(feature = "websocket", feature = "quic"))]
    return bind_sockets(config).await;
    #[cfg(not(any(feature = "websocket", feature = "quic")))]
    Ok(Bound::default())
}

#[cfg(any(feature = "websocket", feature = "quic"))]
async fn bind_sockets(config: &mut ServerConfig) -> Result<Bound, StartError> {
    let mut bound = Bound::default();
    let handshakes = Handshakes::share(config);
    let listen = config.listen.clone();
    #[cfg(feature = "websocket")]
    if let Some(address) = listen.websocket {
        let handshake = handshakes.each();
        let config = bim_transport::websocket::WebSocketConfig { handshake, ..Default::default() };
        let listener = bim_transport::websocket::WebSocketListener::bind(address, config).await;
        bound.listeners.push(boxed(listener, "ws", "listen.websocket", address)?);
    }
    #[cfg(feature = "quic")]
    if let Some(address) = listen.quic {
        let tls = crate::certificate::load(config)?;
        bound.fingerprint = Some(tls.fingerprint());
        let config = bim_transport::quic::QuicConfig { handshake: handshakes.each(), ..Default::default() };
        let listener = bim_transport::quic::QuicListener::bind(address, tls, config).await;
        bound.listeners.push(boxed(listener, "quic", "listen.quic", address)?);
    }
    #[cfg(feature = "websocket")]
    if let Some(address) = listen.secure_websocket {
        let tls = crate::certificate::load(config)?;
        bound.fingerprint = Some(tls.fingerprint());
        let handshake = handshakes.each();
        let config =
            bim_transport::websocket::WebSocketConfig { tls: Some(tls), handshake, ..Default::default() };
        let listener = bim_transport::websocket::WebSocketListener::bind(address, config).await;
        bound.listeners.push(boxed(listener, "wss", "listen.secure_websocket", address)?);
    }
    Ok(bound)
}

fn refuse_what_is_not_built(config: &ServerConfig) -> Result<(), StartError> {
    let listen = &config.listen;
    let refusals = [
        (!cfg!(feature = "websocket") && listen.websocket.is_some(), "listen.websocket", "WebSocket"),
        (!cfg!(feature = "quic") && listen.quic.is_some(), "listen.quic", "QUIC"),
        (
            !cfg!(feature = "websocket") && listen.secure_websocket.is_some(),
            "listen.secure_websocket",
            "WebSocket",
        ),
    ];
    match refusals.into_iter().find(|(refused, ..)| *refused) {
        Some((_, key, transport)) => Err(StartError::NotBuilt { key, transport }),
        None => Ok(()),
    }
}

#[cfg(any(feature = "websocket", feature = "quic"))]
fn boxed(
    listener: Result<impl Listener, BindError>,
    scheme: &str,
    key: &'static str,
    address: SocketAddr,
) -> Result<Box<dyn Listener>, StartError> {
    let place = format!("{scheme}://{address}");
    match listener {
        Ok(listener) => Ok(Box::new(listener)),
        Err(BindError::Address { source, .. }) if source.kind() == std::io::ErrorKind::AddrInUse => {
            Err(StartError::AddressTaken { listener: place, key })
        }
        Err(BindError::Address { source, .. }) => {
            Err(StartError::Listen { listener: place, source: Box::new(source) })
        }
        Err(error) => Err(StartError::Listen { listener: place, source: Box::new(error) }),
    }
}

/// What one listener may spend on peers in their handshake.
#[cfg(any(feature = "websocket", feature = "quic"))]
struct Handshakes {
    pending: usize,
    per_address: usize,
    proxies: Vec<IpAddr>,
}

#[cfg(any(feature = "websocket", feature = "quic"))]
impl Handshakes {
    /// Takes half of the limits from the settings.
    fn share(config: &mut ServerConfig) -> Self {
        let listen = &config.listen;
        let places = [listen.websocket, listen.quic, listen.secure_websocket];
        let count = places.into_iter().flatten().count().max(1);
        let limits = &mut config.limits.connections;
        let share = |limit: &mut usize| {
            let each = (*limit / 2 / count).max(1);
            *limit = limit.saturating_sub(each * count).max(1);
            each
        };
        let (pending, per_address) = (share(&mut limits.strangers), share(&mut limits.strangers_per_address));
        Self { pending, per_address, proxies: config.trusted_proxies.clone() }
    }

    fn each(&self) -> HandshakeLimits {
        HandshakeLimits {
            pending_max: self.pending,
            pending_per_address_max: self.per_address,
            exempt: self.proxies.clone(),
            ..HandshakeLimits::default()
        }
    }
}

#[cfg(all(test, feature = "websocket", feature = "quic"))]
mod tests {
    use super::*;

    #[test]
    fn handshakes_and_waiting_strangers_together_keep_the_limits() {
        let mut config = ServerConfig::default();
        let public: SocketAddr = "0.0.0.0:1".parse().unwrap();
        config.listen.secure_websocket = Some(public);
        let handshakes = Handshakes::share(&mut config);
        let (limits, each) = (&config.limits.connections, handshakes.each());
        assert_eq!(limits.strangers_per_address + 3 * each.pending_per_address_max, 20);
        assert_eq!(limits.strangers + 3 * each.pending_max, 2_000);
    }

    #[test]
    fn handshakes_of_proxies_are_not_counted_by_address_and_all_others_are() {
        let trusted_proxies = vec!["10.0.0.1".parse().unwrap()];
        let mut config = ServerConfig { trusted_proxies: trusted_proxies.clone(), ..Default::default() };
        let each = Handshakes::share(&mut config).each();
        assert_eq!(each.exempt, trusted_proxies);
        assert!(each.pending_per_address_max < each.pending_max);
    }
}
