//! How large the receive buffers of the advert sockets are (`vrrp_rx_bufs_policy`, `kernel_rx_buf_size`).

use kernel::ReceiveBuffer;
use model::{Family, RxBufferPolicy, VrrpConfiguration, VrrpGlobals};
use vrrp::{Instance, Router, SocketId};

/// Without a setting: room for the adverts of a thousand instances that arrive while this process is not scheduled. The
/// kernel takes memory only for what is in it, and counts some 800 bytes for a small packet.
const DEFAULT: usize = 1 << 20;

/// The MTU of an interface that does not say.
const ETHERNET_MTU: u32 = 1_500;

/// What the configuration says about the buffers.
#[derive(Clone, Copy, Debug)]
pub(super) struct BufferSizes {
    policy: Option<RxBufferPolicy>,
    multiplier: u32,
    /// Whether an instance has a size of its own.
    individual: bool,
}

impl BufferSizes {
    pub(super) fn new(configuration: &VrrpConfiguration, globals: &VrrpGlobals) -> Self {
        Self {
            policy: globals.rx_buffer_policy,
            multiplier: globals.rx_buffer_multiplier,
            individual: configuration
                .instances
                .iter()
                .any(|instance| instance.kernel_rx_buf_size.is_some()),
        }
    }

    /// The buffer of a socket: what its instances ask for, each for itself or by the policy.
    pub(super) fn of(&self, router: &Router, socket: SocketId, mtu: Option<u32>) -> ReceiveBuffer {
        let members = || {
            router
                .instances()
                .filter(|instance| instance.socket() == Some(socket))
        };
        let own_size = || {
            members()
                .filter_map(|instance| instance.config().kernel_rx_buf_size)
                .max()
        };
        // 0 is the default, as for the other buffers.
        let own_size = self.individual.then(own_size).flatten().map(to_usize);
        let by_policy = || {
            let share: fn(&Instance, u32) -> usize = match self.policy? {
                RxBufferPolicy::Bytes(bytes) => return Some(to_usize(bytes)),
                RxBufferPolicy::Mtu => |_, mtu| to_usize(mtu),
                RxBufferPolicy::Advert => |instance, _| advert_size(instance),
            };
            let mtu = mtu.unwrap_or(ETHERNET_MTU);
            let sum: usize = members().map(|instance| share(instance, mtu)).sum();
            Some(sum.saturating_mul(to_usize(self.multiplier)))
        };
        let wanted = own_size.filter(|bytes| *bytes > 0).or_else(by_policy);
        ReceiveBuffer::Forced(wanted.filter(|bytes| *bytes > 0).unwrap_or(DEFAULT))
    }
}

/// Bytes of an advert with its IP header and the longest of the trailers.
fn advert_size(instance: &Instance) -> usize {
    let config = instance.config();
    let header = match config.family {
        Family::Ipv4 => 20,
        Family::Ipv6 => 40,
    };
    let addresses = config.virtual_addresses.len() * config.family.address_len();
    header + wire::advert::HEADER_LEN + addresses + wire::hmac_trailer::LEN
}

fn to_usize(value: u32) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}
