//! What a bench came to: every run, and the medians.

use bim_bench::{CrowdFigures, DurableFigures, StormFigures};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::own_server::Placement;
use crate::args::BenchArgs;

/// What one run over one transport came to.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) transport: String,
    pub(super) figures: Figures,
}

/// What was measured.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Figures {
    Crowd(CrowdFigures),
    Storm(StormFigures),
    Durable(DurableFigures),
}

/// What a bench came to.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) conditions: Value,
    pub(super) placement: Placement,
    rows: Vec<Row>,
}

/// The runs over one transport.
#[derive(Debug)]
pub(super) struct Summary {
    pub(super) transport: String,
    pub(super) runs: usize,
    /// Of each figure.
    pub(super) medians: Figures,
    /// From the lowest to the highest, over the median.
    pub(super) spreads: Value,
}

impl Figures {
    /// What is off, in a sentence.
    pub(super) fn fault(&self) -> Option<String> {
        match self {
            Self::Crowd(crowd) if !crowd.faults.is_empty() => {
                let lost: u64 = crowd.loads.iter().map(|load| load.lost).sum();
                Some(format!("{lost} deliveries are lost; {}", crowd.faults))
            }
            Self::Crowd(_) | Self::Storm(_) | Self::Durable(_) => None,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Crowd(_) => "load",
            Self::Storm(_) => "join_storm",
            Self::Durable(_) => "durable",
        }
    }
}

impl Report {
    pub(super) fn new(args: &BenchArgs, placement: &Placement) -> Self {
        let cores = |cores: &Option<bim_bench::Cores>| cores.as_ref().map(ToString::to_string);
        let conditions = json!({
            "bim": env!("CARGO_PKG_VERSION"),
            "endpoint": args.endpoint,
            "viewers": args.viewers,
            "senders": args.senders,
            "stalled_percent": args.stalled,
            "body_bytes": args.body,
            "classes": args.classes.unwrap_or_default().to_string(),
            "warm_up_seconds": args.warm_up.as_secs_f64(),
            "measured_seconds": args.seconds.as_secs_f64(),
            "runs": args.runs,
            "server_cores": cores(&placement.server),
            "generator_cores": cores(&placement.own),
        });
        Self { conditions, placement: placement.clone(), rows: Vec::new() }
    }

    pub(super) fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// What is off, in a sentence.
    pub(super) fn fault(&self) -> Option<String> {
        self.rows.iter().find_map(|row| row.figures.fault())
    }

    /// Each transport, in the order in which they were measured.
    pub(super) fn summaries(&self) -> Vec<Summary> {
        let mut names: Vec<&str> = Vec::new();
        for row in &self.rows {
            if !names.contains(&row.transport.as_str()) {
                names.push(&row.transport);
            }
        }
        names.into_iter().filter_map(|name| self.summary(name)).collect()
    }

    fn summary(&self, transport: &str) -> Option<Summary> {
        let runs: Vec<&Figures> =
            self.rows.iter().filter(|row| row.transport == transport).map(|row| &row.figures).collect();
        let values: Vec<Value> =
            runs.iter().filter_map(|figures| serde_json::to_value(figures).ok()).collect();
        let all: Vec<&Value> = values.iter().collect();
        let (medians, spreads) = (fold(&all, &median), fold(&all, &spread));
        let medians = match runs.first()? {
            Figures::Crowd(_) => Figures::Crowd(read(&medians)?),
            Figures::Storm(_) => Figures::Storm(read(&medians)?),
            Figures::Durable(_) => Figures::Durable(read(&medians)?),
        };
        Some(Summary { transport: transport.to_owned(), runs: runs.len(), medians, spreads })
    }

    /// One object, documented in `docs/bench.md`.
    pub(super) fn json(&self) -> String {
        let entry =
            |transport: &str, kind: &str, figures: Value| json!({ "transport": transport, kind: figures });
        let value = |figures: &Figures| serde_json::to_value(figures).unwrap_or_default();
        let runs: Vec<Value> = self
            .rows
            .iter()
            .map(|row| entry(&row.transport, row.figures.name(), value(&row.figures)))
            .collect();
        let (mut medians, mut spreads) = (Vec::new(), Vec::new());
        for Summary { transport, medians: figures, spreads: spread, .. } in self.summaries() {
            medians.push(entry(&transport, figures.name(), value(&figures)));
            spreads.push(entry(&transport, figures.name(), spread));
        }
        json!({
            "conditions": self.conditions,
            "runs": runs,
            "medians": medians,
            "spreads": spreads,
            "fault": self.fault(),
        })
        .to_string()
    }
}

fn read<T: DeserializeOwned>(value: &Value) -> Option<T> {
    serde_json::from_value(value.clone()).ok()
}

/// Brings several of the same shape together, number by number. What is no number is that of the first.
fn fold(all: &[&Value], numbers: &dyn Fn(&[&Value]) -> Value) -> Value {
    match all.first() {
        Some(Value::Object(first)) => {
            let field = |name: &String| {
                let fields: Vec<&Value> = all.iter().filter_map(|value| value.get(name)).collect();
                (name.clone(), fold(&fields, numbers))
            };
            Value::Object(first.keys().map(field).collect())
        }
        Some(Value::Array(first)) => {
            let entry = |at: usize| {
                let entries: Vec<&Value> = all.iter().filter_map(|value| value.get(at)).collect();
                fold(&entries, numbers)
            };
            Value::Array((0..first.len()).map(entry).collect())
        }
        Some(Value::Number(_)) => {
            let mut sorted: Vec<&Value> = all.iter().copied().filter(|value| value.is_number()).collect();
            sorted.sort_by(|one, other| number(one).total_cmp(&number(other)));
            numbers(&sorted)
        }
        Some(other) => (*other).clone(),
        None => Value::Null,
    }
}

/// The middle one; of an even number the upper one in the middle.
fn median(sorted: &[&Value]) -> Value {
    sorted.get(sorted.len() / 2).map_or(Value::Null, |value| (*value).clone())
}

/// From the lowest to the highest, over the median; 0 when that is 0.
fn spread(sorted: &[&Value]) -> Value {
    let all = [sorted.first(), sorted.last(), sorted.get(sorted.len() / 2)];
    let [lowest, highest, middle] = all.map(|value| value.map_or(0.0, |value| number(value)));
    json!(if middle == 0.0 { 0.0 } else { (highest - lowest) / middle })
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(all: &[Value], numbers: &dyn Fn(&[&Value]) -> Value) -> Value {
        fold(&all.iter().collect::<Vec<_>>(), numbers)
    }

    #[test]
    fn medians_and_spreads_are_of_each_number_by_itself() {
        let runs = [(1, 10.0), (3, 40.0), (2, 20.0)].map(|(whole, broken)| {
            json!({ "load": "50/s", "whole": whole, "list": [{ "broken": broken }], "none": null })
        });
        let medians = json!({ "load": "50/s", "whole": 2, "list": [{ "broken": 20.0 }], "none": null });
        assert_eq!(folded(&runs, &median), medians);
        let spreads = json!({ "load": "50/s", "whole": 1.0, "list": [{ "broken": 1.5 }], "none": null });
        assert_eq!(folded(&runs, &spread), spreads);
    }

    #[test]
    fn figures_come_back_from_their_medians() {
        let figures = StormFigures { joined: 7, joins_per_second: 1.5, ..StormFigures::default() };
        let value = serde_json::to_value(figures).unwrap();
        assert_eq!(read::<StormFigures>(&folded(&[value.clone(), value], &median)), Some(figures));
    }
}
