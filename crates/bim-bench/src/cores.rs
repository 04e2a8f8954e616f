//! Which cores a process runs on, and how many files it may open.

use std::fmt;
use std::str::FromStr;

/// A list of cores: `0`, `0,2`, `1-3`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cores(Vec<usize>);

/// Highest number of a core.
const CORE_MAX: usize = 1023;

/// Why this process was not pinned.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PinError {
    /// The system has no way to do it that this program knows.
    #[error("cores can be chosen on Linux only")]
    Unsupported,
    /// The system said no.
    #[error("core {cores} can not be used: {why}")]
    Refused {
        /// Which.
        cores: String,
        /// The system's words.
        why: String,
    },
}

impl Cores {
    /// These and no others.
    #[must_use]
    pub fn of(cores: impl IntoIterator<Item = usize>) -> Self {
        Self(cores.into_iter().filter(|core| *core <= CORE_MAX).collect())
    }

    /// The cores this process may run on; none where the system does not tell.
    #[must_use]
    pub fn available() -> Self {
        Self::of(system::available())
    }

    /// The numbers.
    #[must_use]
    pub fn numbers(&self) -> &[usize] {
        &self.0
    }

    /// Keeps this thread, and the threads it starts from now on, to these cores.
    ///
    /// # Errors
    ///
    /// The system does not let it, or has no way to.
    pub fn pin(&self) -> Result<(), PinError> {
        system::pin(self)
    }
}

/// Lets this process open as many files as it may at all. Returns how many; `None` where the system does not tell.
#[must_use]
pub fn open_more_files() -> Option<u64> {
    system::open_more_files()
}

impl fmt::Display for Cores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&numbers.join(","))
    }
}

impl FromStr for Cores {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no list of cores; write 0 or 0,2 or 1-3");
        let number =
            |text: &str| text.parse::<usize>().ok().filter(|core| *core <= CORE_MAX).ok_or_else(wrong);
        let mut cores = Vec::new();
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last) = (number(first)?, number(last)?);
            if first > last {
                return Err(wrong());
            }
            cores.extend(first..=last);
        }
        Ok(Self(cores))
    }
}

#[cfg(target_os = "linux")]
mod system {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    use super::{CORE_MAX, Cores, PinError};

    pub(super) fn available() -> Vec<usize> {
        let set = sched_getaffinity(None).unwrap_or_else(|_| CpuSet::new());
        (0..=CORE_MAX).filter(|core| set.is_set(*core)).collect()
    }

    pub(super) fn pin(cores: &Cores) -> Result<(), PinError> {
        let mut set = CpuSet::new();
        cores.numbers().iter().for_each(|core| set.set(*core));
        sched_setaffinity(None, &set)
            .map_err(|error| PinError::Refused { cores: cores.to_string(), why: error.to_string() })
    }

    pub(super) fn open_more_files() -> Option<u64> {
        let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
        // What can not be raised stays as it is, and is what counts.
        let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).is_ok();
        if raised { maximum } else { current }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use super::{Cores, PinError};

    pub(super) fn available() -> Vec<usize> {
        Vec::new()
    }

    pub(super) fn pin(_: &Cores) -> Result<(), PinError> {
        Err(PinError::Unsupported)
    }

    pub(super) fn open_more_files() -> Option<u64> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cores_are_numbers_and_ranges() {
        for (text, cores) in [("0", vec![0]), ("0,2", vec![0, 2]), ("1-3,7", vec![1, 2, 3, 7])] {
            assert_eq!(text.parse(), Ok(Cores(cores)));
        }
        for text in ["", "x", "3-1", "-1", "99999", "1,,2"] {
            assert!(text.parse::<Cores>().unwrap_err().contains("no list of cores"), "{text}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_thread_can_be_kept_to_a_core_it_has() {
        let core = Cores::of(Cores::available().numbers().first().copied());
        let pinned = std::thread::spawn(move || core.pin().map(|()| Cores::available() == core));
        assert_eq!(pinned.join().unwrap(), Ok(true));
        assert!(open_more_files().is_none_or(|files| files > 0));
    }
}
