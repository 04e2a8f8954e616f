//! From endpoints to dialers, by what is compiled in.

use std::sync::Arc;

use bim_transport::{Dialer, Endpoint, Scheme};
use bim_types::ErrorCode;

use crate::error::Error;
use crate::setup::ServerTrust;

/// A place to dial.
pub(crate) enum Target {
    Endpoint(Endpoint),
    Dialer(Arc<dyn Dialer>),
}

/// The endpoints of [`Environment::Development`](crate::Environment::Development) that can be dialed.
pub(crate) fn development() -> Vec<Target> {
    let endpoints: &[&str] = &[
        #[cfg(feature = "websocket")]
        "ws://127.0.0.1:7900",
        #[cfg(feature = "quic")]
        "quic://127.0.0.1:7901",
    ];
    endpoints.iter().filter_map(|text| text.parse().ok()).map(Target::Endpoint).collect()
}

/// Reads an endpoint's text.
pub(crate) fn parse(text: &str) -> Result<Target, Error> {
    let endpoint = text.parse::<Endpoint>().map_err(|error| {
        let hint = error.to_string();
        Error::with_source(ErrorCode::ParameterError, hint, error)
    })?;
    Ok(Target::Endpoint(endpoint))
}

/// Makes the dialers. Blocks: certificates are read from files.
pub(crate) fn dialers(targets: Vec<Target>, trust: &ServerTrust) -> Result<Vec<Arc<dyn Dialer>>, Error> {
    if targets.is_empty() {
        let hint = "no endpoint given; add one with `endpoint`, `environment` or `dialer`";
        return Err(Error::hint(ErrorCode::ParameterError, hint));
    }
    targets.into_iter().map(|target| dialer(target, trust)).collect()
}

fn dialer(target: Target, trust: &ServerTrust) -> Result<Arc<dyn Dialer>, Error> {
    let endpoint = match target {
        Target::Dialer(dialer) => return Ok(dialer),
        Target::Endpoint(endpoint) => endpoint,
    };
    match endpoint.scheme() {
        #[cfg(feature = "websocket")]
        Scheme::Ws => Ok(Arc::new(bim_transport::websocket::WebSocketDialer::new(endpoint))),
        #[cfg(all(feature = "websocket", feature = "tls"))]
        Scheme::Wss => {
            let dialer = bim_transport::websocket::WebSocketDialer::new(endpoint).tls(trust.load()?);
            Ok(Arc::new(dialer))
        }
        #[cfg(feature = "quic")]
        Scheme::Quic => Ok(Arc::new(bim_transport::quic::QuicDialer::new(endpoint, trust.load()?))),
        Scheme::Memory => {
            let hint = "memory endpoints have no address; give the hub's dialer with `dialer`";
            Err(Error::hint(ErrorCode::ParameterError, hint))
        }
        other => {
            let _ = trust;
            let hint = format!("{other}:// endpoints need a feature of bim that is not compiled in");
            Err(Error::hint(ErrorCode::ParameterError, hint))
        }
    }
}
