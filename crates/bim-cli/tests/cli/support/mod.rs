//! The real program, started as people start it, and stopped for certain.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// Longest time for anything these tests wait for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The program, with nothing of this machine's environment that could change what it does.
pub(crate) fn bim<S: AsRef<std::ffi::OsStr>>(args: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bim"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("BIM_") {
            command.env_remove(name);
        }
    }
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: Vec<u8>,
    pub(crate) err: String,
}

impl Ended {
    pub(crate) fn lines(&self) -> Vec<&str> {
        std::str::from_utf8(&self.out).unwrap().split_terminator('\n').collect()
    }

    pub(crate) fn records(&self, kind: &str) -> Vec<Value> {
        let records = self.lines().into_iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
        records.filter(|record| record["type"] == kind).collect()
    }

    /// The error sentence, which stands alone.
    pub(crate) fn error(&self) -> &str {
        assert!(!self.err.contains("panicked"), "{}", self.err);
        let mut errors = self.err.lines().filter(|line| line.starts_with("error: "));
        let error = errors.next().unwrap_or_else(|| panic!("no error: {self:?}"));
        assert_eq!(errors.next(), None, "{}", self.err);
        error
    }
}

/// Runs the program to its end with this as its input.
pub(crate) fn run(mut command: Command, input: &[u8]) -> Ended {
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let (mut stdin, input) = (child.stdin.take().unwrap(), input.to_vec());
    // Whoever ends before it has read everything is judged by how it ends.
    thread::spawn(move || drop(stdin.write_all(&input)));
    end(child)
}

/// Waits for the end, and makes one when it takes too long.
pub(crate) fn end(mut child: Child) -> Ended {
    let pid = child.id();
    let out = child.stdout.take().map(read_all);
    let err = child.stderr.take().map(read_all);
    let (sender, ended) = mpsc::channel();
    thread::spawn(move || drop(sender.send(child.wait())));
    let Ok(status) = ended.recv_timeout(PATIENCE) else {
        signal(pid, "KILL");
        panic!("it did not end");
    };
    let read =
        |reader: Option<thread::JoinHandle<Vec<u8>>>| reader.map(|r| r.join().unwrap()).unwrap_or_default();
    let err = String::from_utf8(read(err)).unwrap();
    Ended { code: status.unwrap().code(), out: read(out), err }
}

pub(crate) fn signal(pid: u32, name: &str) {
    let sent = Command::new("sh").arg("-c").arg(format!("kill -{name} {pid}")).status().unwrap();
    assert!(sent.success());
}

/// The output of a program, line by line, each within its time.
pub(crate) struct Lines(mpsc::Receiver<String>);

impl Lines {
    pub(crate) fn of(source: impl Read + Send + 'static) -> Self {
        let (sender, lines) = mpsc::sync_channel(100_000);
        thread::spawn(move || {
            for line in BufReader::new(source).lines() {
                if sender.send(line.unwrap()).is_err() {
                    return;
                }
            }
        });
        Self(lines)
    }

    /// Reads on to the first line that holds this.
    pub(crate) fn until(&self, what: &str) -> String {
        loop {
            let line = self.0.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no line with {what}"));
            if line.contains(what) {
                return line;
            }
        }
    }
}

/// A server of its own, with an app and tokens.
pub(crate) struct Server {
    child: Child,
    pub(crate) dir: PathBuf,
    args: Vec<String>,
    pub(crate) websocket: String,
    pub(crate) quic: String,
    pub(crate) fingerprint: String,
}

impl Server {
    pub(crate) fn start(dir: &Path, args: &[&str]) -> Self {
        let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        let server = Self::start_at(dir, args, "127.0.0.1:0", "127.0.0.1:0");
        let made = run(
            bim(["app", "create", "--name", "test", "--json", "--data-dir"]).with(&server.data_dir()),
            b"",
        );
        assert_eq!(made.code, Some(0), "{made:?}");
        server
    }

    /// A server where one was before.
    pub(crate) fn again(dir: &Path) -> Self {
        Self::start_at(dir, Vec::new(), "127.0.0.1:0", "127.0.0.1:0")
    }

