//! What is built on top of the laboratories; `cargo xtask` builds the daemon and starts this program.

mod bench;
mod cases;
mod demo;
mod pipes;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use testbed::daemon::Implementation;
use testbed::peer::Peers;

/// Laboratories for keepalived: everything happens in namespaces of this program's own.
#[derive(Debug, Parser)]
#[command(disable_help_subcommand = true)]
struct Command {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Shows the failover of a virtual address as it happens.
    Demo {
        #[command(flatten)]
        programs: Programs,
        /// Let Debian's keepalived be the second router.
        #[arg(long)]
        peer: bool,
        /// Write the crash as a picture.
        #[arg(long, value_name = "FILE")]
        svg: Option<PathBuf>,
    },
    /// Runs cases in network namespaces: real processes, ours and the peers'.
    Cases {
        #[command(flatten)]
        programs: Programs,
        #[command(flatten)]
        arguments: cases::Arguments,
    },
    /// Measures our keepalived beside Debian's.
    Bench {
        #[command(flatten)]
        programs: Programs,
        #[command(flatten)]
        arguments: bench::Arguments,
    },
    /// Fetches Debian's keepalived, FRR and nginx, without installing them.
    Peers {
        #[command(flatten)]
        programs: Programs,
    },
}

/// The programs under test and those beside it.
#[derive(Args, Debug)]
struct Programs {
    /// Our keepalived; Debian's plays its part when absent.
    #[arg(long, value_name = "PATH", overrides_with = "ours")]
    ours: Option<PathBuf>,
    /// Where the packages of the peers are fetched to.
    #[arg(long, value_name = "DIRECTORY", default_value = "target/peers")]
    peers: PathBuf,
    /// Our Debian package.
    #[arg(long, value_name = "PATH")]
    package: Option<PathBuf>,
    /// A kernel for guests that has what Debian's lacks.
    #[arg(long, value_name = "PATH")]
    guest_kernel: Option<PathBuf>,
}

impl Programs {
    fn ours(&self) -> Result<Implementation> {
        match &self.ours {
            Some(path) => Implementation::new("ours", path.clone(), Vec::new()),
            None => self.peers()?.keepalived(),
        }
    }

    /// Whether ours is really ours.
    const fn has_ours(&self) -> bool {
        self.ours.is_some()
    }

    /// Needs the network, so it has to come before the namespaces.
    fn peers(&self) -> Result<Peers> {
        Peers::fetch(&self.peers, &mut |doing| say(doing))
    }
}

/// Tells the reader what the program is doing.
fn say(line: &str) {
    println!("{line}");
}

fn main() -> ExitCode {
    testbed::uml::enter_if_guest();
    let outcome = match Command::parse().what {
        What::Demo { programs, peer, svg } => demo::run(&programs, peer, svg.as_deref()).map(|()| true),
        What::Cases { programs, arguments } => cases::run(&programs, &arguments),
        What::Bench { programs, arguments } => bench::run(&programs, &arguments),
        What::Peers { programs } => programs.peers().map(|_| true),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
