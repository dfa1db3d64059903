//! Every state and every event: one cell each.
//!
//! The instance has version 2, priority 100, address 10.0.0.5, one virtual address, and a track script and a track file
//! with weight 0. In INIT it waits for the script; in FAULT its link is down. A cell names the state after the event,
//! then what else it did:
//!
//! * `timer N`: the deadline is N ms from now, where it was elsewhere before; `no timer`: it is cancelled
//! * `advert P`: an advert of priority P left
//! * `+kernel`, `-kernel`: objects were put into the kernel or taken out of it
//! * `tells X`: the notification X was made
//! * `announces N`: N gratuitous ARPs left

use crate::build::{config, ethernet, index, instance, interfaces, ip, prefix};
use crate::lab::{Lab, advert};
use model::interface::{InterfaceAddress, Interfaces};
use model::{Micros, ScriptKind, Sense, TrackEntry, TrackFile, VrrpConfiguration, VrrpScript, Weight};
use std::fmt::Write as _;
use vrrp::{Input, Release, ScriptCommand, ScriptResult, State};

#[rustfmt::skip]
const EXPECTED: &str = "
event                         | INIT                           | BACKUP                                                        | MASTER                                                                     | FAULT
its deadline passes           | INIT                           | MASTER timer 1000 advert 100 +kernel tells MASTER announces 5 | MASTER timer 1000 advert 100                                               | FAULT
advert, priority 0            | INIT                           | BACKUP timer 609                                              | MASTER timer 1000 advert 100                                               | FAULT
advert, lower priority        | INIT                           | BACKUP                                                        | MASTER timer 1000 advert 100 tells MASTER_RX_LOWER_PRI announces 5         | FAULT
advert, equal, lower address  | INIT                           | BACKUP timer 3609                                             | MASTER timer 1000 advert 100 tells MASTER_RX_LOWER_PRI announces 5         | FAULT
advert, equal, our address    | INIT                           | BACKUP timer 3609                                             | MASTER                                                                     | FAULT
advert, equal, higher address | INIT                           | BACKUP timer 3609                                             | BACKUP timer 3609 -kernel tells BACKUP                                     | FAULT
advert, higher priority       | INIT                           | BACKUP timer 3609                                             | BACKUP timer 3609 -kernel tells BACKUP                                     | FAULT
advert, wrong checksum        | INIT                           | BACKUP                                                        | MASTER                                                                     | FAULT
advert, other interval        | INIT                           | BACKUP                                                        | MASTER                                                                     | FAULT
link down                     | FAULT tells FAULT              | FAULT no timer tells FAULT                                    | FAULT no timer advert 0 advert 0 -kernel tells FAULT                       | FAULT
link up                       | INIT                           | BACKUP                                                        | MASTER                                                                     | BACKUP timer 3609 tells BACKUP
interface removed             | FAULT tells FAULT              | FAULT no timer tells FAULT                                    | FAULT no timer -kernel tells FAULT                                         | FAULT
source address lost           | FAULT tells FAULT              | FAULT no timer tells FAULT                                    | FAULT no timer advert 0 advert 0 -kernel tells FAULT                       | FAULT
another address               | INIT                           | BACKUP                                                        | MASTER                                                                     | FAULT
virtual address taken away    | INIT                           | BACKUP                                                        | MASTER announces 5                                                         | FAULT
script succeeds               | BACKUP timer 3609 tells BACKUP | BACKUP                                                        | MASTER                                                                     | FAULT
script fails                  | FAULT tells FAULT              | FAULT no timer tells FAULT                                    | FAULT no timer advert 0 advert 0 -kernel tells FAULT                       | FAULT
file has a value              | FAULT tells FAULT              | FAULT no timer tells FAULT                                    | FAULT no timer advert 0 advert 0 -kernel tells FAULT                       | FAULT
gratuitous ARP asked for      | INIT                           | BACKUP                                                        | MASTER announces 1                                                         | FAULT
reload, no change             | INIT                           | BACKUP tells kept BACKUP                                      | MASTER                                                                     | FAULT tells kept FAULT
reload, other address         | INIT                           | BACKUP tells kept BACKUP                                      | MASTER timer 1000 advert 100 -kernel +kernel announces 5                   | FAULT tells kept FAULT
stop                          | INIT tells STOP                | INIT no timer tells STOP                                      | INIT no timer advert 0 -kernel tells STOP                                  | INIT tells STOP
";

