//! The process of a server.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::{RivalError, Stage};

/// How long a server may take to start.
const START_TIMEOUT: Duration = Duration::from_secs(20);

/// How often it is looked whether it has.
const START_LOOK: Duration = Duration::from_millis(10);

/// Where servers lie that are not for everyone's hands, beside the search path.
const OTHER_FOLDERS: [&str; 2] = ["/usr/sbin", "/usr/local/sbin"];

/// The process of a server. It ends when this is dropped, or when its standard input does, if it looks at it.
#[derive(Debug)]
pub struct Process {
    child: Child,
    name: String,
}

impl Process {
    /// Starts a program on the server's cores. Its standard input stays open, its output is thrown away unless it is `told`.
    ///
    /// # Errors
    ///
    /// The system does not let it.
    pub fn start(stage: &Stage, command: &mut Command) -> Result<Self, RivalError> {
        let name =
            Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
        // A child stays on the cores of the thread that starts it.
        let pin = |cores: &Option<bim_bench::Cores>| cores.as_ref().map_or(Ok(()), bim_bench::Cores::pin);
        let unpinned = |why: bim_bench::PinError| RivalError::Options(why.to_string());
        pin(&stage.server_cores).map_err(unpinned)?;
        let spawned = command.stdin(Stdio::piped()).spawn();
        pin(&stage.own_cores).map_err(unpinned)?;
        Ok(Self { child: spawned.map_err(RivalError::io("a server could not be started"))?, name })
    }

    /// Starts a program that writes its address as its first line.
    ///
    /// # Errors
    ///
    /// It does not start, or writes something else.
    pub fn told(stage: &Stage, command: &mut Command) -> Result<(Self, SocketAddr), RivalError> {
        let mut process = Self::start(stage, command.stdout(Stdio::piped()))?;
        let mut line = String::new();
        if let Some(output) = process.child.stdout.take() {
            BufReader::new(output).read_line(&mut line).map_err(RivalError::io("a server said nothing"))?;
        }
        match line.trim().parse() {
            Ok(address) => Ok((process, address)),
            Err(_) => Err(process.failed("it did not say its address")),
        }
    }

    /// Starts a program that listens at an address it was given, and says nothing.
    ///
    /// # Errors
    ///
    /// It does not start.
    pub fn silent(stage: &Stage, command: &mut Command, address: SocketAddr) -> Result<Self, RivalError> {
        let mut process = Self::start(stage, command.stdout(Stdio::null()).stderr(Stdio::null()))?;
        process.wait_until(|| TcpStream::connect(address).is_ok().then_some(()))?;
        Ok(process)
    }

    /// Waits for something that the server does.
    ///
    /// # Errors
    ///
    /// It has ended, or takes too long.
    pub fn wait_until<T>(&mut self, mut is_there: impl FnMut() -> Option<T>) -> Result<T, RivalError> {
        let until = Instant::now() + START_TIMEOUT;
        loop {
            if let Some(found) = is_there() {
                return Ok(found);
            }
            match self.child.try_wait() {
                Ok(None) if Instant::now() < until => std::thread::sleep(START_LOOK),
                Ok(Some(status)) => return Err(self.failed(&status.to_string())),
                Ok(None) | Err(_) => return Err(self.failed("it took too long")),
            }
        }
    }

    /// Its number.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    fn failed(&self, words: &str) -> RivalError {
        RivalError::Start { program: self.name.clone(), words: words.to_owned() }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Nothing it has is to be kept.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port of this machine that was free a moment ago, for servers that can not choose one and say which.
pub(crate) fn free_address() -> Result<SocketAddr, RivalError> {
    let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
    free.map_err(RivalError::io("there is no free port"))
}

/// A program of the search path.
pub(crate) fn installed(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(OTHER_FOLDERS.map(PathBuf::from));
    folders.map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Why a program that is not there does not take part.
pub(crate) fn not_installed(name: &str) -> Option<String> {
    installed(name).is_none().then(|| format!("{name} is not installed: it is left out"))
}

/// Ends this process when its standard input does: then whoever started it is gone.
pub fn end_with_input() {
    std::thread::spawn(|| {
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        std::process::exit(0);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_not_installed_is_left_out_with_a_sentence() {
        assert_eq!(
            not_installed("no-such-server").as_deref(),
            Some("no-such-server is not installed: it is left out")
        );
    }
}
