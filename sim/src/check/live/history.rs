//! Pages of history: exactly the messages of the log in that range, as they stand.

use bim_proto::{HistoryPage, HistoryQuery};
use bim_types::store::StreamId;
use bim_types::{GroupKey, Message, Seq, Uid};

use super::hall::Hall;
use super::people::Person;
use super::{Verdict, wrong};
use crate::ledger::{Entry, Ledger};

impl Hall {
    pub(super) fn on_history(
        &self,
        ledger: &Ledger,
        person: &Person,
        (query, asked_at): (&HistoryQuery, Seq),
        page: &HistoryPage,
    ) -> Verdict {
        let key = GroupKey { app: person.app, group: query.group };
        let stream = StreamId::LiveGroup(key.app, key.group);
        let head = self.heads.get(&key).copied().unwrap_or_default();
        // What came since it was asked may be in it or not. Where the page goes on, it has seen everything up to there, were
        // it only what nobody is shown.
        let seen = page.messages.iter().map(|told| told.position.seq).max().unwrap_or_default();
        let passed = if query.newest_first && page.has_more { page.next.next() } else { Seq::ZERO };
        let to = asked_at.max(seen).max(passed).min(head);
        let to = query.to.map_or(to, |wanted| wanted.min(to));
        let from = query.from.max(Seq(1));
        let first =
            ledger.stream(stream).find(|(_, entry)| !entry.trimmed).map_or(head.next(), |(seq, _)| seq);
        let covered = if query.newest_first {
            // Down to where the next page begins, or to the first wanted.
            let down_to = if page.has_more { page.next.next() } else { from };
            (down_to.max(from), to)
        } else {
            let up_to = if page.has_more { Seq(page.next.0.saturating_sub(1)) } else { to };
            (from, up_to.min(to))
        };
        let is_stuck = match query.newest_first {
            true => page.has_more && (page.next >= to || page.next < from),
            false => page.has_more && (page.next <= from || page.next > head),
        };
        if is_stuck {
            return wrong("history", format!("the next page begins at {}: {query:?}", page.next));
        }
        let most = self.config.history_page_messages;
        let most =
            usize::try_from(query.limit).ok().filter(|limit| (1..=most).contains(limit)).unwrap_or(most);
        if page.messages.len() > most {
            return wrong("history", format!("{} messages and {most} were wanted", page.messages.len()));
        }
        let shown = |(seq, entry): (Seq, &Entry)| shown(key, seq, entry, &person.uid);
        let in_range = |(seq, _): &(Seq, &Entry)| covered.0 <= *seq && *seq <= covered.1 && *seq >= first;
        let mut expected: Vec<_> = ledger.stream(stream).filter(in_range).filter_map(shown).collect();
        if query.newest_first {
            expected.reverse();
        }
        let is_same = page.messages.len() == expected.len()
            && page.messages.iter().zip(&expected).all(|(told, truth)| is_message(told, truth));
        if is_same {
            return Ok(());
        }
        let told: Vec<_> = page.messages.iter().map(|told| (told.position.seq, told.edits)).collect();
        let truth: Vec<_> = expected.iter().map(|truth| (truth.position.seq, truth.edits)).collect();
        wrong("history", format!("{query:?} is answered with {told:?}; there are {truth:?}, head {head}"))
    }
}

/// The epoch is the log's and not looked at here.
fn is_message(told: &Message, truth: &Message) -> bool {
    let told = Message { position: truth.position, ..told.clone() };
    told == *truth
}

/// A record as a message that this user may read.
fn shown(key: GroupKey, seq: Seq, entry: &Entry, to: &Uid) -> Option<Message> {
    let message = entry.message.as_ref().filter(|_| !entry.trimmed)?;
    let is_shown =
        !message.deleted && message.changes.is_none() && (!message.only_for_sender || message.sender == *to);
    let position = bim_types::Position { seq, ..Default::default() };
    is_shown.then(|| message.clone().into_message(key.group, position))
}
