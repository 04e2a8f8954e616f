//! Playing what a real server recorded.

use std::path::Path;

use bim_server::recording::{RecordingError, Report, play_file};

/// Tells a fresh engine everything that a real server was told while it recorded (`bim serve --record FILE`), and
/// compares what it wants done with what the server wanted. Blocks; takes milliseconds for thousands of entries,
/// whatever time went by in them.
///
/// So the file of a bug report becomes a test:
///
/// ```no_run
/// # fn main() -> Result<(), bim_fake_server::RecordingError> {
/// let report = bim_fake_server::replay("tests/recordings/lost_gift.bimrec")?;
/// if let Some(difference) = &report.first_difference {
///     panic!("the engine does something else now: {difference}");
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`RecordingError`]: the file can not be opened, is no recording of a server, or can not be played to its end.
pub fn replay(recording: impl AsRef<Path>) -> Result<Report, RecordingError> {
    play_file(recording.as_ref())
}
