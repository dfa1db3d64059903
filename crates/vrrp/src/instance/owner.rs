//! Two routers that both claim to own the address (priority 255). Only one of them can be right; the one with the lower
//! address yields at once, the other one gives it time to do so and then lowers its own priority
//! (`spec/vrrp-protocol.md` section 6.3).

use super::Instance;
use super::hear::{Heard, Reaction};
use crate::alarm::Alarm;
use crate::context::Context;
use crate::{Cause, InstanceEvent, Sender};
use model::{Micros, Priority};
use std::cmp::Ordering;
use std::net::IpAddr;

/// Own adverts after which the other owner should have yielded.
const ADVERTS: u8 = 2;

/// What we know of another owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rivalry {
    /// There is none.
    None,
    /// It has been heard; after so many more adverts of ours it should be silent.
    Warned {
        rogue: IpAddr,
        interval: Micros,
        adverts_left: u8,
    },
    /// It should be silent by now.
    Watched { rogue: IpAddr, heard: bool },
}

impl Instance {
    pub(super) fn owner_heard_in_master(&mut self, cx: &mut Context<'_>, heard: Heard) -> Reaction {
        let from = heard.sender;
        match self
            .source
            .map_or(Ordering::Greater, |own| from.address.cmp(&own))
        {
            Ordering::Greater => {
                self.event(cx, InstanceEvent::TwoOwners { from: from.address });
                return self.yield_to(cx, heard, Cause::HigherAddress { from });
            }
            Ordering::Equal => {
                self.event(cx, InstanceEvent::OwnAddressHeard);
                return Reaction::None;
            }
            Ordering::Less => {}
        }
        match &mut self.rivalry {
            Rivalry::Watched { rogue, heard } if *rogue == from.address => *heard = true,
            Rivalry::Warned { rogue, interval, .. } if *rogue == from.address => {
                *interval = heard.interval;
            }
            rivalry => {
                *rivalry = Rivalry::Warned {
                    rogue: from.address,
                    interval: heard.interval,
                    adverts_left: ADVERTS,
                };
            }
        }
        self.force_election(cx, heard)
    }

    /// One of our adverts left.
    pub(super) fn owner_sent_advert(&mut self, cx: &mut Context<'_>) {
        if let Rivalry::Warned {
            rogue,
            interval,
            adverts_left,
        } = &mut self.rivalry
        {
            *adverts_left -= 1;
            if *adverts_left == 0 {
                let wait = self.config.advert_int.max(*interval) * 12 / 10;
                self.rivalry = Rivalry::Watched {
                    rogue: *rogue,
                    heard: false,
                };
                cx.alarms.set(Alarm::RogueOwner(self.id), cx.now.time + wait);
            }
        }
    }

    /// The other owner has had its time.
    pub(crate) fn rogue_owner_alarm(&mut self, cx: &mut Context<'_>) {
        let Rivalry::Watched { rogue, heard } = self.rivalry else {
            return;
        };
        self.rivalry = Rivalry::None;
        if heard {
            self.event(cx, InstanceEvent::RogueOwnerContinues { from: rogue });
            self.backed_off = Some(rogue);
            self.refresh_priority();
        } else {
            self.event(cx, InstanceEvent::RogueOwnerStopped);
        }
    }

    /// An owner that backed off listens: once the other one is gone or is no owner any more, it is an owner again.
    pub(super) fn owner_heard_in_backup(&mut self, from: Sender) {
        let rogue_is_master =
            self.backed_off == Some(from.address) && from.priority == Priority::OWNER.value();
        if self.backed_off.is_some() && !rogue_is_master {
            self.backed_off = None;
            self.refresh_priority();
        }
    }
}
