//! `cargo xtask bench --compare REV`: the benchmarks of another revision and of this tree, in turns, side by side.
//!
//! *What it owns.* A checkout of the revision and where it is built (both below `target/compare`), the order of the runs,
//! what the benchmarks' own lines mean, and the table. A run of one tree is followed by a run of the other, so that what
//! changes on the machine meanwhile meets both.
//!
//! *What it never does.* It measures nothing itself and asks nothing new of a benchmark: it reads what is printed anyway,
//! so that revisions from before it can be compared too.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::failure::Failure;
use crate::shell::{self, Built};

mod figures;
mod programs;
mod revision;
mod table;

use figures::Figure;
use table::{Side, Table};

/// Options of `cargo xtask bench`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The revision to compare this tree with, as git names it: `main`, `HEAD~3`, `1a2b3c4`.
    #[arg(long, value_name = "REV")]
    compare: String,
    /// Only this benchmark, such as `codec`; may be given several times. Otherwise all that both trees have.
    #[arg(long, value_name = "NAME")]
    bench: Vec<String>,
    /// How often each tree runs. The medians are compared.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=99))]
    rounds: u32,
    /// Only figures with this text in their name.
    #[arg(last = true)]
    filter: Option<String>,
}

/// Compares.
pub(crate) fn run(root: &Path, args: &Args) -> Result<(), Failure> {
    let target = programs::target_folder(root)?;
    let checkout = revision::Checkout::of(root, &args.compare, &target.join("compare"))?;
    let chosen = programs::chosen(&checkout, root, &args.bench)?;
    println!("building {} of {}", chosen.join(", "), checkout.name());
    let before = programs::build(checkout.folder(), &chosen, Some(&target.join("compare/build")))?;
    println!("building {} of this tree", chosen.join(", "));
    let now = programs::build(root, &chosen, None)?;

    let scratch = tempfile::tempdir().map_err(|error| Failure::file(&std::env::temp_dir(), &error))?;
    let mut table = Table::new(checkout.name());
    let mut failed = Vec::new();
    for round in 1..=args.rounds {
        for name in &chosen {
            for (side, folder, built) in [(Side::Before, checkout.folder(), &before), (Side::Now, root, &now)]
            {
                let run = Run { side, folder, scratch: scratch.path(), filter: args.filter.as_deref() };
                let whose = if side == Side::Before { checkout.name() } else { "this tree" };
                print!("round {round} of {}: {name} of {whose} … ", args.rounds);
                // What runs is told before it is done.
                drop(std::io::stdout().flush());
                failed.extend(run.run(built, name, &mut table)?);
            }
        }
    }
    drop(checkout);
    println!("\n{table}");
    verdict(&table, &failed, args.filter.as_deref())
}

/// One run of one benchmark of one tree.
struct Run<'a> {
    side: Side,
    folder: &'a Path,
    scratch: &'a Path,
    filter: Option<&'a str>,
}

impl Run<'_> {
    /// Runs it and takes its figures; says what it printed when it failed, which may be after many figures.
    fn run(&self, built: &[Built], name: &str, table: &mut Table) -> Result<Option<String>, Failure> {
        let program = built
            .iter()
            .find(|built| built.name == name)
            .ok_or_else(|| Failure::new(format!("cargo did not build the benchmark {name}"), ""))?;
        let mut command = Command::new(&program.path);
        // Where cargo would run it. Criterion keeps what it measured; each tree's is its own and goes at the end.
        command.current_dir(self.folder.join("benches")).arg("--bench").args(self.filter);
        command.env("CRITERION_HOME", self.scratch.join(self.side.folder()));
        let begin = Instant::now();
        let output = shell::output_of(&mut command)?;
        println!("{:.1} s", begin.elapsed().as_secs_f64());
        let figures = figures::read(&String::from_utf8_lossy(&output.stdout));
        let wanted = |figure: &Figure| self.filter.is_none_or(|text| figure.name.contains(text));
        figures.into_iter().filter(wanted).for_each(|figure| table.add(self.side, figure));
        if output.status.success() {
            return Ok(None);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Ok(Some(format!("{} failed: {}: {}", program.path.display(), output.status, last_lines(&said))))
    }
}

fn verdict(table: &Table, failed: &[String], filter: Option<&str>) -> Result<(), Failure> {
    if !failed.is_empty() {
        return Err(Failure::new(
            failed.join("\n"),
            "run the benchmark by itself: `cargo bench --bench NAME`",
        ));
    }
    match filter {
        Some(text) if table.is_empty() => Err(Failure::new(
            format!("no figure has {text:?} in its name"),
            "leave the filter out to see the names",
        )),
        None if table.is_empty() => {
            Err(Failure::new("the benchmarks printed no figures", "see `cargo bench`"))
        }
        _ => Ok(()),
    }
}

/// The end of what a benchmark said.
fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines.get(lines.len().saturating_sub(5)..).unwrap_or_default().join("\n  ")
}
