//! Development only: simulated clusters, network namespaces, guests, peers.
