//! From the command line to a running supervisor, and its end.
//!
//! The order of a start: say what is started; read the configuration; enter the namespace; lock the pid files; go into
//! the background; write the pid; listen on the control socket; start the children. Everything that can fail does so
//! before the start in the background reports success. Of a stop: children, pid files, `Stopped`.
//! The startup script runs before the children, the shutdown script after them.

use crate::child::Bodies;
use crate::cli::{COMPATIBLE, Options};
use crate::control::Control;
use crate::exit::Exit;
use crate::handover::Kind;
use crate::log::{DETAIL, Log, LogFile, LogSettings};
use crate::namespace::{self, PrivateRun};
use crate::pid_file::{ORPHAN, PidFile, PidFileError, RunFiles};
use crate::reading::{Purpose, ReadRequest, Reader, log_main_file};
use crate::scripts::Origin;
use crate::settings::Settings;
use crate::signals::Signals;
use crate::supervisor::{Plan, Supervisor};
use crate::systemd::{self, Notifier};
use crate::{cli, core_dump, privileges, say, scheduling};
use config::diagnostics::Style;
use model::Configuration;
use nix::sys::prctl;
use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::stat::umask;
use nix::sys::time::TimeVal;
use nix::sys::utsname::uname;
use nix::unistd::daemon;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt::Display;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::path::{self, Path, PathBuf};

/// Columns of a wrapped command line in the log, and how far its further lines are indented.
const WIDTH: usize = 100;
const INDENT: usize = 14;

/// What makes a build of the daemon.
#[derive(Clone, Copy)]
pub struct Program {
    /// Its children.
    pub bodies: Bodies,
    /// Its way to read a configuration.
    pub read: Reader,
}

/// Runs a daemon until it is stopped.
pub(crate) fn run(program: Program, mut options: Options, arguments: &[OsString]) -> Exit {
    make_absolute(&mut options);
    let settings = settings(&options, &program);
    let mut log = Log::collect(&settings.log);
    let mut launch = Launch {
        program,
        options,
        arguments,
        settings,
        log: &mut log,
    };
    // A panic is in the log by then; the children notice that their parent has gone.
    let exit = panic::catch_unwind(AssertUnwindSafe(|| launch.run()));
    let exit = exit.unwrap_or(Exit::Software);
    let names = launch.settings.log;
    log.begin(&names, None);
    log.finish();
    exit
}

/// A daemon on its way to its supervisor. A step that fails says why in the log, and with which status to end.
struct Launch<'a> {
    program: Program,
    options: Options,
    arguments: &'a [OsString],
    settings: Settings,
    log: &'a mut Log,
}

/// A configuration with its text.
struct Loaded {
    configuration: Configuration,
    copy: Vec<u8>,
}

