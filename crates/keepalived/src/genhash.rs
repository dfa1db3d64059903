//! `genhash`: prints the digest that an `HTTP_GET` or `SSL_GET` checker would compute (`spec/ipvs.md` section 8).
//!
//! It is a tool for the writer of a configuration, not a part of the daemon: one connection, one request, and the MD5 digest
//! of the body on standard output, to be written behind `digest`. It sends what the checker sends and reads as the checker
//! reads, because it does both with the checker's own code ([`check::dialogue`]); only the status of the response
//! does not matter here. Of a response it keeps the header, never the body.

mod dump;
mod fetch;
mod options;
#[cfg(test)]
mod tests;

pub use options::{Act, Draft, OPTIONS, OptionSpec};

use crate::clock;
use crate::exit::Exit;
use check::event::http_reason;
use check::failure::{Failure, Wait};
use dump::Dump;
use options::Parsed;
use std::ffi::OsString;
use std::io::{self, Write};

/// The whole tool, from the words behind its name to its exit status.
///
/// `program` is what stands before the options in the usage: `genhash`, or `keepalived --genhash`. The exit status is 0 also
/// where there is no digest; a mistake on the command line ends with 1.
pub(crate) fn run(
    program: &str,
    words: impl IntoIterator<Item = OsString>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Exit {
    let job = match options::parse(words) {
        Parsed::Job(job) => job,
        Parsed::Help => {
            let _ = err.write_all(options::usage(program).as_bytes());
            return Exit::Fatal;
        }
        Parsed::Mistake(mistake) => {
            let _ = write!(err, "{mistake}\n\n{}", options::usage(program));
            return Exit::Fatal;
        }
    };
    // Nobody may be reading any more; there is nothing else to tell it to.
    let _ = print(&job, out, err);
    Exit::Normal
}

fn print(job: &options::Job, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<()> {
    let begin = clock::monotonic();
    let url = job.url();
    let mut dump = Dump::default();
    let fetched = fetch::fetch(&job.check, url, &mut |response, body| {
        if job.is_verbose {
            dump.take(out, response, body)
        } else {
            Ok(())
        }
    });
    let response = match fetched {
        Ok(response) => response,
        Err(fetch::Error::Server(failure)) => return complain(&failure, job, out, err),
        Err(fetch::Error::Local { call, error }) => {
            writeln!(err, "{call}: {error}")?;
            return writeln!(out, "Error connecting");
        }
        Err(fetch::Error::Output(error)) => return Err(error),
    };
    let digest = response
        .digest()
        .expect("a digest is asked for, and there is one from the start");
    if !job.is_verbose {
        return writeln!(out, "{digest}");
    }
    dump::digest(out, &digest)?;
    let elapsed = clock::monotonic().since(begin);
    writeln!(
        out,
        "\nGlobal response time for [{}] = {} usecs",
        url.path, elapsed.0
    )
}

/// Says why there is no digest: on standard output what is known of the connection, on standard error that nothing usable came.
fn complain(
    failure: &Failure,
    job: &options::Job,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<()> {
    match failure {
        Failure::NoHeader
        | Failure::HeaderTooLong(_)
        | Failure::Receive(_)
        | Failure::Closed(Wait::FirstByte | Wait::Rest) => {
            writeln!(err, "no data received from remote webserver")
        }
        Failure::BodyTooLong(_) => writeln!(err, "{failure}"),
        failure => writeln!(out, "{}", http_reason(failure, job.check.tls.is_some())),
    }
}
