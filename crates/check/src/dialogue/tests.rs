mod datagrams;
mod garbage;
mod http;
mod smtp;
mod tcp;

use super::{Dialogue, Incoming, Ingredients, Step};
use crate::failure::{Failure, Outcome};
use model::{CheckKind, Connection, Micros, Time};

fn connection() -> Connection {
    Connection::to("10.0.0.3:8080".parse().unwrap())
}

fn begin(kind: &CheckKind) -> Dialogue {
    let ingredients = Ingredients {
        query_id: 0x1234,
        sequence: 7,
        matcher: None,
    };
    Dialogue::begin(Time(0), kind, 0, ingredients).unwrap()
}

/// The bytes that a dialogue sends when it is connected.
fn request(dialogue: &mut Dialogue) -> Vec<u8> {
    match dialogue.handle(Time(0), Incoming::Connected) {
        Step::Send(bytes) => bytes,
        other => panic!("{other:?}"),
    }
}

fn failed(failure: Failure) -> Step {
    Step::End(Outcome::Failed(failure))
}

fn succeeded() -> Step {
    Step::End(Outcome::Succeeded)
}

const fn at(secs: u64) -> Time {
    Time(secs * 1_000_000)
}

const TIMEOUT: Micros = Connection::TIMEOUT;
