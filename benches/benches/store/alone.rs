//! The database without a log around it.

use std::path::Path;
use std::time::Instant;

use bim_benches::{Latencies, Report};
use redb::{Database, TableDefinition};

use crate::{BODY_BYTES, PER_BATCH_SIZE};

const LOG: TableDefinition<'_, &[u8; 21], &[u8]> = TableDefinition::new("log");
const IDS: TableDefinition<'_, &[u8], &[u8; 24]> = TableDefinition::new("ids");

/// Bytes that stand before the body in a row of the log, and bytes of an id with its stream.
const PREFIX_BYTES: usize = 48;
const ID_BYTES: usize = 52;

/// Inserts what the log inserts for each message, so many to a durable transaction, as the database has it by default.
pub(crate) fn append(path: &Path, batch: u64) -> Report {
    let database = Database::create(path).expect("a new database opens");
    let (begin, mut messages, mut latencies) = (Instant::now(), 0, Latencies::default());
    while begin.elapsed() < PER_BATCH_SIZE {
        let commit = Instant::now();
        insert(&database, messages..messages + batch).expect("a transaction succeeds");
        latencies.add(commit.elapsed());
        messages += batch;
    }
    Report {
        name: format!("store/redb alone, {batch} to a commit"),
        messages,
        bytes: messages * BODY_BYTES as u64,
        elapsed: begin.elapsed(),
        latencies: Some(latencies),
    }
}

fn insert(database: &Database, numbers: std::ops::Range<u64>) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    {
        let mut log = transaction.open_table(LOG)?;
        let mut ids = transaction.open_table(IDS)?;
        for number in numbers {
            let (mut key, mut id) = ([0; 21], [0; ID_BYTES]);
            key[13..].copy_from_slice(&number.to_be_bytes());
            id[ID_BYTES - 8..].copy_from_slice(&number.to_be_bytes());
            ids.insert(id.as_slice(), &[7; 24])?;
            log.insert(&key, [7; PREFIX_BYTES + BODY_BYTES].as_slice())?;
        }
    }
    Ok(transaction.commit()?)
}
