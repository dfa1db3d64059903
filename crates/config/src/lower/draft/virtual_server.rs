//! Drafts of `virtual_server`, `real_server` and `virtual_server_group`.

use super::super::{At, title};
use super::checker::CheckerDraft;
use super::objects::CommandDraft;
use crate::source::Span;
use model::{
    CheckDefaults, ConnectionLimits, Family, Forwarding, Frontend, Granularity, GroupEntry, Micros, Protocol,
    Scheduler, ServerWeight, ServiceFlags, SslIdentity,
};
use std::net::IpAddr;

/// The defaults of checks that one level names.
#[derive(Clone, Copy, Default)]
pub(crate) struct CheckDefaultsDraft {
    pub(crate) delay_loop: Option<Micros>,
    pub(crate) connect_timeout: Option<Micros>,
    pub(crate) warmup: Option<Micros>,
    pub(crate) retry: Option<u32>,
    pub(crate) delay_before_retry: Option<Micros>,
    pub(crate) alpha: Option<bool>,
}

impl CheckDefaultsDraft {
    /// What this level names, and for the rest what the level above names.
    pub(crate) fn over(self, above: Self) -> Self {
        Self {
            delay_loop: self.delay_loop.or(above.delay_loop),
            connect_timeout: self.connect_timeout.or(above.connect_timeout),
            warmup: self.warmup.or(above.warmup),
            retry: self.retry.or(above.retry),
            delay_before_retry: self.delay_before_retry.or(above.delay_before_retry),
            alpha: self.alpha.or(above.alpha),
        }
    }

    /// The defaults as the model has them.
    pub(crate) fn complete(self) -> CheckDefaults {
        let last = CheckDefaults::default();
        CheckDefaults {
            delay_loop: self.delay_loop.unwrap_or(last.delay_loop),
            connect_timeout: self.connect_timeout.unwrap_or(last.connect_timeout),
            warmup: self.warmup,
            retry: self.retry,
            delay_before_retry: self.delay_before_retry,
            alpha: self.alpha.unwrap_or(last.alpha),
        }
    }
}

/// `virtual_server`.
pub(crate) struct VirtualServerDraft {
    /// The words before its `{`.
    pub(crate) header: Span,
    /// What clients address; the index of a group is not known yet.
    pub(crate) frontend: Frontend,
    pub(crate) family: Option<Family>,
    pub(crate) protocol: Option<At<Protocol>>,
    pub(crate) scheduler: Option<Scheduler>,
    pub(crate) flags: ServiceFlags,
    /// `ops`.
    pub(crate) one_packet: Option<Span>,
    pub(crate) persistence_timeout: Option<u32>,
    pub(crate) persistence_granularity: Option<Granularity>,
    pub(crate) persistence_engine: Option<String>,
    pub(crate) forwarding: Option<Forwarding>,
    pub(crate) quorum: Option<At<u32>>,
    pub(crate) hysteresis: Option<At<u32>>,
    pub(crate) quorum_up: Option<CommandDraft>,
    pub(crate) quorum_down: Option<CommandDraft>,
    pub(crate) ha_suspend: Option<Span>,
    pub(crate) omega: bool,
    pub(crate) inhibit_on_failure: bool,
    pub(crate) smtp_alert: Option<bool>,
    pub(crate) weight: ServerWeight,
    pub(crate) virtual_host: Option<String>,
    pub(crate) snmp_name: Option<String>,
    pub(crate) defaults: CheckDefaultsDraft,
    pub(crate) sorry_server: Option<Box<SorryServerDraft>>,
    pub(crate) real_servers: Vec<RealServerDraft>,
}

impl VirtualServerDraft {
    pub(crate) fn new(frontend: Frontend, header: Span) -> Self {
        let family = match frontend {
            Frontend::Address(address) => Some(Family::of(address.ip())),
            Frontend::Fwmark(_) | Frontend::Group { .. } => None,
        };
        Self {
            header,
            frontend,
            family,
            protocol: None,
            scheduler: None,
            flags: ServiceFlags::default(),
            one_packet: None,
            persistence_timeout: None,
            persistence_granularity: None,
            persistence_engine: None,
            forwarding: None,
            quorum: None,
            hysteresis: None,
            quorum_up: None,
            quorum_down: None,
            ha_suspend: None,
            omega: false,
            inhibit_on_failure: false,
            smtp_alert: None,
            weight: ServerWeight::default(),
            virtual_host: None,
            snmp_name: None,
            defaults: CheckDefaultsDraft::default(),
            sorry_server: None,
            real_servers: Vec::new(),
        }
    }

    /// How reports name it: `virtual server 10.0.0.1 80`.
    pub(crate) fn title(&self) -> String {
        title(&self.frontend)
    }
}

/// `sorry_server`.
pub(crate) struct SorryServerDraft {
    pub(crate) address: IpAddr,
    /// 0 where none is named.
    pub(crate) port: u16,
    pub(crate) span: Span,
    pub(crate) forwarding: Option<Forwarding>,
    pub(crate) inhibit_on_failure: bool,
}

/// `real_server`.
pub(crate) struct RealServerDraft {
    pub(crate) address: IpAddr,
    /// 0 where none is named.
    pub(crate) port: u16,
    /// The words before its `{`.
    pub(crate) header: Span,
    pub(crate) forwarding: Option<Forwarding>,
    pub(crate) weight: Option<ServerWeight>,
    pub(crate) limits: ConnectionLimits,
    pub(crate) inhibit_on_failure: Option<bool>,
    pub(crate) smtp_alert: Option<bool>,
    pub(crate) notify_up: Option<CommandDraft>,
    pub(crate) notify_down: Option<CommandDraft>,
    pub(crate) virtual_host: Option<String>,
    pub(crate) snmp_name: Option<String>,
    pub(crate) defaults: CheckDefaultsDraft,
    pub(crate) checkers: Vec<CheckerDraft>,
}

/// `virtual_server_group`, those with entries.
pub(crate) struct GroupDraft {
    pub(crate) name: At<String>,
    pub(crate) entries: Vec<GroupEntry>,
}

/// `SSL`.
pub(crate) struct SslDraft {
    /// The keyword of the block.
    pub(crate) span: Span,
    pub(crate) identity: SslIdentity,
}
