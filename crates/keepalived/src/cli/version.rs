//! What `-v` prints.

use nix::sys::utsname::{UtsName, uname};
use std::fmt::Write;

/// The version whose behaviour this program has, with its date. Other programs compare it, so it comes first.
pub const COMPATIBLE: &str = "Keepalived v2.4.3 (08/13,2026)";

/// Features by the names that other programs look for. The exporters want `--enable-json`.
const CONFIGURE_OPTIONS: &str = if cfg!(feature = "regex") {
    "--enable-json --enable-log-file --enable-regex --with-init=systemd"
} else {
    "--enable-json --enable-log-file --with-init=systemd"
};

/// The same by the names of the original's second list, in its order; not all of them are in every build.
const CONFIG_OPTIONS: [(&str, bool); 15] = [
    ("NFTABLES", cfg!(feature = "nftables")),
    ("LVS", true),
    ("REGEX", cfg!(feature = "regex")),
    ("VRRP", true),
    ("VRRP_AUTH", true),
    ("VRRP_VMAC", true),
    ("VRRP_IPVLAN", true),
    ("JSON", true),
    ("OLD_CHKSUM_COMPAT", true),
    ("TRACK_PROCESS", true),
    ("INIT=systemd", true),
    ("SYSTEMD_NOTIFY", true),
    ("LOG_FILE", true),
    ("VRF", true),
    ("SO_MARK", true),
];

/// What of Linux is used without which it would not run.
const SYSTEM_OPTIONS: &str = "MEMFD_CREATE OFD_LOCKS SIGNALFD";

/// Version, machine and features, as `-v` prints them on standard error. `os_release` is the content of
/// `/etc/os-release`, empty where there is none.
#[must_use]
pub fn version(os_release: &str) -> String {
    let mut text = format!(
        "{COMPATIBLE}\nRust implementation, version {}\n\nLicence: MIT or Apache-2.0\n\n",
        env!("CARGO_PKG_VERSION")
    );
    // Writing into a string cannot fail.
    let _ = writeln!(
        text,
        "Built for {} {}",
        std::env::consts::OS,
        std::env::consts::ARCH
    );
    if let Ok(system) = uname() {
        let _ = writeln!(text, "{}", running_on(&system));
    }
    if let Some(name) = pretty_name(os_release) {
        let _ = writeln!(text, "Distro: {name}");
    }
    let config_options: Vec<_> = CONFIG_OPTIONS
        .iter()
        .filter_map(|(name, is_here)| is_here.then_some(*name))
        .collect();
    let _ = write!(
        text,
        "\nconfigure options: {CONFIGURE_OPTIONS}\n\nConfig options:  {}\n\nSystem options:  {SYSTEM_OPTIONS}\n",
        config_options.join(" ")
    );
    text
}

/// `Running on Linux 6.1.0 #1 SMP`.
pub(crate) fn running_on(system: &UtsName) -> String {
    format!(
        "Running on {} {} {}",
        system.sysname().display(),
        system.release().display(),
        system.version().display()
    )
}

fn pretty_name(os_release: &str) -> Option<&str> {
    let value = os_release
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    Some(value.trim_matches(['"', '\'']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_that_other_programs_read() {
        let text = version("NAME=x\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n");
        let lines: Vec<_> = text.lines().collect();
        // evrardjp's role and the exporters: second word of the first line without its v.
        assert!(lines[0].starts_with("Keepalived v2.4.3 ("));
        assert!(lines[1].contains(env!("CARGO_PKG_VERSION")));
        assert!(lines.contains(&"Distro: Debian GNU/Linux 12 (bookworm)"));
        let configure = lines
            .iter()
            .find(|line| line.starts_with("configure options: "))
            .unwrap();
        assert!(configure.contains("--enable-json"));
        let config = lines
            .iter()
            .find_map(|line| line.strip_prefix("Config options: "));
        let config: Vec<_> = config.unwrap().split_whitespace().collect();
        assert!(config.contains(&"LVS") && config.contains(&"VRRP"), "{config:?}");
        assert_eq!(config.contains(&"REGEX"), cfg!(feature = "regex"));
        assert!(lines.iter().any(|line| line.starts_with("System options: ")));
        assert!(!version("").contains("Distro"));
    }
}
