//! VMAC and ipvlan (`spec/config-vrrp.md` section 1.3).

use super::instance::Facts;
use crate::diagnostics::{Class, Code, Diagnostic};
use crate::lower::{Context, InstanceDraft, IpvlanDraft, VmacDraft};
use model::interface::Interface;
use model::{ConfigFault, Family, VirtualLink, VmacName, VrrpGlobals};

/// Beginning of generated names.
const PREFIX: &str = "vrrp";

/// The virtual interface of an instance.
pub(super) fn complete(
    draft: &mut InstanceDraft,
    facts: &mut Facts,
    globals: &VrrpGlobals,
    interface: Option<&Interface>,
    cx: &mut Context<'_>,
) -> Option<VirtualLink> {
    let prefix = globals.vmac_prefix.as_deref().unwrap_or(PREFIX);
    let link = match (draft.vmac.take(), draft.ipvlan.take()) {
        (Some(vmac), ipvlan) => {
            if let Some(ipvlan) = ipvlan {
                let message = format!("({}) `use_ipvlan` beside `use_vmac` is ignored", facts.name);
                cx.push(
                    Diagnostic::error(Code::CONFLICT, Class::GeneralError, message)
                        .at(ipvlan.span, "")
                        .and_at(vmac.span, "this is used"),
                );
            }
            vmac_of(draft, vmac, facts, interface, prefix, cx)
        }
        (None, Some(ipvlan)) => Some(ipvlan_of(draft, ipvlan, facts, prefix, cx)),
        (None, None) => None,
    };
    if let Some(span) = draft.vmac_xmit_base
        && !matches!(link, Some(VirtualLink::Vmac { .. }))
    {
        let message = format!("({}) `vmac_xmit_base` without a VMAC is ignored", facts.name);
        cx.error(Code::CONFLICT, span, message);
    }
    if let Some(span) = draft.promote_secondaries
        && link.is_some()
    {
        let message = format!(
            "({}) `promote_secondaries` is implied by a virtual interface",
            facts.name
        );
        cx.correct(Code::CONFLICT, span, message);
        draft.promote_secondaries = None;
    }
    link
}

fn vmac_of(
    draft: &mut InstanceDraft,
    vmac: VmacDraft,
    facts: &mut Facts,
    interface: Option<&Interface>,
    prefix: &str,
    cx: &mut Context<'_>,
) -> Option<VirtualLink> {
    let name = facts.name.clone();
    if interface.is_some_and(|interface| !interface.ethernet) {
        let message = format!("({name}) a VMAC needs an Ethernet interface; the instance stays in FAULT");
        cx.error(Code::CONFLICT, vmac.span, message);
        facts.faults.push(ConfigFault::VmacNeedsEthernet);
        draft.vmac_xmit_base = None;
        draft.use_vmac_addr = None;
        return None;
    }
    let unicast = !draft.peers.is_empty();
    let mut xmit_base = draft.vmac_xmit_base.is_some();
    if let Some(span) = draft.vmac_xmit_base
        && facts.strict
    {
        xmit_base = false;
        let message = format!("({name}) `vmac_xmit_base` is not allowed in strict mode");
        cx.correct(Code::STRICT_MODE, span, message);
    } else if unicast && !xmit_base {
        xmit_base = true;
        let message = format!("({name}) unicast with a VMAC needs `vmac_xmit_base`, which is used");
        cx.correct(Code::CONFLICT, vmac.span, message);
    }
    let mac = match vmac.mac {
        Some(mac) if facts.strict => {
            let message = format!("({name}) a MAC address of one's own is not allowed in strict mode");
            cx.correct(Code::STRICT_MODE, mac.span, message);
            None
        }
        mac => mac.map(|mac| mac.value.complete(facts.vrid)),
    };
    Some(VirtualLink::Vmac {
        name: vmac.name.map_or_else(
            || VmacName::Generated(prefix.to_owned()),
            |name| VmacName::Configured(name.value),
        ),
        mac,
        xmit_base,
        netlink_notify: vmac.netlink_notify,
        group: vmac.group,
    })
}

fn ipvlan_of(
    draft: &mut InstanceDraft,
    ipvlan: IpvlanDraft,
    facts: &mut Facts,
    prefix: &str,
    cx: &mut Context<'_>,
) -> VirtualLink {
    if facts.family == Family::Ipv4 && ipvlan.address.is_none() {
        let message = format!(
            "({}) an IPv4 ipvlan needs an address; the instance stays in FAULT",
            facts.name
        );
        cx.error(Code::MISSING_PARAMETER, ipvlan.span, message);
        facts.faults.push(ConfigFault::IpvlanNeedsAddress);
    }
    if draft.source.is_none() {
        draft.source = ipvlan
            .address
            .map(|address| crate::lower::At::new(address.value.address, address.span));
    }
    VirtualLink::Ipvlan {
        name: ipvlan.name.map_or_else(
            || VmacName::Generated(prefix.to_owned()),
            |name| VmacName::Configured(name.value),
        ),
        address: ipvlan.address.map(|address| address.value),
        mode: ipvlan.mode.unwrap_or_default(),
        group: ipvlan.group,
    }
}
