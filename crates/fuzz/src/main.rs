//! Runs one fuzz target under libFuzzer, named by the argument `--target=NAME`. How to: see the library.

#![no_main]

use fuzz::Target;
use libfuzzer_sys::fuzz_target;
use std::sync::OnceLock;

static TARGET: OnceLock<Target> = OnceLock::new();

// libFuzzer leaves arguments with two dashes to the program.
fn named_by_the_arguments() -> Target {
    let arguments: Vec<String> = std::env::args().collect();
    let name = arguments
        .iter()
        .find_map(|argument| argument.strip_prefix("--target="));
    let target = name.and_then(fuzz::target);
    target.unwrap_or_else(|| {
        let names: Vec<_> = fuzz::TARGETS.iter().map(|target| target.name).collect();
        eprintln!("--target=NAME is needed, with one of: {}", names.join(", "));
        std::process::exit(2)
    })
}

fuzz_target!(
    init: {
        TARGET.get_or_init(named_by_the_arguments);
    },
    |data: &[u8]| (TARGET.get().expect("libFuzzer initialises first").run)(data)
);
