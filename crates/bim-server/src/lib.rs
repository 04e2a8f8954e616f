//! The bim server engine under tokio: listeners, fan-out, store, configuration, shutdown.
