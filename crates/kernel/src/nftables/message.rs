//! Messages to nftables: tables, chains, sets, elements and rules.

use super::expression::Expression;
use crate::netlink::{Attributes, Batch};
use netlink_packet_core::Emitable;

const NLM_F_CREATE: u16 = 0x400;
const NLM_F_APPEND: u16 = 0x800;
const SUBSYSTEM: u16 = 10;
const BATCH_BEGIN: u16 = 0x10;
const BATCH_END: u16 = 0x11;
const fn kind(message: u16) -> u16 {
    SUBSYSTEM << 8 | message
}

const NEW_TABLE: u16 = kind(0);
const DELETE_TABLE: u16 = kind(2);
const NEW_CHAIN: u16 = kind(3);
const NEW_RULE: u16 = kind(6);
const NEW_SET: u16 = kind(9);
const NEW_ELEMENT: u16 = kind(12);
const DELETE_ELEMENT: u16 = kind(14);

/// Family of a table (`NFPROTO_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Ip = 2,
    Ip6 = 10,
}

/// Where a rule goes in its chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    First,
    Last,
}

/// Hook of a base chain (`NF_INET_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hook {
    Input = 1,
    Output = 3,
}

/// The body of a message: `struct nfgenmsg` and attributes, numbers in network order.
#[derive(Debug, Default)]
pub(super) struct Body(Attributes);

impl Emitable for Body {
    fn buffer_len(&self) -> usize {
        self.0.buffer_len()
    }

    fn emit(&self, buffer: &mut [u8]) {
        self.0.emit(buffer);
    }
}

impl Body {
    fn new(family: u8, resource: u16) -> Self {
        let [high, low] = resource.to_be_bytes();
        Self(Attributes::after(&[family, 0, high, low]))
    }

    fn of_table(family: Family, table: &str, attribute: u16) -> Self {
        let mut body = Self::new(family as u8, 0);
        body.string(attribute, table);
        body
    }

    pub(super) fn bytes(&mut self, kind: u16, value: &[u8]) {
        self.0.bytes(kind, value);
    }

    pub(super) fn number(&mut self, kind: u16, value: u32) {
        self.0.bytes(kind, &value.to_be_bytes());
    }

    pub(super) fn string(&mut self, kind: u16, value: &str) {
        self.0.string(kind, value);
    }

    pub(super) fn nested(&mut self, kind: u16, fill: impl FnOnce(&mut Self)) {
        let nest = self.0.open(kind);
        fill(self);
        self.0.close(nest);
    }

    /// `NFTA_DATA_VALUE` within `kind`.
    pub(super) fn data(&mut self, kind: u16, value: &[u8]) {
        self.nested(kind, |body| body.bytes(1, value));
    }
}

/// Begins a transaction.
pub(super) fn begin(batch: &mut Batch) {
    batch.push(BATCH_BEGIN, 0, &Body::new(0, SUBSYSTEM));
}

/// Ends a transaction. Older kernels do not acknowledge this message, so the one before it is asked.
pub(super) fn end(batch: &mut Batch) {
    batch.push_silent(BATCH_END, 0, &Body::new(0, SUBSYSTEM));
}

/// Adds a table; no error if it is there.
pub(super) fn add_table(batch: &mut Batch, family: Family, table: &str) {
    batch.push(NEW_TABLE, NLM_F_CREATE, &Body::of_table(family, table, 1));
}

/// Deletes a table with all that is in it.
pub(super) fn delete_table(batch: &mut Batch, family: Family, table: &str) {
    batch.push(DELETE_TABLE, 0, &Body::of_table(family, table, 1));
}

/// Adds a chain, with a hook if it is a base chain.
pub(super) fn add_chain(
    batch: &mut Batch,
    family: Family,
    table: &str,
    chain: &str,
    hook: Option<(Hook, i32)>,
) {
    const ACCEPT: u32 = 1;
    let mut body = Body::of_table(family, table, 1);
    body.string(3, chain);
    if let Some((hook, priority)) = hook {
        body.nested(4, |body| {
            body.number(1, hook as u32);
            body.number(2, priority.cast_unsigned());
        });
        body.number(5, ACCEPT);
        body.string(7, "filter");
    }
    batch.push(NEW_CHAIN, NLM_F_CREATE, &body);
}

/// What of a set is in the machine's own order and not in that of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HostOrder {
    Nothing,
    /// Keys and, in a map, values.
    All,
    Values,
}

