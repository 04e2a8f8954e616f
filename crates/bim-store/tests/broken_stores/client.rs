//! A client store with one fault.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bim_store::{ClientStore, ClientStoreError};
use bim_types::store::{ClientBatch, ClientOp, DeviceRecord, SessionRecord};
use bim_types::{AppId, DeviceId, Uid};

/// How often a reader gets its turn in the middle of a batch before the writer goes on without it.
const TURNS: u32 = 10_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Has a device before one was put.
    InventsADevice,
    LosesDevices,
    KeepsTheFirstDevice,
    KeepsTheFirstSession,
    /// Says that it did, and does nothing.
    IgnoresClearing,
    ClearsTheDeviceToo,
    LoginMakesANewDevice,
    ReversesBatches,
    /// Carries out the first operation of a batch only.
    CutsBatchesShort,
    TakesAnEmptyBatchForClearing,
    /// A user of the number 7 and one of the name `7` are the same.
    MixesFlavours,
    CutsLongNames,
    CutsAppIds,
    CutsDeviceIds,
    ShowsParts,
    /// Shows what was put when it is opened again only.
    WritesBehind,
    ForgetsAtReopen,
    ForgetsDevicesAtReopen,
    ForgetsClearingAtReopen,
    /// What was put in the second opening is not there in the third.
    KeepsTheFirstOpening,
}

#[derive(Clone, Debug, Default)]
struct Image {
    device: Option<DeviceRecord>,
    session: Option<SessionRecord>,
}

/// What lasts from one opening to the next.
#[derive(Default)]
pub(crate) struct Home {
    kept: Mutex<Image>,
    openings: AtomicU64,
}

/// A sound store, unless it has a fault.
pub(crate) struct BrokenClientStore {
    fault: Option<Fault>,
    home: Arc<Home>,
    live: Mutex<Image>,
    reads: AtomicU64,
}

impl BrokenClientStore {
    pub(crate) fn open(fault: Option<Fault>, home: &Arc<Home>) -> Self {
        home.openings.fetch_add(1, Ordering::Relaxed);
        let live = Mutex::new(home.kept.lock().unwrap().clone());
        Self { fault, home: Arc::clone(home), live, reads: AtomicU64::new(0) }
    }

    fn is(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    fn ops(&self, batch: &ClientBatch, next: &mut Image) -> Vec<ClientOp> {
        let mut ops = batch.ops.clone();
        match self.fault {
            Some(Fault::ReversesBatches) => ops.reverse(),
            Some(Fault::CutsBatchesShort) => ops.truncate(1),
            Some(Fault::TakesAnEmptyBatchForClearing) if ops.is_empty() => *next = Image::default(),
            _ => {}
        }
        ops
    }

    fn carry_out(&self, image: &mut Image, op: &ClientOp) {
        match op {
            ClientOp::PutDevice(_) if self.is(Fault::LosesDevices) => {}
            ClientOp::PutDevice(_) if self.is(Fault::KeepsTheFirstDevice) && image.device.is_some() => {}
            ClientOp::PutDevice(record) => image.device = Some(self.break_device(*record)),
            ClientOp::PutSession(_) if self.is(Fault::KeepsTheFirstSession) && image.session.is_some() => {}
            ClientOp::PutSession(session) => {
                image.session = Some(self.break_session(session.clone()));
                if self.is(Fault::LoginMakesANewDevice) {
                    image.device = Some(DeviceRecord { device: DeviceId::new(1) });
                }
            }
            ClientOp::ClearSession if self.is(Fault::IgnoresClearing) => {}
            ClientOp::ClearSession => {
                image.session = None;
                if self.is(Fault::ClearsTheDeviceToo) {
                    image.device = None;
                }
            }
        }
    }

    fn break_device(&self, record: DeviceRecord) -> DeviceRecord {
        if !self.is(Fault::CutsDeviceIds) {
            return record;
        }
        let mut bytes = record.device.to_bytes();
        bytes[0] = 0;
        DeviceRecord { device: DeviceId::new(u128::from_be_bytes(bytes)) }
    }

    fn break_session(&self, session: SessionRecord) -> SessionRecord {
        match (self.fault, &session.uid) {
            (Some(Fault::MixesFlavours), Uid::Int(number)) => {
                SessionRecord { uid: Uid::string(&number.to_string()).unwrap(), ..session }
            }
            (Some(Fault::CutsLongNames), Uid::Str(text)) => {
                let text: String = text.chars().take(32).collect();
                SessionRecord { uid: Uid::string(&text).unwrap(), ..session }
            }
            (Some(Fault::CutsAppIds), _) => {
                let app = AppId::new(session.app.value() & 0xffff).unwrap();
                SessionRecord { app, ..session }
            }
            _ => session,
        }
    }

    /// Lets a reader come in between.
    fn let_others_look(&self) {
        let reads = self.reads.load(Ordering::Relaxed);
        for _ in 0..TURNS {
            if self.reads.load(Ordering::Relaxed) != reads {
                break;
            }
            std::thread::yield_now();
        }
    }

    /// Keeps for the next opening what a commit made of the live image.
    fn keep(&self, live: &Image) {
        let mut kept = self.home.kept.lock().unwrap();
        match self.fault {
            Some(Fault::ForgetsAtReopen) => {}
            Some(Fault::ForgetsDevicesAtReopen) => kept.session = live.session.clone(),
            Some(Fault::ForgetsClearingAtReopen) => {
                let session = live.session.clone().or(kept.session.clone());
                *kept = Image { session, ..live.clone() };
            }
            Some(Fault::KeepsTheFirstOpening) if self.home.openings.load(Ordering::Relaxed) > 1 => {}
            _ => *kept = live.clone(),
        }
    }

    fn read(&self) -> Image {
        self.reads.fetch_add(1, Ordering::Relaxed);
        let mut image = self.live.lock().unwrap().clone();
        if self.is(Fault::InventsADevice) {
            image.device = image.device.or(Some(DeviceRecord { device: DeviceId::new(1) }));
        }
        image
    }
}

impl ClientStore for BrokenClientStore {
    fn commit(&self, batch: &ClientBatch) -> Result<(), ClientStoreError> {
        let mut next = self.live.lock().unwrap().clone();
        for op in self.ops(batch, &mut next) {
            self.carry_out(&mut next, &op);
            if self.is(Fault::ShowsParts) {
                *self.live.lock().unwrap() = next.clone();
                self.let_others_look();
            }
        }
        self.keep(&next);
        if !self.is(Fault::WritesBehind) {
            *self.live.lock().unwrap() = next;
        }
        Ok(())
    }

    fn device(&self) -> Result<Option<DeviceRecord>, ClientStoreError> {
        Ok(self.read().device)
    }

    fn session(&self) -> Result<Option<SessionRecord>, ClientStoreError> {
        Ok(self.read().session)
    }
}
