//! A client that comes back, over another transport or after a long time, is told exactly what it missed.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::SocketAddr;
use std::time::Duration;

use bim::{
    Client, ConnectEvent, ConnectEvents, ConnectStatus, Continuity, ConversationShortId, DiscontinuityReason,
    LiveEvent, Priority,
};
use bim_fake_server::FakeServer;
use bim_tests::{Arena, ClientKeeps, Link, Path, ServerKeeps, Watch, join, room, run, send};
use bim_transport::quic::{QuicConfig, QuicDialer, QuicListener};
use bim_transport::tls::{ClientTls, DevCertificate};
use bim_transport::websocket::{WebSocketConfig, WebSocketDialer, WebSocketListener};
use bim_transport::{Dialer, Listener};

/// What the room's buffer holds by default.
const BUFFER: u64 = bim_types::limits::ROOM_BUFFER_MESSAGES_MAX as u64;

#[test]
fn a_client_that_received_nothing_yet_resumes_over_the_other_transport() {
    run(async {
        let mut stage = Stage::set().await;
        stage.come_back_after(0).await;
        assert_eq!(stage.continuity().await, Continuity::Resumed);
        stage.come_back_after(3).await;
        assert_eq!(stage.continuity().await, Continuity::Resumed);
        stage.say(Priority::High, 1).await;
        assert_eq!(stage.hear(4).await, [1, 2, 3, 4]);
        assert_eq!(stage.way.opened(), 3, "WebSocket, QUIC, WebSocket");
    });
}

#[test]
fn a_client_resumes_twice_in_a_row_over_changing_transports() {
    run(async {
        let mut stage = Stage::set().await;
        stage.say(Priority::High, 5).await;
        assert_eq!(stage.hear(5).await, [1, 2, 3, 4, 5]);
        for from in [6, 11] {
            stage.come_back_after(5).await;
            assert_eq!(stage.continuity().await, Continuity::Resumed);
            assert_eq!(stage.hear(5).await, Vec::from_iter(from..from + 5));
        }
        stage.come_back_after(0).await;
        assert_eq!(stage.continuity().await, Continuity::Resumed, "with nothing missed");
        stage.say(Priority::High, 1).await;
        assert_eq!(stage.hear(1).await, [16]);
    });
}

#[test]
fn one_message_less_than_the_buffer_holds_is_replayed_whole() {
    run(async {
        let mut stage = Stage::set().await;
        stage.say(Priority::High, 1).await;
        assert_eq!(stage.hear(1).await, [1]);
        stage.come_back_after(BUFFER - 1).await;
        assert_eq!(stage.continuity().await, Continuity::Resumed);
        assert_eq!(stage.hear(BUFFER - 1).await, Vec::from_iter(2..=BUFFER));
    });
}

#[test]
fn one_message_more_than_the_buffer_holds_is_a_discontinuity() {
    run(async {
        let mut stage = Stage::set().await;
        stage.say(Priority::High, 1).await;
        assert_eq!(stage.hear(1).await, [1]);
        stage.come_back_after(BUFFER + 1).await;
        assert_eq!(stage.continuity().await, Continuity::Discontinuous);
        let told = stage
            .to_bob
            .until(|event| match event {
                LiveEvent::Discontinuity(told) => Some(told),
                LiveEvent::Received(_) | LiveEvent::LeftOut(_) => panic!("{event:?}"),
                _ => None,
            })
            .await;
        assert_eq!(told.reason, DiscontinuityReason::BeyondWindow);
        assert_eq!((told.from.seqs.high.0, told.to.seqs.high.0), (1, BUFFER + 2));
        stage.say(Priority::High, 1).await;
        assert_eq!(stage.hear(1).await, [BUFFER + 3]);
    });
}

#[test]
fn of_lower_classes_each_missed_message_is_replayed_or_counted_as_left_out() {
    run(async {
        let mut stage = Stage::set().await;
        stage.come_back_after_a_flood_of(Priority::Low, BUFFER - 1).await;
        assert_eq!(stage.continuity().await, Continuity::Resumed);
        let (mut heard, mut left_out) = (0, 0);
        while heard + left_out < BUFFER - 1 {
            match stage.to_bob.next().await {
                LiveEvent::Received(_) => heard += 1,
                LiveEvent::LeftOut(gap) => left_out += gap.count,
                LiveEvent::Discontinuity(told) => panic!("{told:?}"),
                _ => {}
            }
        }
        assert_eq!(heard + left_out, BUFFER - 1, "heard {heard}, left out {left_out}");
        stage.say(Priority::High, 1).await;
        assert_eq!(stage.hear(1).await, [BUFFER]);
    });
}

