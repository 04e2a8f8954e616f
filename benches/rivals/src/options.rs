//! What may be typed.

use std::path::PathBuf;
use std::time::Duration;

use bim_bench::Load;
use clap::{Parser, Subcommand, ValueEnum};

use crate::Plan;

/// bim beside the raw limit, an afternoon's work, redis, nats and mosquitto, in one run on one machine.
///
/// Each server runs on the first core and the load generator on the last one, in turns, for several rounds; medians are shown, and
/// ratios to what the write calls alone cost. Whoever loses, doubles or changes a message fails.
#[derive(Debug, Parser)]
#[command(name = "bim-rivals", max_term_width = 100, after_help = HELP)]
pub struct Options {
    /// What else this program can be
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Connections that get every message, 1 to 100000
    #[arg(long, value_name = "COUNT", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub viewers: u32,
    /// Who takes part; may be repeated [default: all but bim-wss and bim-quic]
    #[arg(long, value_enum)]
    pub only: Vec<Name>,
    /// bim with TLS and over QUIC too, when nobody is chosen
    #[arg(long)]
    pub all: bool,
    /// Bytes of a message, 8 to 65536
    #[arg(long, value_name = "BYTES", default_value_t = 128, value_parser = clap::value_parser!(u32).range(Plan::BODY_BYTES_MIN as i64..=65_536))]
    pub body: u32,
    /// Messages a second; may be repeated [default: 50, and 64 in flight]
    #[arg(long, value_name = "MESSAGES_PER_SECOND", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub rate: Vec<u32>,
    /// Messages in flight, as fast as viewers get them, 1 to 16384; may be repeated
    #[arg(long, value_name = "MESSAGES", value_parser = clap::value_parser!(u32).range(1..=16_384))]
    pub in_flight: Vec<u32>,
    /// Rounds, in which everyone has a turn; medians are shown, 1 to 100
    #[arg(long, value_name = "COUNT", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub rounds: u32,
    /// How long each load is measured, 0.1 to 600
    #[arg(long, value_name = "SECONDS", default_value = "3", value_parser = parse_seconds)]
    pub seconds: Duration,
    /// The program of bim [default: the one beside this program, built anew by cargo when it is run by it]
    #[arg(long, value_name = "FILE")]
    pub bim: Option<PathBuf>,
    /// One JSON object instead of tables
    #[arg(long)]
    pub json: bool,
}

const HELP: &str = "Figures:
  CPU-s/M      CPU-seconds of the server's process, its own and the kernel's for it, per million deliveries
  x raw        that, or p99, over the raw limit's: raw-each at a rate, raw-waiting with messages in flight
  p50, p99     from the call that sends to the receipt at a viewer
  KiB/idle     resident bytes of the server's process with everyone in and idle, less those before, per connection
  core         what the load generator used of its core: near 100 %, it is what limits

Examples:
  cargo run --release -p bim-rivals
  cargo run --release -p bim-rivals -- --viewers 5000 --all
  cargo run --release -p bim-rivals -- --only raw-each --only raw-waiting --only bim-ws --rounds 5";

/// What else this program is: the servers that are part of it. They say their address and end with their standard input.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum Command {
    /// The raw limit's server
    #[command(hide = true)]
    ServeRaw {
        /// What it writes at once
        #[arg(value_enum)]
        style: Style,
    },
    /// The afternoon version
    #[command(hide = true)]
    ServeAfternoon,
}

/// What the raw limit's server writes at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Style {
    /// One message
    Each,
    /// Whatever is waiting
    Waiting,
}

impl Style {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Each => "each",
            Self::Waiting => "waiting",
        }
    }
}

/// How bim is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// WebSocket.
    Ws,
    /// WebSocket with TLS.
    Wss,
    /// QUIC.
    Quic,
}

impl Transport {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ws => "ws",
            Self::Wss => "wss",
            Self::Quic => "quic",
        }
    }
}

/// Who can take part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Name {
    /// The raw limit: one write call for each message and connection
    RawEach,
    /// The raw limit: one write call for whatever is waiting
    RawWaiting,
    /// tokio-tungstenite, a broadcast channel, a task for each connection
    Afternoon,
    /// bim over WebSocket
    BimWs,
    /// bim over WebSocket with TLS
    BimWss,
    /// bim over QUIC, with the load generator of `bim bench`
    BimQuic,
    /// redis-server, publish and subscribe
    Redis,
    /// nats-server, core
    Nats,
    /// mosquitto, quality of service 0
    Mosquitto,
}

impl Options {
    /// Who was chosen.
    #[must_use]
    pub fn chosen(&self) -> Vec<Name> {
        if !self.only.is_empty() {
            return self.only.clone();
        }
        let all = Name::value_variants().iter().copied();
        all.filter(|name| self.all || !matches!(name, Name::BimWss | Name::BimQuic)).collect()
    }

    /// What everyone is put through.
    #[must_use]
    pub fn plan(&self) -> Plan {
        let rates = self.rate.iter().map(|rate| Load::Rate(f64::from(*rate)));
        let mut loads: Vec<Load> = rates.chain(self.in_flight.iter().copied().map(Load::InFlight)).collect();
        if loads.is_empty() {
            loads = vec![Load::Rate(50.0), Load::InFlight(64)];
        }
        Plan {
            viewers: self.viewers as usize,
            body_bytes: self.body as usize,
            loads,
            idle: Duration::from_secs(1),
            warm_up: Duration::from_millis(500),
            measured: self.seconds,
        }
    }
}

fn parse_seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|seconds| (0.1..=600.0).contains(seconds));
    seconds
        .map(Duration::from_secs_f64)
        .ok_or_else(|| format!("`{text}` is no time; write a number from 0.1 to 600"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Options, String> {
        Options::try_parse_from(["bim-rivals"].iter().chain(words)).map_err(|error| error.to_string())
    }

    #[test]
    fn without_words_a_thousand_viewers_watch_everyone_who_is_cheap_to_try() {
        let options = parse(&[]).unwrap();
        assert_eq!(options.chosen().len(), 7);
        let plan = options.plan();
        assert_eq!((plan.viewers, plan.body_bytes), (1_000, 128));
        assert_eq!(plan.loads, [Load::Rate(50.0), Load::InFlight(64)]);
    }

    #[test]
    fn names_are_those_of_the_contestants() {
        for name in Name::value_variants() {
            let typed = name.to_possible_value().unwrap();
            assert_eq!(name.contestant().name(), typed.get_name());
            assert_eq!(parse(&["--only", typed.get_name()]).unwrap().chosen(), [*name]);
        }
        assert_eq!(parse(&["--all"]).unwrap().chosen(), Name::value_variants());
    }

    #[test]
    fn what_can_not_be_meant_is_refused() {
        for words in [
            ["--viewers", "0"],
            ["--body", "7"],
            ["--seconds", "0"],
            ["--in-flight", "99999"],
            ["--only", "x"],
        ] {
            assert!(parse(&words).is_err(), "{words:?}");
        }
    }
}
