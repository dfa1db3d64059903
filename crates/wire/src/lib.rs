//! Encoding and decoding of what goes over the wire: VRRP, AH, the HMAC trailer, ARP, neighbour advertisements.
