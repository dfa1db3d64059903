//! The beginning of the process.

use super::announcements::Announcements;
use super::assigned::Assigned;
use super::burst::Burst;
use super::environment::Environment;
use super::firewall::Firewall;
use super::linger::Linger;
use super::outside::{Outside, Readings};
use super::pace::Hearing;
use super::receive_buffer::BufferSizes;
use super::report::AddressLines;
use super::requests::Requests;
use super::serve::token;
use super::sockets::Sockets;
use super::sync_daemon::{Following, SyncFollower};
use super::{ProcessError, VrrpProcess, leftovers, links, now, observe, pace};
use crate::clock;
use crate::handover::{Handover, Start};
use crate::log;
use crate::runtime::descriptors;
use crate::runtime::errands::Errands;
use crate::runtime::lateness::Lateness;
use crate::runtime::stopping::Stopping;
use crate::scheduling::{self, RealTime};
use crate::signals::Signals;
use crate::track_file;
use kernel::monitor::{Monitor, Watch};
use kernel::poll::{Interest, Pace, Poller};
use kernel::writer::Writer;
use kernel::{Linux, ReceiveBuffer};
use model::{Configuration, Globals, Micros, Route, Rule, SocketBuffer, VrrpConfiguration, VrrpGlobals};
use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use vrrp::{Detail, Input, LinkPlan, Now, Outbox, Router, Setup};

/// Receive buffer of the monitor without a setting: a few thousand notifications, as a takeover makes at once.
const MONITOR_BUFFER: usize = 4 << 20;

impl VrrpProcess {
    /// Opens everything, removes what a predecessor left, starts the instances and tells the supervisor.
    pub(super) fn start(handover: Handover) -> Result<Self, ProcessError> {
        // First, so that every thread that is started later has the signals blocked.
        let signals = Signals::new().map_err(ProcessError::of("blocking signals"))?;
        let mut configuration = handover.configuration;
        without_later_trackers(&mut configuration.vrrp);
        if handover.start == Start::First {
            track_file::initialise(&configuration.vrrp.track_files);
        }
        let readings = Readings::take(&configuration.vrrp);
        let outside = Outside::start(handover.origin, &configuration, &handover.settings)
            .map_err(ProcessError::of("starting the threads beside the loop"))?;
        let following = Following::of(&configuration);
        let Configuration { vrrp, globals, .. } = configuration;
        descriptors::allow(2 * vrrp.instances.len());
        let watch = watch_for(&vrrp);
        let buffer = monitor_buffer(&globals);
        let mut monitor =
            Monitor::open(watch, buffer).map_err(ProcessError::of("opening the netlink monitor"))?;
        let buffer = configured_buffer(globals.netlink_buffers.vrrp_command, ReceiveBuffer::Default);
        let backend =
            Linux::open_with(buffer).map_err(ProcessError::of("opening the netlink command socket"))?;
        let (backend, mut firewall) =
            Firewall::prepare(backend, &globals, &vrrp, handover.settings.without_firewall);
        firewall.tell(&globals.firewall, &vrrp);
        let writer = scheduling::favour(&globals.vrrp_process, || Writer::start(backend))
            .map_err(ProcessError::of("starting the kernel writer"))?;
        let announcements =
            Announcements::open().map_err(ProcessError::of("opening the socket for gratuitous ARPs"))?;

        let plan = LinkPlan::new(&vrrp.instances, &globals.vrrp, &monitor.snapshot());
        let mut requests = Requests::new(writer, firewall);
        let mut environment = Environment::default();
        requests.set(environment.configure(&plan, &globals.vrrp));
        links::make(&mut requests, &mut monitor, &plan).map_err(ProcessError::of("making interfaces"))?;
        let interfaces = monitor.snapshot();
        requests.clean_up(leftovers::removals(&vrrp, &plan, &interfaces));
        let mut outbox = Outbox::new(detail());
        let moment = now();
        let (floor, sizes) = (pace::floor(&vrrp), BufferSizes::new(&vrrp, &globals.vrrp));
        let mut assigned = Assigned::default();
        assigned.configure(&vrrp);
        let objects = objects(&vrrp);
        let setup = Setup {
            configuration: vrrp,
            startup_delay: startup_delay(&globals.vrrp),
            globals: globals.vrrp.clone(),
            interfaces,
            readings: &readings.list(),
        };
        let router = Router::new(moment, setup, &mut outbox);
        let mut sync_daemon = SyncFollower::default();
        sync_daemon.configure(following, &router);
        let real_time = RealTime::enter(&globals.vrrp_process, &globals, objects, moment.time);
        let is_in_maintenance = handover.orders.maintenance.is_some();
        let mut process = Self {
            router,
            outbox,
            globals: Arc::new(globals),
            real_time,
            lateness: Lateness::default(),
            reloads: 0,
            address_lines: AddressLines::of(&handover.settings),
            settings: handover.settings,
            parent: handover.parent,
            signals,
            poller: Poller::new().map_err(ProcessError::of("making the poller"))?,
            pace: Pace::new(floor),
            hearing: Hearing::default(),
            ready: Vec::new(),
            monitor,
            watch,
            changes: Vec::new(),
            requests,
            burst: Burst::default(),
            linger: Linger::default(),
            environment,
            receipts: Vec::new(),
            sockets: Sockets::default(),
            sizes,
            announcements,
            blocked: BTreeSet::new(),
            opening: None,
            pending: None,
            errands: Errands::default(),
            outside,
            sync_daemon,
            assigned,
            touched: BTreeSet::new(),
            to_retry: BTreeSet::new(),
            stopping: Stopping::No,
            untidy: true,
            _pid_file: handover.pid_file,
        };
        process.begin(moment, is_in_maintenance)?;
        Ok(process)
    }

