//! Every store of this crate proves itself, plain and behind pointers.

#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]

use std::sync::Arc;

use bim_store::memory::{MemoryClientStore, MemoryLog};
use bim_store::redb::{RedbClientStore, RedbLog, RedbOptions};
use bim_store::{ClientStore, ServerLog, client_store_contract, server_log_contract};
use bim_types::Epoch;

const EPOCH: Epoch = Epoch(0x0102_0304_0506_0708);

server_log_contract!(memory, memory_place);
server_log_contract!(memory_boxed, || boxed(memory_place()));
server_log_contract!(redb, redb_place);
server_log_contract!(redb_boxed, || boxed(redb_place()));

mod client {
    use super::*;

    client_store_contract!(memory, memory_client_place);
    client_store_contract!(memory_boxed, || boxed_client(memory_client_place()));
    client_store_contract!(redb, redb_client_place);
    client_store_contract!(redb_boxed, || boxed_client(redb_client_place()));
}

fn memory_place() -> impl Fn() -> Box<dyn ServerLog> {
    let log = Arc::new(MemoryLog::new(EPOCH));
    move || Box::new(Arc::clone(&log))
}

fn redb_place() -> impl Fn() -> Box<dyn ServerLog> {
    let directory = tempfile::tempdir().unwrap();
    move || {
        let path = directory.path().join("log.redb");
        // Only the first opening may use its epoch.
        let fresh = if path.exists() { Epoch(99) } else { EPOCH };
        Box::new(RedbLog::open(path, fresh, RedbOptions::default()).unwrap())
    }
}

fn boxed(place: impl Fn() -> Box<dyn ServerLog>) -> impl Fn() -> Box<dyn ServerLog> {
    move || Box::new(Arc::<dyn ServerLog>::from(place()))
}

fn memory_client_place() -> impl Fn() -> Box<dyn ClientStore> {
    let store = Arc::new(MemoryClientStore::new());
    move || Box::new(Arc::clone(&store))
}

fn redb_client_place() -> impl Fn() -> Box<dyn ClientStore> {
    let directory = tempfile::tempdir().unwrap();
    move || Box::new(RedbClientStore::open(directory.path().join("client.redb")).unwrap())
}

fn boxed_client(place: impl Fn() -> Box<dyn ClientStore>) -> impl Fn() -> Box<dyn ClientStore> {
    move || Box::new(Arc::<dyn ClientStore>::from(place()))
}
