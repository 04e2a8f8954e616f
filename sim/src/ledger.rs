//! What is durable, as the commits said: the truth that everything else is measured against.

use std::collections::BTreeMap;

use bim_proto::stored::StoredLiveMessage;
use bim_types::store::{AppendOutcome, IdempotencyKey, LogOp, LogOutcome, RecordKey, StreamId};
use bim_types::{MessageBody, Priority, Seq, Wall};
use bytes::Bytes;

/// What is durable.
#[derive(Debug, Default)]
pub struct Ledger {
    streams: BTreeMap<StreamId, BTreeMap<Seq, Entry>>,
    records: BTreeMap<Vec<u8>, (RecordKey, Bytes)>,
    /// What was wrong with a commit by itself.
    pub(crate) wrong: Option<String>,
}

/// One record of a stream.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What recognises it.
    pub key: Option<IdempotencyKey>,
    /// When it was accepted, by the server's time of day.
    pub at: Wall,
    /// The message, in a stream of messages.
    pub message: Option<StoredLiveMessage>,
    /// Everything it ever said, the present last.
    pub bodies: Vec<MessageBody>,
    /// It is not kept any more.
    pub trimmed: bool,
}

impl Ledger {
    /// The records of a stream by number, also those that were trimmed.
    pub fn stream(&self, stream: StreamId) -> impl DoubleEndedIterator<Item = (Seq, &Entry)> {
        self.streams.get(&stream).into_iter().flatten().map(|(seq, entry)| (*seq, entry))
    }

    /// One record.
    #[must_use]
    pub fn entry(&self, stream: StreamId, seq: Seq) -> Option<&Entry> {
        self.streams.get(&stream)?.get(&seq)
    }

    /// The last number of a stream.
    #[must_use]
    pub fn last(&self, stream: StreamId) -> Seq {
        self.streams.get(&stream).and_then(|all| all.keys().next_back()).copied().unwrap_or_default()
    }

    /// The records of a stream after one number and up to another.
    pub fn between(&self, stream: StreamId, after: Seq, to: Seq) -> impl Iterator<Item = (Seq, &Entry)> {
        let range = self.streams.get(&stream).filter(|_| after < to);
        let range = range.into_iter().flat_map(move |all| all.range(after.next()..=to));
        range.map(|(seq, entry)| (*seq, entry))
    }

    /// How many messages of a class stand after one number and up to another.
    #[must_use]
    pub fn count(&self, stream: StreamId, class: Priority, after: Seq, to: Seq) -> u64 {
        if after >= to {
            return 0;
        }
        let range = self.streams.get(&stream).into_iter().flat_map(|all| all.range(after.next()..=to));
        range.filter(|(_, entry)| entry.class() == Some(class)).count() as u64
    }

    /// A small record as it stands.
    #[must_use]
    pub fn record(&self, key: &RecordKey) -> Option<&Bytes> {
        self.records.get(&key.to_bytes()).map(|(_, value)| value)
    }

    /// All small records as they stand.
    pub fn records(&self) -> impl Iterator<Item = (&RecordKey, &Bytes)> {
        self.records.values().map(|(key, value)| (key, value))
    }

    /// How many messages were ever accepted.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        let messages =
            |all: &BTreeMap<Seq, Entry>| all.values().filter(|entry| entry.message.is_some()).count();
        self.streams.values().map(messages).sum::<usize>() as u64
    }

    /// Takes a commit.
    pub(crate) fn commit(&mut self, ops: &[LogOp], outcomes: &[LogOutcome]) {
        if ops.len() != outcomes.len() {
            self.wrong = Some(format!("{} operations and {} outcomes", ops.len(), outcomes.len()));
        }
        for (op, outcome) in ops.iter().zip(outcomes) {
            match (op, outcome) {
                (LogOp::Append(append), LogOutcome::Appended(appended)) => {
                    for (entry, outcome) in append.entries.iter().zip(appended) {
                        if let AppendOutcome::New(seq) = outcome {
                            self.append(append.stream, *seq, entry);
                        }
                    }
                }
                (LogOp::Replace(replace), LogOutcome::Replaced(true)) => {
                    let stream = self.streams.entry(replace.stream).or_default();
                    if let Some(entry) = stream.get_mut(&replace.seq) {
                        entry.replace(replace.record.clone());
                    }
                }
                (LogOp::Trim(trim), LogOutcome::Trimmed(count)) => {
                    let stream = self.streams.entry(trim.stream).or_default().values_mut();
                    let kept = stream.filter(|entry| !entry.trimmed);
                    for entry in kept.take(usize::try_from(*count).unwrap_or(usize::MAX)) {
                        entry.trimmed = true;
                    }
                }
                (LogOp::Put(put), LogOutcome::Put(bim_types::store::PutOutcome::Done(_))) => {
                    match &put.value {
                        Some(value) => {
                            self.records.insert(put.key.to_bytes(), (put.key.clone(), value.clone()));
                        }
                        None => drop(self.records.remove(&put.key.to_bytes())),
                    }
                }
                _ => {}
            }
        }
    }

    fn append(&mut self, stream: StreamId, seq: Seq, entry: &bim_types::store::AppendEntry) {
        let last = self.last(stream);
        if seq != last.next() {
            self.wrong = Some(format!("number {seq} follows {last} in {stream:?}"));
        }
        let message = match stream {
            StreamId::LiveGroup(..) => StoredLiveMessage::decode(entry.record.clone()).ok(),
            StreamId::LiveCounters(..) => None,
        };
        let bodies = message.iter().map(|message| message.body.clone()).collect();
        let (key, at) = (entry.idempotency.clone(), entry.at);
        let stream = self.streams.entry(stream).or_default();
        stream.insert(seq, Entry { key, at, message, bodies, trimmed: false });
    }
}

impl Entry {
    /// Its class, if it is a message or a change of one.
    #[must_use]
    pub fn class(&self) -> Option<Priority> {
        self.message.as_ref().map(|message| message.priority)
    }

    /// Whether it is a change of an earlier message.
    #[must_use]
    pub fn is_change(&self) -> bool {
        self.message.as_ref().is_some_and(|message| message.changes.is_some())
    }

    fn replace(&mut self, record: Bytes) {
        self.message = StoredLiveMessage::decode(record).ok();
        self.bodies.extend(self.message.iter().map(|message| message.body.clone()));
    }
}
