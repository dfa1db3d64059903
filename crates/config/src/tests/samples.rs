//! The sample configurations: nothing is wrong with any of them, and what they show is there.

use crate::testing::{MemoryUsers, environment, interfaces, machine, messages};
use crate::{Environment, Purpose, Request, User, Users, read};
use std::collections::BTreeSet;
use std::path::Path;

/// The users of a machine with the package installed.
struct Installed;

impl Users for Installed {
    fn user(&self, name: &str) -> Option<User> {
        let name = if name == "keepalived_script" {
            "deploy"
        } else {
            name
        };
        MemoryUsers.user(name)
    }
    fn user_of_id(&self, uid: u32) -> Option<User> {
        MemoryUsers.user_of_id(uid)
    }
    fn group(&self, name: &str) -> Option<u32> {
        MemoryUsers.group(name)
    }
    fn groups_of(&self, user: &User) -> Vec<u32> {
        MemoryUsers.groups_of(user)
    }
}

#[test]
fn every_sample_is_right() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../samples");
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("# "), "{name} says what it is for");
        let mut files = machine().with("/etc/keepalived/keepalived.conf", &text);
        for program in ["systemctl", "logger", "mysqladmin"] {
            files = files.program(&format!("/usr/bin/{program}"));
        }
        files = files.program("/usr/sbin/ip");
        let interfaces = interfaces();
        let env = Environment {
            users: &Installed,
            ..environment(&files, &interfaces)
        };
        let tested = read(&Request::new(Purpose::Test), &env);
        assert_eq!(messages(&tested), Vec::<String>::new(), "{name}");
        assert_eq!(tested.test_status(), 0, "{name}");
        let started = read(&Request::new(Purpose::Start), &env);
        assert_eq!(started.start, Ok(()), "{name}");
        let configuration = started.configuration;
        let servers = &configuration.lvs.virtual_servers;
        let checkers: Vec<_> = servers
            .iter()
            .flat_map(|server| &server.real_servers)
            .flat_map(|server| &server.checkers)
            .collect();
        let shown = match name.split('.').collect::<Vec<_>>()[..] {
            ["check", kind, _] => {
                let keyword = match kind {
                    "http" => "HTTP_GET".to_owned(),
                    "ssl" => "SSL_GET".to_owned(),
                    other => format!("{}_CHECK", other.to_uppercase()),
                };
                checkers.iter().any(|check| check.kind.keyword() == keyword)
            }
            ["lvs", ..] => !servers.is_empty(),
            _ => !configuration.vrrp.instances.is_empty(),
        };
        assert!(shown, "{name} shows what its name says");
        names.insert(name);
    }
    assert!(names.len() > 20, "{names:?}");
}
