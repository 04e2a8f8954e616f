//! The contract suite itself is put to the test: transports with one fault each, of the kind that real ones
//! had, must be found out by the check that is about it.
//!
//! Every fault is a wrapper around the memory transport: of what is sent, of what is received, of how it ends,
//! or of how connections come about. A check that hangs has found the fault; time is virtual, so that it does
//! so at once.

#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]

mod door;
mod ending;
mod forward;
mod inbound;
mod outbound;
mod table;

use std::panic::{AssertUnwindSafe, catch_unwind};

use bim_transport::{
    BoxConnection,
    contract::{CHECK_TIMEOUT, CHECKS, Check, Ends},
    memory::{self, MemoryConfig},
};

use table::FAULTS;

/// One fault of a transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Outbound(outbound::Fault),
    Inbound(inbound::Fault),
    Ending(ending::Fault),
    Door(door::Fault),
}

/// Which end of a connection is broken; both are, by every fault that does not ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Client,
    Server,
}

#[test]
fn a_sound_transport_behind_every_wrapper_passes_every_check() {
    let failed: Vec<_> = CHECKS.iter().filter(|check| fails(None, check)).map(|(name, _)| *name).collect();
    assert_eq!(failed, Vec::<&str>::new());
}

#[test]
fn every_broken_transport_is_found_by_the_check_that_is_about_it() {
    let mut found = 0;
    for (fault, name) in FAULTS {
        let check = CHECKS.iter().find(|(check, _)| check == name).expect("the table names checks");
        let fails = fails(Some(*fault), check);
        println!("{} {:45} {name}", if fails { "found " } else { "MISSED" }, format!("{fault:?}"));
        found += usize::from(fails);
    }
    println!("{found} of {} found", FAULTS.len());
    assert_eq!(found, FAULTS.len(), "the table above says which ones were missed");
}

/// Whether a check panics or does not end in time.
fn fails(fault: Option<Fault>, (_, check): &Check) -> bool {
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.unwrap().block_on(async {
            let (listener, dialer) = memory::hub("broken", MemoryConfig::default());
            let (listener, dialer) = door::broken(listener, dialer, fault);
            tokio::time::timeout(CHECK_TIMEOUT, check(Ends::new(listener, dialer))).await.unwrap();
        });
    };
    catch_unwind(AssertUnwindSafe(run)).is_err()
}

/// Puts every wrapper around a connection, one of them with the fault.
fn broken(connection: BoxConnection, side: Side, fault: Option<Fault>) -> BoxConnection {
    let (mut outbound, mut inbound, mut ending) = (None, None, None);
    match fault {
        Some(Fault::Outbound(fault)) => outbound = Some(fault),
        Some(Fault::Inbound(fault)) => inbound = Some(fault),
        Some(Fault::Ending(fault)) => ending = Some(fault),
        Some(Fault::Door(_)) | None => {}
    }
    let connection = outbound::Outbound::new(connection, side, outbound);
    let connection = inbound::Inbound::new(Box::new(connection), inbound);
    Box::new(ending::Ending::new(Box::new(connection), ending))
}
