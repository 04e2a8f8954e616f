//! The builder of a client.

use std::path::PathBuf;
use std::sync::Arc;

use bim_core::{ClientConfig, ClientMachine};
use bim_store::ClientStore;
use bim_store::memory::MemoryClientStore;
use bim_transport::Dialer;
use bim_types::{AppId, ErrorCode, Uid};
use tokio::runtime;
use tokio::sync::mpsc;

use crate::client::Client;
use crate::driver::Driver;
use crate::error::Error;
use crate::recording::RecordingPlan;
use crate::setup::endpoints::{self, Target};
use crate::setup::{Environment, IntoAppId, SdkConfig, ServerTrust};
use crate::shared::{CALLS_MAX, Handle, Shared};

/// Events that a stream or listener may be behind, unless said otherwise.
const EVENT_BUFFER: usize = 4096;

/// Sets a client up; made by [`Client::builder`].
#[must_use = "a builder does nothing until `build`"]
pub struct ClientBuilder {
    who: Result<(AppId, Uid), Error>,
    targets: Vec<Target>,
    trust: ServerTrust,
    data_dir: Option<PathBuf>,
    store: Option<Arc<dyn ClientStore>>,
    event_buffer: usize,
    log: bool,
    recording: RecordingPlan,
    bad_endpoint: Option<Error>,
}

/// A store, and what has to live as long as it is used.
pub(crate) struct OpenedStore {
    pub(crate) store: Arc<dyn ClientStore>,
    #[cfg(feature = "redb")]
    #[expect(dead_code, reason = "holding it is its use")]
    pub(crate) lock: Option<crate::setup::DataDirLock>,
}

impl ClientBuilder {
    pub(crate) fn new<U>(app_id: impl IntoAppId, uid: U) -> Self
    where
        U: TryInto<Uid>,
        U::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let app = app_id.into_app_id().map_err(|error| named("app id", error));
        let uid = uid.try_into().map_err(|error| named("uid", error));
        Self {
            who: app.and_then(|app| Ok((app, uid?))),
            targets: Vec::new(),
            trust: ServerTrust::default(),
            data_dir: None,
            store: None,
            event_buffer: EVENT_BUFFER,
            log: true,
            recording: RecordingPlan::default(),
            bad_endpoint: None,
        }
    }

    /// Where the client keeps its state. Made if it is missing; held by one client at a time.
    ///
    /// Without one the state is kept in memory: every start is a new device to the server. Needs the feature
    /// `redb`. A [`store`](Self::store) goes before it.
    pub fn data_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.data_dir = Some(directory.into());
        self
    }

    /// Adds a place to dial: `ws://host:port[/path]`, `wss://…` or `quic://host:port`. Several are tried in turn.
    ///
    /// # Errors
    ///
    /// 2004 when the text is not an endpoint.
    pub fn endpoint(mut self, endpoint: &str) -> Result<Self, Error> {
        self.targets.push(endpoints::parse(endpoint)?);
        Ok(self)
    }

    /// Adds the endpoints of an environment. A bad one is told by [`build`](Self::build).
    pub fn environment(mut self, environment: Environment) -> Self {
        match environment {
            Environment::Development => self.targets.extend(endpoints::development()),
            Environment::Endpoints(texts) => {
                for text in texts {
                    match endpoints::parse(&text) {
                        Ok(target) => self.targets.push(target),
                        Err(error) => self.bad_endpoint = Some(error),
                    }
                }
            }
        }
        self
    }

    /// Adds a dialer of any transport, also one written elsewhere.
    pub fn dialer(mut self, dialer: impl Dialer) -> Self {
        self.targets.push(Target::Dialer(Arc::new(dialer)));
        self
    }

    /// Whom to trust on `wss://` and `quic://`: a [`ServerTrust`], the path of a PEM file, or the fingerprint of
    /// a certificate. Without it: whom the operating system trusts.
    pub fn trust_certificate(mut self, trust: impl Into<ServerTrust>) -> Self {
        self.trust = trust.into();
        self
    }

    /// Keeps state in this store.
    pub fn store(mut self, store: Arc<dyn ClientStore>) -> Self {
        self.store = Some(store);
        self
    }

    /// How many events a stream or listener may be behind before it lags (4,096). A reader that is behind keeps
    /// as many messages in memory, of up to 64 KiB each.
    pub fn event_buffer(mut self, events: usize) -> Self {
        self.event_buffer = events;
        self
    }

    /// Whether this client emits `tracing` events (it does, unless told otherwise). They hold no message bodies
    /// and no tokens.
    pub fn log(mut self, log: bool) -> Self {
        self.log = log;
        self
    }

    /// Records everything that the client is told to a new file, from which a bug report becomes a test: see
    /// [`recording`](crate::recording). Only its owner may read it. No token is in it, and no message body unless
    /// [`record_bodies`](Self::record_bodies) is set; everything else is. It ends with the client.
    pub fn record(mut self, file: impl Into<PathBuf>) -> Self {
        self.recording.path = Some(file.into());
        self
    }

    /// Whether a recording holds message bodies as they are, and not letters of the same length (no).
    pub fn record_bodies(mut self, bodies: bool) -> Self {
        self.recording.bodies = bodies;
        self
    }

    pub(crate) fn config(mut self, config: SdkConfig) -> Self {
        self.data_dir = config.data_dir;
        self.log(config.log).environment(config.environment)
    }

    /// Opens the store and starts the client's task. Connects to nothing: that is [`Client::login`].
    ///
    /// # Errors
    ///
    /// 2004 for an app id, uid, endpoint or certificate that is not valid, no endpoint at all, a recording that can
    /// not be made, or a call outside a tokio runtime; 2005 the data directory can not be written; 2006 it is in use by another client or process,
    /// and still is after a second; 2007, 2008 its database failed or is damaged.
    ///
    /// # Cancel safety
    ///
    /// A dropped call leaves nothing behind but the directory.
    pub async fn build(self) -> Result<Client, Error> {
        if runtime::Handle::try_current().is_err() {
            return Err(Error::hint(ErrorCode::ParameterError, "`build` needs a tokio runtime"));
        }
        let Self { who, targets, trust, data_dir, store, event_buffer, log, recording, bad_endpoint } = self;
        let (app, uid) = who?;
        if let Some(error) = bad_endpoint {
            return Err(error);
        }
        let opening = tokio::task::spawn_blocking(move || {
            let dialers = endpoints::dialers(targets, &trust)?;
            let store = open_store(store, data_dir)?;
            let recording = RecordingPlan { log, ..recording }.begin()?;
            Ok::<_, Error>((dialers, store, recording))
        });
        let (dialers, store, recording) = opening.await.map_err(|error| {
            Error::with_source(ErrorCode::InternalError, "opening the client did not finish", error)
        })??;
        let random = random()?;
        let config = ClientConfig {
            app,
            uid: uid.clone(),
            endpoints: dialers.len(),
            sdk: concat!("bim-rust/", env!("CARGO_PKG_VERSION")).into(),
            // The other half of the bits than the message ids begin with.
            seed: u64::from_be_bytes(random.1),
        };
        let shared = Arc::new(Shared::new(app, uid, event_buffer, log, u128::from_be_bytes(random.0)));
        let (calls, incoming) = mpsc::channel(CALLS_MAX);
        let machine = match recording {
            Some(recording) => ClientMachine::recorded(config, recording),
            None => ClientMachine::new(config),
        };
        let driver = Driver::new(machine, Arc::clone(&shared), dialers, store, incoming);
        tokio::spawn(Box::new(driver).run());
        Ok(Client::new(Handle { calls, shared }))
    }
}

