//! Messages that were accepted together.

use bim_types::{FrameBatch, Priority};

use super::{LiveFrame, Load};

/// Messages of one live group that go to the same viewers at the same time: encoded once, and shared by all of them.
#[derive(Debug)]
pub struct LiveBatch {
    frames: Box<[LiveFrame]>,
    wire: FrameBatch,
    pub(super) high: Load,
    pub(super) shared: Load,
}

impl LiveBatch {
    /// A batch of messages of one group, in the order of their numbers. HIGH leaves first, as it would from a queue.
    #[must_use]
    pub fn new(mut frames: Vec<LiveFrame>) -> Self {
        debug_assert!(frames.windows(2).all(|pair| pair[0].group == pair[1].group), "messages of one group");
        frames.sort_by_key(|live| live.priority != Priority::High);
        let (mut high, mut shared) = (Load::default(), Load::default());
        for live in &frames {
            let load = if live.priority == Priority::High { &mut high } else { &mut shared };
            load.add(live.frame.len());
        }
        let wire = FrameBatch::new(frames.iter().map(|live| live.frame.clone()));
        Self { frames: frames.into(), wire, high, shared }
    }

    /// The messages, in the order in which they leave.
    #[must_use]
    pub fn frames(&self) -> &[LiveFrame] {
        &self.frames
    }

    /// What travels.
    #[must_use]
    pub fn wire(&self) -> &FrameBatch {
        &self.wire
    }
}
