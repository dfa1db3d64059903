//! Sync groups, trackers and scripts.

use crate::Purpose;
use crate::testing::{TestFiles, machine, messages, read_with, test};
use model::{InitialState, Sense, Tracking, Weight};

fn instance(name: &str, vrid: u8, lines: &str) -> String {
    format!(
        "vrrp_instance {name} {{\n interface eth0\n virtual_router_id {vrid}\n {lines}\n \
         virtual_ipaddress {{ 10.0.0.{vrid} }}\n}}\n"
    )
}

const SCRIPTS: &str = "vrrp_script up {\n script \"</etc/passwd\"\n weight 20 reverse\n}\n\
     vrrp_script down {\n script \"</etc/passwd\"\n}\n";

#[test]
fn trackers_take_the_weight_of_their_target() {
    let tracked = "track_script {\n up\n down weight -5\n }\n track_interface {\n eth1 weight 7 reverse\n }";
    let reading = test(&(SCRIPTS.to_owned() + &instance("V", 5, tracked)));
    assert_eq!(messages(&reading), [""; 0]);
    let Tracking {
        interfaces, scripts, ..
    } = &reading.configuration.vrrp.instances[0].tracking;
    assert_eq!(
        (scripts[0].weight, scripts[0].sense),
        (Weight(20), Sense::Reverse)
    );
    assert_eq!((scripts[1].weight, scripts[1].sense), (Weight(-5), Sense::Normal));
    assert_eq!(
        (interfaces[0].weight, interfaces[0].sense),
        (Weight(7), Sense::Reverse)
    );
}

#[test]
fn a_target_has_to_stand_before_its_trackers() {
    let reading = test(&(instance("V", 5, "track_script { up }") + SCRIPTS));
    assert_eq!(
        messages(&reading),
        ["`track_script`: up is not defined; the entry is dropped"]
    );
}

#[test]
fn weights_do_not_count_in_a_sync_group() {
    let tracked = "track_script {\n up\n down\n }\n track_interface {\n eth1 weight 7\n }";
    let members = instance("V", 5, tracked) + &instance("W", 6, "");
    let group = "vrrp_sync_group G {\n group {\n V\n W\n }\n}\n";
    let reading = test(&(SCRIPTS.to_owned() + group + &members));
    let Tracking {
        interfaces, scripts, ..
    } = &reading.configuration.vrrp.instances[0].tracking;
    assert_eq!(scripts.len(), 1);
    assert_eq!(scripts[0].target, "down");
    assert!(interfaces[0].weight.is_fault());
    let weighted = group.replace(" }\n}", " }\n sync_group_tracking_weight\n}");
    let reading = test(&(SCRIPTS.to_owned() + &weighted + &members));
    assert_eq!(messages(&reading), [""; 0]);
    assert_eq!(reading.configuration.vrrp.instances[0].tracking.scripts.len(), 2);
    assert!(reading.configuration.vrrp.sync_groups[0].tracking_weight);
}

#[test]
fn the_priority_of_an_owner_is_fixed() {
    let reading =
        test(&(SCRIPTS.to_owned() + &instance("V", 5, "priority 255\n track_script {\n up\n down\n }")));
    let scripts = &reading.configuration.vrrp.instances[0].tracking.scripts;
    assert_eq!(scripts.len(), 1);
    assert_eq!(scripts[0].target, "down");
}

#[test]
fn the_weight_of_the_group_counts_for_its_members() {
    let text = format!(
        "{SCRIPTS}vrrp_sync_group G {{\n group {{\n V\n W\n }}\n sync_group_tracking_weight\n track_script {{\n \
         up weight 3\n down weight 4\n }}\n}}\n{}{}",
        instance("V", 5, "track_script {\n up weight 9\n down\n }"),
        instance("W", 6, "")
    );
    let reading = test(&text);
    let scripts = &reading.configuration.vrrp.instances[0].tracking.scripts;
    assert_eq!(scripts[0].weight, Weight(3));
    assert!(scripts[1].weight.is_fault());
}

