//! A room as a tool for scripts: lines in, lines out, an exit code.
//!
//! *What it owns.* Standard input and output, and what has to be done before the end: every line has its
//! verdict, every message up to then is written, in the order of positions, none missing, none twice.
//!
//! ```text
//!   stdin ─► lines ─► Outbox ─► room              room ─► Sequence ─► Printer ─► stdout
//!              verdicts ◄──┘ └────────────────────────────►│  ▲
//!                                                 missing ─┘  └─ pages of history
//! ```
//!
//! When standard output is slow, this waits; what does not fit into the stream of events meanwhile is counted
//! there and fetched from the history. When standard input is slow, nothing waits.

mod backfill;
mod lines;
mod printer;
mod receiving;
mod sending;
mod sequence;

use std::io::{self, BufWriter, Stdout};
use std::time::{Duration, Instant};

use bim::{ConnectEvent, ErrorCode, HistoryPage, LiveEvent, Message};
use indicatif::ProgressBar;
use tokio::sync::mpsc;

use super::outbox::{Outbox, Verdict};
use super::room::Room;
use crate::args::RoomArgs;
use crate::error::CliError;
use crate::progress;
use crate::signals::{self, StopSignal};

use backfill::Backfill;
use lines::Input;
use printer::Printer;
use sequence::{Ordered, Range, Sequence};

/// Longest line, in bytes: that of a message body.
const LINE_BYTES_MAX: usize = 64 * 1024;

/// How long the end waits for what is missing before it.
const FINISH_TIMEOUT: Duration = Duration::from_secs(5);

