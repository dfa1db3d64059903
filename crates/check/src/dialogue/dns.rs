//! `DNS_CHECK`: a query is answered without an error code (`spec/checkers.md` section 7).

use super::{Incoming, Step};
use crate::failure::{Failure, Outcome, Wait};
use domain::base::iana::{Class, Rtype};
use domain::base::{Message, MessageBuilder, Name, NameBuilder};
use model::{DnsCheck, DnsName, Micros, Time};

/// Sends one query and waits for the response to it; other datagrams are passed over.
#[derive(Clone, Debug)]
pub struct DnsDialogue {
    query: Vec<u8>,
    query_id: u16,
    timeout: Micros,
    deadline: Time,
    connected: bool,
}

impl DnsDialogue {
    pub(super) fn new(now: Time, check: &DnsCheck, query_id: u16) -> Self {
        let timeout = check.connection.timeout;
        Self {
            query: query(check, query_id),
            query_id,
            timeout,
            deadline: now + timeout,
            connected: false,
        }
    }

    pub(super) const fn deadline(&self) -> Time {
        self.deadline
    }

    pub(super) fn handle(&mut self, incoming: &Incoming<'_>) -> Step {
        Step::End(match incoming {
            Incoming::Connected => {
                self.connected = true;
                return Step::Send(std::mem::take(&mut self.query));
            }
            Incoming::Received(datagram) => match self.response_code(datagram) {
                Some(0) => Outcome::Succeeded,
                Some(code) => Outcome::Failed(Failure::DnsCode(code)),
                None => return Step::Wait,
            },
            Incoming::Failed(failure) if self.connected => Outcome::Failed(Failure::Receive(*failure)),
            Incoming::Failed(failure) => Outcome::Failed(Failure::Connect(*failure)),
            Incoming::Unreachable => Outcome::Failed(Failure::Unreachable),
            Incoming::TimedOut => Outcome::Failed(Failure::TimedOut {
                waiting: Wait::Reply,
                after: self.timeout,
            }),
            _ => return Step::Wait,
        })
    }

    /// The code of the response to our query; nothing if the datagram is something else.
    fn response_code(&self, datagram: &[u8]) -> Option<u8> {
        let header = Message::from_slice(datagram).ok()?.header();
        (header.qr() && header.id() == self.query_id).then(|| header.rcode().to_int())
    }
}

/// A query for recursion with one question, without EDNS.
fn query(check: &DnsCheck, query_id: u16) -> Vec<u8> {
    let mut message = MessageBuilder::new_vec();
    message.header_mut().set_id(query_id);
    message.header_mut().set_rd(true);
    let mut question = message.question();
    let kind = Rtype::from_int(check.kind.code());
    question
        .push((&name(&check.name), kind, Class::IN))
        .expect("one question fits into a message");
    question.finish()
}

fn name(name: &DnsName) -> Name<Vec<u8>> {
    let mut builder = NameBuilder::new_vec();
    for label in name.labels() {
        builder
            .append_label(label.as_bytes())
            .expect("the labels of a DnsName are short enough");
    }
    builder.into_name().expect("a DnsName is short enough")
}
