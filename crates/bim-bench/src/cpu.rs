//! CPU time of a process, as finely as Linux tells it.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::Usage;

/// CPU time that a process had until a moment.
///
/// Nanoseconds of each thread where the system tells them; otherwise, and when threads ended meanwhile, what it tells of
/// the whole process, in hundredths of a second.
#[derive(Clone, Debug, Default)]
pub struct CpuTime {
    threads: BTreeMap<u32, u64>,
    process: Duration,
}

impl CpuTime {
    /// Until now; `None` when nothing is known of such a process.
    #[must_use]
    pub fn of(pid: u32) -> Option<Self> {
        let process = Usage::of(pid);
        if process == Usage::default() {
            return None;
        }
        let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).ok()?;
        let of_thread = |name: &str| {
            let text = std::fs::read_to_string(format!("/proc/{pid}/task/{name}/schedstat")).ok()?;
            Some((name.parse().ok()?, text.split_whitespace().next()?.parse().ok()?))
        };
        let names = tasks.flatten().filter_map(|task| task.file_name().into_string().ok());
        Some(Self { threads: names.filter_map(|name| of_thread(&name)).collect(), process: process.cpu })
    }

    /// How much was added since an earlier moment.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Duration {
        let is_whole =
            !self.threads.is_empty() && earlier.threads.keys().all(|id| self.threads.contains_key(id));
        if !is_whole {
            return self.process.saturating_sub(earlier.process);
        }
        let before = |id| earlier.threads.get(id).copied().unwrap_or(0);
        Duration::from_nanos(self.threads.iter().map(|(id, now)| now.saturating_sub(before(id))).sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(threads: &[(u32, u64)], millis: u64) -> CpuTime {
        CpuTime { threads: threads.iter().copied().collect(), process: Duration::from_millis(millis) }
    }

    #[test]
    fn threads_are_added_up_to_the_nanosecond() {
        let since = time(&[(1, 500), (2, 70), (3, 9)], 0).since(&time(&[(1, 400), (2, 60)], 0));
        assert_eq!(since, Duration::from_nanos(119));
    }

    #[test]
    fn when_a_thread_has_ended_the_whole_process_counts() {
        let since = time(&[(1, 500)], 70).since(&time(&[(1, 400), (2, 60)], 20));
        assert_eq!(since, Duration::from_millis(50));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_is_known_and_nobody_else() {
        assert!(CpuTime::of(std::process::id()).is_some());
        assert!(CpuTime::of(u32::MAX).is_none());
    }
}
