//! The real engine without a runtime: virtual time, an emulated network, a log that can lose its power.
//!
//! *What it is.* [`World`]: one server, its log, and the links that peers have to it, in one thread. Time moves
//! only from one occasion to the next, so an hour passes in as long as its occasions take, and the same seed and
//! the same calls give the same bytes in the same order.
//!
//! *What it owns.* The engine, one outbound queue per connection, what is on its way in every link, writes and
//! reads that wait for the log, and the clock of the server, which may be wrong.
//!
//! *What it never does.* It reads no clock, starts no thread, touches no file, and knows nothing of clients: a
//! peer is a number, and what happens to it comes out of [`World::step`].
//!
//! ```text
//!   peer ── dial, send, close, abort ──► Link ─► Server: Engine ─► queues ─► Link ──► Happening ─► peer
//!                                          ▲       │    ▲
//!                       cut, stall, … ─────┘       ▼    │
//!                                        Disk: commit, read ◄── slow, busy, failing, crash
//! ```
//!
//! Every input and output of the engine, every commit and every frame that leaves a queue is shown to a
//! [`Watcher`], in order: that is what checkers of a simulation read.
//!
//! ```
//! use std::time::Duration;
//! use bim_fake_server::step::{Happening, MemoryDisk, PeerId, Silent, World, WorldConfig};
//!
//! let mut world = World::new(WorldConfig::default(), Box::new(MemoryDisk::default()), 7, Silent);
//! let link = world.dial(PeerId(1));
//! let happened = world.step_until(world.now() + Duration::from_secs(1));
//! assert_eq!(happened, Some(Happening::Dialed(link)));
//! ```

mod agenda;
mod clock;
mod config;
mod disk;
mod link;
mod mailbox;
mod pipe;
mod server;
mod watch;
mod world;

pub use clock::StepClock;
pub use config::{LinkConfig, LogWeather, WorldConfig};
pub use disk::{Disk, MemoryDisk};
pub use link::{Direction, LinkFault};
pub use watch::{Sight, Silent, Watcher};
pub use world::{Chooser, Happening, LinkId, PeerId, StepModerator, World};
