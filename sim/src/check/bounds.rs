//! Everything has a limit, and every request one answer (U1).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bim_fake_server::step::LinkId;
use bim_proto::{ClientFrame, RequestId, ServerFrame};
use bim_server_core::queue::QueueLimits;
use bim_server_core::{Input, Output};
use bim_types::limits::{FIRST_FRAME_BYTES_MAX, FRAME_BYTES_MAX};
use bim_types::store::OpId;
use bim_types::{ConnectionId, Mono};

use super::{Check, Context};
use crate::plan::{Mode, Plan};
use crate::sight::{ClientSight, Sight};

/// When everything is calm, every request is answered in this time.
const ANSWERED_WITHIN: Duration = Duration::from_secs(20);

/// Frames, queues, requests and writes under way stay within their limits; a server answers every request that it was
/// asked, once, and nothing that it was not; a client asks no more at once than it may.
#[derive(Debug)]
pub(super) struct Bounds {
    mode: Mode,
    queue: QueueLimits,
    requests: usize,
    writes_max: usize,
    /// Requests of each session that were not answered.
    open: BTreeMap<ConnectionId, Open>,
    /// Links that a client has dialed and said nothing on.
    silent: BTreeSet<LinkId>,
    /// Connections of clients, which keep the rules.
    clients: BTreeSet<ConnectionId>,
    /// Whose requests changed by what the engine took last.
    touched: Option<ConnectionId>,
    writes: BTreeSet<OpId>,
}

#[derive(Debug, Default)]
struct Open {
    requests: BTreeMap<RequestId, (usize, Mono)>,
    count: usize,
}

impl Bounds {
    pub(super) fn new(plan: &Plan) -> Self {
        Self {
            mode: plan.mode,
            queue: plan.world.queue,
            requests: plan.world.engine.in_flight_requests,
            writes_max: plan.world.engine.writes_in_flight,
            open: BTreeMap::new(),
            silent: BTreeSet::new(),
            clients: BTreeSet::new(),
            touched: None,
            writes: BTreeSet::new(),
        }
    }

    fn on_input(&mut self, input: &Input) -> Result<(), String> {
        if let Some((connection, open)) = self.touched.take().and_then(|of| self.open.get_key_value(&of))
            && open.count > self.requests
        {
            return Err(format!("{} requests of {connection:?} wait at once", open.count));
        }
        match input {
            Input::Closed { connection } => drop(self.open.remove(connection)),
            Input::Written { op, .. } if !self.writes.remove(op) => {
                return Err(format!("{op:?} is answered a second time"));
            }
            _ => {}
        }
        Ok(())
    }

    fn on_asked(&mut self, at: Mono, connection: ConnectionId, id: RequestId) -> Result<(), String> {
        let Some(open) = self.open.get_mut(&connection) else { return Ok(()) };
        let request = open.requests.entry(id).or_insert((0, at));
        request.0 += 1;
        open.count += 1;
        self.touched = Some(connection);
        let is_client = self.clients.contains(&connection);
        if is_client && open.count > self.requests {
            return Err(format!("the client of {connection:?} asks {} things at once", open.count));
        }
        match is_client && request.0 > 1 {
            true => Err(format!("the client of {connection:?} gives two requests the number {}", id.0)),
            false => Ok(()),
        }
    }

    fn on_answer(&mut self, connection: ConnectionId, id: RequestId) -> Result<(), String> {
        let open = self.open.get_mut(&connection);
        let request = open.and_then(|open| {
            open.count = open.count.saturating_sub(1);
            open.requests.get_mut(&id)
        });
        let Some((count, _)) = request else {
            return Err(format!("{connection:?} is answered request {}, which it did not ask", id.0));
        };
        *count -= 1;
        if *count == 0 {
            self.open.get_mut(&connection).map(|open| open.requests.remove(&id));
        }
        Ok(())
    }

    fn on_output(&mut self, output: &Output) -> Result<(), String> {
        let size = match output {
            Output::Send { frame, .. } | Output::BroadcastState { frame, .. } => frame.len(),
            Output::Broadcast(live) | Output::Replay { live, .. } => live.frame.len(),
            Output::Close { connection } => {
                self.open.remove(connection);
                0
            }
            Output::Write { op, .. } => {
                self.writes.insert(*op);
                let writes = self.writes.len();
                return if writes > self.writes_max {
                    Err(format!("{writes} writes at once"))
                } else {
                    Ok(())
                };
            }
            _ => 0,
        };
        if size > FRAME_BYTES_MAX { Err(format!("the server sends a frame of {size} bytes")) } else { Ok(()) }
    }

