//! Names for what the router owns: small numbers that stay the same across a reload.

use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub(crate) u32);

        impl $name {
            /// The number, dense from 0, so that it can index a table of the caller.
            #[must_use]
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id! {
    /// An instance.
    ///
    /// It keeps its number through a reload that keeps the instance, even under another name. The number of a removed
    /// instance is given out again only after its removal from the kernel has been confirmed.
    InstanceId
}

id! {
    /// A sync group. Groups are made anew by each reload, in file order.
    GroupId
}

id! {
    /// A pair of sockets that instances share: one to send, one to receive.
    ///
    /// The number lives from [`SocketChange::Open`](crate::SocketChange::Open) to
    /// [`SocketChange::Close`](crate::SocketChange::Close) and may then be given out again.
    SocketId
}

/// One run of a track script. Never reused, so that a late result of a replaced script is recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(pub(crate) u64);

/// Whose kernel state a [`Want`](crate::Want) changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// An instance.
    Instance(InstanceId),
    /// `static_ipaddress`, `static_routes`, `static_rules`.
    Static,
}

/// The receipt number of a [`Want`](crate::Want): the kernel writer hands it back when the change is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket {
    pub(crate) owner: Owner,
    pub(crate) number: u64,
}

impl Ticket {
    /// Whose change it is. Changes of one owner must be made, and confirmed, in the order in which they were asked
    /// for; those of different owners may be made in any order.
    #[must_use]
    pub const fn owner(self) -> Owner {
        self.owner
    }
}
