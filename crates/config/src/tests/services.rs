//! Virtual servers from text to model.

use crate::testing::{machine, messages, read_with};
use crate::{Purpose, Reading};
use model::{
    BodyDigest, CheckKind, Checker, Connection, Family, Forwarding, Frontend, Granularity, GroupEntry,
    HttpCheck, HttpProtocol, Micros, Protocol, Quorum, RealServer, Scheduler, Sense, StatusRange,
    TlsVerification, Tunnel, TunnelChecksum, VirtualServer,
};

/// Reads a text as the daemon does at its start. The reports are those of a test.
fn test(text: &str) -> Reading {
    let reading = read_with(machine(), text, Purpose::Start);
    assert_eq!(
        reading.test_status(),
        crate::testing::test(text).test_status(),
        "{text}"
    );
    reading
}

/// Reads a text in which nothing is wrong.
fn good(text: &str) -> Reading {
    let reading = test(text);
    assert_eq!(messages(&reading), Vec::<String>::new(), "{text}");
    reading
}

fn server(reading: &Reading) -> &VirtualServer {
    &reading.configuration.lvs.virtual_servers[0]
}

fn real_server(reading: &Reading) -> &RealServer {
    &server(reading).real_servers[0]
}

/// A virtual server with these lines, and a real server with those.
fn text(lines: &str, of_real_server: &str) -> String {
    format!(
        "virtual_server 10.0.0.1 80 {{\n lb_algo rr\n lb_kind NAT\n protocol TCP\n{lines}\n \
         real_server 10.0.0.2 80 {{\n{of_real_server}\n }}\n}}\n"
    )
}

/// The first check of a real server with these lines.
fn checker(lines: &str) -> Checker {
    real_server(&good(&text("", lines))).checkers[0].clone()
}

fn http(lines: &str) -> HttpCheck {
    match checker(lines).kind {
        CheckKind::Http(check) => *check,
        other => panic!("{other} instead of HTTP"),
    }
}

#[test]
fn the_example_of_a_group_gives_its_services() {
    let reading = good(
        "virtual_server_group G {\n 10.0.0.1-2 80\n 10.1.0.0/30 81\n}\n\
         virtual_server group G {\n lb_algo mh\n mh-port\n mh-fallback\n lb_kind NAT\n protocol TCP\n \
         persistence_timeout\n real_server 10.0.0.5 8080 {\n weight 3\n }\n \
         real_server 10.0.0.6 0 {\n lvs_method TUN type gue port 5555 csum\n }\n \
         real_server 10.0.0.7 {\n lvs_method TUN type gre\n }\n}\n\
         virtual_server group G {\n lb_algo rr\n lb_kind NAT\n protocol UDP\n real_server 10.0.0.5 53 {\n }\n}\n",
    );
    let lvs = &reading.configuration.lvs;
    let entries: Vec<String> = lvs.groups[0].entries.iter().map(ToString::to_string).collect();
    assert_eq!(entries, ["10.0.0.1-10.0.0.2:80", "10.1.0.0-10.1.0.3:81"]);
    let first = server(&reading);
    assert_eq!(first.family, Some(Family::Ipv4));
    assert_eq!(first.scheduler, Scheduler::MaglevHashing);
    assert!(first.flags.flag_1 && first.flags.flag_2 && !first.flags.flag_3);
    assert_eq!(first.persistence.as_ref().map(|kept| kept.timeout), Some(360));
    let servers: Vec<_> = first
        .real_servers
        .iter()
        .map(|real| (real.address.to_string(), real.forwarding, real.weight.value()))
        .collect();
    let checksum = TunnelChecksum::Plain;
    assert_eq!(
        servers,
        [
            ("10.0.0.5:8080".to_owned(), Forwarding::Nat, 3),
            (
                "10.0.0.6:0".to_owned(),
                Forwarding::Tunnel(Tunnel::Gue { port: 5555, checksum }),
                1
            ),
            (
                "10.0.0.7:0".to_owned(),
                Forwarding::Tunnel(Tunnel::Gre {
                    checksum: TunnelChecksum::None
                }),
                1
            ),
        ]
    );
    let names: Vec<String> = lvs
        .virtual_servers
        .iter()
        .map(|server| server.name().to_string())
        .collect();
    assert_eq!(names, ["[G]:0", "[G]:1"]);
}

