//! A small table of keywords.

use crate::keywords::{Effect, Entry, Form, Level, Repetition};

pub(super) struct Table(&'static str, &'static [Entry]);

impl Level for Table {
    fn name(&self) -> &'static str {
        self.0
    }

    fn entry(&self, keyword: &str) -> Option<&'static Entry> {
        self.1.iter().find(|entry| entry.name == keyword)
    }

    fn entries(&self) -> Vec<&'static Entry> {
        self.1.iter().collect()
    }
}

const fn entry(name: &'static str, form: Form) -> Entry {
    Entry {
        name,
        arguments: "",
        range: crate::keywords::Values::AsWritten,
        default: "",
        meaning: "",
        instead: None,
        effect: Effect::Now,
        repetition: Repetition::LastWins,
        form,
    }
}

pub(super) static ROOT: Table = Table(
    "",
    &[
        entry("global_defs", Form::Block(&GLOBALS)),
        entry("vrrp_script", Form::Block(&SCRIPT)),
        entry("vrrp_instance", Form::Block(&INSTANCE)),
        entry("vrrp_sync_group", Form::Block(&GROUP)),
        entry("static_routes", Form::Lines),
        entry("virtual_server", Form::NamedLines),
        entry("net_namespace", Form::Words),
    ],
);

static GLOBALS: Table = Table(
    "global_defs",
    &[
        entry("router_id", Form::Words),
        entry("notification_email", Form::Items),
        entry("include_check", Form::Words),
    ],
);

static SCRIPT: Table = Table(
    "vrrp_script",
    &[entry("script", Form::Command), entry("interval", Form::Words)],
);

static GROUP: Table = Table(
    "vrrp_sync_group",
    &[entry("group", Form::Items), entry("notify", Form::Command)],
);

static INSTANCE: Table = Table(
    "vrrp_instance",
    &[
        entry("state", Form::Words),
        entry("interface", Form::Words),
        entry("virtual_router_id", Form::Words),
        entry("priority", Form::Words),
        entry("notify", Form::Command),
        entry("virtual_ipaddress", Form::Lines),
        entry("track_script", Form::Lines),
        entry("authentication", Form::Block(&AUTHENTICATION)),
    ],
);

static AUTHENTICATION: Table = Table(
    "authentication",
    &[entry("auth_type", Form::Words), entry("auth_pass", Form::Words)],
);
