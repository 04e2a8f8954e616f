//! What a process takes of the machine, as Linux tells it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Ticks in a second of CPU time in `/proc`: the same on every Linux that has glibc or musl.
const TICKS_PER_SECOND: u64 = 100;

/// How often memory is looked at between two calls.
const WATCH_INTERVAL: Duration = Duration::from_millis(50);

/// What a process takes. Zero where the system does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Memory that is resident now, in bytes.
    pub rss: u64,
    /// The most that ever was, in bytes.
    pub rss_max: u64,
    /// CPU time, its own and the kernel's for it.
    pub cpu: Duration,
}

impl Usage {
    /// Reads what a process takes now.
    #[must_use]
    pub fn of(pid: u32) -> Self {
        let folder = format!("/proc/{pid}");
        let read = |name| std::fs::read_to_string(Path::new(&folder).join(name)).unwrap_or_default();
        let status = read("status");
        Self {
            rss: kilobytes(&status, "VmRSS:"),
            rss_max: kilobytes(&status, "VmHWM:"),
            cpu: cpu(&read("stat")),
        }
    }
}

/// CPU time that the whole machine had, and how much of it was used. Zero where the system does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// Used by processes, or taken by the host. Interrupts belong to nobody: much of a loopback network is done in them.
    pub busy: Duration,
    /// Used or not.
    pub all: Duration,
}

impl Machine {
    /// Since the machine was started.
    #[must_use]
    pub fn now() -> Self {
        machine(&std::fs::read_to_string("/proc/stat").unwrap_or_default())
    }

    /// Since another time.
    #[must_use]
    pub fn since(self, earlier: Self) -> Self {
        Self { busy: self.busy.saturating_sub(earlier.busy), all: self.all.saturating_sub(earlier.all) }
    }
}

/// Looks at a process's memory all the time, and knows the most there was since it was asked last.
#[derive(Debug)]
pub struct RssWatch {
    most: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl RssWatch {
    /// Begins to look.
    #[must_use]
    pub fn start(pid: u32) -> Self {
        let (most, over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (seen, ended) = (Arc::clone(&most), Arc::clone(&over));
        let thread = std::thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                seen.fetch_max(Usage::of(pid).rss, Ordering::Relaxed);
                std::thread::sleep(WATCH_INTERVAL);
            }
        });
        Self { most, over, thread: Some(thread) }
    }

    /// The most there was, in bytes, since this was asked last.
    #[must_use]
    pub fn take_most(&self) -> u64 {
        self.most.swap(0, Ordering::Relaxed)
    }
}

impl Drop for RssWatch {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        self.thread.take().map(JoinHandle::join);
    }
}

fn kilobytes(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0) * 1024
}

/// Fields 14 and 15, counted from the name's closing bracket, as a name may hold anything.
fn cpu(stat: &str) -> Duration {
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: u64 =
        after_name.split_whitespace().skip(11).take(2).filter_map(|number| number.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND)
}

/// The first line holds user, nice, system, idle, waiting, interrupts of two kinds, and what the host took.
fn machine(stat: &str) -> Machine {
    let line = stat.lines().next().unwrap_or_default();
    let ticks: Vec<u64> =
        line.split_whitespace().skip(1).take(8).filter_map(|word| word.parse().ok()).collect();
    let time = |ticks: u64| Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND);
    let all = ticks.iter().sum();
    let nobodys: u64 = ticks.iter().skip(3).take(4).sum();
    Machine { busy: time(all - nobodys), all: time(all) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_spaces_does_not_confuse_the_fields() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 4 0";
        assert_eq!(cpu(stat), Duration::from_secs(2));
        assert_eq!(cpu(""), Duration::ZERO);
        assert_eq!(kilobytes("Name:\tx\nVmRSS:\t   12 kB\n", "VmRSS:"), 12 * 1024);
    }

    #[test]
    fn what_is_idle_waits_or_interrupts_is_not_busy() {
        let stat = "cpu  100 0 50 600 50 40 60 100 0 0\ncpu0 1 2 3\n";
        assert_eq!(
            machine(stat),
            Machine { busy: Duration::from_millis(2_500), all: Duration::from_secs(10) }
        );
        assert_eq!(machine(""), Machine::default());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_takes_something() {
        let usage = Usage::of(std::process::id());
        assert!(usage.rss > 0 && usage.rss_max >= usage.rss);
    }
}
