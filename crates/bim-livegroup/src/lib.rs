//! Both ends of live groups, as pure state: no input or output, no clock, no random, no runtime.
//!
//! * [`viewer`] — the client's end: which groups it is in, how far each is accounted for, what is new,
//!   what is known, what was left out.
//! * [`room`] — the server's end: who is in a group, who may speak, the buffer that a resume reads.
//! * [`authority`] — who may do what: one table.
//! * [`roster`] — who is in a room, and what the next pulse says of it.
//! * [`attributes`], [`counters`] — what a room keeps beside its messages.
//! * [`budget`] — how much a room and a sender may send.
//! * [`queue`] — the bounded outbound queue of one viewer: which frame a full queue gives up, and the gap
//!   marker that says so. Used by the real and the simulated server alike.
//!
//! Ports and shells know nothing of these rules; they obey.

pub mod attributes;
pub mod authority;
pub mod budget;
pub mod counters;
pub mod queue;
pub mod room;
pub mod roster;
pub mod viewer;
