use super::*;
use crate::testing::TestFiles;

const ROOT: Credentials = Credentials {
    uid: 0,
    gid: 0,
    supplementary_groups: Vec::new(),
};
const DEPLOY: Credentials = Credentials {
    uid: 1000,
    gid: 1000,
    supplementary_groups: Vec::new(),
};

fn files() -> TestFiles {
    TestFiles::default()
        .program("/usr/bin/true")
        .link("/bin", "/usr/bin", 0)
        .link("/usr/bin/alias", "true", 0)
        .program("/opt/shared/check.sh")
        .directory("/opt/shared", 0o777, 0)
        .program("/tmp/x/check.sh")
        .directory("/tmp", 0o1777, 0)
        .link("/tmp/bin", "/usr/bin", 1000)
        .with("/etc/text", "no program")
        .with_mode("/home/deploy/own.sh", "", 0o700, 1000)
        .directory("/home/deploy", 0o700, 1000)
        .with_mode("/srv/grouped.sh", "", 0o775, 0)
}

fn look(program: &str, user: &Credentials) -> Result<Usable, Unusable> {
    let files = files();
    let rules = Rules {
        files: &files,
        search_path: "/sbin:/usr/bin",
        keep_links: false,
    };
    rules.look(program, user)
}

fn good(path: &str) -> Usable {
    Usable {
        path: path.into(),
        searched: false,
        insecure: None,
    }
}

#[test]
fn links_of_root_are_followed() {
    assert_eq!(look("/usr/bin/true", &ROOT), Ok(good("/usr/bin/true")));
    assert_eq!(look("/bin/true", &ROOT), Ok(good("/usr/bin/true")));
    assert_eq!(look("/usr/bin/alias", &ROOT), Ok(good("/usr/bin/true")));
}

#[test]
fn a_link_of_another_user_is_refused_for_root_alone() {
    assert_eq!(
        look("/tmp/bin/true", &ROOT).unwrap_err().to_string(),
        "/tmp/bin is a link that user 1000 owns, not root"
    );
    assert_eq!(look("/tmp/bin/true", &DEPLOY), Ok(good("/usr/bin/true")));
}

#[test]
fn a_bare_name_is_searched() {
    assert_eq!(
        look("true", &DEPLOY),
        Ok(Usable {
            path: "/usr/bin/true".into(),
            searched: true,
            insecure: None
        })
    );
    assert_eq!(look("nothing", &ROOT), Err(Unusable::NotFound("nothing".into())));
}

#[test]
fn what_others_can_change_is_insecure_for_root() {
    for (program, why, remedy) in [
        (
            "/opt/shared/check.sh",
            "/opt/shared can be written by everybody (mode 0777)",
            "chmod go-w /opt/shared",
        ),
        (
            "/home/deploy/own.sh",
            "/home/deploy belongs to user 1000, not root",
            "chown root /home/deploy",
        ),
    ] {
        let insecure = look(program, &ROOT).unwrap().insecure.unwrap();
        assert_eq!(insecure.to_string(), why);
        assert_eq!(insecure.remedy(), remedy);
    }
    assert_eq!(
        look("/opt/shared/check.sh", &DEPLOY),
        Ok(good("/opt/shared/check.sh"))
    );
}

#[test]
fn a_sticky_directory_and_the_group_root_are_safe() {
    assert_eq!(look("/tmp/x/check.sh", &ROOT), Ok(good("/tmp/x/check.sh")));
    assert_eq!(look("/srv/grouped.sh", &ROOT), Ok(good("/srv/grouped.sh")));
}

#[test]
fn a_program_has_to_be_reachable_and_executable() {
    assert!(matches!(
        look("/etc/text", &ROOT),
        Err(Unusable::NotExecutable { .. })
    ));
    assert!(matches!(
        look("/etc/missing", &ROOT),
        Err(Unusable::Inaccessible { .. })
    ));
    assert!(matches!(
        look("/etc/text/x", &ROOT),
        Err(Unusable::Inaccessible { .. })
    ));
    let nobody = Credentials {
        uid: 65534,
        gid: 65534,
        supplementary_groups: Vec::new(),
    };
    assert_eq!(
        look("/home/deploy/own.sh", &nobody).unwrap_err().to_string(),
        "/home/deploy/own.sh cannot be accessed: /home/deploy is closed to user 65534"
    );
    assert_eq!(
        look("/home/deploy/own.sh", &DEPLOY),
        Ok(good("/home/deploy/own.sh"))
    );
}