    fn on_client(&mut self, sight: &ClientSight<'_>) -> Result<(), String> {
        match sight {
            ClientSight::Dialing(link) => {
                self.silent.insert(*link);
                self.clients.insert(ConnectionId(link.0));
            }
            ClientSight::Closed(link) => drop(self.silent.remove(link)),
            ClientSight::Sent(link, frame) => {
                let is_first = self.silent.remove(link);
                let limit = if is_first { FIRST_FRAME_BYTES_MAX } else { FRAME_BYTES_MAX };
                if frame.len() > limit {
                    return Err(format!("a client sends a frame of {} bytes", frame.len()));
                }
            }
            _ => {}
        }
        Ok(())
    }
}

impl Check for Bounds {
    fn name(&self) -> &'static str {
        "bounds"
    }

    fn see(&mut self, context: &Context<'_>, sight: &Sight<'_>) -> Result<(), String> {
        match sight {
            Sight::Crashed => {
                self.open.clear();
                self.writes.clear();
                self.touched = None;
                Ok(())
            }
            Sight::Input(_, input) => self.on_input(input),
            Sight::In(connection, ClientFrame::Request(request)) => {
                self.on_asked(context.at, *connection, request.id)
            }
            Sight::Output(output) => self.on_output(output),
            Sight::Out(connection, ServerFrame::Welcome(_)) => {
                self.open.insert(*connection, Open::default());
                Ok(())
            }
            Sight::Out(connection, ServerFrame::Response(response)) => {
                self.on_answer(*connection, response.id)
            }
            Sight::Queued(connection, frames, bytes) => {
                if *frames > self.queue.frames || *bytes > self.queue.bytes {
                    return Err(format!("{frames} frames, {bytes} bytes wait for {connection:?}"));
                }
                Ok(())
            }
            Sight::Client(_, sight) => self.on_client(sight),
            _ => Ok(()),
        }
    }

    fn end(&mut self, context: &Context<'_>) -> Result<(), String> {
        if self.mode == Mode::Safety {
            return Ok(());
        }
        let requests = self.open.iter().flat_map(|(of, open)| open.requests.iter().map(move |one| (of, one)));
        let mut late = requests.filter(|(_, (_, (_, asked)))| context.at.since(*asked) > ANSWERED_WITHIN);
        match late.next() {
            Some((connection, (id, _))) => Err(format!("{connection:?} was never answered request {}", id.0)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use bim_proto::{Request, RequestBody, Response, ResponseBody};
    use bim_types::Token;

    use super::*;
    use crate::check::stand::{CONNECTION, LINK, Stand, hello, plan, wall, welcome};

    fn request(id: u64) -> ClientFrame {
        let group = bim_types::ConversationShortId::new(5).unwrap();
        ClientFrame::Request(Request { id: RequestId(id), body: Ok(RequestBody::GetLiveGroup(group)) })
    }

    fn answer(id: u64) -> ServerFrame {
        ServerFrame::Response(Response { id: RequestId(id), body: Ok(ResponseBody::Done) })
    }

    fn in_session() -> Stand<Bounds> {
        let mut stand = Stand::new(Bounds::new(&plan()));
        stand.opened(CONNECTION).unwrap();
        stand.takes(CONNECTION, &hello(Token::from("t"))).unwrap();
        stand.says(CONNECTION, &welcome(1, wall())).unwrap();
        stand
    }

    #[test]
    fn a_request_is_answered_once_and_only_when_it_was_asked() {
        let mut stand = in_session();
        stand.takes(CONNECTION, &request(1)).unwrap();
        stand.says(CONNECTION, &answer(2)).unwrap_err();

        let mut stand = in_session();
        stand.takes(CONNECTION, &request(1)).unwrap();
        stand.says(CONNECTION, &answer(1)).unwrap();
        stand.says(CONNECTION, &answer(1)).unwrap_err();
    }

    #[test]
    fn a_request_that_is_never_answered_is_missed() {
        let mut stand = in_session();
        stand.takes(CONNECTION, &request(1)).unwrap();
        stand.pass(Duration::from_secs(21));
        stand.end().unwrap_err();
    }

    #[test]
    fn no_more_requests_wait_than_may() {
        let mut stand = in_session();
        let most = plan().world.engine.in_flight_requests as u64;
        for id in 1..=most + 1 {
            stand.takes(CONNECTION, &request(id)).unwrap();
        }
        stand.input(&Input::Tick).unwrap_err();
    }

    #[test]
    fn a_client_keeps_the_rules() {
        let mut stand = in_session();
        stand.client(ClientSight::Dialing(LINK)).unwrap();
        stand.takes(CONNECTION, &request(1)).unwrap();
        stand.takes(CONNECTION, &request(1)).unwrap_err();
    }

    #[test]
    fn a_queue_has_an_end() {
        let limits = plan().world.queue;
        let mut stand = in_session();
        stand.see(&Sight::Queued(CONNECTION, limits.frames, limits.bytes)).unwrap();
        stand.see(&Sight::Queued(CONNECTION, limits.frames + 1, 1)).unwrap_err();
        stand.see(&Sight::Queued(CONNECTION, 1, limits.bytes + 1)).unwrap_err();
    }
}
