//! Opening a file, and making it when there is none.
//!
//! ```text
//!   no file ─► make NAME.PID-N.new whole ─► link it to NAME, unless someone was faster ─► open NAME
//!   a file  ─► lock ─► is it ours, of this kind, of a known format? ─► open
//! ```

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use ::redb::backends::FileBackend;
use ::redb::{Builder, Database, Durability, ReadableDatabase, StorageBackend, TableError, WriteTransaction};
use bim_types::Epoch;

use super::fault::{Fault, contained};
use super::format::{CLIENT, FORMAT, HEADS, IDS, Kind, LOG, META, RECORDS, decode_epoch, encode_epoch};
use super::open_error::OpenError;

/// What a store file says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) kind: Kind,
    pub(super) epoch: Option<Epoch>,
}

/// How a file is opened.
#[derive(Clone, Copy, Debug)]
pub(super) struct Access {
    pub(super) cache_bytes: usize,
    pub(super) verify: bool,
}

/// Opens the store at `path`, or makes it with the identity given. Returns the identity it has.
pub(super) fn open(path: &Path, fresh: Identity, access: Access) -> Result<(Database, Identity), OpenError> {
    if !path.try_exists().map_err(|error| OpenError::from_io(path, error))? {
        make(path, fresh, access)?;
    }
    let file = OpenOptions::new().read(true).write(true).open(path);
    let file = file.map_err(|error| OpenError::from_io(path, error))?;
    let length = file.metadata().map_err(|error| OpenError::from_io(path, error))?.len();
    if length == 0 {
        return Err(OpenError::NotABimStore { path: path.to_owned() });
    }
    contained(|| open_backend(FileBackend::new(file)?, fresh.kind, access))
        .map_err(|fault| OpenError::from_fault(path, fault))
}

/// Opens a store that exists.
pub(super) fn open_backend(
    backend: impl StorageBackend,
    kind: Kind,
    access: Access,
) -> Result<(Database, Identity), Fault> {
    let database = builder(access).create_with_backend(backend)?;
    let identity = identify(&database, kind)?;
    Ok((database, identity))
}

/// Makes a store on an empty backend.
pub(super) fn make_backend(
    backend: impl StorageBackend,
    fresh: Identity,
    access: Access,
) -> Result<Database, Fault> {
    let database = builder(access).create_with_backend(backend)?;
    write(&database, |transaction| initialise(transaction, fresh))?;
    Ok(database)
}

/// Carries out one durable transaction; `work` says whether there is anything to keep.
pub(super) fn write_if<T>(
    database: &Database,
    work: impl FnOnce(&WriteTransaction) -> Result<(T, bool), Fault>,
) -> Result<T, Fault> {
    let mut transaction = database.begin_write()?;
    transaction.set_durability(Durability::Immediate).map_err(|_| Fault::Io(io::ErrorKind::Unsupported))?;
    transaction.set_two_phase_commit(true);
    transaction.set_quick_repair(true);
    let (answer, changed) = work(&transaction)?;
    if changed {
        transaction.commit()?;
    } else {
        transaction.abort()?;
    }
    Ok(answer)
}

/// Carries out one durable transaction.
pub(super) fn write<T>(
    database: &Database,
    work: impl FnOnce(&WriteTransaction) -> Result<T, Fault>,
) -> Result<T, Fault> {
    write_if(database, |transaction| Ok((work(transaction)?, true)))
}

fn builder(access: Access) -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(access.cache_bytes);
    builder.set_check_integrity_on_open(access.verify);
    builder
}

fn initialise(transaction: &WriteTransaction, fresh: Identity) -> Result<(), Fault> {
    let mut meta = transaction.open_table(META)?;
    meta.insert("kind", fresh.kind.name().as_bytes())?;
    meta.insert("format", FORMAT.to_be_bytes().as_slice())?;
    if let Some(epoch) = fresh.epoch {
        meta.insert("epoch", encode_epoch(epoch).as_slice())?;
    }
    match fresh.kind {
        Kind::ServerLog => {
            transaction.open_table(HEADS)?;
            transaction.open_table(LOG)?;
            transaction.open_table(IDS)?;
            transaction.open_table(RECORDS)?;
        }
        Kind::ClientStore => {
            transaction.open_table(CLIENT)?;
        }
    }
    Ok(())
}

fn identify(database: &Database, kind: Kind) -> Result<Identity, Fault> {
    let transaction = database.begin_read()?;
    let meta = match transaction.open_table(META) {
        Ok(meta) => meta,
        Err(TableError::Storage(error)) => return Err(error.into()),
        Err(_) => return Err(Fault::Foreign),
    };
    match meta.get("kind")? {
        Some(found) if found.value() == kind.name().as_bytes() => {}
        _ => return Err(Fault::Foreign),
    }
    let format = meta.get("format")?.ok_or(Fault::Damaged)?;
    let found = u32::from_be_bytes(format.value().try_into().map_err(|_| Fault::Damaged)?);
    if found > FORMAT {
        return Err(Fault::NewerFormat { found, known: FORMAT });
    }
    let epoch = match kind {
        Kind::ServerLog => {
            let epoch = meta.get("epoch")?.ok_or(Fault::Damaged)?;
            Some(decode_epoch(epoch.value())?)
        }
        Kind::ClientStore => None,
    };
    Ok(Identity { kind, epoch })
}

fn make(path: &Path, fresh: Identity, access: Access) -> Result<(), OpenError> {
    let directory = directory_of(path);
    std::fs::create_dir_all(directory).map_err(|error| OpenError::from_io(path, error))?;
    let draft = draft_of(path);
    let made = make_draft(&draft, fresh, access).and_then(|()| publish(&draft, path));
    // Linked or not, nothing is needed under this name any more; a rename has taken it away already.
    let _ = std::fs::remove_file(&draft);
    made.map_err(|fault| OpenError::from_fault(path, fault))?;
    sync_directory(directory).map_err(|error| OpenError::from_io(path, error))
}

fn make_draft(draft: &Path, fresh: Identity, access: Access) -> Result<(), Fault> {
    let _ = std::fs::remove_file(draft);
    let file = private().open(draft).map_err(|error| Fault::Io(error.kind()))?;
    contained(|| Ok(make_backend(FileBackend::new(file)?, fresh, access)?.close()?))
}

/// Gives the draft its name without ever replacing a store that appeared meanwhile.
fn publish(draft: &Path, path: &Path) -> Result<(), Fault> {
    match std::fs::hard_link(draft, path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        // Some file systems have no hard links.
        Err(_) => std::fs::rename(draft, path).map_err(|error| Fault::Io(error.kind())),
    }
}

/// A new file that only its owner may read: stores hold keys and messages.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn draft_of(path: &Path) -> PathBuf {
    static DRAFTS: AtomicU64 = AtomicU64::new(0);
    let number = DRAFTS.fetch_add(1, Ordering::Relaxed);
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}-{number}.new", std::process::id()));
    name.into()
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

#[cfg(unix)]
fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

#[cfg(not(unix))]
fn sync_directory(_directory: &Path) -> io::Result<()> {
    Ok(())
}
