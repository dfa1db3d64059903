//! The BFD control packet without an authentication section (RFC 5880 section 4.1, `spec/bfd.md` section 3).
//!
//! ```text
//! 0  version << 5 | diagnostic    1  state << 6 | P F C A D M    2  detect multiplier    3  length
//! 4  my discriminator    8  your discriminator
//! 12  desired min TX    16  required min RX    20  required min echo RX, microseconds
//! ```

use std::fmt;

/// Bytes of the packet.
pub const LEN: usize = LENGTH_FIELD as usize;
/// UDP destination port of single-hop sessions (RFC 5881, section 4).
pub const PORT: u16 = 3784;
/// UDP destination port of multihop sessions (RFC 5883, section 5).
pub const MULTIHOP_PORT: u16 = 4784;

const LENGTH_FIELD: u8 = 24;
const VERSION: u8 = 1;
const POLL: u8 = 0x20;
const FINAL: u8 = 0x10;
const CONTROL_PLANE_INDEPENDENT: u8 = 0x08;
const AUTHENTICATION: u8 = 0x04;
const DEMAND: u8 = 0x02;
const MULTIPOINT: u8 = 0x01;

/// State of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Held down by the operator.
    AdminDown = 0,
    /// Nothing heard.
    Down = 1,
    /// Heard, but not known to be heard.
    Init = 2,
    /// Both directions work.
    Up = 3,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AdminDown => "AdminDown",
            Self::Down => "Down",
            Self::Init => "Init",
            Self::Up => "Up",
        })
    }
}

/// Why a session left the state Up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Diagnostic {
    /// It did not.
    #[default]
    None = 0,
    /// Nothing was heard for the detection time.
    ControlDetectionTimeExpired = 1,
    /// Echoes were lost.
    EchoFunctionFailed = 2,
    /// The other side is down.
    NeighborSignaledSessionDown = 3,
    /// The forwarding plane was reset.
    ForwardingPlaneReset = 4,
    /// The path is known to be down.
    PathDown = 5,
    /// A path concatenated to this one is down.
    ConcatenatedPathDown = 6,
    /// The operator holds it down.
    AdministrativelyDown = 7,
    /// A path concatenated to this one is down, in the other direction.
    ReverseConcatenatedPathDown = 8,
}

impl Diagnostic {
    const fn from_bits(bits: u8) -> Option<Self> {
        Some(match bits {
            0 => Self::None,
            1 => Self::ControlDetectionTimeExpired,
            2 => Self::EchoFunctionFailed,
            3 => Self::NeighborSignaledSessionDown,
            4 => Self::ForwardingPlaneReset,
            5 => Self::PathDown,
            6 => Self::ConcatenatedPathDown,
            7 => Self::AdministrativelyDown,
            8 => Self::ReverseConcatenatedPathDown,
            _ => return None,
        })
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "No Diagnostic",
            Self::ControlDetectionTimeExpired => "Control Detection Time Expired",
            Self::EchoFunctionFailed => "Echo Function Failed",
            Self::NeighborSignaledSessionDown => "Neighbor Signaled Session Down",
            Self::ForwardingPlaneReset => "Forwarding Plane Reset",
            Self::PathDown => "Path Down",
            Self::ConcatenatedPathDown => "Concatenated Path Down",
            Self::AdministrativelyDown => "Administratively Down",
            Self::ReverseConcatenatedPathDown => "Reverse Concatenated Path Down",
        })
    }
}

/// The part of a packet in a poll sequence (RFC 5880, section 6.5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Poll {
    /// It has none.
    #[default]
    None,
    /// P: it asks for an answer.
    Poll,
    /// F: it is the answer.
    Final,
}

/// A control packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ControlPacket {
    /// Why the sender's session left Up last.
    pub diagnostic: Diagnostic,
    /// State of the sender's session.
    pub state: State,
    /// Its part in a poll sequence.
    pub poll: Poll,
    /// C: the sender's BFD does not share fate with its control plane.
    pub control_plane_independent: bool,
    /// A: an authentication section follows.
    pub authentication: bool,
    /// D: the sender wants no periodic packets.
    pub demand: bool,
    /// Detection time is this many transmission intervals, 1 to 255.
    pub detect_mult: u8,
    /// The sender's discriminator, not 0.
    pub my_discriminator: u32,
    /// The receiver's discriminator, 0 while unknown.
    pub your_discriminator: u32,
    /// The interval in microseconds at which the sender would like to send.
    pub desired_min_tx: u32,
    /// The shortest interval in microseconds at which the sender is able to receive.
    pub required_min_rx: u32,
    /// The same for echoes; 0: it does not support them.
    pub required_min_echo_rx: u32,
}

