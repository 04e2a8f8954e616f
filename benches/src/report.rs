//! One line of results.

use std::time::Duration;

/// What a run did.
#[derive(Clone, Debug)]
pub struct Report {
    /// What was measured.
    pub name: String,
    /// Messages that arrived, counted once per receiver.
    pub messages: u64,
    /// Bytes of their bodies.
    pub bytes: u64,
    /// From the first send to the last arrival.
    pub elapsed: Duration,
    /// From call to verdict, or from send to arrival.
    pub latencies: Option<Latencies>,
}

/// Latencies of single messages.
#[derive(Clone, Debug, Default)]
pub struct Latencies(Vec<Duration>);

impl Report {
    /// Prints the line.
    #[expect(clippy::print_stdout, reason = "a benchmark's result is its output")]
    pub fn print(&self) {
        let seconds = self.elapsed.as_secs_f64().max(f64::MIN_POSITIVE);
        print!(
            "{:<44} {:>11.0} messages/s {:>9.2} MB/s",
            self.name,
            self.messages as f64 / seconds,
            self.bytes as f64 / seconds / 1e6,
        );
        match &self.latencies {
            Some(latencies) => println!("   {latencies}"),
            None => println!(),
        }
    }
}

impl Latencies {
    /// Takes the latency of one message.
    pub fn add(&mut self, latency: Duration) {
        self.0.push(latency);
    }

    /// Takes those of another.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    fn percentile(&self, sorted: &[Duration], part: f64) -> Duration {
        let last = sorted.len().saturating_sub(1);
        sorted.get((last as f64 * part).round() as usize).copied().unwrap_or_default()
    }
}

impl std::fmt::Display for Latencies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let micros = |part| self.percentile(&sorted, part).as_micros();
        write!(f, "p50 {} µs  p99 {} µs  max {} µs", micros(0.5), micros(0.99), micros(1.0))
    }
}
