//! Rule lines (`spec/config-vrrp.md` section 3.3).

use super::cursor::Cursor;
use super::route::route_type;
use super::{Owner, Step};
use crate::diagnostics::{Class, Code, Diagnostic};
use crate::keywords::{I32_MAX, Integer, U32_MAX, strict};
use crate::lower::Context;
use crate::tree::{Statement, Word};
use crate::values::address::{PrefixLen, prefix};
use crate::values::iproute2::Names;
use crate::values::number::{Range, based, based_u64};
use model::{Family, PortRange, Prefix, Route, Rule, RuleAction, UidRange};

/// Rules without a preference get one from here downwards, each family by itself.
pub(crate) const FIRST_PREFERENCE: u32 = 16_384;

const SUPPRESS_LEN: Integer = strict(0, I32_MAX);

/// Reads a rule line; nothing where it was reported and dropped.
pub(crate) fn rule_line(line: Statement<'_>, owner: Owner, cx: &mut Context<'_>) -> Option<Rule> {
    let what = match owner {
        Owner::Instance => "virtual rule",
        Owner::Static => "static rule",
    };
    let reader = Reader {
        cursor: Cursor::new(what, line),
        owner,
        family: None,
        has_address: false,
        action: None,
        preference: None,
        rule: Rule::new(Family::Ipv4, 0, RuleAction::Nop),
    };
    reader.read(line, cx).ok()
}

/// A line while its options are read.
struct Reader<'t> {
    cursor: Cursor<'t>,
    owner: Owner,
    family: Option<Family>,
    /// `from` or `to` has an address.
    has_address: bool,
    action: Option<RuleAction>,
    preference: Option<u32>,
    rule: Rule,
}

impl<'t> Reader<'t> {
    fn read(mut self, line: Statement<'t>, cx: &mut Context<'_>) -> Step<Rule> {
        while let Some(option) = self.cursor.next() {
            self.option(option, cx)?;
        }
        self.finish(line, cx)
    }

    fn option(&mut self, option: Word<'t>, cx: &mut Context<'_>) -> Step<()> {
        match option.text() {
            "inet" => self.fix(Family::Ipv4, option, cx)?,
            "inet6" => self.fix(Family::Ipv6, option, cx)?,
            "not" => self.rule.invert = true,
            "from" => self.rule.from = self.prefix(option, cx)?,
            "to" => self.rule.to = self.prefix(option, cx)?,
            "table" | "lookup" => self.table(option, cx)?,
            "goto" => {
                let target = self.cursor.number(option, strict(0, U32_MAX), cx)?;
                self.act(RuleAction::Goto(target.number()), option, cx)?;
            }
            "nop" => self.act(RuleAction::Nop, option, cx)?,
            "l3mdev" => self.act(RuleAction::L3mdev, option, cx)?,
            "type" => {
                let word = self.cursor.value(option, cx)?;
                self.route_type(word, cx)?;
            }
            "preference" | "order" | "priority" => {
                self.preference = Some(self.cursor.based(option, Range::U32, cx)?.number());
            }
            "tos" | "dsfield" => self.rule.tos = Some(self.cursor.byte_name(option, Names::DsField, cx)?),
            "fwmark" => self.fwmark(option, cx)?,
            "realms" => self.rule.realms = Some(self.cursor.realms(option, cx)?),
            "suppress_prefixlength" | "sup_pl" => {
                self.rule.suppress_prefixlength =
                    Some(self.cursor.number(option, SUPPRESS_LEN, cx)?.number());
            }
            "suppress_ifgroup" | "sup_group" => {
                self.rule.suppress_ifgroup = Some(self.cursor.name(option, Names::Groups, u32::MAX, cx)?);
            }
            "iif" | "dev" => self.rule.iif = Some(self.cursor.interface(option, cx)?),
            "oif" => self.rule.oif = Some(self.cursor.interface(option, cx)?),
            "tunnel-id" => {
                let word = self.cursor.value(option, cx)?;
                self.rule.tunnel_id = Some(based_u64(word.text()).ok_or_else(|| {
                    let why = format!("'{}' is no tunnel id", word.text());
                    self.cursor.drop(Code::INVALID_NUMBER, word, &why, cx)
                })?);
            }
            "uidrange" => self.uid_range(option, cx)?,
            "protocol" => {
                let word = self.cursor.value(option, cx)?;
                if let Some(protocol) = cx.integer("protocol", word, strict(0, 255)) {
                    self.rule.protocol = protocol.number();
                }
            }
            "ipproto" => self.ipproto(option, cx)?,
            "sport" => self.rule.sport = self.ports(option, cx)?,
            "dport" => self.rule.dport = self.ports(option, cx)?,
            "no_track" => self.rule.no_track = true,
            "track_group" if self.owner == Owner::Static => {
                let mut value = self.cursor.next();
                self.rule.track_group = cx.track_group(&mut value, option, self.rule.track_group.take());
            }
            _ => self.route_type(option, cx)?,
        }
        Ok(())
    }

