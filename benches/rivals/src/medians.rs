//! The median of every number of several runs.

use bim_bench::CrowdFigures;
use serde_json::Value;

use crate::Row;

/// One row for each contestant, in the order of their first runs.
pub(crate) fn medians(runs: &[Row]) -> Vec<Row> {
    let mut names: Vec<&'static str> = Vec::new();
    runs.iter().for_each(|run| {
        if !names.contains(&run.contestant) {
            names.push(run.contestant);
        }
    });
    let of = |name| {
        let its = runs.iter().filter(|run| run.contestant == name);
        let values: Vec<Value> = its.filter_map(|run| serde_json::to_value(&run.figures).ok()).collect();
        let median = serde_json::from_value::<CrowdFigures>(median(&values));
        median.ok().map(|figures| Row { contestant: name, figures })
    };
    names.into_iter().filter_map(of).collect()
}

/// Numbers become their median; what is no number is as in the first run.
fn median(values: &[Value]) -> Value {
    let Some(first) = values.first() else { return Value::Null };
    let of = |pick: &dyn Fn(&Value) -> Option<Value>| -> Value {
        median(&values.iter().filter_map(pick).collect::<Vec<_>>())
    };
    match first {
        Value::Object(fields) => {
            fields.keys().map(|key| (key.clone(), of(&|value| value.get(key).cloned()))).collect()
        }
        Value::Array(items) => (0..items.len()).map(|at| of(&|value| value.get(at).cloned())).collect(),
        Value::Number(_) => {
            let mut numbers: Vec<&Value> = values.iter().filter(|value| value.is_number()).collect();
            numbers.sort_by(|one, other| {
                one.as_f64().unwrap_or_default().total_cmp(&other.as_f64().unwrap_or_default())
            });
            // Of an even number of runs the lower one of both in the middle: it was measured.
            numbers.get(numbers.len().saturating_sub(1) / 2).map_or(Value::Null, |value| (*value).clone())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use bim_bench::LoadFigures;

    use super::*;

    fn run(contestant: &'static str, deliveries_per_second: f64, joined: u32) -> Row {
        let load = LoadFigures { load: "50/s".into(), deliveries_per_second, ..LoadFigures::default() };
        Row { contestant, figures: CrowdFigures { joined, loads: vec![load], ..CrowdFigures::default() } }
    }

    #[test]
    fn each_number_has_its_own_median() {
        let runs = [run("a", 3.0, 1), run("b", 9.0, 9), run("a", 1.0, 3), run("a", 2.0, 2)];
        let medians = medians(&runs);
        let of = |row: &Row| (row.contestant, row.figures.loads[0].deliveries_per_second, row.figures.joined);
        assert_eq!(medians.iter().map(of).collect::<Vec<_>>(), [("a", 2.0, 2), ("b", 9.0, 9)]);
        assert_eq!(medians[0].figures.loads[0].load, "50/s");
    }
}
