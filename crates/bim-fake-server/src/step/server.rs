//! One life of the server: the engine, and what it waits for.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use bim_server_core::{Engine, EngineConfig, Input, Loaded, LogQuery, StoreFailure};
use bim_store::{LogError, ReadLimit, ServerLog};
use bim_types::store::{LogOp, OpId, RecordKey, VersionedRecord};
use bim_types::{GroupKey, Mono};

use super::clock::StepClock;
use super::world::LinkId;

/// One life of the server.
pub(super) struct Server {
    pub(super) engine: Engine,
    pub(super) log: Arc<dyn ServerLog>,
    pub(super) clock: StepClock,
    pub(super) is_ready: bool,
    /// Who gets the broadcasts of which group.
    pub(super) groups: BTreeMap<GroupKey, BTreeSet<LinkId>>,
    /// Writes that wait for the disk.
    pub(super) writes: VecDeque<Write>,
    /// Results of writes that the engine has not heard of.
    pub(super) results: VecDeque<Input>,
    /// Writes that were refused and of which the engine has not heard. Until it has, all are refused, so that none
    /// overtakes another.
    pub(super) refused: usize,
    pub(super) is_committing: bool,
    /// When the last of these results is due.
    pub(super) answered_by: Mono,
    pub(super) reads: BTreeMap<OpId, LogQuery>,
    pub(super) log_failed: bool,
    /// The engine's deadline for which a tick is planned, and the number of that plan.
    pub(super) tick: (Option<Mono>, u64),
}

/// A write that waits for the disk.
#[derive(Debug)]
pub(super) struct Write {
    pub(super) op: OpId,
    pub(super) ops: Vec<LogOp>,
    /// The queue to the disk had no room for it.
    pub(super) refused: bool,
}

impl Server {
    pub(super) fn new(config: EngineConfig, seed: u64, log: Arc<dyn ServerLog>, clock: StepClock) -> Self {
        Self {
            engine: Engine::new(config, seed),
            log,
            clock,
            is_ready: false,
            groups: BTreeMap::new(),
            writes: VecDeque::new(),
            results: VecDeque::new(),
            refused: 0,
            is_committing: false,
            answered_by: Mono::ZERO,
            reads: BTreeMap::new(),
            log_failed: false,
            tick: (None, 0),
        }
    }

    /// Reads what was asked for.
    pub(super) fn load(&self, query: LogQuery) -> Result<Loaded, StoreFailure> {
        let log = &*self.log;
        let loaded = match query {
            LogQuery::Records { range, after, limit } => {
                log.records(&range, after, limit).map(Loaded::Records)
            }
            LogQuery::Keys(keys) => existing(log, &keys).map(Loaded::Records),
            LogQuery::Room { keys, stream } => {
                log.head(stream).and_then(|head| Ok(Loaded::Room(existing(log, &keys)?, head)))
            }
            LogQuery::Messages { stream, after, records, bytes } => {
                log.read(stream, after, ReadLimit { records, bytes }).map(Loaded::Messages)
            }
        };
        loaded.map_err(|_| StoreFailure::Failed)
    }
}

fn existing(log: &dyn ServerLog, keys: &[RecordKey]) -> Result<Vec<VersionedRecord>, LogError> {
    keys.iter().filter_map(|key| log.record(key).transpose()).collect()
}