#[test]
fn persistence_and_one_packet_scheduling() {
    let reading = test(
        "virtual_server 10.0.0.1 5060 {\n ops\n protocol UDP\n flag-1\n persistence_engine sip\n \
         persistence_timeout 10\n lb_algo wlc\n lb_kind DR\n real_server 10.0.0.5 5060 {\n }\n}\n",
    );
    let sip = server(&reading);
    assert!(sip.flags.one_packet && sip.flags.flag_1);
    let persistence = sip.persistence.clone().unwrap();
    assert_eq!(
        (persistence.timeout, persistence.engine.as_deref()),
        (10, Some("sip"))
    );
    let mut six = text("persistence_granularity 64", "").replace("10.0.0.1 ", "fd00::1 ");
    six = six.replace("10.0.0.2", "fd00::2");
    let reading = good(&six);
    let persistence = server(&reading).persistence.clone().unwrap();
    assert_eq!(persistence.timeout, 360);
    assert_eq!(persistence.granularity, Some(Granularity::PrefixLength(64)));
}

#[test]
fn ports_follow_the_virtual_server_unless_addresses_are_translated() {
    for (header, method, written, port, told) in [
        ("10.0.0.1 80", "NAT", "10.0.0.2 8080", 8080, 0),
        ("10.0.0.1 80", "NAT", "10.0.0.2", 80, 0),
        ("10.0.0.1 80", "DR", "10.0.0.2", 80, 0),
        ("10.0.0.1 80", "DR", "10.0.0.2 81", 80, 1),
        ("10.0.0.1 80", "TUN", "10.0.0.2 81", 80, 1),
        ("fwmark 5", "NAT", "10.0.0.2 8080", 8080, 0),
        ("fwmark 5", "DR", "10.0.0.2", 0, 0),
        ("fwmark 5", "DR", "10.0.0.2 80", 0, 1),
    ] {
        let protocol = if header.starts_with("fwmark") {
            ""
        } else {
            "protocol TCP"
        };
        let reading = test(&format!(
            "virtual_server {header} {{\n lb_algo rr\n lb_kind {method}\n {protocol}\n real_server {written} {{\n }}\n}}\n"
        ));
        assert_eq!(
            real_server(&reading).address.port(),
            port,
            "{header} {method} {written}"
        );
        assert_eq!(messages(&reading).len(), told, "{header} {method} {written}");
    }
}

#[test]
fn a_port_that_makes_two_servers_one_leaves_one() {
    let reading = test(&text("", "").replace("NAT", "DR").replace(
        "real_server 10.0.0.2 80 {",
        "real_server 10.0.0.2 {\n }\n real_server 10.0.0.2 80 {",
    ));
    assert_eq!(server(&reading).real_servers.len(), 1);
    assert_eq!((reading.test_status(), messages(&reading).len()), (0, 1));
}

#[test]
fn a_mark_takes_the_family_of_its_servers() {
    for (lines, family) in [
        ("real_server 10.0.0.5 80 {\n }", Family::Ipv4),
        ("real_server fd00::5 80 {\n }", Family::Ipv6),
        (
            "sorry_server fd00::6 80\n real_server fd00::5 80 {\n lvs_method TUN\n }",
            Family::Ipv6,
        ),
        (
            "real_server fd00::5 {\n lvs_method TUN\n }\n real_server 10.0.0.5 {\n lvs_method TUN\n }",
            Family::Ipv4,
        ),
        (
            "ip_family inet6\n real_server 10.0.0.5 {\n lvs_method TUN\n }",
            Family::Ipv6,
        ),
    ] {
        let reading = test(&format!(
            "virtual_server fwmark 10 {{\n lb_algo rr\n lb_kind NAT\n {lines}\n}}\n"
        ));
        assert_eq!(server(&reading).family, Some(family), "{lines}");
        assert_eq!(server(&reading).protocol, None);
    }
}

