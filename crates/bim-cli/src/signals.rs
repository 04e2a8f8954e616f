//! Being asked to stop.

use std::time::Duration;

use crate::error::CliError;

/// How long an orderly end may take after a signal.
const END_PATIENCE: Duration = Duration::from_secs(5);

/// Waits for ctrl-c or SIGTERM. Made once at the start, so that no signal between two waits is missed.
#[derive(Debug)]
pub(crate) struct StopSignal {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl StopSignal {
    /// From now on the signals do not end the process by themselves.
    pub(crate) fn install() -> Result<Self, CliError> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let open = |kind| {
                signal(kind).map_err(|error| CliError::failed(format!("signals can not be caught: {error}")))
            };
            Ok(Self { interrupt: open(SignalKind::interrupt())?, terminate: open(SignalKind::terminate())? })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    /// Waits for a signal.
    ///
    /// Cancel safe.
    pub(crate) async fn wait(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        #[cfg(not(unix))]
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Ends the process when it was asked to stop and does not come to an end: whoever should read its output may not
/// do so. A second signal ends it at once.
pub(crate) async fn insist(mut stop: StopSignal) {
    stop.wait().await;
    // It makes no difference which of the two it was.
    let _ = tokio::time::timeout(END_PATIENCE, stop.wait()).await;
    let _ = CliError::failed("stopped before everything was written").report();
    std::process::exit(1)
}
