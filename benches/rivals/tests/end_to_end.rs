//! Whole runs with ten viewers, over real sockets of this machine.

#[cfg(test)]
mod runs {
    use std::path::PathBuf;
    use std::time::Duration;

    use bim_bench::Load;
    use bim_rivals::{Afternoon, Contestant, Course, Plan, Raw, Report, Stage, Style, table};

    fn report(contestants: &[Box<dyn Contestant>]) -> Report {
        let program = PathBuf::from(env!("CARGO_BIN_EXE_bim-rivals"));
        let stage =
            Stage { program, bim: None, server_cores: None, own_cores: None, viewers: 10, in_flight: 64 };
        let plan = Plan {
            viewers: 10,
            body_bytes: 128,
            loads: vec![Load::Rate(200.0), Load::InFlight(64)],
            idle: Duration::ZERO,
            warm_up: Duration::ZERO,
            measured: Duration::from_millis(150),
        };
        Course { stage: &stage, plan: &plan, rounds: 2, tell: &|_| {} }.run(contestants)
    }

    #[test]
    fn everyone_gets_every_message_from_the_servers_of_this_program() {
        let contestants: [Box<dyn Contestant>; 3] =
            [Box::new(Raw(Style::Each)), Box::new(Raw(Style::Waiting)), Box::new(Afternoon)];
        let report = report(&contestants);
        assert!(report.faults.is_empty(), "{:?}", report.faults);
        assert_eq!((report.runs.len(), report.medians.len()), (6, 3));
        for row in &report.medians {
            let [at_rate, in_flight] = row.figures.loads.as_slice() else { panic!("{row:?}") };
            assert!(at_rate.deliveries_per_second > 0.0, "{row:?}");
            assert!(in_flight.deliveries_per_second > at_rate.deliveries_per_second, "{row:?}");
            assert!(in_flight.latency.p50_us <= in_flight.latency.max_us, "{row:?}");
        }
        assert!(table(&report).contains("every message came to every viewer"));
    }

    #[test]
    fn who_can_not_run_is_told_and_does_not_run_again() {
        let report = report(&[Box::new(bim_rivals::Ours(bim_rivals::Transport::Ws))]);
        assert_eq!((report.runs.len(), report.faults.len()), (0, 1));
        assert_eq!(report.faults.first().map(String::as_str), Some("bim-ws: there is no program of bim"));
    }
}
