//! Keywords outside all blocks: the root-level globals (`spec/config-global.md` section 1), and the blocks.

use super::bfd_instance::{self, BFD_INSTANCE};
use super::effect::{BFD, IPVS};
use super::global_defs::GLOBAL_DEFS;
use super::interfaces::{self, GARP_GROUP};
use super::ssl::{self, SSL};
use super::static_objects::{self, TRACK_GROUP};
use super::track_file::{self, TRACK_FILE};
use super::virtual_server::{self, VIRTUAL_SERVER};
use super::virtual_server_group;
use super::vrrp_instance::{self, VRRP_INSTANCE};
use super::vrrp_script::{self, VRRP_SCRIPT};
use super::vrrp_sync_group::{self, VRRP_SYNC_GROUP};
use super::vrrp_track_process::{self, VRRP_TRACK_PROCESS};
use super::{Block, Keyword, U32_MAX, strict};
use crate::lower::Draft;
use model::Micros;

type Row = Keyword<Draft>;

pub(crate) static ROOT: Block<Draft> = Block {
    name: "",
    keywords: &[GLOBALS, BLOCKS],
};

/// Whether a keyword of the root is read before all others, wherever it stands: the parent process reads these, and
/// the others start from its values.
pub(crate) fn is_global(name: &str) -> bool {
    GLOBALS.iter().any(|keyword| keyword.entry.name == name)
}

static GLOBALS: &[Keyword<Draft>] = &[
    Row::block("global_defs", "", &GLOBAL_DEFS, |draft, block, cx| {
        GLOBAL_DEFS.read(&mut draft.globals, block, cx);
    })
    .means("Settings of the whole daemon"),
    Row::flag("linkbeat_use_polling", |d, _| {
        d.globals.model.vrrp.linkbeat_use_polling = true;
    })
    .default("off")
    .means("Poll the link of every interface of an instance"),
    Row::line("net_namespace", "NAME", |d, line, cx| {
        let Some(name) = line.argument(0) else {
            return cx.missing(line, "a name");
        };
        cx.once(
            &mut d.globals.model.identity.net_namespace,
            line,
            name.text().to_owned(),
        );
    })
    .own_check()
    .first_wins()
    .means("Network namespace that everything runs in"),
    Row::line("net_namespace_ipvs", "[NAME]", |d, line, cx| {
        let name = line.argument(0).map_or("", |word| word.text()).to_owned();
        cx.once(&mut d.globals.model.identity.net_namespace_ipvs, line, name);
    })
    .first_wins()
    .default("net_namespace; without NAME the initial namespace")
    .means("Network namespace of IPVS")
    .effect(IPVS),
    Row::flag("namespace_with_ipsets", |d, _| {
        d.globals.model.identity.namespace_with_ipsets = true;
    })
    .default("off")
    .means("Allow ipsets in a namespace on kernels before 3.13"),
    Row::line("instance", "NAME", |d, line, cx| {
        let Some(name) = line.argument(0) else {
            return cx.missing(line, "a name");
        };
        cx.once(
            &mut d.globals.model.identity.instance,
            line,
            name.text().to_owned(),
        );
        d.globals.model.identity.use_pid_dir = true;
    })
    .own_check()
    .first_wins()
    .means("Name in pid files, log lines and dump files, for several daemons on one machine"),
    Row::flag("use_pid_dir", |d, _| d.globals.model.identity.use_pid_dir = true)
        .default("off")
        .means("Put pid files into /run/keepalived"),
    Row::integer("child_wait_time", "SECS", strict(0, U32_MAX), |d, secs| {
        d.globals.model.identity.child_wait_time = Some(Micros::from_secs(secs.number()));
    })
    .default("5")
    .means("How long the parent waits for its children at the stop"),
];

static BLOCKS: &[Keyword<Draft>] = &[
    Row::block("vrrp_instance", "NAME", &VRRP_INSTANCE, vrrp_instance::read).means("A virtual router"),
    Row::block("vrrp_sync_group", "NAME", &VRRP_SYNC_GROUP, vrrp_sync_group::read)
        .means("Instances that change state together"),
    Row::block("vrrp_script", "NAME", &VRRP_SCRIPT, vrrp_script::read)
        .means("A command that is run again and again, for track_script"),
    Row::block("track_file", "NAME", &TRACK_FILE, track_file::read)
        .means("A file that is watched, for the track_file of instances"),
    Row::block("vrrp_track_file", "NAME", &TRACK_FILE, track_file::read)
        .old_for("track_file")
        .means("A file that is watched"),
    Row::block(
        "vrrp_track_process",
        "NAME",
        &VRRP_TRACK_PROCESS,
        vrrp_track_process::read,
    )
    .means("Processes that are watched, for track_process"),
    Row::lines(
        "static_ipaddress",
        "ADDR[/LEN] [dev IFNAME] ... [track_group NAME]",
        static_objects::addresses,
    )
    .means("Addresses that are there while the daemon runs"),
    Row::lines(
        "static_routes",
        "[TYPE] [to] DEST ... dev IFNAME [track_group NAME]",
        static_objects::routes,
    )
    .means("Routes that are there while the daemon runs"),
    Row::lines(
        "static_rules",
        "[from PREFIX] ... iif IFNAME [track_group NAME]",
        static_objects::rules,
    )
    .means("Routing rules that are there while the daemon runs"),
    Row::block("track_group", "NAME", &TRACK_GROUP, static_objects::track_group)
        .means("Instances that depend on static objects"),
    Row::block("garp_group", "", &GARP_GROUP, interfaces::garp_group)
        .means("Interfaces that share a limit of gratuitous messages"),
    Row::lines(
        "linkbeat_interfaces",
        "IFNAME [MII|ETHTOOL|IOCTL]",
        interfaces::linkbeat,
    )
    .means("Interfaces whose link is polled"),
    Row::lines(
        "interface_up_down_delays",
        "IFNAME DOWN [UP]",
        interfaces::up_down_delays,
    )
    .range("0 to 255 seconds")
    .default("UP 0")
    .means("Wait before a link that went down or came up counts"),
    Row::block("bfd_instance", "NAME", &BFD_INSTANCE, bfd_instance::read)
        .means("A BFD session")
        .effect(BFD),
    Row::block(
        "virtual_server",
        "ADDR [PORT]|fwmark N|group NAME",
        &VIRTUAL_SERVER,
        virtual_server::read,
    )
    .means("A service that is balanced over real servers")
    .effect(IPVS),
    Row::named_lines("virtual_server_group", "NAME", virtual_server_group::read)
        .range("lines of ADDR[-END|/LEN] [PORT] or fwmark N [inet|inet6]")
        .means("Addresses and firewall marks that virtual servers have in common")
        .effect(IPVS),
    Row::block("SSL", "", &SSL, ssl::read)
        .means("Keys and certificates of SSL_GET")
        .effect(IPVS),
];
