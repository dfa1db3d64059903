//! `keepalived doctor`: what on this machine, on its links and in the configuration keeps keepalived from working.
//!
//! It changes nothing. [`facts`] gathers what the machine says, [`listen`] what is on the wire; each module of
//! [`checks`] is a pure function from the configuration and these facts to [`Finding`]s. A finding has a verdict, a reason
//! and, unless all is well, the way out.

mod checks;
mod facts;
mod finding;
mod firewall;
mod listen;
mod report;

use crate::cli::{Doctor, Options};
use crate::daemon::Program;
use crate::exit::Exit;
use crate::namespace;
use crate::reading::{Purpose, ReadRequest, Reading};
use crate::say;
use config::diagnostics::Style;
use facts::Facts;
use finding::{Finding, Verdict};
use listen::Heard;
use model::{Configuration, Micros};
use std::io::{self, Write};

/// Shortest and longest time to listen when none is asked for.
const LISTEN: (Micros, Micros) = (Micros(3_000_000), Micros(12_000_000));

/// Examines and reports: status 0 if nothing is a problem, 1 otherwise.
pub(crate) fn run(program: &Program, arguments: &Doctor) -> Exit {
    let mut options = Options {
        config_file: arguments.use_file.clone(),
        namespace: arguments.namespace.clone(),
        ..Options::default()
    };
    crate::daemon::make_absolute(&mut options);
    let mut findings = Vec::new();
    let reading = match read(program, &options) {
        Ok(reading) => reading,
        Err(error) => {
            say(&format!("keepalived doctor: {error}"));
            return Exit::Fatal;
        }
    };
    findings.extend(checks::configuration(&reading));
    let nothing = Configuration::default();
    let configuration = reading.outcome.as_ref().unwrap_or(&nothing);
    let facts = Facts::gather(configuration, arguments.pid.as_deref());
    let time = arguments.listen.map_or_else(
        || time_to_listen(configuration),
        |seconds| Micros(u64::from(seconds) * 1_000_000),
    );
    let heard = match listen::listen(configuration, &facts.interfaces, time) {
        Ok(heard) => heard,
        Err(error) => {
            findings.push(Finding::unknown(
                "wire",
                "",
                format!("nothing can be heard: {error}"),
                "run it as root, or with CAP_NET_RAW",
            ));
            Heard::default()
        }
    };
    findings.extend(checks::all(configuration, &facts, &heard));
    let text = if arguments.json {
        report::json(&findings)
    } else {
        report::text(&findings)
    };
    // A reader that has seen enough closes the pipe.
    let _ = io::stdout().write_all(text.as_bytes());
    match report::worst(&findings) {
        Verdict::Problem => Exit::Fatal,
        Verdict::Good | Verdict::Note | Verdict::Unknown => Exit::Normal,
    }
}

/// Reads the configuration; a second time where it names a namespace: its interfaces are those inside.
fn read(program: &Program, options: &Options) -> Result<Reading, namespace::NamespaceError> {
    if let Some(name) = &options.namespace {
        namespace::enter(name)?;
    }
    let request = ReadRequest {
        options,
        purpose: Purpose::Test,
        style: Style::Plain,
    };
    let reading = (program.read)(&request);
    match reading.namespace() {
        Some(name) if options.namespace.is_none() => {
            namespace::enter(name)?;
            Ok((program.read)(&request))
        }
        _ => Ok(reading),
    }
}

/// Three adverts of the slowest instance, within bounds.
fn time_to_listen(configuration: &Configuration) -> Micros {
    let slowest = configuration
        .vrrp
        .instances
        .iter()
        .map(|instance| instance.advert_int.0)
        .max()
        .unwrap_or_default();
    Micros((slowest * 3 + 500_000).clamp(LISTEN.0.0, LISTEN.1.0))
}
