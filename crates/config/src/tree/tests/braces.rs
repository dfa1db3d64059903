//! Section 7.2.

use super::*;

#[test]
fn what_is_right() {
    check(&[
        ("", "", &[]),
        ("net_namespace x y", "net_namespace x y", &[]),
        (
            "vrrp_instance V {\n state MASTER\n}",
            "vrrp_instance V { state MASTER }",
            &[],
        ),
        ("vrrp_instance V\n\n{\n}", "vrrp_instance V {  }", &[]),
        (
            "vrrp_instance V { state MASTER }",
            "vrrp_instance V { state MASTER }",
            &[],
        ),
        (
            "vrrp_instance V{state MASTER}vrrp_instance W{}",
            "vrrp_instance V { state MASTER }; vrrp_instance W {  }",
            &[],
        ),
        (
            "vrrp_instance V {\n virtual_ipaddress {\n  1.2.3.4/24 dev eth0\n  priority 5\n }\n priority 6\n}",
            "vrrp_instance V { virtual_ipaddress { 1.2.3.4/24 dev eth0; priority 5 }; priority 6 }",
            &[],
        ),
        (
            "vrrp_sync_group G {\n group { A B\n C }\n}",
            "vrrp_sync_group G { group { A B; C } }",
            &[],
        ),
        (
            "static_routes\n{\n 1.2.3.4 via 5.6.7.8\n}",
            "static_routes { 1.2.3.4 via 5.6.7.8 }",
            &[],
        ),
        (
            "virtual_server 1.2.3.4 80 {\n whatever x\n}\nnet_namespace y",
            "virtual_server 1.2.3.4 80 { whatever x }; net_namespace y",
            &[],
        ),
        (
            "global_defs {\n}\nglobal_defs {\n router_id a\n}",
            "global_defs {  }; global_defs { router_id a }",
            &[],
        ),
        (
            "vrrp_instance V {\n authentication {\n  auth_type PASS\n }\n}",
            "vrrp_instance V { authentication { auth_type PASS } }",
            &[],
        ),
    ]);
}

#[test]
fn unknown_keywords() {
    check(&[
        ("foo bar", "", &["KA0301:1"]),
        ("Net_namespace x", "", &["KA0301:1"]),
        (
            "vrrp_instance V {\n stat MASTER\n priority 5\n}",
            "vrrp_instance V { priority 5 }",
            &["KA0301:2"],
        ),
        // The block of an unknown keyword is skipped as a whole, and what follows is where it was meant to be.
        (
            "vrrp_instance V {\n virtual_ipadress {\n  1.2.3.4\n  a { b }\n }\n priority 5\n}\nnet_namespace x",
            "vrrp_instance V { priority 5 }; net_namespace x",
            &["KA0301:2"],
        ),
        ("vrrp_instanc V\n{\n state MASTER\n}", "", &["KA0301:1"]),
        ("${X}", "", &["KA0201:1"]),
        ("foo \"a", "", &["KA0103:1"]),
        ("foo \"a \\\" b\" c", "", &["KA0103:1"]),
        // A keyword of another block.
        ("priority 5", "", &["KA0301:1"]),
        (
            "vrrp_instance V {\n auth_pass x\n}",
            "vrrp_instance V {  }",
            &["KA0301:2"],
        ),
    ]);
}

#[test]
fn suggestions() {
    for (text, help) in [
        ("vrrp_instanc V", vec!["did you mean `vrrp_instance`?"]),
        (
            "vrrp_instanc V {\n}",
            vec!["did you mean `vrrp_instance`?", "its block is skipped"],
        ),
        ("priority 5", vec!["`priority` belongs into `vrrp_instance`"]),
        (
            "notify x",
            vec!["`notify` belongs into `vrrp_instance` or `vrrp_sync_group`"],
        ),
        (
            "vrrp_instance V {\n net_namespace x\n}",
            vec!["`net_namespace` stands outside of all blocks"],
        ),
        ("zzzzz", vec![]),
    ] {
        let (_, report) = read_tree(text);
        let diagnostic = report.iter().next().unwrap();
        assert_eq!(diagnostic.help, help, "{text}");
    }
}

#[test]
fn missing_opening_braces() {
    check(&[
        (
            "vrrp_instance V\n state MASTER\n}\nnet_namespace x",
            "vrrp_instance V _ state MASTER }; net_namespace x",
            &["KA0302:1"],
        ),
        ("vrrp_instance V", "vrrp_instance V _  _", &["KA0302:1"]),
        (
            "vrrp_instance V {\n virtual_ipaddress\n  1.2.3.4\n }\n priority 5\n}",
            "vrrp_instance V { virtual_ipaddress _ 1.2.3.4 }; priority 5 }",
            &["KA0302:2"],
        ),
        (
            "virtual_server x\n a b\n}\nnet_namespace x",
            "virtual_server x _ a b }; net_namespace x",
            &["KA0302:1"],
        ),
        // Neither brace: one mistake.
        (
            "vrrp_script S\n\nvrrp_instance V {\n priority 5\n}",
            "vrrp_script S _  _; vrrp_instance V { priority 5 }",
            &["KA0302:1"],
        ),
    ]);
}

#[test]
fn words_before_the_brace_of_a_list() {
    check(&[(
        "vrrp_instance V {\n virtual_ipaddress foo bar {\n 1.2.3.4\n }\n}",
        "vrrp_instance V { virtual_ipaddress foo bar { 1.2.3.4 } }",
        &["KA0306:2"],
    )]);
}