#[test]
fn a_group_of_both_families_is_served_in_both() {
    let group = "virtual_server_group G {\n 10.0.0.1 80\n fd00::1 80\n}\n";
    let server_of = |lines: &str| {
        format!(
            "{group}virtual_server group G {{\n lb_algo rr\n protocol TCP\n{lines}\n real_server 10.0.0.5 80 {{\n }}\n}}\n"
        )
    };
    let reading = good(&server_of("lb_kind TUN"));
    assert_eq!(server(&reading).family, None);
    // Without a tunnel the server is of one family, and so is the service: the group does not fit.
    let reading = test(&server_of("lb_kind NAT"));
    assert!(reading.configuration.lvs.virtual_servers.is_empty());
    assert!(reading.configuration.lvs.groups.is_empty());
    assert_eq!(reading.test_status(), 0);
}

#[test]
fn a_check_inherits_from_both_servers() {
    let reading = good(&text(
        "delay_loop 10\n retry 4\n connect_timeout 2\n alpha\n virtualhost vs.example",
        "delay_loop 5\n warmup 1\n virtualhost rs.example\n SSL_GET {\n delay_before_retry 0.5\n url {\n path /\n }\n }\n \
         DNS_CHECK {\n delay_loop 7\n alpha off\n retry 0\n }",
    ));
    let [tls, dns] = &real_server(&reading).checkers[..] else {
        panic!("two checks")
    };
    let seconds = Micros::from_secs;
    let schedule = tls.schedule;
    assert_eq!(
        (schedule.delay_loop, schedule.warmup, schedule.retry),
        (seconds(5), seconds(1), 4)
    );
    assert_eq!(schedule.delay_before_retry, Micros(500_000));
    assert!(tls.alpha && !dns.alpha);
    assert_eq!(tls.kind.connection().map(|to| to.timeout), Some(seconds(2)));
    let CheckKind::Http(page) = &tls.kind else {
        panic!("a page")
    };
    assert_eq!(page.host(&page.urls[0]), Some("rs.example"));
    assert_eq!(
        page.tls.as_ref().unwrap().sni_fallback.as_deref(),
        Some("vs.example")
    );
    let schedule = dns.schedule;
    assert_eq!(
        (schedule.delay_loop, schedule.delay_before_retry),
        (seconds(7), seconds(7))
    );
    assert_eq!((schedule.retry, schedule.warmup), (0, seconds(1)));
}

#[test]
fn each_kind_has_its_own_defaults() {
    for (block, retry, delay_before_retry) in [
        ("TCP_CHECK {\n }", 1, 1),
        ("PING_CHECK {\n }", 1, 1),
        ("UDP_CHECK {\n }", 1, 1),
        ("SMTP_CHECK {\n }", 1, 1),
        ("HTTP_GET {\n url {\n path /\n }\n }", 1, 3),
        ("DNS_CHECK {\n }", 3, 60),
    ] {
        let check = checker(block);
        let schedule = check.schedule;
        assert_eq!(schedule.retry, retry, "{block}");
        assert_eq!(
            schedule.delay_before_retry,
            Micros::from_secs(delay_before_retry),
            "{block}"
        );
        assert_eq!(
            (schedule.delay_loop, schedule.warmup),
            (Micros::from_secs(60), Micros::from_secs(60))
        );
        let to = Connection::to("10.0.0.2:80".parse().unwrap());
        assert_eq!(check.kind.connection(), Some(&to), "{block}");
    }
}

#[test]
fn connection_keywords_say_where_a_check_goes() {
    let check = checker(
        "TCP_CHECK {\n connect_ip 10.0.0.5\n connect_port 8080\n bindto 10.0.0.1\n bind_port 5\n bind_if eth0\n \
         connect_timeout 3\n fwmark 7\n }",
    );
    let to = check.kind.connection().unwrap();
    assert_eq!(to.destination, "10.0.0.5:8080".parse().unwrap());
    assert_eq!(to.bind, Some("10.0.0.1:5".parse().unwrap()));
    assert_eq!(to.interface.as_ref().map(model::IfName::as_str), Some("eth0"));
    assert_eq!((to.timeout, to.fwmark), (Micros::from_secs(3), 7));
    // The port of the server as it is written, not the one of the virtual server that it gets in the end.
    let reading = good(&text("", "TCP_CHECK {\n }").replace("10.0.0.2 80", "10.0.0.2"));
    let to = real_server(&reading).checkers[0].kind.connection().unwrap();
    assert_eq!(to.destination.port(), 0);
}

