//! Expressions of rules: what is loaded into which register, and what is done with it.
//!
//! Registers 1 to 4 have 16 bytes each and lie side by side, so a key of several parts is loaded into neighbours.

use super::message::Body;

/// Fields of a packet, with their offset and length in the network or transport header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    IpProtocol,
    IpSource,
    IpDestination,
    Ip6Source,
    Ip6Destination,
    Icmp6Type,
    /// Of TCP, UDP and SCTP alike.
    DestinationPort,
}

impl Field {
    /// Base, offset and length.
    const fn place(self) -> (u32, u32, u32) {
        const NETWORK: u32 = 1;
        const TRANSPORT: u32 = 2;
        match self {
            Self::IpProtocol => (NETWORK, 9, 1),
            Self::IpSource => (NETWORK, 12, 4),
            Self::IpDestination => (NETWORK, 16, 4),
            Self::Ip6Source => (NETWORK, 8, 16),
            Self::Ip6Destination => (NETWORK, 24, 16),
            Self::Icmp6Type => (TRANSPORT, 0, 1),
            Self::DestinationPort => (TRANSPORT, 2, 2),
        }
    }
}

/// What the kernel knows of a packet (`NFT_META_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meta {
    Mark = 3,
    InputIndex = 4,
    OutputIndex = 5,
    InputName = 6,
    OutputName = 7,
    TransportProtocol = 16,
    OutputKind = 27,
}

/// How a rule ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Drop,
    Accept,
    Return,
    Goto(&'static str),
}

/// One step of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expression {
    /// Loads a field of the packet into a register.
    Load(Field, u32),
    /// Loads what the kernel knows into a register.
    LoadMeta(Meta, u32),
    /// Goes on if the register has this value.
    Equals(u32, Vec<u8>),
    /// Keeps the bits of a register that the mask has.
    Mask(u32, Vec<u8>),
    /// Goes on if the set has what begins in the register.
    In(&'static str, u32),
    /// Replaces what is in the register by the map's value for it; goes on if there is one.
    Map(&'static str, u32),
    /// Sends a copy of the packet to the address in the first register by the interface in the second.
    Duplicate(u32, u32),
    /// Changes what the kernel knows to what is in the register.
    SetMeta(Meta, u32),
    /// Counts the packet.
    Count,
    /// Ends the rule.
    End(Verdict),
}

impl Expression {
    const fn name(&self) -> &'static str {
        match self {
            Self::Load(..) => "payload",
            Self::LoadMeta(..) | Self::SetMeta(..) => "meta",
            Self::Equals(..) => "cmp",
            Self::Mask(..) => "bitwise",
            Self::In(..) | Self::Map(..) => "lookup",
            Self::Duplicate(..) => "dup",
            Self::Count => "counter",
            Self::End(_) => "immediate",
        }
    }

    pub(super) fn encode(&self, body: &mut Body) {
        body.string(1, self.name());
        body.nested(2, |body| self.encode_data(body));
    }

    fn encode_data(&self, body: &mut Body) {
        match self {
            Self::Load(field, register) => {
                let (base, offset, len) = field.place();
                body.number(1, *register);
                body.number(2, base);
                body.number(3, offset);
                body.number(4, len);
            }
            Self::LoadMeta(meta, register) => {
                body.number(1, *register);
                body.number(2, *meta as u32);
            }
            Self::SetMeta(meta, register) => {
                body.number(2, *meta as u32);
                body.number(3, *register);
            }
            Self::Equals(register, value) => {
                body.number(1, *register);
                body.number(2, 0);
                body.data(3, value);
            }
            Self::Mask(register, mask) => {
                body.number(1, *register);
                body.number(2, *register);
                body.number(3, u32::try_from(mask.len()).expect("at most a register"));
                body.data(4, mask);
                body.data(5, &vec![0; mask.len()]);
            }
            Self::In(set, register) => {
                body.string(1, set);
                body.number(2, *register);
            }
            Self::Map(set, register) => {
                body.string(1, set);
                body.number(2, *register);
                body.number(3, *register);
            }
            Self::Duplicate(address, interface) => {
                body.number(1, *address);
                body.number(2, *interface);
            }
            Self::Count => {
                body.bytes(1, &0_u64.to_be_bytes());
                body.bytes(2, &0_u64.to_be_bytes());
            }
            Self::End(verdict) => encode_verdict(*verdict, body),
        }
    }
}

fn encode_verdict(verdict: Verdict, body: &mut Body) {
    const VERDICT_REGISTER: u32 = 0;
    const GOTO: i32 = -4;
    const RETURN: i32 = -5;
    body.number(1, VERDICT_REGISTER);
    body.nested(2, |body| {
        body.nested(2, |body| match verdict {
            Verdict::Drop => body.number(1, 0),
            Verdict::Accept => body.number(1, 1),
            Verdict::Return => body.number(1, RETURN.cast_unsigned()),
            Verdict::Goto(chain) => {
                body.number(1, GOTO.cast_unsigned());
                body.string(2, chain);
            }
        });
    });
}