#[test]
fn unexpected_opening_braces() {
    check(&[
        // With a `}` of its own, and without one.
        (
            "vrrp_instance V {\n interface eth0 {\n  priority 5\n }\n state MASTER\n}",
            "vrrp_instance V { interface eth0; priority 5; state MASTER }",
            &["KA0303:2"],
        ),
        (
            "vrrp_instance V {\n interface eth0 {\n priority 5\n state MASTER\n}",
            "vrrp_instance V { interface eth0; priority 5; state MASTER }",
            &["KA0303:2"],
        ),
        ("{\n net_namespace x\n}", "net_namespace x", &["KA0303:1"]),
        (
            "vrrp_instance V {\n virtual_ipaddress {\n 1.2.3.4 { 5.6.7.8 }\n }\n}",
            "vrrp_instance V { virtual_ipaddress { 1.2.3.4; 5.6.7.8 } }",
            &["KA0303:3"],
        ),
    ]);
}

#[test]
fn extra_closing_braces() {
    check(&[
        ("}\nnet_namespace x", "net_namespace x", &["KA0305:1"]),
        (
            "vrrp_instance V {\n}\n}\nnet_namespace x",
            "vrrp_instance V {  }; net_namespace x",
            &["KA0305:3"],
        ),
        // The indentation tells which one.
        (
            "vrrp_instance V {\n virtual_ipaddress {\n  1.2.3.4\n }\n }\n priority 5\n}\nnet_namespace x",
            "vrrp_instance V { virtual_ipaddress { 1.2.3.4 }; priority 5 }; net_namespace x",
            &["KA0305:5"],
        ),
        // Without indentation the keywords tell.
        (
            "vrrp_instance V {\nstate MASTER\n}\npriority 5\nvirtual_router_id 3\n}\nnet_namespace x",
            "vrrp_instance V { state MASTER; priority 5; virtual_router_id 3 }; net_namespace x",
            &["KA0305:3"],
        ),
    ]);
}

#[test]
fn missing_closing_braces() {
    check(&[
        (
            "vrrp_instance V {\n state MASTER",
            "vrrp_instance V { state MASTER _",
            &["KA0304:1"],
        ),
        (
            "vrrp_instance V {\n virtual_ipaddress {\n  1.2.3.4",
            "vrrp_instance V { virtual_ipaddress { 1.2.3.4 _ _",
            &["KA0304:2", "KA0304:1"],
        ),
        // The indentation tells where.
        (
            "vrrp_instance V {\n virtual_ipaddress {\n  1.2.3.4\n priority 5\n}\nnet_namespace x",
            "vrrp_instance V { virtual_ipaddress { 1.2.3.4 _; priority 5 }; net_namespace x",
            &["KA0304:2"],
        ),
        (
            "vrrp_instance V {\n virtual_ipaddress {\n  1.2.3.4\n}\nvrrp_instance W {\n priority 5\n}",
            "vrrp_instance V { virtual_ipaddress { 1.2.3.4 _ }; vrrp_instance W { priority 5 }",
            &["KA0304:2"],
        ),
        (
            "vrrp_instance V {\n priority 5\n\nvrrp_instance W {\n priority 6\n}",
            "vrrp_instance V { priority 5 _; vrrp_instance W { priority 6 }",
            &["KA0304:1"],
        ),
        // Without indentation the keywords tell.
        (
            "vrrp_instance V {\npriority 5\nvrrp_instance W {\npriority 6\n}",
            "vrrp_instance V { priority 5 _; vrrp_instance W { priority 6 }",
            &["KA0304:1"],
        ),
        (
            "vrrp_instance V {\nauthentication {\nauth_pass x\npriority 5\n}\nvrrp_instance W {\n}",
            "vrrp_instance V { authentication { auth_pass x _; priority 5 }; vrrp_instance W {  }",
            &["KA0304:2"],
        ),
    ]);
}

#[test]
fn one_too_many_and_one_too_few() {
    check(&[(
        "vrrp_instance V {\n priority 5\n\nvrrp_instance W {\n virtual_ipaddress {\n  1.2.3.4\n }\n }\n priority 6\n}\n",
        "vrrp_instance V { priority 5 _; vrrp_instance W { virtual_ipaddress { 1.2.3.4 }; priority 6 }",
        &["KA0304:1", "KA0305:8"],
    )]);
}

#[test]
fn text_that_is_right_is_never_corrected() {
    // Braces where nobody puts them, and a keyword that is unknown at its place but not because of braces.
    check(&[(
        "vrrp_instance V {\n        priority 5\n        }\n      vrrp_instance W\n   {\nvirtual_ipaddress {\n1.2.3.4\n      }\npriority 6 }",
        "vrrp_instance V { priority 5 }; vrrp_instance W { virtual_ipaddress { 1.2.3.4 }; priority 6 }",
        &[],
    )]);
}

#[test]
fn every_mistake_of_a_text_is_named() {
    let text = "global_defs {\n router_i x\n notification_email a {\n }\n}\n\
                vrrp_instance V {\n state MASTER {\n virtual_ipaddress {\n  1.2.3.4\n priority ${X}\n}\n\
                }\nvrrp_sync_group G\n group {\n  V\n }\n}\nfoo\n";
    let (tree, report) = read_tree(text);
    assert_eq!(
        codes(&tree, &report),
        [
            "KA0201:10",
            "KA0301:2",
            "KA0306:3",
            "KA0303:7",
            "KA0302:13",
            "KA0301:18"
        ]
    );
}
