//! The options of the command, and what is wrong with those that mean nothing.

use std::fmt;
use std::str::FromStr;

use bim_sim::{Mode, Plan};
use bim_types::Defect;
use clap::{Parser, ValueEnum};

/// Plays the whole system in one thread, seed after seed, until a promise is broken.
///
/// Every seed is played twice: in safety mode faults go on to the end and nothing may ever be wrong; in liveness mode
/// they stop, and everything must come to rest. A run that fails prints the one line that replays it, with as few faults
/// as are enough.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask sim", bin_name = "cargo xtask sim")]
#[command(after_help = "Examples:\n  \
    cargo xtask sim --seeds 20000            every seed below 20,000, in both modes\n  \
    cargo xtask sim --seed 7 --mode safety   one run; --tell prints everything that happens in it\n  \
    cargo xtask sim --seed 7 --keep 0,3      the same with two of its faults\n  \
    cargo xtask sim --bug-bank               whether every deliberate defect is found")]
pub(crate) struct Options {
    /// How many seeds.
    #[arg(long, default_value_t = 1_000)]
    pub(crate) seeds: u64,
    /// Only this seed.
    #[arg(long, conflicts_with_all = ["seeds", "from", "minutes", "bug_bank"])]
    pub(crate) seed: Option<u64>,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    pub(crate) from: u64,
    /// At most so many minutes of real time.
    #[arg(long, value_parser = minutes)]
    pub(crate) minutes: Option<f64>,
    /// Only this mode; both without it.
    #[arg(long)]
    pub(crate) mode: Option<ModeName>,
    /// Only the faults with these numbers, separated by commas, as a replay line says; `none` for none.
    #[arg(long, requires = "seed")]
    pub(crate) keep: Option<Keep>,
    /// Threads; as many as there are cores without it.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) threads: Option<u16>,
    /// Plant this defect, to see what is found.
    #[arg(long, value_parser = defect, conflicts_with = "bug_bank")]
    pub(crate) defect: Option<Defect>,
    /// Plant each defect in turn, and print which seed found it.
    #[arg(long, conflicts_with_all = ["from", "minutes", "mode"])]
    pub(crate) bug_bank: bool,
    /// Print everything that happens.
    #[arg(long, requires = "seed")]
    pub(crate) tell: bool,
}

/// One of the two modes.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ModeName {
    /// Faults go on to the end.
    Safety,
    /// Faults stop, and everything must come to rest.
    Liveness,
}

/// The numbers of the faults to keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Keep(pub(crate) Vec<usize>);

/// What is wrong with a list of numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NoNumber(String);

impl Options {
    pub(crate) fn modes(&self) -> Vec<Mode> {
        self.mode.map_or_else(|| vec![Mode::Safety, Mode::Liveness], |mode| vec![mode.into()])
    }

    /// Threads to use.
    pub(crate) fn threads(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        self.threads.map_or_else(cores, usize::from)
    }
}

/// The line that plays a plan again.
pub(crate) fn replay_line(plan: &Plan, defect: Option<Defect>) -> String {
    let numbers = Keep(plan.faults.iter().map(|fault| fault.number).collect());
    let mode = if plan.mode == Mode::Safety { "safety" } else { "liveness" };
    let defect = defect.map(|defect| format!(" --defect {}", defect.name())).unwrap_or_default();
    format!("cargo xtask sim --seed {} --mode {mode} --keep {numbers}{defect}", plan.seed)
}

impl From<ModeName> for Mode {
    fn from(name: ModeName) -> Self {
        match name {
            ModeName::Safety => Self::Safety,
            ModeName::Liveness => Self::Liveness,
        }
    }
}

impl FromStr for Keep {
    type Err = NoNumber;

    fn from_str(text: &str) -> Result<Self, NoNumber> {
        if text == "none" {
            return Ok(Self(Vec::new()));
        }
        let number = |part: &str| part.trim().parse().map_err(|_| NoNumber(part.trim().to_owned()));
        text.split(',').map(number).collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Display for Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("none");
        }
        let numbers: Vec<_> = self.0.iter().map(usize::to_string).collect();
        f.write_str(&numbers.join(","))
    }
}

impl fmt::Display for NoNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}' is no number of a fault. Expected numbers separated by commas, or none", self.0)
    }
}

impl std::error::Error for NoNumber {}

fn minutes(text: &str) -> Result<f64, String> {
    let minutes = text.parse().ok().filter(|minutes: &f64| minutes.is_finite() && *minutes > 0.0);
    minutes.filter(|minutes| *minutes <= 1e6).ok_or_else(|| "expected a number of minutes above 0".to_owned())
}

fn defect(name: &str) -> Result<Defect, String> {
    if !cfg!(feature = "bug-bank") {
        return Err("this build has no defects; build it with the feature bug-bank".to_owned());
    }
    Defect::of_name(name).ok_or_else(|| {
        let nearest = Defect::ALL.iter().min_by_key(|known| distance(name, known.name()));
        let nearest = nearest.map_or("", |known| known.name());
        format!("there is no such defect; the nearest is {nearest}")
    })
}

/// How many characters have to be changed, added or left out to make one word of another.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (at, letter) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], at + 1);
        for (column, wanted) in other.chars().enumerate() {
            let change = diagonal + usize::from(letter != wanted);
            diagonal = row[column + 1];
            row[column + 1] = change.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(arguments: &[&str]) -> String {
        let arguments = std::iter::once(&"sim").chain(arguments);
        Options::try_parse_from(arguments).expect_err("it means nothing").to_string()
    }

    #[test]
    fn what_is_kept_is_read_as_it_is_written() {
        for text in ["none", "0", "3,14,15"] {
            assert_eq!(text.parse::<Keep>().unwrap().to_string(), text);
        }
        let plan = Plan::draw(7, Mode::Liveness).keeping(&[0]);
        let line = replay_line(&plan, None);
        let arguments = line.strip_prefix("cargo xtask ").unwrap().split(' ');
        let options = Options::try_parse_from(arguments).unwrap();
        assert_eq!((options.seed, options.modes()), (Some(7), vec![Mode::Liveness]));
        assert_eq!(options.keep.unwrap().0, plan.faults.iter().map(|fault| fault.number).collect::<Vec<_>>());
    }

    #[test]
    fn an_option_that_means_nothing_is_refused_and_says_why() {
        assert!(refused(&["--seed", "1", "--keep", "1,x"]).contains("'x' is no number of a fault"));
        assert!(refused(&["--keep", "1"]).contains("--seed"));
        assert!(refused(&["--seed", "1", "--seeds", "5"]).contains("cannot be used with"));
        assert!(refused(&["--tell"]).contains("--seed"));
        assert!(refused(&["--minutes", "never"]).contains("above 0"));
        assert!(refused(&["--threads", "0"]).contains("1..=256"));
    }

    #[test]
    #[cfg(feature = "bug-bank")]
    fn a_defect_that_is_not_there_is_answered_with_the_nearest_name() {
        assert!(refused(&["--defect", "ack-before-comit"]).contains("the nearest is ack-before-commit"));
    }

    #[test]
    fn the_nearest_word_is_the_one_with_the_fewest_changes() {
        assert_eq!([distance("", "abc"), distance("abc", "abc"), distance("kitten", "sitting")], [3, 0, 3]);
    }
}
