//! Taps over a bad line: whatever is lost or doubled, the sums are right.

use std::collections::{BTreeMap, BTreeSet};

use bim_types::{ClientMessageId, Seq};
use proptest::prelude::*;

use super::{Counters, TapBatch, TapGatherer};

#[derive(Clone, Debug)]
enum Step {
    Tap(usize, u8, u64),
    Flush(usize),
    Resend(usize),
    /// One of the requests on the line arrives; it stays there when `doubled`.
    Arrive {
        at: usize,
        doubled: bool,
    },
    /// The server refuses one instead: for good, or for now.
    Refuse {
        at: usize,
        retryable: bool,
    },
    LoseRequest(usize),
    Answer(usize),
    LoseAnswer(usize),
    Pulse,
    Snapshot,
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    let at = 0..100_usize;
    let amount = prop_oneof![6 => 1..9_u64, 1 => 1..3_000_000_u64];
    prop_oneof![
        8 => (at.clone(), 0..40_u8, amount).prop_map(|(client, name, amount)| Step::Tap(client, name, amount)),
        4 => at.clone().prop_map(Step::Flush),
        2 => at.clone().prop_map(Step::Resend),
        5 => (at.clone(), any::<bool>()).prop_map(|(at, doubled)| Step::Arrive { at, doubled }),
        1 => (at.clone(), any::<bool>()).prop_map(|(at, retryable)| Step::Refuse { at, retryable }),
        1 => at.clone().prop_map(Step::LoseRequest),
        5 => at.clone().prop_map(Step::Answer),
        1 => at.prop_map(Step::LoseAnswer),
        1 => Just(Step::Pulse),
        1 => Just(Step::Snapshot),
        1 => Just(Step::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sums_are_what_was_tapped_whatever_is_lost_or_doubled(steps in prop::collection::vec(step(), 0..150)) {
        let mut world = World::default();
        for step in steps {
            world.take(step);
        }
        world.settle();
        prop_assert_eq!(world.server.values(), world.tapped());
        prop_assert_eq!(world.seen, world.server.values());
    }
}

const CLIENTS: usize = 2;

#[derive(Clone, Copy)]
enum Answer {
    Done,
    Refused { retryable: bool },
}

#[derive(Default)]
struct World {
    clients: [TapGatherer; CLIENTS],
    requests: Vec<(usize, TapBatch)>,
    answers: Vec<(usize, ClientMessageId, Answer)>,
    log: Vec<BTreeMap<String, u64>>,
    log_ids: BTreeSet<ClientMessageId>,
    server: Counters,
    stored: bim_proto::stored::StoredLiveCounters,
    /// What a viewer knows from pulses.
    seen: BTreeMap<String, u64>,
    tapped: Vec<(String, u64)>,
    lost: Vec<(String, u64)>,
    batches: u128,
}

impl World {
    fn take(&mut self, step: Step) {
        match step {
            Step::Tap(client, name, amount) => {
                let name = name.to_string();
                if self.clients[client % CLIENTS].tap(&name, amount).is_ok() {
                    self.tapped.push((name, amount));
                }
            }
            Step::Flush(client) => self.flush(client % CLIENTS),
            Step::Resend(client) => {
                let client = client % CLIENTS;
                self.requests.extend(self.clients[client].resend().map(|batch| (client, batch.clone())));
            }
            Step::Arrive { at, doubled } => {
                if let Some((client, batch)) = pick(&mut self.requests, at) {
                    if doubled {
                        self.requests.push((client, batch.clone()));
                    }
                    self.append(batch.id, batch.taps);
                    self.answers.push((client, batch.id, Answer::Done));
                }
            }
            Step::Refuse { at, retryable } => self.refuse(at, retryable),
            Step::LoseRequest(at) => drop(pick(&mut self.requests, at)),
            Step::Answer(at) => {
                if let Some((client, id, answer)) = pick(&mut self.answers, at) {
                    self.answer(client, id, answer);
                }
            }
            Step::LoseAnswer(at) => drop(pick(&mut self.answers, at)),
            Step::Pulse => self.seen.extend(self.server.take_changed()),
            Step::Snapshot => self.stored = self.server.snapshot(),
            Step::Restart => self.restart(),
        }
    }

    fn flush(&mut self, client: usize) {
        self.batches += 1;
        let id = ClientMessageId::new(self.batches);
        self.requests.extend(self.clients[client].next_batch(id).map(|batch| (client, batch.clone())));
    }

    /// As the log does: each id once.
    fn append(&mut self, id: ClientMessageId, taps: BTreeMap<String, u64>) {
        if self.log_ids.insert(id) {
            assert_eq!(self.server.check(&taps, 64), Ok(()));
            self.server.reserve(&taps);
            self.log.push(taps);
            let seq = Seq(self.log.len() as u64);
            assert!(self.server.apply(seq, &self.log[self.log.len() - 1]));
        }
    }

    /// A server knows what it has before it refuses for good, and never takes afterwards what it refused so.
    fn refuse(&mut self, at: usize, retryable: bool) {
        let Some((client, batch)) = pick(&mut self.requests, at) else { return };
        if !retryable {
            if self.log_ids.contains(&batch.id) {
                return self.answers.push((client, batch.id, Answer::Done));
            }
            self.requests.retain(|(_, other)| other.id != batch.id);
            self.answers.retain(|(_, id, _)| *id != batch.id);
            return self.answer(client, batch.id, Answer::Refused { retryable });
        }
        self.answers.push((client, batch.id, Answer::Refused { retryable }));
    }

    fn answer(&mut self, client: usize, id: ClientMessageId, answer: Answer) {
        match answer {
            Answer::Done => drop(self.clients[client].on_done(id)),
            Answer::Refused { retryable } => {
                self.lost.extend(self.clients[client].on_refused(id, retryable).into_iter().flatten());
            }
        }
    }

    fn restart(&mut self) {
        self.server = Counters::new(self.stored.clone());
        for (seq, taps) in (1..).zip(&self.log) {
            self.server.apply(Seq(seq), taps);
        }
        // Viewers join anew.
        self.seen = self.server.values();
    }

    /// The line is good again until everything is answered.
    fn settle(&mut self) {
        while self.clients.iter().any(|client| !client.is_idle()) {
            for client in 0..CLIENTS {
                self.flush(client);
                self.take(Step::Resend(client));
            }
            while !self.requests.is_empty() {
                self.take(Step::Arrive { at: 0, doubled: false });
            }
            while !self.answers.is_empty() {
                self.take(Step::Answer(0));
            }
        }
        while self.server.has_changed() {
            self.take(Step::Pulse);
        }
    }

    fn tapped(&self) -> BTreeMap<String, u64> {
        let mut sums = BTreeMap::<String, u64>::new();
        for (name, amount) in &self.tapped {
            *sums.entry(name.clone()).or_default() += amount;
        }
        for (name, amount) in &self.lost {
            *sums.entry(name.clone()).or_default() -= amount;
        }
        sums.retain(|_, sum| *sum > 0);
        sums
    }
}

fn pick<T>(list: &mut Vec<T>, at: usize) -> Option<T> {
    if list.is_empty() { None } else { Some(list.remove(at % list.len())) }
}