    /// Budgets so high that they are not met.
    pub(crate) fn unbounded(dir: &Path) -> Self {
        let keys = ["room_high_per_second", "room_shared_per_second", "sender_per_second", "sender_burst"];
        let settings = keys.map(|key| format!("--set=limits.{key}=1000000"));
        Self::start(dir, &settings.each_ref().map(String::as_str))
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn data_dir(&self) -> String {
        self.dir.join("data").display().to_string()
    }

    pub(crate) fn token(&self, uid: &str) -> String {
        let minted =
            run(bim(["token", "--app", "1", "--uid", uid, "--data-dir"]).with(&self.data_dir()), b"");
        assert_eq!(minted.code, Some(0), "{minted:?}");
        minted.lines()[0].to_owned()
    }

    /// A live group of alice.
    pub(crate) fn group(&self) -> String {
        let made = run(self.group_command("create", "alice", &["--name", "room"]), b"");
        assert_eq!(made.code, Some(0), "{made:?}");
        made.lines()[0].to_owned()
    }

    pub(crate) fn group_command(&self, verb: &str, uid: &str, tail: &[&str]) -> Command {
        self.client(&["group", verb], uid, &self.websocket).tail(tail)
    }

    pub(crate) fn chat(&self, uid: &str, endpoint: &str, group: &str, tail: &[&str]) -> Command {
        self.client(&["chat"], uid, endpoint).tail(&["--group", group]).tail(tail)
    }

    /// A chat that has joined, and its lines.
    pub(crate) fn listener(&self, uid: &str, endpoint: &str, group: &str, tail: &[&str]) -> Child {
        let mut child = self.chat(uid, endpoint, group, tail).spawn().unwrap();
        // Its note on standard error says that from now on it hears everything.
        Lines::of(child.stderr.take().unwrap()).until("in live group");
        child
    }

    /// As if the machine had taken it away.
    pub(crate) fn kill_and_restart(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let (websocket, quic) = (self.websocket.replace("ws://", ""), self.quic.replace("quic://", ""));
        let (dir, args) = (self.dir.clone(), self.args.clone());
        *self = Self::start_at(&dir, args, &websocket, &quic);
    }

    /// Stops it in order.
    pub(crate) fn terminate(mut self) -> Option<i32> {
        signal(self.child.id(), "TERM");
        let (sender, ended) = mpsc::channel();
        let mut child = std::mem::replace(&mut self.child, Command::new("true").spawn().unwrap());
        thread::spawn(move || drop(sender.send(child.wait())));
        ended.recv_timeout(PATIENCE).expect("it ends in time").unwrap().code()
    }

    pub(crate) fn client(&self, what: &[&str], uid: &str, endpoint: &str) -> Command {
        bim(what)
            .tail(&["--server", endpoint, "--trust", &self.fingerprint, "--app", "1", "--uid", uid])
            .variable("BIM_TOKEN", &self.token(uid))
    }

    fn start_at(dir: &Path, args: Vec<String>, websocket: &str, quic: &str) -> Self {
        let data = dir.join("data").display().to_string();
        let place = ["serve", "--data-dir", &data, "--listen-websocket", websocket, "--listen-quic", quic];
        let mut command = bim(place);
        let log = std::fs::File::options().create(true).append(true).open(dir.join("log")).unwrap();
        let mut child = command.args(&args).stderr(log).spawn().unwrap();
        let lines = Lines::of(child.stdout.take().unwrap());
        let endpoint = |scheme| lines.until(scheme).replace("listening on ", "");
        let (websocket, quic) = (endpoint("ws://"), endpoint("quic://"));
        let fingerprint = lines.until("fingerprint").split_whitespace().last().unwrap().to_owned();
        Self { child, dir: dir.to_owned(), args, websocket, quic, fingerprint }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Adding to a command in passing.
pub(crate) trait Tail {
    fn with(self, arg: &str) -> Command;
    fn tail(self, args: &[&str]) -> Command;
    fn variable(self, name: &str, value: &str) -> Command;
}

impl Tail for Command {
    fn with(self, arg: &str) -> Command {
        self.tail(&[arg])
    }

    fn tail(mut self, args: &[&str]) -> Command {
        self.args(args);
        self
    }

    fn variable(mut self, name: &str, value: &str) -> Command {
        self.env(name, value);
        self
    }
}

fn read_all(mut source: impl Read + Send + 'static) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        source.read_to_end(&mut bytes).unwrap();
        bytes
    })
}
