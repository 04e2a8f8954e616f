//! A file that is written from a thread of its own, while its owner never waits.
//!
//! ```text
//!   push ─► queue (bounded by pieces and bytes) ─► thread ─► file
//! ```
//!
//! For recordings, which must not slow down what they record: when the queue or the file is full, the owner is told
//! once and goes on without.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use bytes::Bytes;

/// Largest recording, in bytes, last words not counted. When it is reached: [`NotRecorded::FileFull`].
pub const RECORDING_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// Pieces that may wait to be written. When full: [`NotRecorded::TooSlow`].
pub const RECORDING_QUEUE_MAX: usize = 16_384;

/// Bytes that may wait to be written. When full: [`NotRecorded::TooSlow`].
pub const RECORDING_QUEUE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A new file that grows piece by piece.
#[derive(Debug)]
pub struct RecordingFile {
    queue: Option<SyncSender<Bytes>>,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    taken: u64,
    bytes_max: u64,
    /// Why nothing more is taken.
    refused: Option<NotRecorded>,
}

/// What owner and thread both know.
#[derive(Debug, Default)]
struct Shared {
    waiting_bytes: AtomicUsize,
    last_words: Mutex<Bytes>,
    failure: Mutex<Option<io::ErrorKind>>,
}

/// Why a piece was not taken. Nothing more is taken then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotRecorded {
    /// The file is as large as it may become.
    #[error("the file has reached its largest size of {RECORDING_BYTES_MAX} bytes")]
    FileFull,
    /// Too much waits for the disk.
    #[error("the disk is too slow")]
    TooSlow,
    /// The disk refused.
    #[error("the file can not be written: {0}")]
    Failed(io::ErrorKind),
}

impl RecordingFile {
    /// Makes a file that only its owner may read, and a thread that writes it. Blocks shortly.
    ///
    /// # Errors
    ///
    /// The file exists already, or can not be made; the system gives no thread.
    pub fn create(path: &Path) -> io::Result<Self> {
        Self::with_limit(path, RECORDING_BYTES_MAX)
    }

    fn with_limit(path: &Path, bytes_max: u64) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path)?;
        let (queue, pieces) = sync_channel(RECORDING_QUEUE_MAX);
        let shared = Arc::new(Shared::default());
        let writer = Writer { file: BufWriter::new(file), pieces, shared: Arc::clone(&shared) };
        let thread = thread::Builder::new().name("bim-recording".into()).spawn(move || writer.run())?;
        Ok(Self { queue: Some(queue), shared, thread: Some(thread), taken: 0, bytes_max, refused: None })
    }

    /// Adds a piece. Never waits.
    ///
    /// # Errors
    ///
    /// [`NotRecorded`]: neither this piece nor any later one is in the file.
    pub fn push(&mut self, piece: Bytes) -> Result<(), NotRecorded> {
        let length = piece.len();
        let taken = match self.refused.or_else(|| self.refuses(length)) {
            Some(refused) => Err(refused),
            None => self.send(piece),
        };
        match taken {
            Ok(()) => self.taken += length as u64,
            // The thread goes on, because it has last words to write.
            Err(refused) => self.refused = Some(refused),
        }
        taken
    }

    fn send(&self, piece: Bytes) -> Result<(), NotRecorded> {
        let length = piece.len();
        let too_slow = || self.failure().unwrap_or(NotRecorded::TooSlow);
        let queue = self.queue.as_ref().ok_or_else(too_slow)?;
        self.shared.waiting_bytes.fetch_add(length, Ordering::Relaxed);
        queue.try_send(piece).map_err(|_| too_slow())
    }

    /// Ends the file with these words behind everything that was taken, and does not wait for that.
    pub fn abandon(mut self, last_words: Bytes) {
        self.say(last_words);
        self.thread = None;
    }

    /// Ends the file with these words, and waits until they are written.
    pub fn close(mut self, last_words: Bytes) {
        self.say(last_words);
    }

    fn say(&mut self, last_words: Bytes) {
        *self.shared.last_words.lock().unwrap_or_else(PoisonError::into_inner) = last_words;
        self.queue = None;
    }

    fn refuses(&self, length: usize) -> Option<NotRecorded> {
        if let Some(failure) = self.failure() {
            return Some(failure);
        }
        if self.taken + length as u64 > self.bytes_max {
            return Some(NotRecorded::FileFull);
        }
        let waiting = self.shared.waiting_bytes.load(Ordering::Relaxed);
        (waiting + length > RECORDING_QUEUE_BYTES_MAX).then_some(NotRecorded::TooSlow)
    }

    fn failure(&self) -> Option<NotRecorded> {
        let failure = self.shared.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.map(NotRecorded::Failed)
    }
}

