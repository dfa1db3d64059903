//! Development commands: demo, test, bench, fuzz, dist.

fn main() {}
