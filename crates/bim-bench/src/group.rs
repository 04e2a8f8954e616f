//! Live groups that a run makes for itself, and everyone's way into them.

use std::sync::Arc;
use std::time::Duration;

use bim_proto::{Joined, RequestBody, ServerFrame};
use bim_transport::Dialer;
use bim_types::{ConversationShortId, DeviceId};
use tokio::time::timeout;

use crate::{BenchError, Client, ClientError, Place, Ticket, gather};

/// Users who connect, log in and join at the same time.
pub(crate) const ENTER_AT_ONCE: usize = 64;

/// How long the end of a group may take. Nothing is lost when it takes longer.
const DISSOLVE_TIMEOUT: Duration = Duration::from_secs(5);

/// What tells the device that makes and ends a group from the one its owner joins with.
const OWNERS_DEVICE: u128 = 1 << 127;

/// Somebody who has joined.
pub(crate) struct Entered {
    pub(crate) number: usize,
    pub(crate) client: Client,
    /// What came before the answer to the join.
    pub(crate) early: Vec<ServerFrame>,
}

/// Makes a group. Its owner is not in it.
pub(crate) async fn create(place: &Place, owner: &Ticket) -> Result<ConversationShortId, BenchError> {
    let made = async {
        let mut client = Client::log_in(&**place.dialer(0), &at_desk(owner)).await?;
        let group = client.create("bench").await;
        client.close().await;
        group
    };
    made.await.map_err(BenchError::Group)
}

/// Ends a group, so that nothing stays behind on a server that goes on.
pub(crate) async fn dissolve(place: &Place, owner: &Ticket, group: ConversationShortId) {
    let dissolved = async {
        let mut client = Client::log_in(&**place.dialer(0), &at_desk(owner)).await?;
        client.ask(RequestBody::DissolveLiveGroup(group), |_| {}).await?;
        client.close().await;
        Ok::<_, ClientError>(())
    };
    // The figures are there; a server that is gone by now has no group either.
    let _ = timeout(DISSOLVE_TIMEOUT, dissolved).await;
}

/// Lets everyone join, in the order of their tickets.
pub(crate) async fn enter(
    place: &Place,
    group: ConversationShortId,
    tickets: &[Ticket],
) -> Result<Vec<Entered>, BenchError> {
    let entering = tickets
        .iter()
        .enumerate()
        .map(|(number, ticket)| enter_one(Arc::clone(place.dialer(number)), ticket.clone(), group, number));
    let mut entered = gather(entering, ENTER_AT_ONCE).await.map_err(BenchError::Enter)?;
    entered.sort_unstable_by_key(|one| one.number);
    Ok(entered)
}

async fn enter_one(
    dialer: Arc<dyn Dialer>,
    ticket: Ticket,
    group: ConversationShortId,
    number: usize,
) -> Result<Entered, ClientError> {
    let mut client = Client::log_in(&*dialer, &ticket).await?;
    let mut early = Vec::new();
    let Joined { .. } = client.join(group, None, |frame| early.push(frame)).await?;
    Ok(Entered { number, client, early })
}

/// The same user on another device.
pub(crate) fn at_desk(owner: &Ticket) -> Ticket {
    Ticket { device: DeviceId::new(owner.device.value() ^ OWNERS_DEVICE), ..owner.clone() }
}
