//! Tables that are looked up for each of thousands of addresses within milliseconds.

use foldhash::fast::RandomState;

/// A table with a fast hash. Its keys come from the configuration and from the kernel, so nobody can choose them to collide.
pub(crate) type Map<K, V> = std::collections::HashMap<K, V, RandomState>;

/// A set with the same hash.
pub(crate) type Set<K> = std::collections::HashSet<K, RandomState>;
