//! `keepalived(8)`.

use clap::Arg;
use keepalived::cli;
use keepalived::signals::SignalNumber;

use crate::options::{Shape, Shown, shown};
use crate::roff::{Page, Tag};

/// Exit statuses, of the daemon and of `--config-test`.
const STATUSES: &[(&str, &str)] = &[
    (
        "0",
        "Stopped as asked; another daemon is running already; nothing to report under `--config-test`.",
    ),
    (
        "1",
        "A mistake on the command line, or a process that cannot run at all.",
    ),
    (
        "2",
        "A configuration that cannot run; a keyword without a parameter that it needs.",
    ),
    (
        "4",
        "A right is missing. Under `--config-test`: an interface or a file is missing, and nothing worse was found.",
    ),
    ("5", "Only under `--config-test`: something was reported."),
    (
        "6",
        "No configuration file, or a namespace that cannot be entered. Under `--config-test` also: a script or a \
         secret that others can change or read.",
    ),
    ("70", "A mistake of the program."),
];

/// Files and sockets.
const FILES: &[(&str, &str)] = &[
    ("/etc/keepalived/keepalived.conf", "The configuration."),
    (
        "/etc/keepalived/keepalived.conf.sample",
        "One to begin with. The service starts when there is a configuration.",
    ),
    (
        "/etc/default/keepalived",
        "Options of the service (`DAEMON_ARGS`) on Debian and its kin.",
    ),
    (
        "/etc/sysconfig/keepalived",
        "Options of the service (`KEEPALIVED_OPTIONS`) on RPM systems.",
    ),
    ("/run/keepalived.pid", "Process number of the parent."),
    ("/run/vrrp.pid", "Process number of the VRRP process."),
    ("/run/checkers.pid", "Process number of the checker process."),
    (
        "/run/keepalived.sock",
        "Where `keepalived reload` speaks to the daemon; for root only.",
    ),
];

/// The page.
pub(super) fn page() -> String {
    let mut page = Page::new("keepalived", 8, "high availability and load balancing for Linux");
    page.section("SYNOPSIS");
    page.paragraph("`keepalived` [OPTION...]");
    page.paragraph("`keepalived` COMMAND [OPTION...]");
    page.section("DESCRIPTION");
    page.paragraph(
        "`keepalived` moves virtual addresses between routers by the Virtual Router Redundancy Protocol (VRRP, RFC 9568 \
         and RFC 3768): one of them is master and has the addresses; when its adverts cease, another one takes over \
         and announces the addresses.",
    );
    page.paragraph(
        "It is a drop-in replacement of the C program of the same name, version 2.4.3. The configuration is described \
         in `keepalived.conf`(5). A keyword that is accepted and does nothing yet is marked there, and the daemon \
         says so at start.",
    );
    page.section("OPTIONS");
    page.paragraph("Long options may be shortened as far as they stay unambiguous.");
    for option in shown() {
        page.tagged(&tag(option), &format!("{}.", option.help));
    }
    page.section("COMMANDS");
    page.paragraph("A command is the first word of the line.");
    commands(&mut page);
    page.section("SIGNALS");
    page.paragraph("To the parent, whose number is in the pid file:");
    for (name, number) in SignalNumber::FUNCTIONS {
        page.tagged(&Tag::default().literal(name), &format!("Signal {}.", number.0));
    }
    page.paragraph(
        "`RELOAD` reads the configuration again. A configuration that could not run, or would drop what runs, is refused \
         and named in the log; the one in force stays.",
    );
    page.section("EXIT STATUS");
    for (status, meaning) in STATUSES {
        page.tagged(&Tag::default().literal(status), meaning);
    }
    page.section("FILES");
    for (file, what) in FILES {
        page.tagged(&Tag::default().literal(file), what);
    }
    page.section("SEE ALSO");
    page.paragraph("`genhash`(1), `keepalived.conf`(5), `systemctl`(1), `ip`(8), `ipvsadm`(8)");
    page.finish()
}

fn tag(option: Shown) -> Tag {
    let mut tag = Tag::default();
    if let Some(letter) = option.short {
        tag = tag.literal(&format!("-{letter}")).plain(", ");
    }
    tag = tag.literal(&format!("--{}", option.long));
    match option.argument {
        Shape::Nothing => tag,
        Shape::Required(name) => tag.plain("=").variable(name),
        Shape::Optional(name) => tag.plain("[=").variable(name).plain("]"),
    }
}

fn commands(page: &mut Page) {
    let line = cli::subcommands();
    for command in line.get_subcommands() {
        let mut heading = Tag::default().literal(command.get_name());
        for argument in command.get_positionals() {
            heading = heading.plain(" [").variable(&value_name(argument)).plain("]");
        }
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        page.tagged(&heading, &format!("{about}."));
        for argument in command.get_arguments().filter(|argument| is_option(argument)) {
            let letter = argument
                .get_short()
                .map_or_else(String::new, |c| format!("`-{c}`, "));
            let long = argument.get_long().unwrap_or_default();
            let value = if argument.get_action().takes_values() {
                format!(" {}", value_name(argument))
            } else {
                String::new()
            };
            let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
            page.below(&format!("{letter}`--{long}`{value}: {help}."));
        }
    }
}

/// Whether an argument of a command is an option of its own.
pub(crate) fn is_option(argument: &Arg) -> bool {
    argument.get_long().is_some() && !matches!(argument.get_id().as_str(), "help" | "version")
}

fn value_name(argument: &Arg) -> String {
    let name = argument.get_value_names().and_then(|names| names.first());
    name.map_or_else(|| argument.get_id().as_str().to_uppercase(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_and_command_is_on_the_page() {
        let page = page();
        for option in shown() {
            let long = option.long.replace('-', "\\-");
            assert!(page.contains(&format!("\\fB\\-\\-{long}\\fR")), "{long}");
        }
        for command in cli::subcommands().get_subcommands() {
            assert!(page.contains(&format!("\\fB{}\\fR", command.get_name())));
        }
    }
}