/// Waits for what was taken.
impl Drop for RecordingFile {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has nothing left to write.
            let _ = thread.join();
        }
    }
}

/// The thread's side.
struct Writer {
    file: BufWriter<File>,
    pieces: Receiver<Bytes>,
    shared: Arc<Shared>,
}

impl Writer {
    fn run(mut self) {
        if let Err(error) = self.write_all() {
            *self.shared.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.kind());
        }
    }

    fn write_all(&mut self) -> io::Result<()> {
        while let Some(piece) = self.next()? {
            self.file.write_all(&piece)?;
            self.shared.waiting_bytes.fetch_sub(piece.len(), Ordering::Relaxed);
        }
        let last_words =
            std::mem::take(&mut *self.shared.last_words.lock().unwrap_or_else(PoisonError::into_inner));
        self.file.write_all(&last_words)?;
        self.file.flush()
    }

    /// The next piece; `None` when there are no more. What was written leaves the process before it waits.
    fn next(&mut self) -> io::Result<Option<Bytes>> {
        match self.pieces.try_recv() {
            Ok(piece) => return Ok(Some(piece)),
            Err(TryRecvError::Disconnected) => return Ok(None),
            Err(TryRecvError::Empty) => self.file.flush()?,
        }
        Ok(self.pieces.recv().ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_is_in_the_file_before_its_last_words() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("recording");
        let mut file = RecordingFile::create(&path).unwrap();
        for piece in ["one ", "two "] {
            file.push(Bytes::from_static(piece.as_bytes())).unwrap();
        }
        file.close(Bytes::from_static(b"end"));
        assert_eq!(std::fs::read(&path).unwrap(), b"one two end");
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_may_read_it_and_an_older_one_is_not_overwritten() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("recording");
        drop(RecordingFile::create(&path).unwrap());
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(RecordingFile::create(&path).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    }

    #[test]
    fn a_full_file_takes_nothing_more_but_last_words() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("recording");
        let mut file = RecordingFile::with_limit(&path, 5).unwrap();
        assert_eq!(file.push(Bytes::from_static(b"1234")), Ok(()));
        assert_eq!(file.push(Bytes::from_static(b"56")), Err(NotRecorded::FileFull));
        assert_eq!(file.push(Bytes::from_static(b"7")), Err(NotRecorded::FileFull), "it stays full");
        file.close(Bytes::from_static(b"end"));
        assert_eq!(std::fs::read(&path).unwrap(), b"1234end");
    }

    #[test]
    fn more_than_the_queue_holds_is_too_much_for_the_disk() {
        let dir = tempfile::tempdir().unwrap();
        let mut file = RecordingFile::create(&dir.path().join("recording")).unwrap();
        let piece = Bytes::from(vec![0; RECORDING_QUEUE_BYTES_MAX + 1]);
        assert_eq!(file.push(piece), Err(NotRecorded::TooSlow));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_disk_that_is_full_ends_it() {
        let (queue, pieces) = sync_channel(4);
        let shared = Arc::new(Shared::default());
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let writer = Writer { file: BufWriter::new(full), pieces, shared: Arc::clone(&shared) };
        let thread = thread::spawn(move || writer.run());
        queue.send(Bytes::from_static(b"lost")).unwrap();
        drop(queue);
        thread.join().unwrap();
        let bytes_max = RECORDING_BYTES_MAX;
        let mut file =
            RecordingFile { queue: None, shared, thread: None, taken: 0, bytes_max, refused: None };
        let refused = file.push(Bytes::from_static(b"x"));
        assert_eq!(refused, Err(NotRecorded::Failed(io::ErrorKind::StorageFull)));
    }
}
