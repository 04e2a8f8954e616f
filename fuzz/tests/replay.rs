//! The committed corpus and some mutations of it, through every target, on every `cargo test`.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bim_fuzz::{Reached, TARGETS, Target, corpus, find, mutator};
use bim_types::Entropy;

/// Files in the committed corpus, in all.
const FILES_MAX: usize = 300;

/// Bytes in the committed corpus, in all.
const BYTES_MAX: usize = 300 * 1_024;

#[test]
fn frames_survive_the_corpus_and_its_mutations() {
    let reached = replay("frame");
    must_reach(&reached, &["hello", "request", "refused request", "welcome", "response", "live message"]);
    must_reach(&reached, &["live gap", "live state", "live change", "live event", "live pulse"]);
}

#[test]
fn messages_survive_the_corpus_and_its_mutations() {
    let reached = replay("wire");
    assert!(reached.iter().count() > 30, "{reached:?}");
}

#[test]
fn stored_records_survive_the_corpus_and_its_mutations() {
    let reached = replay("stored");
    must_reach(
        &reached,
        &["StoredApp", "StoredLiveGroup", "StoredLiveMessage", "StoredLiveRoll", "RecordKey"],
    );
    must_reach(&reached, &["StoredLiveAttributes", "StoredLiveCounters", "StoredTaps", "StoredRevocations"]);
}

#[test]
fn tokens_survive_the_corpus_and_its_mutations() {
    let reached = replay("token");
    must_reach(
        &reached,
        &["a verified token", "an expired token", "a changed token", "a token as it was made"],
    );
}

#[test]
fn settings_survive_the_corpus_and_its_mutations() {
    let reached = replay("config");
    must_reach(&reached, &["settings", "not TOML", "unknown setting", "wrong value", "conflict"]);
}

#[test]
fn a_client_survives_the_corpus_and_its_mutations() {
    let reached = replay("client_machine");
    must_reach(
        &reached,
        &["connected", "resumed", "connected with a break", "disconnected", "token not taken"],
    );
    must_reach(&reached, &["joined", "sent", "received", "own message", "left out", "changed", "break"]);
    must_reach(&reached, &["put out", "pulse", "taps refused", "counters", "refused"]);
}

#[test]
fn a_server_survives_the_corpus_and_its_mutations() {
    let reached = replay("server_engine");
    must_reach(
        &reached,
        &["logged in", "stranger refused", "session ended", "refreshed", "restarted", "drained"],
    );
    must_reach(
        &reached,
        &["created", "joined", "resumed", "left", "dissolved", "accepted", "told a group", "replayed"],
    );
    must_reach(
        &reached,
        &["read a group", "listed groups", "read history", "changed a group", "took a measure"],
    );
    must_reach(
        &reached,
        &["said who it is", "listed members", "read members", "updated a message", "removed a member"],
    );
    must_reach(
        &reached,
        &["deleted a message", "wrote attributes", "read attributes", "tapped", "broadcast"],
    );
    must_reach(
        &reached,
        &["rewritten", "only for its sender", "switched an app", "revoked tokens", "refused"],
    );
}

#[test]
fn a_queue_survives_the_corpus_and_its_mutations() {
    let reached = replay("fanout_queue");
    must_reach(
        &reached,
        &[
            "low",
            "normal",
            "high",
            "control",
            "whole batch",
            "replayed",
            "left out",
            "too slow",
            "left a group",
        ],
    );
}

#[test]
fn every_target_has_its_program() {
    let manifest = include_str!("../libfuzzer/Cargo.toml");
    let named = |line: &str| line.strip_prefix("name = \"")?.strip_suffix('"').map(str::to_owned);
    let programs: BTreeSet<String> = manifest.lines().filter_map(named).skip(1).collect();
    let targets: BTreeSet<String> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    assert_eq!(programs, targets);
}

#[test]
fn the_corpus_stays_small_and_every_target_has_its_seeds() {
    let (mut count, mut bytes) = (0, 0);
    for target in TARGETS {
        let files = files(target);
        count += files.len();
        bytes += files.iter().map(Vec::len).sum::<usize>();
        for seed in (target.seeds)() {
            let is_there = files.contains(&seed.bytes);
            assert!(is_there, "{} lacks {}: run `cargo xtask fuzz --seed-corpus`", target.name, seed.name);
        }
        let longest = files.iter().map(Vec::len).max().unwrap_or(0);
        assert!(longest <= target.bytes_max, "{}: a file of {longest} bytes", target.name);
    }
    assert!(count <= FILES_MAX && bytes <= BYTES_MAX, "{count} files of {bytes} bytes");
}

/// Runs a target on its corpus and on mutations of it. A failure leaves the bytes and says how to replay them.
fn replay(name: &str) -> Reached {
    let target = find(name).expect("a target of the table");
    let files = files(target);
    let mut reached = Reached::default();
    files.iter().for_each(|bytes| reached.add(run(target, bytes)));
    let mut entropy = Entropy::new(1);
    for at in 0..target.mutations {
        let bytes = mutator::mutate(&mut entropy, &files[at % files.len()], &files, target.bytes_max);
        run(target, &bytes);
    }
    reached
}

fn run(target: &Target, bytes: &[u8]) -> Reached {
    catch_unwind(AssertUnwindSafe(|| (target.run)(bytes))).unwrap_or_else(|_| {
        let folder = corpus::home().join("artifacts").join(target.name);
        let file = folder.join("crash-of-a-test");
        let written = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&file, bytes));
        written.expect("the folder of what broke a promise can be written");
        let (name, file) = (target.name, file.display());
        panic!(
            "{name} broke its promise, as told above; to replay it: cargo xtask fuzz {name} --replay {file}"
        )
    })
}

fn files(target: &Target) -> Vec<Vec<u8>> {
    let files = corpus::files(target.name).expect("the corpus is committed").into_iter();
    files.map(|(_, bytes)| bytes).collect()
}

fn must_reach(reached: &Reached, all: &[&str]) {
    for what in all {
        assert!(reached.times(what) > 0, "the corpus does not reach {what:?}: {reached:?}");
    }
}
