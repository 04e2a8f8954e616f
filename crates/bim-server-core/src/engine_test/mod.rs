//! The engine between scripted peers and a log in memory.

mod groups;
mod operators;
mod resume;
mod sends;
mod sessions;
mod world;
