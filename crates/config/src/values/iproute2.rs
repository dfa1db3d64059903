//! Names of iproute2: tables, protocols, scopes, realms, fields, link groups (`spec/config-language.md` section 8.3).

use super::number::based_u64;
use crate::Files;
use std::cell::OnceCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// A list of names that iproute2 keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Names {
    /// `rt_tables`.
    Tables,
    /// `rt_protos`.
    Protocols,
    /// `rt_scopes`.
    Scopes,
    /// `rt_realms`.
    Realms,
    /// `rt_dsfield`.
    DsField,
    /// `group`.
    Groups,
}

impl Names {
    const COUNT: usize = 6;

    const fn file(self) -> &'static str {
        match self {
            Self::Tables => "rt_tables",
            Self::Protocols => "rt_protos",
            Self::Scopes => "rt_scopes",
            Self::Realms => "rt_realms",
            Self::DsField => "rt_dsfield",
            Self::Groups => "group",
        }
    }

    /// Names that hold without any file.
    const fn built_in(self) -> &'static [(&'static str, u32)] {
        match self {
            Self::Tables => &[("unspec", 0), ("default", 253), ("main", 254), ("local", 255)],
            Self::Protocols => &[
                ("unspec", 0),
                ("redirect", 1),
                ("kernel", 2),
                ("boot", 3),
                ("static", 4),
                ("gated", 8),
                ("ra", 9),
                ("mrt", 10),
                ("zebra", 11),
                ("bird", 12),
                ("dnrouted", 13),
                ("xorp", 14),
                ("ntk", 15),
                ("dhcp", 16),
                ("keepalived", 18),
                ("babel", 42),
                ("bgp", 186),
                ("isis", 187),
                ("ospf", 188),
                ("rip", 189),
                ("eigrp", 192),
            ],
            Self::Scopes => &[
                ("global", 0),
                ("site", 200),
                ("link", 253),
                ("host", 254),
                ("nowhere", 255),
            ],
            Self::Realms => &[("unknown", 0)],
            Self::DsField | Self::Groups => &[("default", 0)],
        }
    }
}

/// The lists, each read when the first name of it is looked up.
pub(crate) struct Iproute2<'e> {
    files: &'e dyn Files,
    usr: PathBuf,
    etc: PathBuf,
    lists: [OnceCell<HashMap<String, u32>>; Names::COUNT],
}

impl<'e> Iproute2<'e> {
    pub(crate) const USR: &'static str = "/usr/share/iproute2";
    pub(crate) const ETC: &'static str = "/etc/iproute2";

    pub(crate) fn new(files: &'e dyn Files) -> Self {
        Self {
            files,
            usr: Self::USR.into(),
            etc: Self::ETC.into(),
            lists: std::array::from_fn(|_| OnceCell::new()),
        }
    }

    /// Reads from other directories from here on (`iproute_usr_dir`, `iproute_etc_dir`).
    pub(crate) fn move_to(&mut self, usr: Option<&str>, etc: Option<&str>) {
        if let Some(usr) = usr {
            self.usr = usr.into();
        }
        if let Some(etc) = etc {
            self.etc = etc.into();
        }
        self.lists = std::array::from_fn(|_| OnceCell::new());
    }

    /// The number of a name of the list, or of a number in C notation; nothing above `max`.
    pub(crate) fn number(&self, names: Names, word: &str, max: u32) -> Option<u32> {
        let value = match based_u64(word) {
            Some(value) => u32::try_from(value).ok(),
            None => self.list(names).get(word).copied(),
        };
        value.filter(|value| *value <= max)
    }

    fn list(&self, names: Names) -> &HashMap<String, u32> {
        self.lists[names as usize].get_or_init(|| {
            let mut list: HashMap<String, u32> = names
                .built_in()
                .iter()
                .map(|(name, number)| ((*name).to_owned(), *number))
                .collect();
            for file in self.files_of(names.file()) {
                if let Ok(content) = self.files.read(&file) {
                    list.extend(entries(&String::from_utf8_lossy(&content)));
                }
            }
            list
        })
    }

    /// The files of a list: the one of `etc`, else of `usr`, then `NAME.d/*.conf`, where `etc` hides a file of the
    /// same name in `usr`.
    fn files_of(&self, name: &str) -> Vec<PathBuf> {
        let main = [&self.etc, &self.usr]
            .into_iter()
            .map(|directory| directory.join(name))
            .find(|file| self.files.status(file).is_ok());
        let directory = format!("{name}.d");
        let mut more: Vec<(String, PathBuf)> = Vec::new();
        for base in [&self.etc, &self.usr] {
            let base = base.join(&directory);
            for file in self.files.names(&base).unwrap_or_default() {
                let is_list = Path::new(&file).extension().is_some_and(|ext| ext == "conf");
                if is_list && !more.iter().any(|(known, _)| *known == file) {
                    let path = base.join(&file);
                    more.push((file, path));
                }
            }
        }
        more.sort();
        main.into_iter()
            .chain(more.into_iter().map(|(_, path)| path))
            .collect()
    }
}

/// The `NUMBER NAME` lines of a file.
fn entries(content: &str) -> impl Iterator<Item = (String, u32)> + '_ {
    content.lines().filter_map(|line| {
        let line = line.split('#').next().unwrap_or_default();
        let mut words = line.split_whitespace();
        let number = based_u64(words.next()?).and_then(|number| u32::try_from(number).ok())?;
        Some((words.next()?.to_owned(), number))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestFiles;

    #[test]
    fn files_of_etc_come_before_those_of_usr() {
        let files = TestFiles::default()
            .with("/usr/share/iproute2/rt_tables", "100 shadowed\n")
            .with(
                "/etc/iproute2/rt_tables",
                "# comment\n200 blue # more\n0x10 hex\n",
            )
            .with("/usr/share/iproute2/rt_tables.d/a.conf", "7 hidden\n")
            .with("/etc/iproute2/rt_tables.d/a.conf", "8 shown\n")
            .with("/etc/iproute2/rt_tables.d/readme", "9 ignored\n");
        let names = Iproute2::new(&files);
        for (word, number) in [
            ("blue", Some(200)),
            ("hex", Some(16)),
            ("shown", Some(8)),
            ("main", Some(254)),
            ("0x20", Some(32)),
            ("12", Some(12)),
            ("shadowed", None),
            ("hidden", None),
            ("ignored", None),
        ] {
            assert_eq!(names.number(Names::Tables, word, u32::MAX), number, "{word}");
        }
        assert_eq!(names.number(Names::Tables, "blue", 100), None);
    }

    #[test]
    fn other_directories_can_be_named() {
        let files = TestFiles::default().with("/opt/etc/group", "5 uplinks\n");
        let mut names = Iproute2::new(&files);
        assert_eq!(names.number(Names::Groups, "uplinks", u32::MAX), None);
        names.move_to(None, Some("/opt/etc"));
        assert_eq!(names.number(Names::Groups, "uplinks", u32::MAX), Some(5));
    }
}
