//! Messages of the process connector: a netlink header, a connector header, an event.

use super::ProcessEvent;

/// Bytes of the netlink header and of the connector's.
const NETLINK: usize = 16;
const CONNECTOR: usize = 20;
/// Where the kind of the event is, and where what belongs to it.
pub(super) const KIND: usize = NETLINK + CONNECTOR;
pub(super) const DATA: usize = KIND + 16;

/// Kinds of events.
pub(super) const ACKNOWLEDGED: u32 = 0;
pub(super) const FORK: u32 = 1;
pub(super) const EXEC: u32 = 2;
pub(super) const RENAME: u32 = 0x200;
pub(super) const EXIT: u32 = 0x8000_0000;

/// `NLMSG_DONE`, which all messages of the connector are.
const DONE: u16 = 3;
/// The index and the value of the process connector.
const PROCESSES: [u32; 2] = [1, 1];
/// `PROC_CN_MCAST_LISTEN`.
const LISTEN: u32 = 1;

/// The request to be told.
pub(super) fn listen_request() -> Vec<u8> {
    let length = u32::try_from(KIND + 4).expect("a few bytes");
    let mut bytes = Vec::new();
    bytes.extend(length.to_ne_bytes());
    bytes.extend(DONE.to_ne_bytes());
    // No flags, no sequence number, no port.
    bytes.extend([0; 10]);
    bytes.extend(PROCESSES.iter().flat_map(|number| number.to_ne_bytes()));
    // No sequence number, nothing acknowledged.
    bytes.extend([0; 8]);
    bytes.extend(4_u16.to_ne_bytes());
    bytes.extend([0; 2]);
    bytes.extend(LISTEN.to_ne_bytes());
    bytes
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let field = bytes.get(at..at + 4)?;
    field.try_into().ok().map(u32::from_ne_bytes)
}

/// The kind of the event in a message.
pub(super) fn kind(bytes: &[u8]) -> Option<u32> {
    if number(bytes, NETLINK)? != PROCESSES[0] || number(bytes, NETLINK + 4)? != PROCESSES[1] {
        return None;
    }
    number(bytes, KIND)
}

/// What a process did; nothing for threads and for events of other kinds.
pub(super) fn event(bytes: &[u8]) -> Option<ProcessEvent> {
    // Thread and process, of the parent first where there is one.
    let field = |index: usize| number(bytes, DATA + 4 * index);
    let process = |index: usize| field(index).filter(|thread| field(index + 1) == Some(*thread));
    match kind(bytes)? {
        FORK => Some(ProcessEvent::Forked {
            parent: field(1)?,
            child: process(2)?,
        }),
        // The thread that executes becomes the process.
        EXEC => field(1).map(ProcessEvent::Executed),
        RENAME => process(0).map(ProcessEvent::Renamed),
        EXIT => process(0).map(ProcessEvent::Exited),
        _ => None,
    }
}
