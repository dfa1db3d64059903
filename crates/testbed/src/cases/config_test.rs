//! `keepalived -t`: what it prints and how it ends.

use anyhow::{Result, ensure};
use testbed::netns::Node;

use super::World;
use super::lone::{Lone, configuration};

/// One mistake of each kind; the comment is no part of the text.
const MISTAKES: &str = "global_defs {
    router_idd one
    router_id \"one
}
vrrp_instance A {
    interface nonesuch
    virtual_router_id 300
    priority abc
    advert_int
    virtual_ipaddress {
        10.0.0.999
    }
    track_script {
        nothere
    }
}
}
vrrp_instance B {
    interface eth0
    virtual_router_id 51
    virtual_ipaddress {
        10.0.0.200
    }
";

/// Their lines: unknown keyword, open quote, absent interface, out of range, not a number, missing parameter, bad address,
/// undefined script, extra brace, missing brace.
const LINES: [usize; 10] = [2, 3, 6, 7, 8, 9, 11, 14, 17, 18];

/// How `-t` ended, and what it printed.
fn config_test(world: &World, node: &Node, text: &str) -> Result<(Option<i32>, String)> {
    let path = node.write("tested.conf", text)?;
    let mut command = world.ours.command();
    command.arg("-t").arg("-f").arg(path);
    let output = node.output(command)?;
    Ok((
        output.status.code(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    ))
}

/// Ten mistakes are ten reports in one run, each with its line, none of them twice.
pub(super) fn ten_mistakes(world: &World) -> Result<()> {
    let lone = Lone::new()?;
    let (code, text) = config_test(world, &lone.router, MISTAKES)?;
    ensure!(code.is_some_and(|code| code != 0), "-t ended with {code:?}");
    // Places are printed as ` --> FILE:LINE:COLUMN`; notes are no mistakes.
    let mut reported = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.starts_with("error") || line.starts_with("warning") {
            let place = lines.next().and_then(|place| place.rsplit(':').nth(1));
            reported.extend(place.and_then(|number| number.parse::<usize>().ok()));
        }
    }
    reported.sort_unstable();
    ensure!(
        reported == LINES,
        "mistakes were reported in lines {reported:?} instead of {LINES:?}:\n{text}"
    );
    Ok(())
}

/// The exit codes that other programs rely on.
pub(super) fn exit_codes(world: &World) -> Result<()> {
    let lone = Lone::new()?;
    let good = configuration("");
    let cases = [
        ("a good file", good.clone(), 0),
        ("an unknown keyword", good.replace("version", "verzion"), 5),
        (
            "an absent interface",
            good.replace("interface eth0", "interface nonesuch"),
            5,
        ),
        (
            "no virtual router identifier",
            good.replace("virtual_router_id 51", ""),
            5,
        ),
        (
            "a keyword without its parameter",
            good.replace("priority 100", "priority"),
            2,
        ),
        (
            "a missing brace",
            good.trim_end().trim_end_matches('}').to_owned(),
            5,
        ),
    ];
    for (what, text, expected) in cases {
        let (code, printed) = config_test(world, &lone.router, &text)?;
        ensure!(
            code == Some(expected),
            "{what}: -t ended with {code:?} instead of {expected}:\n{printed}"
        );
    }
    Ok(())
}
