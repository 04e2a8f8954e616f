//! Days in the life of a client.

use bim_types::ErrorCode;

use super::Seed;
use crate::steps;
use crate::targets::client_machine::Step;
use crate::vocabulary;

/// Logged in and in a group.
const IN: &str = "Login 0; Serve 1; Ask 18 0 0; Serve 0;";

/// A connection is lost and made anew.
const RECONNECT: &str = "Cut; Wake; Serve 1; Serve 1;";

/// Days that begin in a group.
const DAYS_IN_A_GROUP: &[(&str, &str)] = &[
    ("gaps", "Push 0 0 0; Gap 0 0 1; Push 0 0 0; Gap 0 1 200; Push 0 1 0"),
    ("changes", "Push 0 1 0; Change 0 1; Push 0 1 0; Change 0 16; Change 0 5"),
    ("states", "State 0 2; Pulse 0 3; Attributes 0 1; Control 0 1; Control 2 1; State 0 250"),
    ("break", "Push 0 0 0; Cut; Wake; Dialed; Welcome 2; WrongAnswer 0 13; Push 0 0 0"),
    ("silence", "Pass 2 11; Control 2 1; Pass 2 60; Serve 1; Serve 1"),
    ("goodbyes", "Control 3 40; Wake; Serve 1; Serve 1; Control 3 0; Wake; Serve 1"),
    (
        "taps",
        "Counters 0; Tap 0 1; Tap 0 7; Pass 2 1; Serve 1; Tap 0 2; Ask 3 0 0; Serve 1; Tap 0 254; Counters 0",
    ),
    ("leaving", "Ask 0 0 1; Logout; Serve 1; Pass 2 4; Login 0; Serve 1; Ask 1 0 1; Shutdown 255"),
];

/// Days that begin with a login.
const DAYS: &[(&str, &str)] = &[
    ("provider", "Login 1; Serve 1; Serve 1; Pass 2 255; Token 0 0; Pass 2 255; Token 0 255; Serve 1"),
    (
        "failing-login",
        "Login 15; Login 0; Store 0 255; Login 0; Store 0 100; Store 0 0; DialFailed; DialFailed; Wake; Login 1; \
         Store 0 0; Token 0 255; Wake; Wake",
    ),
    (
        "small-windows",
        "Login 0; Store 0 0; Store 0 0; Dialed; Welcome 1; Ask 18 0 0; Ask 0 0 1; Ask 0 0 2; Answer 0; Answer 0",
    ),
];

/// Scripts that between them see every event.
pub fn client_scripts() -> Vec<Seed> {
    let days = DAYS.iter().map(|(name, text)| script(name, text));
    let inside = DAYS_IN_A_GROUP.iter().map(|(name, text)| script(name, &format!("{IN}{text}")));
    days.chain(inside).chain(rounds()).collect()
}

/// One thing after the other.
fn rounds() -> [Seed; 8] {
    let ended = goodbye(ErrorCode::ExpiredToken);
    let inside = |name: &str, text: String| script(name, &format!("{IN}{text}"));
    let each =
        |numbers: std::ops::Range<u8>, text: &dyn Fn(u8) -> String| numbers.map(text).collect::<String>();
    [
        inside("in-a-group", each(0..9, &|class| format!("Push 0 {class} 0;"))),
        inside("every-ask", each(0..19, &|kind| format!("Ask {kind} 0 1; Ask {kind} 0 20; Serve 1;"))),
        inside("every-event", each(0..20, &|number| format!("Event 0 {number};"))),
        inside("refusals", each(0..60, &|number| format!("Ask {number} 0 1; Refuse 0 {number};"))),
        inside("wrong-answers", each(0..28, &|kind| format!("Ask {kind} 0 1; WrongAnswer 0 {kind};"))),
        inside("wrong-places", each(30..50, &|flaw| format!("Push 0 {flaw} {};", flaw * 5))),
        inside("reconnects", format!("Push 0 0 0; Ask 0 0 1; {RECONNECT} Push 0 0 0; {RECONNECT} Late 1")),
        inside("token-refused", format!("Control 3 {ended}; Wake; Serve 1; Serve 1")),
    ]
}

fn script(name: &str, text: &str) -> Seed {
    let mut bytes = Vec::new();
    steps::write::<Step>(text, &mut bytes);
    Seed::new(name, bytes)
}

/// The number of a goodbye with this code.
fn goodbye(code: ErrorCode) -> u8 {
    let says = |number: &u8| vocabulary::refusal(*number).code == code;
    (17..=u8::MAX).find(says).expect("there are fewer codes than numbers")
}