impl Launch<'_> {
    fn run(&mut self) -> Exit {
        self.announce();
        let exit = self.serve();
        // Where another one runs already, nothing has been stopped.
        if exit != Err(Exit::Normal) {
            tracing::info!("Stopped {COMPATIBLE}");
        }
        exit.unwrap_or_else(|exit| exit)
    }

    fn serve(&mut self) -> Result<Exit, Exit> {
        let loaded = self.read_configuration()?;
        let configuration = &loaded.configuration;
        self.adopt(configuration);
        let private_run = self.private_run()?;
        // In the foreground the log can be written from here on; before a fork no thread may be started.
        let mut signals = None;
        if self.options.foreground {
            signals = Some(self.begin_log()?);
        }
        let run_files = RunFiles::new(&self.options, &configuration.globals.identity);
        let (parent_file, child_files) = self.lock(&run_files)?;
        let signals = if let Some(signals) = signals {
            signals
        } else {
            daemon(false, false).map_err(failed("going into the background"))?;
            self.begin_log()?
        };
        let exit = self.supervise(signals, loaded, &run_files, &parent_file, child_files);
        parent_file.remove();
        run_files.remove_directory();
        if let Some(private_run) = private_run {
            private_run.unmount();
        }
        log_usage();
        exit
    }

    fn announce(&self) {
        tracing::info!("Starting {COMPATIBLE}");
        if let Ok(system) = uname() {
            tracing::info!("{}", cli::running_on(&system));
        }
        for line in wrapped(self.arguments) {
            tracing::info!("{line}");
        }
        if let Some(path) = env::var_os("TMPDIR").filter(|path| !is_usable(Path::new(path))) {
            tracing::warn!(
                "TMPDIR '{}' is not the absolute path of a directory: dumps are written to /tmp",
                path.display()
            );
        }
    }

    /// Reads the configuration inside the network namespace, which the configuration may name.
    fn read_configuration(&self) -> Result<Loaded, Exit> {
        if let Some(name) = &self.options.namespace {
            enter(name)?;
        }
        let request = ReadRequest {
            options: &self.options,
            purpose: Purpose::Start,
            style: Style::Plain,
        };
        let mut reading = (self.program.read)(&request);
        // Interfaces are looked up while reading, so a second reading finds those inside.
        if let (Some(name), None) = (reading.namespace(), &self.options.namespace) {
            enter(name)?;
            reading = (self.program.read)(&request);
        }
        reading.log();
        let configuration = reading.outcome.inspect_err(|exit| {
            // The process that a configuration cannot run ends the daemon with this line, which log watchers know.
            if let Some(reason) = exit.permanent() {
                let pid = std::process::id();
                tracing::info!("pid {pid} exited with permanent error {reason}. Terminating");
            }
            // Whoever starts a daemon from a shell does not look into the log first.
            if !self.options.foreground {
                say(reading.report.trim_end());
            }
        })?;
        log_main_file(&reading.files);
        for need in privileges::missing(&configuration, &privileges::effective()) {
            tracing::warn!("{} is missing: {}", need.capability, need.loss);
        }
        if matches!(configuration.globals.max_auto_priority, None | Some(0)) {
            tracing::info!("{}", scheduling::NOTICE);
        }
        Ok(Loaded {
            configuration,
            copy: reading.copy,
        })
    }

    /// Takes the names of the log and the umask from the configuration.
    fn adopt(&mut self, configuration: &Configuration) {
        let globals = &configuration.globals;
        umask(self.settings.umask_with(&globals.files));
        let names = &mut self.settings.log;
        names.namespace = self
            .options
            .namespace
            .clone()
            .or_else(|| globals.identity.net_namespace.clone());
        names.instance.clone_from(&globals.identity.instance);
        if names.namespace.is_some() || names.instance.is_some() {
            tracing::info!("Changing syslog ident to {}", names.ident(None));
        }
    }

    fn private_run(&self) -> Result<Option<PrivateRun>, Exit> {
        let name = self.settings.log.namespace.as_ref();
        let mount = |name: &String| PrivateRun::mount(name).map_err(failed("run directory of the namespace"));
        name.map(mount).transpose()
    }

    /// Blocks the signals, for this thread and those to come, and starts the threads of the log.
    fn begin_log(&mut self) -> Result<Signals, Exit> {
        let signals = Signals::new();
        self.log.begin(&self.settings.log, None);
        signals.map_err(failed("signals"))
    }

    fn lock(&self, run_files: &RunFiles) -> Result<(PidFile, Vec<(Kind, PidFile)>), Exit> {
        run_files
            .make_directory()
            .map_err(failed("directory of the pid files"))?;
        let refused = |error: PidFileError| {
            tracing::error!("{error}");
            match error {
                PidFileError::Locked(_) => {
                    tracing::info!("daemon is already running");
                    Exit::Normal
                }
                PidFileError::Io { .. } => Exit::Fatal,
            }
        };
        let parent = PidFile::lock(&run_files.parent, None).map_err(refused)?;
        let mut children = Vec::new();
        for kind in Kind::ALL {
            if enabled(&self.options, kind) && self.program.bodies.of(kind).is_some() {
                // The child of a supervisor that was killed leaves within moments.
                match PidFile::lock(run_files.child(kind), Some(ORPHAN)) {
                    Ok(file) => children.push((kind, file)),
                    Err(error) => {
                        parent.remove();
                        for (_, file) in children {
                            file.remove();
                        }
                        return Err(refused(error));
                    }
                }
            }
        }
        Ok((parent, children))
    }

    fn supervise(
        &self,
        signals: Signals,
        loaded: Loaded,
        run_files: &RunFiles,
        parent_file: &PidFile,
        pid_files: Vec<(Kind, PidFile)>,
    ) -> Result<Exit, Exit> {
        parent_file
            .write(std::process::id())
            .map_err(failed("writing the pid"))?;
        prctl::set_child_subreaper(true).map_err(failed("becoming the parent of orphans"))?;
        let origin = Origin::of_this_process(self.settings.core_limit);
        let core_pattern = self.prepare_core_dumps();
        let options = self.options.clone();
        let program = self.program;
        let plan = Plan {
            bodies: program.bodies,
            arguments: self.arguments.to_vec(),
            settings: self.settings.clone(),
            pid_files,
            run_files: run_files.clone(),
            unconfigured: self.options.subsystems.unconfigured,
            dont_respawn: self.options.dont_respawn,
            ignore_sigint: self.options.ignore_sigint,
            signals,
            origin,
            notifier: notifier(),
            control: control(&run_files.control()),
            read: Box::new(move |running| {
                let purpose = Purpose::Reload(running);
                (program.read)(&ReadRequest {
                    options: &options,
                    purpose,
                    style: Style::Plain,
                })
            }),
        };
        let supervisor = Supervisor::start(plan, &loaded.configuration, &loaded.copy);
        // The children have it; a reload reads anew.
        drop(loaded);
        let exit = supervisor
            .map(Supervisor::run)
            .map_err(failed("handing the configuration over"));
        if let Some(pattern) = core_pattern {
            pattern.restore();
        }
        exit
    }

    fn prepare_core_dumps(&self) -> Option<core_dump::Pattern> {
        if !self.options.core_dump {
            return None;
        }
        if let Err(error) = core_dump::unlimit() {
            tracing::warn!("core files: {error}");
        }
        let pattern = self.options.core_pattern.as_ref()?;
        core_dump::Pattern::set(pattern)
            .inspect_err(|error| tracing::warn!("pattern of core files: {error}"))
            .ok()
    }
}

