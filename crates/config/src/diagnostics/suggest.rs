//! The nearest known word to one that is not known.

/// Longer words are not compared.
const LONGEST: usize = 48;

/// The candidate with the smallest edit distance (a swap of neighbours counts as one), if it is near enough to be
/// what was meant: at most a third of the longer word's length, and at least one. The first of equals wins.
pub fn nearest<'c>(written: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let written: Vec<char> = written.chars().take(LONGEST + 1).collect();
    if written.len() > LONGEST {
        return None;
    }
    let mut best: Option<(usize, &str)> = None;
    for name in candidates {
        let allowed = (written.len().max(name.len()) / 3).max(1);
        let limit = best.map_or(allowed, |(distance, _)| allowed.min(distance.saturating_sub(1)));
        // Nothing is nearer than equal; and the name's length in bytes is at least that in characters.
        if best.is_some_and(|(distance, _)| distance == 0) || name.len() + limit < written.len() {
            continue;
        }
        let candidate: Vec<char> = name.chars().collect();
        if let Some(distance) = distance_within(&written, &candidate, limit) {
            best = Some((distance, name));
        }
    }
    best.map(|(_, name)| name)
}

/// Optimal string alignment distance, if it is not above `limit`.
fn distance_within(a: &[char], b: &[char], limit: usize) -> Option<usize> {
    if a.len().abs_diff(b.len()) > limit || b.len() > LONGEST {
        return None;
    }
    // Row `i` is in `rows[i % 3]`.
    let mut rows = [[0; LONGEST + 1]; 3];
    for (column, cell) in rows[0].iter_mut().enumerate() {
        *cell = column;
    }
    for (row, from) in a.iter().enumerate() {
        let [before, above, current] = [(row + 2) % 3, row % 3, (row + 1) % 3];
        rows[current][0] = row + 1;
        let mut smallest = row + 1;
        for (column, to) in b.iter().enumerate() {
            let replaced = rows[above][column] + usize::from(from != to);
            let mut best = replaced
                .min(rows[above][column + 1] + 1)
                .min(rows[current][column] + 1);
            if row > 0 && column > 0 && *from == b[column - 1] && a[row - 1] == *to {
                best = best.min(rows[before][column - 1] + 1);
            }
            rows[current][column + 1] = best;
            smallest = smallest.min(best);
        }
        // A swap reaches back two rows, but never gains more than one over the row between.
        if smallest > limit + 1 {
            return None;
        }
    }
    Some(rows[a.len() % 3][b.len()]).filter(|distance| *distance <= limit)
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
        let distance = |one: &str, two: &str, limit| {
            let letters = |text: &str| text.chars().collect::<Vec<_>>();
            distance_within(&letters(one), &letters(two), limit)
        };
        assert_eq!(distance("ab", "ba", 3), Some(1));
        assert_eq!(distance("kitten", "sitting", 3), Some(3));
        assert_eq!(distance("kitten", "sitting", 2), None);
        assert_eq!(distance("", "abc", 3), Some(3));
        assert_eq!(distance("abcdef", "badcfe", 3), Some(3));
        assert_eq!(distance("priority", "priority", 0), Some(0));
        assert_eq!(
            distance(&"a".repeat(LONGEST), &"b".repeat(LONGEST), LONGEST),
            Some(LONGEST)
        );
        assert_eq!(distance("a", &"a".repeat(LONGEST + 1), 100), None);
    }

    #[test]
    fn very_long_words_resemble_nothing() {
        assert_eq!(nearest(&"state".repeat(20), ["state"]), None);
    }
}
