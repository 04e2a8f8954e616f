//! The receive path: a peer that pushes as fast as the pipe takes it, and one client that turns bytes into
//! events.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bim::{Client, LiveEvent, LiveEvents};
use bim_benches::{LINKS, Link, Report, link_name, run};
use bim_proto::{
    ClientFrame, Joined, LivePush, Request, RequestBody, Response, ResponseBody, ServerFrame, Welcome,
};
use bim_transport::memory::{MemoryConfig, hub};
use bim_transport::quic::{QuicConfig, QuicDialer, QuicListener};
use bim_transport::tls::{ClientTls, DevCertificate};
use bim_transport::websocket::{WebSocketConfig, WebSocketDialer, WebSocketListener};
use bim_transport::{BoxConnection, ConnectionExt, Dialer, Listener};
use bim_types::{
    Attributes, ClientMessageId, Conversation, ConversationShortId, Cursor, Epoch, GroupInfo, Message,
    MessageBody, MuteAll, PerPriority, Position, Priority, ResumeVerdict, Role, Seq, Uid, Wall,
};
use bytes::Bytes;
use std::future::poll_fn;

/// Messages the peer may be ahead of the app: fewer than the app's buffer of events, so that none lags.
const AHEAD_MAX: u64 = 2_048;

fn main() {
    for link in LINKS {
        for (size, messages) in [(16, 200_000), (128, 200_000), (1024, 100_000), (65_536, 2_000)] {
            run(receive(link, size, messages));
        }
    }
}

async fn receive(link: Link, size: usize, messages: u64) {
    let (listener, dialer) = pipe(link).await;
    let seen = Arc::new(tokio::sync::Semaphore::new(AHEAD_MAX as usize));
    let peer = tokio::spawn(serve(listener, size, messages, Arc::clone(&seen)));
    let client = Client::builder(1, "viewer").dialer(dialer).build().await.expect("the client is set up");
    client.login("viewer", "any token").await.expect("the peer welcomes anyone");
    let mut events = client.live_groups().events();
    let begin = Instant::now();
    client.live_groups().join_live_group(group_id()).await.expect("the peer lets anyone in");
    take_all(&mut events, messages, &seen).await;
    let elapsed = begin.elapsed();
    peer.abort();
    let name = format!("receive/{}, {size} B", link_name(link));
    Report { name, messages, bytes: messages * size as u64, elapsed, latencies: None }.print();
}

async fn take_all(events: &mut LiveEvents, messages: u64, seen: &tokio::sync::Semaphore) {
    let mut last = 0;
    while last < messages {
        match events.next().await {
            Some(LiveEvent::Received(message)) => {
                assert_eq!(message.position.seq.0, last + 1, "a message is missing");
                last += 1;
                seen.add_permits(1);
            }
            Some(LiveEvent::StateChanged(_)) => {}
            other => panic!("a message is missing: {other:?}"),
        }
    }
}

/// Welcomes, lets join, and then pushes.
async fn serve(
    mut listener: Box<dyn Listener>,
    size: usize,
    messages: u64,
    seen: Arc<tokio::sync::Semaphore>,
) {
    let mut connection = listener.accept().await.expect("a connection comes");
    while let Some(Ok(frame)) = connection.recv().await {
        match ClientFrame::decode(frame).expect("the client speaks the protocol") {
            ClientFrame::Hello(_) => {
                connection.set_frame_limit(bim_transport::FRAME_BYTES_MAX);
                let sent = connection.send(ServerFrame::Welcome(welcome()).encode()).await;
                sent.expect("the client listens");
            }
            ClientFrame::Request(Request { id, body: Ok(RequestBody::JoinLiveGroup(..)) }) => {
                let body = Ok(ResponseBody::JoinedLiveGroup(joined()));
                let sent = connection.send(ServerFrame::Response(Response { id, body }).encode()).await;
                sent.expect("the client listens");
                push(&mut connection, size, messages, &seen).await;
            }
            ClientFrame::Request(_)
            | ClientFrame::Ping(_)
            | ClientFrame::Pong(_)
            | ClientFrame::Goodbye(_) => {}
        }
    }
}