fn configuration() -> VrrpConfiguration {
    let mut v = instance("V", 51, 100);
    let track = |target: &str| TrackEntry {
        target: target.to_owned(),
        weight: Weight(0),
        sense: Sense::Normal,
    };
    v.tracking.scripts = vec![track("chk")];
    v.tracking.files = vec![track("file")];
    VrrpConfiguration {
        scripts: vec![VrrpScript {
            name: "chk".to_owned(),
            kind: ScriptKind::OpenTest("/run/up".to_owned()),
            interval: Micros::from_millis(400),
            timeout: Micros::from_secs(1000),
            weight: Weight(0),
            sense: Sense::Normal,
            rise: 1,
            fall: 1,
            init_fail: false,
            insecure: false,
        }],
        track_files: vec![TrackFile {
            name: "file".to_owned(),
            file: "/run/file".to_owned(),
            weight: Weight(1),
            sense: Sense::Normal,
            init: None,
        }],
        ..config(vec![v])
    }
}

fn eth0(running: bool) -> model::interface::Interface {
    let mut eth0 = ethernet(2, "eth0", &["10.0.0.5/24"]);
    eth0.running = running;
    eth0
}

/// Ends the run that is under way.
fn script_ends(lab: &mut Lab, status: i32) {
    let Some(ScriptCommand::Start { run, .. }) = lab.scripts.pop() else {
        panic!("a run is under way")
    };
    lab.input(Input::ScriptFinished {
        run,
        result: ScriptResult::Exited(status),
    });
}

fn lab_in(state: State) -> Lab {
    let interfaces = Interfaces(vec![eth0(true), interfaces().0.remove(1)]);
    let mut lab = Lab::with(configuration(), interfaces, Micros::ZERO, &[]);
    if state != State::Init {
        script_ends(&mut lab, 0);
    }
    match state {
        State::Init => {}
        State::Backup => lab.run_ms(500),
        State::Master => lab.run_ms(10_000),
        State::Fault => {
            lab.run_ms(500);
            lab.input(Input::InterfaceChanged(&eth0(false)));
        }
    }
    assert_eq!(lab.state("V"), state);
    lab
}