/// Sends lines and writes what is heard, until there is reason to end.
pub(super) async fn run(room: Room, args: &RoomArgs) -> Result<(), CliError> {
    let mut stop = StopSignal::install()?;
    let insisting = tokio::spawn(signals::insist(StopSignal::install()?));
    let mut script = Script::new(room, args);
    let ended = script.run(&mut stop).await;
    insisting.abort();
    script.bar.finish_and_clear();
    match ended {
        Ok(()) => Ok(()),
        Err(End::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => script.nobody_reads(),
        Err(End::Output(error)) => {
            Err(CliError::failed(format!("standard output can not be written: {error}")))
        }
        Err(End::Failed(error)) => Err(error),
    }
}

/// One room, one input, one output.
struct Script {
    room: Room,
    wishes: Wishes,
    input: mpsc::Receiver<Input>,
    input_open: bool,
    outbox: Outbox,
    sequence: Sequence<Heard>,
    backfill: Backfill,
    printer: Printer<BufWriter<Stdout>>,
    bar: ProgressBar,
    /// Messages of others that were written.
    received: u64,
    /// Why this will end badly, once what is under way has its verdict.
    failure: Option<CliError>,
    lost_since: Option<Instant>,
    /// Why the server does not accept the token, if that is why there is no connection.
    token_refused: Option<ErrorCode>,
    finishing_since: Option<Instant>,
    held_noted: Option<Instant>,
    started: Instant,
}

/// What has to be done before the end.
struct Wishes {
    listen: bool,
    receive: Option<u64>,
    timeout: Option<Duration>,
}

/// Something with a position.
enum Heard {
    Message(Message),
    Accepted {
        line: u64,
        message: Message,
    },
    /// An own message whose verdict is still to come.
    OwnPending,
}

/// What happens next.
#[expect(clippy::large_enum_variant, reason = "one at a time, taken apart at once")]
enum Turn {
    Stop,
    Verdict(Verdict),
    Event(Option<LiveEvent>),
    Status(Option<ConnectEvent>),
    Page(Range, Result<HistoryPage, bim::Error>),
    Input(Option<Input>),
    Timer,
    Flush,
}

/// Why it ends before everything is done.
enum End {
    Output(io::Error),
    Failed(CliError),
}

impl From<io::Error> for End {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<CliError> for End {
    fn from(error: CliError) -> Self {
        Self::Failed(error)
    }
}

impl Script {
    fn new(room: Room, args: &RoomArgs) -> Self {
        let errors_only_on_terminal =
            io::IsTerminal::is_terminal(&io::stderr()) && !io::IsTerminal::is_terminal(&io::stdout());
        Self {
            room,
            wishes: Wishes { listen: args.listen, receive: args.receive, timeout: args.timeout },
            input: lines::read_stdin(LINE_BYTES_MAX),
            input_open: true,
            outbox: Outbox::new(),
            sequence: Sequence::new(),
            backfill: Backfill::new(),
            printer: Printer::new(BufWriter::with_capacity(64 * 1024, io::stdout()), args.json),
            bar: progress::line_counter(errors_only_on_terminal),
            received: 0,
            failure: None,
            lost_since: None,
            token_refused: None,
            finishing_since: None,
            held_noted: None,
            started: Instant::now(),
        }
    }

    async fn run(&mut self, stop: &mut StopSignal) -> Result<(), End> {
        self.printer.joined(&self.room.conversation)?;
        let (name, group) = (&self.room.conversation.info.name, self.room.group);
        self.note(&format!("in live group {} ({group})", name.escape_debug()));
        loop {
            self.outbox.send(&self.room, Instant::now());
            self.write_heard()?;
            if self.is_done() {
                return self.finish();
            }
            self.backfill.go_on(&self.room, &self.sequence, self.finishing_since.is_some());
            match self.next_turn(stop).await {
                Turn::Stop => return self.stopped(),
                Turn::Verdict(verdict) => self.on_verdict(verdict)?,
                Turn::Event(event) => self.on_event(event)?,
                Turn::Status(status) => self.on_status(status)?,
                Turn::Page(range, page) => self.on_page(range, page)?,
                Turn::Input(input) => self.on_input(input),
                Turn::Timer => self.on_timer()?,
                Turn::Flush => self.printer.flush()?,
            }
        }
    }

    /// Verdicts and events go before new lines, and flushing comes when there is nothing else to do.
    async fn next_turn(&mut self, stop: &mut StopSignal) -> Turn {
        let wakes_at = self.wakes_at();
        let takes_input = self.takes_input();
        let flushes = self.printer.is_waiting();
        tokio::select! {
            biased;
            () = stop.wait() => Turn::Stop,
            verdict = self.outbox.next_verdict() => Turn::Verdict(verdict),
            event = self.room.events.next() => Turn::Event(event),
            status = self.room.status.next() => Turn::Status(status),
            (range, page) = self.backfill.next_page() => Turn::Page(range, page),
            input = self.input.recv(), if takes_input => Turn::Input(input),
            () = std::future::ready(()), if flushes => Turn::Flush,
            () = sleep_until(wakes_at) => Turn::Timer,
        }
    }

    /// Writes what is next in line.
    fn write_heard(&mut self) -> io::Result<()> {
        while let Some(ordered) = self.sequence.pop() {
            match ordered {
                Ordered::Item(Heard::Message(message)) => {
                    if self.wishes.receive.is_none_or(|count| self.received < count) {
                        self.printer.message(&message)?;
                        self.received += 1;
                    }
                }
                Ordered::Item(Heard::Accepted { line, message }) => self.printer.accepted(line, &message)?,
                Ordered::Item(Heard::OwnPending) => {}
                Ordered::Missing { from, to } => {
                    self.printer.gap(from, to)?;
                    self.note(&format!("messages {from} to {to} can not be had any more"));
                }
            }
        }
        Ok(())
    }

    /// Whether nothing is left to do but to write what is known.
    fn is_done(&mut self) -> bool {
        let all_have_verdicts = self.outbox.is_empty();
        let done = match (self.wishes.receive, &self.failure) {
            (_, Some(_)) => all_have_verdicts,
            (Some(count), None) => self.received >= count && all_have_verdicts,
            (None, None) => !self.wishes.listen && !self.input_open && all_have_verdicts,
        };
        if !done {
            self.finishing_since = None;
            return false;
        }
        let since = *self.finishing_since.get_or_insert_with(Instant::now);
        self.sequence.missing().is_none() || since.elapsed() >= FINISH_TIMEOUT
    }

    fn finish(&mut self) -> Result<(), End> {
        self.sequence.finish();
        self.write_heard()?;
        self.printer.flush()?;
        match self.failure.take() {
            // What the server said about the session says more than what it did to one line.
            Some(failure) => {
                Err(super::room::session_over(&self.room.client.connect_status()).unwrap_or(failure).into())
            }
            None => Ok(()),
        }
    }

    fn stopped(&mut self) -> Result<(), End> {
        let left = self.outbox.len();
        self.finish()?;
        if left > 0 {
            return Err(CliError::failed(format!("stopped while {left} lines had no verdict")).into());
        }
        Ok(())
    }

    /// Whoever read the output has gone: that is no failure unless lines are left without a verdict.
    fn nobody_reads(&self) -> Result<(), CliError> {
        if self.outbox.is_empty() && self.failure.is_none() { Ok(()) } else { Err(CliError::nobody_reads()) }
    }

    fn wakes_at(&self) -> Option<Instant> {
        let timeout = self.wishes.timeout.map(|timeout| self.started + timeout);
        let patience = self.lost_since.map(|since| since + self.room.patience);
        let finish = self.finishing_since.map(|since| since + FINISH_TIMEOUT);
        let backfill = self.backfill.wakes_at(&self.sequence, self.finishing_since.is_some());
        [timeout, patience, finish, backfill, self.outbox.wakes_at()].into_iter().flatten().min()
    }

    fn on_timer(&mut self) -> Result<(), End> {
        let now = Instant::now();
        if let Some(timeout) = self.wishes.timeout
            && now >= self.started + timeout
        {
            return self.timed_out(timeout);
        }
        if let Some(since) = self.lost_since
            && now >= since + self.room.patience
        {
            let mut sentence = format!("no connection for {} s", self.room.patience.as_secs());
            if let Some(code) = self.token_refused {
                sentence.push_str(&format!(": the server does not accept the token: {code}"));
            }
            if !self.outbox.is_empty() {
                sentence.push_str(&format!("; {} lines have no verdict", self.outbox.len()));
            }
            return Err(CliError::failed(sentence).help("--connect-timeout sets how long to try").into());
        }
        Ok(())
    }

    fn timed_out(&mut self, timeout: Duration) -> Result<(), End> {
        let (left, received) = (self.outbox.len(), self.received);
        let listened = self.wishes.listen && self.wishes.receive.is_none() && left == 0;
        self.finish()?;
        if listened {
            self.wishes.timeout = None;
            self.wishes.listen = false;
            self.input_open = false;
            self.input.close();
            return Ok(());
        }
        let mut sentence = format!("not done within {} s", timeout.as_secs_f64());
        if left > 0 {
            sentence.push_str(&format!("; {left} lines have no verdict"));
        }
        if let Some(count) = self.wishes.receive {
            sentence.push_str(&format!("; {received} of {count} messages arrived"));
        }
        Err(CliError::failed(sentence).into())
    }

    /// Says something to people: never on standard output.
    fn note(&self, text: &str) {
        self.bar.suspend(|| super::note(text));
    }
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
