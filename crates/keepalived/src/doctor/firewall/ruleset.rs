//! Chains of rules, after it is known whether each matches the packet.

use std::collections::HashMap;

/// Deepest jump that is followed; the kernel allows 16.
const DEPTH: usize = 16;

/// Whether a rule matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Match {
    Yes,
    No,
    /// It depends on what is not known here: a set, a mark, a rate.
    Maybe,
}

impl Match {
    /// Both have to match.
    pub(super) const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            _ => Self::Maybe,
        }
    }

    /// One of both has to match.
    pub(super) const fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Yes, _) | (_, Self::Yes) => Self::Yes,
            (Self::No, Self::No) => Self::No,
            _ => Self::Maybe,
        }
    }

    /// The opposite.
    pub(super) const fn negated(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Maybe => Self::Maybe,
        }
    }
}

impl From<bool> for Match {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

/// What a rule does to a packet that it matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Accept,
    Drop,
    Jump(String),
    Goto(String),
    Return,
    /// Nothing that ends the way of the packet.
    Continue,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) matches: Match,
    pub(super) action: Action,
    /// The rule as people know it.
    pub(super) text: String,
}

/// A chain where packets enter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Base {
    pub(super) chain: String,
    /// What happens to a packet that no rule decides about.
    pub(super) policy: Action,
}

/// The chains that see the packet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ruleset {
    /// Those where it enters, in their order.
    pub(super) bases: Vec<Base>,
    pub(super) chains: HashMap<String, Vec<Rule>>,
}

/// What becomes of the packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::doctor) enum Judgement {
    /// No rule certainly drops it.
    Passes,
    /// It is dropped, unless a rule that depends on more than is known here lets it through.
    Dropped {
        /// The chain and rule, or the policy.
        by: String,
        /// No such rule comes before.
        certain: bool,
    },
}

enum End {
    Accepted,
    Dropped(String),
    Returned,
}

impl Ruleset {
    /// Follows the packet: every base chain has to accept it.
    pub(super) fn judge(&self) -> Judgement {
        let mut certain = true;
        for base in &self.bases {
            let by = match self.follow(&base.chain, 0, &mut certain) {
                End::Dropped(by) => by,
                End::Returned if base.policy == Action::Drop => {
                    format!("policy drop of chain {}", base.chain)
                }
                End::Accepted | End::Returned => continue,
            };
            return Judgement::Dropped { by, certain };
        }
        Judgement::Passes
    }

    fn follow(&self, chain: &str, depth: usize, certain: &mut bool) -> End {
        if depth > DEPTH {
            return End::Returned;
        }
        for rule in self.chains.get(chain).into_iter().flatten() {
            let is_certain = match rule.matches {
                Match::No => continue,
                Match::Yes => true,
                Match::Maybe => false,
            };
            let end = match &rule.action {
                Action::Continue => continue,
                Action::Return => End::Returned,
                Action::Accept => End::Accepted,
                Action::Drop => End::Dropped(format!("rule \"{}\" of chain {chain}", rule.text)),
                Action::Jump(target) => match self.follow(target, depth + 1, certain) {
                    End::Returned => continue,
                    end => end,
                },
                Action::Goto(target) => self.follow(target, depth + 1, certain),
            };
            match (is_certain, end) {
                (true, end) => return end,
                (false, End::Accepted | End::Returned) => *certain = false,
                // Perhaps; what follows decides. A ruleset is only blamed for what it surely does.
                (false, End::Dropped(_)) => {}
            }
        }
        End::Returned
    }
}