/// Why a datagram is no valid control packet, in the order of the checks (RFC 5880, section 6.8.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Fewer bytes than a packet without authentication has.
    #[error("BFD packet too short: {0} bytes, at least 24 are needed")]
    TooShort(usize),
    /// The length field differs from the size of the datagram.
    #[error("BFD packet length field is {field}, but the datagram has {length} bytes")]
    Length {
        /// The field.
        field: u8,
        /// Bytes of the datagram.
        length: usize,
    },
    /// Another version than 1.
    #[error("BFD packet of version {0}")]
    Version(u8),
    /// A detection multiplier of 0.
    #[error("BFD packet with a detection multiplier of 0")]
    DetectMult,
    /// The M bit, reserved for point-to-multipoint.
    #[error("BFD packet with the multipoint bit set")]
    Multipoint,
    /// A sender's discriminator of 0.
    #[error("BFD packet whose own discriminator is 0")]
    MyDiscriminator,
    /// The sender knows no discriminator of ours, but is beyond Down.
    #[error("BFD packet in state {0} whose your discriminator field is 0")]
    YourDiscriminator(State),
    /// Both P and F.
    #[error("BFD packet with both poll and final bits set")]
    PollAndFinal,
    /// A diagnostic code that is not defined.
    #[error("BFD packet with diagnostic {0}")]
    Diagnostic(u8),
}

impl ControlPacket {
    /// Reads the payload of a UDP datagram. An authentication section is not looked at: the caller drops packets
    /// with [`authentication`](Self::authentication) once it has found their session.
    ///
    /// # Errors
    /// The first check that fails, see [`Error`].
    pub fn decode(datagram: &[u8]) -> Result<Self, Error> {
        let length = datagram.len();
        let Some(bytes) = datagram.first_chunk::<LEN>() else {
            return Err(Error::TooShort(length));
        };
        let [version_diagnostic, flags, detect_mult, field, words @ ..] = *bytes;
        let (words, _) = words.as_chunks::<4>();
        let [my_discriminator, your_discriminator, tx, rx, echo_rx] =
            [0, 1, 2, 3, 4].map(|at| u32::from_be_bytes(words[at]));
        let state = match flags >> 6 {
            0 => State::AdminDown,
            1 => State::Down,
            2 => State::Init,
            _ => State::Up,
        };

        if usize::from(field) != length {
            return Err(Error::Length { field, length });
        }
        if version_diagnostic >> 5 != VERSION {
            return Err(Error::Version(version_diagnostic >> 5));
        }
        if detect_mult == 0 {
            return Err(Error::DetectMult);
        }
        if flags & MULTIPOINT != 0 {
            return Err(Error::Multipoint);
        }
        if my_discriminator == 0 {
            return Err(Error::MyDiscriminator);
        }
        if your_discriminator == 0 && matches!(state, State::Init | State::Up) {
            return Err(Error::YourDiscriminator(state));
        }
        let poll = match (flags & POLL != 0, flags & FINAL != 0) {
            (false, false) => Poll::None,
            (true, false) => Poll::Poll,
            (false, true) => Poll::Final,
            (true, true) => return Err(Error::PollAndFinal),
        };
        let code = version_diagnostic & 0x1f;
        let diagnostic = Diagnostic::from_bits(code).ok_or(Error::Diagnostic(code))?;
        Ok(Self {
            diagnostic,
            state,
            poll,
            control_plane_independent: flags & CONTROL_PLANE_INDEPENDENT != 0,
            authentication: flags & AUTHENTICATION != 0,
            demand: flags & DEMAND != 0,
            detect_mult,
            my_discriminator,
            your_discriminator,
            desired_min_tx: tx,
            required_min_rx: rx,
            required_min_echo_rx: echo_rx,
        })
    }

    /// The packet as the payload of a UDP datagram.
    #[must_use]
    pub fn encode(&self) -> [u8; LEN] {
        let mut flags = (self.state as u8) << 6;
        flags |= match self.poll {
            Poll::None => 0,
            Poll::Poll => POLL,
            Poll::Final => FINAL,
        };
        for (set, bit) in [
            (self.control_plane_independent, CONTROL_PLANE_INDEPENDENT),
            (self.authentication, AUTHENTICATION),
            (self.demand, DEMAND),
        ] {
            flags |= if set { bit } else { 0 };
        }
        let mut bytes = [0; LEN];
        bytes[..4].copy_from_slice(&[
            VERSION << 5 | self.diagnostic as u8,
            flags,
            self.detect_mult,
            LENGTH_FIELD,
        ]);
        let words = [
            self.my_discriminator,
            self.your_discriminator,
            self.desired_min_tx,
            self.required_min_rx,
            self.required_min_echo_rx,
        ];
        for (at, word) in bytes[4..].as_chunks_mut().0.iter_mut().zip(words) {
            *at = word.to_be_bytes();
        }
        bytes
    }
}

#[cfg(test)]
mod tests;
