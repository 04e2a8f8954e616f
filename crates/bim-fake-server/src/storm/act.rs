//! How a fault is carried out: it begins, lasts, and ends.

use std::sync::{Arc, Weak};
use std::time::Duration;

use bim_server_core::script::{BackEndCall, RequestKind, Seen};
use bim_server_core::{AdminCommand, RevokedTokens};
use bim_transport::{ConnectionExt, Dialer};
use bim_types::{ConversationShortId, Measure, Uid};
use bytes::Bytes;
use tokio::time::{interval, sleep, timeout};

use crate::faults::{FaultKind, PlannedFault};
use crate::lives::Lives;
use crate::network::{Link, Whose};

/// The longest pause between two frames of everyone.
const DELAY_MAX_MS: u64 = 100;

/// The pause between two frames of a slow reader.
const SLOW_PACE: Duration = Duration::from_millis(200);

/// How often a flapping viewer loses its connection.
const FLAP_INTERVAL: Duration = Duration::from_secs(1);

/// The most bytes of a hostile frame.
const HOSTILE_BYTES_MAX: u64 = 2_000;

/// How long a stranger waits for an answer.
const HOSTILE_PATIENCE: Duration = Duration::from_secs(1);

/// Carries out one fault, to its end. Does nothing when there is nobody it could be done to.
pub(super) async fn carry_out(lives: Weak<Lives>, fault: PlannedFault) {
    let Some(present) = lives.upgrade() else { return };
    let network = present.dialer.network();
    match fault.kind {
        FaultKind::Cut | FaultKind::HalfOpen | FaultKind::Stall | FaultKind::SlowRead => {
            // The server is not held while the fault lasts.
            drop(present);
            if let Some(wire) = network.any_wire(fault.target) {
                match fault.kind {
                    FaultKind::Cut => wire.cut(),
                    FaultKind::HalfOpen => wire.silence(),
                    FaultKind::Stall => wire.stall(true),
                    _ => wire.slow_down(Some(SLOW_PACE)),
                }
                sleep(fault.lasts).await;
                wire.stall(false);
                wire.slow_down(None);
            }
        }
        FaultKind::Delay => {
            drop(present);
            let link = Link::new(network, Whose::Everyones);
            link.slow_down(Duration::from_millis(1 + fault.dice % DELAY_MAX_MS));
            sleep(fault.lasts).await;
            link.flow_again();
        }
        FaultKind::Partition | FaultKind::StalledViewer | FaultKind::FlappingViewer => {
            drop(present);
            if let Some(uid) = network.any_user(fault.target) {
                trouble(&Link::new(network, Whose::Of(uid)), &fault).await;
            }
        }
        FaultKind::ServerCrash => {
            let crashed = present.crash().await;
            drop(present);
            sleep(fault.lasts).await;
            come_back(&lives, crashed).await;
        }
        FaultKind::HostileFrames => attack(&present, fault.dice).await,
        FaultKind::TokenExpiry | FaultKind::TokenRevocation | FaultKind::Kick | FaultKind::Mute => {
            if let Some(uid) = network.any_user(fault.target) {
                persecute(&present, uid, &fault).await;
            }
        }
        FaultKind::DuplicateConnection
        | FaultKind::PlannedRestart
        | FaultKind::ServerPause
        | FaultKind::ClientCrash
        | FaultKind::SlowCommit
        | FaultKind::BusyLog
        | FaultKind::FailedCommit
        | FaultKind::PowerCut
        | FaultKind::ClockStep
        | FaultKind::LateTimers => {}
    }
}

/// One user's network is bad for a while.
async fn trouble(link: &Link, fault: &PlannedFault) {
    match fault.kind {
        FaultKind::Partition => link.silent_for(fault.lasts).await,
        FaultKind::StalledViewer => {
            link.stall();
            sleep(fault.lasts).await;
            link.flow_again();
        }
        _ => {
            let mut beats = interval(FLAP_INTERVAL);
            let flapping = async {
                loop {
                    beats.tick().await;
                    link.cut();
                }
            };
            // It goes on until the time is over.
            let _ = timeout(fault.lasts, flapping).await;
        }
    }
}

/// Starts the server that this fault has stopped, unless somebody else has.
async fn come_back(lives: &Weak<Lives>, crashed: bool) {
    if let Some(present) = lives.upgrade().filter(|present| crashed && !present.is_up()) {
        // A log that fails now fails the next call of the test too.
        let _ = present.restart(Vec::new()).await;
    }
}

/// A stranger sends what no client would.
async fn attack(lives: &Arc<Lives>, dice: u64) {
    let Ok(mut stranger) = lives.dialer.dial().await else { return };
    let size = usize::try_from(dice % HOSTILE_BYTES_MAX).unwrap_or_default();
    let noise: Vec<u8> = dice.to_le_bytes().into_iter().cycle().take(size).collect();
    // The server may be gone, and may say nothing.
    let _ = stranger.send(Bytes::from(noise)).await;
    let _ = timeout(HOSTILE_PATIENCE, stranger.recv()).await;
}

/// Something is done to one user by the app's own server or an operator. Nobody minds when it is refused.
async fn persecute(lives: &Arc<Lives>, uid: Uid, fault: &PlannedFault) {
    if !lives.is_up() {
        return;
    }
    let (app, script) = (lives.app.id(), &lives.parts.script);
    let admin = lives.with_running(|running| running.admin());
    match fault.kind {
        FaultKind::TokenExpiry => script.expire_tokens(app, uid, lives.app.made()),
        FaultKind::TokenRevocation => {
            let tokens = RevokedTokens::OfUser { uid, issued_before: None };
            lives.app.make_later_tokens();
            let _ = admin.call(AdminCommand::RevokeTokens { app, tokens }).await;
        }
        _ => {
            let Some(group) = last_joined(lives, &uid) else { return };
            let measure = match fault.kind {
                FaultKind::Kick => Measure::Kick(vec![uid]),
                _ => Measure::Mute(vec![uid], Duration::from_secs(1 + fault.lasts.as_secs())),
            };
            let call = script.call(app, BackEndCall::Measure(group, measure));
            let _ = admin.call(AdminCommand::Status).await;
            return script.forget_call(call);
        }
    }
    let _ = admin.call(AdminCommand::Status).await;
}

/// The group that a user wanted to join last.
fn last_joined(lives: &Lives, uid: &Uid) -> Option<ConversationShortId> {
    let journal = lives.parts.script.journal();
    journal.entries().rev().filter(|entry| entry.uid.as_ref() == Some(uid)).find_map(|entry| {
        match &entry.seen {
            Seen::Asked(request) if request.kind == RequestKind::Join => request.group,
            _ => None,
        }
    })
}