#[test]
fn pages_say_what_is_expected_of_them() {
    let md5 = "0123456789abcdef0123456789ABCDEF";
    let check = http(&format!(
        "HTTP_GET {{\n http_protocol 1.1\n virtualhost w\n fast_recovery\n url {{\n path /a\n digest {md5}\n \
         status_code 200 301-303\n status_code 404\n }}\n url {{\n path \"/b c\"\n regex \"a\\.b c\"\n \
         regex_options caseless utf\n regex_no_match\n regex_min_offset 5\n regex_max_offset 9\n }}\n }}"
    ));
    assert_eq!(check.protocol, HttpProtocol::V1_1);
    assert!(check.fast_recovery && check.tls.is_none());
    let [first, second] = &check.urls[..] else {
        panic!("two pages")
    };
    assert_eq!(
        first.digest.map(|digest| digest.to_string()),
        Some(md5.to_lowercase())
    );
    let codes: Vec<String> = first.status_codes.iter().map(ToString::to_string).collect();
    assert_eq!(codes, ["200", "301-303", "404"]);
    assert_eq!(second.path, "/b c");
    assert_eq!(second.status_codes, [StatusRange::DEFAULT]);
    let regex = second.regex.as_ref().unwrap();
    assert_eq!(regex.pattern, "a\\.b c");
    assert_eq!(regex.options.names().collect::<Vec<_>>(), ["caseless", "utf"]);
    assert!(regex.no_match);
    assert_eq!((regex.min_offset, regex.max_offset), (5, Some(9)));
    let check = http(&format!(
        "SSL_GET {{\n url {{\n path /\n digest {md5}{md5}\n }}\n sni_name s\n }}"
    ));
    assert!(matches!(check.urls[0].digest, Some(BodyDigest::Sha256(_))));
    assert_eq!(check.sni(&check.urls[0]), Some("s"));
}

#[test]
fn a_pattern_that_is_none_is_logged_and_ignored() {
    let check = "HTTP_GET {\n url {\n path /\n regex \"(\"\n }\n }";
    let reading = read_with(machine(), &text("", check), Purpose::Test);
    assert_eq!(
        messages(&reading),
        ["`regex` is ignored: missing closing parenthesis at offset 1"]
    );
    // compat: as the original's.
    assert_eq!(reading.test_status(), 0);
    // A test keeps no virtual servers.
    let reading = read_with(machine(), &text("", check), Purpose::Start);
    let CheckKind::Http(check) = &real_server(&reading).checkers[0].kind else {
        panic!("a page")
    };
    assert!(check.urls[0].regex.is_none());
}

#[test]
fn the_certificate_of_a_server_is_verified_for_a_name() {
    let verification = |line: &str| {
        let check = http(&format!("SSL_GET {{\n url {{\n path /\n }}\n {line}\n }}"));
        check.tls.unwrap().verification
    };
    assert_eq!(verification(""), TlsVerification::Off);
    assert_eq!(verification("tls_verify"), TlsVerification::Asked);
    let named = TlsVerification::Named("a.example".to_owned());
    assert_eq!(verification("tls_verify a.example"), named);
}

#[test]
fn hosts_of_a_mail_check_are_checks_of_their_own() {
    let destinations = |lines: &str| -> Vec<String> {
        let reading = good(&text("", &format!("SMTP_CHECK {{\n helo_name me\n{lines}\n }}")));
        let checkers = real_server(&reading).checkers.iter();
        checkers
            .map(|check| {
                let CheckKind::Smtp(mail) = &check.kind else {
                    panic!("a mail check")
                };
                assert_eq!(mail.helo_name, "me");
                mail.connection.destination.to_string()
            })
            .collect()
    };
    assert_eq!(destinations(""), ["10.0.0.2:80"]);
    let host = "host {\n connect_ip 10.0.0.7\n connect_port 25\n }\n";
    assert_eq!(destinations(host), ["10.0.0.7:25"]);
    assert_eq!(
        destinations(&format!("{host}host {{\n }}")),
        ["10.0.0.7:25", "10.0.0.2:80"]
    );
    assert_eq!(
        destinations(&format!("connect_port 26\n{host}")),
        ["10.0.0.2:26", "10.0.0.7:25"]
    );
}

