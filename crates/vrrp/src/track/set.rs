//! All trackers of the router, with the instances that use them.

use super::file::File;
use super::process::Process;
use super::script::Script;
use super::{Status, script};
use crate::links::{LinkId, Links};
use crate::{InstanceId, Reading, RunId, ScriptEvent};
use model::{Micros, Time, VrrpConfiguration};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Position of a script in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ScriptId(usize);

/// What an instance tracks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum TrackerId {
    Interface(LinkId),
    Script(ScriptId),
    File(usize),
    Process(usize),
    Bfd(usize),
}

/// A BFD session as trackers see it.
#[derive(Debug)]
struct Bfd {
    name: Arc<str>,
    up: bool,
}

/// The trackers. Interfaces are in [`Links`].
#[derive(Debug, Default)]
pub(crate) struct Trackers {
    scripts: Vec<Script>,
    files: Vec<File>,
    processes: Vec<Process>,
    bfds: Vec<Bfd>,
    by_name: [HashMap<Arc<str>, usize>; 4],
    users: HashMap<TrackerId, Vec<InstanceId>>,
    running: HashMap<RunId, ScriptId>,
    next_run: u64,
}

const SCRIPT: usize = 0;
const FILE: usize = 1;
const PROCESS: usize = 2;
const BFD: usize = 3;

impl Trackers {
    pub(crate) fn new(configuration: &VrrpConfiguration) -> Self {
        let mut trackers = Self {
            scripts: configuration.scripts.iter().map(Script::new).collect(),
            files: configuration.track_files.iter().map(File::new).collect(),
            processes: configuration.track_processes.iter().map(Process::new).collect(),
            bfds: bfd_names(configuration)
                .map(|name| Bfd {
                    name: Arc::from(name),
                    up: false,
                })
                .collect(),
            ..Self::default()
        };
        let names: [Vec<Arc<str>>; 4] = [
            trackers
                .scripts
                .iter()
                .map(|script| Arc::clone(&script.name))
                .collect(),
            trackers.files.iter().map(|file| Arc::clone(&file.name)).collect(),
            trackers
                .processes
                .iter()
                .map(|process| Arc::clone(&process.name))
                .collect(),
            trackers.bfds.iter().map(|bfd| Arc::clone(&bfd.name)).collect(),
        ];
        for (map, names) in trackers.by_name.iter_mut().zip(names) {
            for (position, name) in names.into_iter().enumerate() {
                // The first of several with one name is the one that is used.
                map.entry(name).or_insert(position);
            }
        }
        trackers
    }

    /// Keeps what is known of the trackers before a reload. Says what to log, and which runs are nobody's any more.
    pub(crate) fn inherit(&mut self, before: &Self) -> (Vec<(Arc<str>, ScriptEvent)>, Vec<RunId>) {
        let mut events = Vec::new();
        for script in &mut self.scripts {
            let Some(old) = before.find(SCRIPT, &script.name) else {
                continue;
            };
            if let Some(event) = script.inherit(&before.scripts[old]) {
                events.push((Arc::clone(&script.name), event));
            }
        }
        self.next_run = before.next_run;
        self.running = (0..)
            .zip(&self.scripts)
            .filter_map(|(position, script)| Some((script.run()?, ScriptId(position))))
            .collect();
        let orphans = before
            .running
            .keys()
            .filter(|run| !self.running.contains_key(run))
            .copied()
            .collect();
        for file in &mut self.files {
            if let Some(old) = before.find(FILE, &file.name) {
                file.value = before.files[old].value;
            }
        }
        for process in &mut self.processes {
            if let Some(old) = before.find(PROCESS, &process.name) {
                process.inherit(&before.processes[old]);
            }
        }
        for bfd in &mut self.bfds {
            if let Some(old) = before.find(BFD, &bfd.name) {
                bfd.up = before.bfds[old].up;
            }
        }
        (events, orphans)
    }

    pub(crate) fn script(&self, name: &str) -> Option<TrackerId> {
        self.find(SCRIPT, name)
            .map(|position| TrackerId::Script(ScriptId(position)))
    }

    pub(crate) fn file(&self, name: &str) -> Option<TrackerId> {
        self.find(FILE, name).map(TrackerId::File)
    }

    pub(crate) fn process(&self, name: &str) -> Option<TrackerId> {
        self.find(PROCESS, name).map(TrackerId::Process)
    }

    pub(crate) fn bfd(&self, name: &str) -> Option<TrackerId> {
        self.find(BFD, name).map(TrackerId::Bfd)
    }

    /// Notes that an instance uses a tracker.
    pub(crate) fn add_user(&mut self, tracker: TrackerId, instance: InstanceId) {
        let users = self.users.entry(tracker).or_default();
        if users.last() != Some(&instance) && !users.contains(&instance) {
            users.push(instance);
        }
    }

