//! What other programs read out of the dumps, by their own rules, and the layout that people know.

mod exporters;
mod layout;

use super::super::sockets::Opened;
use super::snapshot::{Origin, Snapshot};
use crate::settings::Settings;
use config::system::{SystemFiles, SystemResolver, SystemUsers};
use config::{Environment, Purpose, Request};
use model::interface::{Interface, InterfaceAddress, Interfaces};
use model::{Configuration, IfIndex, IfName, MacAddr, Micros, Prefix, Time};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use vrrp::{Detail, Input, Now, Outbox, Router, Setup, State, WallTime};

/// Two interfaces of a router.
fn interfaces() -> Interfaces {
    let interface = |index: u8| {
        let mac = MacAddr([2, 0, 0, 0, 0, index]);
        let name = IfName::new(&format!("eth{}", index - 2)).unwrap();
        let mut interface = Interface::ethernet(IfIndex::new(index.into()).unwrap(), name, mac);
        for (address, len) in [(format!("10.3.{index}.1"), 24), (format!("fe80::{index}"), 64)] {
            let address = address.parse().unwrap();
            interface
                .addresses
                .push(InterfaceAddress::new(Prefix { address, len }));
        }
        interface
    };
    Interfaces(vec![interface(2), interface(3)])
}

/// What the configuration says, complained about or not.
fn read(text: &str) -> Configuration {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("keepalived-dumps-{}-{number}.conf", std::process::id());
    let path: PathBuf = std::env::temp_dir().join(name);
    fs::write(&path, text).unwrap();
    let interfaces = interfaces();
    let environment = Environment {
        files: &SystemFiles,
        users: &SystemUsers,
        patterns: &|_| Ok(()),
        resolver: &SystemResolver,
        interfaces: &interfaces,
        variables: &|_| None,
        node_name: "node",
        host_name: "node.example",
        uid: 0,
        gid: 0,
        processors: 1,
        seed: 1,
    };
    let request = Request {
        file: Some(path.display().to_string()),
        ..Request::new(Purpose::Start)
    };
    let reading = config::read(&request, &environment);
    fs::remove_file(&path).unwrap();
    assert!(reading.start.is_ok(), "{:?}", reading.report);
    reading.configuration
}

/// A router that runs by a configuration.
struct Lab {
    router: Router,
    globals: Arc<model::Globals>,
    now: Now,
    outbox: Outbox,
}

impl Lab {
    /// At the start, on a Tuesday.
    fn new(text: &str) -> Self {
        let configuration = read(text);
        let now = Now {
            time: Time(1_000_000_000),
            wall: WallTime(1_795_534_822_612_109),
        };
        let mut outbox = Outbox::new(Detail::Off);
        let setup = Setup {
            configuration: configuration.vrrp,
            globals: configuration.globals.vrrp.clone(),
            interfaces: interfaces(),
            startup_delay: Micros::ZERO,
            readings: &[],
        };
        let router = Router::new(now, setup, &mut outbox);
        Self {
            router,
            globals: Arc::new(configuration.globals),
            now,
            outbox,
        }
    }

    /// Until every instance that can be is master.
    fn masters(text: &str) -> Self {
        let mut lab = Self::new(text);
        while lab
            .router
            .instances()
            .any(|instance| instance.state() == State::Backup)
        {
            lab.turn();
        }
        lab
    }

    /// Lets the next deadline pass.
    fn turn(&mut self) {
        let deadline = self.router.deadline().unwrap();
        self.now = self.now.after(deadline.since(self.now.time));
        self.router
            .handle(self.now, Input::DeadlineReached, &mut self.outbox);
        self.outbox.clear();
    }

    fn snapshot(&self) -> Snapshot {
        let origin = Origin {
            router: &self.router,
            globals: &self.globals,
            settings: &Settings::default(),
            real_time: None,
            socket: &|_| Opened {
                descriptors: (18, 19),
                buffer: 4_096,
            },
        };
        Snapshot::of(&origin, self.now)
    }

    fn data(&self) -> String {
        super::data::render(&self.snapshot()).as_str().to_owned()
    }

    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&super::json::render(&self.snapshot())).unwrap()
    }

    fn stats(&self) -> String {
        let instances = self.router.instances();
        let counters: Vec<_> = instances
            .map(|instance| (Arc::clone(instance.name()), *instance.stats()))
            .collect();
        super::stats::render(&counters)
    }
}

/// Instances of all kinds, with what they can have.
const EVERYTHING: &str = r#"
global_defs { script_user root
 enable_script_security
 vrrp_garp_interval 0.001
}
static_ipaddress { 10.9.0.1/24 dev eth0
 2001:db8:1::7/64 dev eth0 }
static_routes { 192.168.99.0/24 via 10.3.2.9 dev eth0 metric 5
 2001:db8:9::/64 via fe80::9 dev eth0 pref high }
static_rules { from 192.168.28.0/24 iif eth0 table 79 priority 101 track_group tg }
track_group tg { group { D1 } }
vrrp_script chk { script "/usr/bin/test -f /run/up"
 interval 2
 timeout 1
 rise 2
 fall 3
 weight -30 }
track_file tf { file /run/tf
 weight 1 }
vrrp_track_process tp { process keepalived -n
 param_match partial
 quorum_max 5
 delay 0.5
 weight 10 }
vrrp_sync_group G { group { D1
 D2 }
 track_script { chk weight -20 }
 notify_master "/usr/bin/true gm"
 smtp_alert true }
vrrp_instance D1 { interface eth0
 virtual_router_id 61
 priority 110
 authentication { auth_type PASS
 auth_pass hunter2 }
 track_interface { eth1 weight 5 }
 track_file { tf weight 2 }
 track_process { tp weight 7 }
 virtual_ipaddress { 10.3.2.100/24 brd +
  10.3.2.101 dev eth1 label eth1:x
  10.3.2.102 scope link no_track }
 virtual_ipaddress_excluded { 10.3.2.110/24
  2001:db8::5/64 preferred_lft 100 }
 virtual_routes { 192.168.77.0/24 via 10.3.2.2 dev eth0 metric 10 }
 virtual_rules { from 192.168.78.0/24 table 77 priority 105 }
 notify_backup "/usr/bin/true b 'a b'"
 notify "/usr/bin/true x"
 notify_deleted
 garp_master_refresh 60
 preempt_delay 5 }
vrrp_instance D2 { interface eth1
 virtual_router_id 62
 version 3
 advert_int 0.5
 nopreempt
 virtual_ipaddress { 10.4.0.100/24 } }
vrrp_instance S6 { interface eth0
 virtual_router_id 63
 priority 255
 state MASTER
 virtual_ipaddress { fe80::1
 2001:db8::1/64 } }
vrrp_instance U { interface eth0
 virtual_router_id 64
 unicast_src_ip 10.3.2.1
 unicast_peer { 10.3.2.2
  10.3.2.3 min_ttl 254 max_ttl 255 }
 priority 90
 virtual_ipaddress { 10.3.2.200/24 } }
vrrp_instance VM { interface eth0
 use_vmac
 virtual_router_id 65
 authentication { auth_type AH
 auth_pass hunter2 }
 virtual_ipaddress { 10.3.2.201/24 } }
"#;
