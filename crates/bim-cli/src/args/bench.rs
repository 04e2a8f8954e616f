//! What may be typed about measuring a server.

use std::path::PathBuf;
use std::time::Duration;

use bim_bench::{BODY_BYTES_MIN, ClassMix, Cores, IN_FLIGHT_MAX};
use clap::{Args, ValueEnum};

use super::{ServeArgs, parse_duration, parse_setting};

pub(crate) const BENCH_HELP: &str = "Figures:
  CPU-s/M        CPU-seconds of the server's process, its own and the kernel's for it, per million deliveries
  in flight      a message is in flight until every viewer that reads has it, or was told that it was left out
  p50, p99 …     from the call that sends to the receipt at a viewer that reads
  memory         resident bytes of the server's process with everyone in and idle, less those before, per user; what
                 the kernel holds for sockets is not in it
  gaps           messages that the server left out for viewers who were too slow, and told them of
  lost           messages that nobody was told of: must be 0
  core           what the load generator used of its core: near 100 %, it is what limits

Examples:
  bim bench                                            1,000 viewers, at 50 messages a second and with 64 in flight
  bim bench --viewers 5000 --transport ws --transport wss --transport quic --runs 3
  bim bench --in-flight 64 --stalled 10 --classes high:1,normal:8,low:1
  bim bench --join-storm --viewers 5000
  bim bench --durable 100
  bim bench ws://127.0.0.1:7900 --data-dir /var/lib/bim --server-pid $(pidof bim)
  bim bench wss://chat.example.org:443 --tokens tokens.txt --json";

#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// A server to measure: ws://host:port, wss://host:port or quic://host:port [default: one of its own]
    #[arg(value_name = "ENDPOINT")]
    pub(crate) endpoint: Option<String>,
    /// Users who watch, 1 to 100000
    #[arg(long, value_name = "COUNT", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) viewers: u32,
    /// Users who send and watch, 1 to 1000
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) senders: u32,
    /// Messages a second, all senders together; may be repeated [default: 50, and 64 in flight]
    #[arg(long, value_name = "MESSAGES_PER_SECOND", value_parser = parse_rate)]
    pub(crate) rate: Vec<f64>,
    /// Messages in flight, as fast as viewers get them, 1 to 32768; may be repeated
    #[arg(long, value_name = "MESSAGES", value_parser = clap::value_parser!(u32).range(1..=i64::from(IN_FLIGHT_MAX)))]
    pub(crate) in_flight: Vec<u32>,
    /// Bytes of a message, 20 to 65536
    #[arg(long, value_name = "BYTES", default_value_t = 128, value_parser = clap::value_parser!(u32).range(BODY_BYTES_MIN as i64..=65_536))]
    pub(crate) body: u32,
    /// How many messages of which class: high:1,normal:8,low:1 [default: all normal]
    #[arg(long, value_name = "CLASS:WEIGHT,…")]
    pub(crate) classes: Option<ClassMix>,
    /// Over what, with a server of its own; may be repeated: a row each [default: ws]
    #[arg(long, value_enum, conflicts_with = "endpoint")]
    pub(crate) transport: Vec<TransportArg>,
    /// Percent of the viewers that stop reading while it is measured, 0 to 100
    #[arg(long, value_name = "PERCENT", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=100))]
    pub(crate) stalled: u32,
    /// All viewers are logged in and join at once; nothing is sent
    #[arg(long, conflicts_with_all = ["rate", "in_flight", "durable", "stalled"])]
    pub(crate) join_storm: bool,
    /// So many senders, 1 to 1000, each in a group of its own, wait for each verdict: verdicts a second of one and of all
    #[arg(long, value_name = "SENDERS", conflicts_with_all = ["rate", "in_flight", "stalled"], value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) durable: Option<u32>,
    /// How long each load is measured, at least 100ms
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = parse_measured)]
    pub(crate) seconds: Duration,
    /// How long each load runs before it is measured
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = parse_duration)]
    pub(crate) warm_up: Duration,
    /// Runs, each with new viewers and, if it is its own, a new server; medians are shown, 1 to 100
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) runs: u32,
    /// Cores of the load generator, as 1 or 2-3 (Linux) [default: the last one, when there are several]
    #[arg(long, value_name = "LIST")]
    pub(crate) cores: Option<Cores>,
    /// Cores of its own server, as 0 or 0-1 (Linux) [default: the first one, when there are several]
    #[arg(long, value_name = "LIST", conflicts_with = "endpoint")]
    pub(crate) server_cores: Option<Cores>,
    /// The process of the server at ENDPOINT, when it runs on this machine: its CPU time and memory are measured
    #[arg(long, value_name = "PID", requires = "endpoint")]
    pub(crate) server_pid: Option<u32>,
    /// The data directory of the server at ENDPOINT, when it runs on this machine: users get their tokens there
    #[arg(long, value_name = "DIR", requires = "endpoint", conflicts_with = "tokens")]
    pub(crate) data_dir: Option<PathBuf>,
    /// A file with a token a line, all of one app and each of another user
    #[arg(long, value_name = "FILE", requires = "endpoint")]
    pub(crate) tokens: Option<PathBuf>,
    /// The one certificate to trust: its file (PEM) or its SHA-256 fingerprint [default: what the system trusts]
    #[arg(long, value_name = "FILE|FINGERPRINT", requires = "endpoint")]
    pub(crate) trust: Option<String>,
    /// Any setting of its own server, as in its file; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = parse_setting, conflicts_with = "endpoint")]
    pub(crate) settings: Vec<(String, String)>,
    /// One JSON object instead of a table
    #[arg(long)]
    pub(crate) json: bool,
}

