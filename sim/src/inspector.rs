//! Sees everything, keeps the ledger, and asks every checker.

use std::hash::{DefaultHasher, Hash, Hasher};

use bim_core::Event;
use bim_fake_server::faults::PlannedFault;
use bim_fake_server::step::{self, Watcher};
use bim_proto::{ClientFrame, ServerFrame};
use bim_server_core::{Input, Output};
use bim_types::Mono;

use crate::check::{Check, Context, every_check};
use crate::ledger::Ledger;
use crate::plan::Plan;
use crate::power::Power;
use crate::sight::{ClientId, ClientSight, Sight};
use crate::violation::Violation;

/// Sees everything.
pub(crate) struct Inspector {
    pub(crate) ledger: Ledger,
    checks: Vec<Box<dyn Check>>,
    pub(crate) violation: Option<Violation>,
    hasher: DefaultHasher,
    /// Where the log lives, when it is on a disk.
    pub(crate) power: Option<Power>,
    /// Everything goes into the number in words: slow, and nothing is left out.
    pub(crate) hashes_words: bool,
    /// Prints what happens, for people.
    pub(crate) narrator: Option<fn(Mono, &Sight<'_>)>,
    pub(crate) seen: u64,
}

impl Inspector {
    pub(crate) fn new(plan: &Plan) -> Self {
        Self {
            ledger: Ledger::default(),
            checks: every_check(plan),
            violation: None,
            hasher: DefaultHasher::new(),
            power: None,
            hashes_words: false,
            narrator: None,
            seen: 0,
        }
    }

    pub(crate) fn client(&mut self, at: Mono, client: ClientId, sight: ClientSight<'_>) {
        if let ClientSight::Received(link, frame) = &sight {
            self.hash_bytes(at, frame);
            let decoded = ServerFrame::decode((*frame).clone());
            let link = *link;
            self.show(at, &Sight::Client(client, sight));
            if let Ok(frame) = decoded {
                self.show(at, &Sight::Client(client, ClientSight::Frame(link, &frame)));
            }
            return;
        }
        self.show(at, &Sight::Client(client, sight));
    }

    pub(crate) fn fault(&mut self, at: Mono, fault: &PlannedFault) {
        self.show(at, &Sight::Fault(fault));
    }

    pub(crate) fn note(&mut self, at: Mono, sight: &Sight<'_>) {
        self.show(at, sight);
    }

    /// The run is over.
    pub(crate) fn end(&mut self, at: Mono) {
        for check in &mut self.checks {
            if self.violation.is_some() {
                return;
            }
            let context = Context { at, ledger: &self.ledger };
            if let Err(what) = check.end(&context) {
                self.violation = Some(Violation { check: check.name(), what, at });
            }
        }
    }

    /// What happened, in one number.
    pub(crate) fn hash(&self) -> u64 {
        self.hasher.finish()
    }

    fn show(&mut self, at: Mono, sight: &Sight<'_>) {
        self.seen += 1;
        self.hash_sight(sight);
        if let Some(narrator) = self.narrator {
            narrator(at, sight);
        }
        if self.violation.is_some() {
            return;
        }
        if let Some(what) = self.ledger.wrong.take() {
            self.violation = Some(Violation { check: "ledger", what, at });
            return;
        }
        for check in &mut self.checks {
            let context = Context { at, ledger: &self.ledger };
            if let Err(what) = check.see(&context, sight) {
                self.violation = Some(Violation { check: check.name(), what, at });
                return;
            }
        }
    }

    /// Others look on beside the checkers of every run.
    pub(crate) fn invite(&mut self, others: Vec<Box<dyn Check>>) {
        self.checks.extend(others);
    }

    /// What clients are told and answered goes into the number too, for what it is.
    fn hash_sight(&mut self, sight: &Sight<'_>) {
        if self.hashes_words {
            return format!("{sight:?}").hash(&mut self.hasher);
        }
        let Sight::Client(client, sight) = sight else { return };
        (client, std::mem::discriminant(sight)).hash(&mut self.hasher);
        match sight {
            ClientSight::Answered(call, answer) => (call.0, answer.is_ok()).hash(&mut self.hasher),
            ClientSight::Event(Event::Live(event)) => std::mem::discriminant(event).hash(&mut self.hasher),
            ClientSight::Event(event) => std::mem::discriminant(*event).hash(&mut self.hasher),
            _ => {}
        }
    }

    fn hash_bytes(&mut self, at: Mono, bytes: &[u8]) {
        at.hash(&mut self.hasher);
        bytes.hash(&mut self.hasher);
    }
}

impl Watcher for Inspector {
    fn see(&mut self, at: Mono, sight: step::Sight<'_>) {
        match sight {
            step::Sight::Started(life) => {
                self.look_into_log(at);
                self.show(at, &Sight::Started(life));
            }
            step::Sight::Crashed => self.show(at, &Sight::Crashed),
            step::Sight::Input(now, input) => {
                self.show(at, &Sight::Input(now, input));
                if let Input::Frame { connection, frame } = input {
                    self.hash_bytes(at, frame);
                    if let Ok(frame) = ClientFrame::decode(frame.clone()) {
                        self.show(at, &Sight::In(*connection, &frame));
                    }
                }
            }
            step::Sight::Output(output) => {
                self.show(at, &Sight::Output(output));
                match output {
                    Output::Send { connection, frame } => match ServerFrame::decode(frame.clone()) {
                        Ok(frame) => self.show(at, &Sight::Out(*connection, &frame)),
                        Err(error) => self.unreadable(at, &error),
                    },
                    Output::Broadcast(live) => match ServerFrame::decode(live.frame.clone()) {
                        Ok(frame) => self.show(at, &Sight::ToGroup(live.group, &frame)),
                        Err(error) => self.unreadable(at, &error),
                    },
                    Output::BroadcastState { group, frame } => match ServerFrame::decode(frame.clone()) {
                        Ok(frame) => self.show(at, &Sight::ToGroup(*group, &frame)),
                        Err(error) => self.unreadable(at, &error),
                    },
                    _ => {}
                }
            }
            step::Sight::Committed(ops, outcomes) => {
                (ops.len(), outcomes.len()).hash(&mut self.hasher);
                self.ledger.commit(ops, outcomes);
                self.show(at, &Sight::Committed(ops, outcomes));
                self.look_into_log(at);
            }
            step::Sight::Wrote(connection, frame) => {
                self.hash_bytes(at, frame);
                self.show(at, &Sight::Wrote(connection, frame));
            }
            step::Sight::Queued(connection, frames, bytes) => {
                self.show(at, &Sight::Queued(connection, frames, bytes));
            }
            step::Sight::Overflowed(connection) => self.show(at, &Sight::Overflowed(connection)),
        }
    }
}

impl Inspector {
    /// What a log on a disk holds that nobody had been told is there, and what it should hold and does not.
    fn look_into_log(&mut self, at: Mono) {
        let Some(power) = &self.power else { return };
        if let Some(what) = power.take_wrong() {
            self.violation.get_or_insert(Violation { check: "power", what, at });
        }
        if let Some((ops, outcomes)) = power.take_survivors() {
            self.ledger.commit(&ops, &outcomes);
            self.show(at, &Sight::Committed(&ops, &outcomes));
        }
    }

    fn unreadable(&mut self, at: Mono, error: &bim_proto::DecodeError) {
        let what = format!("the server sends a frame that can not be read: {error}");
        self.violation.get_or_insert(Violation { check: "wire", what, at });
    }
}
