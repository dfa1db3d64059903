//! Hints beyond the original's reports: what is allowed, and hardly ever what was meant.
//!
//! They are notes, so no exit status depends on them. They look at the completed configuration, and find the place in the
//! text afterwards: a configuration without anything to say costs one look at each object.

mod addresses;
mod election;
mod groups;
mod mail;
mod places;
mod services;
mod transport;
mod weights;

pub(super) use services::{quorum as look_at_quorum, unchecked as look_for_checks};

use crate::lower::Context;
use crate::tree::Tree;
use model::Configuration;
use places::Places;

/// Looks at everything but virtual servers, whose turn comes as each of them is completed.
pub(crate) fn look(tree: &Tree, configuration: &Configuration, cx: &mut Context<'_>) {
    let places = Places::new(tree);
    for instance in &configuration.vrrp.instances {
        let Some(block) = places.instance(&instance.name) else {
            continue;
        };
        addresses::look(instance, block, &places, cx);
        election::look(instance, block, &configuration.globals.vrrp_process, cx);
        transport::look(instance, block, cx);
        weights::look(instance, block, cx);
    }
    groups::look(&configuration.vrrp, &places, cx);
    mail::look(configuration, &places, cx);
    cx.finish_hints();
}
