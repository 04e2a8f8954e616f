//! What a shell does for client machines: it feeds them, and carries out what they want.

use std::time::Duration;

use bim_core::{CallId, Command, Input, Output, StoreFailed, TokenAskId, TokenUnavailable};
use bim_fake_server::step::{LinkId, PeerId};
use bim_store::ClientStore;
use bim_types::ErrorCode;
use bytes::Bytes;

use super::{Run, Wake};
use crate::client::{LATE_TIME, Life, STORE_TIME, STORE_TIME_SLOW, StoreOp, TOKEN_TIME, Todo};
use crate::sight::{ClientId, ClientSight, Sight};
use crate::stage::percent;

impl Run {
    pub(super) fn on_link(
        &mut self,
        link: LinkId,
        input: impl FnOnce(bim_core::LinkId) -> Input,
        sight: impl FnOnce(LinkId) -> ClientSight<'static>,
    ) {
        if let Some((at, name)) = self.client_of(link) {
            let input = input(name);
            if !matches!(input, Input::Dialed(_)) {
                self.life(at, |life| life.links.remove(&name));
            }
            self.see(at, sight(link));
            self.input(at, input);
        } else {
            self.strangers.on_link(&mut self.world, link);
        }
    }

    pub(super) fn on_frame(&mut self, link: LinkId, frame: Bytes) {
        let Some((at, name)) = self.client_of(link) else { return };
        self.see(at, ClientSight::Received(link, &frame));
        self.life(at, |life| life.last_frame = Some((link, frame.clone())));
        self.input(at, Input::Frame(name, frame));
    }

    pub(super) fn on_todo(&mut self, at: usize, todo: Todo) {
        match todo {
            Todo::Tick(plan) => {
                let due = self.life(at, |life| life.tick.1 == plan && life.tick.0.take().is_some());
                if due == Some(true) {
                    self.input(at, Input::Tick);
                }
            }
            Todo::Stored => self.on_stored(at),
            Todo::Token(ask) => self.on_token(at, ask),
            Todo::Late(link, name, frame) => {
                self.see(at, ClientSight::Late(link));
                self.input(at, Input::Frame(name, frame));
            }
            Todo::Act => self.on_act(at),
        }
    }

    pub(super) fn on_act(&mut self, at: usize) {
        let now = self.world.now();
        let app = &mut self.clients[at].app;
        let (commands, pause) = if self.is_quiet {
            (app.look(&mut self.stage, now), Duration::from_secs(5))
        } else {
            (app.act(&mut self.stage, now), app.pause())
        };
        self.todo_in(at, pause, Todo::Act);
        for command in commands {
            self.command(at, command);
        }
    }

    /// An app asks something; nothing when its client is dead.
    pub(crate) fn command(&mut self, at: usize, command: Command) -> Option<CallId> {
        let call = self.life(at, |life| {
            life.calls += 1;
            CallId(life.calls)
        });
        if let Some(call) = call {
            self.see(at, ClientSight::Asked(call, &command));
            self.clients[at].app.asked(call, &command);
            self.input(at, Input::Command(call, command));
        }
        call
    }

    pub(super) fn on_stored(&mut self, at: usize) {
        let client = &mut self.clients[at];
        let Some(life) = client.life.as_mut().filter(|life| !life.storing.is_empty()) else { return };
        let input = match life.storing.remove(0) {
            StoreOp::Load(op) => {
                let failed = |_| StoreFailed { code: ErrorCode::StorageFailed };
                Input::DeviceLoaded(op, client.store.device().map_err(failed))
            }
            StoreOp::Commit(op, batch) => {
                let committed = client.store.commit(&batch);
                if committed.is_ok() {
                    self.see(at, ClientSight::Stored(&batch));
                }
                Input::Committed(op, committed.map_err(|_| StoreFailed { code: ErrorCode::StorageFailed }))
            }
        };
        self.input(at, input);
    }

    pub(super) fn on_token(&mut self, at: usize, ask: TokenAskId) {
        let client = &mut self.clients[at];
        let answer = if !self.is_calm && percent(&mut client.dice, 5) {
            Err(TokenUnavailable)
        } else {
            Ok(self.stage.mint(&client.uid, client.role.app_server, self.world.now()))
        };
        self.input(at, Input::Token(ask, answer));
    }

    pub(super) fn input(&mut self, at: usize, input: Input) {
        let now = self.world.now();
        let Some(life) = &mut self.clients[at].life else { return };
        life.machine.handle(life.clock.now(now), input);
        while let Some(output) = self.life(at, |life| life.machine.poll_output()).flatten() {
            self.carry_out(at, output);
        }
        self.see(at, ClientSight::Settled);
        self.plan_tick(at);
    }

