//! The engine between scripted peers and a log in memory.

mod changes;
mod edits;
mod groups;
mod measures;
mod members;
mod operators;
mod order;
mod pulses;
mod resume;
mod schedules;
mod seams;
mod sends;
mod sessions;
mod stage;
mod world;
