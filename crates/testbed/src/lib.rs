//! Development only: laboratories in which daemons meet.
//!
//! * [`isolate`] puts the running program into namespaces of its own, so that nothing it does reaches the host.
//! * [`netns`] builds a [`Lab`](netns::Lab) in there: nodes (network namespaces with a private `/run`), segments (bridges)
//!   and cables (veth pairs).
//! * [`process`] starts programs in a node and turns their output into events with time stamps.
//! * [`capture`] is the sniffer of a node; it understands what VRRP routers send.
//! * [`peer`] fetches foreign implementations (Debian's keepalived, FRR) below `target/`, without installing them.
//! * [`system`] is a Debian system in a node, for packages to be installed in.
//! * [`uml`] boots a kernel of its own, for what the host's kernel lacks.
//! * [`cluster`] needs none of that: it runs the core alone, on a virtual network in virtual time. The binary `simulate`
//!   starts it.
//! * [`daemon`] runs one keepalived, ours or Debian's, with a configuration text.
//!
//! The binary `testbed` of this crate holds what is built on top: the demonstration, the cases in namespaces, the
//! benchmarks. `cargo xtask` starts it.
//!
//! Errors are [`anyhow::Error`]: nobody handles them, a developer reads them.

pub mod capture;
pub mod clock;
pub mod cluster;
pub mod daemon;
pub mod isolate;
pub mod netns;
pub mod peer;
pub mod ping;
pub mod process;
pub mod system;
pub mod uml;
