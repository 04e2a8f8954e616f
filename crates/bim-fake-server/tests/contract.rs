//! The dialer of a fake server is a transport like any other.

use bim_fake_server::ServerDialer;
use bim_transport::{memory, transport_contract};

transport_contract!(dialer, || async {
    let (listener, hub) = memory::hub("contract", memory::MemoryConfig::default());
    (listener, ServerDialer::to(hub))
});