    fn fix(&mut self, family: Family, word: Word<'t>, cx: &mut Context<'_>) -> Step<()> {
        match self.family {
            Some(fixed) if fixed != family => {
                let why = format!("'{}' is {family}, but the rule is {fixed}", word.text());
                Err(self.cursor.drop(Code::MIXED_FAMILIES, word, &why, cx))
            }
            _ => {
                self.family = Some(family);
                Ok(())
            }
        }
    }

    fn prefix(&mut self, option: Word<'t>, cx: &mut Context<'_>) -> Step<Option<Prefix>> {
        let word = self.cursor.value(option, cx)?;
        if matches!(word.text(), "all" | "any" | "default") {
            if self.has_address {
                let why = format!("'{}' has to stand before addresses", word.text());
                return Err(self.cursor.drop(Code::MIXED_FAMILIES, word, &why, cx));
            }
            return Ok(None);
        }
        match prefix(word.text()) {
            Some(parsed) if parsed.len != PrefixLen::Invalid => {
                self.fix(parsed.prefix.family(), word, cx)?;
                self.has_address = true;
                Ok(Some(parsed.prefix))
            }
            _ => {
                let why = format!("`{}`: '{}' is no prefix", option.text(), word.text());
                Err(self.cursor.drop(Code::INVALID_ADDRESS, word, &why, cx))
            }
        }
    }

    fn act(&mut self, action: RuleAction, word: Word<'t>, cx: &mut Context<'_>) -> Step<()> {
        if self.action.is_some() {
            let why = format!("`{}` is a second action", word.text());
            return Err(self.cursor.drop(Code::CONFLICT, word, &why, cx));
        }
        self.action = Some(action);
        Ok(())
    }

    fn table(&mut self, option: Word<'t>, cx: &mut Context<'_>) -> Step<()> {
        let table = self.cursor.name(option, Names::Tables, u32::MAX, cx)?;
        if table == 0 {
            return Err(self
                .cursor
                .drop(Code::OUT_OF_RANGE, option, "table 0 is no table", cx));
        }
        self.act(RuleAction::Table(table), option, cx)
    }

    /// A route type that is an action; any other word is unknown.
    fn route_type(&mut self, word: Word<'t>, cx: &mut Context<'_>) -> Step<()> {
        let action = match word.text() {
            "blackhole" => RuleAction::Blackhole,
            "unreachable" => RuleAction::Unreachable,
            "prohibit" => RuleAction::Prohibit,
            text => {
                let why = if route_type(text).is_some() {
                    format!("a rule cannot have the type `{text}`")
                } else {
                    format!("'{text}' is no option of a rule")
                };
                return Err(self.cursor.drop(Code::UNKNOWN_OPTION, word, &why, cx));
            }
        };
        self.act(action, word, cx)
    }

    fn fwmark(&mut self, option: Word<'t>, cx: &mut Context<'_>) -> Step<()> {
        let word = self.cursor.value(option, cx)?;
        let (value, mask) = match word.text().split_once('/') {
            Some((value, bits)) => (value, Some(bits)),
            None => (word.text(), None),
        };
        let number = |text: &str| based(text, Range::U32).ok().and_then(|n| u32::try_from(n).ok());
        match (number(value), mask.map(number)) {
            (Some(value), None) => self.rule.fwmark = Some((value, None)),
            (Some(value), Some(Some(bits))) => self.rule.fwmark = Some((value, Some(bits))),
            _ => {
                let why = format!("'{}' is no firewall mark", word.text());
                return Err(self.cursor.drop(Code::INVALID_NUMBER, word, &why, cx));
            }
        }
        Ok(())
    }

    fn uid_range(&mut self, option: Word<'t>, cx: &mut Context<'_>) -> Step<()> {
        let word = self.cursor.value(option, cx)?;
        self.rule.uidrange = range(word.text()).map(|(start, end)| UidRange { start, end });
        if self.rule.uidrange.is_none() {
            let why = format!("'{}' is no range of user ids", word.text());
            return Err(self.cursor.drop(Code::INVALID_NUMBER, word, &why, cx));
        }
        Ok(())
    }

