//! A room on a terminal.
//!
//! *What it owns.* The screen, in its alternate mode, and the keyboard; both are given back at the end, also
//! after a panic. *How it flows.* Keys and events change [`state::State`]; then [`view`] draws all of it.

mod input_line;
mod screen;
mod state;
mod text;
mod view;

use std::time::{Duration, Instant};

use bim::{ConnectEvent, ConnectStatus, DisconnectReason, LiveEvent, Message, Priority};
use crossterm::event::{Event, EventStream, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use futures_util::StreamExt;

use super::outbox::{self, Outbox};
use super::room::{self, Room};
use crate::error::{CliError, chain};
use crate::shown::{Narrator, count};
use crate::signals::StopSignal;

use screen::Screen;
use state::{Connection, Entry, State, Verdict};

/// The shortest time between two frames: a busy room is drawn no more often than a person can see.
const FRAME_TIME: Duration = Duration::from_millis(33);

/// How long the end waits for messages that have no verdict.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(3);

/// Rows that a page key moves.
const PAGE_ROWS: usize = 10;

const HELP: &str = "\
enter sends the line · /high TEXT sends with high priority · //TEXT sends /TEXT
/help shows this · /leave or /quit ends, as ctrl-c does
page up, page down, up, down scroll · end goes to the newest · ctrl-u, ctrl-w remove a line, a word";

/// Shows the room until the person leaves.
pub(super) async fn run(room: Room, greeting: &[String]) -> Result<(), CliError> {
    let mut chat = Chat::new(room, greeting);
    let mut stop = StopSignal::install()?;
    let screen = Screen::open()?;
    let ended = chat.run(screen, &mut stop).await;
    chat.wait_for_verdicts().await;
    ended
}

struct Chat {
    room: Room,
    state: State,
    narrator: Narrator,
    outbox: Outbox,
    lines: u64,
}

/// Whether to go on.
#[derive(PartialEq, Eq)]
enum Next {
    Stay,
    Leave,
}

impl Chat {
    fn new(room: Room, greeting: &[String]) -> Self {
        let mut state = State { room: room.conversation.info.name.clone(), ..State::default() };
        state.online = room.conversation.online_count;
        greeting.iter().for_each(|line| state.notice(line));
        if !room.conversation.info.notice.is_empty() {
            state.notice(room.conversation.info.notice.clone());
        }
        let narrator = Narrator::new(room.me.clone(), room.conversation.clone());
        Self { room, state, narrator, outbox: Outbox::new(), lines: 0 }
    }

    async fn run(&mut self, mut screen: Screen, stop: &mut StopSignal) -> Result<(), CliError> {
        let mut keys = EventStream::new();
        let mut stale = true;
        let mut drawn = Instant::now() - FRAME_TIME;
        loop {
            self.outbox.send(&self.room, Instant::now());
            if stale && drawn.elapsed() >= FRAME_TIME {
                screen.draw(|frame| view::draw(frame, &mut self.state))?;
                (stale, drawn) = (false, Instant::now());
            }
            let frame_at = stale.then(|| drawn + FRAME_TIME);
            let wakes_at = [frame_at, self.outbox.wakes_at()].into_iter().flatten().min();
            let next = tokio::select! {
                () = stop.wait() => Next::Leave,
                key = keys.next() => match key {
                    Some(Ok(event)) => self.on_terminal(event),
                    Some(Err(error)) => return Err(CliError::failed(format!("the terminal can not be read: {error}"))),
                    None => Next::Leave,
                },
                verdict = self.outbox.next_verdict() => self.on_verdict(verdict),
                event = self.room.events.next() => self.on_event(event)?,
                status = self.room.status.next() => self.on_status(status)?,
                () = sleep_until(wakes_at) => { continue }
            };
            if next == Next::Leave {
                return Ok(());
            }
            stale = true;
        }
    }

    fn on_terminal(&mut self, event: Event) -> Next {
        match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => self.on_key(key),
            Event::Paste(text) => {
                self.state.input.insert(&text);
                Next::Stay
            }
            // Whatever else happened, a resize say, the screen is drawn anew.
            _ => Next::Stay,
        }
    }

    fn on_key(&mut self, key: KeyEvent) -> Next {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let State { input, .. } = &mut self.state;
        match key.code {
            KeyCode::Char('c') if control => return Next::Leave,
            KeyCode::Char('d') if control && input.is_empty() => return Next::Leave,
            KeyCode::Char('u') if control => input.clear_before(),
            KeyCode::Char('w') if control => input.delete_word(),
            KeyCode::Char('a') if control => input.home(),
            KeyCode::Char('e') if control => input.end(),
            KeyCode::Char(_) if control => {}
            KeyCode::Char(typed) => input.insert(typed.encode_utf8(&mut [0; 4])),
            KeyCode::Backspace => input.backspace(),
            KeyCode::Delete => input.delete(),
            KeyCode::Left => input.left(),
            KeyCode::Right => input.right(),
            KeyCode::Home => input.home(),
            KeyCode::End => {
                input.end();
                self.state.scrolled = 0;
            }
            KeyCode::PageUp => self.state.scroll_up(PAGE_ROWS),
            KeyCode::PageDown => self.state.scroll_down(PAGE_ROWS),
            KeyCode::Up => self.state.scroll_up(1),
            KeyCode::Down => self.state.scroll_down(1),
            KeyCode::Esc => self.state.scrolled = 0,
            KeyCode::Enter => return self.on_line(),
            _ => {}
        }
        Next::Stay
    }

    fn on_line(&mut self) -> Next {
        if !self.outbox.has_room() {
            self.state.notice("too many messages have no verdict yet; wait a moment");
            return Next::Stay;
        }
        let line = self.state.input.take();
        self.state.scrolled = 0;
        let (command, rest) = line.split_once(' ').unwrap_or((&line, ""));
        match command {
            "/quit" | "/leave" => return Next::Leave,
            "/help" => self.state.notice(HELP),
            "/high" if !rest.trim().is_empty() => self.say(rest.trim(), Priority::High),
            "/high" => self.state.notice("/high TEXT sends TEXT with high priority"),
            _ if line.starts_with("//") => self.say(line.get(1..).unwrap_or_default(), self.room.priority),
            _ if line.starts_with('/') => {
                self.state.notice(format!("there is no {command}; /help shows what there is"));
                self.state.input.restore(&line);
            }
            _ if line.trim().is_empty() => {}
            _ => self.say(&line, self.room.priority),
        }
        Next::Stay
    }

    fn say(&mut self, text: &str, priority: Priority) {
        self.lines += 1;
        let message = self.room.client.create_text_message(text);
        self.outbox.push(self.lines, message, priority);
        let verdict = Verdict::Sending;
        self.state.add(Entry::Own {
            line: self.lines,
            time: now(),
            text: text.to_owned(),
            verdict: verdict.clone(),
        });
        self.state.verdict = verdict;
    }

    fn on_verdict(&mut self, verdict: outbox::Verdict) -> Next {
        match verdict {
            outbox::Verdict::Accepted { line, message } => {
                self.state.settle(line, Verdict::Accepted(message.position.seq.to_string()));
            }
            outbox::Verdict::Held { line, code, retry_after, .. } => {
                let when = retry_after.map(|after| format!(", again in {} ms", after.as_millis()));
                self.state
                    .settle(line, Verdict::Waiting(format!("{}{}", code.text(), when.unwrap_or_default())));
            }
            outbox::Verdict::Refused { line, error } => {
                self.state.settle(line, Verdict::Refused(chain(&error)));
            }
        }
        Next::Stay
    }

    fn on_event(&mut self, event: Option<LiveEvent>) -> Result<Next, CliError> {
        match event {
            Some(LiveEvent::Received(message)) => self.state.add(received(&message)),
            Some(LiveEvent::Pulse(pulse)) => {
                self.state.attendance(count(&pulse.joined), count(&pulse.left), pulse.online_count);
            }
            Some(LiveEvent::Left { group, reason }) => return Err(room::left(group, reason)),
            Some(event) => {
                if let LiveEvent::StateChanged(conversation) = &event {
                    self.state.room.clone_from(&conversation.info.name);
                    self.state.online = conversation.online_count;
                }
                self.narrator.tell(&event).into_iter().for_each(|line| self.state.notice(line));
            }
            None => return Err(CliError::failed("the session is over")),
        }
        Ok(Next::Stay)
    }

    fn on_status(&mut self, event: Option<ConnectEvent>) -> Result<Next, CliError> {
        let Some(ConnectEvent::Status(status)) = event else { return Ok(Next::Stay) };
        if let Some(error) = room::session_over(&status) {
            return Err(error);
        }
        self.state.connection = match status {
            ConnectStatus::Connected(_) => Connection::Connected,
            ConnectStatus::Disconnected(DisconnectReason::Lost { retry_in }) => {
                Connection::Lost(format!("connection lost, again in {:.1} s", retry_in.as_secs_f64()))
            }
            _ => Connection::Connecting,
        };
        Ok(Next::Stay)
    }

    /// What was typed before leaving still goes out, for a moment.
    async fn wait_for_verdicts(&mut self) {
        let all = async {
            while !self.outbox.is_empty() {
                self.outbox.send(&self.room, Instant::now());
                let wakes_at = self.outbox.wakes_at();
                tokio::select! {
                    _ = self.outbox.next_verdict() => {}
                    () = sleep_until(wakes_at) => {}
                }
            }
        };
        if tokio::time::timeout(LEAVE_TIMEOUT, all).await.is_err() {
            super::note(&format!("{} messages have no verdict", self.outbox.len()));
        }
    }
}

fn received(message: &Message) -> Entry {
    let text = message.body.as_str().unwrap_or("(a kind of message this version does not know)");
    let accepted = i64::try_from(message.accepted_at.as_millis()).ok();
    Entry::Message {
        time: accepted
            .and_then(|millis| jiff::Timestamp::from_millisecond(millis).ok())
            .map_or_else(now, clock),
        sender: message.sender.to_string(),
        text: text.to_owned(),
        high: message.priority == Priority::High,
    }
}

fn now() -> String {
    clock(jiff::Timestamp::now())
}

/// The time of day here.
fn clock(at: jiff::Timestamp) -> String {
    at.to_zoned(jiff::tz::TimeZone::system()).strftime("%H:%M").to_string()
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