#[test]
fn a_group_with_some_owners_starts_as_backup() {
    let text = "vrrp_sync_group G {\n group {\n V\n W\n }\n}\n".to_owned()
        + &instance("V", 5, "state MASTER\n priority 255")
        + &instance("W", 6, "");
    let reading = test(&text);
    assert_eq!(reading.test_status(), 5);
    for instance in &reading.configuration.vrrp.instances {
        assert_eq!(instance.initial_state, InitialState::Backup);
    }
}

#[test]
fn a_member_is_in_one_group_only() {
    let text = "vrrp_sync_group G {\n group {\n V\n W\n }\n}\nvrrp_sync_group H {\n group {\n V\n W\n }\n}\n"
        .to_owned()
        + &instance("V", 5, "")
        + &instance("W", 6, "");
    let reading = test(&text);
    assert_eq!(
        messages(&reading),
        [
            "sync group H has no usable member and is dropped",
            "instance V is a member of sync group G already",
            "instance W is a member of sync group G already",
        ]
    );
    assert_eq!(reading.configuration.vrrp.sync_groups.len(), 1);
}

fn script(globals: &str, command: &str) -> String {
    format!(
        "global_defs {{\n {globals}\n}}\nvrrp_script s {{\n script \"{command}\"\n}}\n{}",
        instance("V", 5, "track_script {\n s\n }")
    )
}

fn files() -> TestFiles {
    machine()
        .program("/opt/shared/check.sh")
        .directory("/opt/shared", 0o777, 0)
}

#[test]
fn scripts_without_security_are_a_report_and_run() {
    let reading = test(&script("", "/bin/true x"));
    assert_eq!(reading.test_status(), 6);
    let model::ScriptKind::Command(command) = &reading.configuration.vrrp.scripts[0].kind else {
        panic!("a command");
    };
    assert_eq!(command.argv, ["/bin/true", "x"]);
    assert_eq!(command.path.as_deref(), Some("/usr/bin/true"));
    assert_eq!(command.credentials, None);
    assert_eq!(reading.start, Ok(()));
}

#[test]
fn security_drops_what_others_can_change() {
    let text = script("script_user root", "/opt/shared/check.sh");
    let reading = read_with(files(), &text, Purpose::Test);
    assert!(reading.configuration.vrrp.scripts[0].insecure);
    assert_eq!(reading.test_status(), 6);
    let text = script(
        "script_user root\n enable_script_security",
        "/opt/shared/check.sh",
    );
    let reading = read_with(files(), &text, Purpose::Test);
    assert!(reading.configuration.vrrp.scripts.is_empty());
    assert!(
        reading.configuration.vrrp.instances[0]
            .tracking
            .scripts
            .is_empty()
    );
    assert_eq!(reading.test_status(), 5);
    insta::assert_snapshot!(crate::testing::shown(&reading));
}

#[test]
fn a_script_that_nothing_tracks_is_dropped_at_the_start() {
    let text = "vrrp_script s {\n script \"</etc/passwd\"\n}\n".to_owned() + &instance("V", 5, "");
    assert_eq!(test(&text).test_status(), 0);
    let reading = read_with(machine(), &text, Purpose::Start);
    assert!(reading.configuration.vrrp.scripts.is_empty());
    assert_eq!(messages(&reading), ["`vrrp_script` s is not used and not run"]);
}

#[test]
fn notifications_keep_their_arguments_and_user() {
    let reading = test(&instance(
        "V",
        5,
        "notify_master \"/usr/bin/true ' a b '\" deploy :adm\n smtp_alert\n notify_deleted",
    ));
    let notifications = &reading.configuration.vrrp.instances[0].notifications;
    let command = notifications.master.as_ref().unwrap();
    assert_eq!(command.argv, ["/usr/bin/true", " a b "]);
    let credentials = command.credentials.as_ref().unwrap();
    assert_eq!((credentials.uid, credentials.gid), (1000, 4));
    assert_eq!(credentials.supplementary_groups, [1000, 4]);
    assert!(notifications.smtp_alert && notifications.report_deleted);
}
