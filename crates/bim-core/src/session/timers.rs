//! What happens because time went by.

use bim_proto::{ClientFrame, Ping};
use bim_types::{ErrorCode, Mono, Refusal};

use crate::io::Output;
use crate::machine::ClientMachine;
use crate::session::Phase;
use crate::session::liveness::Pulse;

impl ClientMachine {
    pub(crate) fn on_session_time(&mut self, now: Mono) {
        if self.session.deadline.is_some_and(|deadline| now >= deadline) {
            self.session.deadline = None;
            self.on_phase_over(now);
        }
        self.check_liveness(now);
        if self.session.phase == Phase::Connected
            && self.session.token.is_refresh_due(now, &mut self.entropy)
            && let Some(ask) = self.session.token.ask(now)
        {
            self.out.push(Output::AskToken(ask));
        }
    }

    fn on_phase_over(&mut self, now: Mono) {
        match self.session.phase {
            Phase::Preparing => self
                .fail_login(Refusal::new(ErrorCode::StorageFailed).hint("the store did not answer in time")),
            Phase::AwaitingToken => self.on_no_token(now),
            Phase::Dialing | Phase::Authenticating => self.abort(now, "no answer in time"),
            Phase::Rejoining => self.abort(now, "no verdict on the cursors in time"),
            Phase::Backoff => self.on_retry_due(now),
            Phase::LoggingOut => self.finish_logout(),
            Phase::LoggedOut | Phase::Connected | Phase::Ended | Phase::ShutDown => {}
        }
    }

    fn check_liveness(&mut self, now: Mono) {
        let Some(liveness) = &mut self.session.liveness else { return };
        match liveness.pulse(now) {
            Pulse::Fine => {}
            Pulse::Ping => {
                liveness.on_ping(now);
                // Little is said: no need to know by whom.
                self.names.clear();
                self.session.pings += 1;
                self.send(now, ClientFrame::Ping(Ping { nonce: self.session.pings }));
            }
            Pulse::Dead => self.abort(now, "the path is dead"),
        }
    }
}
