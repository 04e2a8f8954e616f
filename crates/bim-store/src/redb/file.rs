//! Opening a file, and making it when there is none.
//!
//! ```text
//!   no file ─► make NAME.PID-N.new whole ─► link it to NAME, unless someone was faster ─► open NAME
//!   a file  ─► lock ─► is it ours, of this kind, of a known format? ─► open
//! ```

use std::cmp::Ordering;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{self, AtomicU64};

use ::redb::backends::FileBackend;
use ::redb::{Builder, Database, Durability, ReadableDatabase, StorageBackend, TableError, WriteTransaction};
use bim_types::Epoch;

use super::fault::{Fault, contained};
use super::format::{CLIENT, HEADS, IDS, Kind, LOG, META, RECORDS, decode_epoch, encode_epoch};
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

/// Opens the file at `path` with `open`; if there is none, it is made first, with `make`, in an empty file.
pub(super) fn open<T>(
    path: &Path,
    make: impl FnOnce(FileBackend) -> Result<(), Fault>,
    open: impl FnOnce(FileBackend) -> Result<T, Fault>,
) -> Result<T, OpenError> {
    if !path.try_exists().map_err(|error| OpenError::from_io(path, error))? {
        make_whole(path, make)?;
    }
    let file = OpenOptions::new().read(true).write(true).open(path);
    let file = file.map_err(|error| OpenError::from_io(path, error))?;
    let length = file.metadata().map_err(|error| OpenError::from_io(path, error))?.len();
    if length == 0 {
        return Err(OpenError::NotABimStore { path: path.to_owned() });
    }
    contained(|| open(FileBackend::new(file)?)).map_err(|fault| OpenError::from_fault(path, fault))
}

/// Opens the database of a store that exists.
pub(super) fn open_backend(
    backend: impl StorageBackend,
    kind: Kind,
    access: Access,
) -> Result<(Database, Identity), Fault> {
    let database = builder(access).create_with_backend(backend)?;
    let identity = identify(&database, kind)?;
    Ok((database, identity))
}

/// Makes the database of a store on an empty backend, and closes it.
pub(super) fn make_backend(
    backend: impl StorageBackend,
    fresh: Identity,
    access: Access,
) -> Result<(), Fault> {
    let database = builder(access).create_with_backend(backend)?;
    write(&database, |transaction| initialise(transaction, fresh))?;
    Ok(database.close()?)
}

/// A transaction that is on the disk when it is committed, in two phases, with what opening after a crash needs.
pub(super) fn durable(database: &Database) -> Result<WriteTransaction, Fault> {
    let mut transaction = begin(database, Durability::Immediate)?;
    transaction.set_two_phase_commit(true);
    transaction.set_quick_repair(true);
    Ok(transaction)
}

/// A transaction that is seen by readers when it is committed, and on the disk with the next durable one.
pub(super) fn visible(database: &Database) -> Result<WriteTransaction, Fault> {
    begin(database, Durability::None)
}

fn begin(database: &Database, durability: Durability) -> Result<WriteTransaction, Fault> {
    let mut transaction = database.begin_write()?;
    transaction.set_durability(durability).map_err(|_| Fault::Io(io::ErrorKind::Unsupported))?;
    Ok(transaction)
}

/// Carries out one durable transaction.
pub(super) fn write<T>(
    database: &Database,
    work: impl FnOnce(&WriteTransaction) -> Result<T, Fault>,
) -> Result<T, Fault> {
    let transaction = durable(database)?;
    let answer = work(&transaction)?;
    transaction.commit()?;
    Ok(answer)
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
    meta.insert("format", fresh.kind.format().to_be_bytes().as_slice())?;
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
    let known = kind.format();
    match found.cmp(&known) {
        Ordering::Less => return Err(Fault::OlderFormat { found, known }),
        Ordering::Equal => {}
        Ordering::Greater => return Err(Fault::NewerFormat { found, known }),
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

fn make_whole(path: &Path, make: impl FnOnce(FileBackend) -> Result<(), Fault>) -> Result<(), OpenError> {
    let directory = directory_of(path);
    std::fs::create_dir_all(directory).map_err(|error| OpenError::from_io(path, error))?;
    let draft = draft_of(path);
    let made = make_draft(&draft, make).and_then(|()| publish(&draft, path));
    // Linked or not, nothing is needed under this name any more; a rename has taken it away already.
    let _ = std::fs::remove_file(&draft);
    made.map_err(|fault| OpenError::from_fault(path, fault))?;
    sync_directory(directory).map_err(|error| OpenError::from_io(path, error))
}

fn make_draft(draft: &Path, make: impl FnOnce(FileBackend) -> Result<(), Fault>) -> Result<(), Fault> {
    let _ = std::fs::remove_file(draft);
    let file = private().open(draft)?;
    contained(|| make(FileBackend::new(file)?))
}

/// Gives the draft its name without ever replacing a store that appeared meanwhile.
fn publish(draft: &Path, path: &Path) -> Result<(), Fault> {
    match std::fs::hard_link(draft, path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        // Some file systems have no hard links.
        Err(_) => Ok(std::fs::rename(draft, path)?),
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
    let number = DRAFTS.fetch_add(1, atomic::Ordering::Relaxed);
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
