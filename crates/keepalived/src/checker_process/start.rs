//! The beginning of the process (`spec/config-virtual-server.md` section 14).

use super::conversations::Conversations;
use super::ipvs::repairs::Repairs;
use super::ipvs::{Leftovers, Writer};
use super::later::Later;
use super::outside::Outside;
use super::pace::Turns;
use super::regex::Patterns;
use super::reload::Prepared;
use super::scripts::Scripts;
use super::serve::token;
use super::{CheckerProcess, ProcessError, QueryIds};
use crate::clock;
use crate::handover::{Handover, Start};
use crate::runtime::errands::Errands;
use crate::runtime::lateness::Lateness;
use crate::runtime::stopping::Stopping;
use crate::scheduling::{self, RealTime};
use crate::signals::Signals;
use crate::track_file;
use check::{Director, Outbox};
use kernel::ipvs::Backend;
use kernel::poll::{Interest, Poller};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::sync::Arc;

impl CheckerProcess {
    /// Opens everything, puts the servers into IPVS and tells the supervisor.
    pub(super) fn start(handover: Handover, backend: Box<dyn Backend>) -> Result<Self, ProcessError> {
        // First, so that every thread that is started later has the signals blocked.
        let signals = Signals::new().map_err(ProcessError::of("blocking signals"))?;
        if handover.start == Start::First {
            track_file::initialise(&handover.configuration.lvs.track_files);
        }
        let is_respawned = handover.start == Start::Respawn;
        let prepared = Prepared::new(handover.configuration).map_err(ProcessError::Fatal)?;
        let outside = Outside::start(handover.origin, prepared.globals(), prepared.lvs())
            .map_err(ProcessError::of("starting the threads beside the loop"))?;
        let globals = prepared.globals().clone();
        let writer = scheduling::favour(&globals.checker_process, || Writer::start(backend))
            .map_err(ProcessError::of("starting the writer of IPVS"))?;
        let now = clock::monotonic();
        let checks = prepared.checks();
        let mut process = Self {
            director: Director::new(RandomState::new().hash_one(())),
            outbox: Outbox::default(),
            real_time: RealTime::enter(&globals.checker_process, &globals, checks, now),
            lateness: Lateness::default(),
            globals: Arc::new(globals),
            settings: handover.settings,
            parent: handover.parent,
            signals,
            poller: Poller::new().map_err(ProcessError::of("making the poller"))?,
            turns: Turns::new(),
            ready: Vec::new(),
            conversations: Conversations::new(),
            scripts: Scripts::default(),
            finished: Vec::new(),
            query_ids: QueryIds::default(),
            tls: None,
            patterns: Patterns::default(),
            writer,
            repairs: Repairs::default(),
            later: Later::default(),
            errands: Errands::default(),
            outside,
            addresses: None,
            reloads: 0,
            opening: None,
            ping_group: None,
            stopping: Stopping::No,
            _pid_file: handover.pid_file,
        };
        process
            .listen_to_all()
            .map_err(ProcessError::of("waiting for events"))?;
        process.follow(handover.orders);
        process.apply(now, prepared)?;
        process.work_off(now);
        process.log_data();
        if is_respawned {
            let wanted = process.director.wanted();
            process.writer.repair(wanted, Leftovers::Go);
        }
        if let Err(error) = process.parent.in_force() {
            tracing::warn!("telling the parent about the start: {error}");
        }
        Ok(process)
    }

    fn listen_to_all(&self) -> io::Result<()> {
        let poller = &self.poller;
        poller.add_urgent(&self.parent, token::PARENT, Interest::Readable)?;
        poller.add_urgent(&self.signals, token::SIGNALS, Interest::Readable)?;
        poller.add(&self.writer, token::WRITER, Interest::Readable)?;
        self.outside.listen(poller)
    }
}
