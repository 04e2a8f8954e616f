//! The network of everyone, or of one user, to be made bad.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use super::{Network, Whose};

/// The network between the fake server and everyone, or one user: [`FakeServer::network`](crate::FakeServer::network)
/// and [`FakeServer::network_of`](crate::FakeServer::network_of). Cheap to clone.
///
/// It is that of the memory transport, in all lives of the server; connections over sockets do not pass it. A bad
/// network of everyone and one of a user's own add up. A user is known from the first frame of a connection: while
/// only that user is offline, dials succeed and the connection is lost at once.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// use std::time::Duration;
///
/// use bim_transport::Dialer;
///
/// let server = bim_fake_server::serve().await;
/// server.network().go_offline();
/// assert!(server.dialer().dial().await.is_err());
/// server.network().come_back();
/// assert!(server.dialer().dial().await.is_ok());
/// server.network_of("alice").offline_for(Duration::from_secs(120)).await;   // of the test's clock
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Link {
    network: Arc<Network>,
    whose: Whose,
}

impl Link {
    pub(crate) fn new(network: Arc<Network>, whose: Whose) -> Self {
        Self { network, whose }
    }

    /// Cuts every connection now. Clients may dial again at once.
    pub fn cut(&self) {
        self.network.cut(&self.whose);
    }

    /// Takes the network away, and everyone notices: connections are cut, dials fail.
    pub fn go_offline(&self) {
        self.network.change(&self.whose, |condition| condition.is_offline = true);
    }

    /// Takes the network away, and nobody notices: nothing arrives any more in either direction, connections that are
    /// open stay half-open for good, and dials wait.
    pub fn go_silent(&self) {
        self.network.change(&self.whose, |condition| condition.is_silent = true);
    }

    /// Gives the network back, after [`go_offline`](Self::go_offline) or [`go_silent`](Self::go_silent). Clients come
    /// back by themselves, when their next attempt is due.
    pub fn come_back(&self) {
        self.network.change(&self.whose, |condition| {
            (condition.is_offline, condition.is_silent) = (false, false);
        });
    }

    /// Goes offline, and comes back after so long on tokio's clock: at once in real time when that is paused.
    ///
    /// # Cancel safety
    ///
    /// When dropped, the network stays away.
    pub async fn offline_for(&self, time: Duration) {
        self.go_offline();
        sleep(time).await;
        self.come_back();
    }

    /// Goes silent, and comes back after so long on tokio's clock.
    ///
    /// # Cancel safety
    ///
    /// When dropped, the network stays silent.
    pub async fn silent_for(&self, time: Duration) {
        self.go_silent();
        sleep(time).await;
        self.come_back();
    }

    /// Has clients take nothing: what is sent to them waits, as with a reader that hangs. What they send arrives.
    pub fn stall(&self) {
        self.network.change(&self.whose, |condition| condition.is_stalled = true);
    }

    /// Has each client take one frame in so long at most.
    pub fn slow_down(&self, pace: Duration) {
        self.network.change(&self.whose, |condition| condition.pace = Some(pace));
    }

    /// Ends [`stall`](Self::stall) and [`slow_down`](Self::slow_down).
    pub fn flow_again(&self) {
        self.network.change(&self.whose, |condition| {
            (condition.is_stalled, condition.pace) = (false, None);
        });
    }
}