#[test]
fn datagrams_and_queries_are_as_written() {
    let CheckKind::Udp(udp) = checker(
        "UDP_CHECK {\n payload 0102a 3\n require_reply 01 xF\n min_reply_length 2\n max_reply_length 5\n }",
    )
    .kind
    else {
        panic!("a UDP check")
    };
    assert_eq!(udp.payload.as_deref(), Some(&[1, 2, 10, 3][..]));
    let content = udp.content.unwrap();
    assert_eq!(
        (content.pattern.bytes, content.pattern.mask),
        (vec![1, 0xf], vec![0xff, 0xf])
    );
    assert_eq!(
        (content.min_length, content.max_length, udp.require_reply),
        (2, 5, true)
    );
    let CheckKind::Dns(dns) = checker("DNS_CHECK {\n type mx\n name example.com.\n }").kind else {
        panic!("a DNS check")
    };
    assert_eq!((dns.kind.as_str(), dns.name.as_str()), ("MX", "example.com"));
}

#[test]
fn a_script_has_the_delay_loop_of_the_virtual_server_as_its_time() {
    let script = |lines: &str| {
        let reading = test(&text(
            "delay_loop 9",
            &format!("delay_loop 5\n MISC_CHECK {{\n{lines}\n }}"),
        ));
        real_server(&reading)
            .checkers
            .first()
            .map(|check| match &check.kind {
                CheckKind::Misc(misc) => (
                    misc.script.clone(),
                    misc.timeout,
                    misc.dynamic,
                    check.schedule.retry,
                ),
                other => panic!("{other} instead of a script"),
            })
    };
    let (command, timeout, dynamic, retry) =
        script("misc_path \"/usr/bin/true 'a b'\"\n misc_dynamic\n user deploy").unwrap();
    assert_eq!(command.argv, ["/usr/bin/true", "a b"]);
    assert_eq!(command.credentials.map(|user| user.uid), Some(1000));
    assert_eq!((timeout, dynamic, retry), (Micros::from_secs(9), true, 0));
    assert_eq!(
        script("misc_path /usr/bin/true\n misc_timeout 3").unwrap().1,
        Micros::from_secs(3)
    );
    // One that cannot be run is as if it were not there.
    assert_eq!(script("misc_path /nonexistent"), None);
    assert_eq!(script("misc_path /usr/bin/true\n user nobody2"), None);
}

#[test]
fn files_and_sessions_are_those_defined_before() {
    let before = "track_file f {\n file /etc/passwd\n weight 3 reverse\n}\nbfd_instance b {\n neighbor_ip 10.0.0.9\n}\n\
                  bfd_instance v {\n neighbor_ip 10.0.0.8\n vrrp\n}\n";
    let reading = good(&format!(
        "{before}{}",
        text(
            "",
            "FILE_CHECK {\n track_file f\n }\n FILE_CHECK {\n track_file f\n weight -5 noreverse\n }\n BFD_CHECK {\n name b\n }"
        )
    ));
    let weights: Vec<_> = real_server(&reading)
        .checkers
        .iter()
        .filter_map(|check| match &check.kind {
            CheckKind::File(file) => Some((file.weight, file.sense)),
            _ => None,
        })
        .collect();
    assert_eq!(weights, [(3, Sense::Reverse), (-5, Sense::Normal)]);
    assert_eq!(reading.configuration.lvs.track_files.len(), 1);
    // A session that tells VRRP only is none for a check.
    let reading = test(&format!("{before}{}", text("", "BFD_CHECK {\n name v\n }")));
    assert!(real_server(&reading).checkers.is_empty());
    assert_eq!(reading.test_status(), 5);
}

