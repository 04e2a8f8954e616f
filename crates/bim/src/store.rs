//! Stores: the port, and the two that come with the library. Re-exported from `bim-store`.

pub use bim_store::memory::MemoryClientStore;
#[cfg(feature = "redb")]
pub use bim_store::redb::RedbClientStore;
pub use bim_store::{ClientStore, ClientStoreError};
pub use bim_types::store::{ClientBatch, ClientOp, DeviceRecord, SessionRecord};
