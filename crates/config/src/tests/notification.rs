//! Scripts and mails, from text to model.

use crate::Purpose;
use crate::testing::{machine, messages, read_with, test};
use model::{MailEncryption, Micros};

#[test]
fn order_and_limit_of_scripts_are_inherited() {
    let instance = |name: &str, vrid: u8, lines: &str| {
        format!(
            "vrrp_instance {name} {{\ninterface eth0\nvirtual_router_id {vrid}\nvirtual_ipaddress {{\n10.0.0.{vrid}\n}}\n{lines}\n}}\n"
        )
    };
    let text = format!(
        "global_defs {{\nvrrp_notify_ordered\n}}\n{}{}vrrp_sync_group G {{\ngroup {{\nA\nB\n}}\nnotify_ordered off\n}}\n",
        instance("A", 1, "notify_timeout 30"),
        instance("B", 2, "notify_ordered off"),
    );
    let reading = test(&text);
    assert_eq!(messages(&reading), [""; 0]);
    let vrrp = &reading.configuration.vrrp;
    let [a, b] = &vrrp.instances[..] else {
        panic!("{vrrp:?}")
    };
    assert!(a.notifications.ordered && !b.notifications.ordered);
    assert_eq!(a.notifications.timeout, Some(Micros::from_secs(30)));
    assert_eq!(b.notifications.timeout, None);
    assert!(!vrrp.sync_groups[0].notifications.ordered);
}

#[test]
fn the_way_to_the_mail_server() {
    let globals = |lines: &str| {
        let files = machine().with_mode("/etc/mail.key", "pass word\n", 0o600, 0);
        let reading = read_with(files, &format!("global_defs {{\n{lines}\n}}\n"), Purpose::Test);
        assert_eq!(messages(&reading), [""; 0]);
        reading.configuration.globals.mail
    };
    let mail = globals("smtp_server 10.0.0.1 587\nsmtp_starttls\nsmtp_auth ops file:/etc/mail.key");
    assert_eq!(mail.server, Some("10.0.0.1:587".parse().unwrap()));
    assert_eq!(mail.server_name.as_deref(), Some("10.0.0.1"));
    assert_eq!(mail.encryption, MailEncryption::StartTls(None));
    let account = mail.account.unwrap();
    assert_eq!(account.user, "ops");
    assert_eq!(account.password.expose(), b"pass word");
    let mail = globals("smtp_tls mx.example\nsmtp_alert_file /var/mail/alerts");
    assert_eq!(
        mail.encryption,
        MailEncryption::Tls(Some("mx.example".to_owned()))
    );
    assert_eq!(mail.alert_file.as_deref(), Some("/var/mail/alerts"));
    assert!(mail.from.is_some(), "a file of mails needs a sender too");
}