#[tokio::test(start_paused = true)]
async fn two_minutes_away_is_the_most_that_is_replayed() {
    for (away, expected) in [(1, true), (60, true), (119, true), (121, false)] {
        let mut stage = Stage::in_memory().await;
        stage.say(Priority::High, 1).await;
        assert_eq!(stage.hear(1).await, [1]);
        stage.way.cut();
        stage.say(Priority::High, 3).await;
        tokio::time::advance(Duration::from_secs(away)).await;
        let mended = tokio::time::Instant::now();
        stage.way.mend();
        let continuity = stage.continuity().await;
        assert!(mended.elapsed() <= Duration::from_secs(1), "after {away} s and {:?}", mended.elapsed());
        if expected {
            assert_eq!(continuity, Continuity::Resumed, "after {away} s");
            assert_eq!(stage.hear(3).await, [2, 3, 4]);
        } else {
            assert_eq!(continuity, Continuity::Discontinuous, "after {away} s");
        }
    }
}

/// A server that listens on WebSocket and QUIC, alice, and bob who takes them in turn.
struct Stage {
    alice: Client,
    /// Held, so that bob stays.
    _bob: Client,
    to_bob: Watch,
    statuses: ConnectEvents,
    way: Path,
    group: ConversationShortId,
    /// Held, so that the server stays.
    _arena: Arena,
}

impl Stage {
    async fn set() -> Self {
        let certificate =
            DevCertificate::generate(&["localhost", "127.0.0.1"], Duration::from_secs(3_600)).unwrap();
        let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
        let websocket = WebSocketListener::bind(any_port, WebSocketConfig::default()).await.unwrap();
        let quic =
            QuicListener::bind(any_port, certificate.server().unwrap(), QuicConfig::default()).await.unwrap();
        let trust = ClientTls::trust_pem(certificate.cert_pem.as_bytes()).unwrap();
        let way = Path::over(vec![
            Box::new(WebSocketDialer::new(websocket.local())) as Box<dyn Dialer>,
            Box::new(QuicDialer::new(quic.local(), trust)),
        ]);
        let builder = FakeServer::builder()
            .limits(bim_tests::generous)
            .listener(Box::new(websocket))
            .listener(Box::new(quic));
        let arena =
            Arena::start_server(Link::Memory, ServerKeeps::Memory, ClientKeeps::Memory, builder).await;
        Self::in_arena(arena, way).await
    }

    /// Without sockets, which know nothing of virtual time.
    async fn in_memory() -> Self {
        let arena = Arena::in_memory(bim_tests::generous).await;
        let way = Path::over(vec![arena.dialer()]);
        Self::in_arena(arena, way).await
    }

    async fn in_arena(arena: Arena, way: Path) -> Self {
        let alice = arena.logged_in("alice").await;
        let bob = arena.logged_in_by("bob", way.clone()).await;
        let group = room(&alice).await;
        join([&bob], group).await;
        let (to_bob, statuses) = (Watch::of(&bob), bob.connect_events());
        let mut stage = Self { alice, _bob: bob, to_bob, statuses, way, group, _arena: arena };
        assert_eq!(stage.continuity().await, Continuity::Fresh);
        stage
    }

    /// The continuity of the next connection.
    async fn continuity(&mut self) -> Continuity {
        loop {
            match self.statuses.next().await.unwrap() {
                ConnectEvent::Status(ConnectStatus::Connected(continuity)) => return continuity,
                ConnectEvent::Status(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// Bob is away while so many HIGH messages are sent, and comes back over the other transport.
    async fn come_back_after(&mut self, missed: u64) {
        self.come_back_after_a_flood_of(Priority::High, missed).await;
    }

    async fn come_back_after_a_flood_of(&mut self, priority: Priority, missed: u64) {
        self.way.cut();
        self.say(priority, missed).await;
        self.way.mend();
    }

    async fn say(&self, priority: Priority, count: u64) {
        for _ in 0..count {
            send(&self.alice, self.group, priority, "said").await.unwrap();
        }
    }

    /// The numbers of the next messages that bob hears; nothing may be left out.
    async fn hear(&mut self, count: u64) -> Vec<u64> {
        let mut heard = Vec::new();
        while (heard.len() as u64) < count {
            let seq = self.to_bob.until(|event| match event {
                LiveEvent::Received(message) => Some(message.position.seq.0),
                LiveEvent::LeftOut(_) | LiveEvent::Discontinuity(_) => panic!("{event:?}"),
                _ => None,
            });
            heard.push(seq.await);
        }
        heard
    }
}