#[test]
fn a_quorum_is_within_reach() {
    for (lines, weight, quorum, hysteresis) in [
        ("", 1, 1, 0),
        ("quorum 3", 5, 3, 0),
        ("quorum 3\n hysteresis 2", 5, 3, 2),
        ("quorum 9", 5, 5, 0),
        ("quorum 2\n hysteresis 2", 5, 2, 1),
        ("", 0, 0, 0),
        ("hysteresis 7", 0, 0, 0),
    ] {
        let reading = test(&text(lines, &format!("weight {weight}")));
        let expected = Quorum { quorum, hysteresis };
        assert_eq!(server(&reading).quorum, expected, "{lines}, weight {weight}");
    }
}

#[test]
fn a_sorry_server_has_the_method_that_counts_in_the_end() {
    let reading = good(
        "virtual_server 10.0.0.1 80 {\n sorry_server 10.0.0.9\n sorry_server_inhibit\n lb_algo rr\n lb_kind DR\n \
         protocol TCP\n real_server 10.0.0.2 80 {\n }\n}\n",
    );
    let sorry = server(&reading).sorry_server.as_ref().unwrap();
    assert_eq!(
        (sorry.address.to_string().as_str(), sorry.forwarding),
        ("10.0.0.9:80", Forwarding::DirectRouting)
    );
    assert!(sorry.inhibit_on_failure);
    // compat: with NAT the port that is not there stays 0.
    let reading = good(&text("sorry_server 10.0.0.9", ""));
    assert_eq!(server(&reading).sorry_server.as_ref().unwrap().address.port(), 0);
    let reading = test(&text("sorry_server fd00::9 80", ""));
    assert_eq!(server(&reading).sorry_server, None);
}

#[test]
fn alerts_follow_the_globals() {
    for (globals, own, of_server, of_real_server) in [
        ("", "", false, true),
        ("smtp_alert on", "", true, true),
        ("smtp_alert on\n smtp_alert_checker off", "", false, false),
        ("smtp_alert off", "smtp_alert", true, true),
    ] {
        let reading = good(&format!("global_defs {{\n{globals}\n}}\n{}", text(own, own)));
        assert_eq!(server(&reading).smtp_alert, of_server, "{globals}");
        assert_eq!(real_server(&reading).smtp_alert, of_real_server, "{globals}");
    }
}

#[test]
fn the_client_of_tls_is_set_up_once() {
    let reading = good("SSL {\n password secret\n ca /a\n certificate /b\n key /c\n}\n");
    let ssl = &reading.configuration.lvs.ssl;
    assert_eq!(
        ssl.password.as_ref().map(model::Secret::expose),
        Some(&b"secret"[..])
    );
    assert_eq!(
        (ssl.ca.as_deref(), ssl.certificate.as_deref(), ssl.key.as_deref()),
        (Some("/a"), Some("/b"), Some("/c"))
    );
    let reading = test("SSL {\n ca /a\n}\nSSL {\n key /k\n}\n");
    assert_eq!(reading.configuration.lvs.ssl.ca, None);
    assert_eq!(reading.test_status(), 5);
}

#[test]
fn a_server_that_cannot_be_used_still_wants_a_checker_process() {
    let reading = test("virtual_server 10.0.0.300 80 {\n}\n");
    assert!(reading.configuration.has_virtual_servers);
    assert!(reading.configuration.lvs.is_empty());
    assert!(
        !good("virtual_server_group G {\n 10.0.0.1 80\n}\n")
            .configuration
            .has_virtual_servers
    );
}

#[test]
fn text_behind_a_number_is_taken_by_the_daemon_only() {
    let text = format!(
        "virtual_server_group G {{\n 10.0.0.1-3x 80\n}}\n{}",
        text("quorum 2x", "weight 5x").replace("virtual_server 10.0.0.1 80", "virtual_server group G")
    );
    let reading = read_with(machine(), &text, Purpose::Start);
    assert_ne!(crate::testing::test(&text).test_status(), 0);
    assert_eq!(real_server(&reading).weight.value(), 5);
    assert_eq!(server(&reading).quorum.quorum, 2);
    let GroupEntry::Addresses { range, .. } = reading.configuration.lvs.groups[0].entries[0] else {
        panic!("addresses")
    };
    assert_eq!(range.to_string(), "10.0.0.1-10.0.0.3");
    assert_eq!(server(&reading).protocol, Some(Protocol::Tcp));
    assert!(matches!(
        server(&reading).frontend,
        Frontend::Group { index: 0, .. }
    ));
}
