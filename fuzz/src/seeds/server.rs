//! Days in the life of a server.

use super::Seed;
use crate::steps;
use crate::targets::server_engine::Step;

/// Bits of the configuration: members send HIGH, messages are moderated, budgets are as by default.
const HIGH: u8 = 1;
const MODERATED: u8 = 2;
const ROOMY: u8 = 32;

/// Three users in one group: its owner and two others.
const FULL_HOUSE: &str = "Login 1 1 1; Login 2 2 2; Join 0 0 0; Join 1 0 0; Join 2 0 0;";

/// Days that begin with a full house.
const DAYS: &[(&str, u8, &str)] = &[
    (
        "resends",
        HIGH,
        "Say 1 0 3; Say 1 0 3; Say 1 0 43; Say 1 0 83; Hold 1; Say 2 0 4; Say 2 0 4; Commit 1; Restart 1; \
         Login 1 1 1; Join 1 0 0; Say 1 0 3",
    ),
    (
        "resume",
        HIGH | ROOMY,
        "Say 1 0 7; Say 1 0 8; Join 2 0 0; Say 1 0 1; Close 2; Say 1 0 2; Say 0 0 5; Login 2 2 2; Join 2 0 1; Pass 2 40; Close 2; Say 1 0 6; \
         Login 2 2 2; Join 2 0 1",
    ),
    (
        "resume-too-late",
        HIGH,
        "Close 2; Say 1 0 1; Pass 2 10; Control 0 0; Control 1 0; Pass 2 10; Control 0 0; Control 1 0; Pass 2 10; \
         Control 0 0; Control 1 0; Say 1 0 2; Login 2 2 2; Join 2 0 1",
    ),
    (
        "held-back",
        HIGH,
        "Hold 3; Say 1 0 0; Ask 0 4 0 28; Say 1 0 1; Commit 0; Join 1 0 0; Commit 5; Load 5; BusyWrite; Say 2 0 7; \
         Commit 3; BusyRead; Ask 1 5 0 3; Load 3; Hold 0",
    ),
    (
        "moderated",
        MODERATED | HIGH,
        "Say 1 0 1; Say 1 0 2; Say 2 0 3; Judge 1 3; Judge 0 4; Judge 0 2; Say 1 0 5; Pass 2 1; Remove 0 1",
    ),
    (
        "tenants",
        ROOMY,
        "Login 3 6 3; Join 3 0 0; Ask 3 2 0 4; Join 3 1 0; Say 3 1 1; Operate 2 128; Operate 2 0; Operate 1 0; \
         Operate 3 9; Operate 5 4; Operate 0 0; Operate 2 135",
    ),
    (
        "revoked",
        ROOMY,
        "Operate 4 1; Login 1 1 1; Pass 2 2; Login 1 1 1; Operate 4 242; Login 2 2 2; Restart 0; Login 1 1 1; \
         Operate 4 255; Login 3 3 3",
    ),
    ("broken-store", HIGH, "Hold 1; Say 1 0 1; BreakStore 255; Commit 0; Say 1 0 2"),
    ("stopping", HIGH, "Hold 1; Say 1 0 1; Drain 255; Say 2 0 2; Commit 9"),
    ("slow", HIGH, "TooSlow 1; Login 1 1 1; Join 1 0 1; Clock 60; Clock 200; Pass 2 30"),
    ("idle", ROOMY, "Ask 0 4 0 66; Close 0; Close 1; Close 2; Pass 2 10"),
    ("broadcast", ROOMY, "Login 3 7 3; Ask 3 17 0 1; Ask 3 17 0 1; Ask 3 17 0 12; Join 3 0 0; Say 3 0 2"),
    (
        "strangers",
        0,
        "Open 3; Raw 3 0; Pass 2 6; Login 4 4 4; Refresh 4 0; Refresh 4 1; Control 4 0; Mangled 4 0 1 9 255; \
         Login 5 4 5; Login 3 4 4; Control 5 7",
    ),
];

/// Everything that is asked once at least, in an order in which it can be done.
const EVERY_REQUEST: &str = "Pass 2 3; Ask 1 10 0 7; Say 1 0 0; Say 1 0 1; Ask 1 7 0 17; Ask 1 7 0 18; Ask 0 7 0 1; Ask 1 8 0 2; \
    Tap 1 0 1; Tap 2 0 65; Pass 2 1; Ask 2 3 0 0; Join 2 0 0; Ask 0 16 0 0; Ask 0 14 0 0";

/// Scripts that between them get an answer to every kind of request.
pub fn server_scripts() -> Vec<Seed> {
    let days = DAYS.iter().map(|(name, setting, text)| script(name, *setting, text));
    days.chain(rounds()).collect()
}

/// One thing after the other.
fn rounds() -> [Seed; 4] {
    let each = |numbers: &mut dyn Iterator<Item = u8>, text: &dyn Fn(u8) -> String| {
        numbers.map(text).collect::<String>()
    };
    let talk = each(&mut (0..12), &|at| format!("Say {} 0 {at};", at % 3));
    let asks = each(&mut (0..16), &|kind| format!("Ask 0 {kind} 0 20; Ask 1 {kind} 0 7;"));
    let measures = each(&mut (0..34).chain(204..255), &|number| {
        format!("Ask 0 4 0 {number}; Say 1 0 {number}; Join 1 0 0;")
    });
    let hellos = each(&mut (0..11), &|flaw| format!("Hello {flaw} 1 {flaw};"));
    [
        script("talk", HIGH | ROOMY, &talk),
        script("every-request", ROOMY, &format!("{asks} Join 0 0 0; Join 1 0 0; {EVERY_REQUEST}")),
        script("every-measure", ROOMY, &measures),
        script("every-flaw", 0, &hellos),
    ]
}

fn script(name: &str, setting: u8, text: &str) -> Seed {
    let mut bytes = vec![setting];
    steps::write::<Step>(FULL_HOUSE, &mut bytes);
    steps::write::<Step>(text, &mut bytes);
    Seed::new(name, bytes)
}
