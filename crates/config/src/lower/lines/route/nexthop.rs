//! Next hops of a multipath route.

use super::Reader;
use crate::diagnostics::Code;
use crate::keywords::strict;
use crate::lower::Context;
use crate::lower::lines::Step;
use crate::lower::lines::encap::encap;
use crate::tree::Word;
use model::NextHop;

impl<'t> Reader<'t> {
    /// Reads `nexthop …` up to the end of the line. A mistake costs this next hop and those behind it, not the route.
    pub(super) fn nexthops(&mut self, first: Word<'t>, cx: &mut Context<'_>) {
        if !self.route.nexthops.is_empty() {
            cx.correct(
                Code::CONFLICT,
                first.span(),
                "`nexthop` after `or`: both are used",
            );
        }
        let mut keyword = first;
        loop {
            let Ok(hop) = self.nexthop(keyword, cx) else {
                return;
            };
            self.route.nexthops.push(hop);
            match self.cursor.next() {
                None => return,
                Some(word) if word.text() == "nexthop" => keyword = word,
                Some(word) => {
                    let message = format!("'{}' and what follows it is no next hop", word.text());
                    return cx.error(Code::UNKNOWN_OPTION, word.span(), message);
                }
            }
        }
    }

    fn nexthop(&mut self, keyword: Word<'t>, cx: &mut Context<'_>) -> Step<NextHop> {
        let mut hop = NextHop::default();
        while let Some(text) = self.cursor.peek() {
            if !["via", "dev", "weight", "onlink", "encap", "realms", "as"].contains(&text) {
                break;
            }
            let Some(option) = self.cursor.next() else { break };
            match text {
                "via" => hop.via = Some(self.gateway(option, cx)?),
                "dev" => hop.dev = Some(self.cursor.interface(option, cx)?),
                "weight" => hop.weight = Some(self.cursor.number(option, strict(1, 256), cx)?.number()),
                "onlink" => hop.onlink = true,
                "encap" => hop.encap = encap(&mut self.cursor, option, cx)?,
                "realms" => hop.realms = Some(self.cursor.realms(option, cx)?),
                _ => {
                    let why = "`as` cannot stand in a next hop";
                    return Err(self.cursor.drop(Code::CONFLICT, option, why, cx));
                }
            }
        }
        if hop == NextHop::default() {
            let why = "a next hop needs `via` or `dev`";
            return Err(self.cursor.drop(Code::MISSING_PARAMETER, keyword, why, cx));
        }
        Ok(hop)
    }
}
