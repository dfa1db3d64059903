//! `-t`: read the configuration, report, touch nothing.

use crate::cli::Options;
use crate::daemon::{self, Program};
use crate::exit::Exit;
use crate::messages::{self, MessageFormat};
use crate::namespace::{self, NamespaceError};
use crate::reading::{Purpose, ReadRequest};
use crate::say;
use config::diagnostics::{Class, Code, Diagnostic, Style};
use config::source::Sources;
use nix::libc::O_NOFOLLOW;
use nix::sys::stat::{Mode, umask};
use std::fs::OpenOptions;
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Permission bits that a new report file does not get by default.
const UMASK: u32 = 0o177;

/// Tests the configuration and reports to standard error, or appends to a file.
pub(crate) fn run(program: Program, mut options: Options, file: Option<&Path>) -> Exit {
    daemon::make_absolute(&mut options);
    umask(Mode::from_bits_truncate(options.umask.unwrap_or(UMASK)));
    let format = options.message_format;
    let mut output: Box<dyn Write> = match file {
        // What is read by a program has nothing else between.
        None if format == MessageFormat::Json => Box::new(io::stdout()),
        None => Box::new(io::stderr()),
        Some(path) => {
            let opened = OpenOptions::new()
                .append(true)
                .create(true)
                .mode(0o644)
                .custom_flags(O_NOFOLLOW)
                .open(path);
            match opened {
                Ok(opened) => Box::new(opened),
                Err(error) => {
                    say(&format!(
                        "Unable to open config-test log file {}: {error}",
                        path.display()
                    ));
                    return Exit::Fatal;
                }
            }
        }
    };
    let style = if file.is_none() && io::stderr().is_terminal() {
        Style::Coloured
    } else {
        Style::Plain
    };
    let (report, exit) = test(program, &options, style);
    let written = output.write_all(report.as_bytes()).and_then(|()| output.flush());
    if let (Err(error), Some(path)) = (written, file) {
        say(&format!(
            "Unable to write config-test log file {}: {error}",
            path.display()
        ));
        return Exit::Fatal;
    }
    // A wrong facility is among the mistakes of the configuration.
    let is_less = matches!(exit.code(), 0 | 4);
    if options.has_bad_value && is_less {
        Exit::Reported
    } else {
        exit
    }
}

/// The report and the status. The configuration is read a second time if it names a namespace: its interfaces are those
/// inside.
fn test(program: Program, options: &Options, style: Style) -> (String, Exit) {
    let unusable = |name: &str, error: NamespaceError| {
        let message = format!("Unable to set network namespace {name} - exiting ({error})");
        let text = match options.message_format {
            MessageFormat::Human => format!("{message}\n"),
            MessageFormat::Json => {
                let diagnostic = Diagnostic::error(Code::NAMESPACE, Class::Fatal, message);
                messages::line(&diagnostic, &Sources::default())
            }
        };
        (text, Exit::NoConfiguration)
    };
    if let Some(name) = &options.namespace
        && let Err(error) = namespace::enter(name)
    {
        return unusable(name, error);
    }
    let request = ReadRequest {
        options,
        purpose: Purpose::Test,
        style,
    };
    let mut reading = (program.read)(&request);
    if options.namespace.is_none()
        && let Some(name) = reading.namespace()
    {
        if let Err(error) = namespace::enter(name) {
            return unusable(name, error);
        }
        reading = (program.read)(&request);
    }
    let text = match options.message_format {
        MessageFormat::Human => reading.report,
        MessageFormat::Json => reading.messages,
    };
    (text, reading.test)
}
