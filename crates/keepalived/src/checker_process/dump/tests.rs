use super::*;
use check::{Director, Outbox};
use model::{
    CheckKind, Checker, Configuration, Connection, Frontend, Protocol, RealServer, TcpCheck, Time,
    VirtualServer,
};

#[test]
fn servers_and_checks_are_shown_as_programs_know_them() {
    let mut configuration = Configuration::default();
    let mut server = RealServer::new("10.0.0.9:80".parse().unwrap());
    let connection = Connection::to("10.0.0.9:80".parse().unwrap());
    server.checkers.push(Checker::new(
        CheckKind::Tcp(Box::new(TcpCheck { connection })),
        Micros::from_secs(3),
    ));
    let mut virtual_server = VirtualServer::new(Frontend::Address("10.9.0.1:80".parse().unwrap()));
    virtual_server.protocol = Some(Protocol::Tcp);
    virtual_server.real_servers.push(server);
    configuration.lvs.virtual_servers.push(virtual_server);
    let mut director = Director::new(0);
    let settings = check::Settings::from(&configuration.globals);
    director.apply(Time(0), configuration.lvs, settings, &mut Outbox::default());
    let viewer = Viewer {
        kind: Some(Kind::Checker),
        real_time: None,
    };
    let globals = std::sync::Arc::new(configuration.globals);
    let snapshot = Snapshot::new(&director, &globals, &crate::settings::Settings::default(), viewer);
    let text = render(&snapshot);
    let (_, topology) = text.as_str().split_once("------< LVS Topology").unwrap();
    insta::assert_snapshot!(topology);
}
