//! A failing run is made smaller, and the smaller one fails in the same way, again and again.

use bim_fake_server::faults::FaultKind;
use bim_sim::check::{Check, Context};
use bim_sim::{ClientSight, Mode, Outcome, Plan, Run, Sight, shrink_with};

/// Finds fault with a run in which a client was killed and, later, a connection was cut.
#[derive(Debug, Default)]
struct Fussy {
    somebody_died: bool,
}

impl Check for Fussy {
    fn name(&self) -> &'static str {
        "fussy"
    }

    fn see(&mut self, _: &Context<'_>, sight: &Sight<'_>) -> Result<(), String> {
        match sight {
            Sight::Client(_, ClientSight::Died) => self.somebody_died = true,
            Sight::Fault(fault) if fault.kind == FaultKind::Cut && self.somebody_died => {
                return Err("a cut after a death".into());
            }
            _ => {}
        }
        Ok(())
    }
}

fn play(plan: &Plan) -> Outcome {
    Run::play_before(plan, vec![Box::new(Fussy::default())])
}

/// The first seed in which much goes wrong, and with it what the checker above does not like.
fn fussy_plan() -> (Plan, Outcome) {
    let count = |plan: &Plan, kind| plan.faults.iter().filter(|fault| fault.kind == kind).count();
    let plans = (0..).map(|seed| Plan::draw(seed, Mode::Safety));
    let rich = plans.filter(|plan| {
        count(plan, FaultKind::Cut) > 0 && count(plan, FaultKind::ClientCrash) > 0 && plan.faults.len() > 4
    });
    let mut failing = rich.map(|plan| (play(&plan), plan)).filter_map(|(outcome, plan)| {
        let is_fussy = outcome.violation.as_ref().is_some_and(|violation| violation.check == "fussy");
        is_fussy.then_some((plan, outcome))
    });
    failing.next().expect("seeds do not end")
}

#[test]
fn only_the_faults_that_matter_are_left_and_replaying_them_breaks_the_same_promise() {
    let (plan, outcome) = fussy_plan();
    let (small, outcome) = shrink_with(&plan, outcome, play);
    let kinds: Vec<_> = small.faults.iter().map(|fault| fault.kind).collect();
    assert_eq!(kinds, [FaultKind::ClientCrash, FaultKind::Cut], "of {} faults", plan.faults.len());

    let numbers: Vec<_> = small.faults.iter().map(|fault| fault.number).collect();
    let again = play(&Plan::draw(plan.seed, plan.mode).keeping(&numbers));
    assert_eq!(again, outcome, "the numbers say which faults they were");
}

#[test]
fn a_run_in_which_nothing_is_wrong_is_not_made_smaller() {
    let plan = Plan::draw(1, Mode::Safety);
    let outcome = Outcome { violation: None, ..Run::play(&plan) };
    let (same, _) = shrink_with(&plan, outcome, |_| unreachable!("there is nothing to look for"));
    assert_eq!(same.faults, plan.faults);
}

/// A checker that dies of what it sees.
#[derive(Debug)]
struct Faint;

impl Check for Faint {
    fn name(&self) -> &'static str {
        "faint"
    }

    fn see(&mut self, context: &Context<'_>, _: &Sight<'_>) -> Result<(), String> {
        assert!(context.at.as_micros() < 5_000_000, "five seconds are enough");
        Ok(())
    }
}

#[test]
fn a_panic_is_a_violation_that_says_what_and_where() {
    let outcome = Run::play_before(&Plan::draw(1, Mode::Safety), vec![Box::new(Faint)]);
    let violation = outcome.violation.unwrap();
    assert_eq!(violation.check, "panic");
    assert!(violation.what.contains("five seconds are enough, at sim/tests/shrinking.rs:"), "{violation}");
}