/// A set or, with `data`, a map. Types are the numbers by which `nft` shows them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Set {
    pub(super) name: &'static str,
    pub(super) key_type: u32,
    pub(super) key_len: u32,
    /// Type and length of the values of a map.
    pub(super) data: Option<(u32, u32)>,
    /// Its elements never change.
    pub(super) constant: bool,
    /// What is in the machine's own order, which `nft` wants to be told.
    pub(super) host_order: HostOrder,
    /// Lengths of the parts of a key, where elements are ranges; otherwise they are single keys.
    pub(super) ranges: &'static [u32],
    /// Elements count the packets for which they are found.
    pub(super) counters: bool,
}

/// Adds a set. The number tells it from others of the transaction.
pub(super) fn add_set(batch: &mut Batch, family: Family, table: &str, set: &Set, number: u32) {
    const CONSTANT: u32 = 0x02;
    const INTERVAL: u32 = 0x04;
    const MAP: u32 = 0x08;
    const CONCATENATION: u32 = 0x80;
    let mut body = Body::of_table(family, table, 1);
    body.string(2, set.name);
    let is_of_ranges = !set.ranges.is_empty();
    let flags = [
        (set.constant, CONSTANT),
        (set.data.is_some(), MAP),
        (is_of_ranges, INTERVAL | CONCATENATION),
    ];
    let flags = flags
        .into_iter()
        .filter(|(has, _)| *has)
        .fold(0, |flags, (_, flag)| flags | flag);
    body.number(3, flags);
    body.number(4, set.key_type);
    body.number(5, set.key_len);
    if let Some((kind, len)) = set.data {
        body.number(6, kind);
        body.number(7, len);
    }
    if is_of_ranges {
        // Description, concatenation, list element, length of the field.
        body.nested(9, |body| {
            body.nested(2, |body| {
                for len in set.ranges {
                    body.nested(1, |body| body.number(1, *len));
                }
            });
        });
    }
    body.number(10, number);
    if set.counters {
        body.nested(17, |body| Expression::Count.encode(body));
    }
    if set.host_order != HostOrder::Nothing {
        body.bytes(13, &host_order(set));
    }
    batch.push(NEW_SET, NLM_F_CREATE, &body);
}

/// User data of a set, which the kernel keeps for `nft`: kind, length and number of each item.
fn host_order(set: &Set) -> Vec<u8> {
    const KEY_ORDER: u8 = 0;
    const DATA_ORDER: u8 = 1;
    const HOST: u32 = 1;
    let item = |kind: u8| {
        let [a, b, c, d] = HOST.to_ne_bytes();
        [kind, 4, a, b, c, d]
    };
    let keys = (set.host_order == HostOrder::All).then(|| item(KEY_ORDER));
    let values = set.data.map(|_| item(DATA_ORDER));
    keys.into_iter().chain(values).flatten().collect()
}

/// An element of a set or, with a value, of a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) set: &'static str,
    pub(super) key: Vec<u8>,
    /// The end of the range that begins with the key, part by part.
    pub(super) end: Option<Vec<u8>>,
    pub(super) value: Option<Vec<u8>>,
}

fn element_body(family: Family, table: &str, element: &Element) -> Body {
    let mut body = Body::of_table(family, table, 1);
    body.string(2, element.set);
    body.nested(3, |body| {
        body.nested(1, |body| {
            body.data(1, &element.key);
            if let Some(end) = &element.end {
                body.data(10, end);
            }
            if let Some(value) = &element.value {
                body.data(2, value);
            }
        });
    });
    body
}

/// Adds an element; no error if it is there.
pub(super) fn add_element(batch: &mut Batch, family: Family, table: &str, element: &Element) {
    batch.push(NEW_ELEMENT, NLM_F_CREATE, &element_body(family, table, element));
}

/// Deletes an element.
pub(super) fn delete_element(batch: &mut Batch, family: Family, table: &str, element: &Element) {
    batch.push(DELETE_ELEMENT, 0, &element_body(family, table, element));
}

/// Adds a rule to a chain.
pub(super) fn add_rule(
    batch: &mut Batch,
    family: Family,
    table: &str,
    chain: &str,
    place: Place,
    expressions: &[Expression],
) {
    let mut body = Body::of_table(family, table, 1);
    body.string(2, chain);
    body.nested(4, |body| {
        for expression in expressions {
            body.nested(1, |body| expression.encode(body));
        }
    });
    let flags = match place {
        Place::First => NLM_F_CREATE,
        Place::Last => NLM_F_CREATE | NLM_F_APPEND,
    };
    batch.push(NEW_RULE, flags, &body);
}