    fn ipproto(&mut self, option: Word<'t>, cx: &mut Context<'_>) -> Step<()> {
        let word = self.cursor.value(option, cx)?;
        let named = PROTOCOLS
            .iter()
            .find(|(name, _)| *name == word.text())
            .map(|(_, n)| *n);
        let number = based_u64(word.text()).and_then(|n| u8::try_from(n).ok());
        self.rule.ipproto = named.or(number);
        if self.rule.ipproto.is_none() {
            let message = format!("`ipproto`: '{}' is no protocol and is ignored", word.text());
            cx.error(Code::UNKNOWN_NAME, word.span(), message);
        }
        Ok(())
    }

    fn ports(&mut self, option: Word<'t>, cx: &mut Context<'_>) -> Step<Option<PortRange>> {
        let word = self.cursor.value(option, cx)?;
        let range = range(word.text()).map(|(start, end)| PortRange { start, end });
        if range.is_none() {
            let message = format!(
                "`{}`: '{}' is no range A-B and is ignored",
                option.text(),
                word.text()
            );
            cx.error(Code::INVALID_NUMBER, word.span(), message);
        }
        Ok(range)
    }

    fn finish(mut self, line: Statement<'t>, cx: &mut Context<'_>) -> Step<Rule> {
        let first = line.name();
        let Some(action) = self.action else {
            return Err(self
                .cursor
                .drop(Code::MISSING_PARAMETER, first, "it has no action", cx));
        };
        let family = self.family.unwrap_or(Family::Ipv4);
        let is_lookup = matches!(action, RuleAction::Table(_));
        let has_suppression =
            self.rule.suppress_prefixlength.is_some() || self.rule.suppress_ifgroup.is_some();
        let why = match action {
            _ if self.rule.realms.is_some() && (family != Family::Ipv4 || !is_lookup) => {
                Some("`realms` is for IPv4 rules with a table")
            }
            _ if has_suppression && !is_lookup => Some("suppression is for rules with a table"),
            RuleAction::Goto(target) if self.preference.is_none_or(|preference| preference >= target) => {
                Some("`goto` needs a preference below its target")
            }
            _ => None,
        };
        if let Some(why) = why {
            return Err(self.cursor.drop(Code::CONFLICT, first, why, cx));
        }
        let preference = self.preference.unwrap_or_else(|| {
            let preference = cx.next_preference(family);
            let message = format!("{} has no preference; {preference} is used", self.cursor.what);
            cx.push(
                Diagnostic::warning(Code::MISSING_PARAMETER, Class::GeneralError, message)
                    .at(line.span(), "")
                    .help("add `preference N`"),
            );
            preference
        });
        self.track(line, cx);
        Ok(Rule {
            family,
            action,
            preference,
            ..self.rule
        })
    }

    fn track(&mut self, line: Statement<'_>, cx: &mut Context<'_>) {
        if self.rule.no_track {
            if self.rule.track_group.take().is_some() {
                let message = format!(
                    "{}: `no_track` leaves no room for `track_group`",
                    self.cursor.what
                );
                cx.log(Code::CONFLICT, line.span(), message);
            }
            return;
        }
        if self.rule.protocol != Route::PROTOCOL {
            self.rule.protocol = Route::PROTOCOL;
            let message = format!("{}: a tracked rule has the protocol keepalived", self.cursor.what);
            cx.correct(Code::CONFLICT, line.span(), message);
        }
        if self.rule.track_group.is_some() && self.rule.iif.is_none() {
            self.rule.track_group = None;
            let message = format!("{}: `track_group` needs `iif`; it is dropped", self.cursor.what);
            cx.error(Code::NOT_TRACKED, line.span(), message);
        }
    }
}

/// `A-B`, A not above B.
fn range<N: std::str::FromStr + PartialOrd>(text: &str) -> Option<(N, N)> {
    let (start, end) = text.split_once('-')?;
    let (start, end): (N, N) = (start.parse().ok()?, end.parse().ok()?);
    (start <= end).then_some((start, end))
}

/// Protocols by name that rules are written for.
const PROTOCOLS: [(&str, u8); 14] = [
    ("icmp", 1),
    ("igmp", 2),
    ("ipip", 4),
    ("tcp", 6),
    ("udp", 17),
    ("dccp", 33),
    ("gre", 47),
    ("esp", 50),
    ("ah", 51),
    ("ipv6-icmp", 58),
    ("icmpv6", 58),
    ("ospf", 89),
    ("vrrp", 112),
    ("sctp", 132),
];
