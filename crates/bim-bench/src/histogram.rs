//! Latencies, counted in buckets that are narrow where it matters.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Buckets in each power of two: a percentile is off by less than half a percent.
const BUCKETS_PER_OCTAVE: u64 = 128;

/// Powers of two of microseconds, up to more than an hour.
const OCTAVES: u64 = 26;

/// How often which latency occurred. Many tasks add to one at the same time.
#[derive(Debug)]
pub struct Histogram {
    buckets: Vec<AtomicU64>,
}

impl Default for Histogram {
    fn default() -> Self {
        let buckets = (0..=OCTAVES * BUCKETS_PER_OCTAVE).map(|_| AtomicU64::new(0)).collect();
        Self { buckets }
    }
}

impl Histogram {
    /// Counts one latency.
    pub fn add(&self, latency: Duration) {
        self.add_micros(u64::try_from(latency.as_micros()).unwrap_or(u64::MAX));
    }

    /// Counts one latency, in microseconds.
    pub fn add_micros(&self, micros: u64) {
        let last = self.buckets.len() - 1;
        let bucket = usize::try_from(bucket_of(micros)).unwrap_or(last).min(last);
        self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
    }

    /// Counts what another counted.
    pub fn absorb(&self, other: &Self) {
        for (own, other) in self.buckets.iter().zip(&other.buckets) {
            own.fetch_add(other.load(Ordering::Relaxed), Ordering::Relaxed);
        }
    }

    /// How many were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed)).sum()
    }

    /// The latency below which this part of all lies, 0 to 1; zero when nothing was counted.
    #[must_use]
    pub fn quantile(&self, part: f64) -> Duration {
        let wanted = (self.count() as f64 * part).ceil().max(1.0) as u64;
        let mut below = 0;
        for (bucket, count) in self.buckets.iter().enumerate() {
            below += count.load(Ordering::Relaxed);
            if below >= wanted {
                return Duration::from_micros(middle_of(bucket as u64));
            }
        }
        Duration::ZERO
    }
}

/// Below the first octave each microsecond has a bucket; above, each octave has as many.
fn bucket_of(micros: u64) -> u64 {
    if micros < BUCKETS_PER_OCTAVE {
        return micros;
    }
    let octave = u64::from(micros.ilog2()) - u64::from(BUCKETS_PER_OCTAVE.ilog2());
    octave * BUCKETS_PER_OCTAVE + (micros >> octave)
}

fn middle_of(bucket: u64) -> u64 {
    if bucket < 2 * BUCKETS_PER_OCTAVE {
        return bucket;
    }
    let octave = bucket / BUCKETS_PER_OCTAVE - 1;
    let within = bucket - octave * BUCKETS_PER_OCTAVE;
    (within << octave) + (1 << (octave - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_off_by_less_than_half_a_percent() {
        for micros in [0, 1, 127, 128, 129, 255, 256, 1_000, 123_456, 3_000_000_000] {
            let histogram = Histogram::default();
            histogram.add(Duration::from_micros(micros));
            let found = histogram.quantile(0.99).as_micros() as f64;
            assert!((found - micros as f64).abs() <= micros as f64 * 0.005, "{micros}: {found}");
        }
    }

    #[test]
    fn quantiles_lie_where_they_should() {
        let histogram = Histogram::default();
        (1..=100).for_each(|micros| histogram.add(Duration::from_micros(micros)));
        assert_eq!(histogram.count(), 100);
        assert_eq!(histogram.quantile(0.5), Duration::from_micros(50));
        assert_eq!(histogram.quantile(0.99), Duration::from_micros(99));
        assert_eq!(histogram.quantile(1.0), Duration::from_micros(100));
        assert_eq!(Histogram::default().quantile(0.5), Duration::ZERO);
    }
}
