//! The receive path, from bytes to events, on one thread: a client, its driver and its app. Frames are encoded before, and
//! the peer that writes them has a thread of its own. So the rate is that of a core that does nothing but receive: messages
//! for each second of the receiving thread's CPU time. Beside it, the allocations of that thread are counted.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bim::{Client, LiveEvent, LiveEvents};
use bim_benches::{LINKS, Link, Report, link_name};
use bim_proto::{
    ClientFrame, Joined, LivePush, Request, RequestBody, Response, ResponseBody, ServerFrame, Welcome,
};
use bim_transport::memory::{MemoryConfig, hub};
use bim_transport::quic::{QuicConfig, QuicDialer, QuicListener};
use bim_transport::tls::{ClientTls, DevCertificate};
use bim_transport::websocket::{WebSocketConfig, WebSocketDialer, WebSocketListener};
use bim_transport::{BoxConnection, Connection, ConnectionExt, Dialer, Listener};
use bim_types::{
    Attributes, ClientMessageId, Conversation, ConversationShortId, Cursor, Epoch, GroupInfo, Message,
    MessageBody, MuteAll, PerPriority, Position, Priority, ResumeVerdict, Role, Seq, Uid, Wall,
};
use bytes::Bytes;
use tokio::sync::oneshot;

/// Users who say something, in turn.
const SENDERS: u64 = 100;

/// Clients that do nothing, in one process.
const IDLE_CLIENTS: usize = 200;

/// Runs of each path. The best one is told.
const RUNS: usize = 3;

fn main() {
    for link in [Link::Memory, Link::WebSocket] {
        idle(link);
    }
    for link in LINKS {
        for (size, messages) in [(16, 300_000), (128, 300_000), (1024, 100_000), (65_536, 2_000)] {
            let frames: Arc<[Bytes]> = (1..=messages).map(|seq| frame(seq, size)).collect();
            (0..RUNS)
                .map(|_| receive(link, &frames))
                .min_by_key(|run| run.busy)
                .expect("one run")
                .print(link, size);
        }
    }
}

/// Bytes that the clients of one thread have allocated while nothing happens, for each; what is the peer's is not in it.
#[expect(clippy::print_stdout, reason = "a benchmark's result is its output")]
fn idle(link: Link) {
    let (dialer, told) = oneshot::channel();
    let peer = std::thread::spawn(move || {
        runtime().block_on(async {
            let (mut listener, reached_by) = pipe(link).await;
            dialer.send(reached_by).ok().expect("the clients wait");
            let mut served = Vec::new();
            for _ in 0..IDLE_CLIENTS {
                let connection = listener.accept().await.expect("a connection comes");
                served.push(tokio::spawn(serve(connection, Arc::new([]))));
            }
            for one in served {
                one.await.expect("the client goes");
            }
        });
    });
    let runtime = runtime();
    let mut clients = Vec::with_capacity(IDLE_CLIENTS);
    let dialer = runtime.block_on(told).expect("the peer listens");
    let counted = allocation_counter::measure(|| {
        runtime.block_on(async {
            for _ in 0..IDLE_CLIENTS {
                clients.push(join(Arc::clone(&dialer)).await);
            }
        });
    });
    let bytes = counted.bytes_current / i64::try_from(IDLE_CLIENTS).expect("a small number");
    println!("idle client/{}: {bytes} B allocated by each of {IDLE_CLIENTS}", link_name(link));
    for (client, _) in clients {
        runtime.block_on(client.shutdown());
    }
    peer.join().expect("the peer ends when the clients do");
}

/// What a run cost.
struct Run {
    messages: u64,
    /// CPU time of the receiving thread.
    busy: Duration,
    elapsed: Duration,
    allocations: u64,
}

impl Run {
    #[expect(clippy::print_stdout, reason = "a benchmark's result is its output")]
    fn print(self, link: Link, size: usize) {
        let each = self.allocations as f64 / self.messages as f64;
        let name = format!("receive/{}, {size} B: {each:.2} allocations", link_name(link));
        let bytes = self.messages * size as u64;
        Report { name, messages: self.messages, bytes, elapsed: self.busy, latencies: None }.print();
        println!(
            "    busy {:.0} % of {} ms",
            self.busy.as_secs_f64() / self.elapsed.as_secs_f64() * 100.0,
            self.elapsed.as_millis()
        );
    }
}

fn receive(link: Link, frames: &Arc<[Bytes]>) -> Run {
    let (dialer, told) = oneshot::channel();
    let messages = frames.len() as u64;
    let pushed = Arc::clone(frames);
    let peer = std::thread::spawn(move || {
        runtime().block_on(async {
            let (mut listener, reached_by) = pipe(link).await;
            dialer.send(reached_by).ok().expect("the client waits");
            serve(listener.accept().await.expect("a connection comes"), pushed).await;
        });
    });
    let runtime = runtime();
    let (client, mut events) = runtime.block_on(async { join(told.await.expect("the peer listens")).await });
    let (begin, busy_before) = (Instant::now(), busy());
    let counted = allocation_counter::measure(|| runtime.block_on(take_all(&mut events, messages)));
    let (busy, elapsed) = (busy() - busy_before, begin.elapsed());
    runtime.block_on(client.shutdown());
    peer.join().expect("the peer ends when the client does");
    Run { messages, busy, elapsed, allocations: counted.count_total }
}

/// A client in the group, which nothing was pushed to yet that it has read.
async fn join(dialer: Arc<dyn Dialer>) -> (Client, LiveEvents) {
    let client = Client::builder(1, "viewer").dialer(dialer).log(false).build().await;
    let client = client.expect("the client is set up");
    client.login("viewer", "any token").await.expect("the peer welcomes anyone");
    let events = client.live_groups().events();
    client.live_groups().join_live_group(group_id()).await.expect("the peer lets anyone in");
    (client, events)
}

async fn take_all(events: &mut LiveEvents, messages: u64) {
    let mut last = 0;
    while last < messages {
        match events.next().await {
            Some(LiveEvent::Received(message)) => {
                assert_eq!(message.position.seq.0, last + 1, "a message is missing");
                last += 1;
            }
            Some(LiveEvent::StateChanged(_)) => {}
            other => panic!("a message is missing: {other:?}"),
        }
    }
}

/// Welcomes, lets join, pushes, and stays until the client goes.
async fn serve(mut connection: BoxConnection, frames: Arc<[Bytes]>) {
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
                for frame in frames.iter() {
                    feed(&mut connection, frame.clone()).await;
                }
                connection.flush().await.expect("the client listens");
            }
            ClientFrame::Request(_)
            | ClientFrame::Ping(_)
            | ClientFrame::Pong(_)
            | ClientFrame::Goodbye(_) => {}
        }
    }
}

async fn feed(connection: &mut BoxConnection, frame: Bytes) {
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

fn frame(seq: u64, size: usize) -> Bytes {
    let message = Message {
        conversation_short_id: group_id(),
        position: Position { epoch: Epoch(1), seq: Seq(seq) },
        client_message_id: ClientMessageId::new(seq.into()),
        sender: uid(&format!("sender{}", seq % SENDERS)),
        priority: Priority::Normal,
        accepted_at: Wall::from_secs(1_764_000_000),
        edits: 0,
        body: MessageBody::Text("x".repeat(size).into()),
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

/// CPU time of this thread so far.
fn busy() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("the kernel counts it");
    let nanos = text.split(' ').next().and_then(|first| first.parse().ok());
    Duration::from_nanos(nanos.expect("the first number is the time"))
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts")
}
