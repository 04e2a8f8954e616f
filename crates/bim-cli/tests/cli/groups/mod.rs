//! `bim group`: each command against a real server, its JSON parsed.

mod attributes;
mod lives;
mod members;
mod messages;
mod roles;
mod sanctions;
mod watch;

use std::process::Child;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Ended, Lines, Server, Tail, run};

/// A server with a live group of alice.
struct Lobby {
    server: Server,
    group: String,
    _dir: TempDir,
}

impl Lobby {
    fn open() -> Self {
        Self::with(&[])
    }

    fn with(settings: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let server = Server::start(dir.path(), settings);
        let group = server.group();
        Self { server, group, _dir: dir }
    }

    /// Runs `bim group` with these words, at the group of alice.
    fn run(&self, uid: &str, words: &[&str]) -> Ended {
        let what: Vec<&str> = ["group"].into_iter().chain(words.iter().copied()).collect();
        let command = self.server.client(&what, uid, &self.server.websocket);
        run(command.tail(&["--group", &self.group, "--json"]), b"")
    }

    /// Runs it with success, and gives its lines.
    fn rows(&self, uid: &str, words: &[&str]) -> Vec<Value> {
        let ended = self.run(uid, words);
        assert_eq!(ended.code, Some(0), "{words:?}: {ended:?}");
        rows(&ended)
    }

    /// Runs it with success, and gives its one line.
    fn row(&self, uid: &str, words: &[&str]) -> Value {
        let mut rows = self.rows(uid, words);
        assert_eq!(rows.len(), 1, "{words:?}: {rows:?}");
        rows.remove(0)
    }

    /// Runs it without success, and gives the error.
    fn refusal(&self, uid: &str, words: &[&str]) -> String {
        let ended = self.run(uid, words);
        assert_eq!(ended.code, Some(1), "{words:?}: {ended:?}");
        ended.error().to_owned()
    }

    /// Somebody who is in, and hears everything.
    fn watcher(&self, uid: &str) -> Watcher {
        let command = self.server.client(&["group", "watch", "--json"], uid, &self.server.quic);
        let mut child = command.tail(&["--group", &self.group]).spawn().unwrap();
        let lines = Lines::of(child.stdout.take().unwrap());
        let joined = serde_json::from_str(&lines.until("\"type\":\"joined\"")).unwrap();
        Watcher { child: Some(child), lines, joined }
    }
}

/// `bim group watch`, in the group. It ends with the test.
struct Watcher {
    child: Option<Child>,
    lines: Lines,
    joined: Value,
}

impl Watcher {
    /// The next event of a type, and of which this is a part.
    fn hears(&self, kind: &str, part: &str) -> Value {
        let kind = format!("\"type\":\"{kind}\"");
        loop {
            let line = self.lines.until(&kind);
            if line.contains(part) {
                return serde_json::from_str(&line).unwrap();
            }
        }
    }

    /// Waits for the end.
    fn end(mut self) -> Ended {
        crate::support::end(self.child.take().unwrap())
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn rows(ended: &Ended) -> Vec<Value> {
    ended.lines().into_iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// One field of each row.
fn column(rows: &[Value], field: &str) -> Vec<Value> {
    rows.iter().map(|row| row[field].clone()).collect()
}
