//! The load generator against a real server in this process, for a moment.

use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Mutex;
use std::time::Duration;

use bim_bench::{
    BenchError, DurablePlan, Load, LoadPlan, Place, StormPlan, Ticket, Trust, run_durable, run_load,
    run_storm,
};
use bim_server::admin::{AdminReply, command};
use bim_server::{Running, Server, ServerConfig, ServerOverrides};
use bim_types::Uid;
use tempfile::TempDir;

/// Longest time for anything here.
const PATIENCE: Duration = Duration::from_secs(60);

struct Ground {
    server: Running,
    place: Place,
    _data: TempDir,
}

impl Ground {
    async fn new(users: i64, settings: &[(&str, &str)]) -> Self {
        let data = TempDir::new().unwrap();
        let overrides = ServerOverrides {
            data_dir: Some(data.path().to_owned()),
            websocket: Some(Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))),
            quic: Some(None),
            secure_websocket: Some(None),
            settings: settings.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
            ..ServerOverrides::default()
        };
        let config = ServerConfig::load(None, std::iter::empty(), &overrides).unwrap();
        let server = Server::open(config).await.unwrap();
        let made = server.admin().call(command::create_app("bench").unwrap()).await.unwrap();
        let AdminReply::AppCreated { app, .. } = made else { panic!("{made:?}") };
        let mut tickets = Vec::new();
        for user in 1..=users {
            let uid = Uid::int(user).unwrap();
            let mint = command::mint_token(app, uid.clone(), Duration::from_secs(600)).unwrap();
            let minted = server.admin().call(mint).await.unwrap();
            let AdminReply::Token { token, .. } = minted else { panic!("{minted:?}") };
            tickets.push(Ticket::new(app, uid, user as u128, token));
        }
        let endpoint = server.endpoints().first().unwrap().to_string();
        let place = Place::new(&endpoint, &Trust::Platform, tickets).unwrap();
        Self { server, place, _data: data }
    }

    async fn end(self) {
        self.server.drain().await;
    }
}

const BUDGETS: [(&str, &str); 5] = [
    ("limits.members_may_send_high", "true"),
    ("limits.room_high_per_second", "1000000"),
    ("limits.room_shared_per_second", "1000000"),
    ("limits.sender_per_second", "1000000"),
    ("limits.sender_burst", "1000000"),
];

fn plan(viewers: u32, loads: &[Load]) -> LoadPlan {
    LoadPlan {
        viewers,
        senders: 1,
        stalled_percent: 0,
        body_bytes: 64,
        classes: "high:1,normal:8,low:1".parse().unwrap(),
        loads: loads.to_vec(),
        warm_up: Duration::ZERO,
        measured: Duration::from_millis(300),
        server_pid: Some(std::process::id()),
    }
}

fn in_time<T>(what: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(PATIENCE, what).await.expect("it ends in time") })
}

#[test]
fn twenty_viewers_get_everything_and_the_books_agree() {
    in_time(async {
        let ground = Ground::new(22, &BUDGETS).await;
        let plan = LoadPlan { senders: 2, ..plan(20, &[Load::Rate(200.0), Load::InFlight(8)]) };
        let told = Mutex::new(Vec::new());
        let tell = |line: &str| told.lock().unwrap().push(line.to_owned());
        let crowd = run_load(&plan, &ground.place, &tell).await.unwrap();
        assert!(crowd.faults.is_empty(), "{}", crowd.faults);
        assert_eq!((crowd.joined, crowd.loads.len()), (22, 2));
        for load in &crowd.loads {
            assert_eq!((load.lost, load.cut_off), (0, 0), "{load:?}");
            assert!(load.messages_per_second > 0.0 && load.deliveries_per_second > 0.0, "{load:?}");
            assert!(load.latency.p50_us > 0.0 && load.latency.p50_us <= load.latency.max_us, "{load:?}");
        }
        assert!(told.lock().unwrap().iter().any(|line| line.contains("8 in flight")));
        ground.end().await;
    });
}

#[test]
fn viewers_that_stop_reading_hold_nobody_up() {
    in_time(async {
        let ground = Ground::new(11, &BUDGETS).await;
        let plan = LoadPlan { stalled_percent: 50, ..plan(10, &[Load::InFlight(4)]) };
        let crowd = run_load(&plan, &ground.place, &|_| {}).await.unwrap();
        assert!(crowd.faults.is_empty(), "{}", crowd.faults);
        assert_eq!(crowd.loads[0].lost, 0);
        ground.end().await;
    });
}

#[test]
fn a_message_that_is_refused_ends_the_run_with_the_setting_that_is_in_the_way() {
    in_time(async {
        let ground = Ground::new(3, &[]).await;
        let plan = LoadPlan { measured: Duration::from_secs(20), ..plan(2, &[Load::InFlight(32)]) };
        let error = run_load(&plan, &ground.place, &|_| {}).await.unwrap_err();
        assert!(matches!(error, BenchError::Refused { .. }), "{error}");
        assert!(error.to_string().contains("limits.sender_per_second"), "{error}");
        ground.end().await;
    });
}

#[test]
fn more_users_than_tokens_are_refused() {
    in_time(async {
        let ground = Ground::new(2, &[]).await;
        let error = run_load(&plan(5, &[]), &ground.place, &|_| {}).await.unwrap_err();
        assert_eq!(error.to_string(), "6 tokens are needed, one for each user, and there are 2");
        ground.end().await;
    });
}

#[test]
fn a_storm_ends_with_the_right_count() {
    in_time(async {
        let ground = Ground::new(30, &[]).await;
        let plan = StormPlan { users: 30, server_pid: None };
        let storm = run_storm(&plan, &ground.place, &|_| {}).await.unwrap();
        assert_eq!((storm.joined, storm.online_count), (30, 30));
        assert!(storm.joins_per_second > 0.0);
        ground.end().await;
    });
}

#[test]
fn durable_senders_get_their_verdicts_and_their_messages() {
    in_time(async {
        let ground = Ground::new(5, &BUDGETS).await;
        let (warm_up, measured) = (Duration::ZERO, Duration::from_millis(200));
        let plan = DurablePlan { senders: 5, body_bytes: 64, warm_up, measured };
        let durable = run_durable(&plan, &ground.place, &|_| {}).await.unwrap();
        assert!(durable.acks_per_second_of_one > 0.0 && durable.acks_per_second > 0.0, "{durable:?}");
        ground.end().await;
    });
}
