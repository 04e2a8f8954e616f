//! Whom a client lets in, over both transports that use TLS.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]
#![expect(dead_code, reason = "each test file uses a part of the support module")]

mod support;

use bim_transport::{
    CertificateProblem, DialError, Dialer, Endpoint, HandshakeLimits, Listener,
    quic::{QuicConfig, QuicDialer, QuicListener},
    tls::{ClientTls, ServerTls},
    websocket::{WebSocketConfig, WebSocketDialer, WebSocketListener},
};
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
use support::{LOOPBACK, certificate, connect, greet, in_time};

#[tokio::test]
async fn a_certificate_is_trusted_by_its_file() {
    let certificate = certificate();
    let directory = tempfile::tempdir().unwrap();
    let (cert, key) = (directory.path().join("cert.pem"), directory.path().join("key.pem"));
    std::fs::write(&cert, &certificate.cert_pem).unwrap();
    std::fs::write(&key, &certificate.key_pem).unwrap();
    let server = ServerTls::from_files(&cert, &key).unwrap();
    lets_in(&server, ClientTls::trust_file(&cert).unwrap()).await;
}

#[tokio::test]
async fn a_certificate_is_trusted_by_its_fingerprint() {
    let certificate = certificate();
    let trust = ClientTls::trust_fingerprint(&certificate.fingerprint).unwrap();
    lets_in(&certificate.server().unwrap(), trust).await;
}

#[tokio::test]
async fn a_self_signed_certificate_with_the_ca_flag_is_trusted_by_its_file() {
    let (server, pem) = self_signed(&["localhost", "127.0.0.1"], true);
    lets_in(&server, ClientTls::trust_pem(pem.as_bytes()).unwrap()).await;
}

#[tokio::test]
async fn the_ca_flag_does_not_excuse_another_name() {
    let (server, pem) = self_signed(&["elsewhere.test"], true);
    refuses(&server, ClientTls::trust_pem(pem.as_bytes()).unwrap(), CertificateProblem::WrongName).await;
}

#[tokio::test]
async fn another_certificate_is_refused() {
    let other = ClientTls::trust_pem(certificate().cert_pem.as_bytes()).unwrap();
    refuses(&certificate().server().unwrap(), other, CertificateProblem::UnknownIssuer).await;
}

#[tokio::test]
async fn another_fingerprint_is_refused() {
    let other = ClientTls::trust_fingerprint(&certificate().fingerprint).unwrap();
    refuses(&certificate().server().unwrap(), other, CertificateProblem::FingerprintMismatch).await;
}

#[tokio::test]
async fn a_certificate_for_another_host_is_refused() {
    let (server, pem) = self_signed(&["elsewhere.test"], false);
    refuses(&server, ClientTls::trust_pem(pem.as_bytes()).unwrap(), CertificateProblem::WrongName).await;
}

#[tokio::test]
async fn an_expired_certificate_is_refused() {
    let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    params.not_after = rcgen::date_time_ymd(2020, 1, 1);
    let (server, pem) = signed_by_itself(&params);
    refuses(&server, ClientTls::trust_pem(pem.as_bytes()).unwrap(), CertificateProblem::Expired).await;
}

#[tokio::test]
async fn the_platform_does_not_trust_a_development_certificate() {
    // A machine without any certificates has no platform trust at all, which lets nobody in either.
    if let Ok(trust) = ClientTls::platform() {
        refuses(&certificate().server().unwrap(), trust, CertificateProblem::UnknownIssuer).await;
    }
}

#[tokio::test]
async fn a_refusal_reads_as_a_sentence() {
    let error = DialError::Certificate(CertificateProblem::FingerprintMismatch);
    assert_eq!(error.to_string(), "server certificate is not trusted: its fingerprint is another one");
}

#[tokio::test]
async fn a_dialer_of_another_scheme_says_what_it_can_open() {
    let quic: Endpoint = "quic://127.0.0.1:1".parse().unwrap();
    let error = WebSocketDialer::new(quic).dial().await.unwrap_err();
    assert_eq!(error.to_string(), "endpoint is quic, but this dialer opens ws:// and wss://");
}

#[tokio::test]
async fn a_plain_client_does_not_get_into_a_listener_with_tls() {
    in_time(async {
        let (listener, _) = support::websocket_tls(HandshakeLimits::default()).await;
        let plain = format!("ws://127.0.0.1:{}", listener.local().port()).parse().unwrap();
        assert!(matches!(WebSocketDialer::new(plain).dial().await, Err(DialError::Handshake { .. })));
    })
    .await;
}

async fn lets_in(server: &ServerTls, trust: ClientTls) {
    in_time(async {
        for host in ["127.0.0.1", "localhost"] {
            let (mut websocket, mut quic) = listeners(server).await;
            let dialer = WebSocketDialer::new(websocket.local().with_host(host)).tls(trust.clone());
            let (mut near, mut far) = connect(&mut websocket, &dialer).await;
            assert!(near.peer().encrypted && far.peer().encrypted);
            greet(&mut near, &mut far).await;

            let dialer = QuicDialer::new(quic.local().with_host(host), trust.clone());
            let (mut near, mut far) = connect(&mut quic, &dialer).await;
            assert!(near.peer().encrypted && far.peer().encrypted);
            greet(&mut near, &mut far).await;
        }
    })
    .await;
}

async fn refuses(server: &ServerTls, trust: ClientTls, expected: CertificateProblem) {
    in_time(async {
        let (websocket, quic) = listeners(server).await;
        let dialers: [Box<dyn Dialer>; 2] = [
            Box::new(WebSocketDialer::new(websocket.local()).tls(trust.clone())),
            Box::new(QuicDialer::new(quic.local(), trust)),
        ];
        for dialer in dialers {
            match dialer.dial().await {
                Err(DialError::Certificate(problem)) => {
                    assert_eq!(problem, expected, "{}", dialer.describe());
                }
                other => panic!("expected {expected:?} from {}, got {other:?}", dialer.describe()),
            }
        }
    })
    .await;
}

async fn listeners(server: &ServerTls) -> (WebSocketListener, QuicListener) {
    let config = WebSocketConfig { tls: Some(server.clone()), ..WebSocketConfig::default() };
    let websocket = WebSocketListener::bind(LOOPBACK, config).await.unwrap();
    let quic = QuicListener::bind(LOOPBACK, server.clone(), QuicConfig::default()).await.unwrap();
    (websocket, quic)
}

fn self_signed(names: &[&str], ca: bool) -> (ServerTls, String) {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let mut params = CertificateParams::new(names).unwrap();
    if ca {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }
    signed_by_itself(&params)
}

fn signed_by_itself(params: &CertificateParams) -> (ServerTls, String) {
    let key = KeyPair::generate().unwrap();
    let pem = params.self_signed(&key).unwrap().pem();
    (ServerTls::from_pem(pem.as_bytes(), key.serialize_pem().as_bytes()).unwrap(), pem)
}
