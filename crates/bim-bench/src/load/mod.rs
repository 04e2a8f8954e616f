//! A load run: a crowd joins one live group, some send, everyone reads and keeps an account.
//!
//! Everything is in one thread, and shares without locks:
//!
//! ```text
//!   Sender ─► Seat ══ connection ══► server ══ connections ══► Seat × thousands ─► Account each
//!     ▲        │ verdicts                                        │
//!     │        └────────────────► Meter ◄────────────────────────┘ deliveries, latencies, who has how many
//!     └── duty, room in flight ────┘
//! ```

mod crowd;
mod duty;
mod memo;
mod meter;
mod run;
mod seat;
mod sender;

pub use meter::IN_FLIGHT_MAX;
pub use run::run_load;
