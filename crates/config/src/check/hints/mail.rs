//! Mails that cannot leave.

use super::places::{Places, keyword};
use crate::diagnostics::{Code, Diagnostic};
use crate::lower::Context;
use model::Configuration;

pub(super) fn look(configuration: &Configuration, places: &Places<'_>, cx: &mut Context<'_>) {
    let mail = &configuration.globals.mail;
    if mail.alert_file.is_some() || (mail.server.is_some() && !mail.to.is_empty()) {
        return;
    }
    let vrrp = &configuration.vrrp;
    let of_instances = vrrp
        .instances
        .iter()
        .map(|instance| (&instance.name, &instance.notifications, false));
    let of_groups = vrrp
        .sync_groups
        .iter()
        .map(|group| (&group.name, &group.notifications, true));
    let Some((name, _, is_group)) = of_instances
        .chain(of_groups)
        .find(|(_, notifications, _)| notifications.smtp_alert)
    else {
        return;
    };
    let block = if is_group {
        places.group(name)
    } else {
        places.instance(name)
    };
    let lacking = if mail.to.is_empty() {
        "notification_email"
    } else {
        "smtp_server"
    };
    let own = block.and_then(|block| keyword(block, &["smtp_alert"]));
    let at = own.or_else(|| places.global(&["smtp_alert_vrrp", "smtp_alert"]));
    let message = format!("({name}) mails are asked for, and there is no `{lacking}`: none is sent");
    let hint = Diagnostic::note(Code::MAIL_GOES_NOWHERE, message);
    cx.hint(match at.or_else(|| block.map(crate::tree::Statement::span)) {
        Some(span) => hint.at(span, ""),
        None => hint,
    });
}
