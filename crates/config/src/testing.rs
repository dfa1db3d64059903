//! A machine in memory for the tests of this crate: files, users, interfaces.

use crate::{
    Environment, FileKind, FileStatus, FileSystem, Files, Purpose, Reading, Request, Resolver, User, Users,
    read,
};
use model::interface::{Interface, InterfaceAddress, Interfaces};
use model::{IfIndex, IfName, Prefix};
use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

/// Files in memory.
#[derive(Default)]
pub(crate) struct TestFiles {
    files: BTreeMap<PathBuf, (FileStatus, Vec<u8>)>,
}

impl TestFiles {
    /// A readable file that root owns, its directories with it.
    pub(crate) fn with(self, path: &str, content: &str) -> Self {
        self.with_mode(path, content, 0o644, 0)
    }

    /// A program that root owns.
    pub(crate) fn program(self, path: &str) -> Self {
        self.with_mode(path, "#!/bin/sh\n", 0o755, 0)
    }

    /// A file with permissions and owner.
    pub(crate) fn with_mode(mut self, path: &str, content: &str, mode: u32, owner: u32) -> Self {
        self.add(path, FileKind::Regular, mode, owner, content);
        self
    }

    /// A directory with permissions and owner.
    pub(crate) fn directory(mut self, path: &str, mode: u32, owner: u32) -> Self {
        self.add(path, FileKind::Directory, mode, owner, "");
        self
    }

    /// A symbolic link with its owner.
    pub(crate) fn link(mut self, path: &str, target: &str, owner: u32) -> Self {
        self.add(path, FileKind::Link, 0o777, owner, target);
        self
    }

    fn add(&mut self, path: &str, kind: FileKind, mode: u32, owner: u32, content: &str) {
        let path = PathBuf::from(path);
        for parent in path.ancestors().skip(1) {
            self.files
                .entry(parent.to_owned())
                .or_insert_with(|| (status(FileKind::Directory, 0o755, 0), Vec::new()));
        }
        self.files
            .insert(path, (status(kind, mode, owner), content.as_bytes().to_owned()));
    }

    /// Follows links in every component but, unless `last` is set, the last one.
    fn resolve(&self, path: &Path, last: bool, depth: u8) -> io::Result<PathBuf> {
        if depth > 16 {
            return Err(io::Error::other("too many links"));
        }
        let mut resolved = PathBuf::from("/");
        let parts: Vec<_> = path.components().skip(1).collect();
        for (index, part) in parts.iter().enumerate() {
            let next = resolved.join(part);
            let (status, content) = self.files.get(&next).ok_or(io::ErrorKind::NotFound)?;
            let is_last = index + 1 == parts.len();
            resolved = if status.kind == FileKind::Link && (last || !is_last) {
                let target = PathBuf::from(String::from_utf8_lossy(content).into_owned());
                self.resolve(&resolved.join(target), true, depth + 1)?
            } else {
                next
            };
        }
        Ok(resolved)
    }
}

const fn status(kind: FileKind, mode: u32, owner: u32) -> FileStatus {
    FileStatus {
        kind,
        mode,
        uid: owner,
        gid: owner,
    }
}

impl Files for TestFiles {
    fn working_directory(&self) -> io::Result<PathBuf> {
        Ok("/".into())
    }
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let path = self.resolve(path, true, 0)?;
        self.files
            .get(&path)
            .filter(|(status, _)| status.kind == FileKind::Regular)
            .map(|(_, content)| content.clone())
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }
    fn status(&self, path: &Path) -> io::Result<FileStatus> {
        let path = self.resolve(path, true, 0)?;
        self.files
            .get(&path)
            .map(|(status, _)| *status)
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }
    fn link_status(&self, path: &Path) -> io::Result<FileStatus> {
        let path = self.resolve(path, false, 0)?;
        self.files
            .get(&path)
            .map(|(status, _)| *status)
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }
    fn real_path(&self, path: &Path) -> io::Result<PathBuf> {
        self.resolve(path, true, 0)
    }
    fn names(&self, directory: &Path) -> io::Result<Vec<String>> {
        Ok(self
            .files
            .keys()
            .filter(|path| path.parent() == Some(directory))
            .filter_map(|path| path.file_name())
            .map(|name| name.to_string_lossy().into_owned())
            .collect())
    }
    fn file_system(&self, path: &Path) -> io::Result<FileSystem> {
        self.resolve(path, true, 0)?;
        Ok(FileSystem {
            magic: if path.starts_with("/proc") { 0x9fa0 } else { 0xef53 },
            read_only: path.starts_with("/ro"),
        })
    }
}

/// Users `root` (0), `nobody` (65534, group `nogroup`) and `deploy` (1000).
pub(crate) struct MemoryUsers;

const USERS: [(&str, u32); 3] = [("root", 0), ("nobody", 65534), ("deploy", 1000)];