    pub(super) fn carry_out(&mut self, at: usize, output: Output) {
        match output {
            Output::LoadDevice(op) => self.store(at, StoreOp::Load(op)),
            Output::Commit(op, batch) => self.store(at, StoreOp::Commit(op, batch)),
            Output::AskToken(ask) => {
                let time = self.clients[at].dice.up_to(TOKEN_TIME);
                self.todo_in(at, time, Todo::Token(ask));
            }
            Output::Dial { link: name, .. } => {
                let link = self.world.dial(PeerId(at as u64));
                self.life(at, |life| life.links.insert(name, link));
                self.see(at, ClientSight::Dialing(link));
            }
            Output::Send(name, frame) => {
                if let Some(link) = self.link(at, name) {
                    self.see(at, ClientSight::Sent(link, &frame));
                    self.world.send(link, frame);
                }
            }
            Output::Close(name) => {
                if let Some(link) = self.link(at, name) {
                    self.see(at, ClientSight::LetGo(link));
                    self.world.close(link);
                }
            }
            Output::Abort(name) => {
                if let Some(link) = self.link(at, name) {
                    self.life(at, |life| life.links.remove(&name));
                    self.see(at, ClientSight::LetGo(link));
                    self.world.abort(link);
                    self.come_late(at, link, name);
                }
            }
            Output::Reply(call, answer) => {
                self.see(at, ClientSight::Answered(call, &answer));
                self.clients[at].app.on_answer(call, &answer, &mut self.stage);
                if self.script {
                    self.answers.insert((ClientId(at), call), answer);
                }
            }
            Output::Event(event) => {
                self.see(at, ClientSight::Event(&event));
                self.clients[at].app.on_event(&event);
                if self.script {
                    self.events.push((ClientId(at), self.world.now(), event));
                }
            }
        }
    }

    /// What a transport had received when its link was let go of may come out of it later.
    fn come_late(&mut self, at: usize, link: LinkId, name: bim_core::LinkId) {
        let last = self.life(at, |life| life.last_frame.take()).flatten();
        if let Some((_, frame)) = last.filter(|(of, _)| *of == link) {
            let time = self.clients[at].dice.up_to(LATE_TIME);
            self.todo_in(at, time, Todo::Late(link, name, frame));
        }
    }

    pub(super) fn store(&mut self, at: usize, op: StoreOp) {
        let dice = &mut self.clients[at].dice;
        let most = if percent(dice, 5) { STORE_TIME_SLOW } else { STORE_TIME };
        let time = dice.up_to(most);
        self.life(at, |life| life.storing.push(op));
        self.todo_in(at, time, Todo::Stored);
    }

    pub(super) fn plan_tick(&mut self, at: usize) {
        let now = self.world.now();
        let plan = self.life(at, |life| {
            let deadline = life.machine.next_deadline()?;
            if life.tick.0.is_some_and(|planned| planned <= deadline) {
                return None;
            }
            life.tick = (Some(deadline), life.tick.1 + 1);
            Some((life.clock.when(deadline).since(now), life.tick.1))
        });
        if let Some((time, plan)) = plan.flatten() {
            self.todo_in(at, time, Todo::Tick(plan));
        }
    }

    pub(crate) fn revive(&mut self, at: usize) {
        let (now, wall) = (self.world.now(), self.plan.world.wall);
        let client = &mut self.clients[at];
        if client.life.is_none() {
            client.start(self.stage.app, now, wall);
            self.see(at, ClientSight::Started);
            if !self.script {
                let pause = self.clients[at].app.pause();
                self.todo_in(at, pause, Todo::Act);
            }
        }
    }

    pub(crate) fn kill(&mut self, at: usize, down: Duration) {
        if let Some(life) = self.clients[at].die() {
            life.links.values().for_each(|link| self.world.abort(*link));
            self.see(at, ClientSight::Died);
            self.wake_in(down, Wake::Revive(at));
        }
    }

    pub(super) fn todo_in(&mut self, at: usize, time: Duration, todo: Todo) {
        if let Some(life) = self.life(at, |life| life.number) {
            self.wake_in(time, Wake::Client(at, life, todo));
        }
    }

    pub(super) fn see(&mut self, at: usize, sight: ClientSight<'_>) {
        let now = self.world.now();
        self.world.watcher.client(now, ClientId(at), sight);
    }

    /// Shows the tokens that were made, before anybody can have presented them.
    pub(super) fn show_minted(&mut self) {
        for minted in std::mem::take(&mut self.stage.minted) {
            self.note(&Sight::Minted(&minted));
        }
    }

    pub(super) fn link(&self, at: usize, name: bim_core::LinkId) -> Option<LinkId> {
        self.clients[at].life.as_ref()?.links.get(&name).copied()
    }

    pub(super) fn client_of(&self, link: LinkId) -> Option<(usize, bim_core::LinkId)> {
        let lives = self.clients.iter().enumerate();
        lives.filter_map(|(at, client)| Some((at, client.life.as_ref()?.name_of(link)?))).next()
    }

    pub(super) fn life<T>(&mut self, at: usize, change: impl FnOnce(&mut Life) -> T) -> Option<T> {
        self.clients[at].life.as_mut().map(change)
    }
}
