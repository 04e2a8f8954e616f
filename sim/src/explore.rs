//! Every order of a race, to a stated depth.
//!
//! A scenario brings a small cast into position and then lets some of them act at the same time. [`explore`] plays it
//! again and again, each time with another order of what may happen first: frames that arrive, commits, answers of the
//! log and the store, and the next deed of each actor. All checkers look on, and at the end everything must come to rest.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use bim_core::{Answer, Ask, CallId, Command, Credential, Event};
use bim_fake_server::step::{LinkConfig, LinkFault, WorldConfig};
use bim_server_core::EngineConfig;
use bim_types::{ConversationShortId, GroupInfo, Mono, Refusal, Uid};

use crate::plan::{Habits, Mode, Plan, Role};
use crate::run::{Run, Wake};
use crate::sight::ClientId;
use crate::violation::Violation;

/// What is due within this time of the next occasion may come before it.
const RACING: Duration = Duration::from_millis(20);

/// How long a deed is given to be done, one at a time.
const DONE: Duration = Duration::from_millis(400);

/// How long everything is given to come to rest in the end.
const REST: Duration = Duration::from_secs(35);

/// How long a race goes on.
const RACE: Duration = Duration::from_secs(3);

/// What was found.
#[derive(Clone, Debug)]
pub struct Explored {
    /// How many different orders were played.
    pub schedules: u64,
    /// The first order in which a promise was broken, as the choices that lead there.
    pub violation: Option<(Vec<usize>, Violation)>,
}

/// One deed of an actor.
#[derive(Clone, Debug)]
pub enum Deed {
    /// The client asks for something.
    Ask(ClientId, Command),
    /// The client's connection is cut.
    Cut(ClientId),
    /// Somebody logs in with a copy of the client's device.
    TakeOver(ClientId),
    /// The client dies, and comes back at once with what its store holds.
    Restart(ClientId),
    /// The server dies, and comes back at once with what its log holds.
    RestartServer,
}

/// The stage of one scenario.
pub struct Scene {
    run: Run,
    choices: Rc<RefCell<Choices>>,
}

/// Which way to go at each choice, and how many ways there were.
#[derive(Debug, Default)]
struct Choices {
    script: Vec<usize>,
    widths: Vec<usize>,
    depth: usize,
}

/// Plays a scenario in every order of its first `depth` choices; later ones follow time. Stops at the first broken
/// promise, or after `most` orders.
pub fn explore(depth: usize, most: u64, scenario: impl Fn(&mut Scene)) -> Explored {
    let mut script = Vec::new();
    let mut schedules = 0;
    loop {
        let choices = Rc::new(RefCell::new(Choices { script: script.clone(), widths: Vec::new(), depth }));
        let mut scene = Scene::new(Rc::clone(&choices));
        scenario(&mut scene);
        schedules += 1;
        if let Some(violation) = scene.finish() {
            return Explored { schedules, violation: Some((script, violation)) };
        }
        let widths = std::mem::take(&mut choices.borrow_mut().widths);
        match next_script(script, &widths) {
            Some(next) if schedules < most => script = next,
            _ => return Explored { schedules, violation: None },
        }
    }
}

/// The choices after these, in the order of an odometer.
fn next_script(mut script: Vec<usize>, widths: &[usize]) -> Option<Vec<usize>> {
    script.resize(widths.len(), 0);
    while let Some(last) = script.pop() {
        if last + 1 < widths[script.len()] {
            script.push(last + 1);
            return Some(script);
        }
    }
    None
}

impl Choices {
    fn choose(&mut self, among: usize) -> usize {
        if self.widths.len() >= self.depth {
            return 0;
        }
        let chosen = self.script.get(self.widths.len()).copied().unwrap_or(0);
        self.widths.push(among);
        chosen
    }
}

impl Scene {
    fn new(choices: Rc<RefCell<Choices>>) -> Self {
        let link =
            LinkConfig { latency: Duration::from_millis(1), jitter: Duration::ZERO, ..LinkConfig::default() };
        let engine = EngineConfig {
            members_may_send_high: true,
            joined_groups_per_connection: 2,
            sender_per_second: 1_000,
            sender_burst: 1_000,
            ..EngineConfig::default()
        };
        let role = |user| Role { user, app_server: false, has_provider: true, drift_ppm: 0, is_quiet: false };
        let habits = Habits {
            pause: Duration::ZERO,
            messages: 0,
            measures: 0,
            body: 20,
            token_life: Duration::from_secs(3_600),
            burst: 1,
        };
        let plan = Plan {
            seed: 1,
            mode: Mode::Liveness,
            span: RACE,
            world: WorldConfig { engine, link, ..WorldConfig::default() },
            faults: Vec::new(),
            cast: (0..3).map(role).collect(),
            habits,
            on_disk: false,
        };
        Self { run: Run::scripted(plan), choices }
    }

