//! Every bench is recorded, and each entry is played at once on a second machine: a test that passes shows too that
//! what it did can be told again, without tokens and bodies, and comes to the same.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::{Arc, Mutex};

use bim_proto::recording::Playing;
use bytes::Bytes;

use crate::recording::{ClientPlayer, Recording, RecordingSink, open};

/// A recording in memory.
#[derive(Debug, Default)]
pub(crate) struct Replayed(Arc<Mutex<Vec<u8>>>);

impl Replayed {
    /// To begin a machine with.
    pub(crate) fn recording(&self, bodies: bool) -> Recording {
        let sink = Sink { file: Arc::clone(&self.0), ahead: Ahead::default(), playing: None };
        Recording { sink: Box::new(sink), bodies, key: 0x5eed }
    }

    /// The file as it stands.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }
}

/// Keeps what is recorded, and plays it.
struct Sink {
    file: Arc<Mutex<Vec<u8>>>,
    ahead: Ahead,
    playing: Option<Playing<Ahead, ClientPlayer>>,
}

impl RecordingSink for Sink {
    fn write(&mut self, bytes: Bytes) -> bool {
        self.file.lock().unwrap().extend_from_slice(&bytes);
        self.ahead.0.lock().unwrap().extend(bytes);
        match &mut self.playing {
            None => self.playing = Some(open(self.ahead.clone()).unwrap()),
            Some(playing) => {
                assert!(playing.step().unwrap(), "an entry was written");
                if let Some(difference) = &playing.report().first_difference {
                    panic!("the recording comes to something else: {difference}");
                }
            }
        }
        true
    }

    fn too_large(&mut self) {
        panic!("no test has an input that large");
    }
}

/// What was written and not played yet.
#[derive(Clone, Default)]
struct Ahead(Arc<Mutex<VecDeque<u8>>>);

impl Read for Ahead {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.lock().unwrap().read(buffer)
    }
}
