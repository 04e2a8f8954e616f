//! The one who is there before the storm and after it, and counts.

use std::collections::BTreeSet;
use std::sync::Arc;

use bim_proto::{JoinLive, MemberQuery, RequestBody, ResponseBody, ServerFrame};
use bim_transport::websocket::WebSocketDialer;
use bim_types::{ConversationShortId, MemberList, Uid};

use super::pulse_book::PulseBook;
use crate::load::{ClientError, Faults, RawClient, Ticket};

/// The owner of the group, who stays in it.
#[derive(Debug)]
pub(super) struct Watcher {
    client: RawClient,
    uid: Uid,
    pub(super) group: ConversationShortId,
    pub(super) book: PulseBook,
}

impl Watcher {
    /// Makes a group and enters it.
    pub(super) async fn enter(dialer: &WebSocketDialer, ticket: &Arc<Ticket>) -> Result<Self, ClientError> {
        let mut client = RawClient::log_in(dialer, ticket).await?;
        let group = client.create("storm").await?;
        let book = PulseBook::default();
        let mut watcher = Self { client, uid: ticket.uid.clone(), group, book };
        watcher.ask(RequestBody::JoinLiveGroup(JoinLive { group, resume: None, info: None })).await?;
        Ok(watcher)
    }

    /// Reads one frame.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: what was read is in the book.
    pub(super) async fn watch(&mut self) -> Result<(), ClientError> {
        let frame = self.client.next().await?;
        note(&mut self.book, &self.uid, &frame);
        Ok(())
    }

    /// How many the server says are in.
    pub(super) async fn count(&mut self) -> Result<u64, ClientError> {
        match self.ask(RequestBody::GetLiveGroup(self.group)).await? {
            ResponseBody::LiveGroup(group) => Ok(group.online_count),
            other => Err(ClientError::Misfit(format!("{other:?}"))),
        }
    }

    /// Whom the server lists as in, page by page. Somebody who is listed twice or out of order is a fault.
    pub(super) async fn list(&mut self, faults: &mut Faults) -> Result<BTreeSet<Uid>, ClientError> {
        let mut listed = BTreeSet::new();
        let mut after: Option<Uid> = None;
        loop {
            let query = MemberQuery {
                group: self.group,
                list: MemberList::Online,
                after: after.clone(),
                count: 0,
                mark: None,
            };
            let page = match self.ask(RequestBody::ListLiveMembers(query)).await? {
                ResponseBody::LiveMemberPage(page) => page,
                other => return Err(ClientError::Misfit(format!("{other:?}"))),
            };
            for member in &page.members {
                let uid = &member.uid;
                if !listed.insert(uid.clone()) || after.as_ref().is_some_and(|after| uid <= after) {
                    faults.add("list not exact", || format!("{uid:?} is listed twice or out of order"));
                }
                if !member.is_online() {
                    faults.add("list not exact", || format!("{uid:?} is listed as in, and is not"));
                }
            }
            after = page.members.last().map(|member| member.uid.clone());
            if !page.has_more || after.is_none() {
                return Ok(listed);
            }
        }
    }

    /// Leaves.
    pub(super) async fn close(self) {
        self.client.close().await;
    }

    async fn ask(&mut self, body: RequestBody) -> Result<ResponseBody, ClientError> {
        let (book, uid) = (&mut self.book, &self.uid);
        self.client.ask(body, |frame| note(book, uid, &frame)).await
    }
}

fn note(book: &mut PulseBook, owner: &Uid, frame: &ServerFrame) {
    if let ServerFrame::LivePulse(pulse) = frame {
        book.take(pulse, |uid| uid == owner);
    }
}