    pub(crate) fn users(&self, tracker: TrackerId) -> &[InstanceId] {
        self.users.get(&tracker).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn status(&self, tracker: TrackerId, links: &Links) -> Status {
        let up_or_down = |up| if up { Status::Up } else { Status::Down };
        match tracker {
            TrackerId::Interface(link) => up_or_down(links.is_up(link)),
            TrackerId::Script(script) => self.scripts[script.0].status(),
            TrackerId::File(file) => self.files[file].status(),
            TrackerId::Process(process) => self.processes[process].status(),
            TrackerId::Bfd(bfd) => up_or_down(self.bfds[bfd].up),
        }
    }

    pub(crate) fn get_script(&self, id: ScriptId) -> &Script {
        &self.scripts[id.0]
    }

    pub(crate) fn script_mut(&mut self, id: ScriptId) -> &mut Script {
        &mut self.scripts[id.0]
    }

    pub(crate) fn scripts(&self) -> impl ExactSizeIterator<Item = (ScriptId, &Script)> {
        self.scripts
            .iter()
            .enumerate()
            .map(|(position, script)| (ScriptId(position), script))
    }

    /// When the second run of a script is due.
    pub(crate) fn second_run(&self, id: ScriptId, now: Time) -> Time {
        let interval: Micros = self.scripts[id.0].config.interval;
        script::second_run(now, interval, id.0, self.scripts.len())
    }

    /// Starts a run of a script, unless the one before has not ended.
    pub(crate) fn start_run(&mut self, id: ScriptId) -> Result<RunId, ScriptEvent> {
        let run = RunId(self.next_run);
        self.scripts[id.0].start(run)?;
        self.next_run += 1;
        self.running.insert(run, id);
        Ok(run)
    }

    /// A run has printed something.
    pub(crate) fn script_printed(&mut self, run: RunId, output: &str) {
        if let Some(ScriptId(position)) = self.running.get(&run) {
            self.scripts[*position].printed(run, output);
        }
    }

    /// The script of a run that has ended; nothing if the run is nobody's any more.
    pub(crate) fn take_run(&mut self, run: RunId) -> Option<ScriptId> {
        self.running.remove(&run)
    }

    /// The runs that have not ended.
    pub(crate) fn runs(&self) -> BTreeSet<RunId> {
        self.running.keys().copied().collect()
    }

    pub(crate) fn file_at(&self, position: usize) -> &File {
        &self.files[position]
    }

    pub(crate) fn file_mut(&mut self, position: usize) -> &mut File {
        &mut self.files[position]
    }

    pub(crate) fn process_at(&self, position: usize) -> &Process {
        &self.processes[position]
    }

    pub(crate) fn process_mut(&mut self, position: usize) -> &mut Process {
        &mut self.processes[position]
    }

    /// Takes a state of a BFD session in. Says whether it changed.
    pub(crate) fn set_bfd(&mut self, position: usize, up: bool) -> bool {
        std::mem::replace(&mut self.bfds[position].up, up) != up
    }

    pub(crate) fn bfd_name(&self, position: usize) -> &Arc<str> {
        &self.bfds[position].name
    }

    /// Takes what is known before the start in, without delays.
    pub(crate) fn take_readings(&mut self, readings: &[Reading<'_>]) {
        for reading in readings {
            match *reading {
                Reading::File(name, value) => {
                    if let Some(position) = self.find(FILE, name) {
                        self.files[position].value = value;
                    }
                }
                Reading::Processes(name, count) => {
                    if let Some(position) = self.find(PROCESS, name) {
                        self.processes[position].start(count);
                    }
                }
                Reading::Bfd(name, up) => {
                    if let Some(position) = self.find(BFD, name) {
                        self.bfds[position].up = up;
                    }
                }
            }
        }
    }

    pub(crate) fn file_value(&self, name: &str) -> Option<i32> {
        self.find(FILE, name).map(|position| self.files[position].value)
    }

    pub(crate) fn process_status(&self, name: &str) -> Option<(u32, bool)> {
        let process = &self.processes[self.find(PROCESS, name)?];
        Some((process.count(), process.quorum()))
    }

    pub(crate) fn bfd_is_up(&self, name: &str) -> Option<bool> {
        self.find(BFD, name).map(|position| self.bfds[position].up)
    }

    pub(crate) fn process_count(&self) -> usize {
        self.processes.len()
    }

    fn find(&self, kind: usize, name: &str) -> Option<usize> {
        self.by_name[kind].get(name).copied()
    }
}

/// The BFD sessions that somebody tracks, each once.
fn bfd_names(configuration: &VrrpConfiguration) -> impl Iterator<Item = &str> {
    let of_instances = configuration
        .instances
        .iter()
        .flat_map(|instance| &instance.tracking.bfd);
    let of_groups = configuration
        .sync_groups
        .iter()
        .flat_map(|group| &group.tracking.bfd);
    let names: BTreeSet<_> = of_instances
        .chain(of_groups)
        .map(|entry| entry.target.as_str())
        .collect();
    names.into_iter()
}
