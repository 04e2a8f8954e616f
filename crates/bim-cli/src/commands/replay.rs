//! `bim replay`: what happened in a recording, and whether it happens again.

use std::collections::BTreeMap;
use std::path::Path;

use bim_server::recording::{Difference, EndOfRecording, RecordingError, Report};
use serde_json::{Value, json};

use super::say;
use crate::args::ReplayArgs;
use crate::error::CliError;

pub(super) async fn run(args: ReplayArgs) -> Result<(), CliError> {
    let ReplayArgs { file, json } = args;
    let name = file.display().to_string();
    let played = tokio::task::spawn_blocking(move || play(&file)).await;
    let played = played.map_err(|_| CliError::failed(format!("{name}: the play did not finish")))?;
    let report = played.map_err(|error| refusal(&name, error))?;
    say(if json { as_json(&report).to_string() } else { as_text(&report) })?;
    match report.is_same() {
        true => Ok(()),
        false => Err(CliError::failed(format!("{name}: this version wants something else"))),
    }
}

/// A recording of either kind.
fn play(file: &Path) -> Result<Report, RecordingError> {
    match bim_server::recording::play_file(file) {
        Err(RecordingError::OtherKind { .. }) => bim::recording::play_file(file),
        played => played,
    }
}

fn refusal(name: &str, error: RecordingError) -> CliError {
    let failed = CliError::failed(format!("{name}: {error}"));
    match error {
        RecordingError::Newer { .. } | RecordingError::Unplayable { .. } => {
            failed.help("play it with the version of bim that made it, or a newer one")
        }
        RecordingError::Damaged { .. } => failed.help("ask for the file again; it was changed on its way"),
        _ => failed,
    }
}

fn as_text(report: &Report) -> String {
    let mut lines = vec![
        format!("machine    {} of bim {}", report.machine.name(), report.made_by),
        format!("bodies     {}", if report.bodies { "as they were" } else { "replaced" }),
        format!("recorded   {} entries in {:.3} s", report.entries, report.span.as_secs_f64()),
        format!("ends       {}", report.end.describe()),
        format!("logins     {}", report.logins),
        format!("inputs     {}", listed(&report.inputs)),
        format!("requests   {}", listed(&report.requests)),
        format!("outputs    {}", listed(&report.outputs)),
    ];
    match &report.first_difference {
        None => lines.push("same outputs".to_owned()),
        Some(difference) => {
            lines.push(format!("differences after {} entries; the first:", report.differences));
            lines.push(difference.to_string());
        }
    }
    lines.join("\n")
}

fn listed(counts: &BTreeMap<&'static str, u64>) -> String {
    let counts: Vec<String> = counts.iter().map(|(name, count)| format!("{name} {count}")).collect();
    if counts.is_empty() { "none".to_owned() } else { counts.join(", ") }
}

fn as_json(report: &Report) -> Value {
    let end = match report.end {
        EndOfRecording::Complete => "complete",
        EndOfRecording::FileFull => "file_full",
        EndOfRecording::TooSlow => "too_slow",
        EndOfRecording::EntryTooLarge => "entry_too_large",
        EndOfRecording::CutOff => "cut_off",
    };
    json!({
        "machine": report.machine.name(),
        "made_by": report.made_by,
        "bodies": report.bodies,
        "entries": report.entries,
        "span_us": u64::try_from(report.span.as_micros()).unwrap_or(u64::MAX),
        "end": end,
        "logins": report.logins,
        "inputs": report.inputs,
        "requests": report.requests,
        "outputs": report.outputs,
        "same": report.is_same(),
        "differences": report.differences,
        "first_difference": report.first_difference.as_ref().map(difference_as_json),
    })
}

fn difference_as_json(difference: &Difference) -> Value {
    let outputs = |(count, kinds): &(u64, Vec<&'static str>)| json!({ "count": count, "kinds": kinds });
    json!({
        "entry": difference.entry,
        "mono_us": difference.at.mono.as_micros(),
        "wall_ms": difference.at.wall.as_millis(),
        "input": difference.input,
        "output": difference.output,
        "expected": outputs(&difference.expected),
        "found": outputs(&difference.found),
    })
}
