//! `cargo xtask ci`: the read-only gate. Runs its steps in order, goes on after a failure, and fails at the end.
//!
//! It tests nothing by itself (`cargo test --workspace` does); it shares the target folder with everything else.

use std::path::Path;
use std::time::Instant;

use crate::failure::Failure;

mod features;
mod msrv;
mod separations;
mod steps;

use steps::{STEPS, Step};

/// How much of the output of a second and further failing step is shown.
const TAIL_LINES: usize = 30;

/// Options of `cargo xtask ci`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Say what the steps are and run none.
    #[arg(long)]
    list: bool,
    /// Run only these steps.
    steps: Vec<String>,
}

/// Runs the gate, or the chosen steps of it.
pub(crate) fn run(root: &Path, args: &Args) -> Result<(), Failure> {
    let chosen = chosen(&args.steps)?;
    if args.list {
        for step in chosen {
            println!("{:<12} {}", step.name, step.proves);
        }
        return Ok(());
    }
    let mut results = Vec::new();
    for step in chosen {
        let seen_failure = results.iter().any(|result: &Outcome| result.failed);
        results.push(run_step(root, step, seen_failure));
    }
    summary(&results)
}

struct Outcome {
    name: &'static str,
    seconds: f64,
    failed: bool,
}

fn run_step(root: &Path, step: &Step, seen_failure: bool) -> Outcome {
    println!("ci: {} …", step.name);
    let start = Instant::now();
    let outcome = (step.run)(root);
    let seconds = start.elapsed().as_secs_f64();
    match &outcome {
        Ok(note) if note.is_empty() => println!("ci: {} ok, {seconds:.1} s", step.name),
        Ok(note) => println!("ci: {} ok, {seconds:.1} s ({note})", step.name),
        Err(failure) => {
            println!("{}", if seen_failure { tail(&failure.what) } else { failure.what.clone() });
            println!("ci: {} FAILED, {seconds:.1} s; to mend it: {}", step.name, failure.mend);
        }
    }
    Outcome { name: step.name, seconds, failed: outcome.is_err() }
}

fn summary(results: &[Outcome]) -> Result<(), Failure> {
    println!();
    for result in results {
        println!(
            "{:<12} {:>7.1} s  {}",
            result.name,
            result.seconds,
            if result.failed { "FAILED" } else { "ok" }
        );
    }
    let failed: Vec<&str> = results.iter().filter(|result| result.failed).map(|result| result.name).collect();
    if failed.is_empty() {
        return Ok(());
    }
    Err(Failure::new(
        format!("{} of {} steps failed: {}", failed.len(), results.len(), failed.join(", ")),
        format!(
            "`cargo xtask fix` does what can be done by itself; then `cargo xtask ci {}`",
            failed.join(" ")
        ),
    ))
}

fn chosen(names: &[String]) -> Result<Vec<&'static Step>, Failure> {
    if names.is_empty() {
        return Ok(STEPS.iter().collect());
    }
    let known: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
    let find = |name: &String| {
        STEPS.iter().find(|step| step.name == name.as_str()).ok_or_else(|| {
            Failure::new(format!("there is no step {name:?}"), format!("choose from {}", known.join(", ")))
        })
    };
    names.iter().map(find).collect()
}

fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let hidden = lines.len().saturating_sub(TAIL_LINES);
    let shown = lines.get(hidden..).unwrap_or_default().join("\n");
    if hidden == 0 { shown } else { format!("[{hidden} lines before this]\n{shown}") }
}

#[cfg(test)]
mod tests {
    use super::{Outcome, chosen, summary, tail};

    #[test]
    fn steps_are_chosen_by_name_and_an_unknown_one_lists_the_known() {
        assert!(chosen(&[]).unwrap().len() > 5);
        assert_eq!(chosen(&["tidy".to_owned()]).unwrap().first().unwrap().name, "tidy");
        let Err(failure) = chosen(&["tidi".to_owned()]) else { panic!("an unknown step was accepted") };
        assert!(failure.mend.contains("tidy, "), "{failure}");
    }

    #[test]
    fn one_failed_step_fails_the_gate_and_is_named() {
        let result = |name, failed| Outcome { name, seconds: 0.0, failed };
        assert!(summary(&[result("a", false)]).is_ok());
        let failure = summary(&[result("a", false), result("b", true)]).unwrap_err();
        assert!(failure.to_string().contains("cargo xtask ci b"), "{failure}");
    }

    #[test]
    fn a_long_output_is_cut_at_its_beginning() {
        let text = (0..40).map(|n| n.to_string()).collect::<Vec<_>>().join("\n");
        assert!(tail(&text).starts_with("[10 lines before this]\n10\n"));
        assert_eq!(tail("a\nb"), "a\nb");
    }
}
