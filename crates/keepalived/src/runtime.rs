//! What the loops of the children have in common.
//!
//! A loop owns all state of its process and never waits for anything but its own poller. What may take long runs
//! elsewhere: in the [`background`] what the loop waits for (a large configuration that is opened), on the thread of the
//! [`errands`] what it only has done (a file that is written).

pub(crate) mod background;
pub(crate) mod descriptors;
pub(crate) mod errands;
pub(crate) mod inbox;
pub(crate) mod lateness;
pub(crate) mod seconds;
pub(crate) mod stopping;
