//! Running scripts: track scripts, notify scripts, readers of FIFOs, the scripts of the supervisor.
//!
//! # Who starts them
//!
//! A process of its own, [`launcher`], started before the first script and shown as `keepalived_exec`. It is a small copy of
//! this program with one thread and a few pages of memory, for three reasons:
//!
//! * A fork copies the page tables of the process and turns every page of it into one that the next write has to copy. The
//!   VRRP process would pay for that with the punctuality of its adverts, a thousand times a second with a thousand track
//!   scripts. Forking without the copy (`vfork`) stops the thread that does it until the exec, and is not for every script: a
//!   child that becomes another user while it still shares the memory of root must not exist. The launcher does it for
//!   scripts that run as itself (`kernel::sys::start`).
//! * `PR_SET_PDEATHSIG` fires when the *thread* that forked ends. That of the launcher lives as long as its process, which
//!   lives as long as the daemon's: scripts die with keepalived, also when it is killed.
//! * What the VRRP process changes for itself (real-time scheduling, nice value, limits, locked memory) is not undone for each
//!   script: the launcher never had it. See [`Origin`].
//!
//! The supervisor runs its two scripts itself ([`attend`]): it has one thread, and is small.
//!
//! # What a script gets
//!
//! The parsed words, no shell; user, group and exactly the configured supplementary groups; standard input, output and error
//! on `/dev/null` and no other descriptor, but output and error of a track script in a pipe of which the launcher keeps the end for
//! the status and the log; a process group of its own, default dispositions, an empty signal mask; the
//! daemon's environment without `IFS`, `LD_PRELOAD`, `LD_LIBRARY_PATH` and the service manager's socket; `SIGTERM` when
//! keepalived ends. A file that the kernel does not take for a program is run by `sh` (`spec/runtime.md` section 7.1).
//!
//! A script that cannot be started counts as one that succeeded, as it always has: that a script is missing says nothing about
//! what it checks. The log says so with priority `alert`.

mod attend;
mod client;
mod end;
pub mod launcher;
mod messages;
mod origin;
mod outputs;
mod packets;
mod printed;
mod program;
mod spawn;

pub use attend::{Attended, attend};
pub(crate) use client::launch;
pub use client::{Ended, Launcher};
pub use end::End;
pub use messages::{JobId, Output, ScriptSignal};
pub use origin::Origin;
pub use program::Program;
