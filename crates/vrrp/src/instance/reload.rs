//! A new configuration for a running instance.

use super::Instance;
use crate::advert_buffer::ChecksumForm;
use crate::auth::Auth;
use crate::context::Context;
use crate::virtual_links::InstanceLinks;
use crate::{SocketId, State};
use model::{Transport, UnicastChecksum, Version};
use std::net::IpAddr;
use std::sync::Arc;

impl Instance {
    /// Whether a new configuration changes nothing.
    pub(crate) fn is_configured_as(&self, config: &model::Instance, links: &InstanceLinks) -> bool {
        *self.config == *config && self.links == *links
    }

    /// Takes the new configuration over, and keeps everything that is known and every timer that runs.
    pub(crate) fn reconfigure(
        &mut self,
        cx: &mut Context<'_>,
        config: &model::Instance,
        links: InstanceLinks,
    ) {
        let timer = self.master_down_interval();
        let before = std::mem::replace(&mut self.config, Arc::new(config.clone()));
        self.name = Arc::from(config.name.as_str());
        self.settings = Arc::new(config.notifications.clone());
        self.links = links;
        let learnt = self.state == State::Backup
            && config.version == Version::V3
            && before.version == Version::V3
            && self.interval != before.advert_int;
        if !learnt {
            self.interval = config.advert_int;
        }
        let detected = before.version == config.version && self.checksum == ChecksumForm::Old;
        self.checksum = match &config.transport {
            Transport::Unicast {
                checksum: UnicastChecksum::Detect,
                ..
            } if detected => ChecksumForm::Old,
            transport => ChecksumForm::of(transport),
        };
        let peers = match &config.transport {
            Transport::Unicast { peers, .. } => Some(peers.len()),
            Transport::Multicast { .. } => None,
        };
        let auth = std::mem::replace(&mut self.auth, Auth::new(&config.authentication, peers));
        self.auth.inherit(auth);
        if !config.priority.is_owner() {
            self.backed_off = None;
            self.cancel_start_as_owner(cx);
        }
        // The trackers are asked again in a moment; until then their sum is the same as before.
        self.total += i32::from(config.priority.value()) - i32::from(before.priority.value());
        self.adjust_deadline(cx, timer);
        self.announced = self.buffer.clone();
        self.encode();
    }

    /// It was about to start as an owner, and is not to any more.
    pub(crate) fn cancel_start_as_owner(&mut self, cx: &mut Context<'_>) {
        if self.state == State::Init && self.wants_master {
            self.wants_master = false;
            self.cancel_deadline(cx);
        }
    }

    /// The reload is complete: whatever our adverts say now that they did not say before is told at once.
    pub(crate) fn reload_done(&mut self, cx: &mut Context<'_>, before: State, announce: bool) {
        let announced = self.announced.take();
        if self.state != before {
            return;
        }
        self.report_kept(cx);
        if self.state != State::Master {
            return;
        }
        if announce {
            self.announce_all_when_confirmed(cx);
        }
        let is_news = match (&announced, &self.buffer) {
            (Some(old), Some(new)) => !new.says_the_same_as(old),
            _ => true,
        };
        if is_news {
            self.send_advert_early(cx);
        }
    }

    /// Gives it the address that its adverts come from, and its socket.
    pub(crate) fn set_transport(&mut self, source: Option<IpAddr>, socket: Option<SocketId>) {
        self.socket = socket;
        if self.source != source || self.buffer.is_none() {
            self.source = source;
            self.encode();
        }
    }

    /// Gives its socket up.
    pub(crate) const fn take_socket(&mut self) -> Option<SocketId> {
        self.socket.take()
    }

    /// A running timer ends when it would end had it been started with the new values.
    fn adjust_deadline(&self, cx: &mut Context<'_>, timer: model::Micros) {
        let Some(due) = cx.deadlines.due(self.id.0) else {
            return;
        };
        let due = match self.state {
            State::Master => due.min(cx.now.time + self.config.advert_int),
            State::Backup if !self.master_stopped => {
                ((due + self.master_down_interval()) - timer).max(cx.now.time)
            }
            _ => due,
        };
        cx.deadlines.set(self.id.0, Some(due));
    }
}
