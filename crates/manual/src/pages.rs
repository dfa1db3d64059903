//! The manual pages.

mod configuration;
mod daemon;
mod genhash;

use crate::Document;

pub(crate) use configuration::{remarks, title};

/// All of them, each below `man/`.
#[must_use]
pub fn all() -> Vec<Document> {
    vec![
        Document {
            path: "man/man8/keepalived.8",
            text: daemon::page(),
        },
        Document {
            path: "man/man5/keepalived.conf.5",
            text: configuration::page(),
        },
        Document {
            path: "man/man1/genhash.1",
            text: genhash::page(),
        },
    ]
}