/// Logs what could not be done, for `map_err`.
fn failed<E: Display>(what: &'static str) -> impl FnOnce(E) -> Exit {
    move |error| {
        tracing::error!("{what}: {error}");
        Exit::Fatal
    }
}

fn notifier() -> Notifier {
    Notifier::new(env::var_os(systemd::VARIABLE).as_deref()).unwrap_or_else(|error| {
        tracing::warn!("{}: {error}", systemd::VARIABLE);
        Notifier::default()
    })
}

fn control(path: &Path) -> Option<Control> {
    let warn = |error: &io::Error| {
        tracing::warn!(
            "control socket {}: {error}; `keepalived reload` will not work",
            path.display()
        );
    };
    Control::listen(path).inspect_err(warn).ok()
}

const fn enabled(options: &Options, kind: Kind) -> bool {
    match kind {
        Kind::Checker => options.subsystems.checker,
        Kind::Vrrp => options.subsystems.vrrp,
        Kind::Bfd => options.subsystems.bfd,
    }
}

fn enter(name: &str) -> Result<(), Exit> {
    namespace::enter(name).map_err(|error| {
        tracing::error!("Unable to set network namespace {name} - exiting ({error})");
        Exit::NoConfiguration
    })
}

/// Makes the names on the command line independent of the working directory, which a daemon leaves.
pub(crate) fn make_absolute(options: &mut Options) {
    // In the foreground the directory stays, and messages call the file by the name that it was given.
    let mut none = None;
    for file in [
        if options.foreground {
            &mut none
        } else {
            &mut options.config_file
        },
        &mut options.pid_file,
        &mut options.vrrp_pid_file,
        &mut options.checkers_pid_file,
        &mut options.bfd_pid_file,
    ] {
        if let Some(path) = file
            && let Ok(absolute) = path::absolute(&*path)
        {
            *path = absolute;
        }
    }
}