async fn push(connection: &mut BoxConnection, size: usize, messages: u64, seen: &tokio::sync::Semaphore) {
    let body = MessageBody::Text("x".repeat(size).into());
    for seq in 1..=messages {
        match seen.try_acquire() {
            Ok(permit) => permit.forget(),
            Err(_) => {
                connection.flush().await.expect("the client listens");
                seen.acquire().await.expect("it is never closed").forget();
            }
        }
        feed(connection, frame(seq, body.clone())).await;
    }
    connection.flush().await.expect("the client listens");
}

async fn feed(connection: &mut BoxConnection, frame: Bytes) {
    use bim_transport::Connection;
    poll_fn(|cx| connection.poll_ready(cx)).await.expect("the client listens");
    connection.start_send(frame).expect("the frame fits");
}

async fn pipe(link: Link) -> (Box<dyn Listener>, Arc<dyn Dialer>) {
    let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
    match link {
        Link::Memory => {
            let (listener, dialer) = hub("bench", MemoryConfig::default());
            (Box::new(listener), Arc::new(dialer))
        }
        Link::WebSocket | Link::SecureWebSocket => {
            let listener =
                WebSocketListener::bind(any_port, WebSocketConfig::default()).await.expect("a port");
            let dialer = WebSocketDialer::new(listener.local());
            (Box::new(listener), Arc::new(dialer))
        }
        Link::Quic => {
            let certificate =
                DevCertificate::generate(&["localhost", "127.0.0.1"], Duration::from_secs(3_600))
                    .expect("a certificate is made");
            let tls = certificate.server().expect("the certificate serves");
            let listener = QuicListener::bind(any_port, tls, QuicConfig::default()).await.expect("a port");
            let trust = ClientTls::trust_pem(certificate.cert_pem.as_bytes()).expect("it is a certificate");
            let dialer = QuicDialer::new(listener.local(), trust);
            (Box::new(listener), Arc::new(dialer))
        }
    }
}

fn welcome() -> Welcome {
    Welcome {
        generation: 1,
        server_time: Wall::from_secs(1_764_000_000),
        token_expires_at: Wall::from_secs(1_764_080_000),
        ping_interval_ms: 10_000,
        liveness_timeout_ms: 22_000,
        in_flight_max: 64,
        frame_bytes_max: bim_transport::FRAME_BYTES_MAX as u32,
        body_bytes_max: 65_536,
    }
}

fn joined() -> Joined {
    let conversation = Conversation {
        conversation_short_id: group_id(),
        conversation_id: Conversation::live_group_id(group_id()),
        info: GroupInfo { name: "bench".into(), ..GroupInfo::default() },
        owner: uid("owner"),
        role: Role::Normal,
        created_at: Wall::default(),
        version: 1,
        online_count: 1,
        online_count_age: Duration::ZERO,
        joined: true,
        dissolved: false,
        mute_all: MuteAll::Off,
        slow_mode: Duration::ZERO,
        dissolve_after_idle: Duration::ZERO,
        mark_types: Vec::new(),
        me: None,
    };
    let cursor = Cursor::at(Position { epoch: Epoch(1), seq: Seq(0) });
    Joined {
        conversation,
        cursor,
        verdict: ResumeVerdict::Fresh,
        attributes: Attributes::default(),
        counters: Default::default(),
    }
}

fn frame(seq: u64, body: MessageBody) -> Bytes {
    let message = Message {
        conversation_short_id: group_id(),
        position: Position { epoch: Epoch(1), seq: Seq(seq) },
        client_message_id: ClientMessageId::new(seq.into()),
        sender: uid("sender"),
        priority: Priority::Normal,
        accepted_at: Wall::from_secs(1_764_000_000),
        edits: 0,
        body,
    };
    let previous = PerPriority { low: Seq(0), normal: Seq(seq - 1), high: Seq(0) };
    ServerFrame::LiveMessage(LivePush { message, previous, hidden: false }).encode()
}

fn group_id() -> ConversationShortId {
    ConversationShortId::new(1).expect("a positive number")
}

fn uid(name: &str) -> Uid {
    Uid::string(name).expect("a short uid")
}
