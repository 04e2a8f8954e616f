//! The engine between scripted peers and a log in memory.

mod changes;
mod groups;
mod operators;
mod order;
mod resume;
mod schedules;
mod seams;
mod sends;
mod sessions;
mod world;