impl Users for MemoryUsers {
    fn user(&self, name: &str) -> Option<User> {
        USERS.iter().find(|user| user.0 == name).map(|&(name, uid)| User {
            name: name.to_owned(),
            uid,
            gid: uid,
        })
    }
    fn user_of_id(&self, uid: u32) -> Option<User> {
        USERS
            .iter()
            .find(|user| user.1 == uid)
            .and_then(|user| self.user(user.0))
    }
    fn group(&self, name: &str) -> Option<u32> {
        [("root", 0), ("nogroup", 65534), ("deploy", 1000), ("adm", 4)]
            .iter()
            .find(|group| group.0 == name)
            .map(|group| group.1)
    }
    fn groups_of(&self, user: &User) -> Vec<u32> {
        vec![user.gid, 4]
    }
}

/// Knows `mail.example.com`.
pub(crate) struct MemoryResolver;

impl Resolver for MemoryResolver {
    fn addresses(&self, host: &str) -> Vec<IpAddr> {
        if host == "mail.example.com" {
            vec![IpAddr::from([192, 0, 2, 25])]
        } else {
            Vec::new()
        }
    }
}

/// Interfaces `lo`, `eth0` (10.0.0.1/24), `eth1` and `tun0`, which can neither multicast nor is Ethernet.
pub(crate) fn interfaces() -> Interfaces {
    let plain = |index: u32, name: &str| Interface {
        index: IfIndex::new(index).unwrap(),
        name: IfName::new(name).unwrap(),
        alt_names: Vec::new(),
        kind: model::interface::LinkKind::Other,
        up: true,
        running: true,
        loopback: false,
        multicast: true,
        broadcast: true,
        noarp: false,
        ethernet: true,
        mtu: 1500,
        mac: None,
        base: None,
        master: None,
        group: 0,
        addresses: Vec::new(),
    };
    let address = InterfaceAddress {
        prefix: Prefix {
            address: IpAddr::from([10, 0, 0, 1]),
            len: 24,
        },
        peer: None,
        secondary: false,
        tentative: false,
        protocol: 0,
    };
    let mut eth0 = plain(2, "eth0");
    eth0.addresses.push(address);
    let mut lo = plain(1, "lo");
    (lo.loopback, lo.ethernet, lo.multicast) = (true, false, false);
    let mut tun0 = plain(4, "tun0");
    (tun0.ethernet, tun0.multicast) = (false, false);
    Interfaces(vec![lo, eth0, plain(3, "eth1"), tun0])
}

/// An environment around these files and interfaces.
pub(crate) fn environment<'a>(files: &'a TestFiles, interfaces: &'a Interfaces) -> Environment<'a> {
    Environment {
        files,
        users: &MemoryUsers,
        patterns: &|regex| match regex.pattern.as_str() {
            "(" => Err("missing closing parenthesis at offset 1".to_owned()),
            _ => Ok(()),
        },
        resolver: &MemoryResolver,
        interfaces,
        variables: &|name| (name == "PATH").then(|| "/usr/bin:/bin".to_owned()),
        node_name: "router1.example.com",
        host_name: "router1.example.com",
        uid: 0,
        gid: 0,
        processors: 4,
        seed: 1,
    }
}

/// Reads `text` as the main file, with these files beside it.
pub(crate) fn read_with(files: TestFiles, text: &str, purpose: Purpose) -> Reading {
    let files = files.with("/etc/keepalived/keepalived.conf", text);
    let interfaces = interfaces();
    read(&Request::new(purpose), &environment(&files, &interfaces))
}

/// The files of a small machine.
pub(crate) fn machine() -> TestFiles {
    TestFiles::default()
        .program("/usr/bin/true")
        .link("/bin", "/usr/bin", 0)
        .with("/etc/passwd", "")
        .directory("/tmp", 0o1777, 0)
        .directory("/proc", 0o555, 0)
}

/// Reads `text` as `--config-test` does.
pub(crate) fn test(text: &str) -> Reading {
    read_with(machine(), text, Purpose::Test)
}

/// The messages of a reading, without notes.
pub(crate) fn messages(reading: &Reading) -> Vec<String> {
    reading
        .report
        .distinct(&reading.sources)
        .into_iter()
        .filter(|diagnostic| diagnostic.severity > crate::diagnostics::Severity::Note)
        .map(|diagnostic| diagnostic.message)
        .collect()
}

/// The diagnostics of a reading as they are shown, without notes.
pub(crate) fn shown(reading: &Reading) -> String {
    reading
        .report
        .distinct(&reading.sources)
        .iter()
        .filter(|diagnostic| diagnostic.severity > crate::diagnostics::Severity::Note)
        .map(|diagnostic| diagnostic.render(&reading.sources, crate::diagnostics::Style::Plain))
        .collect::<Vec<_>>()
        .join("\n")
}