type Event = (&'static str, fn(&mut Lab));

fn hear(lab: &mut Lab, from: &str, priority: u8) {
    lab.hear("V", from, priority);
}

const EVENTS: &[Event] = &[
    ("its deadline passes", |lab| {
        match lab.router.instance_deadline(lab.id("V")) {
            Some(deadline) => lab.run(deadline.since(lab.now.time)),
            None => lab.input(Input::DeadlineReached),
        }
    }),
    ("advert, priority 0", |lab| hear(lab, "10.0.0.9", 0)),
    ("advert, lower priority", |lab| hear(lab, "10.0.0.9", 50)),
    ("advert, equal, lower address", |lab| hear(lab, "10.0.0.4", 100)),
    ("advert, equal, our address", |lab| hear(lab, "10.0.0.5", 100)),
    ("advert, equal, higher address", |lab| hear(lab, "10.0.0.9", 100)),
    ("advert, higher priority", |lab| hear(lab, "10.0.0.9", 200)),
    ("advert, wrong checksum", |lab| {
        let config = lab.get("V").config();
        let mut packet = advert(config, ip("10.0.0.9"), ip("224.0.0.18"), 200, Micros::SECOND);
        packet[27] ^= 1;
        lab.hear_packet("V", ip("10.0.0.9"), &packet);
    }),
    ("advert, other interval", |lab| {
        let config = model::Instance::clone(lab.get("V").config());
        lab.hear_from(&config, "10.0.0.9", 200, Micros::from_secs(2));
    }),
    ("link down", |lab| {
        lab.input(Input::InterfaceChanged(&eth0(false)));
    }),
    ("link up", |lab| lab.input(Input::InterfaceChanged(&eth0(true)))),
    ("interface removed", |lab| {
        lab.input(Input::InterfaceRemoved(index(2)));
    }),
    ("source address lost", |lab| {
        lab.input(Input::AddressRemoved {
            interface: index(2),
            address: ip("10.0.0.5"),
        });
    }),
    ("another address", |lab| {
        let address = InterfaceAddress::new(prefix("10.0.0.6/24"));
        lab.input(Input::AddressAdded {
            interface: index(2),
            address,
        });
    }),
    ("virtual address taken away", |lab| {
        lab.input(Input::AddressRemoved {
            interface: index(2),
            address: ip("10.0.0.100"),
        });
    }),
    ("script succeeds", |lab| script_ends(lab, 0)),
    ("script fails", |lab| script_ends(lab, 3)),
    ("file has a value", |lab| {
        lab.input(Input::FileRead {
            file: "file",
            value: 1,
        });
    }),
    ("gratuitous ARP asked for", |lab| {
        lab.input(Input::GarpRequested(lab.id("V")));
    }),
    ("reload, no change", |lab| lab.apply(configuration())),
    ("reload, other address", |lab| {
        let mut configuration = configuration();
        configuration.instances[0].virtual_addresses = vec![crate::build::vip("10.0.0.101/32")];
        lab.apply(configuration);
    }),
    ("stop", |lab| lab.input(Input::Stop(Release::Everything))),
];

/// What an event did to an instance in a state.
fn cell(state: State, event: fn(&mut Lab)) -> String {
    let mut lab = lab_in(state);
    let (id, before) = (lab.id("V"), lab.now.time);
    let timer = lab.router.instance_deadline(id);
    let objects = lab.objects.clone();
    let _ = (lab.adverts(), lab.announcements(), lab.take_fifo());
    event(&mut lab);
    let mut cell = lab.state("V").to_string();
    let unchanged = lab.router.instance_deadline(id) == timer;
    match lab.router.instance_deadline(id) {
        _ if unchanged && lab.now.time == before => {}
        Some(due) => write!(cell, " timer {}", due.since(lab.now.time).as_millis()).unwrap(),
        None if timer.is_some() => cell.push_str(" no timer"),
        None => {}
    }
    for (_, priority) in lab.adverts() {
        write!(cell, " advert {priority}").unwrap();
    }
    if objects.keys().any(|object| !lab.objects.contains_key(object)) {
        cell.push_str(" -kernel");
    }
    if lab.objects.keys().any(|object| !objects.contains_key(object)) {
        cell.push_str(" +kernel");
    }
    for line in lab.take_fifo() {
        write!(
            cell,
            " tells {}",
            line.trim_start_matches("INSTANCE V ").trim_end_matches(" 100")
        )
        .unwrap();
    }
    let announced = lab.announcements().len();
    if announced > 0 {
        write!(cell, " announces {announced}").unwrap();
    }
    cell
}

#[test]
fn every_event_in_every_state() {
    let mut rows = Vec::new();
    for (name, event) in EVENTS {
        let cells = State::ALL.map(|state| cell(state, *event));
        rows.push(format!("{name} | {}", cells.join(" | ")));
    }
    let normal = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let expected: Vec<_> = EXPECTED.lines().skip(2).map(normal).collect();
    let actual: Vec<_> = rows.iter().map(|row| normal(row)).collect();
    assert_eq!(actual, expected, "\n{}\n", rows.join("\n"));
}
