//! Development commands, started as `cargo xtask COMMAND`.
//!
//! This program only builds, starts and counts; what it starts lives in the crate `testbed`.

mod arrows;
mod book;
mod dist;
mod guest_kernel;
mod licences;
mod packages;
mod suite;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};

use workspace::{Profile, Workspace};

/// Development commands of keepalived.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask", disable_help_subcommand = true)]
struct Command {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Shows the failover of a virtual address between two routers, as it happens.
    ///
    /// Two routers and a client live in network namespaces inside one user namespace, so no root is needed and nothing on
    /// this machine changes. Takes about 20 seconds after the build.
    Demo {
        /// Let Debian's keepalived (fetched, not installed) be the second router.
        #[arg(long)]
        peer: bool,
        /// Write the crash, as it was seen, as a picture.
        #[arg(long, value_name = "FILE")]
        svg: Option<PathBuf>,
    },
    /// Runs the whole test suite and prints one summary line.
    ///
    /// Format, lints, crate dependencies, licences, unit and property tests, cluster simulation, tests in network
    /// namespaces and in a guest, interoperation with Debian's keepalived and FRR, and a short fuzzing of everything that
    /// reads foreign bytes. Installs the Debian packages that these need, if they are missing, and says so. Without root
    /// everything runs but what the summary names.
    Test {
        /// Everything, also what takes long.
        #[arg(long)]
        full: bool,
    },
    /// Runs cases in network namespaces and guests: real processes, ours and the peers'.
    ///
    /// The arguments go to the program `testbed cases`: parts of case names, `--list`, `--jobs N`, `--verbose`.
    #[command(disable_help_flag = true)]
    Netns {
        /// Passed on.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Measures our keepalived beside Debian's in the same run and prints both, their ratio and the verdict.
    ///
    /// The arguments go to the program `testbed bench`: names of benchmarks, `--quick`, `--full`, `--ours PATH`,
    /// `--peer PATH`, `--list`.
    #[command(disable_help_flag = true)]
    Bench {
        /// Passed on.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Builds a kernel for guests that can more than Debian's User-Mode-Linux, from Debian's source of Linux.
    ///
    /// For the cases of ipvlan and the benchmark of `track_process`; `cargo xtask test --full` builds it too. Takes some
    /// minutes, and the Debian packages that it needs are installed if they are missing. Prints where the kernel is.
    GuestKernel,
    /// Fuzzes one target of the crate `fuzz`, or all of them.
    Fuzz {
        /// The target; all when absent.
        target: Option<String>,
        /// How long, for each target.
        #[arg(long, default_value_t = 60)]
        seconds: u32,
    },
    /// Makes a Debian and an RPM package in `target/dist/`.
    ///
    /// The program is built for release. Installs the Debian packages that this needs (rpm, for one), if they are missing,
    /// and says so. DEBFULLNAME and DEBEMAIL name who answers for the package, `SOURCE_DATE_EPOCH` the date of its files;
    /// without it that is the date of the last commit, so that the same commit gives the same packages.
    Dist {
        /// Takes the build that the tests use, which takes less time than one for release.
        #[arg(long)]
        dev: bool,
        /// Looks at the packages as the tests do.
        #[arg(long)]
        check: bool,
    },
    /// Writes the reference chapters of `docs/` from the tables of the program, and builds the site into `target/book`.
    ///
    /// mdBook, which builds the site, is built first if it is missing.
    Docs {
        /// Writes the chapters only.
        #[arg(long)]
        reference: bool,
    },
    /// Builds the program for release and installs it with what belongs to it: manual pages, unit, sample, completions.
    Install {
        /// What the paths begin with.
        #[arg(long, value_name = "DIRECTORY", default_value = "/usr/local")]
        prefix: PathBuf,
        /// Put before all paths, for those who make packages of the result.
        #[arg(long, value_name = "DIRECTORY", default_value = "/")]
        destdir: PathBuf,
        /// Features to build with; docs/install.md has the table.
        #[arg(long, value_name = "FEATURE", value_delimiter = ',')]
        features: Vec<String>,
    },
    /// Removes what `cargo xtask install` has put below a prefix; configuration and options of the service stay.
    Uninstall {
        /// As it was given to the installation.
        #[arg(long, value_name = "DIRECTORY", default_value = "/usr/local")]
        prefix: PathBuf,
        /// As it was given to the installation.
        #[arg(long, value_name = "DIRECTORY", default_value = "/")]
        destdir: PathBuf,
    },
}

fn main() -> ExitCode {
    match run(Command::parse().what) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Prints complaints; success when there are none.
fn verdict(complaints: &[String]) -> ExitCode {
    for complaint in complaints {
        println!("{complaint}");
    }
    if complaints.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn run(what: What) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    match what {
        What::Demo { peer, svg } => {
            packages::ensure(packages::LABORATORY)?;
            let mut arguments = vec!["demo".to_owned()];
            arguments.extend(peer.then(|| "--peer".to_owned()));
            if let Some(path) = svg {
                let path =
                    std::path::absolute(&path).with_context(|| format!("finding {}", path.display()))?;
                arguments.extend(["--svg".to_owned(), path.display().to_string()]);
            }
            workspace.testbed(Profile::Dev, &arguments)
        }
        What::Test { full } => suite::run(
            &workspace,
            if full {
                suite::Extent::Full
            } else {
                suite::Extent::Short
            },
        ),
        What::Netns { arguments } => {
            packages::ensure(packages::LABORATORY)?;
            packages::ensure(packages::GUESTS)?;
            workspace.testbed(Profile::Dev, &[vec!["cases".to_owned()], arguments].concat())
        }
        What::Bench { arguments } => {
            packages::ensure(packages::LABORATORY)?;
            packages::ensure(packages::GUESTS)?;
            packages::ensure(packages::BENCHMARKS)?;
            workspace.testbed(Profile::Release, &[vec!["bench".to_owned()], arguments].concat())
        }
        What::GuestKernel => {
            println!("{}", guest_kernel::ensure_built(&workspace)?.display());
            Ok(ExitCode::SUCCESS)
        }
        What::Fuzz { target, seconds } => suite::fuzz(&workspace, target.as_deref(), seconds),
        What::Dist { dev, check } => {
            let profile = if dev { Profile::Dev } else { Profile::Release };
            let made = dist::packages(&workspace, profile)?;
            println!("{}\n{}", made.deb.display(), made.rpm.display());
            let complaints = if check {
                packages::ensure(packages::PACKAGE_CHECKS)?;
                dist::check(&made, &workspace)?
            } else {
                Vec::new()
            };
            Ok(verdict(&complaints))
        }
        What::Docs { reference } => {
            book::write_reference(&workspace)?;
            let complaints = if reference {
                Vec::new()
            } else {
                book::build_site(&workspace)?
            };
            Ok(verdict(&complaints))
        }
        What::Install {
            prefix,
            destdir,
            features,
        } => {
            let install = dist::Install {
                prefix,
                destdir,
                features,
                profile: Profile::Release,
            };
            dist::install(&workspace, &install)?;
            Ok(ExitCode::SUCCESS)
        }
        What::Uninstall { prefix, destdir } => {
            dist::uninstall(&prefix, &destdir)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}