    /// Does what the router wants at first, and tells the parent.
    fn begin(&mut self, moment: Now, is_in_maintenance: bool) -> Result<(), ProcessError> {
        self.listen_to_all()
            .map_err(ProcessError::of("waiting for events"))?;
        self.log_addresses();
        if is_in_maintenance {
            self.handle(moment, Input::Maintenance(true));
        }
        self.work_off(moment)?;
        self.outside.kernel_work(moment.time, self.requests.work());
        self.requests.hand_over();
        self.log_data(moment);
        if let Err(error) = self.parent.in_force() {
            tracing::warn!("telling the parent about the start: {error}");
        }
        Ok(())
    }

    fn listen_to_all(&self) -> io::Result<()> {
        let poller = &self.poller;
        poller.add_urgent(&self.parent, token::PARENT, Interest::Readable)?;
        poller.add_urgent(&self.signals, token::SIGNALS, Interest::Readable)?;
        poller.add_urgent(&self.requests, token::WRITER, Interest::Readable)?;
        self.outside.listen(poller)?;
        poller.add_urgent(&self.monitor, token::MONITOR, Interest::Readable)
    }

    /// The lines about the addresses that are there at the start.
    fn log_addresses(&mut self) {
        for interface in self.monitor.interfaces() {
            if self.address_lines == AddressLines::OfMonitor {
                for address in &interface.addresses {
                    observe::log_reflected(address, "added to", &interface.name);
                }
            }
            self.assigned.look_at(interface);
        }
    }
}

/// Whether the router makes events of detail at all.
fn detail() -> Detail {
    if tracing::event_enabled!(target: log::DETAIL, tracing::Level::INFO) {
        Detail::On
    } else {
        Detail::Off
    }
}

/// What the monitor has to watch for a configuration.
pub(super) fn watch_for(configuration: &VrrpConfiguration) -> Watch {
    let routes: fn(&[Route]) -> bool = |routes| !routes.is_empty();
    let rules: fn(&[Rule]) -> bool = |rules| !rules.is_empty();
    let (instances, statics) = (&configuration.instances, &configuration.static_objects);
    Watch {
        routes: routes(&statics.routes) || instances.iter().any(|instance| routes(&instance.routes)),
        rules: rules(&statics.rules) || instances.iter().any(|instance| rules(&instance.rules)),
    }
}

/// The receive buffer of the monitor (`vrrp_netlink_monitor_rcv_bufs`).
pub(super) fn monitor_buffer(globals: &Globals) -> ReceiveBuffer {
    let default = ReceiveBuffer::Forced(MONITOR_BUFFER);
    configured_buffer(globals.netlink_buffers.vrrp_monitor, default)
}

/// The receive buffer of a netlink socket; 0 bytes are the default.
fn configured_buffer(setting: SocketBuffer, default: ReceiveBuffer) -> ReceiveBuffer {
    let bytes = usize::try_from(setting.bytes).unwrap_or(usize::MAX);
    match (bytes, setting.force) {
        (0, _) => default,
        (_, true) => ReceiveBuffer::Forced(bytes),
        (_, false) => ReceiveBuffer::Limited(bytes),
    }
}

/// Instances and addresses, each of which takes its share of the time of one turn when everything happens at once.
pub(super) fn objects(configuration: &VrrpConfiguration) -> usize {
    let addresses =
        |instance: &model::Instance| instance.virtual_addresses.len() + instance.excluded_addresses.len();
    configuration
        .instances
        .iter()
        .map(|instance| 1 + addresses(instance))
        .sum()
}

/// `vrrp_startup_delay` and `vrrp_delay_after_boot`.
fn startup_delay(globals: &VrrpGlobals) -> Micros {
    Setup::startup_delay(globals, Micros(clock::since_boot().0))
}

/// Takes out the trackers whose results this process does not gather yet.
pub(super) fn without_later_trackers(configuration: &mut VrrpConfiguration) {
    let instances = configuration
        .instances
        .iter_mut()
        .map(|instance| &mut instance.tracking);
    let groups = configuration
        .sync_groups
        .iter_mut()
        .map(|group| &mut group.tracking);
    for tracking in instances.chain(groups) {
        tracking.bfd.clear();
    }
}
