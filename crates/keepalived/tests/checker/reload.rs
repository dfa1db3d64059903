//! New configurations.

use crate::lab::{Lab, VIP, configuration, connection, name, server, virtual_server};
use anyhow::{Result, ensure};
use model::{CheckKind, HttpCheck, HttpProtocol, ServerWeight, TcpCheck, TlsSettings, Url};
use std::net::{SocketAddr, TcpListener};

fn tcp(address: SocketAddr) -> CheckKind {
    CheckKind::Tcp(Box::new(TcpCheck {
        connection: connection(address),
    }))
}

pub(crate) fn keeps_what_stays() -> Result<()> {
    let lab = Lab::new()?;
    let listeners: Vec<TcpListener> = (0..3)
        .map(|_| lab.make(|| TcpListener::bind("127.0.0.1:0")))
        .collect::<Result<_>>()?;
    let addresses: Vec<SocketAddr> = listeners
        .iter()
        .map(TcpListener::local_addr)
        .collect::<Result<_, _>>()?;
    let dead: SocketAddr = "127.0.0.9:9".parse()?;
    let (first, second, third) = (addresses[0], addresses[1], addresses[2]);
    let mut director = lab.start(&configuration(vec![
        server(first, tcp(first)),
        server(second, tcp(second)),
        server(dead, tcp(dead)),
    ]))?;
    director.expect(&format!("Removing service {}", name(dead)))?;
    director.expect("ipvs remove")?;
    let before = director.log().lines().count();
    // The second goes, a third comes, the dead one stays dead, the first gets a weight; a virtual server comes.
    let mut heavier = server(first, tcp(first));
    heavier.weight = model::ServerWeight::clamp(7);
    let mut next = configuration(vec![heavier, server(third, tcp(third)), server(dead, tcp(dead))]);
    next.lvs
        .virtual_servers
        .push(virtual_server("10.0.0.2:80", vec![server(first, tcp(first))]));
    director.reload(&next)?;
    director.expect("Reload complete")?;
    director.expect(&format!("TCP connection to {} success.", name(third)))?;
    let log: Vec<String> = director.log().lines().skip(before).map(str::to_owned).collect();
    let changes: Vec<&str> = log
        .iter()
        .filter_map(|line| line.split_once("ipvs ").map(|(_, change)| change))
        .collect();
    let service = VIP.replace(':', ":tcp:");
    let mut expected = vec![
        format!("set {service} -> {first} weight 7"),
        format!("add {service} -> {third} weight 1"),
        "add 10.0.0.2:tcp:80".to_owned(),
        format!("add 10.0.0.2:tcp:80 -> {first} weight 1"),
        format!("remove {service} -> {second}"),
    ];
    let mut found: Vec<String> = changes.iter().map(|&change| change.to_owned()).collect();
    found.sort();
    expected.sort();
    ensure!(found == expected, "{changes:#?}");
    Ok(())
}

/// A file that cannot be read is found before anything changes.
pub(crate) fn refuses() -> Result<()> {
    let lab = Lab::new()?;
    let listener = lab.make(|| TcpListener::bind("127.0.0.1:0"))?;
    let address = listener.local_addr()?;
    let good = configuration(vec![server(address, tcp(address))]);
    let mut director = lab.start(&good)?;
    director.expect("TCP connection to")?;
    let https = HttpCheck {
        connection: connection(address),
        protocol: HttpProtocol::default(),
        virtual_host: None,
        host_fallback: None,
        fast_recovery: false,
        tls: Some(Box::new(TlsSettings::default())),
        urls: vec![Url::new("/")],
    };
    let mut bad = configuration(vec![server(address, CheckKind::Http(Box::new(https)))]);
    bad.lvs.ssl.certificate = Some("/run/nowhere.pem".to_owned());
    director.reload(&bad)?;
    director
        .expect("the new configuration is not taken over: SSL certificate /run/nowhere.pem: No such file")?;
    // It goes on by the old one.
    drop(listener);
    director.expect("TCP_CHECK on service")
}

/// `config_save_dir`: the data from before and after a reload.
pub(crate) fn keeps_the_data() -> Result<()> {
    let lab = Lab::new()?;
    let listener = lab.make(|| TcpListener::bind("127.0.0.1:0"))?;
    let address = listener.local_addr()?;
    let mut configured = configuration(vec![server(address, tcp(address))]);
    configured.globals.files.config_save_dir = Some("/run/tmp".to_owned());
    let mut director = lab.start(&configured)?;
    director.expect("TCP connection to")?;
    configured.lvs.virtual_servers[0].real_servers[0].weight = ServerWeight::clamp(7);
    director.reload(&configured)?;
    director.expect("Reload complete")?;
    // The end of the daemon waits for what is being written.
    director.stop()?;
    for (side, weight) in [("pre", "initial weight = 1"), ("post", "initial weight = 7")] {
        let mut command = std::process::Command::new("sh");
        command.args(["-c", &format!("cat /run/tmp/keepalived_check.*.1.{side}")]);
        let saved = lab.node.stdout(command)?;
        ensure!(saved.contains(weight), "{side}: {saved}");
    }
    Ok(())
}