fn named(what: &'static str, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    let source = error.into();
    Error::with_source(ErrorCode::ParameterError, format!("{what}: {source}"), source)
}

fn open_store(store: Option<Arc<dyn ClientStore>>, data_dir: Option<PathBuf>) -> Result<OpenedStore, Error> {
    match (store, data_dir) {
        (Some(store), _) => Ok(OpenedStore::unlocked(store)),
        (None, None) => Ok(OpenedStore::unlocked(Arc::new(MemoryClientStore::new()))),
        #[cfg(feature = "redb")]
        (None, Some(directory)) => {
            let (store, lock) = crate::setup::data_dir::open(&directory)?;
            Ok(OpenedStore { store: Arc::new(store), lock: Some(lock) })
        }
        #[cfg(not(feature = "redb"))]
        (None, Some(_)) => {
            let hint = "a data directory needs the feature `redb` of bim, which is not compiled in";
            Err(Error::hint(ErrorCode::ParameterError, hint))
        }
    }
}

impl OpenedStore {
    fn unlocked(store: Arc<dyn ClientStore>) -> Self {
        Self {
            store,
            #[cfg(feature = "redb")]
            lock: None,
        }
    }
}

fn random() -> Result<([u8; 16], [u8; 8]), Error> {
    let mut ids = [0; 16];
    let mut seed = [0; 8];
    getrandom::fill(&mut ids).and_then(|()| getrandom::fill(&mut seed)).map_err(|error| {
        Error::with_source(ErrorCode::InternalError, "the operating system gave no random bytes", error)
    })?;
    Ok((ids, seed))
}

impl std::fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("data_dir", &self.data_dir)
            .field("trust", &self.trust)
            .field("endpoints", &self.targets.len())
            .finish_non_exhaustive()
    }
}
