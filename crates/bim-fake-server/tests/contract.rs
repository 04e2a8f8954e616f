//! The dialer of a fake server, over a network with which nothing is wrong, is a transport like any other.

use bim_fake_server::ServerDialer;
use bim_transport::{memory, transport_contract};

transport_contract!(dialer_and_network, || async {
    let (listener, hub) = memory::hub("contract", memory::MemoryConfig::default());
    (listener, ServerDialer::to(hub))
});
