//! Handles, streams, listeners, endings.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use crate::common::{Server, soon};
use async_trait::async_trait;
use bim::store::{ClientBatch, ClientStore, ClientStoreError, DeviceRecord, SessionRecord};
use bim::transport::{BoxConnection, DialError, Dialer};
use bim::{
    Client, ConversationShortId, ErrorCode, ErrorKind, GroupInfo, LiveEvent, LiveGroupMessageListener,
    Message, Priority,
};

async fn room(client: &Client) -> ConversationShortId {
    let info = GroupInfo { name: "room".into(), ..GroupInfo::default() };
    let id = client.live_groups().create_live_group(info).await.unwrap().conversation_short_id;
    client.live_groups().join_live_group(id).await.unwrap();
    id
}

async fn until(condition: impl Fn() -> bool) {
    soon(async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_slow_stream_is_told_how_much_it_missed() {
    let server = Server::start();
    let client = server.builder("alice").event_buffer(3).build().await.unwrap();
    client.login("alice", "good").await.unwrap();
    let id = room(&client).await;
    let mut slow = client.live_groups().events();
    (0..10).for_each(|number| server.post(id, &number.to_string()));
    let last = client.create_text_message("own");
    soon(client.live_groups().send_live_group_message(&last, id, Priority::Normal)).await.unwrap();
    for _ in 0..3 {
        assert!(matches!(soon(slow.next()).await, Some(LiveEvent::Received(_))));
    }
    let Some(LiveEvent::Lagged { count }) = soon(slow.next()).await else { panic!("no lag event") };
    assert!((7..=8).contains(&count), "{count}");
}

#[tokio::test]
async fn a_reader_on_the_same_thread_keeps_up_with_a_flood() {
    let server = Server::start();
    // Room for one turn of the driver, and not for two.
    let client = server.builder("alice").event_buffer(200).build().await.unwrap();
    client.login("alice", "good").await.unwrap();
    let id = room(&client).await;
    let mut events = client.live_groups().events();
    (0..1_000).for_each(|number| server.post(id, &number.to_string()));
    for number in 0..1_000 {
        match soon(events.next()).await {
            Some(LiveEvent::Received(message)) => {
                assert_eq!(message.body.as_str().unwrap(), number.to_string());
            }
            other => panic!("message {number} did not come, but {other:?}"),
        }
    }
}

#[tokio::test]
async fn what_was_read_and_what_lagged_is_exactly_what_happened() {
    let server = Server::start();
    let client = server.builder("alice").event_buffer(5).build().await.unwrap();
    client.login("alice", "good").await.unwrap();
    let id = room(&client).await;
    let mut slow = client.live_groups().events();
    let own = client.create_text_message("own");
    let (mut read, mut missed, mut last) = (0, 0, None);
    let mut count = |event| match event {
        LiveEvent::Lagged { count } => missed += count,
        LiveEvent::Received(message) => {
            assert!(last < Some(message.position.seq));
            last = Some(message.position.seq);
            read += 1;
        }
        LiveEvent::Sent(_) => read += 1,
        other => panic!("{other:?}"),
    };
    for _ in 0..7 {
        (0..40).for_each(|number| server.post(id, &number.to_string()));
        // The answer comes after the copies on the same connection.
        soon(client.live_groups().send_live_group_message(&own, id, Priority::Normal)).await.unwrap();
        for _ in 0..3 {
            count(soon(slow.next()).await.unwrap());
        }
    }
    drop(client);
    while let Some(event) = soon(slow.next()).await {
        count(event);
    }
    assert_eq!(read + missed, 281, "{read} read and {missed} missed");
}

/// Removes itself, from within the call.
struct Leaves {
    client: Mutex<Option<(Client, bim::ListenerId)>>,
    calls: AtomicUsize,
}

impl LiveGroupMessageListener for Leaves {
    fn on_receive_message(&self, _: Message) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        if let Some((client, id)) = self.client.lock().unwrap().take() {
            client.live_groups().remove_live_group_message_listener(id);
        }
    }
}

#[tokio::test]
async fn a_listener_may_remove_itself_while_it_is_called() {
    let server = Server::start();
    let client = server.client("alice").await;
    let id = room(&client).await;
    let leaves = Arc::new(Leaves { client: Mutex::new(None), calls: AtomicUsize::new(0) });
    let live = client.live_groups();
    let listener = live.add_live_group_message_listener(leaves.clone());
    *leaves.client.lock().unwrap() = Some((client.clone(), listener));
    (0..5).for_each(|number| server.post(id, &number.to_string()));
    until(|| Arc::strong_count(&leaves) == 1).await;
    assert_eq!(leaves.calls.load(Ordering::Relaxed), 1);
}

#[derive(Default)]
struct Clumsy(AtomicUsize);

impl LiveGroupMessageListener for Clumsy {
    fn on_receive_message(&self, _: Message) {
        let call = self.0.fetch_add(1, Ordering::Relaxed);
        assert!(call != 0, "the first message is too much for me");
    }
}

/// Blocks until it is let go.
#[derive(Default)]
struct Stuck(Mutex<bool>, Condvar);

impl LiveGroupMessageListener for Stuck {
    fn on_receive_message(&self, _: Message) {
        let free = self.0.lock().unwrap();
        drop(self.1.wait_while(free, |free| !*free).unwrap());
    }
}

#[tokio::test]
async fn a_listener_that_panics_or_blocks_hinders_nobody_else() {
    let server = Server::start();
    let client = server.client("alice").await;
    let id = room(&client).await;
    let (clumsy, stuck) = (Arc::new(Clumsy::default()), Arc::new(Stuck::default()));
    let live = client.live_groups();
    live.add_live_group_message_listener(stuck.clone());
    live.add_live_group_message_listener(clumsy.clone());
    let mut events = live.events();
    for number in 0..5 {
        server.post(id, &number.to_string());
        assert!(matches!(soon(events.next()).await, Some(LiveEvent::Received(_))));
    }
    until(|| clumsy.0.load(Ordering::Relaxed) == 5).await;
    let message = client.create_text_message("still here");
    soon(live.send_live_group_message(&message, id, Priority::Normal)).await.unwrap();
    *stuck.0.lock().unwrap() = true;
    stuck.1.notify_all();
}

#[tokio::test]
async fn a_removed_listener_is_not_called_any_more() {
    let server = Server::start();
    let client = server.client("alice").await;
    let id = room(&client).await;
    let counter = Arc::new(Clumsy(AtomicUsize::new(1)));
    let live = client.live_groups();
    let listener = live.add_live_group_message_listener(counter.clone());
    server.post(id, "1");
    until(|| counter.0.load(Ordering::Relaxed) == 2).await;
    live.remove_live_group_message_listener(listener);
    let mut events = live.events();
    server.post(id, "2");
    soon(events.next()).await.unwrap();
    until(|| Arc::strong_count(&counter) == 1).await;
    assert_eq!(counter.0.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn sends_go_out_in_the_order_of_the_calls_whoever_is_awaited_first() {
    let server = Server::start();
    let client = server.client("alice").await;
    let id = room(&client).await;
    let live = client.live_groups();
    let messages: Vec<_> = (0..200).map(|number| client.create_text_message(number.to_string())).collect();
    let sends: Vec<_> =
        messages.iter().map(|message| live.send_live_group_message(message, id, Priority::Normal)).collect();
    for send in sends.into_iter().rev() {
        soon(send).await.unwrap();
    }
    let expected: Vec<_> = (0..200).map(|number: u32| number.to_string()).collect();
    assert_eq!(server.texts(id), expected);
}

#[tokio::test]
async fn dropping_a_send_does_not_unsend_and_sending_again_does_not_double() {
    let server = Server::start();
    let client = server.client("alice").await;
    let id = room(&client).await;
    let live = client.live_groups();
    let mut events = live.events();
    let message = client.create_text_message("once");
    drop(live.send_live_group_message(&message, id, Priority::Normal));
    let again = soon(live.send_live_group_message(&message, id, Priority::Normal)).await.unwrap();
    assert_eq!(again.position.seq.0, 1);
    assert_eq!(server.texts(id), ["once"]);
    assert_eq!(soon(events.next()).await, Some(LiveEvent::Sent(again)));
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_answers_everyone_ends_streams_and_leaves_no_task() {
    let server = Server::start();
    let alive = Arc::new(());
    let dialer = Counted { alive: Arc::clone(&alive), inner: server.dialer() };
    let client = Client::builder(1, "alice").dialer(dialer).build().await.unwrap();
    client.login("alice", "good").await.unwrap();
    let id = room(&client).await;
    let mut events = client.live_groups().events();
    server.fall_silent();
    let message = client.create_text_message("never answered");
    let sends: Vec<_> = (0..1000)
        .map(|_| client.live_groups().send_live_group_message(&message, id, Priority::Normal))
        .collect();
    let began = tokio::time::Instant::now();
    client.shutdown().await;
    assert!(began.elapsed() <= Duration::from_secs(1));
    for send in sends {
        assert_eq!(soon(send).await.unwrap_err().error_code(), ErrorCode::ShutDown);
    }
    assert_eq!(soon(events.next()).await, None);
    assert_eq!(Arc::strong_count(&alive), 1, "the task is gone and everything with it");
    client.shutdown().await;
}

struct Counted<D> {
    alive: Arc<()>,
    inner: D,
}

#[async_trait]
impl<D: Dialer> Dialer for Counted<D> {
    async fn dial(&self) -> Result<BoxConnection, DialError> {
        let _ = &self.alive;
        self.inner.dial().await
    }

    fn describe(&self) -> String {
        self.inner.describe()
    }
}

#[tokio::test]
async fn dropping_the_last_handle_shuts_the_client_down() {
    let server = Server::start();
    let alive = Arc::new(());
    let dialer = Counted { alive: Arc::clone(&alive), inner: server.dialer() };
    let client = Client::builder(1, "alice").dialer(dialer).build().await.unwrap();
    client.login("alice", "good").await.unwrap();
    let live = client.live_groups();
    let mut events = live.events();
    drop(client);
    assert_eq!(live.get_all_live_group_list(0, 1).await.unwrap().list.len(), 0, "a service is a handle too");
    drop(live);
    assert_eq!(soon(events.next()).await, None);
    until(|| Arc::strong_count(&alive) == 1).await;
}

struct Unlucky;

#[async_trait]
impl Dialer for Unlucky {
    async fn dial(&self) -> Result<BoxConnection, DialError> {
        panic!("a dialer with a bug");
    }

    fn describe(&self) -> String {
        "unlucky://".into()
    }
}

#[tokio::test]
async fn endpoints_are_tried_in_turn_and_a_dialer_that_panics_is_one_that_failed() {
    let server = Server::start();
    let client = Client::builder(1, "alice").dialer(Unlucky).dialer(server.dialer()).build().await.unwrap();
    soon(client.login("alice", "good")).await.unwrap();
    let alone = Client::builder(1, "alice").dialer(Unlucky).build().await.unwrap();
    let error = soon(alone.login("alice", "good")).await.unwrap_err();
    assert_eq!((error.code(), error.kind(), error.is_retryable()), (2009, ErrorKind::Unavailable, true));
}

mockall::mock! {
    Store {}

    impl ClientStore for Store {
        fn commit(&self, batch: &ClientBatch) -> Result<(), ClientStoreError>;
        fn device(&self) -> Result<Option<DeviceRecord>, ClientStoreError>;
        fn session(&self) -> Result<Option<SessionRecord>, ClientStoreError>;
    }
}

#[tokio::test]
async fn a_store_that_fails_is_named_and_nothing_is_sent() {
    let server = Server::start();
    let mut store = MockStore::new();
    store.expect_device().returning(|| Ok(None));
    store.expect_commit().returning(|_| Err(ClientStoreError::Io(std::io::ErrorKind::StorageFull)));
    let client = server.builder("alice").store(Arc::new(store)).build().await.unwrap();
    let error = soon(client.login("alice", "good")).await.unwrap_err();
    assert_eq!((error.code(), error.kind()), (2007, ErrorKind::Storage));
    assert!(server.devices().is_empty());
}

#[cfg(feature = "redb")]
mod data_dir {
    use super::*;

    #[tokio::test]
    async fn a_missing_directory_is_made_and_the_device_is_remembered() {
        let server = Server::start();
        let place = tempfile::tempdir().unwrap();
        let directory = place.path().join("deep/down");
        for _ in 0..2 {
            let client = server.builder("alice").data_dir(&directory).build().await.unwrap();
            soon(client.login("alice", "good")).await.unwrap();
            client.shutdown().await;
        }
        let devices = server.devices();
        assert_eq!(devices.len(), 2);
        assert_eq!(devices[0], devices[1]);
    }

    #[tokio::test]
    async fn a_directory_has_one_client_at_a_time() {
        let server = Server::start();
        let place = tempfile::tempdir().unwrap();
        let client = server.builder("alice").data_dir(place.path()).build().await.unwrap();
        let error = server.builder("bob").data_dir(place.path()).build().await.unwrap_err();
        assert_eq!((error.code(), error.kind()), (2006, ErrorKind::Storage));
        client.shutdown().await;
        server.builder("bob").data_dir(place.path()).build().await.unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        server.builder("carol").data_dir(elsewhere.path()).build().await.unwrap();
    }

    #[tokio::test]
    async fn a_directory_that_can_not_be_written_is_a_clear_error() {
        let server = Server::start();
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("file");
        std::fs::write(&file, "in the way").unwrap();
        for place in [file.join("below"), file.clone(), "/proc/nowhere".into()] {
            let error = server.builder("alice").data_dir(&place).build().await.unwrap_err();
            assert_eq!(error.code(), 2005, "{error}");
            assert!(error.to_string().starts_with("data directory can not be written (code 2005): "));
            assert!(error.to_string().contains(place.to_str().unwrap()), "{error}");
        }
        assert_eq!(std::fs::read(&file).unwrap(), b"in the way");
    }

    #[tokio::test]
    async fn a_damaged_store_is_a_clear_error() {
        let server = Server::start();
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("client.redb");
        let client = server.builder("alice").data_dir(place.path()).build().await.unwrap();
        soon(client.login("alice", "good")).await.unwrap();
        client.shutdown().await;
        let whole = std::fs::read(&file).unwrap();
        let mut torn = whole.clone();
        torn.truncate(whole.len() / 2);
        let mut flipped = whole.clone();
        flipped.iter_mut().for_each(|byte| *byte ^= 0x55);
        for damaged in [b"not a database".to_vec(), Vec::new(), torn, flipped] {
            std::fs::write(&file, &damaged).unwrap();
            let error = server.builder("alice").data_dir(place.path()).build().await.unwrap_err();
            assert_eq!((error.code(), error.kind()), (2008, ErrorKind::Storage), "{error}");
            assert!(error.to_string().contains("client.redb"), "{error}");
            assert_eq!(std::fs::read(&file).unwrap(), damaged, "nothing is deleted or repaired in silence");
        }
    }

    #[tokio::test]
    async fn a_directory_is_free_again_at_once_after_a_shutdown_and_after_a_drop() {
        let server = Server::start();
        let place = tempfile::tempdir().unwrap();
        for round in 0..6 {
            let client = server.builder("alice").data_dir(place.path()).build().await.unwrap();
            soon(client.login("alice", "good")).await.unwrap();
            if round % 2 == 0 {
                client.shutdown().await;
            }
            drop(client);
        }
        assert_eq!(server.devices().len(), 6);
    }

    const HELD: &str = "BIM_TEST_HELD_DIRECTORY";

    /// Does something only in the process that the next test starts.
    #[tokio::test]
    async fn holds_a_directory_until_it_is_told_to_end() {
        let Ok(directory) = std::env::var(HELD) else { return };
        let server = Server::start();
        let client = server.builder("alice").data_dir(directory).build().await.unwrap();
        println!("\nholding");
        let told = tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new()));
        told.await.unwrap().unwrap();
        drop(client);
    }

    #[tokio::test]
    async fn a_directory_that_another_process_holds_is_in_use_until_that_process_ends() {
        use std::io::{BufRead, BufReader};
        use std::process::{Command, Stdio};
        let place = tempfile::tempdir().unwrap();
        let mut other = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "handles::data_dir::holds_a_directory_until_it_is_told_to_end", "--nocapture"])
            .env(HELD, place.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(other.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap() == "holding"));
        let server = Server::start();
        let error = server.builder("bob").data_dir(place.path()).build().await.unwrap_err();
        assert_eq!((error.code(), error.kind()), (2006, ErrorKind::Storage));
        assert!(error.to_string().contains(place.path().to_str().unwrap()), "{error}");
        other.kill().unwrap();
        other.wait().unwrap();
        server.builder("bob").data_dir(place.path()).build().await.unwrap();
    }
}

#[test]
fn it_works_on_a_runtime_with_one_thread_of_its_own() {
    let began = Instant::now();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let server = Server::start();
        let client = server.client("alice").await;
        let id = room(&client).await;
        let message = client.create_text_message("hi");
        soon(client.live_groups().send_live_group_message(&message, id, Priority::Normal)).await.unwrap();
        client.shutdown().await;
    });
    assert!(began.elapsed() < Duration::from_secs(10));
}
