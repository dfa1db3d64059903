//! The nearest known word to one that is not known.

/// The candidate with the smallest edit distance (a swap of neighbours counts as one), if it is near enough to be
/// what was meant: at most a third of the longer word's length, and at least one. The first of equals wins.
pub fn nearest<'c>(written: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let written: Vec<char> = written.chars().take(64).collect();
    candidates
        .into_iter()
        .filter_map(|name| {
            let candidate: Vec<char> = name.chars().collect();
            let limit = (written.len().max(candidate.len()) / 3).max(1);
            (written.len().abs_diff(candidate.len()) <= limit)
                .then(|| (distance(&written, &candidate), name))
                .filter(|(distance, _)| *distance <= limit)
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Optimal string alignment distance.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (row, from) in a.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, to) in b.iter().enumerate() {
            let replaced = above[column] + usize::from(from != to);
            let mut best = replaced.min(above[column + 1] + 1).min(current[column] + 1);
            if row > 0 && column > 0 && *from == b[column - 1] && a[row - 1] == *to {
                best = best.min(before[column - 1] + 1);
            }
            current.push(best);
        }
        before = std::mem::replace(&mut above, current);
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_found() {
        let names = [
            "virtual_router_id",
            "virtual_ipaddress",
            "virtual_routes",
            "state",
            "priority",
        ];
        for (written, meant) in [
            ("virtual_routerid", Some("virtual_router_id")),
            ("virtual_ipadress", Some("virtual_ipaddress")),
            ("pirority", Some("priority")),
            ("State", Some("state")),
            ("statee", Some("state")),
            ("banana", None),
            ("", None),
        ] {
            assert_eq!(nearest(written, names), meant, "{written}");
        }
    }

    #[test]
    fn a_swap_of_neighbours_is_one_step() {
        let letters = |text: &str| text.chars().collect::<Vec<_>>();
        assert_eq!(distance(&letters("ab"), &letters("ba")), 1);
        assert_eq!(distance(&letters("kitten"), &letters("sitting")), 3);
        assert_eq!(distance(&letters(""), &letters("abc")), 3);
    }
}
