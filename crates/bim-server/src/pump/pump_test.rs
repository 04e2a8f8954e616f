//! The pump with a scripted engine.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bim_server_core::queue::LiveFrame;
use bim_server_core::{AdminCommand, AdminReply, Input, Output};
use bim_store::{LogError, ReadLimit};
use bim_transport::{ConnectionExt, Dialer};
use bim_types::store::{
    LogOp, LogOutcome, LogRecord, OpId, RecordKey, RecordRange, StreamHead, StreamId, VersionedRecord,
};
use bim_types::{AppId, ConversationShortId, Epoch, ErrorCode, GroupKey, Priority, Refusal, Seq};
use bytes::Bytes;

use crate::admin::AdminError;
use crate::config::ServerConfig;
use crate::running::Stopped;
use crate::testing::{serve, soon};
use crate::{Server, StartError, StoreMode};

fn group() -> GroupKey {
    GroupKey { app: AppId::new(1).unwrap(), group: ConversationShortId::new(1).unwrap() }
}

fn live(text: Bytes) -> LiveFrame {
    LiveFrame { group: group(), priority: Priority::Normal, seq: Seq(1), frame: text }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broadcast_reaches_every_member_in_the_engines_order_over_several_shards() {
    let config = ServerConfig { workers: 3, ..ServerConfig::default() };
    let (server, dialer) = serve(config, |input| match input {
        Input::Opened { connection, .. } => vec![
            Output::JoinGroup { group: group(), connection },
            Output::Send { connection, frame: Bytes::from_static(b"welcome") },
        ],
        Input::Frame { frame, .. } => vec![Output::Broadcast(live(frame))],
        _ => Vec::new(),
    })
    .await;
    let mut peers = Vec::new();
    for _ in 0..9 {
        let mut peer = dialer.dial().await.unwrap();
        assert_eq!(soon(peer.recv()).await.unwrap().unwrap(), "welcome");
        peers.push(peer);
    }
    for number in 0..100_u8 {
        peers[0].send(Bytes::from(vec![number])).await.unwrap();
    }
    for peer in &mut peers {
        for number in 0..100_u8 {
            assert_eq!(soon(peer.recv()).await.unwrap().unwrap(), vec![number]);
        }
    }
    server.abort().await;
}

#[tokio::test]
async fn operators_are_answered_by_their_number_or_told_that_the_server_stops() {
    let mut held = Vec::new();
    let (server, _dialer) = serve(ServerConfig::default(), move |input| match input {
        Input::Admin { id, command: AdminCommand::Status } => {
            held.push(id);
            Vec::new()
        }
        Input::Admin { id, command: AdminCommand::ListApps } => {
            let refused = Err(Refusal::new(ErrorCode::ServerBusy));
            let mut outputs = vec![Output::AdminDone { id, result: refused }];
            outputs.extend(held.drain(..).map(|id| Output::AdminDone { id, result: Ok(AdminReply::Done) }));
            outputs
        }
        _ => Vec::new(),
    })
    .await;
    let admin = server.admin();
    let waiting = tokio::spawn({
        let admin = admin.clone();
        async move { admin.call(AdminCommand::Status).await }
    });
    tokio::task::yield_now().await;
    assert!(matches!(soon(admin.call(AdminCommand::ListApps)).await, Err(AdminError::Refused(_))));
    assert!(matches!(soon(waiting).await.unwrap(), Ok(AdminReply::Done)));
    server.abort().await;
    assert!(matches!(soon(admin.call(AdminCommand::Status)).await, Err(AdminError::Stopped)));
}

#[tokio::test]
async fn results_of_the_store_come_back_before_a_drain_is_over() {
    let (server, dialer) = serve(ServerConfig::default(), |input| match input {
        Input::Frame { .. } => vec![Output::Write { op: OpId(1), ops: Vec::new() }],
        Input::Written { op, result } => {
            assert_eq!((op, result), (OpId(1), Ok(Vec::new())));
            let connection = bim_types::ConnectionId(1);
            vec![Output::Send { connection, frame: Bytes::from_static(b"durable") }]
        }
        Input::Drain => {
            let connection = bim_types::ConnectionId(1);
            let frame = Bytes::from_static(b"goodbye");
            vec![Output::Send { connection, frame }, Output::Close { connection }, Output::Drained]
        }
        _ => Vec::new(),
    })
    .await;
    let mut peer = dialer.dial().await.unwrap();
    peer.send(Bytes::new()).await.unwrap();
    assert_eq!(soon(peer.recv()).await.unwrap().unwrap(), "durable");
    assert_eq!(soon(server.drain()).await, Stopped::Orderly);
    assert_eq!(soon(peer.recv()).await.unwrap().unwrap(), "goodbye");
    assert!(soon(peer.recv()).await.is_none());
    assert!(dialer.dial().await.is_err());
}

/// Everything that a moderator is asked and decides passes; a hook that panics or hangs only lacks its verdict.
#[tokio::test(start_paused = true)]
async fn what_a_moderator_decides_reaches_the_engine_and_its_faults_do_not() {
    use crate::moderation::{AfterSend, BoxFuture, Moderated, ModerationVerdict, Moderator};

    /// Panics at what user 1 says, hangs at user 2, and hides and removes the rest.
    struct Moody;

    impl Moderator for Moody {
        fn before<'a>(&'a self, message: &'a Moderated) -> BoxFuture<'a, ModerationVerdict> {
            Box::pin(async {
                match message.sender {
                    bim_types::Uid::Int(1) => panic!("a fault on purpose"),
                    bim_types::Uid::Int(2) => std::future::pending().await,
                    _ => ModerationVerdict::OnlyForSender,
                }
            })
        }

        fn after<'a>(&'a self, _: Seq, _: &'a Moderated) -> BoxFuture<'a, AfterSend> {
            Box::pin(async { AfterSend::Remove })
        }
    }

    let message = |number: u64| Moderated {
        group: group(),
        sender: bim_types::Uid::int(i64::try_from(number).unwrap()).unwrap(),
        priority: Priority::Normal,
        body: bim_types::MessageBody::Text("text".into()),
    };
    let told = |text: String| {
        let connection = bim_types::ConnectionId(1);
        vec![Output::Send { connection, frame: text.into() }]
    };
    let (listener, dialer) = bim_transport::memory::hub("test", Default::default());
    let log = Arc::new(bim_store::memory::MemoryLog::new(Epoch(1)));
    let server = Server::new(ServerConfig::default(), log)
        .store_mode(StoreMode::InPlace)
        .moderator(Arc::new(Moody))
        .listener(Box::new(listener));
    let machine = crate::testing::Script::new(move |input| match input {
        Input::Frame { .. } => (1..=3).map(|id| Output::Moderate { id, message: message(id) }).collect(),
        Input::Moderated { id, verdict: ModerationVerdict::OnlyForSender } => {
            let mut outputs = told(format!("verdict on {id}"));
            outputs.push(Output::Review { seq: Seq(id), message: message(id) });
            outputs
        }
        Input::Remove { group: of, seq } if of == group() => told(format!("removed {seq:?}")),
        _ => Vec::new(),
    });
    let server = server.run_machine(machine).await.unwrap();
    let mut peer = dialer.dial().await.unwrap();
    peer.send(Bytes::new()).await.unwrap();
    assert_eq!(soon(peer.recv()).await.unwrap().unwrap(), "verdict on 3");
    assert_eq!(soon(peer.recv()).await.unwrap().unwrap(), "removed Seq(3)");
    assert!(tokio::time::timeout(Duration::from_secs(60), peer.recv()).await.is_err());
    assert_eq!(server.counters().moderation_failed(), 2);
    server.abort().await;
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_never_drains_is_cut_after_a_while() {
    let (server, dialer) = serve(ServerConfig::default(), |_| Vec::new()).await;
    let mut peer = dialer.dial().await.unwrap();
    let start = tokio::time::Instant::now();
    assert_eq!(server.drain().await, Stopped::Cut);
    assert_eq!(start.elapsed(), crate::DRAIN_TIMEOUT);
    assert!(!matches!(soon(peer.recv()).await, Some(Ok(_))));
}

#[tokio::test]
async fn an_engine_that_panics_is_noticed_and_everyone_is_let_go() {
    let (server, dialer) = serve(ServerConfig::default(), |input| match input {
        Input::Frame { .. } => panic!("a fault on purpose"),
        _ => Vec::new(),
    })
    .await;
    let mut peer = dialer.dial().await.unwrap();
    peer.send(Bytes::new()).await.unwrap();
    soon(server.failed()).await;
    assert_eq!(soon(server.drain()).await, Stopped::Cut);
    assert!(!matches!(soon(peer.recv()).await, Some(Ok(_))));
}

#[tokio::test(start_paused = true)]
async fn the_engine_is_ticked_at_its_deadlines() {
    let ticks: Arc<Mutex<Vec<Duration>>> = Arc::default();
    let seen = Arc::clone(&ticks);
    let start = tokio::time::Instant::now();
    let mut machine = crate::testing::Script::new(move |input| {
        if matches!(input, Input::Tick) {
            seen.lock().unwrap().push(start.elapsed());
        }
        Vec::new()
    });
    machine.deadline = Some(bim_types::Mono::from_micros(5_000_000));
    let log = Arc::new(bim_store::memory::MemoryLog::new(bim_types::Epoch(1)));
    let server = crate::Server::new(ServerConfig::default(), log).store_mode(crate::StoreMode::InPlace);
    let _running = server.run_machine(machine).await.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(*ticks.lock().unwrap(), [Duration::ZERO, Duration::from_secs(5)]);
}

#[tokio::test]
async fn a_log_that_cannot_be_read_is_told_at_the_start() {
    mockall::mock! {
        Log {}

        impl bim_store::ServerLog for Log {
            fn commit(&self, ops: &[LogOp]) -> Result<Vec<LogOutcome>, LogError>;
            fn head(&self, stream: StreamId) -> Result<StreamHead, LogError>;
            fn read(&self, stream: StreamId, after: Seq, limit: ReadLimit) -> Result<Vec<LogRecord>, LogError>;
            fn record(&self, key: &RecordKey) -> Result<Option<VersionedRecord>, LogError>;
            fn records(
                &self,
                range: &RecordRange,
                after: u64,
                limit: usize,
            ) -> Result<Vec<VersionedRecord>, LogError>;
            fn epoch(&self) -> Epoch;
        }
    }

    for mode in [StoreMode::Threads, StoreMode::InPlace] {
        let mut log = MockLog::new();
        log.expect_records().returning(|_, _, _| Err(LogError::Damaged));
        let server = Server::new(ServerConfig::default(), Arc::new(log)).store_mode(mode);
        assert!(matches!(soon(server.run()).await, Err(StartError::LogUnreadable)));
    }
}
