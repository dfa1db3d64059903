//! What can be seen of the router beside its instances: what trackers do to them, which addresses are there.

use super::Router;
use crate::InstanceId;
use crate::track::{Effect, TrackerId};
use model::IfName;
use std::net::IpAddr;
use std::sync::Arc;

/// What is tracked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tracker {
    /// An interface.
    Interface(IfName),
    /// `vrrp_script NAME`.
    Script(Arc<str>),
    /// `track_file NAME`.
    File(Arc<str>),
    /// `vrrp_track_process NAME`.
    Process(Arc<str>),
    /// `bfd_instance NAME`.
    Bfd(Arc<str>),
}

/// What a tracker does to an instance at the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adjustment {
    /// Which one.
    pub tracker: Tracker,
    /// What it does.
    pub effect: Effect,
}

impl Router {
    /// What the trackers do to an instance, those of its group included, in the order of the configuration.
    pub fn adjustments(&self, id: InstanceId) -> impl Iterator<Item = Adjustment> + '_ {
        let tracks = self
            .slots
            .get(id.index())
            .map_or(&[][..], |slot| slot.tracks.as_slice());
        tracks.iter().map(|track| Adjustment {
            tracker: self.tracker(track.target),
            effect: track.effect(self.trackers.status(track.target, &self.links)),
        })
    }

    /// Whether the kernel has an address on an interface, as far as its notifications have been read.
    #[must_use]
    pub fn has_address_on(&self, interface: &IfName, address: IpAddr) -> bool {
        let link = self.links.id_of(interface);
        link.and_then(|link| self.links.known(link))
            .is_some_and(|known| known.address(address).is_some())
    }

    fn tracker(&self, id: TrackerId) -> Tracker {
        match id {
            TrackerId::Interface(link) => Tracker::Interface(self.links.name(link).clone()),
            TrackerId::Script(script) => Tracker::Script(Arc::clone(&self.trackers.get_script(script).name)),
            TrackerId::File(file) => Tracker::File(Arc::clone(&self.trackers.file_at(file).name)),
            TrackerId::Process(process) => {
                Tracker::Process(Arc::clone(&self.trackers.process_at(process).name))
            }
            TrackerId::Bfd(bfd) => Tracker::Bfd(Arc::clone(self.trackers.bfd_name(bfd))),
        }
    }
}
