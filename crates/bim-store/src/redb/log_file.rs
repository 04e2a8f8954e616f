//! A server log's file: a journal, and the database that it goes ahead of.

use std::sync::Arc;

use ::redb::{Database, ReadableDatabase, StorageBackend};
use bim_types::Epoch;

use super::fault::Fault;
use super::file::{self, Access, Identity};
use super::format::{JOURNALLED, Kind, META, decode_serial};
use super::journal::{HEADER_BYTES, Header, Journal};
use super::shared_file::SharedFile;

/// What a log is made of, opened.
#[derive(Debug)]
pub(super) struct LogFile {
    pub(super) database: Database,
    pub(super) epoch: Epoch,
    pub(super) journal: Journal,
    pub(super) file: Arc<SharedFile>,
}

/// Makes a log on an empty backend, and closes it.
pub(super) fn make(
    backend: impl StorageBackend,
    epoch: Epoch,
    header: Header,
    access: Access,
) -> Result<(), Fault> {
    let file = SharedFile::new(backend);
    Journal::make(&file, header)?;
    let fresh = Identity { kind: Kind::ServerLog, epoch: Some(epoch) };
    file::make_backend(file.behind(header.database_offset()), fresh, access)
}

/// Opens a log that exists. What its journal has and its database has not is still to be recovered.
pub(super) fn open(backend: impl StorageBackend, access: Access) -> Result<LogFile, Fault> {
    let file = SharedFile::new(backend);
    let Some(header) = header(&file)? else {
        // Another database, or a log of the format that had no journal.
        file::open_backend(file.behind(0), Kind::ServerLog, access)?;
        return Err(Fault::Foreign);
    };
    let region = file.behind(header.database_offset());
    let (database, identity) = file::open_backend(region, Kind::ServerLog, access)?;
    let epoch = identity.epoch.ok_or(Fault::Damaged)?;
    let journal = Journal::new(Arc::clone(&file), header, last_serial(&database)?);
    Ok(LogFile { database, epoch, journal, file })
}

/// `None` when the file begins as something else.
fn header(file: &SharedFile) -> Result<Option<Header>, Fault> {
    let length = file.len()?;
    let mut page = [0; HEADER_BYTES];
    let begin = usize::try_from(length).map_or(HEADER_BYTES, |length| length.min(HEADER_BYTES));
    file.read(0, &mut page[..begin])?;
    if !Header::begins(&page) {
        return Ok(None);
    }
    let header = Header::decode(&page)?;
    // A database on nothing would be made anew.
    if length <= header.database_offset() {
        return Err(Fault::Damaged);
    }
    Ok(Some(header))
}

/// The last commit that the database has.
fn last_serial(database: &Database) -> Result<u64, Fault> {
    let meta = database.begin_read()?.open_table(META)?;
    meta.get(JOURNALLED)?.map_or(Ok(0), |row| decode_serial(row.value()))
}
