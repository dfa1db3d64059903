//! Virtual and real servers.

use super::snapshot::{ServerState, Snapshot, VirtualState};
use super::{Seconds, switch, yes};
use crate::dump::{Text, put, quoted_with_user};
use model::{CheckDefaults, Command, Family, Frontend, RealServer, ServerWeight, VirtualServer};

pub(super) fn section(text: &mut Text, snapshot: &Snapshot) {
    put!(text, " ------< Virtual server >------");
    let mut states = snapshot.servers.iter();
    for (config, state) in snapshot.lvs.virtual_servers.iter().zip(&snapshot.virtual_servers) {
        let servers: Vec<&ServerState> = states.by_ref().take(config.real_servers.len()).collect();
        virtual_server(text, config, state, &servers);
        for (server, state) in config.real_servers.iter().zip(servers) {
            real_server(text, server, state);
        }
    }
}

fn virtual_server(text: &mut Text, config: &VirtualServer, state: &VirtualState, servers: &[&ServerState]) {
    match &config.frontend {
        Frontend::Address(address) => {
            put!(text, " VS VIP = {}, VPORT = {}", address.ip(), address.port());
        }
        Frontend::Fwmark(mark) => put!(text, " VS FWMARK = {mark}"),
        Frontend::Group { .. } => put!(text, " VS GROUP = {}", config.name()),
    }
    if let Some(host) = &config.virtual_host {
        put!(text, "   VirtualHost = {host}");
    }
    let family = match config.family {
        Some(Family::Ipv4) => "inet",
        Some(Family::Ipv6) => "inet6",
        None => "inet and inet6",
    };
    put!(text, "   Address family = {family}");
    defaults(text, &config.defaults);
    put!(text, "   lvs_sched = {}", config.scheduler);
    put!(text, "   Hashed = disabled");
    for (name, is_set) in [
        ("flag-1", config.flags.flag_1),
        ("flag-2", config.flags.flag_2),
        ("flag-3", config.flags.flag_3),
        ("One packet scheduling", config.flags.one_packet),
    ] {
        put!(
            text,
            "   {name} = {}",
            if is_set { "enabled" } else { "disabled" }
        );
    }
    if let Some(persistence) = &config.persistence {
        put!(text, "   persistence timeout = {}", persistence.timeout);
        if let Some(engine) = &persistence.engine {
            put!(text, "   persistence engine = {engine}");
        }
    }
    if let Some(protocol) = config.protocol {
        put!(text, "   protocol = {}", protocol.to_string().to_uppercase());
    }
    put!(text, "   alpha is {}", switch(config.defaults.alpha));
    put!(text, "   omega is {}", switch(config.omega));
    if config.ha_suspend {
        put!(
            text,
            "   ha_suspend: checks are {}",
            if state.suspended { "suspended" } else { "active" }
        );
    }
    put!(
        text,
        "   Inhibit on failure is {}",
        switch(config.inhibit_on_failure)
    );
    put!(
        text,
        "   quorum = {}, hysteresis = {}",
        config.quorum.quorum,
        config.quorum.hysteresis
    );
    script(text, "Quorum up", config.quorum_up.as_deref());
    script(text, "Quorum down", config.quorum_down.as_deref());
    put!(text, "   Using smtp notification = {}", yes(config.smtp_alert));
    put!(text, "   default forwarding method = {}", config.forwarding);
    if let Some(sorry) = &config.sorry_server {
        put!(text, "   sorry server = {}", config.server_name(sorry.address));
        put!(text, "     forwarding method = {}", sorry.forwarding);
        put!(
            text,
            "     Inhibit on failure is {}",
            switch(sorry.inhibit_on_failure)
        );
        put!(text, "     set = {}", u8::from(state.sorry_presented.is_some()));
        put!(text, "     alive = {}", u8::from(state.sorry_active));
    }
    let is_alive = servers.iter().any(|server| server.alive) || state.sorry_active;
    put!(text, "   VS alive = {}", u8::from(is_alive));
    put!(text, "   quorum_state_up = {}", u8::from(state.quorum_up));
    put!(text, "   reloaded = 0");
}

fn defaults(text: &mut Text, defaults: &CheckDefaults) {
    put!(
        text,
        "   connection timeout = {}",
        Seconds(defaults.connect_timeout)
    );
    put!(text, "   delay_loop = {}", Seconds(defaults.delay_loop));
}

fn script(text: &mut Text, what: &str, command: Option<&Command>) {
    if let Some(command) = command {
        put!(text, "   {what} notify script = {}", quoted_with_user(command));
    }
}

fn real_server(text: &mut Text, config: &RealServer, state: &ServerState) {
    let effective = ServerWeight::clamp(state.effective_weight);
    put!(text, "   ------< Real server >------");
    put!(
        text,
        "   RIP = {}, RPORT = {}, WEIGHT = {} EFF WEIGHT = {effective}",
        config.address.ip(),
        config.address.port(),
        config.weight
    );
    put!(text, "   forwarding method = {}", config.forwarding);
    put!(text, "   Alpha is {}", switch(config.defaults.alpha));
    put!(
        text,
        "   connection timeout = {}",
        Seconds(config.defaults.connect_timeout)
    );
    put!(
        text,
        "   connection limit range = {} -> {}",
        config.limits.lower,
        config.limits.upper
    );
    put!(text, "   Delay loop = {}", Seconds(config.defaults.delay_loop));
    if let Some(host) = &config.virtual_host {
        put!(text, "   VirtualHost = {host}");
    }
    put!(
        text,
        "   Inhibit on failure is {}",
        switch(config.inhibit_on_failure)
    );
    script(text, "RS up", config.notify_up.as_deref());
    script(text, "RS down", config.notify_down.as_deref());
    put!(text, "   Using smtp notification = {}", yes(config.smtp_alert));
    put!(text, "   initial weight = {}", config.weight);
    put!(text, "   effective weight = {}", state.effective_weight);
    put!(text, "   previous effective_weight = {}", state.effective_weight);
    put!(text, "   alive = {}", u8::from(state.alive));
    put!(text, "   num failed checkers = {}", state.failed_checks);
    put!(text, "   RS set = {}", u8::from(state.presented.is_some()));
    put!(text, "   reloaded = 0");
}