    /// The uid of a client.
    #[must_use]
    pub fn uid(&self, client: ClientId) -> Uid {
        self.run.clients[client.0].uid.clone()
    }

    /// Asks for something and waits for everything to come to rest.
    ///
    /// # Errors
    ///
    /// What the server said.
    ///
    /// # Panics
    ///
    /// When there is no answer.
    pub fn ask(&mut self, client: ClientId, command: Command) -> Result<Answer, Refusal> {
        let call = self.run.command(client.0, command).expect("the client is alive");
        self.run.go_on(DONE);
        self.run.answers.remove(&(client, call)).expect("a call is answered")
    }

    /// Logs clients in.
    ///
    /// # Panics
    ///
    /// When one is refused.
    pub fn log_in(&mut self, clients: &[ClientId]) {
        for client in clients {
            let login = Command::Login { uid: self.uid(*client), credential: Credential::Provider };
            self.ask(*client, login).expect("the login is accepted");
        }
    }

    /// Makes a live group and brings everyone in.
    ///
    /// # Panics
    ///
    /// When anything of it is refused.
    pub fn room(&mut self, clients: &[ClientId]) -> ConversationShortId {
        let info = GroupInfo { name: "room".into(), ..GroupInfo::default() };
        let made = self.ask(clients[0], Command::Ask(Ask::Create(info)));
        let Ok(Answer::Conversation(made)) = made else { panic!("no group: {made:?}") };
        let group = made.conversation_short_id;
        for client in clients {
            self.ask(*client, Command::Ask(Ask::Join(group, None))).expect("the join is accepted");
        }
        group
    }

    /// Lets actors act at the same time: each does its deeds in their order, and everything else comes in between in
    /// the order that is being explored.
    pub fn race(&mut self, actors: Vec<Vec<Deed>>) {
        let choices = Rc::clone(&self.choices);
        self.run.world.choose_order(RACING, Box::new(move |among| choices.borrow_mut().choose(among)));
        for deeds in actors {
            self.run.actors.push(VecDeque::from(deeds));
            let actor = self.run.actors.len() - 1;
            self.run.wake_in(Duration::ZERO, Wake::Deed(actor));
        }
        self.run.go_on(RACE);
        self.run.world.follow_time();
    }

    /// Cuts a client's connection, and goes on to the moment in which it dials again.
    pub fn cut_and_redial(&mut self, client: ClientId) {
        let links = |run: &Run| run.clients[client.0].life.as_ref().map(|life| life.links.clone());
        let before = links(&self.run);
        self.run.actors.push(VecDeque::from([Deed::Cut(client)]));
        self.run.on_deed(self.run.actors.len() - 1);
        while links(&self.run) == before || links(&self.run).is_none_or(|links| links.is_empty()) {
            self.run.go_on(Duration::from_millis(1));
        }
    }

    /// What a client's app was told, and when, since the start.
    #[must_use]
    pub fn events(&self, client: ClientId) -> Vec<(Mono, Event)> {
        self.run
            .events
            .iter()
            .filter(|(of, ..)| *of == client)
            .map(|(_, at, event)| (*at, event.clone()))
            .collect()
    }

    fn finish(mut self) -> Option<Violation> {
        self.run.go_on(REST);
        self.run.finish()
    }
}

impl Run {
    /// The next deed of an actor.
    pub(crate) fn on_deed(&mut self, actor: usize) {
        let Some(deed) = self.actors.get_mut(actor).and_then(VecDeque::pop_front) else { return };
        match deed {
            Deed::Ask(client, command) => drop(self.command(client.0, command)),
            Deed::Cut(client) => {
                let links = self.clients[client.0].life.as_ref().map(|life| life.links.clone());
                for link in links.unwrap_or_default().into_values() {
                    self.world.disturb(link, LinkFault::Cut);
                }
            }
            Deed::TakeOver(client) => self.take_over(client.0),
            Deed::Restart(client) => {
                self.kill(client.0, Duration::ZERO);
            }
            Deed::RestartServer => self.world.crash(Duration::ZERO),
        }
        self.wake_in(Duration::ZERO, Wake::Deed(actor));
    }
}

/// What tests ask of a call.
pub type Answers = std::collections::BTreeMap<(ClientId, CallId), Result<Answer, Refusal>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_through_a_tree_of_choices_is_gone_once() {
        let widths = [2, 3];
        let mut seen = vec![vec![0, 0]];
        let mut script = Vec::new();
        while let Some(next) = next_script(script, &widths) {
            seen.push(next.clone());
            script = next;
        }
        seen.iter_mut().for_each(|way| way.resize(2, 0));
        assert_eq!(seen, [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]);
    }
}