/// A transport of a server of one's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TransportArg {
    /// WebSocket
    Ws,
    /// WebSocket with TLS
    Wss,
    /// QUIC
    Quic,
}

impl TransportArg {
    /// What the addresses of its listener begin with.
    pub(crate) fn scheme(self) -> &'static str {
        match self {
            Self::Ws => "ws",
            Self::Wss => "wss",
            Self::Quic => "quic",
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct BenchServerArgs {
    /// Cores to run on
    #[arg(long, value_name = "LIST")]
    pub(crate) cores: Option<Cores>,
    #[command(flatten)]
    pub(crate) serve: ServeArgs,
}

/// A message in ten seconds to a million a second.
fn parse_rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok().filter(|rate| (0.1..=1e6).contains(rate));
    rate.ok_or_else(|| format!("`{text}` is not a rate; write a number from 0.1 to 1000000"))
}

fn parse_measured(text: &str) -> Result<Duration, String> {
    let time = parse_duration(text)?;
    let is_long_enough = time >= Duration::from_millis(100);
    is_long_enough
        .then_some(time)
        .ok_or_else(|| format!("`{text}` is too short to measure anything; write 5s"))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::{Cli, Command};

    fn bench(words: &[&str]) -> Result<BenchArgs, String> {
        match Cli::try_parse_from(["bim", "bench"].iter().chain(words))
            .map_err(|error| error.to_string())?
            .command
        {
            Some(Command::Bench(args)) => Ok(*args),
            other => Err(format!("{other:?}")),
        }
    }

    #[test]
    fn without_words_a_thousand_viewers_watch_a_server_of_its_own() {
        let args = bench(&[]).unwrap();
        assert_eq!((args.viewers, args.senders, args.body, args.runs), (1_000, 1, 128, 1));
        assert!(args.endpoint.is_none() && args.rate.is_empty() && args.in_flight.is_empty());
    }

    #[test]
    fn what_can_not_be_meant_is_refused_with_what_would_be_right() {
        for (words, right) in [
            (&["--viewers", "0"][..], "1..=100000"),
            (&["--rate", "fast"], "a number from 0.1 to 1000000"),
            (&["--rate", "0"], "a number from 0.1 to 1000000"),
            (&["--in-flight", "99999"], "1..=32768"),
            (&["--body", "19"], "20..=65536"),
            (&["--classes", "urgent:1"], "high:1,normal:8,low:1"),
            (&["--transport", "tcp"], "ws, wss, quic"),
            (&["--cores", "one"], "write 0 or 0,2 or 1-3"),
            (&["--seconds", "1ms"], "too short"),
            (&["--set", "x"], "key=value"),
        ] {
            let error = bench(words).unwrap_err();
            assert!(error.contains(right), "{words:?}: {error}");
        }
    }

    #[test]
    fn what_belongs_to_a_server_of_its_own_does_not_go_with_another() {
        for words in [["--set", "a=b"], ["--server-cores", "0"], ["--transport", "ws"]] {
            assert!(bench(&[&["ws://h:1"], &words[..]].concat()).is_err(), "{words:?}");
            assert!(bench(&words).is_ok(), "{words:?}");
        }
        for words in [["--server-pid", "1"], ["--tokens", "f"], ["--data-dir", "d"], ["--trust", "f"]] {
            assert!(bench(&[&["ws://h:1"], &words[..]].concat()).is_ok(), "{words:?}");
            assert!(bench(&words).is_err(), "{words:?}");
        }
        assert!(bench(&["--join-storm", "--durable", "5"]).is_err());
    }
}
