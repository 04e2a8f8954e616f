//! The table of targets.

use crate::reached::Reached;
use crate::seeds::{self, Seed};
use crate::targets::{client_machine, config, fanout_queue, frame, server_engine, stored, token, wire};

/// Something that takes any bytes and keeps its promise.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name: that of its module, its program and its folder of the corpus.
    pub name: &'static str,
    /// What holds whatever the bytes are.
    pub promise: &'static str,
    /// Takes the bytes, and says how deep they got. Panics when the promise is broken.
    pub run: fn(&[u8]) -> Reached,
    /// What the corpus begins with.
    pub seeds: fn() -> Vec<Seed>,
    /// The most bytes that are worth trying.
    pub bytes_max: usize,
    /// How many mutations of its corpus the tests try: more for what is quick.
    pub mutations: usize,
}

/// Every target.
pub const TARGETS: &[Target] = &[
    Target {
        name: "frame",
        promise: "both ends read any frame or say why not; what was read is written and read again as the same",
        run: frame::run,
        seeds: seeds::frames,
        bytes_max: 4_096,
        mutations: 3_000,
    },
    Target {
        name: "wire",
        promise: "every message of the protocol reads any bytes or refuses them; what was read survives a round trip",
        run: wire::run,
        seeds: seeds::messages,
        bytes_max: 4_096,
        mutations: 500,
    },
    Target {
        name: "stored",
        promise: "every stored record and key reads any bytes or refuses them; what was read survives a round trip",
        run: stored::run,
        seeds: seeds::records,
        bytes_max: 4_096,
        mutations: 3_000,
    },
    Target {
        name: "token",
        promise: "no text but a token signed with the key verifies, and what verifies is within the rules",
        run: token::run,
        seeds: seeds::tokens,
        bytes_max: 2_560,
        mutations: 3_000,
    },
    Target {
        name: "config",
        promise: "any text is settings within their ranges, or an error that names the place and fits on a screen",
        run: config::run,
        seeds: seeds::configs,
        bytes_max: 4_096,
        mutations: 1_000,
    },
    Target {
        name: "client_machine",
        promise: "whatever app, server, store and clock do: each call one answer, nothing on a dead connection, no wake in the past",
        run: client_machine::run,
        seeds: seeds::client_scripts,
        bytes_max: 4_096,
        mutations: 500,
    },
    Target {
        name: "server_engine",
        promise: "whatever peers, store and clock do: acked is in the log, each request one answer, nothing to the closed, nothing left behind",
        run: server_engine::run,
        seeds: seeds::server_scripts,
        bytes_max: 4_096,
        mutations: 300,
    },
    Target {
        name: "fanout_queue",
        promise: "what is pushed is delivered, counted in a gap marker or still queued; within limits, in order, HIGH never given up",
        run: fanout_queue::run,
        seeds: seeds::queue_scripts,
        bytes_max: 4_096,
        mutations: 2_000,
    },
];

/// The target of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
