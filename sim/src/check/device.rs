//! A device is one device, as its store says: also after it died (P1, S2).

use std::collections::{BTreeMap, BTreeSet};

use bim_fake_server::step::LinkId;
use bim_proto::ClientFrame;
use bim_types::DeviceId;
use bim_types::store::ClientOp;

use super::{Check, Context};
use crate::sight::{ClientId, ClientSight, Sight};

/// A server hears of a device only when its id is durable, and of the same one ever after.
#[derive(Debug, Default)]
pub(super) struct Device {
    devices: BTreeMap<ClientId, DeviceId>,
    /// Clients that died with something half stored: it may be there.
    doubtful: BTreeSet<ClientId>,
    /// Links on which nothing was said yet.
    silent: BTreeSet<LinkId>,
}

impl Check for Device {
    fn name(&self) -> &'static str {
        "device"
    }

    fn see(&mut self, _: &Context<'_>, sight: &Sight<'_>) -> Result<(), String> {
        let Sight::Client(client, sight) = sight else { return Ok(()) };
        match sight {
            ClientSight::Dialing(link) => drop(self.silent.insert(*link)),
            ClientSight::Closed(link) | ClientSight::LetGo(link) => drop(self.silent.remove(link)),
            ClientSight::Died => drop(self.doubtful.insert(*client)),
            ClientSight::Stored(batch) => {
                for op in &batch.ops {
                    let ClientOp::PutDevice(record) = op else { continue };
                    if self.devices.insert(*client, record.device).is_some() {
                        return Err(format!("{client:?} becomes another device"));
                    }
                }
            }
            ClientSight::Sent(link, frame) if self.silent.remove(link) => {
                let Ok(ClientFrame::Hello(hello)) = ClientFrame::decode((*frame).clone()) else {
                    return Err(format!("{client:?} says something else than hello first"));
                };
                return self.on_hello(*client, hello.device);
            }
            _ => {}
        }
        Ok(())
    }
}

impl Device {
    fn on_hello(&mut self, client: ClientId, device: DeviceId) -> Result<(), String> {
        match self.devices.get(&client) {
            Some(known) if *known == device => Ok(()),
            Some(known) => Err(format!("{client:?} is {device} now, and was {known}")),
            None if self.doubtful.contains(&client) => {
                self.devices.insert(client, device);
                Ok(())
            }
            None => Err(format!("{client:?} says that it is {device}, and has not written it down")),
        }
    }
}
