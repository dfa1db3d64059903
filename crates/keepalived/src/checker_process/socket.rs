//! Sockets of checks, opened, bound and connected as the connection keywords say (`spec/checkers.md` section 2).

use check::dialogue::Transport;
use check::failure::{ConnectFailure, Failure, Obstacle, Outcome};
use model::{Connection, Family};
use nix::errno::Errno;
use nix::sys::socket::{setsockopt, sockopt};
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use std::io;

/// Whether a socket that was just opened is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It is, as datagram sockets always are.
    Connected,
    /// The other side has not answered yet.
    Connecting,
}

/// Opens a socket and begins to connect it. Never waits. An error is how the check ends.
pub(super) fn open(transport: Transport, connection: &Connection) -> Result<(Socket, State), Outcome> {
    let destination = connection.destination;
    let domain = Domain::for_address(destination);
    let (kind, protocol) = match (transport, Family::of(destination.ip())) {
        (Transport::Stream, _) => (Type::STREAM, Protocol::TCP),
        (Transport::Datagram { .. }, _) => (Type::DGRAM, Protocol::UDP),
        (Transport::Echo, Family::Ipv4) => (Type::DGRAM, Protocol::ICMPV4),
        (Transport::Echo, Family::Ipv6) => (Type::DGRAM, Protocol::ICMPV6),
    };
    let socket = Socket::new(domain, kind.nonblocking(), Some(protocol)).map_err(obstacle("socket"))?;
    prepare(&socket, transport, connection)?;
    match socket.connect(&SockAddr::from(destination)) {
        Ok(()) => Ok((socket, State::Connected)),
        Err(error) if error.raw_os_error() == Some(Errno::EINPROGRESS as i32) => {
            Ok((socket, State::Connecting))
        }
        Err(error) => Err(refused(transport, "connect", &error)),
    }
}

/// Sets the options that the configuration asks for. Most ask for none.
fn prepare(socket: &Socket, transport: Transport, connection: &Connection) -> Result<(), Outcome> {
    if transport == (Transport::Datagram { errors: true }) {
        match Family::of(connection.destination.ip()) {
            Family::Ipv4 => setsockopt(socket, sockopt::Ipv4RecvErr, &true),
            Family::Ipv6 => setsockopt(socket, sockopt::Ipv6RecvErr, &true),
        }
        .map_err(|errno| obstacle("IP_RECVERR")(errno.into()))?;
    }
    if let Some(interface) = &connection.interface {
        socket
            .bind_device(Some(interface.as_str().as_bytes()))
            .map_err(obstacle("SO_BINDTODEVICE"))?;
    }
    // compat: PING_CHECK has no mark.
    if connection.fwmark != 0 && transport != Transport::Echo {
        socket.set_mark(connection.fwmark).map_err(obstacle("SO_MARK"))?;
    }
    if let Some(address) = connection.bind {
        if address.port() != 0 {
            // The connection before may not be quite over on this side.
            socket.set_reuse_address(true).map_err(obstacle("SO_REUSEADDR"))?;
        } else if transport == Transport::Stream {
            // The port is chosen when it connects, so that one address has all of its ports for each server.
            setsockopt(socket, sockopt::IpBindAddressNoPort, &true)
                .map_err(|errno| obstacle("IP_BIND_ADDRESS_NO_PORT")(errno.into()))?;
        }
        socket.bind(&address.into()).map_err(obstacle("bind"))?;
    }
    Ok(())
}

/// For `map_err`: this side could not do what the check needs, which says nothing about the server.
fn obstacle(call: &'static str) -> impl FnOnce(io::Error) -> Outcome {
    move |error| {
        Outcome::Postponed(Obstacle::Local {
            call,
            error: error.to_string(),
        })
    }
}

/// What an error of a call that reaches the network means: something about the server, or about this side.
pub(super) fn refused(transport: Transport, call: &'static str, error: &io::Error) -> Outcome {
    match (classify(error), transport) {
        (Some(failure), _) => Outcome::Failed(Failure::Connect(failure)),
        // compat: to UDP_CHECK every error is a failure.
        (None, Transport::Datagram { errors: true }) => {
            Outcome::Failed(Failure::Connect(ConnectFailure::Other))
        }
        (None, _) => Outcome::Postponed(Obstacle::Local {
            call,
            error: error.to_string(),
        }),
    }
}

/// What an error of the network says about the server; nothing if it is an error of this side.
pub(super) fn classify(error: &io::Error) -> Option<ConnectFailure> {
    if error.raw_os_error() == Some(Errno::EHOSTDOWN as i32) {
        return Some(ConnectFailure::HostDown);
    }
    ConnectFailure::classify(error.kind())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{SocketAddr, TcpListener, UdpSocket};

    fn to(address: SocketAddr) -> Connection {
        Connection::to(address)
    }

    #[test]
    fn what_this_side_cannot_do_is_no_failure_of_the_server() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut connection = to(listener.local_addr().unwrap());
        connection.bind = Some("192.0.2.77:0".parse().unwrap());
        let Err(Outcome::Postponed(Obstacle::Local { call, error })) = open(Transport::Stream, &connection)
        else {
            panic!("bound to an address of others")
        };
        assert_eq!(call, "bind");
        assert!(error.contains("assign"), "{error}");
    }

    #[test]
    fn a_source_address_is_used() {
        let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
        let mut connection = to(receiver.local_addr().unwrap());
        connection.bind = Some("127.0.0.5:0".parse().unwrap());
        let (socket, state) = open(Transport::Datagram { errors: true }, &connection).unwrap();
        assert_eq!(state, State::Connected);
        socket.send(b"x").unwrap();
        let (_, from) = receiver.recv_from(&mut [0; 8]).unwrap();
        assert_eq!(from.ip(), connection.bind.unwrap().ip());
    }

    #[test]
    fn errors_of_the_network_are_told_from_others() {
        let error = |errno: Errno| io::Error::from(errno);
        let outcome = |errno| refused(Transport::Stream, "connect", &error(errno));
        assert_eq!(
            outcome(Errno::EHOSTDOWN),
            Outcome::Failed(Failure::Connect(ConnectFailure::HostDown))
        );
        assert!(matches!(outcome(Errno::EADDRNOTAVAIL), Outcome::Postponed(_)));
        assert_eq!(
            refused(
                Transport::Datagram { errors: true },
                "connect",
                &error(Errno::EADDRNOTAVAIL)
            ),
            Outcome::Failed(Failure::Connect(ConnectFailure::Other))
        );
    }
}
