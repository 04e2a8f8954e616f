//! Transports: the port, and those that come with the library. Re-exported from `bim-transport`.

#[cfg(feature = "quic")]
pub use bim_transport::quic::QuicDialer;
#[cfg(feature = "tls")]
pub use bim_transport::tls::ClientTls;
#[cfg(feature = "websocket")]
pub use bim_transport::websocket::WebSocketDialer;
pub use bim_transport::{
    BoxConnection, CertificateProblem, Connection, ConnectionExt, DialError, Dialer, Endpoint, EndpointError,
    Peer, Scheme, TransportError, TransportKind, memory,
};
