//! Counters of an instance (`spec/runtime.md` sections 11 and 12; RFC 2787 and RFC 6527 for those that only SNMP shows).

/// Counters since the start, or since they were last cleared. A reload keeps them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Adverts that passed the checks 1 to 13 of `spec/vrrp-protocol.md` section 5.
    pub advert_rcvd: u64,
    /// Adverts sent; one for each, however many unicast peers it goes to.
    pub advert_sent: u64,
    /// Transitions to MASTER.
    pub become_master: u64,
    /// Transitions from MASTER.
    pub release_master: u64,
    /// Length of a packet does not fit its contents.
    pub packet_len_err: u64,
    /// Version 2 adverts with another interval. The reference drops these without counting them.
    pub advert_interval_err: u64,
    /// TTL or hop limit not as required.
    pub ip_ttl_err: u64,
    /// Packet type other than ADVERTISEMENT.
    pub invalid_type_rcvd: u64,
    /// Address list or destination not as configured.
    pub addr_list_err: u64,
    /// Authentication type that does not exist.
    pub invalid_authtype: u64,
    /// Authentication type other than ours.
    pub authtype_mismatch: u64,
    /// Wrong password or integrity check value.
    pub auth_failure: u64,
    /// `auth_hmac`: no trailer.
    pub auth_ext_missing: u64,
    /// `auth_hmac`: trailer of an unknown form.
    pub auth_ext_malformed: u64,
    /// `auth_hmac`: key id that is not configured.
    pub auth_ext_unknown_key: u64,
    /// `auth_hmac`: wrong HMAC.
    pub auth_ext_invalid_hmac: u64,
    /// `auth_hmac`: outside the time window.
    pub auth_ext_stale: u64,
    /// `auth_hmac`: sequence that was used already.
    pub auth_ext_replay: u64,
    /// Adverts of priority 0 received.
    pub pri_zero_rcvd: u64,
    /// Adverts of priority 0 sent.
    pub pri_zero_sent: u64,
    /// Version other than ours (SNMP only).
    pub vers_err: u64,
    /// Wrong checksum (SNMP only).
    pub chk_err: u64,
    /// Unicast adverts of a sender that is no peer (not in any output of the reference).
    pub unknown_peer: u64,
    /// Adverts that the address owner was told to ignore (not in any output of the reference).
    pub owner_ignored: u64,
}

impl Stats {
    /// Number of datagrams that were dropped by a check, for whatever reason. `addr_list_err` also counts adverts that
    /// were only complained about, so it is left out.
    #[must_use]
    pub const fn dropped(&self) -> u64 {
        self.packet_len_err
            + self.advert_interval_err
            + self.ip_ttl_err
            + self.invalid_type_rcvd
            + self.invalid_authtype
            + self.authtype_mismatch
            + self.auth_failure
            + self.auth_ext_missing
            + self.auth_ext_malformed
            + self.auth_ext_unknown_key
            + self.auth_ext_invalid_hmac
            + self.auth_ext_stale
            + self.auth_ext_replay
            + self.vers_err
            + self.chk_err
            + self.unknown_peer
            + self.owner_ignored
    }
}