/// What children get of the command line and the environment.
fn settings(options: &Options, program: &Program) -> Settings {
    let temporary_directory = temporary_directory(env::var_os("TMPDIR").as_deref());
    let file = options.log_file.as_ref().map(|name| LogFile {
        path: temporary_directory.join(name.as_deref().unwrap_or(Path::new("keepalived.log"))),
        flush: options.flush_log_file,
    });
    Settings {
        log: LogSettings {
            detail: options.detail,
            syslog: (!options.no_syslog).then_some(options.facility),
            console: options.log_console && options.foreground,
            file,
            namespace: None,
            instance: None,
        },
        release_vips: options.release_vips,
        keep_vrrp: options.keep_vrrp,
        keep_ipvs: options.keep_ipvs,
        without_firewall: options.without_firewall,
        dump_configuration: options.dump_configuration,
        address_monitoring: options.address_monitoring,
        has_checker: enabled(options, Kind::Checker) && program.bodies.checker.is_some(),
        snmp: options.snmp,
        snmp_agent_socket: options.snmp_agent_socket.clone(),
        temporary_directory,
        umask: options.umask,
        core_limit: core_dump::limit().unwrap_or((0, 0)),
    }
}

/// `TMPDIR` where it is an absolute directory, otherwise `/tmp`.
fn temporary_directory(variable: Option<&OsStr>) -> PathBuf {
    let path = variable.map(Path::new).filter(|path| is_usable(path));
    path.unwrap_or(Path::new("/tmp")).to_owned()
}

fn is_usable(temporary_directory: &Path) -> bool {
    temporary_directory.is_absolute() && temporary_directory.is_dir()
}

/// `Command line: 'keepalived' '-n' …`, in as many lines as it takes.
fn wrapped(arguments: &[OsString]) -> Vec<String> {
    let mut lines = vec!["Command line:".to_owned()];
    for argument in arguments {
        let word = format!(" '{}'", argument.display());
        match lines.last_mut() {
            Some(line) if line.len() + word.len() <= WIDTH => line.push_str(&word),
            _ => lines.push(format!("{:width$}{word}", "", width = INDENT - 1)),
        }
    }
    lines
}

fn log_usage() {
    let (Ok(own), Ok(children)) = (
        getrusage(UsageWho::RUSAGE_SELF),
        getrusage(UsageWho::RUSAGE_CHILDREN),
    ) else {
        return;
    };
    let both = |time: fn(&Usage) -> TimeVal| {
        [&own, &children].map(|usage| {
            let time = time(usage);
            format!("{}.{:06}", time.tv_sec(), time.tv_usec())
        })
    };
    let ([user, user_children], [system, system_children]) =
        (both(Usage::user_time), both(Usage::system_time));
    tracing::info!(
        target: DETAIL,
        "CPU usage (self/children) user: {user}/{user_children} system: {system}/{system_children}"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_command_line_is_wrapped_under_its_first_word() {
        let short = wrapped(&["keepalived".into(), "-n".into()]);
        assert_eq!(short, ["Command line: 'keepalived' '-n'"]);
        let words: Vec<OsString> = (0..12)
            .map(|number| format!("argument-{number:03}").into())
            .collect();
        let lines = wrapped(&words);
        assert_eq!(lines.len(), 3);
        assert!(lines[1].starts_with("              'argument-"));
        assert!(lines.iter().all(|line| line.len() <= WIDTH));
    }

    #[test]
    fn a_temporary_directory_must_be_absolute_and_there() {
        for (variable, expected) in [
            (Some("/"), "/"),
            (Some("."), "/tmp"),
            (Some("/nonexistent"), "/tmp"),
            (None, "/tmp"),
        ] {
            assert_eq!(
                temporary_directory(variable.map(OsStr::new)),
                Path::new(expected),
                "{variable:?}"
            );
        }
    }
}
