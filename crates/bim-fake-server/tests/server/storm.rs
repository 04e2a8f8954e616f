//! Faults that come by themselves, seen by clients that speak frames.

use std::time::Duration;

use bim_fake_server::faults::{FaultKind, Faults};
use bim_fake_server::{FakeServer, STORM_FAULTS};
use tokio::time::{sleep, timeout};

use crate::peer::Peer;

async fn server(faults: Faults, seed: u64) -> FakeServer {
    FakeServer::builder().faults(faults).fault_seed(seed).start().await.unwrap()
}

/// Has a client come back whenever it is lost, for so long of the test's clock.
async fn live_on(server: &FakeServer, name: &str, time: Duration) {
    let life = async {
        loop {
            if let Ok(mut peer) = Peer::try_dial(server).await
                && peer.try_hello(server, name, server.token(name)).await.is_ok()
            {
                while let Ok(Some(_)) = timeout(Duration::from_secs(5), peer.frame()).await {}
            }
            sleep(Duration::from_millis(500)).await;
        }
    };
    let _ = timeout(time, life).await;
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_is_the_same_bad_day_and_another_is_another() {
    let mut days = Vec::new();
    for seed in [1, 1, 2] {
        let server = server(Faults::storm(), seed).await;
        live_on(&server, "alice", Duration::from_secs(120)).await;
        assert_eq!(server.fault_seed(), Some(seed));
        days.push(server.seen().to_string());
    }
    assert_eq!(days[0], days[1]);
    assert_ne!(days[0], days[2]);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_dies_every_few_seconds_delivers_everything_in_the_end() {
    let server = server(Faults::none().per_minute(FaultKind::ServerCrash, 6.0), 3).await;
    let group = server.create_group("room").await;
    let mut positions = Vec::new();
    for number in 1..=30 {
        positions.push(server.say(group, &number.to_string()).await.seq.0);
        sleep(Duration::from_secs(7)).await;
    }
    assert_eq!(positions, Vec::from_iter(1..=30));
    server.end_faults().await;
    assert!(server.seen().to_string().contains("(life 5)"), "{}", server.seen());
}

#[tokio::test(start_paused = true)]
async fn every_fault_of_a_storm_is_survived_and_in_the_end_all_is_well() {
    for kind in STORM_FAULTS {
        let server = server(Faults::none().per_minute(*kind, 20.0), 5).await;
        live_on(&server, "alice", Duration::from_secs(60)).await;
        server.end_faults().await;
        let mut alice = Peer::logged_in(&server, "alice").await;
        let group = alice.create().await;
        alice.join(group).await;
        assert!(alice.send(group, 1, "all is well").await.is_ok(), "{kind}");
    }
}
