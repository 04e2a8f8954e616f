//! The engine between scripted peers and a log in memory.

mod attributes;
mod broadcast;
mod changes;
mod counters;
mod edits;
mod ended;
mod groups;
mod idle;
mod measures;
mod members;
mod moderation;
mod operators;
mod order;
mod pulses;
mod races;
mod replayed;
mod resume;
mod revocations;
mod schedules;
mod seams;
mod sends;
mod sessions;
mod stage;
pub(crate) mod world;
