//! The lives of a server: what they are made of, and the present one.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bim_server::admin::AdminHandle;
use bim_server::admin::command;
use bim_server::moderation::Moderator;
use bim_server::{Clock, Running, Server, ServerConfig, StartError, Stopped, StoreMode};
use bim_server_core::AdminReply;
use bim_server_core::script::{Script, Scripted};
use bim_store::ServerLog;
use bim_transport::Listener;
use bim_transport::memory::{MemoryConfig, hub};
use tokio::sync::watch;

use crate::app::FakeApp;
use crate::builder::FakeServerError;
use crate::dialer::{NAME, ServerDialer};

/// What every life of a server is made of.
pub(crate) struct Parts {
    pub(crate) config: ServerConfig,
    pub(crate) memory: MemoryConfig,
    pub(crate) clock: Clock,
    pub(crate) log: Arc<dyn ServerLog>,
    pub(crate) store: StoreMode,
    pub(crate) seed: u64,
    pub(crate) moderator: Option<Arc<dyn Moderator>>,
    pub(crate) is_scripted: bool,
    pub(crate) script: Script,
    /// Counts what the script has to tell.
    pub(crate) news: watch::Sender<u64>,
}

/// A server over all its lives. Dropping it is a crash.
pub(crate) struct Lives {
    pub(crate) parts: Parts,
    pub(crate) app: FakeApp,
    pub(crate) dialer: ServerDialer,
    present: Mutex<Present>,
}

/// The present life, if it is alive.
#[derive(Default)]
struct Present {
    running: Option<Running>,
    /// How often it was started.
    lives: u64,
}

impl Lives {
    /// Begins the first life and makes its app.
    pub(crate) async fn begin(
        parts: Parts,
        listeners: Vec<Box<dyn Listener>>,
    ) -> Result<Self, FakeServerError> {
        let dialer = ServerDialer::nowhere();
        let running = parts.run(0, &dialer, listeners).await?;
        let app = make_app(&running.admin(), parts.clock, "fake").await?;
        let present = Mutex::new(Present { running: Some(running), lives: 1 });
        Ok(Self { parts, app, dialer, present })
    }

    /// Ends the present life as `kill -9` would. Returns whether there was one.
    pub(crate) async fn crash(&self) -> bool {
        let Some(running) = self.take() else { return false };
        running.abort().await;
        self.parts.script.server_is_gone();
        true
    }

    /// Ends the present life in order.
    pub(crate) async fn shutdown(&self) -> Stopped {
        let Some(running) = self.take() else { return Stopped::Orderly };
        let stopped = running.drain().await;
        self.parts.script.server_is_gone();
        stopped
    }

    /// Begins another life on the same log. Ends the present one first, as a crash.
    pub(crate) async fn restart(&self, listeners: Vec<Box<dyn Listener>>) -> Result<(), StartError> {
        self.crash().await;
        let life = self.present().lives;
        let running = self.parts.run(life, &self.dialer, listeners).await?;
        {
            let mut present = self.present();
            present.lives += 1;
            present.running = Some(running);
        }
        self.parts.tell();
        Ok(())
    }

    /// Whether there is a present life.
    pub(crate) fn is_up(&self) -> bool {
        self.present().running.is_some()
    }

    /// Ends the present life at once, without waiting.
    pub(crate) fn end(&self) {
        drop(self.take());
    }

    /// Looks at the present life.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub(crate) fn with_running<T>(&self, read: impl FnOnce(&Running) -> T) -> T {
        read(self.present().running.as_ref().expect("the fake server is stopped; restart it first"))
    }

    fn take(&self) -> Option<Running> {
        self.dialer.set(None);
        self.present().running.take()
    }

    fn present(&self) -> MutexGuard<'_, Present> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Parts {
    /// Wakes whoever waits for something to happen.
    pub(crate) fn tell(&self) {
        tell(&self.news);
    }

    async fn run(
        &self,
        life: u64,
        dialer: &ServerDialer,
        listeners: Vec<Box<dyn Listener>>,
    ) -> Result<Running, StartError> {
        let (listener, hub) = hub(NAME, self.memory.clone());
        // Another life draws other ids.
        let server = Server::new(self.config.clone(), Arc::clone(&self.log))
            .clock(self.clock)
            .store_mode(self.store)
            .seed(self.seed.wrapping_add(life))
            .listener(Box::new(listener));
        let server = self.moderator.iter().cloned().fold(server, Server::moderator);
        let server = listeners.into_iter().fold(server, Server::listener);
        let running = if self.is_scripted {
            server.run_with(|engine| Scripted::new(engine, self.script.clone())).await?
        } else {
            server.run().await?
        };
        dialer.set(Some(hub));
        Ok(running)
    }
}

/// Wakes whoever waits for something to happen. Who begins to wait looks first.
pub(crate) fn tell(news: &watch::Sender<u64>) {
    if news.receiver_count() > 0 {
        news.send_modify(|told| *told = told.wrapping_add(1));
    }
}

/// Makes an app.
pub(crate) async fn make_app(
    admin: &AdminHandle,
    clock: Clock,
    name: &str,
) -> Result<FakeApp, FakeServerError> {
    let command = command::create_app(name).map_err(FakeServerError::App)?;
    match admin.call(command).await.map_err(FakeServerError::App)? {
        AdminReply::AppCreated { app, key_id, secret } => Ok(FakeApp::new(app, key_id, secret, clock)),
        _ => Err(FakeServerError::App(bim_server::admin::AdminError::Protocol)),
    }
}
