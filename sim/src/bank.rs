//! The bug bank: plants each deliberate defect and looks for the first seed that finds it.

use bim_types::Defect;

use crate::plan::{Mode, Plan};
use crate::run::Run;
use crate::violation::Violation;

/// What came of looking for one defect.
#[derive(Clone, Debug)]
pub struct Find {
    /// The defect.
    pub defect: Defect,
    /// The first seed and mode that found it, and what was seen; `None` when none did.
    pub found: Option<(u64, Mode, Violation)>,
}

/// Plants a defect and looks for it in the first seeds, each in both modes.
#[cfg(feature = "bug-bank")]
#[must_use]
pub fn look_for(defect: Defect, seeds: u64) -> Find {
    Defect::plant(Some(defect));
    let found = (0..seeds).find_map(|seed| {
        [Mode::Safety, Mode::Liveness].into_iter().find_map(|mode| {
            let outcome = Run::play(&Plan::draw(seed, mode));
            outcome.violation.map(|violation| (seed, mode, violation))
        })
    });
    Defect::plant(None);
    Find { defect, found }
}

/// Plants a defect and looks for it in the first seeds, each in both modes. Without the feature `bug-bank` there is
/// nothing to plant.
#[cfg(not(feature = "bug-bank"))]
#[must_use]
pub fn look_for(defect: Defect, _seeds: u64) -> Find {
    let _ = (Plan::draw, Run::play, Mode::Safety);
    Find { defect, found: None }
}
