use super::{TIMEOUT, at, begin, connection, failed, succeeded};
use crate::dialogue::{Incoming, Transport};
use crate::failure::{ConnectFailure, Failure, Wait};
use model::{CheckKind, TcpCheck};

#[test]
fn a_connection_is_enough() {
    let kind = CheckKind::Tcp(Box::new(TcpCheck {
        connection: connection(),
    }));
    let dialogue = || begin(&kind);
    assert_eq!(dialogue().transport(), Transport::Stream);
    assert_eq!(dialogue().deadline(), at(5));
    assert_eq!(dialogue().handle(at(1), Incoming::Connected), succeeded());
    assert_eq!(
        dialogue().handle(at(1), Incoming::Failed(ConnectFailure::Refused)),
        failed(Failure::Connect(ConnectFailure::Refused))
    );
    assert_eq!(
        dialogue().handle(at(5), Incoming::TimedOut),
        failed(Failure::TimedOut {
            waiting: Wait::Connect,
            after: TIMEOUT
        })
    );
}
