//! Frames, messages and records from the golden fixtures of the protocol.

use std::fs;
use std::path::PathBuf;

use bim_proto::PROTOCOL_VERSION;
use bim_proto::wire::FrameKind;
use bim_types::store::RecordKey;
use bim_types::{AppId, ConversationShortId, Uid};

use super::Seed;
use crate::corpus;

/// What fixtures of records begin with.
const RECORD: &str = "stored_";

/// Every golden frame, and a request that asks for nothing.
pub fn frames() -> Vec<Seed> {
    let request = FrameKind::Request as u8;
    let golden = golden().into_iter().filter(|seed| !seed.name.starts_with(RECORD));
    golden.chain([Seed::new("request_for_nothing", [PROTOCOL_VERSION, request, 0x08, 0x07])]).collect()
}

/// Every fifth golden frame below its header, and every third record: as messages they differ less than as frames.
pub fn messages() -> Vec<Seed> {
    let (records, frames): (Vec<_>, Vec<_>) =
        golden().into_iter().partition(|seed| seed.name.starts_with(RECORD));
    let body = |seed: Seed| Seed::new(seed.name, seed.bytes.get(2..).unwrap_or_default());
    frames.into_iter().step_by(5).map(body).chain(records.into_iter().step_by(3)).collect()
}

/// Every golden record, and a key of each kind.
pub fn records() -> Vec<Seed> {
    let records = golden().into_iter().filter(|seed| seed.name.starts_with(RECORD));
    let (app, group) = (AppId::new(7).expect("not zero"), ConversationShortId::new(42).expect("positive"));
    let (text, number) = (Uid::string("alice").expect("short"), Uid::int(42).expect("positive"));
    let keys = [
        RecordKey::App(app),
        RecordKey::LiveGroup(app, group),
        RecordKey::LiveGroupOf(app, text, group),
        RecordKey::LiveGroupOf(app, number, group),
        RecordKey::LiveRoll(app, group),
        RecordKey::LiveAttributes(app, group),
        RecordKey::LiveCounters(app, group),
    ];
    let keys = keys.iter().enumerate().map(|(at, key)| Seed::new(format!("key-{at}"), key.to_bytes()));
    records.chain(keys).collect()
}

/// Every golden fixture of the protocol, in the order of their names.
fn golden() -> Vec<Seed> {
    let folder: PathBuf = corpus::home().join("../crates/bim-proto/tests/golden");
    let files = fs::read_dir(&folder).expect("the fixtures of bim-proto are beside this package");
    let mut seeds: Vec<Seed> = files
        .filter_map(|file| file.ok()?.file_name().into_string().ok())
        .filter_map(|file| {
            let text = fs::read_to_string(folder.join(&file)).ok()?;
            Some(Seed::new(file.strip_suffix(".hex")?, hex(&text)))
        })
        .collect();
    seeds.sort_by(|one, other| one.name.cmp(&other.name));
    seeds
}

fn hex(text: &str) -> Vec<u8> {
    let lines = text.lines().filter_map(|line| line.split('#').next());
    lines.flat_map(str::split_whitespace).filter_map(|digits| u8::from_str_radix(digits, 16).ok()).collect()
}
