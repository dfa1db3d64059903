//! Defaults of checks that `virtual_server` and `real_server` may name (`spec/config-virtual-server.md` section 11).

use super::effect::IPVS;
use super::{Duration, Keyword, U32_MAX, seconds, strict};
use crate::lower::{CheckDefaultsDraft, RealServerDraft, VirtualServerDraft};

/// The longest duration that any keyword takes, in microseconds: there is no bound of the specification's.
const FOREVER: u64 = 1_000_000_000_000_000_000;
/// A delay that may be zero.
pub(super) const DELAY: Duration = seconds(0, FOREVER);
/// An interval between runs.
pub(super) const INTERVAL: Duration = seconds(1, FOREVER);
/// A limit of one attempt.
pub(super) const TIMEOUT: Duration = seconds(1, 4_294_967_295);

/// A block that names defaults of checks.
pub(super) trait HasDefaults: 'static {
    fn defaults(&mut self) -> &mut CheckDefaultsDraft;
}

impl HasDefaults for VirtualServerDraft {
    fn defaults(&mut self) -> &mut CheckDefaultsDraft {
        &mut self.defaults
    }
}
impl HasDefaults for RealServerDraft {
    fn defaults(&mut self) -> &mut CheckDefaultsDraft {
        &mut self.defaults
    }
}

/// The keywords that virtual and real servers have in common.
pub(super) const fn keywords<D: HasDefaults>() -> [Keyword<D>; 5] {
    [
        Keyword::duration("delay_loop", "SECS", INTERVAL, |d: &mut D, delay| {
            d.defaults().delay_loop = Some(delay.value);
        })
        .default("60")
        .means("From the end of a check to the next one")
        .effect(IPVS),
        Keyword::integer("retry", "N", strict(1, U32_MAX), |d: &mut D, n| {
            d.defaults().retry = Some(n.number());
        })
        .default("1; DNS_CHECK 3, MISC_CHECK 0")
        .means("Attempts after a failed one before a check has failed")
        .effect(IPVS),
        Keyword::duration("delay_before_retry", "SECS", DELAY, |d: &mut D, delay| {
            d.defaults().delay_before_retry = Some(delay.value);
        })
        .default("1; HTTP_GET and SSL_GET 3, DNS_CHECK its delay_loop")
        .means("From the end of a failed attempt to the next one")
        .effect(IPVS),
        Keyword::duration("warmup", "SECS", DELAY, |d: &mut D, delay| {
            d.defaults().warmup = Some(delay.value);
        })
        .default("the delay_loop of the check")
        .means("The first check is up to this much later than one second after the start")
        .effect(IPVS),
        Keyword::duration("connect_timeout", "SECS", TIMEOUT, |d: &mut D, timeout| {
            d.defaults().connect_timeout = Some(timeout.value);
        })
        .default("5")
        .means("Time for a connection, a handshake or a reply")
        .effect(IPVS),
    ]
}
