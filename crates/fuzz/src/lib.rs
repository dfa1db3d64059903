//! Fuzz targets for what reads bytes from outside. Development only.
//!
//! A target is a function that takes any bytes and panics when something is wrong: a decoder that panics itself, or
//! a property that does not hold, such as decode after encode. [`TARGETS`] names them all; the start of its corpus
//! is in `corpus/NAME`, and the tests of this crate run every target over it.
//!
//! # Running one
//!
//! `cargo xtask fuzz NAME --seconds 60` does the following, on the stable toolchain and with a C++ compiler:
//!
//! ```console
//! $ RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
//!     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
//!     -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1" \
//!   cargo build -p fuzz --features libfuzzer --profile fuzz --target x86_64-unknown-linux-gnu
//! $ target/x86_64-unknown-linux-gnu/fuzz/fuzz --target=NAME -max_total_time=60 NEW crates/fuzz/corpus/NAME
//! ```
//!
//! The flags are those of `cargo fuzz --sanitizer none`: this is safe Rust, so there is nothing for a sanitizer to
//! find. `--target` keeps them away from build scripts and macros. NEW is an empty directory outside the repository
//! for the inputs that reach new code; a crash is written to the working directory as `crash-HASH` (or to
//! `-artifact_prefix=DIRECTORY/`), and given as the only argument after `--target=NAME` it runs alone.
//!
//! # Adding one
//!
//! A function in the module of its crate, a line in [`TARGETS`], and a few small files in `corpus/NAME`. An input
//! that crashed joins the corpus with its repair.

#![expect(
    clippy::missing_panics_doc,
    reason = "a panic is how a target says that it found something"
)]

pub mod check;
pub mod config;
pub mod wire;

/// A fuzz target.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name, also that of its corpus.
    pub name: &'static str,
    /// The function. It panics if it found something.
    pub run: fn(&[u8]),
}

/// All targets, in alphabetical order.
pub const TARGETS: &[Target] = &[
    Target {
        name: "advert",
        run: wire::advert,
    },
    Target {
        name: "bfd",
        run: wire::bfd,
    },
    Target {
        name: "change",
        run: wire::change,
    },
    Target {
        name: "configuration",
        run: config::configuration,
    },
    Target {
        name: "datagram",
        run: wire::datagram,
    },
    Target {
        name: "dialogue",
        run: check::dialogue,
    },
    Target {
        name: "encode",
        run: wire::encode,
    },
    Target {
        name: "response",
        run: check::response,
    },
];

/// The target of this name.
#[must_use]
pub fn target(name: &str) -> Option<Target> {
    TARGETS.iter().find(|target| target.name == name).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    fn corpus() -> &'static Path {
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/corpus"))
    }

    #[test]
    fn every_target_passes_its_corpus() {
        for target in TARGETS {
            let mut files = 0;
            for entry in fs::read_dir(corpus().join(target.name)).expect("each target has a corpus") {
                let path = entry.expect("a readable directory").path();
                println!("{}", path.display());
                (target.run)(&fs::read(&path).expect("a readable file"));
                files += 1;
            }
            assert_ne!(files, 0, "the corpus of {} is empty", target.name);
        }
    }

    #[test]
    fn every_corpus_has_a_target() {
        for entry in fs::read_dir(corpus()).expect("a readable directory") {
            let name = entry
                .expect("a readable directory")
                .file_name()
                .into_string()
                .expect("a plain name");
            assert!(target(&name).is_some(), "corpus/{name} has no target");
        }
    }

    #[test]
    fn the_targets_are_sorted() {
        assert!(TARGETS.is_sorted_by(|a, b| a.name < b.name));
    }
}
