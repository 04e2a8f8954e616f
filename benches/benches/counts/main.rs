//! The parts of the send and receive paths alone, each on one thread and fed by hand: nothing but the part itself is left. Beside
//! the time, the allocations of a message are counted. `counts.txt` holds what they were; `BIM_BENCH_ACCEPT=1` writes it
//! anew.

mod by_hand;
mod codec;
mod engine;
mod machine;
mod queue;
mod store;

use std::time::Instant;

use bim_benches::{Cost, Counts};

fn main() {
    let mut counts = Counts::of("counts").chosen_by(std::env::args().skip(1));
    codec::count(&mut counts);
    engine::count(&mut counts);
    queue::count(&mut counts);
    machine::count(&mut counts);
    store::count(&mut counts);
    counts.compare();
}

/// What this much work costs.
fn cost(work: impl FnOnce()) -> Cost {
    let begin = Instant::now();
    let allocations = allocation_counter::measure(work).count_total;
    Cost { elapsed: begin.elapsed(), allocations }
}
