//! Writing a recording: one entry for each input, until the sink has no more room.

use std::fmt;

use bim_types::Now;

use crate::recording::{OutputsSeen, RecordingSink, block, opening};
use crate::wire::{self, recorded_entry::Input};

/// How a machine is to be recorded.
pub struct Recording {
    /// Where to. Dropped with the machine, or when it has no more room.
    pub sink: Box<dyn RecordingSink>,
    /// Whether message bodies are recorded as they are.
    pub bodies: bool,
    /// 16 random bytes for this recording only, which must not be kept: stand-ins are drawn with them.
    pub key: u128,
}

impl fmt::Debug for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recording").field("bodies", &self.bodies).finish_non_exhaustive()
    }
}

/// The entries of a recording that is being written.
pub struct Track {
    sink: Box<dyn RecordingSink>,
    /// What was heard and not written yet.
    heard: Option<(Now, Input)>,
    is_full: bool,
}

impl Track {
    /// Writes the beginning. The first entry says that the machine was made.
    #[must_use]
    pub fn new(mut sink: Box<dyn RecordingSink>, header: &wire::RecordingHeader) -> Self {
        let is_full = !sink.write(opening(header));
        let heard = Some((Now::default(), Input::Start(wire::RecordedStart {})));
        Self { sink, heard, is_full }
    }

    /// Takes down an input before it is acted on.
    pub fn hear(&mut self, now: Now, input: Input) {
        self.heard = Some((now, input));
    }

    /// Takes down what came of it. Returns whether the recording goes on.
    pub fn note(&mut self, outputs: OutputsSeen) -> bool {
        self.write(Some(outputs));
        !self.is_full
    }

    fn write(&mut self, outputs: Option<OutputsSeen>) {
        let Some((now, input)) = self.heard.take().filter(|_| !self.is_full) else { return };
        let entry = wire::RecordedEntry {
            mono_us: now.mono.as_micros(),
            wall_ms: now.wall.as_millis(),
            outputs: outputs.map(Into::into),
            input: Some(input),
        };
        match block(&entry) {
            Some(block) => self.is_full = !self.sink.write(block),
            None => {
                self.sink.too_large();
                self.is_full = true;
            }
        }
    }
}

/// What was heard and led to nothing is what the machine died of: it is the last entry.
impl Drop for Track {
    fn drop(&mut self) {
        self.write(None);
    }
}

impl fmt::Debug for Track {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Track").field("is_full", &self.is_full).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use bytes::Bytes;

    use super::*;
    use crate::recording::Reader;

    struct Sink(Arc<Mutex<Vec<u8>>>, usize);

    impl RecordingSink for Sink {
        fn write(&mut self, bytes: Bytes) -> bool {
            let has_room = self.1 > 0;
            if has_room {
                self.1 -= 1;
                self.0.lock().unwrap().extend_from_slice(&bytes);
            }
            has_room
        }

        fn too_large(&mut self) {
            self.0.lock().unwrap().extend_from_slice(b"too large");
        }
    }

    fn track(room: usize) -> (Track, Arc<Mutex<Vec<u8>>>) {
        let file = Arc::default();
        let sink = Box::new(Sink(Arc::clone(&file), room));
        (Track::new(sink, &wire::RecordingHeader::default()), file)
    }

    fn tick() -> Input {
        Input::Tick(wire::RecordedTick {})
    }

    fn entries(file: &Mutex<Vec<u8>>) -> Vec<wire::RecordedEntry> {
        let file = file.lock().unwrap();
        let (mut reader, _) = Reader::open(file.as_slice()).unwrap();
        std::iter::from_fn(|| reader.next_entry().unwrap()).collect()
    }

    #[test]
    fn the_input_that_a_machine_dies_of_is_the_last_entry() {
        let (mut track, file) = track(9);
        assert!(track.note(OutputsSeen::default()));
        track.hear(Now::default(), tick());
        drop(track);
        let entries = entries(&file);
        assert_eq!((entries.len(), &entries[1].input), (2, &Some(tick())));
        assert_eq!((entries[0].outputs.is_some(), entries[1].outputs.is_some()), (true, false));
    }

    #[test]
    fn what_a_full_sink_does_not_take_is_not_offered_again() {
        let (mut track, file) = track(2);
        assert!(track.note(OutputsSeen::default()));
        track.hear(Now::default(), tick());
        assert!(!track.note(OutputsSeen::default()));
        track.hear(Now::default(), tick());
        assert!(!track.note(OutputsSeen::default()));
        drop(track);
        assert_eq!(entries(&file).len(), 1);
    }

    #[test]
    fn an_input_that_is_too_large_ends_the_recording() {
        let (mut track, file) = track(9);
        track.note(OutputsSeen::default());
        let frame = vec![0; crate::recording::ENTRY_BYTES_MAX].into();
        track.hear(Now::default(), Input::Frame(wire::RecordedFrame { connection: 1, frame }));
        assert!(!track.note(OutputsSeen::default()));
        assert!(file.lock().unwrap().ends_with(b"too large"));
    }
}
