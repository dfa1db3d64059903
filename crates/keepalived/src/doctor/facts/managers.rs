//! systemd-networkd and NetworkManager, and which interfaces they manage.

use model::IfName;
use model::interface::Interfaces;
use std::fs;
use std::path::Path;

/// Directories with settings of systemd-networkd, lowest precedence first.
const DIRECTORIES: [&str; 4] = [
    "/usr/lib/systemd/networkd.conf.d",
    "/usr/local/lib/systemd/networkd.conf.d",
    "/run/systemd/networkd.conf.d",
    "/etc/systemd/networkd.conf.d",
];

/// Which program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::doctor) enum ManagerKind {
    /// systemd-networkd.
    Networkd {
        /// It leaves routes of others alone.
        keeps_routes: bool,
        /// It leaves routing rules of others alone.
        keeps_rules: bool,
    },
    /// NetworkManager.
    NetworkManager,
}

/// A program that manages interfaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::doctor) struct Manager {
    /// Which.
    pub(in crate::doctor) kind: ManagerKind,
    /// The interfaces that it manages.
    pub(in crate::doctor) interfaces: Vec<IfName>,
}

pub(super) fn gather(interfaces: &Interfaces) -> Vec<Manager> {
    let managed = |directory: &str, mark: &[&str]| -> Vec<IfName> {
        let is_managed = |index: u32| {
            fs::read_to_string(format!("{directory}/{index}"))
                .is_ok_and(|state| mark.iter().any(|mark| state.contains(mark)))
        };
        interfaces
            .0
            .iter()
            .filter(|interface| is_managed(interface.index.value()))
            .map(|interface| interface.name.clone())
            .collect()
    };
    let mut managers = Vec::new();
    if Path::new("/run/systemd/netif/links").exists() {
        managers.push(Manager {
            kind: networkd_settings(&texts()),
            interfaces: managed("/run/systemd/netif/links", &["ADMIN_STATE=configur"]),
        });
    }
    if Path::new("/run/NetworkManager/devices").exists() {
        managers.push(Manager {
            kind: ManagerKind::NetworkManager,
            interfaces: managed("/run/NetworkManager/devices", &["managed=true", "managed=full"]),
        });
    }
    managers
}

/// The settings in the order in which they override one another.
fn texts() -> Vec<String> {
    let mut files = Vec::new();
    for directory in DIRECTORIES {
        let entries = fs::read_dir(directory).into_iter().flatten().flatten();
        files.extend(
            entries
                .map(|entry| entry.path())
                .filter(|path| path.extension().is_some_and(|e| e == "conf")),
        );
    }
    files.sort_by_key(|path| path.file_name().map(ToOwned::to_owned));
    let main = fs::read_to_string("/etc/systemd/networkd.conf").ok();
    main.into_iter()
        .chain(files.iter().filter_map(|path| fs::read_to_string(path).ok()))
        .collect()
}

fn networkd_settings(texts: &[String]) -> ManagerKind {
    let setting = |name: &str| {
        let mut values = texts.iter().flat_map(|text| text.lines()).filter_map(|line| {
            let (key, value) = line.split_once('=')?;
            (key.trim() == name).then(|| value.trim().to_owned())
        });
        let last = values.next_back();
        last.is_some_and(|value| ["no", "false", "0", "off"].contains(&value.to_ascii_lowercase().as_str()))
    };
    ManagerKind::Networkd {
        keeps_routes: setting("ManageForeignRoutes"),
        keeps_rules: setting("ManageForeignRoutingPolicyRules"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_setting_counts() {
        let texts = [
            "[Network]\nManageForeignRoutes=no\nManageForeignRoutingPolicyRules = no\n".to_owned(),
            "[Network]\n#ManageForeignRoutingPolicyRules=no\nManageForeignRoutingPolicyRules=yes\n"
                .to_owned(),
        ];
        let expected = ManagerKind::Networkd {
            keeps_routes: true,
            keeps_rules: false,
        };
        assert_eq!(networkd_settings(&texts), expected);
    }

    #[test]
    fn it_manages_what_is_foreign_by_default() {
        let expected = ManagerKind::Networkd {
            keeps_routes: false,
            keeps_rules: false,
        };
        assert_eq!(networkd_settings(&[]), expected);
    }
}
