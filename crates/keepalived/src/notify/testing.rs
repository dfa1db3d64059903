//! Notifications for tests. Only a router can make the numbers in them.

use model::interface::Interfaces;
use model::{Family, Globals, Instance, Micros, SyncGroup, Tracking, Vrid, VrrpConfiguration};
use std::sync::{Arc, OnceLock};
use vrrp::{Detail, Event, Notice, Notification, Now, Outbox, Router, Setup, Subject, WallTime};

/// The first notification of an instance and of a group.
fn originals() -> &'static [Notification; 2] {
    static ORIGINALS: OnceLock<[Notification; 2]> = OnceLock::new();
    ORIGINALS.get_or_init(|| {
        let vrid = Vrid::try_from(1).expect("1 is a VRID");
        let configuration = VrrpConfiguration {
            instances: vec![Instance::new("V", Family::Ipv4, vrid)],
            sync_groups: vec![SyncGroup {
                name: "G".to_owned(),
                members: vec!["V".to_owned()],
                tracking_weight: false,
                tracking: Tracking::default(),
                notifications: model::Notifications::default(),
            }],
            ..VrrpConfiguration::default()
        };
        let setup = Setup {
            configuration,
            globals: Globals::default().vrrp,
            interfaces: Interfaces::default(),
            startup_delay: Micros::ZERO,
            readings: &[],
        };
        let mut outbox = Outbox::new(Detail::Off);
        let now = Now {
            time: model::Time::ZERO,
            wall: WallTime(0),
        };
        let _router = Router::new(now, setup, &mut outbox);
        let of = |is_wanted: fn(&Subject) -> bool| {
            let notifications = outbox.events.iter().filter_map(|event| match event {
                Event::Notification(notification) => Some(notification),
                _ => None,
            });
            let mut wanted = notifications.filter(|notification| is_wanted(&notification.subject));
            wanted.next().expect("the start is notified").clone()
        };
        [
            of(|subject| matches!(subject, Subject::Instance(_))),
            of(|subject| matches!(subject, Subject::Group(_))),
        ]
    })
}

fn edited(original: &Notification, name: &str, notice: Notice, priority: u8) -> Notification {
    Notification {
        name: Arc::from(name),
        notice,
        priority,
        ..original.clone()
    }
}

/// A notification of an instance, without scripts.
pub(crate) fn instance(name: &str, notice: Notice, priority: u8) -> Notification {
    edited(&originals()[0], name, notice, priority)
}

/// A notification of a group, without scripts.
pub(crate) fn group(name: &str, notice: Notice) -> Notification {
    edited(&originals()[1], name, notice, 0)
}
