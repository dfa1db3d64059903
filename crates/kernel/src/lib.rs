//! The Linux side: what the machine has, what of it is changed, what arrives and leaves. No policy.
//!
//! * [`operation`]: the objects that can be in the kernel and the operations that put them there.
//! * [`difference`], [`ledger`]: from the wanted state to operations.
//! * [`poll`]: waiting for all of it.

pub mod difference;
pub mod ledger;
pub mod operation;
pub mod poll;
pub mod sys;
