//! The outbound queue of one viewer.
//!
//! The first four bytes are the limits, the rest are `Step`s. A model counts what was pushed, delivered and
//! reported for each group and class, and after every step the queue is held against it:
//!
//! * pushed = delivered + reported in gap markers + still queued;
//! * within each group and class numbers rise, and a marker comes before the next message of its class;
//! * the queue is within its limits, replay aside; HIGH and control are never given up.

mod model;
mod step;

use arbitrary::{Arbitrary, Unstructured};
use bim_livegroup::queue::QueueLimits;

use crate::reached::Reached;
use model::Model;
pub(crate) use step::Step;

/// The most steps of one run.
const STEPS_MAX: usize = 2_000;

/// Takes any bytes; panics when the promise is broken.
pub fn target(data: &[u8]) {
    run(data);
}

/// As [`target`], and says what was reached.
pub fn run(data: &[u8]) -> Reached {
    let mut bytes = Unstructured::new(data);
    let mut model = Model::new(limits(&mut bytes));
    for _ in 0..STEPS_MAX {
        if bytes.is_empty() {
            break;
        }
        let Ok(step) = Step::arbitrary(&mut bytes) else { break };
        model.carry_out(step);
        model.check();
    }
    model.finish()
}

/// Limits of 1 to 64 frames and up to 8 KiB, of which any part is reserved, as a configuration may say.
fn limits(bytes: &mut Unstructured<'_>) -> QueueLimits {
    let mut number = || usize::from(u8::arbitrary(bytes).unwrap_or_default());
    let (frames, most) = (1 + number() % 64, 64 + 32 * number());
    QueueLimits {
        frames,
        bytes: most,
        reserved_frames: number() % frames,
        reserved_bytes: 32 * number() % most,
    }
}
