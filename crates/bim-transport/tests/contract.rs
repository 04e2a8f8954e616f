//! Every transport of this crate keeps the contract: as it is, behind pointers, and wrapped.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bim_transport::{
    AcceptError, BoxConnection, DialError, Dialer, Endpoint, Listener,
    memory::{self, MemoryConfig},
    quic::{QuicConfig, QuicDialer, QuicListener},
    tls::{ClientTls, DevCertificate},
    transport_contract,
    websocket::{WebSocketConfig, WebSocketDialer, WebSocketListener},
    wrappers::{Counted, Counters, Faulty},
};

/// Over UDP only silence tells that nobody is there, so this is how long that check takes.
const QUIC_DIAL_TIMEOUT: Duration = Duration::from_secs(3);

transport_contract!(memory_plain, || async { memory::hub("contract", MemoryConfig::default()) });
transport_contract!(memory_boxed, || async { boxed(memory::hub("contract", MemoryConfig::default())) });
transport_contract!(memory_wrapped, || async { wrapped(memory::hub("contract", MemoryConfig::default())) });
transport_contract!(websocket_plain, websocket);
transport_contract!(websocket_boxed, || async { boxed(websocket().await) });
transport_contract!(websocket_wrapped, || async { wrapped(websocket().await) });
transport_contract!(websocket_tls_plain, websocket_tls);
transport_contract!(websocket_tls_boxed, || async { boxed(websocket_tls().await) });
transport_contract!(quic_plain, quic);
transport_contract!(quic_boxed, || async { boxed(quic().await) });
transport_contract!(quic_wrapped, || async { wrapped(quic().await) });

async fn websocket() -> (WebSocketListener, WebSocketDialer) {
    let address = ([127, 0, 0, 1], 0).into();
    let listener = WebSocketListener::bind(address, WebSocketConfig::default()).await.unwrap();
    let dialer = WebSocketDialer::new(listener.local());
    (listener, dialer)
}

async fn websocket_tls() -> (WebSocketListener, WebSocketDialer) {
    let certificate = DevCertificate::generate(&[], Duration::from_secs(3600)).unwrap();
    let config = WebSocketConfig { tls: Some(certificate.server().unwrap()), ..WebSocketConfig::default() };
    let listener = WebSocketListener::bind(([127, 0, 0, 1], 0).into(), config).await.unwrap();
    let trust = ClientTls::trust_pem(certificate.cert_pem.as_bytes()).unwrap();
    let dialer = WebSocketDialer::new(listener.local()).tls(trust);
    (listener, dialer)
}

async fn quic() -> (QuicListener, QuicDialer) {
    let certificate = DevCertificate::generate(&[], Duration::from_secs(3600)).unwrap();
    let server = certificate.server().unwrap();
    let listener =
        QuicListener::bind(([127, 0, 0, 1], 0).into(), server, QuicConfig::default()).await.unwrap();
    let trust = ClientTls::trust_fingerprint(&certificate.fingerprint).unwrap();
    let dialer = QuicDialer::new(listener.local(), trust).timeout(QUIC_DIAL_TIMEOUT);
    (listener, dialer)
}

fn boxed<L: Listener, D: Dialer>((listener, dialer): (L, D)) -> (Box<dyn Listener>, Box<dyn Dialer>) {
    (Box::new(listener), Box::new(dialer))
}

fn wrapped<L: Listener, D: Dialer>((listener, dialer): (L, D)) -> (Wrapped<L>, Wrapped<D>) {
    (Wrapped(listener), Wrapped(dialer))
}

/// Puts every wrapper around every connection, without a fault.
struct Wrapped<T>(T);

fn wrap(connection: BoxConnection) -> BoxConnection {
    let (faulty, _handle) = Faulty::new(connection);
    Box::new(Counted::new(faulty, Arc::new(Counters::default())))
}

#[async_trait]
impl<L: Listener> Listener for Wrapped<L> {
    async fn accept(&mut self) -> Result<BoxConnection, AcceptError> {
        self.0.accept().await.map(wrap)
    }

    fn local(&self) -> Endpoint {
        self.0.local()
    }

    async fn close(&mut self) {
        self.0.close().await;
    }
}

#[async_trait]
impl<D: Dialer> Dialer for Wrapped<D> {
    async fn dial(&self) -> Result<BoxConnection, DialError> {
        self.0.dial().await.map(wrap)
    }

    fn describe(&self) -> String {
        self.0.describe()
    }
}
