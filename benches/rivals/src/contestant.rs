//! Who takes part, and how connections come to it.

use std::path::PathBuf;
use std::rc::Rc;

use bim_bench::{Cores, Place};
use tempfile::TempDir;

use crate::crowd::Entered;
use crate::process::Process;
use crate::{RivalError, Wire};

/// Who takes part.
pub trait Contestant {
    /// What it is called in tables, and on the command line.
    fn name(&self) -> &'static str;

    /// Why it can not take part on this machine, in a sentence; `None` when it can.
    fn missing(&self) -> Option<String> {
        None
    }

    /// Starts its server, in a process of its own.
    ///
    /// # Errors
    ///
    /// It does not start.
    fn start(&self, stage: &Stage) -> Result<Ground, RivalError>;
}

/// Where the servers run, and for how many.
#[derive(Clone, Debug)]
pub struct Stage {
    /// This program, for the servers that are part of it.
    pub program: PathBuf,
    /// The program of bim.
    pub bim: Option<PathBuf>,
    /// Cores of the server; `None` leaves it to the system.
    pub server_cores: Option<Cores>,
    /// Cores of this process.
    pub own_cores: Option<Cores>,
    /// Viewers that will come.
    pub viewers: usize,
    /// Most messages that will be in flight at once.
    pub in_flight: u32,
}

/// A server that runs.
pub enum Ground {
    /// Reached by the load generator of this crate.
    Open(Box<dyn Entrance>),
    /// Reached by that of `bim bench`, as it is no stream of bytes.
    Apart(Box<Apart>),
}

/// A server that the load generator of `bim bench` has to measure.
pub struct Apart {
    /// Where, and who may come.
    pub place: Place,
    /// Ends when dropped.
    pub process: Process,
    /// Its data; removed last, when nobody writes there.
    pub _home: TempDir,
}

/// The way in to a server that runs. The server ends when this is dropped.
pub trait Entrance {
    /// The server's process.
    fn pid(&self) -> u32;

    /// Connects somebody, and comes back when it is sure that every message sent from then on will come to it.
    ///
    /// # Errors
    ///
    /// The server does not let it.
    fn connect(&mut self, role: Role) -> Result<Entered, RivalError>;

    /// How the server is spoken to then.
    fn wire(&self) -> Rc<dyn Wire>;
}

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It gets every message.
    Viewer(usize),
    /// It sends them all. Whether it gets them too is up to the server; nobody counts them.
    Sender,
}
